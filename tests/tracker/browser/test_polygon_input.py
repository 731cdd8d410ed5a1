"""polygon-input.js: drawing with the mouse, with the keyboard, and as text."""

import json

import pytest
from playwright.sync_api import Locator, Page, expect
from shapely import Polygon

from tracker.models import AreaOfInterest

CORNERS = [(100, 100), (300, 100), (300, 300), (100, 300)]


@pytest.fixture
def form(operator_page: Page) -> Page:
    operator_page.goto("/areas/add/")
    return operator_page


@pytest.fixture
def drawn(form: Page) -> Page:
    """The form with a square drawn in it."""
    click(form, CORNERS)
    expect(status(form)).to_contain_text("A valid area")
    return form


def click(page: Page, places: list[tuple[int, int]]) -> None:
    for x, y in places:
        page.locator(".small-map").click(position={"x": x, "y": y})


def status(page: Page) -> Locator:
    return page.locator(".validity")


def tool(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def rings(page: Page) -> list[list[list[float]]]:
    return json.loads(page.locator("[name=polygon]").input_value())["coordinates"]


def test_drawn_area_is_saved(drawn):
    drawn.get_by_label("Name").fill("Harbour")

    drawn.get_by_role("button", name="Save").click()

    expect(drawn.get_by_role("heading", name="Harbour")).to_be_visible()
    assert len(AreaOfInterest.objects.get().polygon.exterior.coords) == 5


def test_crossing_is_told_while_a_point_is_dragged(drawn):
    vertices = drawn.locator(".vertex")

    vertices.nth(0).drag_to(drawn.locator(".small-map"), target_position={"x": 380, "y": 220})

    expect(status(drawn)).to_contain_text("crosses or touches itself")
    tool(drawn, "Undo").click()
    expect(status(drawn)).to_contain_text("A valid area")


def test_handle_between_two_points_becomes_a_point(drawn):
    drawn.locator(".midpoint").nth(0).drag_to(
        drawn.locator(".small-map"), target_position={"x": 200, "y": 40}
    )

    expect(drawn.locator(".vertex")).to_have_count(5)
    assert len(rings(drawn)[0]) == 6


def test_hole_is_cut(drawn):
    tool(drawn, "Cut a hole").click()
    click(drawn, [(150, 150), (250, 150), (200, 250)])

    expect(status(drawn)).to_contain_text("A valid area")
    outline, hole = rings(drawn)
    assert Polygon(outline, [hole]).is_valid


def test_keyboard_draws_moves_and_deletes(form):
    area = form.locator(".small-map")
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft"):
        tool(form, "Point at centre").click()
        area.focus()
        form.keyboard.press(key)
        expect(form.locator(".leaflet-pan-anim")).to_have_count(0)
    expect(form.locator(".vertex")).to_have_count(3)
    before = rings(form)[0][1]

    form.locator(".vertex").nth(1).focus()
    form.keyboard.press("ArrowUp")

    assert rings(form)[0][1][1] > before[1]
    expect(form.locator(".vertex").nth(1)).to_be_focused()
    form.keyboard.press("Delete")
    expect(form.locator(".vertex")).to_have_count(2)


def test_typed_points_are_drawn(form):
    form.get_by_text("Points as coordinates").click()
    for latitude, longitude in (("10", "10"), ("10", "20"), ("20", "20")):
        form.get_by_label("Latitude of the new point").fill(latitude)
        form.get_by_label("Longitude of the new point").fill(longitude)
        form.get_by_role("button", name="Add", exact=True).click()
    form.get_by_label("Latitude of point 3").fill("30")
    form.get_by_label("Latitude of point 3").press("Tab")

    expect(form.get_by_label("Longitude of point 3")).to_be_focused()
    assert rings(form) == [[[10, 10], [20, 10], [20, 30], [10, 10]]]


def test_pasted_geojson_is_drawn_and_nonsense_is_told(form):
    form.get_by_text("GeoJSON", exact=True).click()
    text = form.locator("[name=polygon]")
    text.fill('{"type": "Point", "coordinates": [0, 0]}')
    text.blur()
    expect(status(form)).to_contain_text("The GeoJSON cannot be read: Expected a GeoJSON Polygon")

    text.fill('{"type": "Polygon", "coordinates": [[[0, 0], [10, 0], [10, 10], [0, 0]]]}')
    text.blur()

    expect(status(form)).to_contain_text("A valid area")
    expect(form.locator(".vertex")).to_have_count(3)


def test_existing_area_opens_unchanged(operator_page, make_area):
    area = make_area(0, 50, 10, 60)
    area.save()

    operator_page.goto(f"/areas/{area.pk}/edit/")

    expect(operator_page.locator(".vertex")).to_have_count(4)
    expect(tool(operator_page, "Undo")).to_be_disabled()
    assert rings(operator_page) == [[[10, 50], [10, 60], [0, 60], [0, 50], [10, 50]]]
