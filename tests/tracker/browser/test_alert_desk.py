"""Alerts on the live map: taken care of by one, seen by all, and quiet where that is wanted."""

import pytest
from playwright.sync_api import expect

from tracker import alerts
from tracker.models import Silence


@pytest.fixture
def alert(live, area, make_incident):
    """An alert that the live map shows."""
    incident = make_incident(name="Fire", severity="UR")
    incident.save()
    live.publish()
    expect(live.urgent).to_have_count(1)
    return incident.alerts.get()


def test_alert_is_acknowledged_on_the_map(live, alert, user):
    with live.page.expect_response("**/acknowledge/"):
        live.urgent.get_by_role("button", name="Acknowledge").click()
    live.publish()

    expect(live.urgent).to_have_count(0)
    alert.refresh_from_db()
    assert alert.acknowledged_by == user
    live.page.get_by_role("tab", name="Alerts").click()
    card = live.page.locator("[data-alerts-list]")
    expect(card).to_contain_text("Acknowledged by operator")
    expect(card).to_contain_text("The incident was reported in the area.")


def test_alert_that_somebody_else_takes_stops_calling(live, alert, viewer):
    alerts.acknowledge(alert, viewer)

    live.publish()

    expect(live.urgent).to_have_count(0)


def test_looking_at_the_alerts_makes_them_read(live, alert, user):
    badge = live.page.locator(".bar-nav [data-unread]")
    expect(badge).to_have_text("1")

    with live.page.expect_response("**/inbox/read/"):
        live.page.get_by_role("tab", name="Alerts").click()

    user.refresh_from_db()
    assert user.inbox.seen == alert.pk


def test_muted_area_says_nothing_and_stays_in_the_list(live_page, user, area, make_incident):
    Silence.objects.create(user=user, area=area, muted=True)
    live_page.open()
    expect(live_page.connection).to_contain_text("Complete to #")

    make_incident(name="Fire", severity="UR").save()
    live_page.publish()

    expect(live_page.rows).to_have_text(["Fire"])
    expect(live_page.urgent).to_have_count(0)
    expect(live_page.page.locator(".bar-nav [data-unread]")).to_be_hidden()
    live_page.page.get_by_role("tab", name="Alerts").click()
    expect(live_page.page.locator("[data-alerts-list]")).to_contain_text("Fire")


def test_blocked_notifications_are_told(live):
    live.page.get_by_role("tab", name="Alerts").click()
    live.page.get_by_text("Sound and notifications").click()
    live.page.get_by_label("Notification for Urgent").check()

    expect(live.page.locator("[data-blocked]")).to_contain_text("Notifications are blocked.")
    live.page.reload()
    live.page.get_by_role("tab", name="Alerts").click()
    expect(live.page.locator("[data-alarms-blocked]")).to_be_visible()
