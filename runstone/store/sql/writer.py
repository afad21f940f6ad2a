"""Processes that write one run side by side: how far each is, and where its console lines lie."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from runstone.domain.history import Stream
from runstone.domain.ids import RunId
from runstone.store.schema import run_writer, run_writer_line
from runstone.store.session import Prepared, Session

_COUNTS = {
    Stream.HISTORY: run_writer.c.history_line,
    Stream.SYSTEM: run_writer.c.system_line,
    Stream.CONSOLE: run_writer.c.console_line,
}
_THIS = (run_writer.c.run_id == bindparam("of_run"), run_writer.c.name == bindparam("of_name"))
_WRITER = Prepared(lambda _: select(run_writer).where(*_THIS).with_for_update())
_NEW = Prepared(
    lambda insert: (
        insert(run_writer)
        .values(
            run_id=bindparam("of_run"),
            name=bindparam("of_name"),
            epoch=bindparam("of_epoch"),
            created_at=bindparam("now"),
        )
        .on_conflict_do_nothing()
    )
)
_PLACES = Prepared(
    lambda _: (
        select(run_writer_line)
        .where(
            run_writer_line.c.writer_id == bindparam("of_writer"),
            run_writer_line.c.line0 < bindparam("end"),
            run_writer_line.c.line0 + run_writer_line.c.n > bindparam("start"),
        )
        .order_by(run_writer_line.c.line0)
    )
)
_GROW = Prepared(
    lambda _: (
        update(run_writer_line)
        .where(
            run_writer_line.c.writer_id == bindparam("of_writer"),
            run_writer_line.c.line0 + run_writer_line.c.n == bindparam("start"),
            run_writer_line.c.place + run_writer_line.c.n == bindparam("at"),
        )
        .values(n=run_writer_line.c.n + bindparam("more"))
        .execution_options(preserve_rowcount=True)
    )
)


class WriterReads(Session):
    """Reads of such processes. The run's row, which the caller holds, is the proof of access."""

    def writers(self, run_row: Row[Any]) -> list[Row[Any]]:
        """The processes that write a run side by side, or did in its present epoch, the first first; none of
        an ordinary run."""
        own = (run_writer.c.run_id == run_row.id, run_writer.c.epoch == run_row.epoch)
        return self.all(select(run_writer).where(*own).order_by(run_writer.c.id))

    def printed_by(self, writers: Sequence[Row[Any]]) -> dict[int, list[tuple[int, int]]]:
        """Where the console lines of such processes (their own rows) lie: ranges (first line, number of
        lines) in order, by the id of the process."""
        found: dict[int, list[tuple[int, int]]] = {row.id: [] for row in writers}
        own = run_writer_line.c.writer_id.in_(list(found))
        for row in self.all(select(run_writer_line).where(own).order_by(run_writer_line.c.place)):
            found[row.writer_id].append((row.place, row.n))
        return found

    def writer_places(self, writer_id: int, start: int, end: int) -> list[tuple[int, int, int]]:
        """Where console lines [start, end) of a process lie, as far as they are known: pieces (first line by
        its own count, place in the run's console, number of lines)."""
        rows = _PLACES.run(self.conn, of_writer=writer_id, start=start, end=end)
        return [(row.line0, row.place, row.n) for row in rows]


class WriterWrites(WriterReads):
    """Changes of such processes."""

    def open_writer(self, run_id: RunId, epoch: int, name: str, now: datetime) -> Row[Any]:
        """A process by the name that its client invented, made when absent. Locked where the database has row
        locks: a resend must not race with the message it repeats."""
        key = {"of_run": run_id, "of_name": name}
        row = _WRITER.run(self.conn, **key).first()
        if row is None:
            _NEW.run(self.conn, **key, of_epoch=epoch, now=now)
            row = _WRITER.run(self.conn, **key).first()
        assert row is not None
        return row

    def update_writer(self, writer_id: int, **values: Any) -> None:
        """Change columns of a process."""
        self.conn.execute(update(run_writer).where(run_writer.c.id == writer_id).values(**values))

    def count_lines(self, writer_id: int, stream: Stream, next_line: int) -> None:
        """Note the line that a process sends next, by its own count."""
        self.update_writer(writer_id, **{_COUNTS[stream].name: next_line})

    def place_lines(self, row: Row[Any], line0: int, places: Sequence[int]) -> None:
        """Note that console lines of a process (its own row) from `line0` on lie at adjacent places."""
        writer_id, place, n = row.id, places[0], len(places)
        grown = _GROW.run(self.conn, of_writer=writer_id, start=line0, at=place, more=n)
        if grown.rowcount == 0:
            at = {"line0": line0, "place": place, "n": n}
            self.conn.execute(run_writer_line.insert().values(writer_id=writer_id, run_id=row.run_id, **at))
