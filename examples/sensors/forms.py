from django import forms
from shapely import Point

from tracker.models import Severity

MAX_NUMBER = 2**31 - 1


class ReadingForm(forms.Form):
    """What a datagram has to say."""

    sensor = forms.CharField(max_length=40)
    number = forms.IntegerField(min_value=0, max_value=MAX_NUMBER)
    value = forms.FloatField()
    severity = forms.ChoiceField(choices=Severity)
    latitude = forms.FloatField(min_value=-90, max_value=90)
    longitude = forms.FloatField(min_value=-180, max_value=180)

    @property
    def location(self) -> Point:
        return Point(self.cleaned_data["longitude"], self.cleaned_data["latitude"])
