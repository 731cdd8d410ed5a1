"""The live map: what it shows of events, alerts and a broken connection, and how it is reached."""

import pytest
from playwright.sync_api import expect


@pytest.fixture
def incident(make_incident):
    """A saved incident."""
    incident = make_incident(name="Fire", severity="UR")
    incident.save()
    return incident


def test_new_incident_is_a_marker_and_a_row(live, incident):
    live.publish()

    expect(live.marker("Fire, Urgent, open")).to_be_visible()
    expect(live.rows).to_have_text(["Fire"])


def test_closed_incident_leaves_map_and_list(live, incident):
    live.publish()
    expect(live.rows).to_have_count(1)
    incident.closed = True
    incident.save()

    live.publish()

    expect(live.rows).to_have_count(0)
    expect(live.marker("Fire, Urgent, closed")).to_have_count(0)
    expect(live.page.get_by_text("No open incidents.")).to_be_visible()


def test_deleted_incident_takes_its_popup_along(live, incident):
    live.publish()
    live.row("Fire").click()
    expect(live.popup).to_be_visible()
    incident.delete()

    live.publish()

    expect(live.popup).to_have_count(0)
    expect(live.rows).to_have_count(0)


def test_frames_that_make_no_sense_change_nothing_else(live, incident):
    live.send("not json")
    live.send({"type": "resolved"})
    live.send({"type": "post_save"})
    live.publish()

    expect(live.rows).to_have_text(["Fire"])
    expect(live.connection).to_contain_text("Complete to #")


def test_markup_in_a_name_is_text(live, make_incident):
    incident = make_incident(name="<img src=x onerror=alert(1)>", severity="LO")
    incident.save()

    live.publish()
    live.row("<img").click()

    expect(live.popup.get_by_role("heading")).to_have_text("<img src=x onerror=alert(1)>")


def test_lost_connection_is_told_and_what_was_missed_is_fetched(live, make_incident):
    live.sockets[-1].close()
    expect(live.banner).to_contain_text("The page shows the state of")
    missed = make_incident(name="Missed")
    missed.save()
    live.miss()

    live.banner.get_by_role("button", name="Try now").click()

    expect(live.connection).to_contain_text("Complete to #")
    expect(live.banner).to_be_hidden()
    expect(live.rows).to_have_text(["Missed"])


def test_network_that_comes_back_is_used_at_once(live):
    live.page.context.set_offline(True)
    expect(live.connection).to_contain_text("Stale since")

    live.page.context.set_offline(False)

    expect(live.connection).to_contain_text("Complete to #")


def test_event_during_the_snapshot_is_newer_than_it(live_page, incident):
    """The snapshot was read before the change and arrives after it."""

    def answer(route):
        stale = route.fetch()
        incident.name = "Renamed"
        incident.save()
        live_page.publish()
        route.fulfill(response=stale)

    live_page.page.route("**/incidents.geojson", answer)
    live_page.open()

    expect(live_page.connection).to_contain_text("Complete to #")
    expect(live_page.rows).to_have_text(["Renamed"])


def test_ended_session_is_told_with_a_way_back(live):
    live.sockets[-1].close(code=4401)

    expect(live.connection).to_have_text("Signed out")
    expect(live.banner.get_by_role("link", name="Sign in")).to_be_visible()


def test_urgent_alert_interrupts_and_leads_to_the_incident(live, incident, area):
    live.page.locator("[name=q]").focus()
    live.publish()
    live.publish()

    expect(live.urgent).to_contain_text("North Sea")
    expect(live.page.locator("[name=q]")).to_be_focused()
    live.urgent.get_by_role("button", name="Show on map").click()
    expect(live.popup.get_by_role("heading")).to_have_text("Fire")
    expect(live.popup).to_be_focused()
    expect(live.urgent).to_have_count(0)


def test_burst_of_alerts_is_one_card_and_one_entry(live, make_incident, area):
    for number in range(6):
        make_incident(name=f"Report {number}", severity="HI").save()
    live.publish()

    summary = live.calm.filter(has_text="6 alerts in North Sea")
    expect(summary).to_contain_text("The latest: Report 5")
    expect(live.urgent).to_have_count(0)
    expect(live.page).to_have_title("(6) Live map · Incident Tracker")
    summary.get_by_role("button", name="Show all").click()
    expect(live.page.locator("[data-alerts-list] > li")).to_have_count(1)
    expect(live.page.get_by_text("5 more in the same minutes")).to_be_visible()


def test_filters_stand_in_the_address_and_hold_for_events(live_page, make_incident, incident):
    live_page.open()
    live_page.page.get_by_role("searchbox").fill("flood")
    expect(live_page.rows).to_have_count(0)
    expect(live_page.page.get_by_text("No incident matches the filters.")).to_be_visible()
    flood = make_incident(name="Flooded cellar", severity="LO")
    flood.save()

    live_page.publish()

    expect(live_page.rows).to_have_text(["Flooded cellar"])
    live_page.page.reload()
    expect(live_page.page.get_by_role("searchbox")).to_have_value("flood")
    expect(live_page.rows).to_have_text(["Flooded cellar"])


def test_closed_incidents_are_fetched_when_asked_for(live_page, make_incident):
    make_incident(name="Long over", closed=True).save()
    live_page.open()
    expect(live_page.connection).to_contain_text("Complete to #")

    live_page.page.get_by_text("More filters").click()
    live_page.page.get_by_label("State").select_option("closed")

    expect(live_page.rows).to_have_text(["Long over"])


def test_order_stands_in_the_address_and_holds_for_events(live_page, make_incident):
    for name in ("Attic", "Cellar"):
        make_incident(name=name).save()
    live_page.miss()
    live_page.open("?sort=name")
    expect(live_page.rows).to_have_text(["Attic", "Cellar"])
    reverse = live_page.page.get_by_role("checkbox", name="Reverse order")

    reverse.press("Space")
    make_incident(name="Bridge").save()
    live_page.publish()

    expect(live_page.rows).to_have_text(["Cellar", "Bridge", "Attic"])
    live_page.page.reload()
    expect(live_page.rows).to_have_text(["Cellar", "Bridge", "Attic"])
    expect(reverse).to_be_checked()


def test_list_is_walked_with_arrow_keys_and_gets_the_focus_back(live, make_incident):
    for number, name in enumerate(["First", "Second", "Third"]):
        incident = make_incident(longitude=20 * number, name=name)
        incident.save()
        live.publish()
    live.page.get_by_label("Sort").select_option("name")
    live.row("First").focus()

    for key in ("ArrowDown", "End", "ArrowUp"):
        live.page.keyboard.press(key)
    expect(live.row("Second")).to_be_focused()
    live.page.keyboard.press("Enter")
    expect(live.popup).to_be_focused()
    expect(live.row("Second")).to_have_attribute("aria-current", "true")
    live.page.keyboard.press("Escape")

    expect(live.popup).to_have_count(0)
    expect(live.row("Second")).to_be_focused()


def test_focus_stays_in_the_list_when_rows_change_under_it(live, make_incident):
    incident = make_incident(name="Here", severity="LO")
    incident.save()
    live.publish()
    live.row("Here").focus()
    worse = make_incident(name="Worse", severity="UR")
    worse.save()
    incident.description = "Edited"
    incident.save()

    live.publish()
    live.publish()

    expect(live.rows).to_have_text(["Worse", "Here"])
    expect(live.row("Here")).to_be_focused()


def test_all_markers_are_one_tab_stop(live, make_incident):
    for number in range(4):
        incident = make_incident(longitude=30 * number - 60, name=f"Number {number}")
        incident.save()
        live.publish()
    stops = live.page.locator(".leaflet-marker-pane [role=button][tabindex='0']")
    live.marker("Number 1, Medium, open").focus()

    live.page.keyboard.press("ArrowRight")

    expect(live.marker("Number 2, Medium, open")).to_be_focused()
    expect(stops).to_have_count(1)
    live.page.keyboard.press("Enter")
    expect(live.popup.get_by_role("heading")).to_have_text("Number 2")


def test_cluster_says_how_many_and_the_worst(live, make_incident):
    for severity in ("LO", "UR", "ME"):
        incident = make_incident(severity=severity, name=f"At one place {severity}")
        incident.save()
        live.publish()

    expect(live.marker("3 incidents, worst Urgent")).to_be_visible()


def test_link_focuses_an_incident(live_page, incident):
    live_page.open(f"?focus={incident.pk}")

    expect(live_page.popup.get_by_role("heading")).to_have_text("Fire")


def test_incident_that_the_filters_hide_is_shown_by_its_alert(live_page, incident, area):
    live_page.open("?severity=LO")
    expect(live_page.rows).to_have_count(0)
    live_page.publish()

    live_page.urgent.get_by_role("button", name="Show on map").click()

    expect(live_page.popup.get_by_role("heading")).to_have_text("Fire")


def test_page_obeys_a_strict_content_security_policy(live_page, incident, area):
    violations = []
    live_page.page.on("console", lambda message: violations.append(message.text))

    def protect(route):
        response = route.fetch()
        policy = "default-src 'self'; img-src 'self' data:; connect-src 'self' ws:"
        headers = {**response.headers, "content-security-policy": policy}
        route.fulfill(response=response, headers=headers)

    live_page.page.route("**/", protect)
    live_page.open()
    live_page.publish()
    live_page.row("Fire").click()

    expect(live_page.popup).to_be_visible()
    assert [text for text in violations if "Content Security Policy" in text] == []
