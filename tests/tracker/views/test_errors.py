import logging

import pytest

from tracker.models import Incident

pytestmark = pytest.mark.django_db


def test_a_body_over_the_limit_is_a_bad_request(client, settings, caplog):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = client.post(
        "/report/",
        "description=" + "x" * 1000,
        content_type="application/x-www-form-urlencoded",
    )
    assert response.status_code == 400
    assert b"too large" in response.content
    assert "DATA_UPLOAD_MAX_MEMORY_SIZE" in caplog.text


def test_too_many_fields_are_a_bad_request(client, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 10
    response = client.post("/report/", {f"field{n}": n for n in range(11)})
    assert response.status_code == 400
    assert b"too many fields" in response.content


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=", b"--x"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n'
            b"Content-Transfer-Encoding: base64\r\n\r\n!\r\n--x--",
        ),
    ],
    ids=["no boundary", "empty boundary", "broken base64"],
)
def test_a_broken_multipart_body_is_a_bad_request(client, caplog, content_type, body):
    with caplog.at_level(logging.INFO):
        response = client.generic("POST", "/report/", body, content_type=content_type)
    assert response.status_code == 400
    assert b"cut off or is not encoded" in response.content
    assert "/report/" in caplog.text
    assert not Incident.objects.exists()
