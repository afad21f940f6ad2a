"""From announced files to an immutable version: manifests, upload offers, commit."""

import json
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from runstone.actions.access import find_project_by_id
from runstone.actions.arrival import note_arrived
from runstone.actions.blob import note_blob, version_being_made
from runstone.domain.artifact import LATEST, VersionState
from runstone.domain.blob import client_addr, md5_of
from runstone.domain.errors import Invalid, NotFound
from runstone.domain.ids import EntityId, ManifestId, VersionId
from runstone.domain.manifest import Entry, Manifest, parse_manifest
from runstone.domain.viewer import Access, Viewer
from runstone.store.opening import Store
from runstone.store.reads import Reads
from runstone.store.writes import Transaction

FULL, INCREMENTAL, PATCH = "FULL", "INCREMENTAL", "PATCH"
CURRENT_MANIFEST = "wandb_manifest.json"
ENTRIES_AT_ONCE = 5000  # rows per transaction: other writers get their turn in between
MISSING_SHOWN = 20


def announce_manifest(
    store: Store,
    viewer: Viewer,
    version_id: int,
    name: str,
    now: datetime,
    *,
    kind: str,
    digest: str,
    base_version_id: int | None,
) -> ManifestId:
    """Note that a manifest will come; the same name again is the same one, but for a part of a version that
    several runs make: theirs all have one name. `digest`: hex md5 or empty."""
    if kind not in (FULL, INCREMENTAL, PATCH):
        raise Invalid(f"manifest of type {kind}: this server takes {FULL}, {INCREMENTAL} and {PATCH}.")
    if kind == PATCH:
        name = f"{name}.{secrets.token_hex(8)}"

    def change(tx: Transaction) -> ManifestId:
        version_being_made(tx, viewer, version_id)
        if base_version_id is not None and tx.version(viewer, base_version_id) is None:
            raise NotFound("The base version of this manifest was not found. Log the artifact in full.")
        return tx.upsert_manifest(
            version_id, name, now, kind=kind, digest=digest, base_version_id=base_version_id
        )

    return store.write(change)


def change_manifest(
    store: Store, viewer: Viewer, manifest_id: int, *, digest: str | None, base_version_id: int | None
) -> ManifestId:
    """Set the digest (hex md5) and base of a manifest whose bytes are about to come."""

    def change(tx: Transaction) -> ManifestId:
        found = tx.manifest(viewer, manifest_id)
        if found is None:
            raise NotFound("That manifest was not found. Log the artifact again.")
        version_being_made(tx, viewer, found.version_id)
        values: dict[str, Any] = {}
        if digest is not None:
            values["digest"] = digest
        if base_version_id is not None:
            if tx.version(viewer, base_version_id) is None:
                raise NotFound("The base version of this manifest was not found. Log the artifact in full.")
            values["base_version_id"] = base_version_id
        if values:
            tx.update_manifest(manifest_id, **values)
        return ManifestId(manifest_id)

    return store.write(change)


def offer_uploads(
    store: Store, viewer: Viewer, version_id: int, md5s: Sequence[str], now: datetime
) -> set[str]:
    """Which of these files (hex md5) must be sent; the others are stored already and are kept."""
    with store.reading() as reads:
        row = version_being_made(reads, viewer, version_id)
        present = _usable_blobs(store, reads, viewer, row, md5s)
    doomed = [blob.id for blob in present.values() if blob.state == "doomed"]
    if doomed:
        store.write(lambda tx: tx.keep_blobs(doomed, now))
    return {md5 for md5 in md5s if md5 not in present}


def _usable_blobs(
    store: Store, reads: Reads, viewer: Viewer, version_row: Row[Any], md5s: Iterable[str]
) -> dict[str, Row[Any]]:
    """Stored files by hex md5 that this viewer may put into this version, and that are still there.

    Members of the entity may use every file of it; others (open projects) only what is in
    the same project, so that nobody reads a file by knowing its md5.
    """
    entity_id = EntityId(version_row.entity_id)
    found = {
        row.md5: row
        for row in reads.blobs_at(client_addr(entity_id, md5) for md5 in md5s).values()
        if row.md5 and store.has(row.addr)
    }
    if viewer.role_in(entity_id) is None:
        allowed = reads.blobs_in_project(viewer, version_row.project_id, [row.id for row in found.values()])
        found = {md5: row for md5, row in found.items() if row.id in allowed}
    return found


def commit_version(store: Store, viewer: Viewer, version_id: int, now: datetime) -> VersionId:
    """Make a version immutable: check its files, give it a number, move its aliases.

    Again is harmless. Raises `Invalid` naming the files whose bytes never arrived; the
    version stays open then, so that they can still be sent.
    """
    with store.reading() as reads:
        row = reads.version(viewer, version_id)
        if row is None:
            raise NotFound("That artifact version was not found. It may have been deleted; log it again.")
        find_project_by_id(reads, viewer, row.project_id, Access.WRITE)
        if row.state == VersionState.COMMITTED.value:
            return VersionId(version_id)
        manifest, merged = _assembled(store, reads, viewer, row)
    md5s = {one.md5 for one in manifest.entries() if one.md5 is not None}
    note_arrived(store, version_id, row.project_id, EntityId(row.entity_id), md5s, now)
    with store.reading() as reads:
        entries = _with_blobs(store, reads, viewer, row, list(manifest.entries()))
    _store_entries(store, version_id, entries)
    text = manifest.text() if merged else None
    if text is not None:
        store.blobs.put(client_addr(EntityId(row.entity_id), md5_of(text)), text)

    def change(tx: Transaction) -> None:
        current = tx.version(viewer, version_id)
        if current is None or current.state != VersionState.PENDING.value:
            return
        stored = {blob_id: size for entry, blob_id, size in entries if blob_id is not None}
        _note_manifest(tx, store, row, text, now)
        tx.own_blobs("version", version_id, row.project_id, stored.items())
        tx.disown_blobs("upload", version_id)
        number = tx.next_collection_number(row.collection_id)
        tx.update_version(
            version_id,
            now,
            state=VersionState.COMMITTED.value,
            number=number,
            digest=manifest.digest if merged else row.digest,
            size_bytes=sum(size for _, _, size in entries),
            file_count=len(entries),
            committed_at=now,
            pending_aliases="[]",
        )
        place = tx.insert_membership(row.collection_id, version_id, number, now, viewer.user_id)
        for name in dict.fromkeys([*json.loads(current.pending_aliases), LATEST]):
            tx.set_alias(row.collection_id, place, name, now)
        tx.update_collection(row.collection_id, now)
        tx.record(
            viewer,
            "commit_version",
            "version",
            version_id,
            now,
            project_id=row.project_id,
            name=f"{row.collection_name}:v{number}",
        )
        tx.changed("version", project_id=row.project_id, noun_id=version_id)

    store.write(change)
    return VersionId(version_id)


def _assembled(store: Store, reads: Reads, viewer: Viewer, row: Row[Any]) -> tuple[Manifest, bool]:
    """The whole manifest of a version that is being made, and whether it had to be put together."""
    sent = [one for one in reads.manifests_of(viewer, row.id) if one.addr is not None]
    full = next((one for one in reversed(sent) if one.kind == FULL), None)
    if full is not None:
        return parse_manifest(store.blobs.read(full.addr)), False
    if not sent:
        raise Invalid(
            f"The manifest of {row.collection_name} never arrived, so there is nothing to commit. "
            "Log the artifact again."
        )
    parts = [one for one in sent if one.kind == PATCH]
    if parts:
        whole = parse_manifest(store.blobs.read(parts[0].addr))
        for part in parts[1:]:
            whole = whole.merged(parse_manifest(store.blobs.read(part.addr)))
        return whole, True
    increment = sent[-1]
    additions = parse_manifest(store.blobs.read(increment.addr))
    base = None
    if increment.base_version_id is not None:
        base = reads.current_manifest(viewer, increment.base_version_id)
        if base is None:
            raise Invalid(
                f"The version on which this increment of {row.collection_name} builds is gone. "
                "Log the artifact in full."
            )
    if base is None:
        return additions, True
    return parse_manifest(store.blobs.read(base.addr)).merged(additions), True


def _with_blobs(
    store: Store, reads: Reads, viewer: Viewer, row: Row[Any], entries: list[Entry]
) -> list[tuple[Entry, int | None, int]]:
    """Each entry with the id of its object (None for references) and its bytes."""
    present = _usable_blobs(store, reads, viewer, row, {one.md5 for one in entries if one.md5 is not None})
    missing = [one.path for one in entries if one.md5 is not None and one.md5 not in present]
    if missing:
        shown = ", ".join(missing[:MISSING_SHOWN])
        more = f" and {len(missing) - MISSING_SHOWN} more" if len(missing) > MISSING_SHOWN else ""
        raise Invalid(
            f"{row.collection_name}: the bytes of {len(missing)} of {len(entries)} files never arrived: "
            f"{shown}{more}. Nothing was committed. Log the artifact again; what arrived is not sent twice."
        )
    found: list[tuple[Entry, int | None, int]] = []
    for one in entries:
        if one.md5 is None:
            found.append((one, None, one.size_bytes))
            continue
        blob = present[one.md5]
        if one.size_bytes and one.size_bytes != blob.size_bytes:
            raise Invalid(
                f"{row.collection_name}: {one.path} has {blob.size_bytes} bytes, its manifest says "
                f"{one.size_bytes}. Nothing was committed. Log the artifact again."
            )
        found.append((one, blob.id, blob.size_bytes))
    return found


def _store_entries(store: Store, version_id: int, entries: list[tuple[Entry, int | None, int]]) -> None:
    """Write the rows in steps of their own: they show only once the version is committed."""
    for start in range(0, len(entries), ENTRIES_AT_ONCE):
        part = [(entry, blob_id) for entry, blob_id, _ in entries[start : start + ENTRIES_AT_ONCE]]
        store.write(lambda tx, part=part: tx.insert_entries(version_id, part))  # type: ignore[misc]


def _note_manifest(tx: Transaction, store: Store, row: Row[Any], text: bytes | None, now: datetime) -> None:
    """Mark the manifest that counts: the one that was sent in full, or the one put together."""
    if text is None:
        sent = [one for one in tx.manifests_of_any(row.id) if one.kind == FULL and one.blob_id is not None]
        manifest_id, blob_id, size = sent[-1].id, sent[-1].blob_id, sent[-1].size_bytes
    else:
        md5 = md5_of(text)
        blob_id = note_blob(tx, store, client_addr(EntityId(row.entity_id), md5), len(text), md5, now)
        size = len(text)
        manifest_id = tx.upsert_manifest(
            row.id, CURRENT_MANIFEST, now, kind=FULL, digest=md5, base_version_id=None
        )
        tx.update_manifest(manifest_id, blob_id=blob_id)
    tx.update_manifest(manifest_id, current=True)
    tx.own_blobs("manifest", row.id, row.project_id, [(blob_id, size)])
