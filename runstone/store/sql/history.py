"""Streams and their tails: what has arrived and is not sealed yet."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, case, func, select, update

from runstone.domain.history import Stream
from runstone.domain.ids import EntityId, RunId
from runstone.domain.viewer import Access, Viewer, Visibility
from runstone.store.schema import entity, project, run, run_stream, segment, tail
from runstone.store.session import Prepared, Session
from runstone.store.sql.run import with_names

WRITER = 0  # what several processes send to one run becomes its one stream


_THIS_STREAM = (
    run_stream.c.run_id == bindparam("of_run"),
    run_stream.c.epoch == bindparam("of_epoch"),
    run_stream.c.writer == WRITER,
    run_stream.c.stream == bindparam("of_stream"),
)
_STREAM = Prepared(lambda _: select(run_stream).where(*_THIS_STREAM).with_for_update())
_NEW_STREAM = Prepared(
    lambda insert: (
        insert(run_stream)
        .values(
            run_id=bindparam("of_run"),
            epoch=bindparam("of_epoch"),
            writer=WRITER,
            stream=bindparam("of_stream"),
            last_write=bindparam("now"),
        )
        .on_conflict_do_nothing()
    )
)
_STREAMS = Prepared(
    lambda _: select(run_stream).where(
        run_stream.c.run_id == bindparam("of_run"),
        run_stream.c.epoch == bindparam("of_epoch"),
        run_stream.c.writer == WRITER,
    )
)
_GROW_STREAM = Prepared(
    lambda _: (
        update(run_stream)
        .where(*_THIS_STREAM)
        .values(
            next_line=case(
                (run_stream.c.next_line < bindparam("end"), bindparam("end")), else_=run_stream.c.next_line
            ),
            tail_lines=run_stream.c.tail_lines + bindparam("lines"),
            tail_bytes=run_stream.c.tail_bytes + bindparam("size"),
            arrivals=run_stream.c.arrivals + bindparam("arrived"),
            first_ts=func.coalesce(
                run_stream.c.first_ts, bindparam("began", type_=run_stream.c.first_ts.type)
            ),
            last_write=bindparam("now", type_=run_stream.c.last_write.type),
        )
    )
)


def _put_chunk(insert: Any) -> Any:
    statement = insert(tail).values({column.name: bindparam(column.name) for column in tail.c})
    return statement.on_conflict_do_update(
        index_elements=["run_id", "epoch", "writer", "stream", "line0", "arrival"],
        set_={name: statement.excluded[name] for name in ("n", "raw_bytes", "data")},
        where=tail.c.n <= statement.excluded.n,
    ).execution_options(preserve_rowcount=True)


_PUT_CHUNK = Prepared(_put_chunk)
_RUN_TO_WRITE = Prepared(
    lambda _: (
        with_names()
        .add_columns(project.c.entity_id, project.c.visibility)
        .where(
            entity.c.name == bindparam("of_entity"),
            entity.c.deleted_at.is_(None),
            project.c.name == bindparam("of_project"),
            project.c.deleted_at.is_(None),
            run.c.name == bindparam("of_name"),
            run.c.deleted_at.is_(None),
        )
    )
)


def _chunks_behind(row: Row[Any], line: int) -> tuple[ColumnElement[bool], ...]:
    """What chunks of a stream (its own row) fulfil that hold lines from `line` on."""
    return (
        tail.c.run_id == row.run_id,
        tail.c.epoch == row.epoch,
        tail.c.writer == row.writer,
        tail.c.stream == row.stream,
        tail.c.line0 + tail.c.n > line,
    )


def _of_run(run_row: Row[Any], stream: Stream) -> tuple[ColumnElement[bool], ...]:
    """What chunks of a run's stream fulfil."""
    return (
        tail.c.run_id == run_row.id,
        tail.c.epoch == run_row.epoch,
        tail.c.writer == WRITER,
        tail.c.stream == stream,
    )


class StreamReads(Session):
    """Reads of streams by run. The run's row, which the caller holds, is the proof of access."""

    def streams(self, run_row: Row[Any]) -> dict[Stream, Row[Any]]:
        """The streams of a run in its present epoch."""
        rows = _STREAMS.run(self.conn, of_run=run_row.id, of_epoch=run_row.epoch).all()
        return {Stream(row.stream): row for row in rows}

    def line_count(self, run_row: Row[Any], stream: Stream) -> int:
        """How many lines a stream has accepted: the next line number."""
        return int(
            self.scalar(
                select(run_stream.c.next_line).where(
                    run_stream.c.run_id == run_row.id,
                    run_stream.c.epoch == run_row.epoch,
                    run_stream.c.writer == WRITER,
                    run_stream.c.stream == stream,
                )
            )
            or 0
        )

    def run_to_write(self, viewer: Viewer, entity_name: str, project_name: str, name: str) -> Row[Any] | None:
        """A living run by its full name, when the viewer's role in its entity lets it write; None otherwise,
        which says nothing yet of rights in the project itself."""
        row = _RUN_TO_WRITE.run(
            self.conn, of_entity=entity_name or viewer.entity_name, of_project=project_name, of_name=name
        ).first()
        if row is None or not viewer.may(Access.WRITE, EntityId(row.entity_id), Visibility(row.visibility)):
            return None
        return row

    def tail_chunks(
        self, run_row: Row[Any], stream: Stream, start: int = 0, end: int | None = None, arrival: int = 0
    ) -> list[Row[Any]]:
        """Chunks that are not sealed, in the order in which a later one wins: those with lines from `start`
        on, before `end`, that came from the console's `arrival` on."""
        order = [tail.c.arrival, tail.c.line0] if stream is Stream.CONSOLE else [tail.c.line0, tail.c.arrival]
        return self.all(
            select(tail)
            .where(
                *_of_run(run_row, stream),
                tail.c.line0 + tail.c.n > start,
                tail.c.arrival >= arrival,
                *([] if end is None else [tail.c.line0 < end]),
            )
            .order_by(*order)
        )

    def tail_begins(self, run_row: Row[Any], stream: Stream, start: int) -> int | None:
        """The first line from `start` on that is not sealed; None without one."""
        first = self.scalar(
            select(func.min(tail.c.line0)).where(*_of_run(run_row, stream), tail.c.line0 + tail.c.n > start)
        )
        return None if first is None else max(start, int(first))

    def chunks_from(self, row: Row[Any], line: int, end: int | None = None) -> list[Row[Any]]:
        """Chunks of a stream (its own row) that hold lines from `line` on, or only up to `end`, in the same
        order."""
        order = [tail.c.arrival] if row.stream == Stream.CONSOLE else [tail.c.line0]
        statement = select(tail).where(*_chunks_behind(row, line))
        if end is not None:
            statement = statement.where(tail.c.line0 < end)
        return self.all(statement.order_by(*order))

    def end_of_piece(self, row: Row[Any], lines: int, raw_bytes: int) -> int:
        """Up to which line the tail of a stream (its own row) is read for one segment of so many lines or
        bytes: the time it takes must not grow with what waits behind."""
        first = self.scalar(select(func.min(tail.c.line0)).where(*_chunks_behind(row, row.sealed_line)))
        end = max(int(row.sealed_line), int(first or 0)) + lines
        if row.stream == Stream.CONSOLE:
            return end  # the same lines may be there many times
        sizes = self.all(
            select(tail.c.line0, tail.c.raw_bytes)
            .where(*_chunks_behind(row, row.sealed_line), tail.c.line0 < end)
            .order_by(tail.c.line0)
        )
        size = 0
        for chunk in sizes:
            if size >= raw_bytes and chunk.line0 > row.sealed_line:
                return int(chunk.line0)
            size += chunk.raw_bytes
        return end

    def sealed_ranges(self, row: Row[Any], line0: int, end: int) -> list[tuple[int, int]]:
        """Ranges [first, end) of a stream's sealed lines that overlap these lines."""
        rows = self.all(
            select(segment.c.line0, segment.c.n)
            .where(
                segment.c.run_id == row.run_id,
                segment.c.epoch == row.epoch,
                segment.c.writer == row.writer,
                segment.c.stream == row.stream,
                segment.c.line0 < end,
                segment.c.line0 + segment.c.n > line0,
            )
            .order_by(segment.c.line0)
        )
        return [(found.line0, found.line0 + found.n) for found in rows]


class StreamWrites(StreamReads):
    """Changes of streams."""

    def open_stream(self, run_id: RunId, epoch: int, stream: Stream, now: datetime) -> Row[Any]:
        """The stream's row, made when absent. Locked where the database has row locks: a resend must not
        race with the post it repeats."""
        key = {"of_run": run_id, "of_epoch": epoch, "of_stream": int(stream)}
        row = _STREAM.run(self.conn, **key).first()
        if row is None:
            _NEW_STREAM.run(self.conn, **key, now=now)
            row = _STREAM.run(self.conn, **key).first()
        assert row is not None
        return row

    def put_chunk(
        self,
        row: Row[Any],
        line0: int,
        n: int,
        raw_bytes: int,
        data: bytes,
        now: datetime,
        first_ts: float | None = None,
    ) -> None:
        """Store a chunk of a stream and move its counters. `first_ts` is when the stream began, where this
        chunk tells and none before did.

        A history chunk replaces one at the same line only when it has at least as many
        lines; a console chunk is always a new row, since earlier lines may be rewritten.
        """
        console = row.stream == Stream.CONSOLE
        changed = _PUT_CHUNK.run(
            self.conn,
            run_id=row.run_id,
            epoch=row.epoch,
            writer=row.writer,
            stream=row.stream,
            line0=line0,
            arrival=row.arrivals if console else 0,
            n=n,
            raw_bytes=raw_bytes,
            data=data,
        )
        # Lines that came late, below what is sealed, wait for nothing.
        counted = changed.rowcount > 0 and line0 >= row.sealed_line
        _GROW_STREAM.run(
            self.conn,
            of_run=row.run_id,
            of_epoch=row.epoch,
            of_stream=row.stream,
            end=line0 + n,
            lines=n if counted else 0,
            size=raw_bytes if counted else 0,
            arrived=1 if console else 0,
            began=first_ts,
            now=now,
        )
