from django.contrib.auth.models import User

from channels.test import ChannelTestCase, HttpClient

from .models import Liveblog, Post


class LiveblogTests(ChannelTestCase):
    path = "/liveblog/news/stream/"

    def setUp(self):
        self.news = Liveblog.objects.create(slug="news")
        self.sport = Liveblog.objects.create(slug="sport")

    def connect(self, user=None):
        client = HttpClient()
        if user:
            client.force_login(user)
        client.send_and_consume("websocket.connect", path=self.path)
        return client

    def test_outbound(self):
        client = self.connect()
        post = Post.objects.create(liveblog=self.news, body="first")
        received = client.receive()
        self.assertEqual(received["stream"], "posts")
        self.assertEqual(received["payload"]["action"], "create")
        self.assertEqual(received["payload"]["pk"], post.pk)
        self.assertEqual(
            received["payload"]["data"],
            {"liveblog": self.news.pk, "body": "first", "liveblog__slug": "news"},
        )
        Post.objects.create(liveblog=self.sport, body="other")
        self.assertIsNone(client.receive())

    def test_inbound(self):
        client = self.connect(User.objects.create_user("editor", is_staff=True))
        client.send_and_consume("websocket.receive", path=self.path, text={
            "stream": "posts",
            "payload": {"action": "create", "data": {"liveblog": self.news.pk, "body": "hi"}},
        })
        self.assertEqual(Post.objects.get().body, "hi")
        self.assertEqual(client.receive()["payload"]["action"], "create")

    def test_inbound_without_permission(self):
        post = Post.objects.create(liveblog=self.news, body="first")
        client = self.connect(User.objects.create_user("reader"))
        client.send_and_consume("websocket.receive", path=self.path, text={
            "stream": "posts",
            "payload": {"action": "delete", "pk": post.pk},
        })
        self.assertTrue(Post.objects.filter(pk=post.pk).exists())
