"""server-page.js: pages that the server renders follow what happens; area forms try themselves."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.tracker.browser.live_page import LivePage


@pytest.fixture
def open_page(live_page: LivePage):
    """Call it to open a page and wait until it is live."""

    def open_page(address: str) -> Page:
        live_page.page.goto(address)
        expect(live_page.connection).to_contain_text("Complete to #")
        return live_page.page

    return open_page


def test_list_gets_what_its_filters_let_through(live_page, open_page, make_incident):
    page = open_page("/incidents/?severity=UR&state=open")
    make_incident(name="Fire", severity="UR").save()
    make_incident(name="Noise", severity="LO").save()

    live_page.publish()

    expect(page.locator("td.is-name")).to_have_text(["Fire"])


def test_list_is_sorted_by_its_columns_and_stays_so(live_page, open_page, make_incident):
    for name in ("Bridge", "Attic"):
        make_incident(name=name).save()
    live_page.miss()
    page = open_page("/incidents/?severity=ME&severity=UR")
    names = page.locator("td.is-name")
    head = page.get_by_role("columnheader", name="Name")
    expect(names).to_have_text(["Attic", "Bridge"])

    for direction in ("ascending", "descending"):
        head.get_by_role("link").focus()
        page.keyboard.press("Enter")
        expect(head).to_have_attribute("aria-sort", direction)
    expect(names).to_have_text(["Bridge", "Attic"])
    expect(live_page.connection).to_contain_text("Complete to #")
    head.get_by_role("link").focus()
    make_incident(name="Avenue", severity="UR").save()
    make_incident(name="Below the filters", severity="LO").save()
    live_page.publish()

    expect(names).to_have_text(["Bridge", "Avenue", "Attic"])
    expect(head.get_by_role("link")).to_be_focused()
    expect(page.get_by_role("checkbox", name="Medium")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Low")).not_to_be_checked()


def test_incident_shows_its_change_and_who_made_it(live_page, open_page, make_incident):
    incident = make_incident(name="Fire", severity="LO")
    incident.save()
    page = open_page(f"/incidents/{incident.pk}/")
    incident.severity = "UR"
    incident.save()

    live_page.publish()

    expect(page.locator(".facts .severity")).to_have_text("Urgent")
    expect(page.locator(".history")).to_contain_text(re.compile("Severity:.*Low.*Urgent"))
    expect(page.locator(".incident-icon.severity-UR")).to_be_visible()


def test_deleted_incident_is_told(live_page, open_page, make_incident):
    incident = make_incident()
    incident.save()
    page = open_page(f"/incidents/{incident.pk}/")
    incident.delete()

    live_page.publish()

    expect(page.get_by_text("This does not exist any more.")).to_be_visible()


def test_inbox_counts_new_alerts(live_page, open_page, make_area, make_incident):
    make_area(0, 50, 10, 60, name="North Sea", severity="ME").save()
    live_page.miss()
    page = open_page("/inbox/")
    make_incident(name="Fire", severity="UR").save()

    live_page.publish()

    expect(page.locator(".alert-row-name")).to_have_text(["Fire"])
    expect(page.locator(".bar-nav [data-unread]")).to_have_text("1")


def test_drawn_area_says_what_it_would_have_caught(operator_page, make_area, make_incident):
    make_incident(name="Fire", severity="UR").save()
    make_incident(name="Noise", severity="LO").save()
    area = make_area(0, 50, 10, 60, severity="ME")
    area.save()

    operator_page.goto(f"/areas/{area.pk}/edit/")

    dry_run = operator_page.locator("[data-dry-run]")
    expect(dry_run).to_contain_text("In the last 30 days this area would have raised 1 alert")
    operator_page.locator("[name=severity][value=LO]").check(force=True)
    expect(dry_run).to_contain_text("2 alerts")


def test_page_is_in_spanish_when_asked_for(operator_page):
    operator_page.goto("/")

    operator_page.get_by_role("button", name="Español").click()

    expect(operator_page.get_by_role("link", name="Mapa en directo")).to_be_visible()
    expect(operator_page.locator("[data-summary]")).to_have_text("0 incidentes")
