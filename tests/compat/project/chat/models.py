from django.db import models


class Room(models.Model):
    label = models.SlugField(unique=True)
    name = models.CharField(max_length=100)


class ChatMessage(models.Model):
    room = models.ForeignKey(Room, models.CASCADE, related_name="messages")
    handle = models.CharField(max_length=100)
    text = models.TextField()

    def as_dict(self):
        return {"handle": self.handle, "text": self.text}
