"""A server with a story in it, and windows of a browser that looks at it.

`Window` is what a test holds: one page with an own profile, which fails the test when the page
asks another host for anything, breaks, or reports an error.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Route

from tests.live import LiveServer

ROOT = Path(__file__).parents[2]
STORIES = Path(__file__).parent / "stories"
GALLERY = ROOT / "web" / "tests" / "gallery"
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
PASSWORD = "verdigris on stone"
STORY_TIMEOUT_S = 300
WAIT_MS = 30_000  # for a machine that is much slower than it should be
SERIOUS = ("serious", "critical")
THEMES = ("light", "dark")
LOADED = """() => [...document.querySelectorAll('.skeleton, .boot')].every((one) => {
    const box = one.getBoundingClientRect();
    return !one.checkVisibility() || box.top > innerHeight || box.bottom < 0;
})"""


def key_of(person: str) -> str:
    """The key of a person on the test's server."""
    return person.ljust(40, "0")


def becomes(read: Callable[[], object], wanted: object) -> None:
    """Wait until what is stored is as wanted: a page may show a change before the server has kept it."""
    until = time.monotonic() + WAIT_MS / 1000
    while (found := read()) != wanted and time.monotonic() < until:
        time.sleep(0.05)
    assert found == wanted, f"{found} did not become {wanted}"


@dataclass
class Site:
    """The server, its people (ada and ben of team lab; eve, a stranger), and what the stories left."""

    server: LiveServer
    directory: Path
    told: dict[str, Any] = field(default_factory=dict)
    cookies: dict[str, Any] = field(default_factory=dict)
    begun: "dict[str, subprocess.Popen[str]]" = field(default_factory=dict)

    def invite(self) -> None:
        """Make the people and their team."""
        with httpx.Client(
            base_url=f"{self.server.base_url}/api/admin", auth=("api", self.server.admin_key), trust_env=False
        ) as admin:
            for person in ("ada", "ben", "eve"):
                body = {"api_key": key_of(person), "password": PASSWORD, "email": f"{person}@example.org"}
                admin.put(f"/users/{person}", json=body).raise_for_status()
            members = [{"username": "ada", "role": "admin"}, {"username": "ben"}]
            admin.put("/teams/lab", json={"members": members}).raise_for_status()

    def start_story(self, name: str, *words: str, person: str = "ada") -> "subprocess.Popen[str]":
        """Begin `stories/<name>.py` as a client of the real SDK; it prints one JSON object at its end."""
        environment = self.server.client_environment(self.directory / f"home-{person}", key_of(person))
        for part in ("cache", "config", "data"):
            (self.directory / f"home-{person}" / part).mkdir(exist_ok=True)
        return subprocess.Popen(
            [sys.executable, str(STORIES / f"{name}.py"), *words],
            env={**environment, "WANDB_SILENT": "true", "TMPDIR": os.environ.get("TMPDIR", "/tmp")},
            cwd=environment["HOME"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run_python(self, lines: str, person: str = "ada") -> str:
        """Lines of Python as the page gives them, run by the real client; what they printed."""
        environment = self.server.client_environment(self.directory / f"home-{person}", key_of(person))
        done = subprocess.run(
            [sys.executable, "-c", lines],
            env={**environment, "WANDB_SILENT": "true"},
            cwd=environment["HOME"],
            capture_output=True,
            text=True,
            timeout=STORY_TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, f"{lines}\n{done.stderr}"
        return done.stdout

    def begin(self, name: str) -> None:
        """Let a story run beside the tests until one of them wants it told."""
        self.begun[f"{name} ada"] = self.start_story(name)

    def tell(self, name: str, *words: str, person: str = "ada") -> dict[str, Any]:
        """Run a story to its end, once for each set of words, and return what it printed."""
        known = " ".join((name, person, *words))
        if known not in self.told:
            process = self.begun.pop(known, None) or self.start_story(name, *words, person=person)
            out, err = process.communicate(timeout=STORY_TIMEOUT_S)
            assert process.returncode == 0, f"{known}\n{out}\n{err}"
            self.told[known] = json.loads(out.strip().rpartition("\n")[2])
        found: dict[str, Any] = self.told[known]
        return found

    def api(self, person: str = "ada") -> httpx.Client:
        """A client of `/api` with a person's key."""
        return httpx.Client(
            base_url=self.server.base_url, auth=("api", key_of(person)), trust_env=False, timeout=60
        )

    def signed_in(self, browser: Browser, person: str) -> Any:
        """The browser's state after this person has signed in with the form, done once."""
        if person not in self.cookies:
            context = browser.new_context()
            page = context.new_page()
            page.goto(f"{self.server.base_url}/login")
            page.get_by_label("User name").fill(person)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url(lambda url: "/login" not in url, timeout=WAIT_MS)
            self.cookies[person] = context.storage_state()
            context.close()
        return self.cookies[person]


@dataclass
class Window:
    """A page with what went wrong in it. `expected` are patterns of errors that the test provokes."""

    page: Page
    base_url: str
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    # The client adds a style sheet of its own service to every HTML it logs; the frame's policy refuses it.
    expected: list[str] = field(default_factory=lambda: [r"https://app\.wandb\.ai/normalize\.css"])

    def watch(self) -> None:
        """Note every request that would leave for another host (none is let through), every exception and
        error message."""
        # Not a function: the browser would wait for this process at each request, also while it sleeps.
        outside = re.compile(rf"^(?!{re.escape(self.base_url)}/|data:|blob:|about:)")
        self.page.context.route(outside, self._refuse)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._on_console)

    def open(self, path: str) -> Page:
        """Go to a path of the server."""
        self.page.goto(self.base_url + path)
        return self.page

    def settle(self) -> None:
        """Wait until nothing in sight is loading, and nothing begins to: what has come may ask for more."""
        for _ in range(20):
            self.page.wait_for_function(LOADED, timeout=WAIT_MS)
            self.page.evaluate("() => document.fonts.ready.then(() => true)")
            time.sleep(0.15)
            if self.page.evaluate(LOADED):
                return

    def copied(self, button: Locator) -> str:
        """What lands on the clipboard when the button is pressed."""
        self.page.evaluate("() => navigator.clipboard.writeText('')")
        button.click()
        self.page.wait_for_function("() => navigator.clipboard.readText()", timeout=WAIT_MS)
        return str(self.page.evaluate("() => navigator.clipboard.readText()"))

    def shoot(self, name: str) -> Path:
        """A picture for the gallery."""
        GALLERY.mkdir(parents=True, exist_ok=True)
        path = GALLERY / f"{name}.png"
        self.page.screenshot(path=path, animations="disabled")
        return path

    def violations(self) -> list[str]:
        """What axe calls serious or critical, with the elements."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE.read_text())
        found = self.page.evaluate(
            "async () => (await axe.run(document, {resultTypes: ['violations'], iframes: false})).violations"
        )
        return [
            f"{one['id']} ({one['impact']}): {node['html'][:160]} {node.get('failureSummary', '')[:240]}"
            for one in found
            if one["impact"] in SERIOUS
            for node in one["nodes"][:5]
        ]

    def verify(self) -> None:
        """Raise when the page asked another host, or broke."""
        assert not self.outside, f"requests to other hosts: {self.outside}"
        unexpected = [one for one in self.errors if not any(re.search(part, one) for part in self.expected)]
        assert not unexpected, f"errors in the page: {unexpected}"

    def _refuse(self, route: Route) -> None:
        self.outside.append(route.request.url)
        route.abort()

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")
