from django.contrib import admin

from examples.chat.models import Ban, ChatMessage

admin.site.register([Ban, ChatMessage])
