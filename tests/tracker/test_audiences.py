import pytest

from tracker.audiences import REVIEW, WATCH, group_of, permissions_of

pytestmark = pytest.mark.django_db


def test_reviewers_are_in_the_group_that_sees_reports_under_review(user):
    assert group_of(permissions_of(user)) == "notifications.review"


def test_viewers_are_in_the_group_of_all_others(viewer):
    assert permissions_of(viewer) == WATCH
    assert group_of(WATCH) == "notifications"


@pytest.mark.parametrize("missing", sorted(WATCH))
def test_who_may_not_see_everything_else_is_in_no_group(missing):
    assert group_of(REVIEW - {missing}) is None
