"""feed.js: whatever is missed comes again, and the page says how far it is."""

import re

import pytest
from playwright.sync_api import expect

from tracker.models import Incident, LogHead


@pytest.fixture
def check(live):
    """Call it to compare the page's fingerprint with the database's."""

    def check() -> None:
        if not live.page.locator("[data-check]").is_visible():
            live.connection.click()
        live.page.locator("[data-check]").click()
        expect(live.page.locator("[data-check-result=same]")).to_be_visible()

    return check


def head():
    return LogHead.current().position


def test_page_says_up_to_which_change_it_is_complete(live, make_incident):
    make_incident().save()
    live.publish()

    expect(live.connection).to_contain_text(f"Complete to #{head().seq},")


def test_reconnect_tells_the_position_and_gets_what_was_missed(live, make_incident, check):
    make_incident(name="Before").save()
    live.publish()
    expect(live.rows).to_have_text(["Before"])
    position = str(head())
    live.sockets[-1].close()
    make_incident(name="Missed", severity="UR").save()
    live.miss()

    expect(live.rows).to_have_text(["Missed", "Before"], timeout=10_000)
    assert re.search("since=(.*)", live.addresses[-1])[1].replace("%3A", ":") == position
    check()


def test_gap_while_connected_is_found_by_the_heartbeat(live, make_incident, check):
    make_incident(name="Lost on the way").save()
    live.miss()

    live.beat()

    expect(live.rows).to_have_text(["Lost on the way"])
    assert [frame["type"] for frame in live.asked] == ["replay"]
    check()


def test_frames_out_of_order_end_in_the_same_state(live, make_incident, check):
    incident = make_incident(name="Moves")
    incident.save()
    incident.name = "Moved"
    incident.save()
    make_incident(name="Other").save()
    frames = live.published()

    for frame in [*reversed(frames), frames[0]]:
        live.send(frame)

    expect(live.rows).to_have_count(2)
    expect(live.row("Moved")).to_be_visible()
    check()


def test_log_that_begins_anew_makes_the_page_load_anew(live, make_incident, check):
    make_incident(name="Restored").save()
    live.miss()
    LogHead.objects.update(epoch="another")

    live.beat()

    expect(live.rows).to_have_text(["Restored"])
    expect(live.connection).to_contain_text("Complete to #")
    check()


def test_hour_away_is_caught_up_with(live, make_incident, check):
    """More than a replay holds: the server says reload."""
    live.sockets[-1].close()
    Incident.objects.bulk_create([make_incident(name=f"N{n}") for n in range(1100)])
    live.miss()

    expect(live.page.locator("[data-summary]")).to_have_text("1,100 incidents", timeout=15_000)
    expect(live.connection).to_contain_text(f"Complete to #{head().seq},")
    check()


def test_change_of_rights_reconnects_with_a_new_snapshot(live):
    live.sockets[-1].close(code=4403)

    expect(live.connection).to_contain_text("Complete to #")
    assert "since" not in live.addresses[-1]
