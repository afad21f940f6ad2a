"""Who I am, and the projects that I see."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import Row

from runstone.actions.access import find_project
from runstone.domain.ids import EntityId
from runstone.domain.run import ALIVE
from runstone.domain.viewer import Access
from runstone.store.reads import Reads
from runstone.webapi.requests import Ask, Asked

router = APIRouter(prefix="/api", tags=["projects"])


class EntityLine(BaseModel):
    """A person, team or organization that the viewer belongs to."""

    name: str
    kind: str
    role: str


class Session(BaseModel):
    """The person behind the request."""

    signed_in: bool
    username: str
    entity: str
    admin: bool
    entities: list[EntityLine]
    base_url: str
    version: str


class ProjectLine(BaseModel):
    """One project in a list."""

    id: int
    entity: str
    name: str
    kind: str
    visibility: str
    description: str | None
    runs: int
    running: int
    updated_at: datetime
    may_write: bool


class ProjectList(BaseModel):
    """Projects, the most recently changed first."""

    projects: list[ProjectLine]


@router.get("/session")
def session(ask: Asked) -> Session:
    """Who is signed in, and at which address."""
    viewer = ask.viewer
    with ask.store.reading() as reads:
        entities = [
            EntityLine(name=row.name, kind=row.kind, role=str(viewer.role_in(EntityId(row.id)) or ""))
            for row in reads.entities_of(viewer)
        ]
    return Session(
        signed_in=viewer.signed_in,
        username=viewer.username,
        entity=viewer.entity_name,
        admin=viewer.admin,
        entities=entities,
        base_url=ask.base_url,
        version=ask.version,
    )


@router.get("/projects")
def projects(ask: Asked) -> ProjectList:
    """Every project that the viewer may read."""
    with ask.store.reading() as reads:
        lines = project_lines(ask, reads, reads.visible_projects(ask.viewer))
    return ProjectList(projects=sorted(lines, key=lambda line: line.updated_at, reverse=True))


@router.get("/projects/{entity}/{project}")
def project(ask: Asked, entity: str, project: str) -> ProjectLine:
    """One project."""
    with ask.store.reading() as reads:
        row = find_project(reads, ask.viewer, entity, project, Access.READ)
        return project_lines(ask, reads, [row])[0]


def project_lines(ask: Ask, reads: Reads, rows: "list[Row[tuple[object, ...]]]") -> list[ProjectLine]:
    """Lines of some projects with their counts, by one query."""
    states = reads.run_states(ask.viewer, [row.id for row in rows])
    latest = reads.latest_heartbeats(ask.viewer, [row.id for row in rows])
    alive = {state.value for state in ALIVE}
    return [
        ProjectLine(
            id=row.id,
            entity=row.entity_name,
            name=row.name,
            kind=row.kind,
            visibility=row.visibility,
            description=row.description,
            runs=sum(states.get(row.id, {}).values()),
            running=sum(n for state, n in states.get(row.id, {}).items() if state in alive),
            updated_at=max(row.updated_at, latest.get(row.id, row.updated_at)),
            may_write=Access.WRITE in reads.project_access(ask.viewer, row),
        )
        for row in rows
    ]
