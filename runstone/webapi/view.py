"""Stored views of a project: workspaces and reports. Nobody overwrites what they have not seen."""

import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Row

from runstone.actions.access import find_project
from runstone.actions.view import delete_view, save_view
from runstone.domain.errors import NotFound
from runstone.domain.viewer import Access
from runstone.store.reads import Reads
from runstone.webapi.requests import Ask, Asked

router = APIRouter(prefix="/api/views", tags=["views"])
charts = APIRouter(prefix="/api/charts", tags=["views"])

MOST_LISTED = 500


class ViewLine(BaseModel):
    """One view in a list. `kind` as clients call it: `project-view` for workspaces, `runs` for reports."""

    id: int
    kind: str
    name: str
    display_name: str | None
    description: str | None
    username: str | None
    mine: bool
    locked: bool
    revision: int
    created_at: datetime
    updated_at: datetime


class ViewDetail(ViewLine):
    """One view with its specification, exactly as it was stored."""

    entity: str
    project: str
    spec: Any
    may_write: bool


class ViewList(BaseModel):
    """Views of a project, the last changed first."""

    views: list[ViewLine]


class ViewBody(BaseModel):
    """A view to make, or with the name of one that is there, to change."""

    kind: str = Field("project-view", max_length=64)
    name: str | None = Field(None, max_length=128, description="Left out: a new name is made up.")
    display_name: str | None = Field(None, max_length=256)
    description: str | None = None
    spec: Any


class ViewChange(BaseModel):
    """What to change of a view. `revision` is the one that the change was made on: when somebody has saved
    since, the answer is 409 and nothing is changed."""

    display_name: str | None = Field(None, max_length=256)
    description: str | None = None
    spec: Any = None
    revision: int | None = None


@router.get("/{entity}/{project}")
def views(
    ask: Asked, entity: str, project: str, kind: Annotated[str, Query(max_length=64)] = "project-view"
) -> ViewList:
    """Views of one kind."""
    with ask.store.reading() as reads:
        home = find_project(reads, ask.viewer, entity, project, Access.READ)
        found = reads.views_of_project(ask.viewer, home.id, kind=kind, limit=MOST_LISTED)
    return ViewList(views=[ViewLine(**_line(ask, row)) for row in found])


@router.get("/{number}")
def view(ask: Asked, number: int) -> ViewDetail:
    """One view."""
    with ask.store.reading() as reads:
        return _detail(ask, reads, number)


@router.put("/{entity}/{project}")
def put_view(ask: Asked, response: Response, entity: str, project: str, body: ViewBody) -> ViewDetail:
    """Make a view, or change the one of that name."""
    number, created = save_view(
        ask.store,
        ask.viewer,
        ask.now,
        entity_name=entity,
        project_name=project,
        type=body.kind,
        name=body.name,
        display_name=body.display_name,
        description=body.description,
        spec=json.dumps(body.spec),
        created_using="RUNSTONE_UI",
    )
    response.status_code = 201 if created else 200
    with ask.store.reading() as reads:
        return _detail(ask, reads, number)


@router.patch("/{number}")
def change_view(ask: Asked, number: int, body: ViewChange) -> ViewDetail:
    """Change a view."""
    save_view(
        ask.store,
        ask.viewer,
        ask.now,
        view_id=number,
        revision=body.revision,
        display_name=body.display_name,
        description=body.description,
        spec=None if body.spec is None else json.dumps(body.spec),
    )
    with ask.store.reading() as reads:
        return _detail(ask, reads, number)


@router.delete("/{number}", status_code=204)
def remove_view(ask: Asked, number: int) -> Response:
    """Hide a view."""
    delete_view(ask.store, ask.viewer, number, ask.now)
    return Response(status_code=204)


class ChartDetail(BaseModel):
    """A custom chart: a Vega or Vega-Lite specification with fields to fill in."""

    entity: str
    name: str
    display_name: str
    spec: Any


@charts.get("/{entity}/{name}")
def chart(ask: Asked, entity: str, name: str) -> ChartDetail:
    """A custom chart of an entity."""
    with ask.store.reading() as reads:
        row = reads.custom_chart(ask.viewer, entity, name)
    if row is None:
        raise NotFound(f"chart {entity}/{name} was not found. It may be private to the members of {entity}.")
    return ChartDetail(
        entity=row.entity_name, name=row.name, display_name=row.display_name, spec=json.loads(row.spec)
    )


def _detail(ask: Ask, reads: Reads, number: int) -> ViewDetail:
    row = reads.view(ask.viewer, number)
    if row is None:
        raise NotFound("That view was not found. It may have been deleted, or you have no access.")
    home = find_project(reads, ask.viewer, row.entity_name, row.project_name, Access.READ)
    return ViewDetail(
        **_line(ask, row),
        entity=row.entity_name,
        project=row.project_name,
        spec=json.loads(row.spec),
        may_write=Access.WRITE in reads.project_access(ask.viewer, home),
    )


def _line(ask: Ask, row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.type,
        "name": row.name,
        "display_name": row.display_name,
        "description": row.description,
        "username": row.username,
        "mine": row.user_id == ask.viewer.user_id and ask.viewer.signed_in,
        "locked": row.locked,
        "revision": row.revision,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
