"""Checking what is stored, and making derived data again from the segments.

Segments are the truth: a damaged one is named, and can only come back from a backup. What is
derived from them (pyramids, what is known of keys) is compared with what they give, and can be
made again at any time, beside a running server.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Row

from runstone.actions.derived import Derived, derive
from runstone.domain.history import Stream
from runstone.domain.ids import RunId
from runstone.domain.viewer import Viewer
from runstone.store.lines import unpack
from runstone.store.opening import Store
from runstone.store.reads import Reads
from runstone.store.writes import Transaction

MEAN_TOLERANCE = 1e-5  # means are rounded when they are stored


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: where (`entity/project/run, stream`), what, and whether it has been put right."""

    where: str
    what: str
    repaired: bool = False


def stored_streams(store: Store, viewer: Viewer) -> list[Row[Any]]:
    """Every stream there is, for `verify_stream` and `rebuild_stream`."""
    with store.reading() as reads:
        return reads.stored_streams(viewer)


def verify_stream(store: Store, row: Row[Any], *, repair: bool = False) -> list[Finding]:
    """Check one stream: every segment, every waiting chunk, and what is derived from them.

    With `repair`, derived data that is wrong is made again, unless a segment is damaged.
    """
    where = _where(row)
    with store.reading() as reads:
        fresh = reads.stream_to_seal(row.run_id, row.epoch, Stream(row.stream))
        if fresh is None:
            return []
        found = [*_segments_wrong(reads, fresh, where), *_tail_wrong(reads, fresh, where)]
        if row.stream == Stream.CONSOLE or fresh.next_seq == 0:
            return found
        derived = derive(reads, fresh, reads.segments(_at(fresh), Stream(fresh.stream)))
        wrong = _derived_wrong(reads, fresh, derived) if derived.complete else []
    done = bool(wrong) and repair and _replace(store, fresh, derived)
    return found + [Finding(where, what, repaired=done) for what in wrong]


def rebuild_stream(store: Store, row: Row[Any]) -> bool:
    """Make the derived data of one stream again. False when a segment is damaged, or when the stream was
    sealed meanwhile: then nothing is changed."""
    if row.stream == Stream.CONSOLE:
        return True
    with store.reading() as reads:
        fresh = reads.stream_to_seal(row.run_id, row.epoch, Stream(row.stream))
        derived = (
            None if fresh is None else derive(reads, fresh, reads.segments(_at(fresh), Stream(fresh.stream)))
        )
    if fresh is None or derived is None:
        return True
    return derived.complete and _replace(store, fresh, derived)


def _where(row: Row[Any]) -> str:
    restart = f", restart {row.epoch}" if row.epoch else ""
    return f"{row.entity_name}/{row.project_name}/{row.run_name}, {Stream(row.stream).name.lower()}{restart}"


def _at(row: Row[Any]) -> Any:
    """A stream's row in the form in which reads take a run's."""
    return SimpleNamespace(id=row.run_id, epoch=row.epoch)


def _segments_wrong(reads: Reads, row: Row[Any], where: str) -> Iterator[Finding]:
    last_end: dict[int, tuple[int, int]] = {}
    segments = reads.segments(_at(row), Stream(row.stream))
    if [one.seq for one in segments] != list(range(row.next_seq)):
        yield Finding(where, f"{row.next_seq} segments were sealed, {len(segments)} are listed.")
    for one in segments:
        what = _segment_wrong(reads, one)
        if what is not None:
            lines = f"lines {one.line0} to {one.line0 + one.n - 1}"
            yield Finding(where, f"segment {one.seq} ({lines}), file {one.addr}: {what}")
        for seq, (first, end) in last_end.items():
            if one.line0 < end and one.line0 + one.n > first:
                yield Finding(where, f"segments {seq} and {one.seq} hold the same lines.")
        last_end[one.seq] = one.line0, one.line0 + one.n


def _segment_wrong(reads: Reads, one: Row[Any]) -> str | None:
    try:
        data = reads.blobs.read(one.addr)
    except KeyError:
        return "the file is missing."
    if hashlib.sha256(data).hexdigest() != one.addr.rpartition("/")[2]:
        return "the file was changed: its digest is not that of its name."
    if len(data) != one.size_bytes:
        return f"the file has {len(data)} bytes, {one.size_bytes} were sealed."
    if one.stream == Stream.CONSOLE:
        n = len(unpack(data))
        return None if n == one.n else f"the file has {n} lines, {one.n} were sealed."
    from runstone.store.segments import Segment  # noqa: PLC0415 - start-up time and memory

    lines = sorted(line for line, _ in Segment(data).rows(keys=()))
    if lines != list(range(one.line0, one.line0 + one.n)):
        return f"the file has {len(lines)} rows, or other ones than the {one.n} that were sealed."
    return None


def _tail_wrong(reads: Reads, row: Row[Any], where: str) -> Iterator[Finding]:
    for chunk in reads.tail_chunks(_at(row), Stream(row.stream)):
        try:
            n = len(unpack(chunk.data))
        except Exception as error:  # noqa: BLE001 - whatever a damaged chunk raises is what is wrong with it
            yield Finding(where, f"the waiting lines from {chunk.line0} on can't be read ({error}).")
            continue
        if n != chunk.n:
            yield Finding(where, f"the waiting lines from {chunk.line0} on are {n}, {chunk.n} came.")


def _derived_wrong(reads: Reads, row: Row[Any], derived: Derived) -> list[str]:
    names = {number: name for name, number in reads.key_ids(row.project_id, derived.keys).items()}
    stored = {
        (names.get(one.key_id, f"key {one.key_id}"), one.level, one.part): one.data
        for one in reads.stored_parts(row)
    }
    wrong = []
    for of in sorted(stored.keys() | derived.parts.keys()):
        name, level, part = of
        if of not in derived.parts or of not in stored:
            lost = "should not be there" if of not in derived.parts else "is missing"
            wrong.append(f"the pyramid of {name!r}, level {level}, part {part} {lost}.")
        elif not _alike(stored[of], derived.parts[of], level):
            wrong.append(
                f"the pyramid of {name!r}, level {level}, part {part} is not what its segments give."
            )
    known = reads.sealed_keys(_at(row), Stream(row.stream))
    for name in sorted(known.keys() | derived.keys.keys()):
        one, other = known.get(name), derived.keys.get(name)
        if one is None or other is None or (one.n, one.low, one.high) != (other.n, other.low, other.high):
            wrong.append(f"what is known of the key {name!r} is not what its segments give.")
    return wrong


def _alike(data: bytes, other: bytes, level: int) -> bool:
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    from runstone.store.segments import Buckets, unpack_points  # noqa: PLC0415

    if data == other:
        return True
    unpack_part: Callable[[bytes], Any] = unpack_points if level == 0 else Buckets.unpack
    try:
        one, two = unpack_part(data), unpack_part(other)
    except Exception:  # noqa: BLE001 - whatever a damaged part raises, it is wrong
        return False
    for name in one.__dataclass_fields__:
        mine, theirs = getattr(one, name), getattr(two, name)
        if mine.shape != theirs.shape:
            return False
        if name == "mean":
            if not np.allclose(mine, theirs, rtol=MEAN_TOLERANCE, atol=0, equal_nan=True):
                return False
        elif not np.array_equal(mine, theirs, equal_nan=mine.dtype.kind == "f"):
            return False
    return True


def _replace(store: Store, row: Row[Any], derived: Derived) -> bool:
    def change(tx: Transaction) -> bool:
        fresh = tx.lock_stream(RunId(row.run_id), row.epoch, Stream(row.stream))
        if fresh is None or fresh.next_seq != row.next_seq:
            return False
        ids = tx.make_key_ids(row.project_id, list(derived.keys))
        tx.drop_derived(row)
        tx.put_keys(row, ids, derived.keys)
        tx.put_parts(row, [{"key_id": ids[of[0]], **part} for of, part in derived.rows.items()])
        return True

    return store.write(change)
