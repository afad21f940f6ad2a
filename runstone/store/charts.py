"""Lines to draw: one metric of many runs over any x, from the coarsest level that fills the pixels.

A chart costs its pixels, not its run: whatever the length, a window is read at a level that
has about as many buckets as the drawing has points. What is not sealed yet is added from
the tail. Every interval keeps its true minimum and maximum.
"""

import math
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from runstone.domain.history import Stream
from runstone.store.history import HistoryReads
from runstone.store.series.lines import unpack
from runstone.store.sql.series import SeriesReads

if TYPE_CHECKING:
    from runstone.store.series.pyramid import Buckets
    from runstone.store.series.reading import Curve
    from runstone.store.series.reading import Line as Line
    from runstone.store.series.segment import Points

STEP = "_step"
TIME = "_timestamp"
RELATIVE = "_relative"  # seconds since the first row
CACHE_BYTES = 128 << 20
MOST_SEGMENTS = 8  # of one line, opened for exact rows


@dataclass(frozen=True, slots=True)
class Tail:
    """A tail chunk taken apart: the numbers of each key, and the step of its last line."""

    points: "dict[str, Points]"
    last_step: int


class TailCache:
    """Chunks taken apart, by their packed bytes and place, so that nothing ever becomes stale."""

    def __init__(self, limit_bytes: int = CACHE_BYTES) -> None:
        self._limit = limit_bytes
        self._known: OrderedDict[tuple[bytes, int, int], tuple[Tail, int]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def tail(self, data: bytes, raw_bytes: int, line0: int, step: int) -> Tail:
        """A chunk whose first line has the number `line0`, after a line of the given step."""
        from runstone.store.series.segment import numbers_of  # noqa: PLC0415 - start-up time and memory

        key = (data, line0, step)
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
                return known[0]
        tail = Tail(*numbers_of(line0, unpack(data), step))
        with self._lock:
            if key not in self._known:
                self._known[key] = (tail, 2 * raw_bytes)
                self._bytes += 2 * raw_bytes
            while self._bytes > self._limit and len(self._known) > 1:
                _, (_, size) = self._known.popitem(last=False)
                self._bytes -= size
        return tail


_CACHE = TailCache()


def read_tail(chunk: Row[Any], step: int) -> Tail:
    """A tail chunk taken apart, after a line of the given step."""
    return _CACHE.tail(chunk.data, chunk.raw_bytes, chunk.line0, step)


@dataclass(slots=True)
class _Run:
    """What is gathered of one run while a chart is read."""

    row: Row[Any]
    stream: Row[Any]
    tail: "list[Tail]" = field(default_factory=list)
    # per key id and level: how many buckets lie in the window
    levels: dict[int, dict[int, float]] = field(default_factory=dict)
    window: tuple[float, float] = (-math.inf, math.inf)
    first_time: float = math.inf


@dataclass(frozen=True, slots=True)
class Read:
    """A curve as it was read, the level of the pyramid it came from (0: rows), and the stream's next line at
    that moment."""

    curve: "Curve"
    level: int
    end: int


class ChartReads(SeriesReads, HistoryReads):
    """Reads of lines to draw. The rows of the runs, which the caller holds, are the proof of access."""

    def warm_up(self) -> None:
        """Load what charts need and put their questions about a run that nobody has: the first chart of a
        process would wait for that several times as long as for its lines."""
        from runstone.store.series.reading import chained, drawn  # noqa: PLC0415 - start-up time and memory

        nobody, stream = [0], Stream.HISTORY
        self.key_ids(0, [STEP])
        self.streams_of(nobody, stream)
        self.tails_of(nobody, stream)
        self.level_counts(nobody, stream, nobody)
        self.part_extents(nobody, stream, nobody, 0, 1)
        self.parts(nobody, stream, nobody, 1, 0, 1)
        drawn(chained([]), None, None, 2, 1, 0)

    def series(
        self,
        runs: Sequence[Row[Any]],
        keys: Sequence[str],
        x: str = STEP,
        lo: float | None = None,
        hi: float | None = None,
        points: int = 500,
        stream: Stream = Stream.HISTORY,
    ) -> "dict[tuple[int, str], Line]":
        """Lines by (run id, key) of runs of one project, over `x` between `lo` and `hi`.

        `x` is `_step`, `_relative` (seconds since the first row), or any key with numbers. A
        line has at most `points` points. Runs without the key are left out.
        """
        from runstone.store.series.reading import drawn  # noqa: PLC0415 - start-up time and memory

        found = self.curves(runs, keys, x, lo, hi, points, stream)
        return {of: drawn(one.curve, lo, hi, points, one.level, one.end) for of, one in found.items()}

    def curves(
        self,
        runs: Sequence[Row[Any]],
        keys: Sequence[str],
        x: str,
        lo: float | None,
        hi: float | None,
        points: int,
        stream: Stream,
        *,
        exact: bool = False,
    ) -> dict[tuple[int, str], Read]:
        """The same before it is cut to its window and to `points` points; with `exact`, runs short enough to
        have their rows in the pyramid are read by rows."""
        from runstone.store.series.reading import chained  # noqa: PLC0415 - start-up time and memory

        if not runs:
            return {}
        x_key = TIME if x == RELATIVE else x
        ids = self.key_ids(runs[0].project_id, [*keys, x_key])
        key_ids = [ids[key] for key in keys if key in ids]
        x_id = None if x == STEP else ids.get(x_key, -1)
        gathered = self._gather(runs, stream)
        if x == RELATIVE:
            self._first_times(gathered, stream, ids.get(TIME, -1))
        if x_id is not None and (lo is not None or hi is not None):
            self._step_windows(gathered, stream, x_id, lo, hi)
        elif x_id is None:
            for one in gathered.values():
                one.window = (-math.inf if lo is None else lo, math.inf if hi is None else hi)
        self._count_levels(gathered, stream, key_ids, points)
        found: dict[tuple[int, str], Read] = {}
        for key in keys:
            key_id = ids.get(key)
            chosen = {
                run_id: None
                if exact and one.stream.level0
                else _level(one.levels.get(key_id or -1, {}), points)
                for run_id, one in gathered.items()
            }
            sealed = (
                {} if key_id is None else self._sealed(gathered, chosen, stream, key, key_id, x_key, x_id)
            )
            for run_id, one in gathered.items():
                some, level = sealed.get(run_id, ([], 0))
                curves = list(some)
                curves.extend(_tail_curves(one.tail, key, None if x == STEP else x_key))
                curve = chained(curves)
                if x == RELATIVE and curve.size:
                    curve = curve.moved(-one.first_time)
                if curve.size:
                    found[run_id, key] = Read(curve, level, int(one.stream.next_line))
        return found

    def _gather(self, runs: Sequence[Row[Any]], stream: Stream) -> dict[int, _Run]:
        streams = self.streams_of([row.id for row in runs], stream)
        gathered = {
            row.id: _Run(row, streams[row.id, row.epoch]) for row in runs if (row.id, row.epoch) in streams
        }
        steps = {run_id: int(one.stream.last_step) for run_id, one in gathered.items()}
        for chunk in self.tails_of(list(gathered), stream):
            one = gathered[chunk.run_id]
            if chunk.epoch == one.row.epoch:
                tail = read_tail(chunk, steps[chunk.run_id])
                steps[chunk.run_id] = tail.last_step
                one.tail.append(tail)
        return gathered

    def first_times(self, runs: Sequence[Row[Any]], stream: Stream) -> dict[int, float]:
        """The earliest time of each run, infinite without one."""
        gathered = self._gather(runs, stream)
        ids = self.key_ids(runs[0].project_id, [TIME]) if runs else {}
        self._first_times(gathered, stream, ids.get(TIME, -1))
        return {run_id: one.first_time for run_id, one in gathered.items()}

    def _first_times(self, gathered: Mapping[int, _Run], stream: Stream, time_id: int) -> None:
        """Find the earliest time of each run."""
        lowest = self.lowest_of([*gathered], stream, time_id)
        for run_id, one in gathered.items():
            times = [lowest.get((run_id, one.row.epoch), math.inf)]
            for tail in one.tail:
                stamps = tail.points.get(TIME)
                if stamps is not None and stamps.values.size:
                    times.append(float(stamps.values.min()))
            one.first_time = min(times)

    def _step_windows(
        self, gathered: Mapping[int, _Run], stream: Stream, x_id: int, lo: float | None, hi: float | None
    ) -> None:
        """Turn a window of x into one of steps, run by run, by the coarsest level of x."""
        from runstone.store.series.pyramid import Buckets  # noqa: PLC0415 - start-up time and memory

        tops: dict[int, list[bytes]] = {}
        for part in self.top_parts([*gathered], stream, x_id):
            if part.epoch == gathered[part.run_id].row.epoch:
                tops.setdefault(part.run_id, []).append(part.data)
        for run_id, parts in tops.items():
            one = gathered[run_id]
            shift = one.first_time if math.isfinite(one.first_time) else 0.0
            low = -math.inf if lo is None else lo + shift
            high = math.inf if hi is None else hi + shift
            steps: list[float] = []
            for data in parts:
                buckets = Buckets.unpack(data)
                inside = (buckets.high >= low) & (buckets.low <= high)
                if inside.any():
                    steps += [float(buckets.step_lo[inside].min()), float(buckets.step_hi[inside].max())]
            one.window = (min(steps), max(steps)) if steps else (math.inf, -math.inf)

    def _count_levels(
        self, gathered: Mapping[int, _Run], stream: Stream, key_ids: Sequence[int], points: int
    ) -> None:
        """Count the buckets of each key and level in each run's window, but for runs that are too short for
        any level to have enough of them."""
        from runstone.store.series.pyramid import LINES  # noqa: PLC0415 - start-up time and memory

        most = {run_id: one.stream.sealed_line // LINES + 1 for run_id, one in gathered.items()}
        long = [run_id for run_id, n in most.items() if n >= points / 2]
        lo, hi = _outer(gathered[run_id] for run_id in long)
        if math.isinf(lo) and math.isinf(hi):
            for row in self.level_counts(long, stream, key_ids):
                one = gathered[row.run_id]
                if row.epoch == one.row.epoch:
                    one.levels.setdefault(row.key_id, {})[row.level] = float(row.n)
            return
        for row in self.part_extents(long, stream, key_ids, lo, hi):
            one = gathered[row.run_id]
            if row.epoch == one.row.epoch:
                width = row.step_hi - row.step_lo + 1
                inside = min(one.window[1], row.step_hi) - max(one.window[0], row.step_lo) + 1
                levels = one.levels.setdefault(row.key_id, {})
                levels[row.level] = levels.get(row.level, 0.0) + row.n * max(0.0, min(1.0, inside / width))

    def _sealed(
        self,
        gathered: Mapping[int, _Run],
        chosen: Mapping[int, int | None],
        stream: Stream,
        key: str,
        key_id: int,
        x_key: str,
        x_id: int | None,
    ) -> "dict[int, tuple[list[Curve], int]]":
        """What is sealed of one key, by run, at the level chosen for each, or at the finest where rows are
        too many or damaged; with that level."""
        from runstone.store.series.pyramid import unpack_points  # noqa: PLC0415 - start-up time and memory
        from runstone.store.series.reading import (  # noqa: PLC0415
            over_key,
            over_steps,
            points_over,
        )

        found: dict[int, tuple[list[Curve], int]] = {}
        by_level: dict[int, list[int]] = {}
        for run_id, level in chosen.items():
            one = gathered[run_id]
            if level is None and not one.stream.level0:
                curves = self._from_segments(one, stream, key, None if x_id is None else x_key)
                if curves is not None:
                    found[run_id] = curves, 0
                    continue
            finest = 0 if one.stream.level0 else 1
            by_level.setdefault(finest if level is None else level, []).append(run_id)
        wanted = [key_id] if x_id is None else [key_id, x_id]
        for level, run_ids in by_level.items():
            lo, hi = _outer(gathered[run_id] for run_id in run_ids)
            parts: dict[tuple[int, int], list[bytes]] = {}
            for row in self.parts(run_ids, stream, wanted, level, lo, hi):
                if row.epoch == gathered[row.run_id].row.epoch:
                    parts.setdefault((row.run_id, row.key_id), []).append(row.data)
            for run_id in run_ids:
                own = parts.get((run_id, key_id), [])
                others = parts.get((run_id, x_id), []) if x_id is not None else []
                if not own or (x_id is not None and not others):
                    continue
                if level == 0:
                    y = unpack_points(own[0])
                    curve = points_over(y, unpack_points(others[0]) if x_id is not None else None)
                elif x_id is None:
                    curve = over_steps(_joined(own))
                else:
                    curve = over_key(_joined(own), _joined(others))
                found[run_id] = [curve], level
        return found

    def _from_segments(self, one: _Run, stream: Stream, key: str, x_key: str | None) -> "list[Curve] | None":
        """Exact points out of the segments of a window; None when there are too many of them, or one is
        damaged."""
        from runstone.store.series.reading import points_over  # noqa: PLC0415 - start-up time and memory

        lo, hi = one.window
        rows = [row for row in self.segments(one.row, stream) if row.step_lo <= hi and row.step_hi >= lo]
        if len(rows) > MOST_SEGMENTS:
            return None
        found = []
        for row in rows:
            segment = self.segment(row)
            if segment is None:
                return None
            points = segment.points([key] if x_key is None else [key, x_key])
            if key in points and (x_key is None or x_key in points):
                found.append(points_over(points[key], None if x_key is None else points[x_key]))
        return found


def _level(counts: Mapping[int, float], points: int) -> int | None:
    """The coarsest level with enough buckets; None: exact rows are few enough."""
    for level in sorted((level for level in counts if level > 0), reverse=True):
        if counts[level] >= points / 2:
            return level
    return None


def _outer(runs: Iterable[_Run]) -> tuple[float, float]:
    """The window of steps that holds those of all runs."""
    windows = [one.window for one in runs if one.window[0] <= one.window[1]]
    if not windows:
        return math.inf, -math.inf
    return min(lo for lo, _ in windows), max(hi for _, hi in windows)


def _joined(parts: list[bytes]) -> "Buckets":
    from runstone.store.series.pyramid import Buckets, joined  # noqa: PLC0415 - start-up time and memory

    return Buckets.unpack(parts[0]) if len(parts) == 1 else joined([Buckets.unpack(part) for part in parts])


def _tail_curves(tails: Sequence[Tail], key: str, x_key: str | None) -> "list[Curve]":
    from runstone.store.series.reading import points_over  # noqa: PLC0415 - start-up time and memory

    own = [tail.points[key] for tail in tails if key in tail.points]
    if not own:
        return []
    if x_key is None:
        return [points_over(once(own), None)]
    others = [tail.points[x_key] for tail in tails if x_key in tail.points]
    return [points_over(once(own), once(others))] if others else []


def once(pieces: "list[Points]") -> "Points":
    """Points of chunks together; of a line that came twice the later one."""
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    from runstone.store.series.segment import Points  # noqa: PLC0415

    if len(pieces) == 1:
        return pieces[0]
    lines = np.concatenate([one.lines for one in pieces])
    steps = np.concatenate([one.steps for one in pieces])
    values = np.concatenate([one.values for one in pieces])
    if np.all(np.diff(lines) > 0):
        return Points(lines, steps, values)
    unique, at = np.unique(lines[::-1], return_index=True)
    at = lines.size - 1 - at
    return Points(unique, steps[at], values[at])
