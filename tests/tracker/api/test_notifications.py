import pytest

from tracker import relay
from tracker.models import Incident, LogHead, Notification

pytestmark = pytest.mark.django_db

URL = "/api/v1/notifications/"


@pytest.fixture
def head(make_incident):
    Incident.objects.bulk_create([make_incident(pending=number == 2) for number in range(5)])
    relay.publish()
    return LogHead.current()


def test_without_a_position_the_head_is_told(api, head):
    assert api.get(URL).json() == {
        "epoch": head.epoch,
        "seq": 5,
        "notifications": [],
        "more": False,
    }


def test_the_log_is_read_in_portions(api, head):
    first = api.get(URL, {"since": f"{head.epoch}:1", "limit": 3}).json()
    assert [item["seq"] for item in first["notifications"]] == [2, 3, 4]
    assert first["more"] is True
    rest = api.get(URL, {"since": f"{head.epoch}:4", "limit": 3}).json()
    assert [item["seq"] for item in rest["notifications"]] == [5]
    assert rest["more"] is False


def test_what_a_user_may_not_see_is_hidden(program, api, head):
    query = {"since": f"{head.epoch}:2", "limit": 1}
    [hidden] = program("viewer").get(URL, query).json()["notifications"]
    assert hidden == {"type": "hidden", "epoch": head.epoch, "seq": 3}
    assert api.get(URL, query).json()["notifications"][0]["type"] == "post_save"


@pytest.mark.parametrize("since", ["", "4", "-1", "x:-1", "x:1.5", "x:y"])
def test_a_position_that_is_none_is_a_bad_request(api, refusal, since):
    problem = refusal(api.get(URL, {"since": since}), 400, "invalid")
    assert "write epoch:seq" in problem["errors"]["since"][0]


def test_a_program_is_told_that_the_log_does_not_go_so_far_back(api, head, refusal):
    Notification.objects.filter(sequence=1).delete()
    refusal(api.get(URL, {"since": f"{head.epoch}:0"}), 410, "too_old")
    assert api.get(URL, {"since": f"{head.epoch}:1"}).status_code == 200


@pytest.mark.parametrize(("since", "code"), [("{}:99", "future"), ("other:1", "epoch")])
def test_a_position_that_is_not_known_is_gone(api, head, refusal, since, code):
    refusal(api.get(URL, {"since": since.format(head.epoch)}), 410, code)


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "x", "9" * 30, "00100000", "²"])
def test_a_bad_limit_is_a_bad_request(api, refusal, limit):
    refusal(api.get(URL, {"limit": limit}), 400, "invalid")


def test_the_state_changes_with_what_can_be_seen(api, make_incident):
    make_incident(name="Fire").save()
    before = api.get("/api/v1/state/").json()
    make_incident(closed=True).save()
    assert api.get("/api/v1/state/").json()["hash"] == before["hash"]
    make_incident().save()
    after = api.get("/api/v1/state/").json()
    assert (after["incidents"], after["hash"] == before["hash"]) == (2, False)
