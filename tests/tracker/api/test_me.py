import pytest
from rest_framework.test import APIClient

from tracker.models import AreaOfInterest, Inbox, Silence

pytestmark = pytest.mark.django_db

QUIET = {
    "muted": False,
    "quiet_from": "22:00",
    "quiet_until": "06:00",
    "timezone": "Europe/Madrid",
}


def test_a_token_is_given_for_a_password(user):
    client = APIClient()
    credentials = {"username": "operator", "password": "secret"}
    token = client.post("/api/v1/token/", credentials, format="json").json()["token"]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    me = client.get("/api/v1/me/").json()
    assert (me["username"], me["roles"]) == ("operator", ["operator"])
    assert "change_alert" in me["permissions"]


def test_a_wrong_password_gets_none(user, refusal):
    credentials = {"username": "operator", "password": "wrong"}
    response = APIClient().post("/api/v1/token/", credentials, format="json")
    refusal(response, 401, "bad_credentials")


def test_a_closed_account_gets_none(user, refusal):
    user.is_active = False
    user.save()
    credentials = {"username": "operator", "password": "secret"}
    refusal(APIClient().post("/api/v1/token/", credentials, format="json"), 401, "bad_credentials")


def test_somebody_who_guesses_is_slowed_down_whatever_address_they_claim(user, refusal):
    client = APIClient()
    responses = [
        client.post(
            "/api/v1/token/",
            {"username": "a", "password": "b"},
            format="json",
            headers={"X-Forwarded-For": f"203.0.113.{number}"},
        )
        for number in range(11)
    ]
    refusal(responses[-1], 429, "throttled")
    assert int(responses[-1]["Retry-After"]) > 0


def test_without_a_token_nothing_is_told(refusal):
    response = APIClient().get("/api/v1/me/")
    refusal(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("token", ["", "x", "a:b:c", "ÿ"])
def test_a_broken_token_is_refused(refusal, token):
    response = APIClient().get("/api/v1/me/", HTTP_AUTHORIZATION=f"Bearer {token}")
    refusal(response, 401, "token_invalid")


def test_the_token_of_a_closed_account_is_refused(program, django_user_model, refusal):
    client = program("viewer")
    django_user_model.objects.update(is_active=False)
    refusal(client.get("/api/v1/incidents/"), 401, "account_disabled")


def test_an_expired_token_is_refused(program, refusal, monkeypatch):
    client = program("viewer")
    monkeypatch.setattr("tracker.tokens.LIFETIME", -1)
    refusal(client.get("/api/v1/me/"), 401, "token_expired")


def test_the_inbox_is_read(api, alert):
    assert api.get("/api/v1/inbox/").json() == {"seen": 0, "unread": 1}
    assert api.post("/api/v1/inbox/read/").json()["unread"] == 0
    assert Inbox.objects.get().seen == alert.pk


@pytest.mark.parametrize("through", [-1, "x", [1]])
def test_reading_through_nonsense_is_a_bad_request(api, refusal, through):
    response = api.post("/api/v1/inbox/read/", {"through": through}, format="json")
    refusal(response, 400, "invalid")


def test_an_area_is_made_quiet_and_loud_again(api, alert):
    url = f"/api/v1/silences/{alert.area_id}/"
    api.put(url, {**QUIET, "muted": True}, format="json")
    api.put(url, QUIET, format="json")
    [silence] = api.get("/api/v1/silences/").json()
    assert silence == {**QUIET, "area": alert.area_id, "area_name": "Harbour"}
    assert api.delete(url).status_code == 204
    assert not Silence.objects.exists()


@pytest.mark.parametrize(
    "change", [{"timezone": "Mars/Base"}, {"quiet_until": None}, {"quiet_from": "25:00"}]
)
def test_bad_quiet_hours_are_a_bad_request(api, alert, refusal, change):
    response = api.put(f"/api/v1/silences/{alert.area_id}/", {**QUIET, **change}, format="json")
    refusal(response, 400, "invalid")


def test_an_area_that_is_gone_cannot_be_made_quiet(api, alert, refusal):
    AreaOfInterest.objects.all().delete()
    response = api.put(f"/api/v1/silences/{alert.area_id}/", QUIET, format="json")
    refusal(response, 404, "not_found")


def test_alerts_can_be_assigned_to_those_who_act(api, make_user):
    make_user("viewer")
    make_user("administrator")
    assert [user["username"] for user in api.get("/api/v1/users/").json()] == [
        "administrator",
        "operator",
    ]
