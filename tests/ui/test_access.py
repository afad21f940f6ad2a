"""Who sees what at which address, and a server below a path."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.live import LiveServer, free_port
from tests.ui.conftest import Opener, window_of
from tests.ui.site import Site

pytestmark = pytest.mark.slow

PAGES = (
    "",
    "/table",
    "/overview",
    "/settings",
    "/tables",
    "/sweeps",
    "/artifacts",
    "/artifacts/model/digits-model",
    "/artifacts/model/digits-model/v1",
    "/reports",
    "/runs/train1",
    "/runs/train1?tab=logs",
)
READS = (
    "/api/projects/lab/digits",
    "/api/projects/lab/digits/members",
    "/api/projects/lab/digits/changes",
    "/api/retention/lab/digits",
    "/api/storage/lab/digits",
    "/api/runs/lab/digits/train1",
    "/api/runs/lab/digits/train1/console?last=5",
    "/api/runs/lab/digits/train1/files",
    "/api/artifacts/lab/digits",
    "/api/sweeps/lab/digits",
    "/api/views/lab/digits",
)


def test_each_address_for_three_accounts_and_nobody(open_window: Opener) -> None:
    """Members of the team read; to a stranger nothing is there; nobody is asked to sign in."""
    wanted = {"ada": (200, 200), "ben": (200, 200), "eve": (404, 404), None: (303, 404)}
    for person, (page_status, read_status) in wanted.items():
        ask = open_window(person).page.request
        html = {"Accept": "text/html"}
        for path in PAGES:
            answer = ask.get(f"/lab/digits{path}", headers=html, max_redirects=0)
            assert answer.status == page_status, (person, path, answer.status)
            assert person is not None or "/login?next=" in answer.headers["location"]
        for path in READS:
            answer = ask.get(path)
            assert answer.status in ((read_status,) if person else (401, 404)), (person, path, answer.status)


def test_page_of_a_stranger_says_that_nothing_is_there(open_window: Opener) -> None:
    """Also where the page was opened by a link inside the UI."""
    window = open_window("eve")
    window.expected.append("404")
    page = window.open("/")
    page.evaluate(
        "history.pushState({}, '', '/lab/digits/settings'); dispatchEvent(new PopStateEvent('popstate'))"
    )
    expect(page.get_by_text("There is nothing at this address")).to_be_visible()


def test_everything_works_below_a_path(browser: Browser, tmp_path: Path) -> None:
    """Pages, their parts, the API and the sign-in stay below it."""
    port = free_port()
    server = LiveServer(tmp_path, {"public_url": f"http://127.0.0.1:{port}/stone"}, port)
    server.start()
    try:
        with window_of(browser, Site(server, tmp_path), None) as window:
            outside: list[str] = []
            window.page.on(
                "request", lambda one: outside.append(one.url) if "/stone/" not in one.url else None
            )
            page = window.open("/stone/settings")
            page.get_by_label("User name").fill("admin")
            page.get_by_label("Password").fill(server.admin_key)
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_role("heading", name="API keys")).to_be_visible()
            page.get_by_role("link", name="Runstone, home").click()
            expect(page.get_by_role("heading", name="Log your first run")).to_be_visible()
            assert outside == []
    finally:
        server.stop()
