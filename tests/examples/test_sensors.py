"""Datagrams of sensors become incidents."""

import itertools
import json

import pytest
from playwright.sync_api import expect

from tests.examples.conftest import receive_type
from tests.support.stack import PASSWORD
from tests.support.waiting import wait_until

numbers = itertools.count(1)


def reading(**changes):
    base = {"sensor": "gauge-7", "number": next(numbers), "value": 8.4, "severity": "HI"}
    return {**base, "latitude": 53.5, "longitude": 8.1, **changes}


def send(stack, content):
    return stack.datagram(json.dumps(content).encode())


def counts(stack):
    return dict(stack.query("SELECT outcome, count FROM sensors_tally"))


def incidents(stack, sensor):
    return stack.query(
        "SELECT incident.name, incident.severity FROM sensors_reading AS reading"
        " JOIN tracker_incident AS incident ON incident.id = reading.incident_id"
        " WHERE reading.sensor = ?",
        sensor,
    )


def test_a_reading_becomes_an_incident_and_is_acknowledged(stack):
    sent = reading(sensor="one")

    assert send(stack, sent) == {"ack": sent["number"]}
    assert incidents(stack, "one") == [("one: 8.4", "HI")]


def test_a_repeated_reading_is_acknowledged_again_and_counted(stack):
    sent = reading(sensor="again")
    before = counts(stack).get("repeated", 0)
    answers = [send(stack, sent) for _ in range(3)]

    assert answers == [{"ack": sent["number"]}] * 3
    assert len(incidents(stack, "again")) == 1
    assert counts(stack)["repeated"] == before + 2


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"latitude": 91}, ["latitude"]),
        ({"severity": "XX"}, ["severity"]),
        ({"number": -1}, ["number"]),
        ({"number": 2**40, "value": "hot"}, ["number", "value"]),
        ({"sensor": "s" * 41}, ["sensor"]),
    ],
)
def test_a_reading_that_is_wrong_is_answered_with_what_is(stack, changes, fields):
    assert send(stack, reading(**changes)) == {"error": "malformed", "fields": fields}


HALF_A_CHARACTER = json.dumps(reading(sensor="\ud800")).encode()


@pytest.mark.parametrize(
    "data", [b"no JSON", b"[]", b"\xff\xfe", b"[" * 1000, b"", HALF_A_CHARACTER]
)
def test_a_datagram_that_is_no_reading_is_answered_and_counted(stack, data):
    before = counts(stack).get("malformed", 0)

    assert stack.datagram(data)["error"] == "malformed"
    assert counts(stack)["malformed"] == before + 1


def test_an_oversized_datagram_is_answered_and_counted(stack):
    before = counts(stack).get("oversized", 0)

    assert stack.datagram(b"x" * 1025) == {"error": "oversized"}
    wait_until(lambda: counts(stack).get("oversized", 0) == before + 1, "the count of it")


def test_a_sensor_is_told_to_try_again_while_redis_is_away(stack):
    stack.valkey.kill()
    try:
        assert send(stack, reading()) == {"error": "busy"}
    finally:
        stack.valkey.start()
    sent = reading(sensor="later")
    wait_until(lambda: send(stack, sent) == {"ack": sent["number"]}, "an acknowledgement")


def test_a_socket_is_told_of_readings_and_counts(stack, visitor):
    with visitor.socket("/ws/sensors/") as connection:
        receive_type(connection, "counts")
        sent = reading(sensor="told")
        send(stack, sent)
        while (told := receive_type(connection, "reading")["reading"])["sensor"] != "told":
            pass
        assert told["number"] == sent["number"]
        assert receive_type(connection, "counts")["counts"]["accepted"] >= 1


def test_a_reading_appears_on_the_page_and_on_the_map_of_the_tracker(stack, new_page):
    page, tracker = new_page(), new_page()
    page.goto("/sensors/")
    expect(page.locator("[data-connection]")).to_have_text("Live")
    tracker.goto("/tracker/")
    tracker.get_by_label("Username").fill("operator")
    tracker.get_by_label("Password").fill(PASSWORD)
    tracker.get_by_role("button", name="Sign in").click()
    tracker.wait_for_url("**/tracker/")

    send(stack, reading(sensor="flood <b>", value=2.5))
    row = page.get_by_role("row", name="flood <b>")
    expect(row).to_contain_text("2.5")
    expect(tracker.get_by_text("flood <b>: 2.5").first).to_be_visible()
