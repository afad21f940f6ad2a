"""What is sealed of the streams: segments, what is known of their keys, and their pyramids."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, case, delete, func, literal, or_, select, update

from runstone.domain.history import Key, Kind, Stream
from runstone.domain.ids import RunId
from runstone.domain.viewer import Viewer
from runstone.store.schema import (
    blob,
    entity,
    metric_key,
    project,
    run,
    run_key,
    run_stream,
    segment,
    series,
    tail,
)
from runstone.store.session import Prepared, Session
from runstone.store.sql.history import WRITER, StreamWrites
from runstone.store.sql.project import visible

SOME = 500  # values bound to one statement


def _of(table: Any, run_id: int, epoch: int, stream: int) -> Any:
    return and_(
        table.c.run_id == run_id,
        table.c.epoch == epoch,
        table.c.writer == WRITER,
        table.c.stream == stream,
    )


_KEY_IDS = Prepared(
    lambda _: select(metric_key.c.id, metric_key.c.name).where(
        metric_key.c.project_id == bindparam("of_project"),
        metric_key.c.name.in_(bindparam("names", expanding=True)),
    )
)


class SegmentReads(Session):
    """Reads of what is sealed. A run's row (`id`, `epoch`), which the caller holds, proves access."""

    def segments(self, run_row: Row[Any], stream: Stream) -> list[Row[Any]]:
        """Segments of a run in the order of lines, with the address `addr` of their bytes."""
        return self.all(
            select(segment, blob.c.addr)
            .join(blob, blob.c.id == segment.c.blob_id)
            .where(_of(segment, run_row.id, run_row.epoch, stream))
            .order_by(segment.c.seq)
        )

    def sealed_keys(self, run_row: Row[Any], stream: Stream) -> dict[str, Key]:
        """What is known of the sealed keys of a run."""
        rows = self.all(
            select(run_key, metric_key.c.name)
            .join(metric_key, metric_key.c.id == run_key.c.key_id)
            .where(_of(run_key, run_row.id, run_row.epoch, stream))
            .order_by(run_key.c.first_line, run_key.c.key_id)
        )
        return {row.name: _key(row) for row in rows}

    def key_ids(self, project_id: int, names: Iterable[str]) -> dict[str, int]:
        """Ids of the names that any run of a project has logged."""
        wanted = list(dict.fromkeys(names))
        found: dict[str, int] = {}
        for start in range(0, len(wanted), SOME):
            rows = _KEY_IDS.run(self.conn, of_project=project_id, names=wanted[start : start + SOME])
            found.update((row.name, row.id) for row in rows)
        return found

    def last_parts(self, run_id: int, epoch: int, stream: Stream) -> dict[tuple[int, int], Row[Any]]:
        """The last stored part of each (key id, level) of a stream."""
        newest = (
            select(series.c.key_id, series.c.level, func.max(series.c.part).label("part"))
            .where(_of(series, run_id, epoch, stream), series.c.level > 0)
            .group_by(series.c.key_id, series.c.level)
            .subquery()
        )
        rows = self.all(
            select(series)
            .join(
                newest,
                and_(
                    newest.c.key_id == series.c.key_id,
                    newest.c.level == series.c.level,
                    newest.c.part == series.c.part,
                ),
            )
            .where(_of(series, run_id, epoch, stream))
        )
        return {(row.key_id, row.level): row for row in rows}

    def level_parts(self, run_id: int, epoch: int, stream: Stream, key_id: int, level: int) -> list[bytes]:
        """Every stored part of one key and level, in order."""
        rows = self.all(
            select(series.c.data)
            .where(_of(series, run_id, epoch, stream), series.c.key_id == key_id, series.c.level == level)
            .order_by(series.c.part)
        )
        return [row.data for row in rows]

    def unsealed_streams(
        self, idle_since: datetime, lines: int, raw_bytes: int, console_lines: int, limit: int
    ) -> list[Row[Any]]:
        """Streams with a tail worth sealing: a large one, or one that nobody has added to for long. The last
        `console_lines` of a console may still be rewritten and don't count."""
        return self.all(
            select(run_stream)
            .where(
                run_stream.c.tail_lines
                > case((run_stream.c.stream == Stream.CONSOLE, console_lines), else_=0),
                or_(
                    run_stream.c.tail_lines >= lines,
                    run_stream.c.tail_bytes >= raw_bytes,
                    run_stream.c.last_write < idle_since,
                ),
            )
            .order_by(run_stream.c.last_write)
            .limit(limit)
        )

    def stored_streams(self, viewer: Viewer) -> list[Row[Any]]:
        """Every stream of a visible, living run, with the names of the run, its project and entity."""
        return self.all(
            select(
                run_stream,
                run.c.project_id,
                run.c.name.label("run_name"),
                project.c.name.label("project_name"),
                entity.c.name.label("entity_name"),
            )
            .join(run, run.c.id == run_stream.c.run_id)
            .join(project, project.c.id == run.c.project_id)
            .join(entity, entity.c.id == project.c.entity_id)
            .where(run.c.deleted_at.is_(None), project.c.deleted_at.is_(None), visible(viewer))
            .order_by(run_stream.c.run_id, run_stream.c.epoch, run_stream.c.stream)
        )

    def stored_parts(self, row: Row[Any]) -> list[Row[Any]]:
        """Every part of the pyramids of a stream (its own row)."""
        return self.all(
            select(series.c.key_id, series.c.level, series.c.part, series.c.n, series.c.data)
            .where(_of(series, row.run_id, row.epoch, row.stream))
            .order_by(series.c.key_id, series.c.level, series.c.part)
        )

    def stream_to_seal(self, run_id: int, epoch: int, stream: Stream) -> Row[Any] | None:
        """A stream with `project_id` and `state` of its run, for the sealing job."""
        return self.one(
            select(run_stream, run.c.project_id, run.c.state)
            .join(run, run.c.id == run_stream.c.run_id)
            .where(_of(run_stream, run_id, epoch, stream))
        )


def _key(row: Row[Any]) -> Key:
    return Key(
        name=row.name,
        kind=Kind(row.kind),
        n=row.n,
        first_line=row.first_line,
        last_line=row.last_line,
        last=None if row.last_text is None else json.loads(row.last_text),
        low=row.min,
        high=row.max,
        counts=json.loads(row.counts),
        monotonic=row.monotonic,
        first=row.first_num,
        newest=row.last_num,
    )


class SegmentWrites(SegmentReads, StreamWrites):
    """Changes of what is sealed."""

    def move_seal(self, row: Row[Any], end: int, **values: Any) -> bool:
        """Claim lines up to `end`; False when somebody else has sealed since `row` was read, or some of these
        lines of a console were written anew."""
        if row.stream == Stream.CONSOLE and self._rewritten(row, end):
            return False
        done = self.conn.execute(
            update(run_stream)
            .where(
                _of(run_stream, row.run_id, row.epoch, row.stream),
                run_stream.c.sealed_line == row.sealed_line,
                run_stream.c.next_seq == row.next_seq,
            )
            .values(sealed_line=end, next_seq=row.next_seq + 1, **values)
        )
        return done.rowcount == 1

    def _rewritten(self, row: Row[Any], end: int) -> bool:
        """Whether console lines before `end` came since `row` was read. No more come until this transaction
        ends."""
        self.lock_stream(RunId(row.run_id), row.epoch, Stream(row.stream))
        later = select(tail.c.arrival).where(
            _of(tail, row.run_id, row.epoch, row.stream),
            tail.c.line0 < end,
            tail.c.line0 + tail.c.n > row.sealed_line,
            tail.c.arrival >= row.arrivals,
        )
        return self.one(later.limit(1)) is not None

    def insert_segment(self, row: Row[Any], **values: Any) -> None:
        """Publish a segment under the next number of its stream."""
        self.insert_segments(row, [{"seq": row.next_seq, **values}])

    def insert_segments(self, row: Row[Any], segments: Sequence[Mapping[str, Any]]) -> None:
        """Publish segments of a stream, each under its `seq`."""
        own = {"run_id": row.run_id, "epoch": row.epoch, "writer": row.writer, "stream": row.stream}
        if segments:
            self.conn.execute(segment.insert(), [{**own, **one} for one in segments])

    def set_stream(self, row: Row[Any], **values: Any) -> None:
        """Set columns of a stream's row."""
        self.conn.execute(
            update(run_stream).where(_of(run_stream, row.run_id, row.epoch, row.stream)).values(**values)
        )

    def copy_derived(self, row: Row[Any], to: Row[Any]) -> None:
        """Give a stream the keys and pyramids of another one of its project that has the same segments."""
        self._copy(run_key, row, to)
        self._copy(series, row, to)

    def copy_tail(self, row: Row[Any], to: Row[Any]) -> None:
        """Give a stream the lines of another one that are not sealed, with their arrivals."""
        self._copy(tail, row, to)

    def _copy(self, table: Any, row: Row[Any], to: Row[Any]) -> None:
        rest = [column for column in table.c if column.name not in ("run_id", "epoch")]
        found = select(literal(to.run_id), literal(to.epoch), *rest).where(
            _of(table, row.run_id, row.epoch, row.stream)
        )
        names = ["run_id", "epoch", *(column.name for column in rest)]
        self.conn.execute(table.insert().from_select(names, found))

    def make_key_ids(self, project_id: int, names: Sequence[str]) -> dict[str, int]:
        """Ids of names, made where a project has not seen them yet."""
        found = self.key_ids(project_id, names)
        missing = [name for name in names if name not in found]
        if missing:
            self.conn.execute(
                self.upsert(metric_key).on_conflict_do_nothing(),
                [{"project_id": project_id, "name": name} for name in sorted(missing)],
            )
            found.update(self.key_ids(project_id, missing))
        return found

    def put_keys(self, row: Row[Any], ids: Mapping[str, int], keys: Mapping[str, Key]) -> None:
        """Store what is now known of some keys of a stream."""
        rows = [
            {
                "run_id": row.run_id,
                "epoch": row.epoch,
                "writer": row.writer,
                "stream": row.stream,
                "key_id": ids[name],
                "kind": int(key.kind),
                "n": key.n,
                "first_line": key.first_line,
                "last_line": key.last_line,
                "first_num": key.first,
                "last_num": key.newest,
                "last_text": json.dumps(key.last),
                "min": key.low,
                "max": key.high,
                "monotonic": key.monotonic,
                "counts": json.dumps(key.counts),
            }
            for name, key in keys.items()
        ]
        self._put(run_key, ["run_id", "epoch", "writer", "stream", "key_id"], rows)

    def put_parts(self, row: Row[Any], parts: Sequence[Mapping[str, Any]]) -> None:
        """Store parts of pyramids: `key_id`, `level`, `part`, `n`, ranges, `data`."""
        own = {"run_id": row.run_id, "epoch": row.epoch, "writer": row.writer, "stream": row.stream}
        key = ["run_id", "epoch", "writer", "stream", "key_id", "level", "part"]
        self._put(series, key, [{**own, **part} for part in parts])

    def drop_derived(self, row: Row[Any]) -> None:
        """Delete what can be made again from the segments of a stream: its pyramids, what is known of its
        keys."""
        for table in (series, run_key):
            self.conn.execute(delete(table).where(_of(table, row.run_id, row.epoch, row.stream)))

    def drop_level_zero(self, row: Row[Any]) -> None:
        """Delete exact points of a stream that has become long."""
        self.conn.execute(
            delete(series).where(_of(series, row.run_id, row.epoch, row.stream), series.c.level == 0)
        )

    def straddling(self, row: Row[Any], start: int, end: int) -> list[Row[Any]]:
        """Tail chunks that begin within sealed lines and go on beyond them."""
        return self.all(
            select(tail).where(
                _of(tail, row.run_id, row.epoch, row.stream),
                tail.c.line0 >= start,
                tail.c.line0 < end,
                tail.c.line0 + tail.c.n > end,
            )
        )

    def drop_chunks(self, row: Row[Any], start: int, end: int) -> None:
        """Delete tail chunks that begin within these lines."""
        self.conn.execute(
            delete(tail).where(
                _of(tail, row.run_id, row.epoch, row.stream), tail.c.line0 >= start, tail.c.line0 < end
            )
        )

    def insert_chunk(self, chunk: Row[Any], line0: int, n: int, raw_bytes: int, data: bytes) -> None:
        """Store the rest of a tail chunk that has been sealed in part."""
        statement = self.upsert(tail).values(
            run_id=chunk.run_id,
            epoch=chunk.epoch,
            writer=chunk.writer,
            stream=chunk.stream,
            line0=line0,
            arrival=chunk.arrival,
            n=n,
            raw_bytes=raw_bytes,
            data=data,
        )
        self.conn.execute(
            statement.on_conflict_do_update(
                index_elements=["run_id", "epoch", "writer", "stream", "line0", "arrival"],
                set_={name: statement.excluded[name] for name in ("n", "raw_bytes", "data")},
                where=tail.c.n < statement.excluded.n,
            )
        )

    def recount_tail(self, row: Row[Any]) -> None:
        """Set a stream's counters of its tail to what is there."""
        found = self.one(
            select(
                func.coalesce(func.sum(tail.c.n), 0).label("n"),
                func.coalesce(func.sum(tail.c.raw_bytes), 0).label("size"),
            ).where(_of(tail, row.run_id, row.epoch, row.stream), tail.c.line0 >= row.sealed_line)
        )
        assert found is not None
        self.conn.execute(
            update(run_stream)
            .where(_of(run_stream, row.run_id, row.epoch, row.stream))
            .values(tail_lines=int(found.n), tail_bytes=int(found.size))
        )

    def lock_stream(self, run_id: RunId, epoch: int, stream: Stream) -> Row[Any] | None:
        """The stream's row, held until this transaction ends."""
        return self.one(select(run_stream).where(_of(run_stream, run_id, epoch, stream)).with_for_update())

    def _put(self, table: Any, key: list[str], rows: list[dict[str, Any]]) -> None:
        if not rows:
            return
        statement = self.upsert(table)
        names = [name for name in rows[0] if name not in key]
        self.conn.execute(
            statement.on_conflict_do_update(
                index_elements=key, set_={name: statement.excluded[name] for name in names}
            ),
            rows,
        )
