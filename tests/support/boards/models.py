"""Models whose keys the database numbers, a parent numbers, or whoever makes a row chooses."""

from django.db import models


class Note(models.Model):
    text = models.CharField(max_length=100)
    count = models.IntegerField(default=0)
    tag = models.ForeignKey("Tag", models.CASCADE, null=True)

    def __str__(self):
        return self.text


class Task(Note):
    done = models.BooleanField(default=False)

    def __str__(self):
        return self.text


class Tag(models.Model):
    name = models.CharField(max_length=100, primary_key=True)
    colour = models.CharField(max_length=100)

    def __str__(self):
        return self.name
