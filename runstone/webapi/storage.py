"""Bytes: what each project holds, and what a deletion would free, before it happens."""

from collections.abc import Sequence
from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from runstone.actions.access import find_project, require_signed_in
from runstone.domain.errors import NotFound
from runstone.domain.ids import ProjectId
from runstone.domain.viewer import Access
from runstone.store.reads import Reads
from runstone.webapi.administration import Strict
from runstone.webapi.requests import Ask, Asked

MOST_OWNERS = 1000
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
    """What would be deleted: runs by the ids that clients gave them, versions by their numbers, or
    the whole project."""

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


class RunBytes(BaseModel):
    """A run's files and history. `deleted`: it waits for the end of its grace."""

    id: int
    run: str
    name: str
    size_bytes: int
    objects: int
    deleted: bool


class VersionBytes(BaseModel):
    """A version's files and manifest; `version` is null for one that was never committed."""

    id: int
    collection: str
    type: str
    version: str | None
    size_bytes: int
    objects: int
    deleted: bool


class CollectionBytes(BaseModel):
    """The versions of a collection together. What several of them share counts for each."""

    collection: str
    type: str
    versions: int
    size_bytes: int


class ProjectOwners(BaseModel):
    """Who holds a project's bytes, the largest first; at most 1,000 runs and as many versions."""

    runs: list[RunBytes]
    versions: list[VersionBytes]
    collections: list[CollectionBytes]


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


@router.get("/{entity}/{project}")
def owners(ask: Asked, entity: str, project: str) -> ProjectOwners:
    """What each run, version and collection of a project holds."""
    with ask.store.reading() as reads:
        home = find_project(reads, ask.viewer, entity, project, Access.READ)
        versions = _versions(ask, reads, home.id)
        return ProjectOwners(
            runs=_runs(ask, reads, home.id), versions=versions, collections=_collections(versions)
        )


def _runs(ask: Ask, reads: Reads, project_id: int) -> list[RunBytes]:
    held = {
        row.owner_id: (int(row.size_bytes), row.objects)
        for row in reads.bytes_by_run(ask.viewer, project_id, MOST_OWNERS)
    }
    for run_id, size in reads.tail_bytes_by_run(ask.viewer, project_id).items():
        stored, objects = held.get(run_id, (0, 0))
        held[run_id] = (stored + size, objects)
    rows = reads.owning_runs(ask.viewer, list(held))
    found = [
        RunBytes(
            id=row.id,
            run=row.name,
            name=row.display_name,
            size_bytes=held[row.id][0],
            objects=held[row.id][1],
            deleted=row.deleted_at is not None,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (-one.size_bytes, one.id))[:MOST_OWNERS]


def _versions(ask: Ask, reads: Reads, project_id: int) -> list[VersionBytes]:
    held = reads.bytes_by_version(ask.viewer, project_id, MOST_OWNERS)
    rows = {row.id: row for row in reads.owning_versions(ask.viewer, [one.owner_id for one in held])}
    return [
        VersionBytes(
            id=row.id,
            collection=row.collection_name,
            type=row.type_name,
            version=None if row.number is None else f"v{row.number}",
            size_bytes=int(one.size_bytes),
            objects=one.objects,
            deleted=row.deleted_at is not None,
        )
        for one in held
        if (row := rows.get(one.owner_id)) is not None
    ]


def _collections(versions: Sequence[VersionBytes]) -> list[CollectionBytes]:
    found: dict[str, CollectionBytes] = {}
    for one in versions:
        line = found.setdefault(
            one.collection,
            CollectionBytes(collection=one.collection, type=one.type, versions=0, size_bytes=0),
        )
        line.versions += 1
        line.size_bytes += one.size_bytes
    return sorted(found.values(), key=lambda one: (-one.size_bytes, one.collection))


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
