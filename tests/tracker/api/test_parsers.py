import pytest

from tracker.transfer import MAX_BYTES

pytestmark = pytest.mark.django_db

URL = "/api/v1/incidents/"


@pytest.mark.parametrize("body", ["{", "[" * 100_000, r'{"severity": "\ud800"}', "NaN"])
def test_what_is_no_json_is_a_bad_request(api, refusal, body):
    refusal(api.post(URL, body, content_type="application/json"), 400, "invalid")


def test_a_body_that_is_too_long_is_not_read(api, refusal):
    response = api.post(URL, " " * (MAX_BYTES + 1), content_type="application/json")
    refusal(response, 413, "too_large")
