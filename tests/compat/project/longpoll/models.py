from django.db import models


class Waiting(models.Model):
    reply_channel = models.CharField(max_length=100, unique=True)
