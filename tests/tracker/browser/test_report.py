"""The public report: kept without a connection, sent once, and a hint at what is known already."""

import pytest
from playwright.sync_api import Page, expect

from tracker.models import Incident


@pytest.fixture
def form(page: Page) -> Page:
    """The form of somebody who is not logged in, filled in."""
    page.goto("/report/")
    page.get_by_label("In a few words").fill("Tree on the road")
    page.get_by_label("Latitude").fill("52.1")
    page.get_by_label("Longitude").fill("4.3")
    return page


def send(page: Page) -> None:
    page.get_by_role("button", name="Send report").click()


def test_report_without_a_connection_is_kept_and_sent_once_when_it_is_back(form):
    form.context.set_offline(True)
    send(form)
    expect(form.get_by_text("No connection. Your report is kept")).to_be_visible()

    form.context.set_offline(False)

    expect(form.get_by_role("heading", name="Thank you")).to_be_visible()
    assert Incident.objects.get().name == "Tree on the road"


def test_answer_that_was_lost_does_not_make_a_second_report(form):
    answers = []

    def lose_the_first(route):
        if route.request.method != "POST" or answers:
            route.continue_()
            return
        answers.append(route.fetch())
        route.abort()

    form.route("**/report/", lose_the_first)
    send(form)
    expect(form.get_by_text("No connection. Your report is kept")).to_be_visible()

    form.reload()

    expect(form.get_by_role("heading", name="Thank you")).to_be_visible()
    assert answers[0].status == 201
    assert Incident.objects.count() == 1


def test_report_that_is_refused_says_why_and_can_be_mended(form):
    form.get_by_label("In a few words").fill(" ")
    send(form)
    expect(form.locator("[data-sending].is-error")).to_be_visible()

    form.get_by_label("In a few words").fill("Tree on the road")
    send(form)

    expect(form.get_by_role("heading", name="Thank you")).to_be_visible()


def test_recent_report_nearby_is_shown(page, make_incident):
    make_incident(4.3, 52.1, name="Fallen tree", severity="HI").save()
    page.goto("/report/")

    page.get_by_label("Latitude").fill("52.101")
    page.get_by_label("Longitude").fill("4.3")

    expect(page.locator("[data-nearby-url]")).to_contain_text("Fallen tree")
