"""What users fill in."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from tracker import timezones
from tracker.models import AlertComment, AreaOfInterest, Incident, Silence
from tracker.people import assignable
from tracker.transfer import MAX_BYTES


class IncidentForm(forms.ModelForm):
    """An incident, as those see it who work on it."""

    class Meta:
        model = Incident
        fields = ["name", "description", "severity", "closed", "location"]


class ReportForm(forms.ModelForm):
    """An incident, as the public reports it.

    `key` names the report: the same key again is the same report. `website` is a trap: people do
    not see it, programs that fill in every field do.
    """

    key = forms.RegexField(
        r"^[\w-]{8,100}$",
        required=False,
        widget=forms.HiddenInput,
        error_messages={
            "invalid": _("The key of a report has 8 to 100 letters, digits or hyphens.")
        },
    )
    website = forms.CharField(
        required=False,
        label=_("Leave this empty"),
        widget=forms.TextInput({"tabindex": -1, "autocomplete": "off"}),
    )

    class Meta:
        model = Incident
        fields = ["name", "description", "severity", "location"]


class AreaForm(forms.ModelForm):
    """An area and the severity from which it is watched."""

    class Meta:
        model = AreaOfInterest
        fields = ["name", "severity", "polygon"]


class CommentForm(forms.ModelForm):
    """A comment on an alert."""

    class Meta:
        model = AlertComment
        fields = ["text"]


class AssignForm(forms.Form):
    """Who takes care of an alert; empty for nobody."""

    user = forms.ModelChoiceField(get_user_model().objects.none(), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = assignable()


class SilenceForm(forms.ModelForm):
    """Of which area a user wants to hear nothing, or when."""

    class Meta:
        model = Silence
        fields = ["muted", "quiet_from", "quiet_until", "timezone"]
        widgets = {
            "quiet_from": forms.TimeInput({"type": "time"}, format="%H:%M"),
            "quiet_until": forms.TimeInput({"type": "time"}, format="%H:%M"),
        }

    def clean_timezone(self) -> str:
        name = self.cleaned_data["timezone"]
        if name not in timezones.names():
            raise ValidationError(
                _("%(name)s is no time zone: write it like Europe/Madrid."),
                params={"name": f"{name!s:.40}"},
            )
        return name


class NearbyForm(forms.Form):
    """A place, to ask for reports near it."""

    latitude = forms.FloatField(min_value=-90, max_value=90)
    longitude = forms.FloatField(min_value=-180, max_value=180)


class ImportForm(forms.Form):
    """A GeoJSON file."""

    file = forms.FileField(label=_("GeoJSON file"))

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise ValidationError(
                _("The file has %(size)s MB; at most %(limit)s MB can be read at once."),
                code="too_large",
                params={"size": file.size // 1_000_000, "limit": MAX_BYTES // 1_000_000},
            )
        return file
