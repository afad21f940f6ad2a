"""Bytes that arrive and bytes that go: receiving uploads, and removing what nothing needs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Row

from runstone.actions.access import find_project_by_id
from runstone.domain.artifact import VersionState
from runstone.domain.blob import client_addr
from runstone.domain.errors import Conflict, Invalid, NotFound, RunstoneError, Unavailable
from runstone.domain.ids import BlobId, EntityId
from runstone.domain.viewer import Access, Viewer
from runstone.store.objects import SideBySide
from runstone.store.opening import Store
from runstone.store.reads import Reads
from runstone.store.writes import Transaction

UNREFERENCED_FOR = timedelta(hours=24)  # an upload waits at least this long for its commit
COLLECT_AT_ONCE = 500


class Received(Protocol):
    """Bytes that arrived and are not yet durable."""

    md5: str
    size_bytes: int

    def finish(self, addr: str, md5: str | None = None) -> None:
        """Make them durable under an address; refuse other content than `md5`."""
        ...

    def abandon(self) -> None:
        """Throw them away."""
        ...


def version_being_made(reads: Reads, viewer: Viewer, version_id: int) -> Row[Any]:
    """A version that still takes files, with write access. Raises `NotFound`, `Denied` or `Conflict`."""
    row = reads.version(viewer, version_id)
    if row is None:
        raise NotFound("That artifact version was not found. It may have been deleted; log it again.")
    find_project_by_id(reads, viewer, row.project_id, Access.WRITE)
    if row.state != VersionState.PENDING.value:
        raise Conflict(
            f"{row.collection_name}:v{row.number} is committed: its files can't change any more. "
            "Log a new version."
        )
    return row


def receive_blob(
    store: Store, viewer: Viewer, version_id: int, md5: str, received: Received, now: datetime
) -> None:
    """Keep one file of a version that is being made. `md5` (hex) is what the client announced.

    Raises `Invalid` when other bytes came. Repeating it does no harm.
    """
    try:
        with store.reading() as reads:
            row = version_being_made(reads, viewer, version_id)
    except Exception:
        received.abandon()
        raise
    addr = client_addr(EntityId(row.entity_id), md5)
    received.finish(addr, md5)

    def change(tx: Transaction) -> None:
        blob_id = note_blob(tx, store, addr, received.size_bytes, md5, now)
        tx.own_blobs("upload", version_id, row.project_id, [(blob_id, received.size_bytes)])

    store.write(change)


@dataclass(frozen=True, slots=True)
class Small:
    """A file of a version that is being made, whole in memory; `data` has the `md5` (hex) announced."""

    viewer: Viewer
    version_id: int
    md5: str
    data: bytes


def receive_small(
    store: Store, files: Sequence[Small], now: datetime, side_by_side: SideBySide = map
) -> list[RunstoneError | None]:
    """Keep many small files in one transaction; for each, why it was refused (None: it is kept).

    `side_by_side` is a `map` that may store several objects at once. Raises what concerns all of
    them, such as a full disk. Repeating it does no harm.
    """
    homes: dict[tuple[int | None, int], Row[Any] | RunstoneError] = {}
    with store.reading() as reads:
        for one in files:
            key = (one.viewer.user_id, one.version_id)
            if key not in homes:
                try:
                    homes[key] = version_being_made(reads, one.viewer, one.version_id)
                except RunstoneError as error:
                    homes[key] = error
    found = [homes[one.viewer.user_id, one.version_id] for one in files]
    objects: dict[str, Small] = {}
    owned: dict[tuple[int, int], set[str]] = {}
    for one, home in zip(files, found, strict=True):
        if not isinstance(home, RunstoneError):
            addr = client_addr(EntityId(home.entity_id), one.md5)
            objects[addr] = one
            owned.setdefault((one.version_id, home.project_id), set()).add(addr)
    if objects:
        store.blobs.put_all({addr: one.data for addr, one in objects.items()}, side_by_side)

        def change(tx: Transaction) -> None:
            ids = note_blobs(
                tx, store, [(addr, len(one.data), one.md5) for addr, one in objects.items()], now
            )
            for (version_id, project_id), addresses in owned.items():
                blobs = [(ids[addr], len(objects[addr].data)) for addr in addresses]
                tx.own_blobs("upload", version_id, project_id, blobs)

        store.write(change)
    return [home if isinstance(home, RunstoneError) else None for home in found]


def receive_manifest(
    store: Store, viewer: Viewer, manifest_id: int, md5: str, received: Received, now: datetime
) -> None:
    """Keep the bytes of a version's manifest. `md5` (hex) may be empty: not announced."""
    try:
        with store.reading() as reads:
            found = reads.manifest(viewer, manifest_id)
            if found is None:
                raise NotFound("That manifest was not found. Log the artifact again.")
            row = version_being_made(reads, viewer, found.version_id)
    except Exception:
        received.abandon()
        raise
    actual = received.md5
    addr = client_addr(EntityId(row.entity_id), actual)
    received.finish(addr, md5 or None)

    def change(tx: Transaction) -> None:
        blob_id = note_blob(tx, store, addr, received.size_bytes, actual, now)
        tx.update_manifest(manifest_id, blob_id=blob_id)
        tx.own_blobs("upload", row.id, row.project_id, [(blob_id, received.size_bytes)])

    store.write(change)


def receive_run_file(
    store: Store,
    viewer: Viewer,
    run_id: int,
    name: str,
    received: Received,
    now: datetime,
    *,
    mimetype: str | None = None,
    md5: str | None = None,
) -> None:
    """Keep one file of a run; the newest bytes count. `md5` (hex): refuse other bytes than these."""
    try:
        with store.reading() as reads:
            home = reads.run_home(viewer, run_id)
            if home is None:
                raise NotFound(f"The run of the file {name!r} was not found. It may have been deleted.")
            find_project_by_id(reads, viewer, home.project_id, Access.WRITE)
    except Exception:
        received.abandon()
        raise
    actual = received.md5
    addr = client_addr(EntityId(home.entity_id), actual)
    received.finish(addr, md5)

    def change(tx: Transaction) -> None:
        blob_id = note_blob(tx, store, addr, received.size_bytes, actual, now)
        before = tx.set_run_file(
            run_id,
            name,
            now,
            blob_id=blob_id,
            size_bytes=received.size_bytes,
            md5=actual,
            mimetype=mimetype,
        )
        tx.own_blobs("run_file", run_id, home.project_id, [(blob_id, received.size_bytes)])
        if before is not None and before != blob_id and not tx.run_has_blob(run_id, before):
            tx.disown_blobs("run_file", run_id, [before])
        tx.changed("file", project_id=home.project_id, noun_id=run_id, detail=name)

    store.write(change)


def note_blobs(
    tx: Transaction, store: Store, objects: Sequence[tuple[str, int, str | None]], now: datetime
) -> dict[str, BlobId]:
    """Enter stored objects (address, bytes, hex md5), for use inside other actions' transactions.

    The collector removes bytes and row in one transaction, so bytes that are here after
    the row is written stay. Raises `Unavailable` when some were just collected (the client
    sends them again) and `Invalid` when they have another length.
    """
    ids = tx.insert_blobs(objects, now)
    for addr, size_bytes, _ in objects:
        stored = store.blobs.size(addr)
        if stored is None:
            raise Unavailable("The file was being cleaned up while it arrived. Send it again.")
        if stored != size_bytes:
            raise Invalid(f"The stored file has {stored} bytes, the upload had {size_bytes}. Send it again.")
    return ids


def note_blob(
    tx: Transaction, store: Store, addr: str, size_bytes: int, md5: str | None, now: datetime
) -> BlobId:
    """The same for one object."""
    return note_blobs(tx, store, [(addr, size_bytes, md5)], now)[addr]


@dataclass(frozen=True, slots=True)
class Collected:
    """What one round of `collect_blobs` did: objects newly doomed, objects and bytes removed."""

    doomed: int
    removed: int
    removed_bytes: int


def collect_blobs(
    store: Store, now: datetime, grace: timedelta, go_on: Callable[[], bool] = lambda: True
) -> Collected:
    """Doom objects that nothing refers to; remove those that stayed so for `grace`, and broken-off uploads.

    For the clock's door and administrators: it looks at all projects and changes nothing
    that anybody can see. `go_on` is asked between steps.
    """
    doomed = removed = removed_bytes = 0
    store.blobs.sweep_temporary(UNREFERENCED_FOR.total_seconds(), now.timestamp())
    while go_on():
        more = store.write(lambda tx: tx.doom_blobs(now - UNREFERENCED_FOR, now, COLLECT_AT_ONCE))
        doomed += more
        if more < COLLECT_AT_ONCE:
            break
    while go_on():
        with store.reading() as reads:
            batch = reads.doomed_blobs(now - grace, COLLECT_AT_ONCE)
        for row in batch:
            if store.write(lambda tx, row=row: _remove(tx, store, row)):  # type: ignore[misc]
                removed += 1
                removed_bytes += row.size_bytes
        if len(batch) < COLLECT_AT_ONCE:
            break
    return Collected(doomed, removed, removed_bytes)


def _remove(tx: Transaction, store: Store, row: Row[Any]) -> bool:
    if not tx.drop_doomed_blob(row.id):
        return False
    store.blobs.delete(row.addr)
    return True
