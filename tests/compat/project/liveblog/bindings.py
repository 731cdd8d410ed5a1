from channels.binding.websockets import WebsocketBindingWithMembers

from .models import Post


class PostBinding(WebsocketBindingWithMembers):
    model = Post
    stream = "posts"
    fields = ["liveblog", "body"]
    send_members = ["liveblog.slug"]

    @classmethod
    def group_names(cls, instance):
        return [instance.liveblog.group_name]

    def has_permission(self, user, action, pk):
        return user.is_staff
