"""Bytes: what each project holds, and what a deletion would free, before it happens."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from runstone.actions.access import find_project, require_signed_in
from runstone.domain.errors import NotFound
from runstone.domain.ids import ProjectId
from runstone.domain.viewer import Access
from runstone.webapi.administration import Strict
from runstone.webapi.requests import Asked

router = APIRouter(prefix="/api/storage", tags=["storage"])


class KindLine(BaseModel):
    """Bytes of one kind: run_file, segment, version, manifest, upload, or tail (rows not sealed yet)."""

    kind: str
    size_bytes: int
    objects: int


class ProjectBytes(BaseModel):
    """What a project holds. An object with several owners counts once, in each kind."""

    entity: str
    project: str
    deleted_at: datetime | None
    size_bytes: int
    kinds: list[KindLine]


class Storage(BaseModel):
    """The largest projects first. `unowned_bytes` wait for collection (for administrators)."""

    projects: list[ProjectBytes]
    unowned_bytes: int


class Going(Strict):
    """What would be deleted: runs by their ids, versions as `collection:v3`, or the whole project."""

    entity: str
    project: str
    runs: list[str] = Field(default_factory=list, max_length=10_000)
    versions: list[int] = Field(default_factory=list, max_length=10_000)
    whole: bool = False


class Freed(BaseModel):
    """`frees_bytes` go once the grace is over; `stays_bytes` are needed by something else too."""

    frees_bytes: int
    stays_bytes: int
    objects: int


@router.get("")
def storage(ask: Asked) -> Storage:
    """What every project that the viewer reads holds."""
    require_signed_in(ask.viewer)
    with ask.store.reading() as reads:
        rows = reads.bytes_by_project(ask.viewer)
        tails = reads.tail_bytes_by_project(ask.viewer)
        unowned = reads.unowned_bytes() if ask.viewer.admin else 0
        named = {row.id: row for row in rows}
        for project_id in tails.keys() - named.keys():
            row = reads.project_by_id(ask.viewer, ProjectId(project_id))
            if row is not None:
                named[project_id] = row
    found = []
    for project_id, row in named.items():
        kinds = [
            KindLine(kind=one.kind, size_bytes=int(one.size_bytes), objects=one.objects)
            for one in rows
            if one.id == project_id
        ]
        if project_id in tails:
            kinds.append(KindLine(kind="tail", size_bytes=tails[project_id], objects=0))
        found.append(
            ProjectBytes(
                entity=row.entity_name,
                project=getattr(row, "project_name", None) or row.name,
                deleted_at=row.deleted_at,
                size_bytes=sum(one.size_bytes for one in kinds),
                kinds=sorted(kinds, key=lambda one: -one.size_bytes),
            )
        )
    return Storage(projects=sorted(found, key=lambda one: -one.size_bytes), unowned_bytes=unowned)


@router.post("/freed")
def freed(ask: Asked, body: Going) -> Freed:
    """What deleting these would free, and what of it would stay since something else needs it."""
    with ask.store.reading() as reads:
        home = find_project(reads, ask.viewer, body.entity, body.project, Access.READ)
        if body.whole:
            parts = [reads.freed_by_project(ask.viewer, home.id)]
        else:
            ids = []
            for name in body.runs:
                row = reads.run(ask.viewer, ProjectId(home.id), name)
                if row is None:
                    raise NotFound(f"run {body.entity}/{body.project}/{name} was not found.")
                ids.append(row.id)
            known = reads.versions_by_id(ask.viewer, body.versions)
            missing = [one for one in body.versions if one not in known]
            if missing:
                raise NotFound(f"versions {missing} were not found. They may have been deleted.")
            parts = [
                reads.freed_by_runs(ask.viewer, ids),
                reads.freed_by_versions(ask.viewer, body.versions),
            ]
    return Freed(
        frees_bytes=sum(one.frees_bytes + one.history_bytes for one in parts),
        stays_bytes=sum(one.stays_bytes for one in parts),
        objects=sum(one.objects for one in parts),
    )
