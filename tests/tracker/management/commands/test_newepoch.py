from io import StringIO

import pytest
from django.core.management import call_command

from tracker import relay, replay
from tracker.models import LogHead

pytestmark = pytest.mark.django_db


def test_pages_that_know_the_old_log_have_to_reload(make_incident):
    make_incident().save()
    relay.publish()
    known = LogHead.current().position
    call_command("newepoch", stdout=StringIO())
    head = LogHead.current()
    assert head.sequence == 1
    with pytest.raises(replay.CannotReplay, match="epoch"):
        replay.missed(known, head)
