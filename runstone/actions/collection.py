"""Changes of artifact types and collections: rename, describe, tag, move, delete, undo."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from runstone.actions.access import find_project, find_project_by_id
from runstone.actions.artifact import remove_version, return_version
from runstone.domain.artifact import (
    CollectionKind,
    check_collection_name,
    check_tag,
    check_type_name,
    parse_version_name,
)
from runstone.domain.errors import Conflict, Invalid, NotFound
from runstone.domain.ids import CollectionId
from runstone.domain.naming import similar
from runstone.domain.viewer import Access, Viewer
from runstone.store.opening import Store
from runstone.store.reads import Reads
from runstone.store.writes import Transaction

SHOWN_ALIASES = 10


def add_artifact_type(
    store: Store,
    viewer: Viewer,
    entity_name: str | None,
    project_name: str,
    name: str,
    now: datetime,
    *,
    description: str | None = None,
) -> int:
    """Make a type of artifacts in a project; there already: nothing changes."""
    check_type_name(name)

    def change(tx: Transaction) -> int:
        home = find_project(tx, viewer, entity_name, project_name, Access.WRITE)
        return tx.ensure_artifact_type(home.id, name, now, description)

    return store.write(change)


def find_collection(reads: Reads, viewer: Viewer, collection_id: int, access: Access) -> Row[Any]:
    """A visible collection by id, with a right. Raises `NotFound` or `Denied`."""
    row = reads.collection_by_id(viewer, collection_id)
    if row is None:
        raise NotFound("That artifact collection was not found. It may have been deleted.")
    find_project_by_id(reads, viewer, row.project_id, access)
    return row


def find_collection_named(
    reads: Reads, viewer: Viewer, entity_name: str | None, project_name: str, name: str, access: Access
) -> Row[Any]:
    """The same by names."""
    home = find_project(reads, viewer, entity_name, project_name, access)
    row = reads.collection(viewer, home.id, name)
    if row is None:
        known = [one.name for one in reads.collections_of(viewer, home.id)]
        raise NotFound(
            f"artifact collection {home.entity_name}/{home.name}/{name} was not found.{similar(name, known)}"
        )
    return row


def find_place_named(reads: Reads, viewer: Viewer, home: Row[Any], name: str) -> Row[Any]:
    """What `NAME:ALIAS` means in a visible project. Raises `NotFound` with what is there instead."""
    place = reads.membership_named(viewer, home.id, name)
    if place is not None:
        return place
    wanted = parse_version_name(name)
    path = f"{home.entity_name}/{home.name}/{wanted.collection}"
    row = reads.collection(viewer, home.id, wanted.collection)
    if row is None:
        known = [one.name for one in reads.collections_of(viewer, home.id)]
        raise NotFound(
            f"artifact {path}:{wanted.alias} was not found: {home.entity_name}/{home.name} has no artifact "
            f"{wanted.collection!r}.{similar(wanted.collection, known)}"
        )
    newest = reads.memberships(viewer, row.id, limit=1)
    given = [f"{one.name} (v{one.number})" for one in reads.collection_aliases(viewer, row.id)]
    aliases = ", ".join(given[:SHOWN_ALIASES] + ["..."] * (len(given) > SHOWN_ALIASES)) or "none"
    raise NotFound(
        f"artifact {path}:{wanted.alias} was not found. "
        + (
            f"Its newest version is v{newest[0].number}; aliases: {aliases}."
            if newest
            else "It has no version."
        )
    )


def update_collection(
    store: Store,
    viewer: Viewer,
    collection_id: int,
    now: datetime,
    *,
    name: str | None = None,
    description: str | None = None,
) -> CollectionId:
    """Rename or describe a collection. Its versions stay; the old name no longer finds them."""
    if name is not None:
        check_collection_name(name)

    def change(tx: Transaction) -> CollectionId:
        row = find_collection(tx, viewer, collection_id, Access.WRITE)
        values: dict[str, Any] = {}
        if name is not None and name != row.name:
            if tx.living_collection_named(row.project_id, name) is not None:
                raise Conflict(
                    f"{row.entity_name}/{row.project_name} has an artifact {name!r} already. "
                    "Choose another name."
                )
            values["name"] = name
        if description is not None:
            values["description"] = description
        if values:
            tx.update_collection(collection_id, now, **values)
            tx.record(
                viewer,
                "update_collection",
                "collection",
                collection_id,
                now,
                project_id=row.project_id,
                before=row.name,
                **values,
            )
            tx.changed("collection", project_id=row.project_id, noun_id=collection_id)
        return CollectionId(collection_id)

    return store.write(change)


def move_collection(
    store: Store, viewer: Viewer, collection_id: int, type_name: str, now: datetime
) -> CollectionId:
    """Give a collection another type, made when it is absent."""
    check_type_name(type_name)

    def change(tx: Transaction) -> CollectionId:
        row = find_collection(tx, viewer, collection_id, Access.WRITE)
        type_id = tx.ensure_artifact_type(row.project_id, type_name, now)
        tx.update_collection(collection_id, now, type_id=type_id)
        tx.record(
            viewer,
            "move_collection",
            "collection",
            collection_id,
            now,
            project_id=row.project_id,
            before=row.type_name,
            type=type_name,
        )
        tx.changed("collection", project_id=row.project_id, noun_id=collection_id)
        return CollectionId(collection_id)

    return store.write(change)


def tag_collection(
    store: Store,
    viewer: Viewer,
    entity_name: str | None,
    project_name: str,
    name: str,
    tags: Sequence[str],
    now: datetime,
) -> list[str]:
    """Add tags to a collection; returns all its tags."""
    checked = [check_tag(one) for one in tags]

    def change(tx: Transaction) -> list[str]:
        row = find_collection_named(tx, viewer, entity_name, project_name, name, Access.WRITE)
        tx.tag_collection(row.id, checked, now)
        _record_tags(tx, viewer, "tag_collection", row, checked, now)
        tx.changed("collection", project_id=row.project_id, noun_id=row.id)
        return tx.collection_tags(viewer, [row.id]).get(row.id, [])

    return store.write(change)


def untag_collection(
    store: Store,
    viewer: Viewer,
    entity_name: str | None,
    project_name: str,
    name: str,
    tags: Sequence[str],
    now: datetime,
) -> None:
    """Take tags from a collection; absent ones are fine."""

    def change(tx: Transaction) -> None:
        row = find_collection_named(tx, viewer, entity_name, project_name, name, Access.WRITE)
        tx.untag_collection(row.id, tags)
        _record_tags(tx, viewer, "untag_collection", row, tags, now)
        tx.changed("collection", project_id=row.project_id, noun_id=row.id)

    store.write(change)


def _record_tags(
    tx: Transaction, viewer: Viewer, action: str, row: Row[Any], tags: Sequence[str], now: datetime
) -> None:
    tx.record(
        viewer,
        action,
        "collection",
        row.id,
        now,
        project_id=row.project_id,
        name=row.name,
        tags=list(tags),
    )


def delete_collection(
    store: Store, viewer: Viewer, collection_id: int, kind: CollectionKind, now: datetime
) -> CollectionId:
    """Delete a collection: its versions too when they were born in it, else only the links.

    It can be restored until its grace is over.
    """

    def change(tx: Transaction) -> CollectionId:
        row = find_collection(tx, viewer, collection_id, Access.WRITE)
        if row.kind != kind.value:
            raise Invalid(f"{row.name} is a {row.kind}, not a {kind.value}. Delete it as what it is.")
        if kind is CollectionKind.SEQUENCE:
            ids = tx.version_ids_of_collection(collection_id)
            places = tx.memberships_of_versions(viewer, ids)
            for version_id, one in tx.versions_by_id(viewer, ids).items():
                remove_version(tx, one, places.get(version_id, []), now)
        tx.update_collection(collection_id, now, deleted_at=now)
        tx.record(
            viewer,
            "delete_collection",
            "collection",
            collection_id,
            now,
            project_id=row.project_id,
            name=row.name,
        )
        tx.changed("collection", project_id=row.project_id, noun_id=collection_id)
        return CollectionId(collection_id)

    return store.write(change)


def restore_collection(store: Store, viewer: Viewer, collection_id: int, now: datetime) -> CollectionId:
    """Undo a deletion within the grace, with the versions that were deleted along."""

    def change(tx: Transaction) -> CollectionId:
        row = tx.deleted_collection(viewer, collection_id)
        if row is None:
            raise NotFound("No deleted artifact collection of that id was found.")
        find_project_by_id(tx, viewer, row.project_id, Access.WRITE)
        if tx.living_collection_named(row.project_id, row.name) is not None:
            raise Conflict(
                f"{row.project_name} has a new artifact {row.name!r} by now. Rename that one, then restore."
            )
        tx.update_collection(collection_id, now, deleted_at=None)
        if row.kind == CollectionKind.SEQUENCE.value:
            for version_id in tx.version_ids_of_collection(collection_id):
                one = tx.deleted_version(viewer, version_id)
                if one is not None and one.deleted_at == row.deleted_at and one.number is not None:
                    return_version(tx, viewer, one, now)
        tx.record(
            viewer,
            "restore_collection",
            "collection",
            collection_id,
            now,
            project_id=row.project_id,
            name=row.name,
        )
        tx.changed("collection", project_id=row.project_id, noun_id=collection_id)
        return CollectionId(collection_id)

    return store.write(change)
