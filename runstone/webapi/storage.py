"""Bytes: what each project holds, and what a deletion would free, before it happens."""

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
    own_bytes: int
    objects: int


class ProjectBytes(BaseModel):
    """What a project holds, each object once; a kind holds what others may hold too. `own_bytes` nothing
    else needs: no other project, and of a kind no other kind either."""

    entity: str
    project: str
    deleted_at: datetime | None
    size_bytes: int
    own_bytes: int
    kinds: list[KindLine]


class Storage(BaseModel):
    """The largest projects first. `total_bytes` are theirs together, each object once: `own_bytes` of all
    projects and `shared_bytes`, which several of them need. `unowned_bytes` wait for collection (for
    administrators)."""

    projects: list[ProjectBytes]
    total_bytes: int
    shared_bytes: int
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
    """A run's files and history; `own_bytes` nothing else needs. `deleted`: its grace is not over yet."""

    id: int
    run: str
    name: str
    size_bytes: int
    own_bytes: int
    objects: int
    deleted: bool


class VersionBytes(BaseModel):
    """A version's files and manifest; `version` is null for one that was never committed."""

    id: int
    collection: str
    type: str
    version: str | None
    size_bytes: int
    own_bytes: int
    objects: int
    deleted: bool


class CollectionBytes(BaseModel):
    """The versions of a collection together, each object once; `own_bytes` nothing else needs."""

    collection: str
    type: str
    versions: int
    size_bytes: int
    own_bytes: int


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
        lines = reads.bytes_by_kind(ask.viewer)
        tails = reads.tail_bytes_by_project(ask.viewer)
        owned = reads.owned_bytes(ask.viewer)
        unowned = reads.unowned_bytes() if ask.viewer.admin else 0
        growing = [
            row
            for project_id in tails.keys() - {row.id for row in rows}
            if (row := reads.project_by_id(ask.viewer, ProjectId(project_id))) is not None
        ]
    kinds: dict[int, list[KindLine]] = {}
    for one in lines:
        kinds.setdefault(one.id, []).append(
            KindLine(
                kind=one.kind,
                size_bytes=int(one.size_bytes),
                own_bytes=int(one.own_bytes),
                objects=one.objects,
            )
        )
    for project_id, size in tails.items():
        line = KindLine(kind="tail", size_bytes=size, own_bytes=size, objects=0)
        kinds.setdefault(project_id, []).append(line)
    found = [
        ProjectBytes(
            entity=row.entity_name,
            project=row.project_name,
            deleted_at=row.deleted_at,
            size_bytes=int(row.size_bytes) + tails.get(row.id, 0),
            own_bytes=int(row.own_bytes) + tails.get(row.id, 0),
            kinds=sorted(kinds[row.id], key=_largest),
        )
        for row in rows
    ]
    found += [
        ProjectBytes(
            entity=row.entity_name,
            project=row.name,
            deleted_at=row.deleted_at,
            size_bytes=tails[row.id],
            own_bytes=tails[row.id],
            kinds=kinds[row.id],
        )
        for row in growing
    ]
    return Storage(
        projects=sorted(found, key=_largest),
        total_bytes=owned + sum(tails.values()),
        shared_bytes=owned - sum(int(row.own_bytes) for row in rows),
        unowned_bytes=unowned,
    )


def _largest(one: KindLine | ProjectBytes) -> int:
    return -one.size_bytes


@router.get("/{entity}/{project}")
def owners(ask: Asked, entity: str, project: str) -> ProjectOwners:
    """What each run, version and collection of a project holds."""
    with ask.store.reading() as reads:
        home = find_project(reads, ask.viewer, entity, project, Access.READ)
        return ProjectOwners(
            runs=_runs(ask, reads, home.id),
            versions=_versions(ask, reads, home.id),
            collections=_collections(ask, reads, home.id),
        )


def _runs(ask: Ask, reads: Reads, project_id: int) -> list[RunBytes]:
    held = {
        row.owner_id: (int(row.size_bytes), int(row.own_bytes), row.objects)
        for row in reads.bytes_by_run(ask.viewer, project_id, MOST_OWNERS)
    }
    for run_id, size in reads.tail_bytes_by_run(ask.viewer, project_id).items():
        stored, own, objects = held.get(run_id, (0, 0, 0))
        held[run_id] = (stored + size, own + size, objects)
    rows = reads.owning_runs(ask.viewer, list(held))
    found = [
        RunBytes(
            id=row.id,
            run=row.name,
            name=row.display_name,
            size_bytes=held[row.id][0],
            own_bytes=held[row.id][1],
            objects=held[row.id][2],
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
            own_bytes=int(one.own_bytes),
            objects=one.objects,
            deleted=row.deleted_at is not None,
        )
        for one in held
        if (row := rows.get(one.owner_id)) is not None
    ]


def _collections(ask: Ask, reads: Reads, project_id: int) -> list[CollectionBytes]:
    held = reads.bytes_by_collection(ask.viewer, project_id, MOST_OWNERS)
    rows = {row.id: row for row in reads.owning_collections(ask.viewer, [one.owner_id for one in held])}
    return [
        CollectionBytes(
            collection=row.name,
            type=row.type_name,
            versions=row.versions,
            size_bytes=int(one.size_bytes),
            own_bytes=int(one.own_bytes),
        )
        for one in held
        if (row := rows.get(one.owner_id)) is not None
    ]


@router.post("/freed")
def freed(ask: Asked, body: Going) -> Freed:
    """What deleting these would free, and what of it would stay since something else needs it."""
    with ask.store.reading() as reads:
        home = find_project(reads, ask.viewer, body.entity, body.project, Access.READ)
        if body.whole:
            going = reads.freed_by_project(ask.viewer, home.id)
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
            going = reads.freed_by(ask.viewer, runs=ids, versions=body.versions)
    return Freed(
        frees_bytes=going.frees_bytes + going.history_bytes,
        stays_bytes=going.stays_bytes,
        objects=going.objects,
    )
