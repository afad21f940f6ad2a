"""Stored parts of pyramids, for many runs in one question."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, exists, func, select

from runstone.domain.history import Stream
from runstone.store.schema import metric_key, run_key, run_stream, series, tail
from runstone.store.session import Prepared, Session
from runstone.store.sql.history import WRITER

SOME = 500  # runs in one statement
LOWEST, HIGHEST = -(2**63), 2**63 - 2  # a window without borders


def _pieces(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), SOME):
        yield ids[start : start + SOME]


def _streams(table: Any) -> tuple[ColumnElement[bool], ...]:
    """What rows of one stream of some runs fulfil."""
    return (
        table.c.run_id.in_(bindparam("runs", expanding=True)),
        table.c.writer == WRITER,
        table.c.stream == bindparam("of_stream"),
    )


def _series() -> tuple[ColumnElement[bool], ...]:
    """What parts of some keys fulfil."""
    return (*_streams(series), series.c.key_id.in_(bindparam("keys", expanding=True)))


def _overlapping() -> tuple[ColumnElement[bool], ...]:
    """What parts fulfil whose steps overlap a window."""
    return series.c.step_hi >= bindparam("lo"), series.c.step_lo <= bindparam("hi")


def _within(lo: float, hi: float) -> dict[str, int]:
    """A window, which may be infinite, as parameters of `_overlapping`."""
    return {"lo": int(min(max(lo, LOWEST), HIGHEST)), "hi": int(min(max(hi, LOWEST), HIGHEST)) + 1}


def _of_top(_: object) -> Select[Any]:
    own = and_(*_series(), series.c.level > 0)
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
    return (
        select(series.c.run_id, series.c.epoch, series.c.data)
        .join(top, same)
        .where(own)
        .order_by(series.c.run_id, series.c.epoch, series.c.part)
    )


_STREAMS = Prepared(lambda _: select(run_stream).where(*_streams(run_stream)))
_WITH_TAIL = Prepared(
    lambda _: select(run_stream.c.run_id, run_stream.c.epoch).where(
        *_streams(run_stream),
        exists().where(
            *(tail.c[name] == run_stream.c[name] for name in ("run_id", "epoch", "writer", "stream"))
        ),
    )
)
_TAILS = Prepared(
    lambda _: select(tail).where(*_streams(tail)).order_by(tail.c.run_id, tail.c.epoch, tail.c.line0)
)
_LOWEST = Prepared(
    lambda _: select(run_key.c.run_id, run_key.c.epoch, run_key.c.min).where(
        *_streams(run_key), run_key.c.key_id == bindparam("key"), run_key.c.min.is_not(None)
    )
)
_KINDS = Prepared(
    lambda _: (
        select(run_key.c.run_id, run_key.c.epoch, run_key.c.kind, metric_key.c.name)
        .join(metric_key, metric_key.c.id == run_key.c.key_id)
        .where(*_streams(run_key))
        .order_by(run_key.c.run_id, run_key.c.first_line, run_key.c.key_id)
    )
)
_TOP = Prepared(_of_top)
_COUNTS = Prepared(
    lambda _: (
        select(
            series.c.run_id,
            series.c.epoch,
            series.c.key_id,
            series.c.level,
            func.sum(series.c.n).label("n"),
        )
        .where(*_series(), series.c.level > 0)
        .group_by(series.c.run_id, series.c.epoch, series.c.key_id, series.c.level)
    )
)
_EXTENTS = Prepared(
    lambda _: select(
        *(series.c[name] for name in ("run_id", "epoch", "key_id", "level", "n", "step_lo", "step_hi"))
    ).where(*_series(), series.c.level > 0, *_overlapping())
)
_PARTS = Prepared(
    lambda _: (
        select(*(series.c[name] for name in ("run_id", "epoch", "key_id", "part", "data")))
        .where(*_series(), series.c.level == bindparam("of_level"), *_overlapping())
        .order_by(series.c.run_id, series.c.epoch, series.c.key_id, series.c.part)
    )
)


class SeriesReads(Session):
    """Reads by ids of runs that the caller holds rows of, which is the proof of access."""

    def streams_of(self, run_ids: Sequence[int], stream: Stream) -> dict[tuple[int, int], Row[Any]]:
        """The streams of runs by (run id, epoch)."""
        rows = self._of_runs(_STREAMS, run_ids, stream)
        return {(row.run_id, row.epoch): row for row in rows}

    def with_tail(self, run_ids: Sequence[int], stream: Stream) -> list[tuple[int, int]]:
        """The (run id, epoch) of streams that have lines in no segment. `tail_lines` counts only those that
        are still to be sealed, not those that came late, below the seal."""
        return [(row.run_id, row.epoch) for row in self._of_runs(_WITH_TAIL, run_ids, stream)]

    def tails_of(self, run_ids: Sequence[int], stream: Stream) -> list[Row[Any]]:
        """Tail chunks of runs in the order of lines."""
        return self._of_runs(_TAILS, run_ids, stream)

    def lowest_of(self, run_ids: Sequence[int], stream: Stream, key_id: int) -> dict[tuple[int, int], float]:
        """The lowest sealed number of a key by (run id, epoch)."""
        rows = self._of_runs(_LOWEST, run_ids, stream, key=key_id)
        return {(row.run_id, row.epoch): float(row.min) for row in rows}

    def key_kinds_of(self, run_ids: Sequence[int], stream: Stream) -> list[Row[Any]]:
        """The sealed keys of runs: `run_id`, `epoch`, `name`, `kind`, in the order of their first lines."""
        return self._of_runs(_KINDS, run_ids, stream)

    def top_parts(self, run_ids: Sequence[int], stream: Stream, key_id: int) -> list[Row[Any]]:
        """The parts of the coarsest level of a key of each run: `run_id`, `epoch`, `data`, in order."""
        return self._of_runs(_TOP, run_ids, stream, keys=[key_id])

    def level_counts(self, run_ids: Sequence[int], stream: Stream, key_ids: Sequence[int]) -> list[Row[Any]]:
        """How many buckets each (run id, epoch, key id, level) has, as `n`."""
        return self._of_runs(_COUNTS, run_ids, stream, keys=key_ids)

    def part_extents(
        self, run_ids: Sequence[int], stream: Stream, key_ids: Sequence[int], lo: float, hi: float
    ) -> list[Row[Any]]:
        """Parts whose steps overlap a window, without their data."""
        return self._of_runs(_EXTENTS, run_ids, stream, keys=key_ids, **_within(lo, hi))

    def parts(
        self, run_ids: Sequence[int], stream: Stream, key_ids: Sequence[int], level: int, lo: float, hi: float
    ) -> list[Row[Any]]:
        """Parts of one level whose steps overlap a window."""
        return self._of_runs(_PARTS, run_ids, stream, keys=key_ids, of_level=level, **_within(lo, hi))

    def _of_runs(
        self, statement: Prepared, run_ids: Sequence[int], stream: Stream, **values: Any
    ) -> list[Row[Any]]:
        found: list[Row[Any]] = []
        for piece in _pieces(run_ids):
            found += statement.run(self.conn, runs=piece, of_stream=stream, **values)
        return found
