"""One server, one browser and one story for all browser tests of a process."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.live import live_server
from tests.ui.chromium import flags, found_or_installed
from tests.ui.site import WAIT_MS, Site, Window

Opener = Callable[..., Window]
expect.set_options(timeout=WAIT_MS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    executable = found_or_installed()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=flags())
        yield started
        started.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Site]:
    """A server with its people and the story of `stories/digits.py` (project lab/digits)."""
    directory = tmp_path_factory.mktemp("ui")
    with live_server(directory, heartbeat_timeout_s=600) as server:
        made = Site(server, directory)
        made.invite()
        made.tell("digits")
        if any(one.path.name == "test_sweeps.py" for one in request.session.items):
            made.begin("search")  # half a minute of waiting for an agent
        yield made
        for process in made.begun.values():
            process.kill()
            process.communicate()


@pytest.fixture
def open_window(browser: Browser, site: Site) -> Iterator[Opener]:
    """Windows of signed-in people: `open_window("ben", theme="dark")`; None is nobody. At the end of the test
    each must be without errors and without requests to other hosts."""
    with ExitStack() as stack:

        def opened(person: str | None = "ada", **wishes: object) -> Window:
            return stack.enter_context(window_of(browser, site, person, **wishes))  # type: ignore[arg-type]

        yield opened


@pytest.fixture
def window(open_window: Opener) -> Window:
    """Ada's window."""
    return open_window()


@contextmanager
def window_of(
    browser: Browser,
    site: Site,
    person: str | None = "ada",
    *,
    theme: str = "light",
    width: int = 1440,
    height: int = 900,
) -> Iterator[Window]:
    """A window of a person on a site, checked at its end."""
    context = browser.new_context(
        base_url=site.server.base_url,
        storage_state=site.signed_in(browser, person) if person is not None else None,
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.set_default_timeout(WAIT_MS)
    made = Window(context.new_page(), site.server.base_url)
    made.watch()
    try:
        yield made
        made.verify()
    finally:
        context.close()
