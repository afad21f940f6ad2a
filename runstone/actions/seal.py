"""Sealing: the lines of a tail become an immutable segment, its keys and its pyramid.

Nothing is lost at any point: before the one transaction the tail is whole, after it the
segment is. Two workers at the same stream cost only wasted work: the second finds that the
seal has moved and stops.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from runstone.actions.blob import note_blob
from runstone.domain.history import SEGMENT_BYTES, SEGMENT_LINES, Stream
from runstone.domain.ids import RunId
from runstone.domain.run import ENDED, RunState
from runstone.store.lines import Tail, first_piece, lines_of, pack, unpack
from runstone.store.opening import Store
from runstone.store.writes import Transaction

if TYPE_CHECKING:
    from runstone.store.segments import Sealed

ENDED_FOR = timedelta(seconds=20)  # an ended run is sealed a little later: much else happens at an end
CONSOLE_MARGIN = 1000  # lines behind the end that a progress bar may still rewrite

Work = Callable[[Tail], "Sealed | None"]


def seal_here(tail: Tail) -> "Sealed | None":
    """Make the segment in this process."""
    from runstone.store.segments import seal_first  # noqa: PLC0415 - start-up time and memory

    return seal_first(tail)


def seal_stream(
    store: Store,
    run_id: RunId,
    epoch: int,
    stream: Stream,
    now: datetime,
    *,
    everything: bool = False,
    work: Work = seal_here,
    go_on: Callable[[], bool] = lambda: True,
) -> int:
    """Seal full segments of a stream, or with `everything` (or for an ended run) all of it.

    Returns how many segments were made; `go_on` is asked before each. Safe to repeat and to run twice at
    once.
    """
    made = 0
    while go_on() and _seal_one(store, run_id, epoch, stream, now, everything, work):
        made += 1
    return made


def _seal_one(
    store: Store, run_id: RunId, epoch: int, stream: Stream, now: datetime, everything: bool, work: Work
) -> bool:
    with store.reading() as reads:
        row = reads.stream_to_seal(run_id, epoch, stream)
        if row is None:
            return False
        ended = RunState(row.state) in ENDED
        whole = everything or ended
        if not (whole or row.tail_lines >= SEGMENT_LINES or row.tail_bytes >= SEGMENT_BYTES):
            return False
        end = reads.end_of_piece(row, SEGMENT_LINES, SEGMENT_BYTES)
        chunks = reads.chunks_from(row, row.sealed_line, end)
    if not chunks:
        return False
    packed = [(int(chunk.line0), bytes(chunk.data)) for chunk in chunks]
    if stream is Stream.CONSOLE:
        last = row.next_line if ended else row.next_line - CONSOLE_MARGIN
        return _seal_console(store, row, packed, now, end=min(end, last), whole=whole or end < last)
    # With lines behind them these are all that this segment will ever get.
    whole = whole or end < row.next_line
    sealed = work(Tail(packed, row.sealed_line, row.last_step, whole, SEGMENT_LINES, end))
    if sealed is None:
        return False
    line0 = sealed.line0
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


def _seal_console(
    store: Store, row: Row[Any], chunks: list[tuple[int, bytes]], now: datetime, *, end: int, whole: bool
) -> bool:
    line0, texts, full = first_piece(lines_of(chunks, row.sealed_line, end), SEGMENT_LINES)
    if not texts or not (full or whole):
        return False
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
