"""Puts the house together: store, doors and middleware into one ASGI application."""

from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from runstone.server.identity import Identity
from runstone.server.settings import Settings
from runstone.store.opening import Store
from runstone.wire.routes import routes as wire_routes


def utc_now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


def create_app(store: Store, settings: Settings) -> Starlette:
    """The application over an opened store."""

    async def healthz(request: Request) -> Response:
        """GET /healthz: alive."""
        return JSONResponse({"status": "alive"})

    app = Starlette(
        routes=[
            Route("/healthz", healthz),
            *wire_routes(store, utc_now),
        ]
    )
    app.add_middleware(Identity, store=store, settings=settings)
    return app
