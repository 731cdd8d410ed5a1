import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse

from tracker.actors import ActorMiddleware, act_as, acting, name_of_actor


@pytest.fixture
def user(django_user_model):
    return django_user_model(username="operator")


def test_nobody_acts_at_first():
    assert name_of_actor() == ""


def test_the_user_of_a_request_acts_until_it_is_answered(rf, user):
    names = []

    def view(request):
        names.append(name_of_actor())
        return HttpResponse()

    request = rf.get("/")
    request.user = user
    ActorMiddleware(view)(request)
    assert [*names, name_of_actor()] == ["operator", ""]


def test_the_public_has_no_name():
    with acting(AnonymousUser()):
        assert name_of_actor() == ""


def test_who_is_found_later_acts_to_the_end_of_the_block(user):
    with acting(AnonymousUser()):
        act_as(user)
        assert name_of_actor() == "operator"
    assert name_of_actor() == ""
