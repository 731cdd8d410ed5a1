import pytest
from django.core.cache import cache

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def counting(settings):
    settings.AXES_ENABLED = True
    cache.clear()


def log_in(client, password, address="127.0.0.1"):
    data = {"username": "operator", "password": password}
    return client.post("/accounts/login/", data, REMOTE_ADDR=address)


def test_somebody_who_guesses_is_locked_out_for_a_while(client, user):
    for _ in range(5):
        response = log_in(client, "wrong")
    assert response.status_code == 429
    assert response["Retry-After"] == "900"
    assert "Wait 15 minutes" in response.content.decode()
    assert log_in(client, "secret").status_code == 429


def test_another_address_of_the_same_network_does_not_help_to_guess(client, user):
    responses = [log_in(client, "wrong", f"2001:db8::{n}") for n in range(1, 6)]
    assert responses[-1].status_code == 429
    assert log_in(client, "secret", "2001:db8:0:1::1").status_code == 302


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
