"""Stored parts of pyramids, for many runs in one question."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Row, Select, and_, func, select

from runstone.domain.history import Stream
from runstone.store.schema import metric_key, run_key, run_stream, series, tail
from runstone.store.session import Session
from runstone.store.sql.history import WRITER

SOME = 500  # runs in one statement


def _pieces(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), SOME):
        yield ids[start : start + SOME]


class SeriesReads(Session):
    """Reads by ids of runs that the caller holds rows of, which is the proof of access."""

    def streams_of(self, run_ids: Sequence[int], stream: Stream) -> dict[tuple[int, int], Row[Any]]:
        """The streams of runs by (run id, epoch)."""
        found: dict[tuple[int, int], Row[Any]] = {}
        for piece in _pieces(run_ids):
            rows = self.all(
                select(run_stream).where(
                    run_stream.c.run_id.in_(piece),
                    run_stream.c.writer == WRITER,
                    run_stream.c.stream == stream,
                )
            )
            found.update(((row.run_id, row.epoch), row) for row in rows)
        return found

    def tails_of(self, run_ids: Sequence[int], stream: Stream) -> list[Row[Any]]:
        """Tail chunks of runs in the order of lines."""
        found: list[Row[Any]] = []
        for piece in _pieces(run_ids):
            found += self.all(
                select(tail)
                .where(tail.c.run_id.in_(piece), tail.c.writer == WRITER, tail.c.stream == stream)
                .order_by(tail.c.run_id, tail.c.epoch, tail.c.line0)
            )
        return found

    def lowest_of(self, run_ids: Sequence[int], stream: Stream, key_id: int) -> dict[tuple[int, int], float]:
        """The lowest sealed number of a key by (run id, epoch)."""
        found: dict[tuple[int, int], float] = {}
        for piece in _pieces(run_ids):
            rows = self.all(
                select(run_key.c.run_id, run_key.c.epoch, run_key.c.min).where(
                    run_key.c.run_id.in_(piece),
                    run_key.c.writer == WRITER,
                    run_key.c.stream == stream,
                    run_key.c.key_id == key_id,
                    run_key.c.min.is_not(None),
                )
            )
            found.update(((row.run_id, row.epoch), float(row.min)) for row in rows)
        return found

    def key_kinds_of(self, run_ids: Sequence[int], stream: Stream) -> list[Row[Any]]:
        """The sealed keys of runs: `run_id`, `epoch`, `name`, `kind`, in the order of their first lines."""
        found: list[Row[Any]] = []
        for piece in _pieces(run_ids):
            found += self.all(
                select(run_key.c.run_id, run_key.c.epoch, run_key.c.kind, metric_key.c.name)
                .join(metric_key, metric_key.c.id == run_key.c.key_id)
                .where(run_key.c.run_id.in_(piece), run_key.c.writer == WRITER, run_key.c.stream == stream)
                .order_by(run_key.c.run_id, run_key.c.first_line, run_key.c.key_id)
            )
        return found

    def top_parts(self, run_ids: Sequence[int], stream: Stream, key_id: int) -> list[Row[Any]]:
        """The parts of the coarsest level of a key of each run: `run_id`, `epoch`, `data`, in order."""
        found: list[Row[Any]] = []
        for piece in _pieces(run_ids):
            own = and_(*_of(piece, stream, [key_id]), series.c.level > 0)
            top = (
                select(series.c.run_id, series.c.epoch, func.max(series.c.level).label("level"))
                .where(own)
                .group_by(series.c.run_id, series.c.epoch)
                .subquery()
            )
            same = and_(
                top.c.run_id == series.c.run_id,
                top.c.epoch == series.c.epoch,
                top.c.level == series.c.level,
            )
            found += self.all(
                select(series.c.run_id, series.c.epoch, series.c.data)
                .join(top, same)
                .where(own)
                .order_by(series.c.run_id, series.c.epoch, series.c.part)
            )
        return found

    def level_counts(self, run_ids: Sequence[int], stream: Stream, key_ids: Sequence[int]) -> list[Row[Any]]:
        """How many buckets each (run id, epoch, key id, level) has, as `n`."""
        found: list[Row[Any]] = []
        for piece in _pieces(run_ids):
            found += self.all(
                select(
                    series.c.run_id,
                    series.c.epoch,
                    series.c.key_id,
                    series.c.level,
                    func.sum(series.c.n).label("n"),
                )
                .where(*_of(piece, stream, key_ids), series.c.level > 0)
                .group_by(series.c.run_id, series.c.epoch, series.c.key_id, series.c.level)
            )
        return found

    def part_extents(
        self, run_ids: Sequence[int], stream: Stream, key_ids: Sequence[int], lo: float, hi: float
    ) -> list[Row[Any]]:
        """Parts whose steps overlap a window, without their data."""
        found: list[Row[Any]] = []
        for piece in _pieces(run_ids):
            columns = [
                series.c[name] for name in ("run_id", "epoch", "key_id", "level", "n", "step_lo", "step_hi")
            ]
            found += self.all(
                _overlapping(select(*columns).where(*_of(piece, stream, key_ids), series.c.level > 0), lo, hi)
            )
        return found

    def parts(
        self, run_ids: Sequence[int], stream: Stream, key_ids: Sequence[int], level: int, lo: float, hi: float
    ) -> list[Row[Any]]:
        """Parts of one level whose steps overlap a window."""
        found: list[Row[Any]] = []
        for piece in _pieces(run_ids):
            columns = [series.c[name] for name in ("run_id", "epoch", "key_id", "part", "data")]
            found += self.all(
                _overlapping(
                    select(*columns).where(*_of(piece, stream, key_ids), series.c.level == level), lo, hi
                ).order_by(series.c.run_id, series.c.epoch, series.c.key_id, series.c.part)
            )
        return found


def _of(run_ids: Sequence[int], stream: Stream, key_ids: Sequence[int]) -> list[Any]:
    return [
        series.c.run_id.in_(run_ids),
        series.c.writer == WRITER,
        series.c.stream == stream,
        series.c.key_id.in_(key_ids),
    ]


def _overlapping(statement: Select[Any], lo: float, hi: float) -> Select[Any]:
    if lo > -(2.0**62):
        statement = statement.where(series.c.step_hi >= int(min(lo, 2.0**62)))
    if hi < 2.0**62:
        statement = statement.where(series.c.step_lo <= int(max(hi, -(2.0**62))) + 1)
    return statement
