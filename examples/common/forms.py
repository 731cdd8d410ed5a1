from typing import Any

from django import forms

from examples.common import nicks, rooms


class NickForm(forms.Form):
    """Any name: what is markup in it stays text wherever it is shown."""

    nick = forms.CharField(max_length=nicks.MAX_LENGTH)


class RoomForm(forms.Form):
    """Any name that can be part of an address."""

    room = forms.CharField(max_length=rooms.MAX_LENGTH)

    def clean_room(self) -> Any:
        room = self.cleaned_data["room"]
        # Browsers and servers would read these as steps in a folder.
        if {".", "..", ""} & set(room.split("/")):
            raise forms.ValidationError("A room cannot be called that.")
        return room
