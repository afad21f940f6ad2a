"""Reports of a project: their documents as W&B's clients write them, kept to the letter."""

import base64
import json
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import Row

from runstone.actions.access import find_project
from runstone.actions.view import delete_view, save_view
from runstone.domain.errors import NotFound
from runstone.domain.report import as_stored
from runstone.domain.viewer import Access
from runstone.store.reads import Reads
from runstone.webapi.requests import Ask, Asked
from runstone.webapi.run import Done

router = APIRouter(prefix="/api/reports", tags=["reports"])

KINDS = ("runs", "runs/draft")
MOST = 500


class ReportLine(BaseModel):
    """A report in a list. `slug` is the last part of its page's address; `draft_of` its published report."""

    id: int
    slug: str
    title: str
    description: str | None
    user: str | None
    draft_of: int | None
    revision: int
    created_at: datetime
    updated_at: datetime


class ReportList(BaseModel):
    """Reports, the last changed first."""

    reports: list[ReportLine]
    may_write: bool


class ReportDetail(ReportLine):
    """A report with its document: blocks as the clients know them."""

    spec: dict[str, Any]
    may_write: bool
    drafts: list[ReportLine]


class ReportBody(BaseModel):
    """What to save; None leaves it. `revision` is the one that the change began with: a later one is a
    conflict. Without it the document is saved over whatever is there. `ends_drafts` removes the writer's own
    drafts of this report with the same change: publishing leaves none behind."""

    title: str | None = None
    description: str | None = None
    spec: dict[str, Any] | None = None
    revision: int | None = None
    draft_of: int | None = None
    ends_drafts: bool = False


@router.get("/{entity}/{project}")
def reports(ask: Asked, entity: str, project: str) -> ReportList:
    """Reports and drafts of a project."""
    with ask.store.reading() as reads:
        home = find_project(reads, ask.viewer, entity, project, Access.READ)
        rows = [
            row
            for kind in KINDS
            for row in reads.views_of_project(ask.viewer, home.id, kind=kind, limit=MOST)
        ]
        may_write = Access.WRITE in reads.project_access(ask.viewer, home)
    rows.sort(key=lambda row: row.updated_at, reverse=True)
    shown = [row for row in rows if may_write or row.parent_id is None]
    return ReportList(reports=[_line(row) for row in shown], may_write=may_write)


@router.get("/{entity}/{project}/{number}")
def report(ask: Asked, entity: str, project: str, number: int) -> ReportDetail:
    """One report whole."""
    with ask.store.reading() as reads:
        return _detail(ask, reads, entity, project, number)


@router.post("/{entity}/{project}")
def make_report(ask: Asked, entity: str, project: str, body: ReportBody) -> ReportDetail:
    """A new report, or a draft of one."""
    made, _ = save_view(
        ask.store,
        ask.viewer,
        ask.now,
        entity_name=entity,
        project_name=project,
        type=KINDS[0] if body.draft_of is None else KINDS[1],
        display_name=body.title or "Untitled report",
        description=body.description,
        spec=json.dumps(body.spec or {"version": 5, "blocks": []}),
        parent_id=body.draft_of,
        created_using="RUNSTONE_UI",
    )
    with ask.store.reading() as reads:
        return _detail(ask, reads, entity, project, made)


@router.put("/{entity}/{project}/{number}")
def save_report(ask: Asked, entity: str, project: str, number: int, body: ReportBody) -> ReportDetail:
    """Change a report. What is sent back as it came stays as it was stored, to the last digit."""
    with ask.store.reading() as reads:
        stored = _row(ask, reads, entity, project, number).spec
    save_view(
        ask.store,
        ask.viewer,
        ask.now,
        view_id=number,
        revision=body.revision,
        ends_drafts=body.ends_drafts,
        display_name=body.title,
        description=body.description,
        spec=None if body.spec is None else json.dumps(as_stored(body.spec, json.loads(stored))),
    )
    with ask.store.reading() as reads:
        return _detail(ask, reads, entity, project, number)


@router.delete("/{entity}/{project}/{number}")
def remove_report(ask: Asked, entity: str, project: str, number: int) -> Done:
    """Delete a report with its drafts."""
    with ask.store.reading() as reads:
        _row(ask, reads, entity, project, number)
    delete_view(ask.store, ask.viewer, number, ask.now, delete_drafts=True)
    return Done()


def _row(ask: Ask, reads: Reads, entity: str, project: str, number: int) -> Row[Any]:
    home = find_project(reads, ask.viewer, entity, project, Access.READ)
    row = reads.view(ask.viewer, number)
    if row is None or row.project_id != home.id or row.type not in KINDS:
        raise NotFound("That report was not found. It may have been deleted, or you have no access to it.")
    return row


def _detail(ask: Ask, reads: Reads, entity: str, project: str, number: int) -> ReportDetail:
    row = _row(ask, reads, entity, project, number)
    home = find_project(reads, ask.viewer, entity, project, Access.READ)
    may_write = Access.WRITE in reads.project_access(ask.viewer, home)
    spec = json.loads(row.spec)
    return ReportDetail(
        **_line(row).model_dump(),
        spec=spec if isinstance(spec, dict) else {},
        may_write=may_write,
        drafts=[_line(one) for one in reads.drafts_of(ask.viewer, row.id)] if may_write else [],
    )


def _line(row: Row[Any]) -> ReportLine:
    title = row.display_name or row.name
    code = base64.b64encode(f"View:{row.id}".encode()).decode().rstrip("=")
    return ReportLine(
        id=row.id,
        slug=f"{'-'.join(title.replace('/', ' ').split())}--{code}",
        title=title,
        description=row.description,
        user=row.username,
        draft_of=row.parent_id,
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
