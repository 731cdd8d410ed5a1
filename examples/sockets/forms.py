from django import forms


class ChatForm(forms.Form):
    """What a window of the chat sends: `{"user": …, "color": "#rrggbb", "message": …}`."""

    user = forms.CharField(max_length=40)
    color = forms.RegexField(
        r"^#[0-9a-fA-F]{6}\Z", error_messages={"invalid": "A colour is written like #2a9d8f."}
    )
    message = forms.CharField(max_length=2000)
