"""Every page: axe-core finds nothing wrong with it; the live map in both colour schemes."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

PAGES = [
    "/incidents/",
    "/incidents/{incident}/",
    "/incidents/{incident}/edit/",
    "/incidents/import/",
    "/areas/",
    "/areas/{area}/edit/",
    "/inbox/",
    "/alerts/{alert}/",
    "/settings/alerts/",
    "/review/",
    "/report/",
    "/report/thanks/",
]


@pytest.fixture
def rows(make_incident, make_area) -> dict[str, int]:
    """An incident in an area, and its alert."""
    area = make_area(0, 50, 10, 60, name="North Sea", severity="ME")
    area.save()
    incident = make_incident(name="Fire", severity="UR", description="In the engine room.")
    incident.save()
    make_incident(name="To review", pending=True).save()
    return {"incident": incident.pk, "area": area.pk, "alert": incident.alerts.get().pk}


def expect_no_violations(page: Page) -> None:
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("address", PAGES)
def test_page_is_accessible(operator_page, rows, address):
    operator_page.goto(address.format(**rows))
    operator_page.wait_for_load_state("networkidle")

    expect_no_violations(operator_page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_live_map_is_accessible(live_page, rows, scheme):
    live_page.page.emulate_media(color_scheme=scheme)
    live_page.open()
    expect(live_page.connection).to_contain_text("Complete to #")
    expect_no_violations(live_page.page)

    live_page.page.get_by_role("tab", name="Alerts").click()
    live_page.page.get_by_text("Sound and notifications").click()

    expect_no_violations(live_page.page)


def test_a_phone_shows_where_in_the_navigation_one_is(operator_page):
    operator_page.set_viewport_size({"width": 390, "height": 844})
    operator_page.goto("/review/")

    here = operator_page.locator(".bar-nav [aria-current]")
    expect(here).to_have_text("Review")
    expect(here).to_be_in_viewport(ratio=1)
