"""Projects as their owners keep them: made, described, shown to whom, deleted, and who did what."""

import json
from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from runstone.actions.access import find_entity, find_project
from runstone.actions.project import create_project, delete_project, rename_project, set_project_members
from runstone.actions.user import parse_role
from runstone.domain.ids import EntityId, ProjectId
from runstone.domain.viewer import Access
from runstone.store.reads import Reads
from runstone.webapi.administration import Strict
from runstone.webapi.project import ProjectLine, project_lines
from runstone.webapi.requests import Ask, Asked

router = APIRouter(prefix="/api/projects", tags=["projects"])

VisibilityName = Literal["restricted", "private", "open", "public"]
MOST_CHANGES = 200
MOST_DELETED = 100


class NewProject(Strict):
    """`entity` left out: the viewer's own."""

    entity: str | None = None
    name: str
    visibility: VisibilityName = "private"
    description: str = Field("", max_length=1 << 20)


class ProjectBody(Strict):
    """What is left out stays. `description` is Markdown."""

    name: str | None = None
    visibility: VisibilityName | None = None
    description: str | None = Field(None, max_length=1 << 20)


class ProjectDeleted(BaseModel):
    """`id` brings it back: `POST /api/undo/project/{id}`."""

    id: int


class DeletedRun(BaseModel):
    """`POST /api/undo/run/{id}` brings it back."""

    id: int
    run_id: str
    name: str
    deleted_at: datetime


class Activity(BaseModel):
    """How long a project's runs have taken together, and which were deleted and can come back, for those who
    may bring them."""

    computed_seconds: float
    deleted: list[DeletedRun]


class ProjectMember(BaseModel):
    """A person or team with access; `inherited` comes from the owner and is changed there."""

    name: str
    kind: Literal["person", "team"]
    role: str
    inherited: bool


class MemberList(BaseModel):
    """Everybody who has a role in a project."""

    members: list[ProjectMember]
    may_manage: bool


class RoleBody(Strict):
    """null takes the role away."""

    role: Literal["viewer", "member", "admin"] | None


class Change(BaseModel):
    """One change, by whom and when; `detail` says what it was about."""

    at: datetime
    user: str | None
    action: str
    noun: str
    noun_id: int | None
    detail: dict[str, Any]


class ChangeList(BaseModel):
    """Changes, newest first."""

    changes: list[Change]


@router.post("", status_code=201)
def make(ask: Asked, body: NewProject) -> ProjectLine:
    """Make a project."""
    values = {"visibility": body.visibility, "description": body.description or None}
    made, _ = create_project(ask.store, ask.viewer, body.entity, body.name, ask.now, **values)
    return _line(ask, made)


@router.patch("/{entity}/{project}")
def change(ask: Asked, entity: str, project: str, body: ProjectBody) -> ProjectLine:
    """Describe a project, show it to others, or rename it. Visibility and name are for its managers."""
    values = {
        name: value
        for name, value in (("visibility", body.visibility), ("description", body.description))
        if value is not None
    }
    with ask.store.reading() as reads:
        row = find_project(reads, ask.viewer, entity, project, Access.WRITE)
    if values:
        create_project(ask.store, ask.viewer, entity, project, ask.now, **values)
    if body.name is not None and body.name != project:
        rename_project(ask.store, ask.viewer, entity, project, body.name, ask.now)
    return _line(ask, ProjectId(row.id))


@router.delete("/{entity}/{project}")
def delete(ask: Asked, entity: str, project: str) -> ProjectDeleted:
    """Delete a project with all that is in it, to be undone within the grace. For its managers."""
    with ask.store.reading() as reads:
        row = find_project(reads, ask.viewer, entity, project, Access.MANAGE)
    return ProjectDeleted(id=delete_project(ask.store, ask.viewer, row.id, ask.now))


@router.get("/{entity}/{project}/members")
def members(ask: Asked, entity: str, project: str) -> MemberList:
    """Who has a role in a project, by the owner or by itself."""
    with ask.store.reading() as reads:
        return _members(ask, reads, entity, project)


@router.put("/{entity}/{project}/members/{name}")
def set_member(ask: Asked, entity: str, project: str, name: str, body: RoleBody) -> MemberList:
    """Give a person or team a role in one project, or take it away. For its managers."""
    with ask.store.reading() as reads:
        row = find_project(reads, ask.viewer, entity, project, Access.MANAGE)
        found = find_entity(reads, ask.viewer, name)
    role = None if body.role is None else parse_role(body.role)
    set_project_members(ask.store, ask.viewer, row.id, [EntityId(found.id)], role, ask.now)
    with ask.store.reading() as reads:
        return _members(ask, reads, entity, project)


@router.get("/{entity}/{project}/activity")
def activity(ask: Asked, entity: str, project: str) -> Activity:
    """What a project has cost so far, and what was deleted in it lately."""
    with ask.store.reading() as reads:
        row = find_project(reads, ask.viewer, entity, project, Access.READ)
        may_write = Access.WRITE in reads.project_access(ask.viewer, row)
        gone = reads.deleted_runs(ask.viewer, row.id, MOST_DELETED) if may_write else []
        return Activity(
            computed_seconds=reads.computed_seconds(ask.viewer, row.id),
            deleted=[
                DeletedRun(id=one.id, run_id=one.name, name=one.display_name, deleted_at=one.deleted_at)
                for one in gone
            ],
        )


@router.get("/{entity}/{project}/changes")
def changes(ask: Asked, entity: str, project: str, limit: int = MOST_CHANGES) -> ChangeList:
    """Who changed what in a project."""
    with ask.store.reading() as reads:
        row = find_project(reads, ask.viewer, entity, project, Access.READ)
        rows = reads.audit_of_project(ask.viewer, row.id, None, max(1, min(limit, MOST_CHANGES)))
    return ChangeList(
        changes=[
            Change(
                at=one.at,
                user=one.username,
                action=one.action,
                noun=one.noun,
                noun_id=one.noun_id,
                detail=json.loads(one.detail),
            )
            for one in rows
        ]
    )


def _line(ask: Ask, project_id: ProjectId) -> ProjectLine:
    with ask.store.reading() as reads:
        row = reads.project_by_id(ask.viewer, project_id)
        assert row is not None
        return project_lines(ask, reads, [row])[0]


def _members(ask: Ask, reads: Reads, entity: str, project: str) -> MemberList:
    row = find_project(reads, ask.viewer, entity, project, Access.READ)
    found = [
        ProjectMember(name=one.username, kind="person", role=one.role, inherited=True)
        for one in reads.members_of(ask.viewer, EntityId(row.entity_id))
    ]
    if row.entity_kind == "user":
        found = [ProjectMember(name=row.entity_name, kind="person", role="admin", inherited=True)]
    for people in (True, False):
        for one in reads.project_members(ask.viewer, row.id, people=people):
            name = one.username if people else one.name
            kind: Literal["person", "team"] = "person" if people else "team"
            found.append(ProjectMember(name=name, kind=kind, role=one.role, inherited=False))
    may = Access.MANAGE in reads.project_access(ask.viewer, row)
    return MemberList(members=found, may_manage=may)
