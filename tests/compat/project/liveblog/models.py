from django.db import models


class Liveblog(models.Model):
    slug = models.SlugField(unique=True)

    @property
    def group_name(self):
        return "liveblog-%s" % self.slug


class Post(models.Model):
    liveblog = models.ForeignKey(Liveblog, models.CASCADE, related_name="posts")
    body = models.TextField()
    created = models.DateTimeField(auto_now_add=True)
