"""Around everything: each request gets an id, a log line and a place in the metrics.

What no door has turned into an answer ends here, so that a caller never waits for nothing:
our own errors by their status, anything else as a defect with the request's id, and the
stack trace in the log.
"""

import errno
import logging
import re
import secrets
import time
from typing import Any

import orjson
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runstone.domain.errors import Busy, RunstoneError, StorageFull
from runstone.server.logs import request_id
from runstone.store.opening import Store
from runstone.wire.signing import LINK_PREFIX

disable_created_metrics()  # type: ignore[no-untyped-call]  # one more series per counter that nobody reads

logger = logging.getLogger("runstone.requests")

QUIET = frozenset({"/healthz", "/ready", "/metrics"})
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
GONE = 499  # what proxies note for a client that went away before its answer
_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")

# For whatever a route answers without a policy of its own: nothing in it may run.
STRICTEST_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"


class Metrics:
    """What `/metrics` shows: requests by route, method and status; waiting writes; the process itself."""

    def __init__(self, store: Store) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.requests = Counter(
            "runstone_requests", "Answered requests", ["route", "method", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "runstone_request_seconds", "Time to the last byte", ["route"], registry=self.registry
        )
        self.open = Gauge("runstone_requests_open", "Requests being answered", registry=self.registry)
        waiting = Gauge("runstone_writes_waiting", "Writes not yet committed", registry=self.registry)
        waiting.set_function(lambda: store.database.waiting)


class Observing:
    """ASGI middleware, the outermost one."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and note how it went."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        known = Headers(scope=scope).get("x-request-id", "")
        name = known if _SAFE_ID.match(known) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = name
        token = request_id.set(name)
        answer = _Answer(send, name)
        start = time.perf_counter()
        path, method = scope["path"], scope["method"]
        self.metrics.open.inc()
        try:
            await self.app(scope, receive, answer)
        except ClientDisconnect:
            answer.status = answer.status or GONE
        except Exception as error:  # noqa: BLE001 - the last place that can answer
            await answer.refuse(error)
        finally:
            self.metrics.open.dec()
            self._note(scope, method, path, answer, time.perf_counter() - start)
            request_id.reset(token)

    def _note(self, scope: Scope, method: str, path: str, answer: "_Answer", seconds: float) -> None:
        route = route_of(scope)
        self.metrics.requests.labels(route, method, str(answer.status)).inc()
        self.metrics.seconds.labels(route).observe(seconds)
        viewer = scope["state"].get("viewer")
        logger.log(
            logging.DEBUG if path in QUIET else logging.INFO,
            "%s %s %d",
            method,
            without_token(path),
            answer.status,
            extra={
                "ms": round(seconds * 1000, 1),
                "bytes": answer.bytes,
                "user": getattr(viewer, "username", "") or "-",
                "client": (scope.get("client") or ("-",))[0],
            },
        )


class _Answer:
    """`send` that remembers what was sent and adds the headers that every answer has."""

    def __init__(self, send: Send, name: str) -> None:
        self._send = send
        self._name = name
        self.status = 0
        self.bytes = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            message["headers"] = headers.raw
            headers["X-Request-Id"] = self._name
            headers.setdefault("X-Content-Type-Options", "nosniff")
            headers.setdefault("Referrer-Policy", "same-origin")
            headers.setdefault("Content-Security-Policy", STRICTEST_POLICY)
        elif message["type"] == "http.response.body":
            self.bytes += len(message.get("body", b""))
        await self._send(message)

    async def refuse(self, error: Exception) -> None:
        """Answer for an error that nobody else has turned into one, when that is still possible."""
        if isinstance(error, OSError) and error.errno in FULL:
            error = StorageFull("The disk of this server is full. Free some space; nothing stored is lost.")
        if isinstance(error, RunstoneError):
            status, message = error.status, error.message
        else:
            logger.error("defect", exc_info=error)
            status = 500
            message = (
                f"An error of this server, recorded under request {self._name}. Please report it with the "
                "server's log."
            )
        if self.status:
            return
        body: dict[str, Any] = {"error": {"message": message, "request_id": self._name}}
        headers = [(b"content-type", b"application/json")]
        if isinstance(error, Busy):
            headers.append((b"retry-after", str(error.retry_after_s).encode()))
        await self({"type": "http.response.start", "status": status, "headers": headers})
        await self({"type": "http.response.body", "body": orjson.dumps(body)})


def without_token(path: str) -> str:
    """A path as it may stand in a log: whoever reads that must not be able to use a signed address."""
    if not path.startswith(LINK_PREFIX):
        return path
    _, slash, name = path.removeprefix(LINK_PREFIX).partition("/")
    return f"{LINK_PREFIX}***{slash}{name}"


def route_of(scope: Scope) -> str:
    """A name for the route that answered, with few values: the template, never the address."""
    route = scope.get("route")
    path = getattr(route, "path", None)
    if path:
        return str(path)
    endpoint = scope.get("endpoint")
    return getattr(endpoint, "__name__", None) or (type(endpoint).__name__ if endpoint else "none")
