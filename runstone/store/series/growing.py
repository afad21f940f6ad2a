"""A pyramid with one more segment in it: which parts to store so that appending equals building at once."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from runstone.domain.history import Stream
from runstone.store.series.pyramid import PART, Buckets, appended, coarser, joined, level_one, pack_points
from runstone.store.series.segment import Points, Sealed

if TYPE_CHECKING:
    from sqlalchemy import Row  # not loaded where segments are made: that takes longer than all the rest


class Parts(Protocol):
    """Where the stored parts of a stream's pyramids are read."""

    def last_parts(self, run_id: int, epoch: int, stream: Stream) -> "dict[tuple[int, int], Row[Any]]":
        """The last stored part of each (key id, level)."""
        ...

    def level_parts(self, run_id: int, epoch: int, stream: Stream, key_id: int, level: int) -> list[bytes]:
        """Every stored part of one key and level."""
        ...


def grown(
    parts: Parts, row: "Row[Any]", sealed: Sealed, ids: Mapping[str, int]
) -> list[tuple[str, dict[str, Any]]]:
    """Parts to store, by key name, after a segment of the stream `row`. `ids` are those of known keys."""
    stream = Stream(row.stream)
    first = row.next_seq == 0
    last = {} if first else parts.last_parts(row.run_id, row.epoch, stream)
    found: list[tuple[str, dict[str, Any]]] = []
    for name, points in sealed.points.items():
        if first:
            found.append((name, _part(0, 0, points, pack_points(points))))
        key_id = ids.get(name, -1)

        def stored(level: int, key_id: int = key_id) -> list[bytes]:
            return parts.level_parts(row.run_id, row.epoch, stream, key_id, level)

        own = {level: part for (one, level), part in last.items() if one == key_id} if last else {}
        found.extend((name, part) for part in _levels(own, level_one(points), stored))
    return found


def _levels(last: "Mapping[int, Row[Any]]", fresh: Buckets, stored: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    level = 1
    while True:
        before = last.get(level)
        start = 0 if before is None else int(before.part)
        whole = fresh if before is None else appended(Buckets.unpack(before.data), fresh)
        for i in range(0, whole.size, PART):
            piece = whole.part(i, i + PART)
            found.append(_part(level, start + i // PART, piece, piece.pack()))
        if level + 1 in last:
            level, fresh = level + 1, coarser(fresh)
            continue
        count = start * PART + whole.size
        # A level that would not be much shorter is tried again when this one has another part.
        if count <= PART or (before is not None and whole.size <= PART and start > 0):
            return found
        complete = whole
        if start > 0:
            complete = joined([*(Buckets.unpack(data) for data in stored(level)[:start]), whole])
        higher = coarser(complete)
        if higher.size * 2 > complete.size:
            return found
        level, fresh = level + 1, higher


def _part(level: int, part: int, piece: Buckets | Points, data: bytes) -> dict[str, Any]:
    if isinstance(piece, Points):
        lines, n = piece.lines, piece.lines.size
        line_lo, line_hi = int(lines[0]), int(lines[-1])
        step_lo, step_hi = int(piece.steps.min()), int(piece.steps.max())
    else:
        n = piece.size
        line_lo, line_hi = int(piece.ids[0]), int(piece.ids[-1])
        step_lo, step_hi = int(piece.step_lo.min()), int(piece.step_hi.max())
    return {
        "level": level,
        "part": part,
        "n": int(n),
        "line_lo": line_lo,
        "line_hi": line_hi,
        "step_lo": step_lo,
        "step_hi": step_hi,
        "data": data,
    }
