"""Bytes that clients send to the bucket themselves: where to, and how we learn that they arrived.

Nobody tells us of such an upload. So the commit of a version asks the bucket for the files it
doesn't know yet. It notes them as `pending` first: from then on no collector removes the bytes
that it is about to find.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from runstone.actions.blob import version_being_made
from runstone.domain.blob import client_addr
from runstone.domain.errors import Invalid
from runstone.domain.ids import EntityId
from runstone.domain.viewer import Viewer
from runstone.store.opening import Direct, Store
from runstone.store.writes import Transaction

LIFETIME = timedelta(hours=24)
SINGLE_PARTS = 49  # of 100 MiB: as much as every bucket takes in one piece, its md5 checked as a whole
MOST_PARTS = 10_000
ASKED_AT_ONCE = 16
UNKNOWN_FOR = timedelta(hours=48)  # longer than any upload address holds, so that nobody still waits
NOTED_AT_ONCE = 2_000  # objects of one transaction


@dataclass(frozen=True, slots=True)
class InParts:
    """An upload in parts: its id, and an address for each part, (number, address)."""

    upload_id: str
    parts: Sequence[tuple[int, Direct]]


def upload_address(store: Store, entity_id: EntityId, md5: str, now: datetime) -> Direct | None:
    """Where the client sends a file with this md5 (hex) by itself; None: to this server."""
    return store.blobs.upload_address(client_addr(entity_id, md5), md5, now, int(LIFETIME.total_seconds()))


def begin_parts(
    store: Store, entity_id: EntityId, md5: str, parts: Mapping[int, str], now: datetime
) -> InParts | None:
    """Start an upload in parts (number: hex md5); None where the file travels in one piece."""
    if not store.blobs.direct or len(parts) <= SINGLE_PARTS:
        return None
    if len(parts) > MOST_PARTS or set(parts) != set(range(1, len(parts) + 1)):
        raise Invalid(f"uploadPartsInput: expected parts 1 to at most {MOST_PARTS}, without a gap.")
    addr = client_addr(entity_id, md5)
    upload_id = store.blobs.begin_parts(addr)
    if upload_id is None:
        return None
    lifetime_s = int(LIFETIME.total_seconds())
    found = [
        (number, store.blobs.part_address(addr, upload_id, number, parts[number], now, lifetime_s))
        for number in sorted(parts)
    ]
    return InParts(upload_id, found)


def finish_parts(
    store: Store, viewer: Viewer, version_id: int, md5: str, upload_id: str, parts: Sequence[tuple[int, str]]
) -> None:
    """Make one file of its parts, (number, entity tag) each. Again is harmless."""
    with store.reading() as reads:
        row = version_being_made(reads, viewer, version_id)
    addr = client_addr(EntityId(row.entity_id), md5)
    try:
        store.blobs.finish_parts(addr, upload_id, parts)
    except Invalid:
        if store.blobs.size(addr) is None:  # else an earlier answer was lost on its way
            raise


def abort_parts(store: Store, viewer: Viewer, version_id: int, md5: str, upload_id: str) -> None:
    """Drop the parts of a file that its client gave up. Again is harmless."""
    with store.reading() as reads:
        row = version_being_made(reads, viewer, version_id)
    store.blobs.abort_parts(client_addr(EntityId(row.entity_id), md5), upload_id)


def note_arrived(
    store: Store, version_id: int, project_id: int, entity_id: EntityId, md5s: Iterable[str], now: datetime
) -> None:
    """Enter those of these files (hex md5) that lie in the bucket without our knowing."""
    if not store.blobs.direct:
        return
    by_addr = {client_addr(entity_id, md5): md5 for md5 in md5s}
    with store.reading() as reads:
        known = reads.blobs_at(by_addr)
    unknown = sorted(set(by_addr) - set(known))
    for start in range(0, len(unknown), NOTED_AT_ONCE):
        _note(
            store,
            version_id,
            project_id,
            {addr: by_addr[addr] for addr in unknown[start:][:NOTED_AT_ONCE]},
            now,
        )


def adopt_objects(store: Store, now: datetime, go_on: Callable[[], bool] = lambda: True) -> int:
    """Enter old objects that no row knows, as doomed ones; how many. The collector then frees them.

    They are left by uploads whose version was never committed and by processes that died
    between bytes and row. For the clock's door.
    """
    adopted = 0
    for page in store.blobs.objects():
        if not go_on():
            break
        old = {one.addr: one for one in page if one.changed_at < now - UNKNOWN_FOR}
        with store.reading() as reads:
            unknown = sorted(set(old) - reads.known_addresses(old))
        if unknown:
            rows = [(addr, old[addr].size_bytes, _md5_in(addr)) for addr in unknown]
            store.write(lambda tx, rows=rows: tx.adopt_blobs(rows, now))  # type: ignore[misc]
            adopted += len(rows)
    return adopted


def _md5_in(addr: str) -> str | None:
    """The hex md5 that a client object's address holds; server-made ones have none."""
    return addr.rpartition("/")[2] if addr.startswith("e/") else None


def _note(store: Store, version_id: int, project_id: int, md5s: Mapping[str, str], now: datetime) -> None:
    store.write(lambda tx: tx.await_blobs(md5s, now))
    with ThreadPoolExecutor(min(ASKED_AT_ONCE, len(md5s))) as pool:
        sizes = dict(zip(md5s, pool.map(store.blobs.size, md5s), strict=True))

    def change(tx: Transaction) -> None:
        arrived = [
            (tx.insert_blob(addr, size, md5s[addr], now), size)
            for addr, size in sizes.items()
            if size is not None
        ]
        tx.own_blobs("upload", version_id, project_id, arrived)
        tx.drop_awaited_blobs([addr for addr, size in sizes.items() if size is None])

    store.write(change)
