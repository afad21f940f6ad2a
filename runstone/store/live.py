"""What has been added to runs since a reader last looked, and figures over groups of runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from runstone.domain.history import Kind, Stream, keys_of
from runstone.store.charts import RELATIVE, STEP, TIME, ChartReads, Read, once, read_tail

if TYPE_CHECKING:
    from runstone.store.series.cells import GroupLine as GroupLine
    from runstone.store.series.segment import Points

MOST_FRESH = 20_000  # lines: who is further behind reads the whole chart again
PER_CELL = 4  # buckets of a run in each cell, where it is too long to be read by rows


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a reader has come in one stream of a run."""

    epoch: int
    line: int


@dataclass(frozen=True, slots=True)
class Fresh:
    """What a run has gained since a cursor: points (lines, steps, values) by key, and the next cursor.

    `reset`: the run began anew, or too much has come: what the reader has is to be read again.
    """

    cursor: Cursor
    reset: bool
    points: "Mapping[str, Points]"


class LiveReads(ChartReads):
    """Reads of what is new. The rows of the runs, which the caller holds, are the proof of access."""

    def key_kinds(self, runs: Sequence[Row[Any]], stream: Stream) -> dict[int, dict[str, Kind]]:
        """By run id the kinds of each key, in the order of first appearance. No segment is opened."""
        found: dict[int, dict[str, Kind]] = {row.id: {} for row in runs}
        by_id = {row.id: row for row in runs}
        for sealed in self.key_kinds_of(list(by_id), stream):
            if sealed.epoch == by_id[sealed.run_id].epoch:
                found[sealed.run_id][sealed.name] = Kind(sealed.kind)
        for run_id, epoch in self.with_tail(list(by_id), stream):
            if epoch != by_id[run_id].epoch:
                continue
            own = found[run_id]
            for name, key in keys_of(self.tail_rows(by_id[run_id], stream)).items():
                own[name] = own.get(name, Kind(0)) | key.kind
        return found

    def fresh(
        self, runs: Sequence[Row[Any]], after: Mapping[int, Cursor], keys: Sequence[str], stream: Stream
    ) -> dict[int, Fresh]:
        """By run id the exact points of some keys since a cursor, in the order of lines; runs without news
        are left out. Lines that came late, below the cursor, show when the chart is next read as a whole."""
        streams = self.streams_of([row.id for row in runs], stream)
        found: dict[int, Fresh] = {}
        for row in runs:
            own, known = streams.get((row.id, row.epoch)), after[row.id]
            if own is None:
                continue
            end = Cursor(row.epoch, int(own.next_line))
            if known == end:
                continue
            far = end.line - known.line > MOST_FRESH
            if known.epoch != end.epoch or known.line > end.line or far:
                found[row.id] = Fresh(end, True, {})
            else:
                found[row.id] = Fresh(end, False, self._since(row, own, known.line, keys, stream))
        return found

    def _since(
        self, run_row: Row[Any], own: Row[Any], line: int, keys: Sequence[str], stream: Stream
    ) -> "dict[str, Points]":
        from runstone.store.series.segment import Points  # noqa: PLC0415 - start-up time and memory

        pieces: dict[str, list[Points]] = {}
        if line < own.sealed_line:
            for row in self.segments(run_row, stream):
                if row.line0 + row.n > line and (segment := self.segment(row)) is not None:
                    for key, points in segment.points(keys).items():
                        pieces.setdefault(key, []).append(points)
        step = int(own.last_step)
        # From the line before, whose step is that of a row without one.
        for chunk in self.chunks_from(own, max(int(own.sealed_line), line - 1)):
            tail = read_tail(chunk, step)
            step = tail.last_step
            for key in keys:
                if key in tail.points:
                    pieces.setdefault(key, []).append(tail.points[key])
        found = {}
        for key, some in pieces.items():
            whole = once(some)
            kept = whole.lines >= line
            if kept.any():
                found[key] = Points(whole.lines[kept], whole.steps[kept], whole.values[kept])
        return found

    def fresh_over(
        self,
        runs: Sequence[Row[Any]],
        after: Mapping[int, Cursor],
        keys: Sequence[str],
        x: str,
        stream: Stream,
    ) -> dict[int, tuple[Fresh, dict[str, Read]]]:
        """The same over `x`, as curves by key."""
        from runstone.store.series.reading import points_over  # noqa: PLC0415 - start-up time and memory

        x_key = TIME if x == RELATIVE else x
        wanted = list(dict.fromkeys(keys if x == STEP else [*keys, x_key]))
        news = self.fresh(runs, after, wanted, stream)
        firsts = self.first_times(runs, stream) if x == RELATIVE else {}
        found: dict[int, tuple[Fresh, dict[str, Read]]] = {}
        for run_id, one in news.items():
            curves = {}
            for key in keys:
                if key in one.points and (x == STEP or x_key in one.points):
                    curve = points_over(one.points[key], None if x == STEP else one.points[x_key])
                    curves[key] = Read(curve.moved(-firsts.get(run_id, 0.0)), 0, one.cursor.line)
            found[run_id] = one, curves
        return found

    def group_lines(
        self,
        groups: Sequence[Sequence[Row[Any]]],
        key: str,
        x: str = STEP,
        lo: float | None = None,
        hi: float | None = None,
        cells: int = 200,
        stream: Stream = Stream.HISTORY,
    ) -> "list[GroupLine]":
        """Figures over the runs of each group, on one grid of at most `cells` cells over `x`."""
        from runstone.store.series.cells import grid_of, over_runs  # noqa: PLC0415 - start-up time and memory

        rows = {row.id: row for group in groups for row in group}
        found = self.curves(list(rows.values()), [key], x, lo, hi, cells * PER_CELL * 2, stream, exact=True)
        edges = grid_of([one.curve for one in found.values()], lo, hi, cells)
        lines = []
        for group in groups:
            own = [found[row.id, key] for row in group if (row.id, key) in found]
            lines.append(over_runs([one.curve for one in own], [one.level for one in own], edges))
        return lines
