from channels import Channel
from channels.handler import AsgiHandler
from channels.test import ChannelTestCase, Client

from .models import Waiting


class LongPollTests(ChannelTestCase):
    request = {"method": "GET", "path": "/longpoll/wait/", "http_version": "1.1", "headers": []}

    def test_wait(self):
        client = Client()
        Channel("http.request").send(dict(self.request, reply_channel=client.reply_channel))
        message = self.get_next_message("http.request", require=True)
        self.assertEqual(list(AsgiHandler()(message)), [])
        self.assertEqual(Waiting.objects.get().reply_channel, client.reply_channel)
        client.send_and_consume("longpoll.announce", {"text": "news"})
        answer = client.receive()
        self.assertEqual(answer["status"], 200)
        self.assertEqual(answer["content"], b"news")

    def test_gone(self):
        client = Client()
        Waiting.objects.create(reply_channel=client.reply_channel)
        client.send_and_consume("http.disconnect", {"path": "/longpoll/wait/"})
        self.assertFalse(Waiting.objects.exists())
