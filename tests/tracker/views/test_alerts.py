import pytest

from tracker import alerts
from tracker.models import Alert, Incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def alert(area, incident):
    return Alert.objects.get()


def test_the_inbox_holds_bursts_with_the_newest_first(operator, alert, make_incident):
    make_incident(1, 1).save()
    [burst] = operator.get("/inbox/").context["bursts"]
    assert [item.pk for item in burst["alerts"]] == [alert.pk + 1, alert.pk]
    assert (burst["size"], burst["latest"].pk, burst["is_unread"]) == (2, alert.pk + 1, True)


def test_what_is_read_stays_read(operator, alert):
    assert operator.get("/").context["inbox"]["unread"] == 1
    assert operator.post("/inbox/read/").url == "/inbox/"
    assert operator.get("/").context["inbox"]["unread"] == 0
    [burst] = operator.get("/inbox/").context["bursts"]
    assert not burst["is_unread"]


@pytest.mark.parametrize(
    ("state", "count"), [("", 1), ("open", 1), ("resolved", 0), ("all", 1), ("nonsense", 1)]
)
def test_the_inbox_shows_one_state(operator, alert, state, count):
    assert len(operator.get(f"/inbox/?state={state}").context["bursts"]) == count


def test_an_alert_says_why_it_was_raised(operator, alert):
    page = operator.get(alert.get_absolute_url()).content.decode()
    assert "watches for Medium and worse" in page


def test_an_operator_takes_care_of_an_alert(operator, alert, user):
    url = alert.get_absolute_url()
    assert operator.post(f"{url}acknowledge/").url == url
    operator.post(f"{url}assign/", {"user": user.pk})
    operator.post(f"{url}comment/", {"text": "On my way"})
    alert.refresh_from_db()
    assert (alert.acknowledged_by, alert.assigned_to) == (user, user)
    assert [comment.text for comment in alert.comments.all()] == ["On my way"]


@pytest.mark.parametrize(
    ("action", "data", "reason"),
    [
        ("acknowledge", {}, "already acknowledged"),
        ("assign", {"user": "77"}, "not one of the available choices"),
        ("comment", {"text": ""}, "required"),
    ],
)
def test_what_cannot_be_done_is_explained(operator, alert, user, action, data, reason):
    alerts.acknowledge(alert, user)
    page = operator.post(f"{alert.get_absolute_url()}{action}/", data, follow=True)
    assert reason in str(next(iter(page.context["messages"])))


def test_a_resolved_alert_says_so(operator, alert):
    Incident.objects.update(closed=True)
    page = operator.post(f"{alert.get_absolute_url()}acknowledge/", follow=True)
    assert "is resolved" in str(next(iter(page.context["messages"])))


@pytest.mark.parametrize("action", ["acknowledge", "assign", "comment"])
def test_a_viewer_only_looks(client, viewer, alert, action):
    client.force_login(viewer)
    assert client.get(alert.get_absolute_url()).status_code == 200
    assert client.post(f"{alert.get_absolute_url()}{action}/").status_code == 403


def test_nothing_is_done_by_looking(operator, alert):
    assert operator.get(f"{alert.get_absolute_url()}acknowledge/").status_code == 405
    assert operator.get("/inbox/read/").status_code == 405
