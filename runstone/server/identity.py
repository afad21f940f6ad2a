"""In front of every route: request id, the viewer, and the address under which the client reached us.

The doors find the results in the request's state: `viewer`, `refusal` (why nobody is
signed in), `base_url`, `request_id`.
"""

import base64
import binascii
import secrets
import time
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runstone.actions.sign_in import viewer_of_key
from runstone.domain.errors import Unauthenticated
from runstone.domain.viewer import NOBODY, Viewer
from runstone.server.settings import Settings
from runstone.store.changes import Change
from runstone.store.opening import Store

REMEMBERED_S = 5.0  # how long another process' revocation may stay unnoticed here
REMEMBERED_KEYS = 4096
ACCESS_NOUNS = frozenset({"user", "member", "organization", "team"})


class Keys:
    """Viewers by API key, remembered for a few seconds; forgotten at once when rights change here."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, tuple[float, Viewer]] = {}
        store.changes.watch(self._on_change)

    def _on_change(self, change: Change) -> None:
        if change.noun in ACCESS_NOUNS:
            self._known.clear()

    def remembered(self, key: str) -> Viewer | None:
        """The viewer without asking the database."""
        found = self._known.get(key)
        return found[1] if found is not None and time.monotonic() - found[0] < REMEMBERED_S else None

    def viewer(self, key: str) -> Viewer:
        """The viewer of a key. Raises `Unauthenticated`. Blocking."""
        with self._store.reading() as reads:
            viewer = viewer_of_key(reads, key)
        if len(self._known) >= REMEMBERED_KEYS:
            self._known.clear()
        self._known[key] = (time.monotonic(), viewer)
        return viewer


class Identity:
    """ASGI middleware that answers who asks and where."""

    def __init__(
        self,
        app: ASGIApp,
        store: Store,
        settings: Settings,
        session_viewer: Callable[[Scope], Viewer | None] = lambda scope: None,
    ) -> None:
        self.app = app
        self.settings = settings
        self.keys = Keys(store)
        self.session_viewer = session_viewer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Fill the request's state and pass on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        state = scope.setdefault("state", {})
        state["request_id"] = headers.get("x-request-id") or secrets.token_hex(8)
        state["base_url"] = self.base_url(scope, headers)
        state["refusal"] = (
            f"You are not signed in to this server ({state['base_url']}). Send an API key of this server: "
            f"wandb login --host {state['base_url']}"
        )
        state["viewer"] = await self._viewer(scope, headers, state)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", []).append(
                    (b"x-request-id", state["request_id"].encode("latin-1", "replace"))
                )
            await send(message)

        await self.app(scope, receive, send_with_id)

    async def _viewer(self, scope: Scope, headers: Headers, state: dict[str, object]) -> Viewer:
        key = key_of(headers)
        if key is None:
            return self.session_viewer(scope) or NOBODY
        remembered = self.keys.remembered(key)
        if remembered is not None:
            return remembered
        try:
            return await run_in_threadpool(self.keys.viewer, key)
        except Unauthenticated:
            state["refusal"] = (
                f"The API key that was sent is not known to this server ({state['base_url']}). Keys of other "
                f"servers don't work here. Get one at {state['base_url']}/authorize"
            )
            return NOBODY

    def base_url(self, scope: Scope, headers: Headers) -> str:
        """The server's own address for this client, without a trailing slash."""
        if self.settings.public_url:
            return self.settings.public_url
        scheme = scope.get("scheme", "http")
        host = headers.get("host") or f"{self.settings.host}:{self.settings.port}"
        client = scope.get("client")
        trusted = {one.strip() for one in self.settings.trusted_proxies.split(",") if one.strip()}
        path = scope.get("root_path", "")
        if client is not None and client[0] in trusted:
            scheme = headers.get("x-forwarded-proto", scheme)
            host = headers.get("x-forwarded-host", host)
            path = headers.get("x-forwarded-prefix", path)
        allowed = {one.strip() for one in self.settings.allowed_hosts.split(",") if one.strip()}
        if allowed and host.rsplit(":", 1)[0] not in allowed:
            host = f"{self.settings.host}:{self.settings.port}"
        return f"{scheme}://{host}{path.rstrip('/')}"


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
