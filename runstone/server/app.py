"""Puts the house together: store, doors and middleware into one ASGI application."""

from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from runstone.server.health import health_routes
from runstone.server.identity import Identity
from runstone.server.observing import Metrics, Observing
from runstone.server.settings import Settings
from runstone.store.opening import Store
from runstone.webapi.app import create_webapi
from runstone.webapi.sessions import Sessions
from runstone.wire.routes import routes as wire_routes


def utc_now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


def create_app(store: Store, settings: Settings, clock: Callable[[], datetime] = utc_now) -> Starlette:
    """The application over an opened store."""
    metrics, sessions = Metrics(store), Sessions(store)
    return Starlette(
        routes=[
            *health_routes(store, metrics),
            *wire_routes(store, clock, every_history_file=settings.history_files == "all"),
            Mount("", create_webapi(store, sessions, clock, version("runstone"))),
        ],
        middleware=[
            Middleware(Observing, metrics=metrics),
            Middleware(Identity, store=store, settings=settings, sessions=sessions, clock=clock),
        ],
    )
