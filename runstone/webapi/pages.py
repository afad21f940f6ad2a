"""A plain page at every address that clients print: it names the thing, for those who may see it."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from sqlalchemy import Row
from starlette.exceptions import HTTPException
from starlette.responses import Response

from runstone.actions.access import require_signed_in
from runstone.domain.errors import NotFound, Unauthenticated
from runstone.domain.ids import EntityId
from runstone.domain.naming import RESERVED_ENTITIES, similar
from runstone.store.reads import Reads
from runstone.webapi.html import Link, Page, render_page
from runstone.webapi.requests import Ask, Asked

router = APIRouter(include_in_schema=False)


def path_to(*names: str) -> str:
    """A path of this server from names that may hold anything."""
    return "/" + "/".join(quote(name, safe="") for name in names)


def instant(at: datetime | None) -> str:
    """An instant as people read it."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"


@router.get("/")
def first_page(request: Request, ask: Asked) -> Response:
    """The viewer's entities and their projects."""
    require_signed_in(ask.viewer)
    with ask.store.reading() as reads:
        lists = [
            (row.name, [_project_link(one) for one in reads.projects_of(ask.viewer, EntityId(row.id))])
            for row in reads.entities_of(ask.viewer)
        ]
    return render_page(request, Page(ask.viewer.username, "signed in as", lists=lists))


@router.get("/{entity}")
def entity_page(request: Request, ask: Asked, entity: str) -> Response:
    """A person or team and the visible projects."""
    _require_page(entity)
    with ask.store.reading() as reads:
        row = reads.entity_named(ask.viewer, entity)
        found = [] if row is None else reads.projects_of(ask.viewer, EntityId(row.id))
        if row is None or (not found and not ask.viewer.signed_in):
            raise _absent(ask, f"There is no user, team or organization {entity!r}.")
    return render_page(
        request, Page(entity, row.kind, lists=[("Projects", [_project_link(one) for one in found])])
    )


@router.get("/{entity}/{project}")
@router.get("/{entity}/{project}/{section}")
def project_page(request: Request, ask: Asked, entity: str, project: str, section: str = "") -> Response:
    """A project; its sections (workspace, runs, sweeps, artifacts, reports ...) lead here too."""
    _require_page(entity)
    with ask.store.reading() as reads:
        row = project_of(reads, ask, entity, project)
    page = Page(
        project,
        "project",
        above=[Link(entity, path_to(entity))],
        facts=[
            ("visibility", row.visibility),
            ("description", row.description or ""),
            ("made", instant(row.created_at)),
        ],
    )
    return render_page(request, page)


def project_of(reads: Reads, ask: Ask, entity: str, project: str) -> Row[Any]:
    """A visible project by names. Raises what leads nobody to the sign-in form and others to a 404."""
    row = reads.project(ask.viewer, entity, project)
    if row is None:
        close = similar(project, reads.project_names(ask.viewer, entity))
        raise _absent(ask, f"Project {entity}/{project} was not found.{close}")
    return row


def _absent(ask: Ask, message: str) -> Exception:
    """The same for absent and hidden things. Somebody who is not signed in may see it after signing in."""
    if not ask.viewer.signed_in:
        return Unauthenticated(message)
    return NotFound(message + " Check the address, or ask for access.")


def _require_page(entity: str) -> None:
    if entity in RESERVED_ENTITIES:
        raise HTTPException(404)


def _project_link(row: Row[Any]) -> Link:
    return Link(row.name, path_to(row.entity_name, row.name), row.visibility)
