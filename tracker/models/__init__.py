"""What the tracker keeps."""

from tracker.models.alert import Alert, AlertComment
from tracker.models.area import AreaOfInterest
from tracker.models.inbox import Inbox, Silence
from tracker.models.incident import Incident
from tracker.models.notification import LogHead, Notification
from tracker.models.receipt import Receipt
from tracker.models.severity import Severity

__all__ = [
    "Alert",
    "AlertComment",
    "AreaOfInterest",
    "Inbox",
    "Incident",
    "LogHead",
    "Notification",
    "Receipt",
    "Severity",
    "Silence",
]
