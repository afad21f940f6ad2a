"""Changes of versions: begin, describe, alias, use, delete, undo. Files and commit: `manifest.py`."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from runstone.actions.access import find_project, find_project_by_id, require_unprotected
from runstone.actions.project import project_for_writing
from runstone.domain.artifact import (
    LATEST,
    CollectionKind,
    EdgeKind,
    VersionState,
    check_alias,
    check_collection_name,
    check_tag,
    check_type_name,
    number_of,
    stored_ttl,
)
from runstone.domain.errors import Conflict, Invalid, NotFound
from runstone.domain.history import json_object
from runstone.domain.ids import VersionId
from runstone.domain.naming import similar
from runstone.domain.sharing import merged
from runstone.domain.viewer import Access, Viewer
from runstone.store.opening import Store
from runstone.store.reads import Reads
from runstone.store.writes import Transaction


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What a client says of a version it is about to send. `run_name` is None outside runs."""

    entity_name: str | None
    project_name: str
    type_name: str
    collection_name: str
    digest: str
    run_name: str | None = None
    digest_algorithm: str = "MANIFEST_MD5"
    description: str | None = None
    metadata: str | None = None  # JSON text
    aliases: Sequence[str] = ()
    tags: Sequence[str] = ()
    client_id: str | None = None
    sequence_client_id: str | None = None
    ttl_seconds: int | None = None
    history_step: int | None = None
    deduplicate: bool = True
    distributed_id: str | None = None


def begin_version(store: Store, viewer: Viewer, given: NewVersion, now: datetime) -> VersionId:
    """Make room for a version, or find the one that has this content already.

    The same `client_id` twice is the same version. Content that the collection holds makes
    no new version: the one there gets the aliases, and the run becomes one of its makers.
    Without `deduplicate` only the newest version is compared. All that give one `distributed_id` make
    one version together, until one of them commits it.
    """
    check_collection_name(given.collection_name)
    check_type_name(given.type_name)
    aliases = [check_alias(one) for one in dict.fromkeys(given.aliases)]
    tags = [check_tag(one) for one in given.tags]
    ttl = stored_ttl(given.ttl_seconds)

    def change(tx: Transaction) -> VersionId:
        home = project_for_writing(tx, viewer, given.entity_name, given.project_name, now)
        run_id = None if not given.run_name else find_run_id(tx, viewer, home, given.run_name)
        sequence = _sequence(tx, viewer, home, given, now)
        known = _known(tx, viewer, home.id, sequence.id, given, now)
        if known is not None:
            if run_id is not None:
                tx.insert_edge(run_id, known.id, EdgeKind.MADE, now)
            if given.client_id:
                tx.name_by_client(given.client_id, "version", known.id, home.id)
            if known.state == VersionState.COMMITTED.value:
                _give_aliases(tx, viewer, sequence.id, known.id, aliases, now)
            elif given.distributed_id:
                _join(tx, known, given, aliases, tags, now)
            return VersionId(known.id)
        made = tx.insert_version(
            sequence.id,
            home.id,
            now,
            digest=given.digest,
            digest_algorithm=given.digest_algorithm,
            description=given.description,
            metadata=given.metadata,
            pending_aliases=json.dumps(aliases),
            ttl_seconds=ttl,
            client_id=given.client_id,
            distributed_id=given.distributed_id,
            history_step=given.history_step,
            created_by=viewer.user_id,
        )
        tx.tag_version(made, tags, now)
        if given.client_id:
            tx.name_by_client(given.client_id, "version", made, home.id)
        if run_id is not None:
            tx.insert_edge(run_id, made, EdgeKind.MADE, now)
        return made

    return store.write(change)


def find_run_id(tx: Transaction, viewer: Viewer, project_row: Row[Any], name: str) -> int:
    """Id of a run by its project's row and its own name. Raises `NotFound`."""
    found = tx.run_for_edge(viewer, project_row.id, name)
    if found is None:
        raise NotFound(
            f"run {name!r} was not found in {project_row.entity_name}/{project_row.name}. An artifact is "
            "logged by a run that this server knows; start it with wandb.init first."
        )
    return found


def _sequence(tx: Transaction, viewer: Viewer, home: Row[Any], given: NewVersion, now: datetime) -> Row[Any]:
    found = tx.collection(viewer, home.id, given.collection_name)
    if found is None:
        type_id = tx.ensure_artifact_type(home.id, given.type_name, now)
        made = tx.insert_collection(
            home.id,
            type_id,
            given.collection_name,
            CollectionKind.SEQUENCE,
            now,
            created_by=viewer.user_id,
        )
        found = tx.collection_by_id(viewer, made)
        assert found is not None
    where = f"{home.entity_name}/{home.name}/{given.collection_name}"
    if found.kind != CollectionKind.SEQUENCE.value:
        raise Invalid(f"{where} is a collection of links. Log the artifact under another name, then link it.")
    if found.type_name != given.type_name:
        raise Invalid(
            f"{where} has the type {found.type_name!r}, this artifact {given.type_name!r}. All versions "
            f"of an artifact have one type: use {found.type_name!r}, or another name."
        )
    if given.sequence_client_id:
        tx.name_by_client(given.sequence_client_id, "collection", found.id, home.id)
    return found


def _known(
    tx: Transaction, viewer: Viewer, project_id: int, sequence_id: int, given: NewVersion, now: datetime
) -> Row[Any] | None:
    if given.client_id:
        named = tx.client_named(viewer, given.client_id)
        if named is not None and named.noun == "version" and named.project_id == project_id:
            row = tx.version(viewer, named.noun_id)
            if row is not None and row.collection_id == sequence_id:
                return row
    if given.distributed_id:
        # The digest is of one part alone. Whoever else begins this version at the same time waits here.
        tx.update_collection(sequence_id, now)
        return tx.version_made_by_many(viewer, sequence_id, given.distributed_id)
    if not given.digest:
        return None
    same = tx.version_with_digest(viewer, sequence_id, given.digest)
    if same is None or given.deduplicate:
        return same
    newest = tx.newest_place(sequence_id)
    return same if newest is not None and newest.version_id == same.id else None


def _join(
    tx: Transaction,
    row: Row[Any],
    given: NewVersion,
    aliases: Sequence[str],
    tags: Sequence[str],
    now: datetime,
) -> None:
    """What a further maker of a version says of it: aliases, tags and metadata are put together, the first
    description stays."""
    names = dict.fromkeys([*json.loads(row.pending_aliases), *aliases])
    words: dict[str, Any] = {"pending_aliases": json.dumps(list(names))}
    if given.metadata is not None:
        present, said = (json_object(text or "{}", "metadata") for text in (row.metadata, given.metadata))
        words["metadata"] = json.dumps(merged(present, {}, said))
    if row.description is None:
        words["description"] = given.description
    tx.update_version(VersionId(row.id), now, **words)
    tx.tag_version(VersionId(row.id), tags, now)


# --- aliases, tags, words ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AliasAt:
    """An alias in one collection, named by its project."""

    entity_name: str | None
    project_name: str
    collection_name: str
    alias: str


def find_version(reads: Reads, viewer: Viewer, version_id: int) -> Row[Any]:
    """A visible version. Raises `NotFound`."""
    row = reads.version(viewer, version_id)
    if row is None:
        raise NotFound("That artifact version was not found. It may have been deleted.")
    return row


def _give_aliases(
    tx: Transaction, viewer: Viewer, collection_id: int, version_id: int, names: Iterable[str], now: datetime
) -> None:
    place = tx.membership_of(viewer, collection_id, version_id)
    if place is None:
        raise NotFound("That version is not in this collection. Link it first.")
    for name in names:
        tx.set_alias(collection_id, place.id, name, now)


def _alias_home(tx: Transaction, viewer: Viewer, at: AliasAt) -> Row[Any]:
    home = find_project(tx, viewer, at.entity_name, at.project_name, Access.WRITE)
    found = tx.collection(viewer, home.id, at.collection_name)
    if found is None:
        known = [one.name for one in tx.collections_of(viewer, home.id)]
        raise NotFound(
            f"artifact {home.entity_name}/{home.name}/{at.collection_name} was not found."
            f"{similar(at.collection_name, known)}"
        )
    return found


def add_aliases(
    store: Store, viewer: Viewer, version_id: int, given: Sequence[AliasAt], now: datetime
) -> None:
    """Bind aliases to a version; each leaves the version that had it in that collection."""
    for at in given:
        check_alias(at.alias)

    def change(tx: Transaction) -> None:
        row = find_version(tx, viewer, version_id)
        for at in given:
            home = _alias_home(tx, viewer, at)
            require_unprotected(tx, viewer, home.project_id, [at.alias], home.name)
            before = tx.membership_named(viewer, home.project_id, f"{home.name}:{at.alias}")
            _give_aliases(tx, viewer, home.id, version_id, [at.alias], now)
            place = tx.membership_of(viewer, home.id, version_id)
            tx.record(
                viewer,
                "add_aliases",
                "version",
                version_id,
                now,
                project_id=home.project_id,
                alias=at.alias,
                collection=home.name,
                version=None if place is None else f"v{place.number}",
                before=None if before is None else f"v{before.number}",
            )
            tx.changed("version", project_id=home.project_id, noun_id=version_id)
        tx.update_version(row.id, now)

    store.write(change)


def remove_aliases(
    store: Store, viewer: Viewer, version_id: int, given: Sequence[AliasAt], now: datetime
) -> None:
    """Take aliases from a version. One that it does not have is fine; `v3` can't be taken."""
    for at in given:
        check_alias(at.alias)

    def change(tx: Transaction) -> None:
        find_version(tx, viewer, version_id)
        for at in given:
            home = _alias_home(tx, viewer, at)
            require_unprotected(tx, viewer, home.project_id, [at.alias], home.name)
            place = tx.membership_of(viewer, home.id, version_id)
            if place is not None and tx.unset_aliases(place.id, [at.alias]):
                tx.record(
                    viewer,
                    "remove_aliases",
                    "version",
                    version_id,
                    now,
                    project_id=home.project_id,
                    alias=at.alias,
                    collection=home.name,
                    version=f"v{place.number}",
                )
                tx.changed("version", project_id=home.project_id, noun_id=version_id)
        tx.update_version(version_id, now)

    store.write(change)


@dataclass(frozen=True, slots=True)
class Details:
    """Words about a version to change; None leaves each as it is.

    `aliases`, when given, are all aliases in the source collection from now on.
    """

    description: str | None = None
    metadata: str | None = None
    tags_to_add: Sequence[str] = ()
    tags_to_remove: Sequence[str] = ()
    ttl_seconds: int | None = None
    aliases: Sequence[str] | None = None


def describe_version(
    store: Store, viewer: Viewer, version_id: int, given: Details, now: datetime
) -> VersionId:
    """Change what a version says about itself. Its files never change."""
    tags = [check_tag(one) for one in given.tags_to_add]
    aliases = None
    if given.aliases is not None:
        aliases = [check_alias(one) for one in given.aliases if number_of(one) is None]

    def change(tx: Transaction) -> VersionId:
        row = find_version(tx, viewer, version_id)
        find_project_by_id(tx, viewer, row.project_id, Access.WRITE)
        values: dict[str, Any] = {}
        if given.description is not None:
            values["description"] = given.description
        if given.metadata is not None:
            values["metadata"] = given.metadata
        if given.ttl_seconds is not None:
            values["ttl_seconds"] = stored_ttl(given.ttl_seconds)
        tx.update_version(version_id, now, **values)
        tx.tag_version(version_id, tags, now)
        tx.untag_version(version_id, given.tags_to_remove)
        if aliases is not None:
            place = tx.membership_of(viewer, row.collection_id, version_id)
            if place is None:
                tx.update_version(version_id, now, pending_aliases=json.dumps(aliases))
            else:
                gone = set(tx.unset_aliases(place.id)) - set(aliases)
                for name in aliases:
                    tx.set_alias(row.collection_id, place.id, name, now)
                if LATEST in gone:
                    settle_latest(tx, row.collection_id, now)
        tx.record(
            viewer,
            "describe_version",
            "version",
            version_id,
            now,
            project_id=row.project_id,
            changed=sorted(values),
        )
        tx.changed("version", project_id=row.project_id, noun_id=version_id)
        return VersionId(version_id)

    return store.write(change)


def settle_latest(tx: Transaction, collection_id: int, now: datetime) -> None:
    """Give `latest` to the newest version left when nobody has it. For use inside other actions."""
    if tx.alias_taken(collection_id, LATEST):
        return
    newest = tx.newest_place(collection_id)
    if newest is not None:
        tx.set_alias(collection_id, newest.id, LATEST, now)


# --- lineage ---------------------------------------------------------------------------------


def use_version(
    store: Store,
    viewer: Viewer,
    entity_name: str | None,
    project_name: str,
    run_name: str,
    version_id: int,
    now: datetime,
    *,
    used_as: str | None = None,
) -> VersionId:
    """Record that a run used a version; twice is once."""

    def change(tx: Transaction) -> VersionId:
        row = find_version(tx, viewer, version_id)
        home = find_project(tx, viewer, entity_name, project_name, Access.WRITE)
        tx.insert_edge(find_run_id(tx, viewer, home, run_name), version_id, EdgeKind.USED, now, used_as)
        tx.changed("version", project_id=row.project_id, noun_id=version_id)
        return VersionId(version_id)

    return store.write(change)


# --- deletion --------------------------------------------------------------------------------


def delete_version(
    store: Store, viewer: Viewer, version_id: int, now: datetime, *, delete_aliases: bool
) -> VersionId:
    """Delete a version; it can be restored until its grace is over.

    Raises `Conflict` while it has aliases (other than `latest`) and `delete_aliases` is False.
    """

    def change(tx: Transaction) -> VersionId:
        row = find_version(tx, viewer, version_id)
        find_project_by_id(tx, viewer, row.project_id, Access.WRITE)
        places = tx.memberships_of_versions(viewer, [version_id]).get(version_id, [])
        if not delete_aliases:
            held = tx.aliases_of_memberships(viewer, [one.id for one in places])
            names = sorted({one.name for rows in held.values() for one in rows} - {LATEST})
            if names:
                raise Conflict(
                    f"{row.collection_name}:v{row.number} has the aliases {', '.join(names)}. Remove them "
                    "first, or delete with delete_aliases=True."
                )
        remove_version(tx, row, places, now)
        tx.record(
            viewer,
            "delete_version",
            "version",
            version_id,
            now,
            project_id=row.project_id,
            name=f"{row.collection_name}:v{row.number}",
        )
        return VersionId(version_id)

    return store.write(change)


def remove_version(tx: Transaction, row: Row[Any], places: Sequence[Row[Any]], now: datetime) -> None:
    """Mark a version deleted and take it out of its places. For use inside other actions."""
    kept = []
    for place in places:
        kept += [[place.id, name] for name in tx.unset_aliases(place.id)]
        tx.remove_membership(place.id, now)
    tx.update_version(
        row.id,
        now,
        state=VersionState.DELETED.value,
        deleted_at=now,
        pending_aliases=json.dumps(kept),  # for undo
    )
    for place in places:
        settle_latest(tx, place.collection_id, now)
    tx.changed("version", project_id=row.project_id, noun_id=row.id)


def restore_version(store: Store, viewer: Viewer, version_id: int, now: datetime) -> VersionId:
    """Undo a deletion within the grace. Aliases that another version took meanwhile stay there."""

    def change(tx: Transaction) -> VersionId:
        row = tx.deleted_version(viewer, version_id)
        if row is None:
            raise NotFound("No deleted version of that id was found. Its grace may be over.")
        find_project_by_id(tx, viewer, row.project_id, Access.WRITE)
        return_version(tx, viewer, row, now)
        tx.record(
            viewer,
            "restore_version",
            "version",
            version_id,
            now,
            project_id=row.project_id,
            name=f"{row.collection_name}:v{row.number}",
        )
        return VersionId(version_id)

    return store.write(change)


def return_version(tx: Transaction, viewer: Viewer, row: Row[Any], now: datetime) -> None:
    """Put a deleted version back where it was. For use inside other actions."""
    if row.number is None or tx.collection_by_id(viewer, row.collection_id) is None:
        raise Conflict(f"The artifact {row.collection_name} itself was deleted. Restore it instead.")
    if tx.manifest_gone(row.id):
        raise Conflict(f"The grace of {row.collection_name}:v{row.number} is over; its files are gone.")
    tx.update_version(row.id, now, state=VersionState.COMMITTED.value, deleted_at=None, pending_aliases="[]")
    places = {place.id: place for place in tx.places_removed_at(row.id, row.deleted_at)}
    for place_id in places:
        tx.restore_membership(place_id)
    for place_id, name in json.loads(row.pending_aliases):
        place = places.get(place_id)
        newest = None if place is None else tx.newest_place(place.collection_id)
        mine = newest is not None and newest.id == place_id and name == LATEST
        if place is not None and (mine or not tx.alias_taken(place.collection_id, name)):
            tx.set_alias(place.collection_id, place_id, name, now)
    tx.changed("version", project_id=row.project_id, noun_id=row.id)
