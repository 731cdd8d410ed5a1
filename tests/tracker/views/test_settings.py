import pytest

from tracker.models import Silence

pytestmark = pytest.mark.django_db

URL = "/settings/alerts/"


@pytest.fixture
def form(operator, area):
    """Call it with the fields of the first area to send the form."""

    def send(**fields):
        silence = operator.get(URL).context["formset"].forms[0].instance
        data = {"id": silence.pk, "timezone": "Europe/Madrid", **fields}
        management = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1}
        return operator.post(
            URL, {**management, **{f"form-0-{name}": value for name, value in data.items()}}
        )

    return send


def test_each_area_has_a_form(operator, area):
    [form] = operator.get(URL).context["formset"].forms
    assert form.instance.area == area


def test_an_area_is_muted_and_has_quiet_hours(form):
    assert form(muted="on", quiet_from="22:00", quiet_until="06:00").url == URL
    silence = Silence.objects.get()
    assert silence.muted
    assert silence.as_json()["quiet_from"] == "22:00"


@pytest.mark.parametrize(
    "fields", [{"timezone": "Mars/Base"}, {"quiet_from": "22:00"}, {"quiet_from": "x"}]
)
def test_bad_hours_are_refused(form, fields):
    response = form(**fields)
    assert response.status_code == 200
    assert not response.context["formset"].is_valid()


def test_nobody_changes_the_settings_of_others(form, viewer, area):
    other = Silence.objects.create(user=viewer, area=area)
    form(id=other.pk, muted="on")
    other.refresh_from_db()
    assert not other.muted
