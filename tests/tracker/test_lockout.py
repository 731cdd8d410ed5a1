import pytest
from django.core.cache import cache

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def counting(settings):
    settings.AXES_ENABLED = True
    cache.clear()


def log_in(client, password):
    return client.post("/accounts/login/", {"username": "operator", "password": password})


def test_somebody_who_guesses_is_locked_out_for_a_while(client, user):
    for _ in range(5):
        response = log_in(client, "wrong")
    assert response.status_code == 429
    assert response["Retry-After"] == "900"
    assert "Wait 15 minutes" in response.content.decode()
    assert log_in(client, "secret").status_code == 429


def test_a_right_password_forgives_the_wrong_ones(client, user):
    for _ in range(2):
        for _ in range(4):
            assert log_in(client, "wrong").status_code == 200
        assert log_in(client, "secret").status_code == 302
        client.post("/accounts/logout/")


def test_a_program_is_told_so_as_a_program(client, user):
    credentials = {"username": "operator", "password": "wrong"}
    responses = [
        client.post("/api/v1/token/", credentials, content_type="application/json")
        for _ in range(5)
    ]
    assert [response.status_code for response in responses] == [401] * 4 + [429]
    assert responses[-1].json()["code"] == "throttled"
