"""In front of every route: request id, the viewer, and the address under which the client reached us.

The doors find the results in the request's state: `viewer`, `refusal` (why nobody is
signed in), `base_url`; for a browser's session also `cookie` and `form_token`.

A session counts for a change only when the request comes from a page of this server: the
cookie alone, which a browser sends along from any site, is not enough.
"""

import base64
import binascii
import ipaddress
import re
import time
from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar
from urllib.parse import parse_qs, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from runstone.actions.share import Opened, open_share_link
from runstone.actions.sign_in import key_use_is_noted, note_key_use, viewer_of_key
from runstone.domain.errors import Invalid, Unauthenticated
from runstone.domain.viewer import NOBODY, Viewer
from runstone.server.settings import Settings
from runstone.store.changes import Change
from runstone.store.opening import Store
from runstone.webapi.sessions import Sessions
from runstone.wire.signing import LINK_PREFIX

REMEMBERED_S = 5.0  # how long another process' revocation may stay unnoticed here
REMEMBERED_KEYS = 4096
ACCESS_NOUNS = frozenset({"user", "member", "organization", "team"})
# What decides what a share link opens, beside the runs that a report finds: those may be a moment late.
LINK_NOUNS = ACCESS_NOUNS | {"link", "view", "project", "collection", "version"}
REMEMBERED_LINKS = 64
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# What a report draws from: nothing that changes, no files, no other report.
SHARED_QUESTIONS = re.compile(r"/api/(series(/frame|/fresh|/groups)?|runs/query)\Z")
SHARED = re.compile(
    SHARED_QUESTIONS.pattern
    + r"|/api/(runs(/[^/]+){3}(/rows)?|sweeps(/[^/]+){3}/importance|artifacts(/[^/]+){4}(/files|/lineage)?"
    + r"|media/(run|version|client|folder)/.+)\Z"
)
# Questions and lines that come all the time. What else is asked with a body may need rights that were given a
# moment ago, through another process.
OFTEN = re.compile(
    r"/files/[^/]+/[^/]+/[^/]+/file_stream\Z|/api/runs/(table|groups|differences)\Z|"
    + SHARED_QUESTIONS.pattern
)
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?\Z")

T = TypeVar("T")


class Memory(Generic[T]):
    """Answers to who asks, kept for a few seconds and forgotten at once when something here changes them."""

    def __init__(self, store: Store, nouns: frozenset[str], most: int) -> None:
        """A change of `nouns` forgets them all; there are at most `most`."""
        self._known: dict[str, tuple[float, T]] = {}
        self._nouns, self._most = nouns, most
        self._era = 0
        store.changes.watch(self._on_change)

    def _on_change(self, change: Change) -> None:
        if change.noun in self._nouns:
            self._era += 1
            self._known.clear()

    def get(self, name: str) -> T | None:
        """What was remembered lately."""
        began, found = self._known.get(name, (0.0, None))
        return found if time.monotonic() - began < REMEMBERED_S else None

    def before(self) -> tuple[int, float]:
        """What to hand to `keep`, taken before the database is asked."""
        return self._era, time.monotonic()

    def keep(self, name: str, answer: T, asked: tuple[int, float]) -> None:
        """Remember an answer, unless something has changed since it was asked for."""
        era, began = asked
        if era != self._era:
            return
        if len(self._known) >= self._most:
            self._known.clear()
        self._known[name] = (began, answer)


class Identity:
    """ASGI middleware that answers who asks and where."""

    def __init__(
        self,
        app: ASGIApp,
        store: Store,
        settings: Settings,
        sessions: Sessions,
        clock: Callable[[], datetime],
    ) -> None:
        self.app = app
        self.settings = settings
        self.sessions = sessions
        self.clock = clock
        self.store = store
        self.keys: Memory[Viewer] = Memory(store, ACCESS_NOUNS, REMEMBERED_KEYS)  # by API key or cookie
        # A page of pictures asks for each of them, and a link finds all runs of its report.
        self.links: Memory[Opened] = Memory(store, LINK_NOUNS, REMEMBERED_LINKS)
        self.trusted = networks(settings.trusted_proxies)
        self.allowed = {one.lower() for one in words(settings.allowed_hosts)}
        self.below = urlsplit(settings.public_url).path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Fill the request's state and pass on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        state = scope.setdefault("state", {})
        self._take_path_off(scope)
        state["base_url"] = self.base_url(scope, headers)
        state["refusal"] = (
            f"You are not signed in to this server ({state['base_url']}). Send an API key of this server: "
            f"wandb login --host {state['base_url']}"
        )
        state["cookie"] = None
        state["form_token"] = ""
        if scope["path"].startswith(LINK_PREFIX):
            state["viewer"] = NOBODY  # the address says for whom it was made; many small files come this way
            await self.app(scope, receive, send)
            return
        state["viewer"] = await self._viewer_of_share(scope, headers) or await self._viewer(
            scope, headers, state
        )
        await self.app(scope, receive, send)

    def _take_path_off(self, scope: Scope) -> None:
        """A public address with a path works whether or not the proxy in front has taken it off."""
        path = scope["path"]
        if self.below and (path == self.below or path.startswith(self.below + "/")):
            scope["path"] = path[len(self.below) :] or "/"
            scope["raw_path"] = scope["path"].encode()

    async def _viewer_of_share(self, scope: Scope, headers: Headers) -> Viewer | None:
        """Who holds a share link, on the routes that a shared report reads; None everywhere else."""
        token = headers.get("x-runstone-share") or ""
        if not token and scope["query_string"]:
            token = parse_qs(scope["query_string"].decode("latin-1")).get("share", [""])[0]
        if not token or not SHARED.match(scope["path"]):
            return None
        if scope["method"] not in SAFE_METHODS and not SHARED_QUESTIONS.match(scope["path"]):
            return None
        return await run_in_threadpool(self._holder, token, self.clock())

    def _holder(self, token: str, now: datetime) -> Viewer | None:
        """Who holds a token; None where it opens nothing. Blocking."""
        found = self.links.get(token)
        if found is None:
            asked = self.links.before()
            with self.store.reading() as reads:
                found = open_share_link(reads, token, now)
            if found is None:
                return None
            self.links.keep(token, found, asked)
        return found.viewer if found.expires_at is None or found.expires_at > now else None

    async def _viewer(self, scope: Scope, headers: Headers, state: dict[str, object]) -> Viewer:
        key = key_of(headers)
        if key is None:
            return await self._viewer_of_session(scope, headers, state)
        remembered = self.keys.get(key) if often(scope) else None
        if remembered is not None:
            return remembered
        try:
            return await run_in_threadpool(self._owner, key, self.clock())
        except Unauthenticated:
            state["refusal"] = (
                f"The API key that was sent is not known to this server ({state['base_url']}). Keys of other "
                f"servers don't work here. Get one at {state['base_url']}/authorize"
            )
            return NOBODY

    def _owner(self, key: str, now: datetime) -> Viewer:
        """The viewer of a key. Raises `Unauthenticated`. Blocking."""
        asked = self.keys.before()
        with self.store.reading() as reads:
            viewer = viewer_of_key(reads, key)
            noted = key_use_is_noted(reads, key, now)
        if not noted:
            note_key_use(self.store, key, now)
        self.keys.keep(key, viewer, asked)
        return viewer

    async def _viewer_of_session(self, scope: Scope, headers: Headers, state: dict[str, object]) -> Viewer:
        cookie = cookie_parser(headers.get("cookie", "")).get(self.sessions.cookie_name)
        if not cookie:
            return NOBODY
        if scope["method"] not in SAFE_METHODS and not from_own_page(headers, str(state["base_url"])):
            state["refusal"] = (
                "This change did not come from a page of this server, so your browser's sign-in does not "
                "count for it. Open the page on this server, or send an API key."
            )
            return NOBODY
        viewer = self.keys.get(cookie) if often(scope) else None
        if viewer is None:
            asked = self.keys.before()
            viewer = await run_in_threadpool(self.sessions.viewer, cookie, self.clock())
            if viewer is None:
                return NOBODY
            self.keys.keep(cookie, viewer, asked)
        state["cookie"] = cookie
        state["form_token"] = self.sessions.form_token(cookie)
        return viewer

    def base_url(self, scope: Scope, headers: Headers) -> str:
        """The server's own address for this client, without a trailing slash."""
        if self.settings.public_url:
            return self.settings.public_url
        scheme, path = scope.get("scheme", "http"), scope.get("root_path", "")
        own = f"{self.settings.host}:{self.settings.port}"
        host = headers.get("host") or own
        client = scope.get("client")
        if client is not None and is_in(client[0], self.trusted):
            scheme = first_word(headers.get("x-forwarded-proto")) or scheme
            host = first_word(headers.get("x-forwarded-host")) or host
            path = first_word(headers.get("x-forwarded-prefix")) or path
        scheme = scheme if scheme in ("http", "https") else "http"
        form = _HOST.match(host)
        if form is None or (self.allowed and form.group(1).lower() not in self.allowed):
            host = own
        return f"{scheme}://{host}{path.rstrip('/')}"


def often(scope: Scope) -> bool:
    """Whether a request is of a kind for which who asks may be remembered."""
    return scope["method"] in SAFE_METHODS or OFTEN.match(scope["path"]) is not None


def from_own_page(headers: Headers, base_url: str) -> bool:
    """Whether a browser says that the request comes from a page of this server."""
    origin = headers.get("origin")
    if origin is not None:
        ours = urlsplit(base_url)
        return origin.lower() == f"{ours.scheme}://{ours.netloc}".lower()
    return headers.get("sec-fetch-site") == "same-origin"


def words(setting: str) -> list[str]:
    """The words of a setting that is a list with commas."""
    return [one.strip() for one in setting.split(",") if one.strip()]


def first_word(header: str | None) -> str:
    """The first of several values that proxies in a row have put into one header."""
    return (header or "").split(",")[0].strip()


def networks(setting: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Addresses and networks (10.0.0.0/8) of a setting. Raises `Invalid`."""
    try:
        return [ipaddress.ip_network(one, strict=False) for one in words(setting)]
    except ValueError as error:
        raise Invalid(
            f"RUNSTONE_TRUSTED_PROXIES={setting!r}: {error}. Expected addresses or networks with commas "
            "between them, like 127.0.0.1,10.0.0.0/8"
        ) from None


def is_in(address: str, known: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    """Whether an address belongs to one of the networks."""
    if not known:
        return False
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in one for one in known)


def key_of(headers: Headers) -> str | None:
    """The API key of a request: the password of HTTP Basic, or a Bearer token."""
    kind, _, value = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return value.strip() or None
    if kind.lower() == "basic":
        try:
            return base64.b64decode(value).decode().partition(":")[2] or None
        except (binascii.Error, UnicodeDecodeError):
            return None
    return None
