"""Collections, versions, their files and their lineage."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import Row

from runstone.actions.access import find_project
from runstone.actions.artifact import AliasAt, add_aliases, remove_aliases
from runstone.domain.artifact import EdgeKind
from runstone.domain.errors import NotFound
from runstone.domain.history import json_object
from runstone.domain.ids import RunId
from runstone.domain.run import plain_config
from runstone.domain.viewer import Access
from runstone.store.reads import Reads
from runstone.webapi.requests import Ask, Asked
from runstone.webapi.run import Done, plain, run_named

router = APIRouter(prefix="/api", tags=["artifacts"])

MOST_NODES = 200
MOST_VERSIONS = 1000


class VersionLine(BaseModel):
    """A version at its place in a collection; entity and project are those of the collection."""

    id: int
    entity: str
    project: str
    collection: str
    type: str
    version: str
    aliases: list[str]
    size_bytes: int
    file_count: int
    created_at: datetime
    run: str | None


class RunVersions(BaseModel):
    """What a run made and used."""

    made: list[VersionLine]
    used: list[VersionLine]


class CollectionLine(BaseModel):
    """A collection; size is that of its newest version."""

    id: int
    name: str
    type: str
    kind: str
    description: str | None
    versions: int
    latest: str | None
    size_bytes: int
    updated_at: datetime


class CollectionList(BaseModel):
    """Collections of a project."""

    collections: list[CollectionLine]


class HistoryLine(BaseModel):
    """A sibling of a version."""

    version: str
    aliases: list[str]
    created_at: datetime
    size_bytes: int
    run_name: str | None


class Place(BaseModel):
    """A registered collection that a version is linked to."""

    entity: str
    project: str
    collection: str
    version: str
    aliases: list[str]


class UseLine(BaseModel):
    """A run that used a version."""

    entity: str
    project: str
    run: str
    name: str
    job_type: str | None
    state: str


class VersionDetail(VersionLine):
    """One version with everything about it. `ttl_seconds` counts from its creation and is None for ever;
    `run_config` is what the run that made it was started with; `source` is set on a linked version."""

    collection_id: int
    collection_description: str | None
    collection_tags: list[str]
    description: str | None
    ttl_seconds: int | None
    ttl_inherited: bool
    links: list[Place]
    source: Place | None
    made_by: list[UseLine] = Field(
        description="The runs that made it together, and those that logged the same content later."
    )
    used_by: list[UseLine]
    run_project: str | None
    run_config: dict[str, Any]
    metadata: dict[str, Any]
    tags: list[str]
    digest: str
    state: str
    user: str | None
    run_name: str | None
    history: list[HistoryLine]
    may_write: bool


class EntryLine(BaseModel):
    """One file of a version; `ref` for one that lies elsewhere."""

    path: str
    size_bytes: int
    digest: str
    ref: str | None


class EntryList(BaseModel):
    """Files by path."""

    files: list[EntryLine]
    total: int


class LineageNode(BaseModel):
    """A run or a version; `address` is its page."""

    id: str
    kind: Literal["run", "version"]
    label: str
    detail: str
    address: str
    focus: bool


class Lineage(BaseModel):
    """The graph around a version; edges go from what was there first. `more`: it was cut."""

    nodes: list[LineageNode]
    edges: list[tuple[str, str]]
    more: bool


class AliasChange(BaseModel):
    """Aliases to put on a version and to take off it."""

    add: list[str] = Field(default_factory=list)
    remove: list[str] = Field(default_factory=list)


@router.get("/runs/{entity}/{project}/{run}/artifacts")
def run_versions(ask: Asked, entity: str, project: str, run: str) -> RunVersions:
    """What a run made and used."""
    with ask.store.reading() as reads:
        row = run_named(ask, reads, entity, project, run)
        return RunVersions(
            made=version_lines(ask, reads, reads.versions_of_run(ask.viewer, row.id, EdgeKind.MADE)),
            used=version_lines(ask, reads, reads.versions_of_run(ask.viewer, row.id, EdgeKind.USED)),
        )


@router.get("/artifacts/{entity}/{project}")
def collections(ask: Asked, entity: str, project: str) -> CollectionList:
    """Collections of a project."""
    with ask.store.reading() as reads:
        owner = find_project(reads, ask.viewer, entity, project, Access.READ)
        return CollectionList(
            collections=collection_lines(ask, reads, reads.collections_of(ask.viewer, owner.id))
        )


@router.get("/artifacts/{entity}/{project}/{collection}/{version}")
def detail(ask: Asked, entity: str, project: str, collection: str, version: str) -> VersionDetail:
    """One version by its number or an alias."""
    with ask.store.reading() as reads:
        place, row = version_at(ask, reads, entity, project, collection, version)
        owner = find_project(reads, ask.viewer, entity, project, Access.READ)
        places = reads.memberships(ask.viewer, place.collection_id, limit=MOST_VERSIONS)
        lines = _placed(ask, reads, places, row_of={row.id: row}, home=(entity, project, collection))
        this = next(line for line in lines if line.version == f"v{place.number}")
        names = _run_names(ask, reads, places)
        users = reads.user_rows(ask.viewer, [row.created_by] if row.created_by else [])
        return VersionDetail(
            **this.model_dump(),
            **_around(ask, reads, place, row),
            description=row.description,
            metadata=plain(dict(json_object(row.metadata or "{}", "metadata"))),
            tags=reads.version_tags(ask.viewer, [row.id]).get(row.id, []),
            digest=row.digest,
            state=row.state,
            user=users[row.created_by].username if row.created_by in users else None,
            run_name=names.get(row.id, (None, None))[1],
            history=[
                HistoryLine(
                    version=line.version,
                    aliases=line.aliases,
                    created_at=line.created_at,
                    size_bytes=line.size_bytes,
                    run_name=names.get(line.id, (None, None))[1],
                )
                for line in lines
            ],
            may_write=Access.WRITE in reads.project_access(ask.viewer, owner),
        )


def _around(ask: Ask, reads: Reads, place: Row[Any], row: Row[Any]) -> dict[str, Any]:
    """Where else a version stands, its life time, and the runs at both ends."""
    home = reads.collection_by_id(ask.viewer, place.collection_id)
    places = reads.memberships_of_versions(ask.viewer, [row.id]).get(row.id, [])
    aliases = reads.aliases_of_memberships(ask.viewer, [one.id for one in places])
    collections = {one.id: reads.collection_by_id(ask.viewer, one.collection_id) for one in places}
    stands = {
        one.collection_id: Place(
            entity=found.entity_name,
            project=found.project_name,
            collection=found.name,
            version=f"v{one.number}",
            aliases=[alias.name for alias in aliases.get(one.id, [])],
        )
        for one in places
        if (found := collections[one.id]) is not None
    }
    edges = reads.edges_of(ask.viewer, versions=[row.id])
    runs = reads.runs_by_id(ask.viewer, [RunId(one.run_id) for one in edges])
    makers, users = (
        [runs[RunId(one.run_id)] for one in edges if one.kind == kind.value and one.run_id in runs]
        for kind in (EdgeKind.MADE, EdgeKind.USED)
    )
    made = makers[0] if makers else None
    ttl = row.ttl_seconds if row.ttl_seconds is not None else row.collection_ttl_seconds
    return {
        "collection_id": place.collection_id,
        "collection_description": None if home is None else home.description,
        "collection_tags": reads.collection_tags(ask.viewer, [place.collection_id]).get(
            place.collection_id, []
        ),
        "ttl_seconds": ttl if ttl is not None and ttl > 0 else None,
        "ttl_inherited": row.ttl_seconds is None,
        "links": [one for key, one in stands.items() if key not in (row.collection_id, place.collection_id)],
        "source": None if place.collection_id == row.collection_id else stands.get(row.collection_id),
        "made_by": [_use_line(one) for one in makers],
        "used_by": [_use_line(one) for one in users],
        "run_project": None if made is None else made.project_name,
        "run_config": {}
        if made is None or ask.viewer.scope is not None
        else plain(plain_config(json_object(made.config, "config"))),
    }


def _use_line(run: Row[Any]) -> UseLine:
    return UseLine(
        entity=run.entity_name,
        project=run.project_name,
        run=run.name,
        name=run.display_name,
        job_type=run.job_type,
        state=run.state,
    )


@router.get("/artifacts/{entity}/{project}/{collection}/{version}/files")
def files(
    ask: Asked,
    entity: str,
    project: str,
    collection: str,
    version: str,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 2000,
) -> EntryList:
    """Files of a version by path."""
    with ask.store.reading() as reads:
        _, row = version_at(ask, reads, entity, project, collection, version)
        found = reads.entries(ask.viewer, row.id, limit=limit)
        total = reads.count_entries(ask.viewer, row.id)
    return EntryList(
        files=[
            EntryLine(path=one.path, size_bytes=one.size_bytes, digest=one.digest, ref=one.ref)
            for one in found
        ],
        total=total,
    )


@router.get("/artifacts/{entity}/{project}/{collection}/{version}/lineage")
def lineage(ask: Asked, entity: str, project: str, collection: str, version: str) -> Lineage:
    """Everything that a version came from and led to, nearest first."""
    with ask.store.reading() as reads:
        _, row = version_at(ask, reads, entity, project, collection, version)
        versions, runs, edges, more = {row.id}, set[int](), set[tuple[int, int, str]](), False
        front_versions, front_runs = [row.id], list[int]()
        while front_versions or front_runs:
            if len(versions) + len(runs) >= MOST_NODES:
                more = True
                break
            found = reads.edges_of(ask.viewer, runs=front_runs, versions=front_versions)
            edges |= {(one.run_id, one.version_id, one.kind) for one in found}
            front_versions = sorted({one.version_id for one in found} - versions)[:MOST_NODES]
            front_runs = sorted({one.run_id for one in found} - runs)[:MOST_NODES]
            versions |= set(front_versions)
            runs |= set(front_runs)
        return _graph(ask, reads, row.id, versions, runs, edges, more)


@router.post("/artifacts/{entity}/{project}/{collection}/{version}/aliases")
def change_aliases(
    ask: Asked, entity: str, project: str, collection: str, version: str, change: AliasChange
) -> Done:
    """Put aliases on a version, which takes them from wherever they were, and take others off."""
    with ask.store.reading() as reads:
        _, row = version_at(ask, reads, entity, project, collection, version)
    if change.add:
        add_aliases(ask.store, ask.viewer, row.id, _aliases(entity, project, collection, change.add), ask.now)
    if change.remove:
        remove_aliases(
            ask.store, ask.viewer, row.id, _aliases(entity, project, collection, change.remove), ask.now
        )
    return Done()


def _aliases(entity: str, project: str, collection: str, names: Sequence[str]) -> list[AliasAt]:
    return [AliasAt(entity, project, collection, name) for name in names]


def version_at(
    ask: Ask, reads: Reads, entity: str, project: str, collection: str, version: str
) -> tuple[Row[Any], Row[Any]]:
    """The place and the version of a name. Raises `NotFound`."""
    owner = find_project(reads, ask.viewer, entity, project, Access.READ)
    place = reads.membership_named(ask.viewer, owner.id, f"{collection}:{version}")
    row = None if place is None else reads.version(ask.viewer, place.version_id)
    if place is None or row is None:
        raise NotFound(
            f"artifact {entity}/{project}/{collection}:{version} was not found. Check name and version."
        )
    return place, row


def version_lines(ask: Ask, reads: Reads, rows: Iterable[Row[Any]]) -> list[VersionLine]:
    """Versions at their source collections."""
    rows = list(rows)
    places = reads.memberships_of_versions(ask.viewer, [row.id for row in rows])
    first = [places[row.id][0] for row in rows if row.id in places]
    return _placed(ask, reads, first, row_of={row.id: row for row in rows}, home=None)


def _placed(
    ask: Ask,
    reads: Reads,
    places: Sequence[Row[Any]],
    *,
    row_of: dict[int, Row[Any]],
    home: tuple[str, str, str] | None,
) -> list[VersionLine]:
    missing = [place.version_id for place in places if place.version_id not in row_of]
    rows = {**reads.versions_by_id(ask.viewer, missing), **row_of}
    aliases = reads.aliases_of_memberships(ask.viewer, [place.id for place in places])
    names = _run_names(ask, reads, places)
    lines = []
    for place in places:
        row = rows.get(place.version_id)
        if row is None:
            continue
        entity, project, collection = home or (row.entity_name, row.project_name, row.collection_name)
        lines.append(
            VersionLine(
                id=row.id,
                entity=entity,
                project=project,
                collection=collection,
                type=row.type_name,
                version=f"v{place.number}",
                aliases=[one.name for one in aliases.get(place.id, [])],
                size_bytes=row.size_bytes,
                file_count=row.file_count,
                created_at=row.created_at,
                run=names.get(row.id, (None, None))[0],
            )
        )
    return lines


def _run_names(
    ask: Ask, reads: Reads, places: Sequence[Row[Any]]
) -> dict[int, tuple[str | None, str | None]]:
    """Short id and label of the run that made each version: the first, where others logged the same later."""
    made = reads.makers(ask.viewer, [place.version_id for place in places])
    runs = reads.runs_by_id(ask.viewer, [RunId(one) for one in made.values()])
    return {
        version_id: (runs[run_id].name, runs[run_id].display_name)
        for version_id, run_id in made.items()
        if run_id in runs
    }


def collection_lines(ask: Ask, reads: Reads, rows: Iterable[Row[Any]]) -> list[CollectionLine]:
    """Collections with what their lists show."""
    rows = list(rows)
    counts = reads.version_counts(ask.viewer, [row.id for row in rows])
    lines = []
    for row in rows:
        newest = reads.memberships(ask.viewer, row.id, limit=1)
        version = reads.version(ask.viewer, newest[0].version_id) if newest else None
        lines.append(
            CollectionLine(
                id=row.id,
                name=row.name,
                type=row.type_name,
                kind=row.kind,
                description=row.description,
                versions=counts.get(row.id, 0),
                latest=f"v{newest[0].number}" if newest else None,
                size_bytes=version.size_bytes if version is not None else 0,
                updated_at=row.updated_at,
            )
        )
    return lines


def _graph(
    ask: Ask,
    reads: Reads,
    focus: int,
    versions: set[int],
    runs: set[int],
    edges: set[tuple[int, int, str]],
    more: bool,
) -> Lineage:
    version_rows = reads.versions_by_id(ask.viewer, versions)
    run_rows = reads.runs_by_id(ask.viewer, [RunId(one) for one in runs])
    nodes = [
        LineageNode(
            id=f"v{row.id}",
            kind="version",
            label=f"{row.collection_name}:v{row.number}",
            detail=row.type_name,
            address=_address(
                row.entity_name,
                row.project_name,
                "artifacts",
                row.type_name,
                row.collection_name,
                f"v{row.number}",
            ),
            focus=row.id == focus,
        )
        for row in version_rows.values()
    ] + [
        LineageNode(
            id=f"r{row.id}",
            kind="run",
            label=row.display_name,
            detail=row.job_type or "run",
            address=_address(row.entity_name, row.project_name, "runs", row.name),
            focus=False,
        )
        for row in run_rows.values()
    ]
    drawn = [
        (f"r{run_id}", f"v{version_id}") if kind == EdgeKind.MADE.value else (f"v{version_id}", f"r{run_id}")
        for run_id, version_id, kind in sorted(edges)
        if run_id in run_rows and version_id in version_rows
    ]
    return Lineage(nodes=nodes, edges=drawn, more=more)


def _address(*names: str) -> str:
    return "/" + "/".join(quote(name, safe="") for name in names)
