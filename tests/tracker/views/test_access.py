import pytest

pytestmark = pytest.mark.django_db


PAGES = [
    "/",
    "/incidents/",
    "/incidents/add/",
    "/incidents/1/",
    "/incidents/1/edit/",
    "/incidents/1/delete/",
    "/areas/",
    "/areas/add/",
    "/areas/1/",
    "/areas/1/edit/",
    "/areas/1/delete/",
]


@pytest.mark.parametrize("page", PAGES)
def test_pages_ask_for_a_login(client, page):
    response = client.get(page)
    assert response.status_code == 302
    assert response.url == f"/accounts/login/?next={page}"


@pytest.mark.parametrize("page", [page for page in PAGES if "delete" in page or "edit" in page])
def test_changes_ask_for_a_login(client, page):
    assert client.post(page).url == f"/accounts/login/?next={page}"


@pytest.fixture
def client_of(client, make_user, incident, area):
    """Call it with a role for a client that is logged in; there are an incident and an area."""

    def log_in(role):
        client.force_login(make_user(role))
        return client

    return log_in


MAY_SEE = {"viewer", "reporter", "operator", "administrator"}
MAY_ADD = MAY_SEE - {"viewer"}
MAY_CHANGE = MAY_ADD - {"reporter"}


@pytest.mark.parametrize("role", sorted(MAY_SEE))
@pytest.mark.parametrize(
    ("page", "allowed"),
    [
        ("/", MAY_SEE),
        ("/inbox/", MAY_SEE),
        ("/settings/alerts/", MAY_SEE),
        ("/incidents/{incident}/", MAY_SEE),
        ("/incidents/export.csv", MAY_SEE),
        ("/incidents/add/", MAY_ADD),
        ("/incidents/import/", MAY_ADD),
        ("/incidents/{incident}/edit/", MAY_CHANGE),
        ("/incidents/{incident}/delete/", MAY_CHANGE),
        ("/areas/add/", MAY_CHANGE),
        ("/areas/import/", MAY_CHANGE),
        ("/areas/{area}/edit/", MAY_CHANGE),
        ("/review/", MAY_CHANGE),
    ],
)
def test_each_role_opens_its_pages(client_of, incident, area, role, page, allowed):
    page = page.format(incident=incident.pk, area=area.pk)
    assert client_of(role).get(page).status_code == (200 if role in allowed else 403)


def test_a_user_without_a_role_sees_nothing(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("nobody"))
    assert client.get("/").status_code == 403
    assert client.get("/incidents.geojson").status_code == 403
