"""The door for browsers and scripts: pages, sign-in and `/api`, with its OpenAPI description."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute

from runstone.store.opening import Store
from runstone.webapi import (
    account,
    administration,
    artifact,
    artifact_changes,
    artifact_pages,
    console,
    history,
    installation,
    media,
    project,
    project_pages,
    project_settings,
    registry,
    report,
    retention,
    run,
    run_editing,
    run_table,
    search,
    series,
    share,
    sign_in,
    storage,
    stream,
    sweep,
    sweep_findings,
    sweep_making,
    team,
    undo,
    view,
)
from runstone.webapi.errors import add_error_handlers
from runstone.webapi.sessions import Sessions
from runstone.webapi.ui import static_routes

PARTS = (
    account,
    team,
    installation,
    storage,
    project,
    project_settings,
    search,
    history,
    series,
    console,
    media,
    artifact,
    registry,
    run_table,
    run,
    run_editing,
    retention,
    stream,
    undo,
    share,
    sweep,
    sweep_findings,
    view,
    artifact_changes,
    sweep_making,
    report,
)


def create_webapi(store: Store, sessions: Sessions, clock: Callable[[], datetime], version: str) -> FastAPI:
    """The application behind `/api` and all pages. It loads nothing from outside, so its description has
    no interactive page."""
    app = FastAPI(
        title="Runstone", version=version, openapi_url="/api/openapi.json", docs_url=None, redoc_url=None
    )
    app.state.store = store
    app.state.sessions = sessions
    app.state.clock = clock
    add_error_handlers(app)
    _add_routes(app)
    return app


def described() -> dict[str, Any]:
    """The OpenAPI description of `/api`, which needs no store."""
    app = FastAPI(title="Runstone", version="1")
    _add_routes(app)
    whole = app.openapi()
    whole["paths"] = {path: one for path, one in whole["paths"].items() if path.startswith("/api/")}
    return whole


def _add_routes(app: FastAPI) -> None:
    before, after = _shared_routes()
    app.router.routes.extend((*before, *static_routes(), *after))


@cache
def _shared_routes() -> tuple[Sequence[BaseRoute], Sequence[BaseRoute]]:
    """What comes before the static files and after them. FastAPI works routes out at the first request,
    which takes a tenth of a second: all applications of a process share the outcome."""
    before, after = APIRouter(), APIRouter()
    for router in (
        administration.router,
        sign_in.router,
        sign_in.api,
        *(part.router for part in PARTS),
        view.charts,
    ):
        before.include_router(router)
    # Last: addresses that begin with anybody's name, the fixed ones among them first.
    for router in (share.pages, account.pages, artifact_pages.router, project_pages.router):
        after.include_router(router)
    return before.routes, after.routes
