from django.db import models


class Job(models.Model):
    number = models.IntegerField()
    result = models.IntegerField(null=True)
    worker = models.CharField(max_length=20, blank=True)
