import pytest

from tracker import alerts
from tracker.models import Alert, Incident

pytestmark = pytest.mark.django_db

URL = "/api/v1/alerts/"


def test_an_alert_is_acknowledged_assigned_and_commented(api, alert, user_of_api):
    url = f"{URL}{alert.pk}/"
    assert api.post(f"{url}acknowledge/").json()["acknowledged_by"] == "operator"
    assigned = api.post(f"{url}assign/", {"user": user_of_api.pk}, format="json").json()
    assert assigned["assigned_to"]["username"] == "operator"
    assert api.post(f"{url}assign/", {"user": None}, format="json").json()["assigned_to"] is None
    assert api.post(f"{url}comments/", {"text": "On my way"}, format="json").status_code == 201
    [comment] = api.get(url).json()["comment_list"]
    assert (comment["author"], comment["text"]) == ("operator", "On my way")
    assert api.get(f"{url}comments/").json() == [comment]


@pytest.fixture
def user_of_api(api, django_user_model):
    return django_user_model.objects.get(username="operator")


def test_a_second_acknowledgement_is_a_conflict(api, alert, refusal):
    api.post(f"{URL}{alert.pk}/acknowledge/")
    problem = refusal(api.post(f"{URL}{alert.pk}/acknowledge/"), 409, "already_acknowledged")
    assert "operator has already" in problem["detail"]


@pytest.mark.parametrize("action", ["acknowledge", "assign"])
def test_a_resolved_alert_is_a_conflict(api, alert, refusal, action):
    Incident.objects.update(closed=True)
    body = {"user": None} if action == "assign" else None
    refusal(api.post(f"{URL}{alert.pk}/{action}/", body, format="json"), 409, "alert_resolved")


@pytest.mark.parametrize("action", ["acknowledge", "assign", "comments"])
def test_a_viewer_only_looks(program, alert, refusal, action):
    viewer = program("viewer")
    refusal(viewer.post(f"{URL}{alert.pk}/{action}/", {}, format="json"), 403, "permission_denied")
    assert viewer.get(f"{URL}{alert.pk}/").status_code == 200
    assert viewer.get(f"{URL}{alert.pk}/comments/").status_code == 200


def test_an_alert_goes_to_who_can_act_only(api, alert, viewer, refusal):
    for pk in (viewer.pk, 10**6):
        response = api.post(f"{URL}{alert.pk}/assign/", {"user": pk}, format="json")
        assert "user" in refusal(response, 400, "invalid")["errors"]
    response = api.post(f"{URL}{alert.pk}/assign/", {}, format="json")
    assert "user" in refusal(response, 400, "invalid")["errors"]


@pytest.mark.parametrize("text", ["", " ", "x" * 1001])
def test_a_comment_says_something(api, alert, refusal, text):
    response = api.post(f"{URL}{alert.pk}/comments/", {"text": text}, format="json")
    refusal(response, 400, "invalid")


@pytest.mark.parametrize("name", ["area", "incident", "after"])
@pytest.mark.parametrize("value", ["1e40", "9" * 30, "-1", "nan"])
def test_a_filter_takes_no_id_that_no_column_holds(api, refusal, name, value):
    problem = refusal(api.get(URL, {name: value}), 400, "invalid")
    assert list(problem["errors"]) == [name]


def test_alerts_are_filtered(api, alert, make_incident, user_of_api):
    make_incident(2, 2, severity="UR").save()
    newest = Alert.objects.first()
    alerts.acknowledge(newest, user_of_api)
    alerts.assign(newest, user_of_api)
    alert.incident.delete()

    def found(query):
        return [item["id"] for item in api.get(f"{URL}?{query}").json()["results"]]

    assert found("") == [newest.pk, alert.pk]
    assert found("state=resolved") == [alert.pk]
    assert found("state=acknowledged") == found("state=active") == found("mine=1") == [newest.pk]
    assert found("state=open") == []
    assert found("severity=UR") == found(f"after={alert.pk}") == [newest.pk]


def test_an_alert_that_does_not_exist_is_not_found(api, refusal):
    refusal(api.post(f"{URL}77/acknowledge/"), 404, "not_found")
