"""Sealing: the lines of a tail become an immutable segment, its keys and its pyramid.

Nothing is lost at any point: before the one transaction the tail is whole, after it the
segment is. Two workers at the same stream cost only wasted work: the second finds that the
seal has moved and stops.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from runstone.actions.blob import note_blob
from runstone.domain.history import SEGMENT_LINES, Stream, overlay
from runstone.domain.ids import RunId
from runstone.domain.run import ENDED, RunState
from runstone.store.lines import pack, unpack
from runstone.store.opening import Store
from runstone.store.writes import Transaction

if TYPE_CHECKING:
    from runstone.store.segments import Sealed

SEGMENT_BYTES = 32 << 20
ENDED_FOR = timedelta(seconds=20)  # an ended run is sealed a little later: much else happens at an end
CONSOLE_MARGIN = 1000  # lines behind the end that a progress bar may still rewrite

Work = Callable[[int, Sequence[str], int], "Sealed"]


def seal_here(line0: int, texts: Sequence[str], step: int) -> "Sealed":
    """Make the segment in this process."""
    from runstone.store.segments import seal  # noqa: PLC0415 - start-up time and memory

    return seal(line0, texts, step)


def seal_stream(
    store: Store,
    run_id: RunId,
    epoch: int,
    stream: Stream,
    now: datetime,
    *,
    everything: bool = False,
    work: Work = seal_here,
) -> int:
    """Seal full segments of a stream, or with `everything` (or for an ended run) all of it.

    Returns how many segments were made. Safe to repeat and to run twice at once.
    """
    made = 0
    while _seal_one(store, run_id, epoch, stream, now, everything, work):
        made += 1
    return made


def _seal_one(
    store: Store, run_id: RunId, epoch: int, stream: Stream, now: datetime, everything: bool, work: Work
) -> bool:
    with store.reading() as reads:
        row = reads.stream_to_seal(run_id, epoch, stream)
        if row is None:
            return False
        chunks = reads.chunks_from(row, row.sealed_line)
    ended = RunState(row.state) in ENDED
    lines = overlay([(chunk.line0, unpack(chunk.data)) for chunk in chunks])
    lines = [one for one in lines if one[0] >= row.sealed_line]
    if stream is Stream.CONSOLE and not ended:
        lines = [one for one in lines if one[0] < row.next_line - CONSOLE_MARGIN]
    line0, texts, full = first_piece(lines)
    if not texts or not (full or everything or ended):
        return False
    if stream is Stream.CONSOLE:
        return _seal_console(store, row, line0, texts, now)
    sealed = work(line0, texts, row.last_step)
    from runstone.store.segments import grown  # noqa: PLC0415 - start-up time and memory

    with store.reading() as reads:
        before = reads.sealed_keys(_address(row), stream)
        ids = reads.key_ids(row.project_id, sealed.keys)
        parts = grown(reads, row, sealed, ids)
    for name, key in sealed.keys.items():
        if name in before:
            before[name].extend(key)
        else:
            before[name] = key
    addr = _keep(store, sealed.data)

    def change(tx: Transaction) -> bool:
        known = tx.make_key_ids(row.project_id, list(sealed.keys))
        if not tx.move_seal(row, line0 + sealed.n, last_step=sealed.last_step, level0=row.next_seq == 0):
            return False
        _publish(
            tx,
            store,
            row,
            addr,
            len(sealed.data),
            now,
            line0=line0,
            n=sealed.n,
            step_lo=sealed.step_lo,
            step_hi=sealed.step_hi,
            time_lo=sealed.time_lo,
            time_hi=sealed.time_hi,
        )
        tx.put_keys(row, known, {name: before[name] for name in sealed.keys})
        if row.next_seq == 1:
            tx.drop_level_zero(row)
        tx.put_parts(row, [{"key_id": known[name], **part} for name, part in parts])
        _drop_tail(tx, row, line0 + sealed.n)
        return True

    return store.write(change)


def ask_to_seal(tx: Transaction, run_id: int, epoch: int, stream: Stream, due_at: datetime) -> None:
    """Ask inside another action for a stream to be sealed."""
    tx.put_job("seal", f"{run_id}/{epoch}/{int(stream)}", due_at)
    tx.changed("job")


def first_piece(lines: Sequence[tuple[int, str]]) -> tuple[int, list[str], bool]:
    """The next segment's first line and texts, and whether it is full. Lost line numbers end a segment, so
    that its range tells exactly which lines it holds."""
    texts: list[str] = []
    size = 0
    for line, text in lines:
        if texts and line != lines[0][0] + len(texts):
            return lines[0][0], texts, len(lines) >= SEGMENT_LINES
        texts.append(text)
        size += len(text)
        if len(texts) == SEGMENT_LINES or size >= SEGMENT_BYTES:
            return lines[0][0], texts, True
    return (lines[0][0] if lines else 0), texts, False


def _seal_console(store: Store, row: Row[Any], line0: int, texts: list[str], now: datetime) -> bool:
    data, _ = pack(texts)
    addr = _keep(store, data)

    def change(tx: Transaction) -> bool:
        if not tx.move_seal(row, line0 + len(texts)):
            return False
        _publish(tx, store, row, addr, len(data), now, line0=line0, n=len(texts))
        _drop_tail(tx, row, line0 + len(texts))
        return True

    return store.write(change)


def _keep(store: Store, data: bytes) -> str:
    digest = hashlib.sha256(data).hexdigest()
    addr = f"s/{digest[:2]}/{digest}"
    store.blobs.put(addr, data)
    return addr


def _publish(
    tx: Transaction, store: Store, row: Row[Any], addr: str, size: int, now: datetime, **values: Any
) -> None:
    blob_id = note_blob(tx, store, addr, size, None, now)
    tx.own_blobs("segment", row.run_id, row.project_id, [(blob_id, size)])
    tx.insert_segment(row, blob_id=blob_id, size_bytes=size, **values)


def _drop_tail(tx: Transaction, row: Row[Any], end: int) -> None:
    """Delete what the segment holds; a chunk that goes on beyond it is cut."""
    for chunk in tx.straddling(row, row.sealed_line, end):
        rest = unpack(chunk.data)[end - chunk.line0 :]
        data, raw_bytes = pack(rest)
        tx.insert_chunk(chunk, end, len(rest), raw_bytes, data)
    tx.drop_chunks(row, row.sealed_line, end)
    fresh = tx.lock_stream(RunId(row.run_id), row.epoch, Stream(row.stream))
    assert fresh is not None
    tx.recount_tail(fresh)


def _address(row: Row[Any]) -> Any:
    return _StreamOf(row.run_id, row.epoch)


class _StreamOf:
    """A run's id and epoch, in the form in which reads take a run's row."""

    def __init__(self, run_id: int, epoch: int) -> None:
        self.id, self.epoch = run_id, epoch
