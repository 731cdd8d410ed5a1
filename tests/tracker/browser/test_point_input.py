"""point-input.js: pin, typed coordinates and the browser's own location say the same."""

import pytest
from playwright.sync_api import Page, expect

from tracker.models import Incident


@pytest.fixture
def report(page: Page) -> Page:
    page.goto("/report/")
    return page


def coordinates(page: Page) -> list[float]:
    return [float(page.get_by_label(name).input_value()) for name in ("Latitude", "Longitude")]


def test_click_places_the_pin_and_drag_moves_it(report):
    area = report.locator(".small-map")
    area.click(position={"x": 200, "y": 200})
    before = coordinates(report)

    report.locator(".pin").drag_to(area, target_position={"x": 260, "y": 200})

    latitude, longitude = coordinates(report)
    assert longitude > before[1] + 20
    assert latitude == pytest.approx(before[0], abs=15)


def test_typed_coordinates_move_the_pin(report):
    report.get_by_label("Latitude").fill("47.5")
    expect(report.locator(".pin")).to_have_count(0)

    report.get_by_label("Longitude").fill("19")

    expect(report.locator(".pin")).to_be_visible()


def test_own_location_fills_the_form_and_the_report_arrives(report, live_server):
    report.context.grant_permissions(["geolocation"], origin=live_server.url)
    report.context.set_geolocation({"latitude": 47.5, "longitude": 19.25, "accuracy": 30})
    report.get_by_label("In a few words").fill("Tree on the road")

    report.get_by_role("button", name="Use my location").click()

    expect(report.get_by_text("Located to about 30 m.")).to_be_visible()
    report.get_by_role("button", name="Send report").click()
    expect(report.get_by_role("heading", name="Thank you")).to_be_visible()
    incident = Incident.objects.get()
    assert (incident.location.x, incident.location.y) == (19.25, 47.5)


def test_refused_location_is_explained(report):
    report.context.clear_permissions()

    report.get_by_role("button", name="Use my location").click()

    expect(
        report.get_by_text("Your browser was not allowed to tell your location.")
    ).to_be_visible()


def test_report_works_without_javascript(browser, live_server):
    with browser.new_context(java_script_enabled=False, base_url=live_server.url) as context:
        page = context.new_page()
        page.goto("/report/")
        page.get_by_label("In a few words").fill("Tree on the road")
        page.get_by_label("Latitude").fill("47.5")
        page.get_by_label("Longitude").fill("19.25")
        page.get_by_role("button", name="Send report").click()

        expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
