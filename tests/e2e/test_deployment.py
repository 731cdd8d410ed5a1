"""What deploy/ ships, running: nginx with TLS, two interface servers, two workers."""

import re
import socket
import time
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from websockets.protocol import State
from websockets.sync.client import ClientConnection, connect

from tests.e2e.deployment import Deployment
from tests.e2e.live_map import PATIENCE_MS, expect_equal_to_database, expect_live, log_in, submit
from tests.support.browser import launch
from tests.support.certificates import trusting
from tests.support.nginx import HOST
from tests.support.processes import started
from tests.support.stack import status_of
from tests.support.visitor import expect_frame
from tests.support.waiting import wait_until

SOCKETS = 4
RECOVERY_SECONDS = 10


@pytest.fixture(scope="module")
def running_deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with started(Deployment(tmp_path_factory.mktemp("deployment"))) as deployment:
        yield deployment


@pytest.fixture
def deployment(running_deployment: Deployment) -> Iterator[Deployment]:
    """The running deployment; what the test kills runs again afterwards."""
    yield running_deployment
    running_deployment.start_missing()


@pytest.fixture(scope="module")
def chromium(browser: Browser, running_deployment: Deployment) -> Iterator[Browser]:
    """A Chromium that finds the deployment at its address."""
    rules = f"--host-resolver-rules={running_deployment.resolver_rules}"
    own = launch(browser.browser_type, rules)
    yield own
    own.close()


@pytest.fixture
def context(chromium: Browser, deployment: Deployment) -> Iterator[BrowserContext]:
    """What has never been at the deployment."""
    context = chromium.new_context(base_url=deployment.url, ignore_https_errors=True)
    context.set_default_timeout(PATIENCE_MS)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """The live map of somebody who has logged in."""
    page = log_in(context.new_page())
    expect_live(page)
    return page


@pytest.fixture
def sockets(deployment: Deployment, page: Page) -> Iterator[list[ClientConnection]]:
    """Sockets of the same session."""
    trust = trusting(deployment.nginx.certificate)
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in page.context.cookies())
    connections = [
        connect(
            f"wss://{HOST}/notifications/",
            sock=socket.create_connection(("127.0.0.1", deployment.nginx.https)),
            ssl=trust,
            origin=deployment.url,
            additional_headers={"Cookie": cookies},
            proxy=None,
        )
        for _ in range(SOCKETS)
    ]
    yield connections
    for connection in connections:
        connection.close()


def report(context: BrowserContext) -> str:
    """Report an incident through the public form and return its name."""
    name = f"Incident {uuid.uuid4().hex[:6]}"
    page = context.new_page()
    page.goto("/report/")
    page.locator("[name=name]").fill(name)
    page.locator("[name=severity][value=ME]").check(force=True)
    page.locator("[name=location_latitude]").fill("-20")
    page.locator("[name=location_longitude]").fill("-20")
    submit(page)
    expect(page).to_have_url(re.compile("/report/thanks/"), timeout=PATIENCE_MS)
    page.close()
    return name


def open_sockets(sockets: list[ClientConnection]) -> list[ClientConnection]:
    return [connection for connection in sockets if connection.state is State.OPEN]


def test_settings_are_fit_for_deployment(deployment):
    deployment.command("check", "--deploy", "--fail-level", "WARNING")


def test_nginx_serves_static_files_for_good(context):
    scripts = []
    context.on(
        "response",
        lambda response: scripts.append(response) if response.url.endswith(".js") else None,
    )
    page = log_in(context.new_page())
    expect_live(page)

    assert any(script.all_headers().get("content-encoding") == "gzip" for script in scripts)
    for script in scripts:
        headers = script.all_headers()
        assert (script.status, headers["server"].partition("/")[0]) == (200, "nginx")
        assert "immutable" in headers["cache-control"]


def test_plain_http_leads_to_tls_and_stays_there(context):
    answer = context.new_page().goto(f"http://{HOST}/report/")

    assert answer.url == f"https://{HOST}/report/"
    assert "max-age" in answer.all_headers()["strict-transport-security"]


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
def test_what_is_for_monitoring_is_shown_to_nobody(context, path):
    assert context.new_page().goto(path).status == 404


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
def test_monitoring_on_its_own_machine_is_answered_by_each_interface_server(deployment, path):
    assert [status_of(port, path) for port in deployment.ports] == [200, 200]


def test_an_address_that_a_client_claims_does_not_count(context, deployment):
    context.set_extra_http_headers({"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"})
    page = context.new_page()
    page.goto("/accounts/login/")
    page.locator("[name=username]").fill("nobody")
    page.locator("[name=password]").fill("wrong")
    submit(page)

    expect(page.locator(".errorlist, [role=alert]").first).to_be_visible()
    query = "SELECT DISTINCT ip_address FROM axes_accessattempt WHERE username = 'nobody'"
    assert deployment.query(query) == [("127.0.0.1",)]


def test_a_change_reaches_the_sockets_of_both_interface_servers(page, sockets, deployment):
    name = report(page.context)
    for connection in sockets:
        expect_frame(connection, name)

    deployment.daphnes[0].kill()

    wait_until(lambda: len(open_sockets(sockets)) < SOCKETS, "the end of some sockets")
    name = report(page.context)
    assert open_sockets(sockets)
    for connection in open_sockets(sockets):
        expect_frame(connection, name)


def test_pages_outlive_each_interface_server_and_miss_nothing(page, deployment):
    other = page.context.new_page()
    other.goto("/")
    expect_live(other)
    for daphne in deployment.daphnes:
        daphne.kill()
        since = time.monotonic()
        name = report(page.context)

        for live_map in (page, other):
            expect_equal_to_database(live_map, name)
        assert time.monotonic() - since < RECOVERY_SECONDS
        deployment.start_missing()
