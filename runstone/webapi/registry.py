"""Registries: what is registered, who holds which stage, and who moved what."""

import json
import math
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Row

from runstone.actions.access import find_project
from runstone.actions.registry import protect_aliases, save_registry
from runstone.domain.errors import Invalid, NotFound
from runstone.domain.history import json_object
from runstone.domain.ids import RunId
from runstone.domain.registry import REGISTRY_PREFIX, protected_aliases
from runstone.domain.viewer import Access
from runstone.store.reads import Reads
from runstone.webapi.administration import Strict
from runstone.webapi.artifact import CollectionLine, VersionLine, collection_lines
from runstone.webapi.requests import Ask, Asked
from runstone.webapi.run import Done

router = APIRouter(prefix="/api/registries", tags=["registry"])

MOST_METRICS = 12
MOST_MOVES = 100
MOST_READ = 1000


class Registry(BaseModel):
    """A registry of an entity or organization with what is in it."""

    entity: str
    project: str
    title: str
    collections: list[CollectionLine]
    protected: list[str] = Field(description="Aliases that only those who manage it put on and take off.")
    may_manage: bool


class RegistryList(BaseModel):
    """All registries that the viewer sees."""

    registries: list[Registry]


class Registered(VersionLine):
    """A linked version with what its run measured."""

    linked_at: datetime
    run_name: str | None
    run_entity: str | None
    run_project: str | None
    metrics: dict[str, float]


class Move(BaseModel):
    """Somebody put an alias on a version or took it off, linked a version or unlinked it. `before` is the
    version that had the alias until then; `run` made the version."""

    at: datetime
    user: str | None
    action: str
    alias: str | None
    aliases: list[str]
    version: str | None
    before: str | None
    run: str | None
    run_name: str | None
    run_project: str | None


class RegisteredDetail(BaseModel):
    """One registered collection."""

    description: str | None
    tags: list[str]
    type: str
    may_write: bool
    may_manage: bool
    protected: list[str] = Field(description="Aliases that only those who manage it put on and take off.")
    versions: list[Registered]
    moves: list[Move]


@router.get("")
def registries(ask: Asked) -> RegistryList:
    """Every registry that the viewer may read."""
    with ask.store.reading() as reads:
        found = [
            Registry(
                entity=row.entity_name,
                project=row.name,
                title=_title(row.name),
                collections=collection_lines(ask, reads, reads.collections_of(ask.viewer, row.id)),
                protected=protected_aliases(row.settings),
                may_manage=Access.MANAGE in reads.project_access(ask.viewer, row),
            )
            for row in reads.visible_registries(ask.viewer)
        ]
    return RegistryList(registries=found)


class NewRegistry(Strict):
    """A registry to make: of an entity, for artifacts of some types (empty: of all)."""

    entity: str
    name: str = Field(min_length=1, max_length=100)
    types: list[str] = Field(default_factory=list, max_length=100)


class RegistryMade(BaseModel):
    """Where it is; `project` is the first part of the path of a link."""

    entity: str
    project: str


@router.post("", status_code=201)
def make_registry(ask: Asked, wanted: NewRegistry) -> RegistryMade:
    """Make a registry. Who makes it manages it."""
    name = REGISTRY_PREFIX + "-".join(wanted.name.split()).removeprefix(REGISTRY_PREFIX)
    with ask.store.reading() as reads:
        if reads.project(ask.viewer, wanted.entity, name) is not None:
            raise Invalid(f"{wanted.entity} has a registry {wanted.name} already. Choose another name.")
    save_registry(
        ask.store,
        ask.viewer,
        wanted.entity,
        name,
        ask.now,
        type_names=wanted.types,
        all_types=not wanted.types,
    )
    return RegistryMade(entity=wanted.entity, project=name)


class RegistryChange(Strict):
    """All aliases that are protected from now on."""

    protected: list[str] = Field(max_length=100)


@router.patch("/{entity}/{project}")
def change_registry(ask: Asked, entity: str, project: str, change: RegistryChange) -> Done:
    """Say which aliases are protected. For those who manage the registry."""
    protect_aliases(ask.store, ask.viewer, entity, project, change.protected, ask.now)
    return Done()


def _title(project: str) -> str:
    plain = project.removeprefix("wandb-registry-").replace("-", " ").replace("_", " ")
    return plain[:1].upper() + plain[1:]


@router.get("/{entity}/{project}/{collection}")
def registered(ask: Asked, entity: str, project: str, collection: str) -> RegisteredDetail:
    """One registered collection with every version linked to it."""
    with ask.store.reading() as reads:
        owner = find_project(reads, ask.viewer, entity, project, Access.READ)
        home = reads.collection(ask.viewer, owner.id, collection)
        if home is None:
            raise NotFound(f"collection {entity}/{project}/{collection} was not found. Check the name.")
        places = reads.memberships(ask.viewer, home.id)
        rows = reads.versions_by_id(ask.viewer, [place.version_id for place in places])
        aliases = reads.aliases_of_memberships(ask.viewer, [place.id for place in places])
        made = reads.makers(ask.viewer, [place.version_id for place in places])
        runs = reads.runs_by_id(ask.viewer, [RunId(one) for one in made.values()])
        versions = []
        for place in places:
            row = rows.get(place.version_id)
            if row is None:
                continue
            run = runs.get(made.get(row.id, 0))
            versions.append(
                Registered(
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
                    run=None if run is None else run.name,
                    linked_at=place.created_at,
                    run_name=None if run is None else run.display_name,
                    run_entity=None if run is None else run.entity_name,
                    run_project=None if run is None else run.project_name,
                    metrics={} if run is None else _metrics(run.summary),
                )
            )
        access = reads.project_access(ask.viewer, owner)
        return RegisteredDetail(
            description=home.description,
            tags=reads.collection_tags(ask.viewer, [home.id]).get(home.id, []),
            type=home.type_name,
            may_write=Access.WRITE in access,
            may_manage=Access.MANAGE in access,
            protected=protected_aliases(owner.settings),
            versions=versions,
            moves=_moves(ask, reads, owner, home.name, {one.id: one for one in versions}),
        )


def _metrics(summary: str) -> dict[str, float]:
    found = {
        key: float(value)
        for key, value in json_object(summary, "summary").items()
        if not key.startswith("_")
        and isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
    }
    telling = sorted(found, key=lambda key: ("val" not in key and "test" not in key, key))
    return {key: found[key] for key in telling[:MOST_METRICS]}


def _moves(
    ask: Ask, reads: Reads, owner: Row[Any], collection: str, versions: dict[int, Registered]
) -> list[Move]:
    """What happened to one collection; older records of links name it by its whole path."""
    rows = reads.audit_of_project(
        ask.viewer,
        owner.id,
        ("add_aliases", "remove_aliases", "link_version", "unlink_version"),
        MOST_READ,
    )
    full = f"{owner.entity_name}/{owner.name}/{collection}"
    found = []
    for row in rows:
        detail = json.loads(row.detail)
        if detail.get("collection", detail.get("portfolio")) not in (collection, full):
            continue
        version = versions.get(row.noun_id)
        found.append(
            Move(
                at=row.at,
                user=row.username,
                action=row.action,
                alias=detail.get("alias"),
                aliases=detail.get("aliases", []),
                version=detail.get("version") or (None if version is None else version.version),
                before=detail.get("before"),
                run=None if version is None else version.run,
                run_name=None if version is None else version.run_name,
                run_project=None if version is None else version.run_project,
            )
        )
    return found[:MOST_MOVES]
