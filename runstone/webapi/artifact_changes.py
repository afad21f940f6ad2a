"""What a person changes of artifacts in the UI: words, tags, life time, links, deletion."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from runstone.actions.artifact import Details, delete_version, describe_version
from runstone.actions.collection import (
    delete_collection,
    find_collection_named,
    tag_collection,
    untag_collection,
    update_collection,
)
from runstone.actions.registry import link_version, unlink_version
from runstone.domain.artifact import CollectionKind
from runstone.domain.viewer import Access
from runstone.webapi.artifact import version_at
from runstone.webapi.requests import Asked
from runstone.webapi.run import Done
from runstone.webapi.undo import Deletable

router = APIRouter(prefix="/api", tags=["artifacts"])

_AT = "/artifacts/{entity}/{project}/{collection}/{version}"
_COLLECTION = "/collections/{entity}/{project}/{collection}"
MOST_VERSIONS = 10_000


class VersionChange(BaseModel):
    """What to change; None leaves it. `ttl_seconds`: seconds to live, -1 as the collection, -2 never ends."""

    description: str | None = None
    tags_to_add: list[str] = Field(default_factory=list)
    tags_to_remove: list[str] = Field(default_factory=list)
    ttl_seconds: int | None = None


class CollectionChange(BaseModel):
    """What to change of a collection; None leaves it."""

    name: str | None = None
    description: str | None = None
    tags_to_add: list[str] = Field(default_factory=list)
    tags_to_remove: list[str] = Field(default_factory=list)


class LinkTarget(BaseModel):
    """A registered collection, made when it is absent, and the aliases to have there."""

    entity: str | None = None
    project: str = "model-registry"
    collection: str
    aliases: list[str] = Field(default_factory=list)


class Linked(BaseModel):
    """Where a version now stands in a registry."""

    entity: str
    project: str
    collection: str
    version: str


class Deletion(BaseModel):
    """What a deletion gives back, and what stays because others hold it too."""

    freed_bytes: int
    shared_bytes: int
    aliases: list[str]


class DeletedArtifact(BaseModel):
    """What was deleted: noun and number are what `/api/undo` takes."""

    noun: Deletable
    id: int


@router.patch(_AT)
def change_version(
    ask: Asked, entity: str, project: str, collection: str, version: str, change: VersionChange
) -> Done:
    """Describe a version, tag it, set its life time. Its files never change."""
    with ask.store.reading() as reads:
        _, row = version_at(ask, reads, entity, project, collection, version)
    details = Details(
        description=change.description,
        tags_to_add=change.tags_to_add,
        tags_to_remove=change.tags_to_remove,
        ttl_seconds=change.ttl_seconds,
    )
    describe_version(ask.store, ask.viewer, row.id, details, ask.now)
    return Done()


@router.get(_AT + "/deletion")
def deletion(ask: Asked, entity: str, project: str, collection: str, version: str) -> Deletion:
    """What deleting a version would free, before it is done."""
    with ask.store.reading() as reads:
        _, row = version_at(ask, reads, entity, project, collection, version)
        going = reads.freed_by(ask.viewer, versions=[row.id])
        places = reads.memberships_of_versions(ask.viewer, [row.id]).get(row.id, [])
        held = reads.aliases_of_memberships(ask.viewer, [place.id for place in places])
    aliases = sorted({one.name for rows in held.values() for one in rows})
    return Deletion(freed_bytes=going.frees_bytes, shared_bytes=going.stays_bytes, aliases=aliases)


@router.delete(_AT)
def remove_version(
    ask: Asked,
    entity: str,
    project: str,
    collection: str,
    version: str,
    aliases: Annotated[bool, Query(description="Also when it has aliases.")] = False,
) -> DeletedArtifact:
    """Delete a version; it can be undone until the grace is over."""
    with ask.store.reading() as reads:
        _, row = version_at(ask, reads, entity, project, collection, version)
    delete_version(ask.store, ask.viewer, row.id, ask.now, delete_aliases=aliases)
    return DeletedArtifact(noun=Deletable.VERSION, id=row.id)


@router.post(_AT + "/link")
def link(ask: Asked, entity: str, project: str, collection: str, version: str, target: LinkTarget) -> Linked:
    """Put a version into a registered collection, under aliases that leave whoever had them."""
    with ask.store.reading() as reads:
        _, row = version_at(ask, reads, entity, project, collection, version)
    owner = target.entity or entity
    link_version(
        ask.store,
        ask.viewer,
        row.id,
        owner,
        target.project,
        target.collection,
        target.aliases,
        ask.now,
    )
    with ask.store.reading() as reads:
        home = find_collection_named(reads, ask.viewer, owner, target.project, target.collection, Access.READ)
        place = reads.membership_of(ask.viewer, home.id, row.id)
        assert place is not None
    return Linked(
        entity=home.entity_name, project=home.project_name, collection=home.name, version=f"v{place.number}"
    )


@router.post(_AT + "/unlink")
def unlink(ask: Asked, entity: str, project: str, collection: str, version: str) -> Done:
    """Take a version out of a registered collection. The version itself stays."""
    with ask.store.reading() as reads:
        place, row = version_at(ask, reads, entity, project, collection, version)
    unlink_version(ask.store, ask.viewer, row.id, place.collection_id, ask.now)
    return Done()


@router.patch(_COLLECTION)
def change_collection(
    ask: Asked, entity: str, project: str, collection: str, change: CollectionChange
) -> Done:
    """Rename, describe or tag a collection."""
    with ask.store.reading() as reads:
        row = find_collection_named(reads, ask.viewer, entity, project, collection, Access.WRITE)
    if change.name is not None or change.description is not None:
        update_collection(
            ask.store, ask.viewer, row.id, ask.now, name=change.name, description=change.description
        )
    name = change.name or collection
    if change.tags_to_add:
        tag_collection(ask.store, ask.viewer, entity, project, name, change.tags_to_add, ask.now)
    if change.tags_to_remove:
        untag_collection(ask.store, ask.viewer, entity, project, name, change.tags_to_remove, ask.now)
    return Done()


@router.get(_COLLECTION + "/deletion")
def collection_deletion(ask: Asked, entity: str, project: str, collection: str) -> Deletion:
    """What deleting a collection with all its versions would free."""
    with ask.store.reading() as reads:
        row = find_collection_named(reads, ask.viewer, entity, project, collection, Access.READ)
        places = reads.memberships(ask.viewer, row.id, limit=MOST_VERSIONS)
        own = [place.version_id for place in places] if row.kind == CollectionKind.SEQUENCE.value else []
        going = reads.freed_by(ask.viewer, versions=own)
        held = reads.aliases_of_memberships(ask.viewer, [place.id for place in places])
    aliases = sorted({one.name for rows in held.values() for one in rows})
    return Deletion(freed_bytes=going.frees_bytes, shared_bytes=going.stays_bytes, aliases=aliases)


@router.delete(_COLLECTION)
def remove_collection(ask: Asked, entity: str, project: str, collection: str) -> DeletedArtifact:
    """Delete a collection with its versions; it can be undone until the grace is over."""
    with ask.store.reading() as reads:
        row = find_collection_named(reads, ask.viewer, entity, project, collection, Access.WRITE)
    delete_collection(ask.store, ask.viewer, row.id, CollectionKind(row.kind), ask.now)
    return DeletedArtifact(noun=Deletable.COLLECTION, id=row.id)
