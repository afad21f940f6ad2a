"""The door for browsers and scripts: pages, sign-in and `/api`, with its OpenAPI description."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import FastAPI

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
    app.include_router(administration.router)
    app.include_router(sign_in.router)
    app.include_router(sign_in.api)
    for part in PARTS:
        app.include_router(part.router)
    app.include_router(view.charts)
    app.router.routes.extend(static_routes())
    app.include_router(share.pages)
    app.include_router(account.pages)
    # Last: addresses that begin with anybody's name, the fixed ones among them first.
    app.include_router(artifact_pages.router)
    app.include_router(project_pages.router)
