"""me.js: what counts as unread, and when an area keeps quiet."""

import pytest


def test_unread_counts_what_is_newer_and_not_muted(run):
    unread = run(
        "me.js",
        """({ Me }) => {
            const me = new Me();
            const silences = [{ area: 2, muted: true }];
            me.learn({ type: "hello", inbox: { seen: 5, unread: 1 }, silences });
            me.count([{ id: 6, area: { pk: 1 } }, { id: 7, area: { pk: 2 } }]);
            me.count([{ id: 5, area: { pk: 1 } }]);
            const before = me.unread;
            me.learn({ type: "inbox", seen: 7, unread: 0 });
            return [before, me.unread];
        }""",
    )

    assert unread == [2, 0]


@pytest.mark.parametrize(
    ("time", "is_heard"),
    [("20:59", True), ("21:00", False), ("03:00", False), ("05:00", True), ("12:00", True)],
)
def test_quiet_hours_pass_midnight_in_their_time_zone(run, time, is_heard):
    """Madrid is an hour ahead of UTC in winter."""
    heard = run(
        "me.js",
        """({ Me }, time) => {
            const me = new Me();
            const hours = { quiet_from: "22:00", quiet_until: "06:00", timezone: "Europe/Madrid" };
            me.learn({ type: "silences", silences: [{ area: 1, muted: false, ...hours }] });
            return me.wantsToHear(1, new Date(`2026-01-15T${time}:00Z`));
        }""",
        time,
    )

    assert heard is is_heard
