from django.contrib.auth.models import User

from channels import Group
from channels.test import ChannelTestCase, HttpClient, WSClient

from .models import ChatMessage, Room


class ChatTests(ChannelTestCase):
    def setUp(self):
        self.room = Room.objects.create(label="lobby", name="The lobby")

    def test_unknown_room(self):
        client = WSClient(ordered=True)
        with self.assertRaises(AssertionError):
            client.send_and_consume("websocket.connect", path="/chat/nowhere/")

    def test_history(self):
        for number in range(3):
            ChatMessage.objects.create(room=self.room, handle="a", text=str(number))
        client = WSClient(ordered=True)
        client.send_and_consume("websocket.connect", path="/chat/lobby/")
        for number in range(3):
            self.assertEqual(client.receive(), {"handle": "a", "text": str(number)})
        self.assertIsNone(client.receive())

    def test_message(self):
        client = HttpClient(ordered=True)
        client.force_login(User.objects.create_user("maria"))
        client.send_and_consume("websocket.connect", path="/chat/lobby/")
        client.send_and_consume("websocket.receive", text="hello", path="/chat/lobby/")
        client.consume("chat.messages")
        self.assertEqual(client.receive(), {"handle": "maria", "text": "hello"})
        self.assertEqual(self.room.messages.get().text, "hello")

    def test_leaving(self):
        listener = HttpClient()
        listener.join_group("chat-lobby")
        client = WSClient(ordered=True)
        client.send_and_consume("websocket.connect", path="/chat/lobby/")
        client.send_and_consume("websocket.disconnect", path="/chat/lobby/")
        self.assertEqual(listener.receive(), {"handle": "guest", "text": "left"})
        Group("chat-lobby").send({"text": '"anybody?"'})
        self.assertIsNone(client.receive())
