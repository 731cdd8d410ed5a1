"""What users fill in."""

from django import forms

from tracker.models import AreaOfInterest, Incident


class IncidentForm(forms.ModelForm):
    """An incident, as those see it who work on it."""

    class Meta:
        model = Incident
        fields = ["name", "description", "severity", "closed", "location"]


class ReportForm(forms.ModelForm):
    """An incident, as the public reports it."""

    class Meta:
        model = Incident
        fields = ["name", "description", "severity", "location"]


class AreaForm(forms.ModelForm):
    """An area and the severity from which it is watched."""

    class Meta:
        model = AreaOfInterest
        fields = ["name", "severity", "polygon"]
