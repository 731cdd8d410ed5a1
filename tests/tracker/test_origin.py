import pytest
from django.test import RequestFactory

from tracker.origin import origin_of


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("", ""),
        ("somewhere", ""),
    ],
)
def test_an_origin_is_an_address_or_the_network_of_one(address, origin):
    assert origin_of(RequestFactory().get("/", REMOTE_ADDR=address)) == origin
