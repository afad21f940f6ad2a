"""What each noun's reads and writes stand on: one connection, the bytes, the changes so far.

Reads of a noun are a class over `Session` (`RunReads`), writes one over its reads
(`RunWrites`). `reads.Reads` and `writes.Transaction` are made of all of them, so a door
says `reads.run(viewer, ...)` and an action `tx.insert_run(...)`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    CursorResult,
    Executable,
    Row,
    cast,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.schema import Table

from runstone.store.changes import Change
from runstone.store.objects import Blobs

JULIAN_1970 = 2_440_587.5
DAY_US = 86_400_000_000.0
FIRST_START_LOCK = 0x72756E73746F6E66  # a number of our own among PostgreSQL's advisory locks


class Prepared:
    """A statement with named parameters, built once for each kind of database: for hot paths, where building
    it anew would cost more than running it."""

    def __init__(self, build: Callable[[Any], Executable]) -> None:
        self._build = build  # given the dialect's own insert
        self._built: dict[str, Executable] = {}

    def run(self, conn: Connection, **values: Any) -> CursorResult[Any]:
        """Execute with values for the parameters."""
        return self._execute(conn, values)

    def run_many(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute once for each row of values."""
        self._execute(conn, rows)

    def _execute(
        self, conn: Connection, values: Mapping[str, Any] | Sequence[Mapping[str, Any]]
    ) -> CursorResult[Any]:
        name = conn.dialect.name
        statement = self._built.get(name)
        if statement is None:
            statement = self._build(postgresql.insert if name == "postgresql" else sqlite.insert)
            self._built[name] = statement
        found: CursorResult[Any] = conn.execute(statement, values)
        return found


class Session:
    """One connection inside one transaction, with the object store beside it.

    `changes` collects what the transaction will announce after its commit, `damaged` in words what
    could not be read and was left out.
    """

    def __init__(self, conn: Connection, blobs: Blobs, secret: bytes) -> None:
        self.conn = conn
        self.blobs = blobs
        self.secret = secret  # the server's own, for digests of keys and signatures
        self.changes: list[Change] = []
        self.damaged: list[str] = []

    def one(self, statement: Executable) -> Row[Any] | None:
        """First row of a query, or None."""
        return self.conn.execute(statement).first()

    def all(self, statement: Executable) -> list[Row[Any]]:
        """All rows of a query."""
        return list(self.conn.execute(statement).all())

    def scalar(self, statement: Executable) -> Any:
        """First column of the first row, or None."""
        return self.conn.execute(statement).scalar()

    def changed(
        self, noun: str, *, project_id: int | None = None, noun_id: int | None = None, detail: str = ""
    ) -> None:
        """Announce a change once this transaction has committed."""
        self.changes.append(Change(noun, project_id, noun_id, detail))

    def database_now(self) -> ColumnElement[int]:
        """The database's own time, in microseconds since 1970: the same for all processes, whose clocks may
        differ."""
        if self.conn.dialect.name == "postgresql":
            return cast(func.extract("epoch", func.clock_timestamp()) * 1_000_000, BigInteger)
        return cast((func.julianday("now") - JULIAN_1970) * DAY_US, BigInteger)

    def lock_alone(self) -> None:
        """Keep other processes out of this transaction's kind of work until it ends: for first starts."""
        if self.conn.dialect.name == "postgresql":
            self.conn.execute(select(func.pg_advisory_xact_lock(FIRST_START_LOCK)))

    def insert_id(self, table: Table, **values: Any) -> int:
        """Insert one row and return its `id`."""
        key = self.conn.execute(table.insert().values(**values)).inserted_primary_key
        assert key is not None
        return int(key[0])

    def upsert(self, table: Table) -> "sqlite.Insert | postgresql.Insert":
        """An INSERT of this database's dialect, with `on_conflict_do_update` and `_do_nothing`."""
        if self.conn.dialect.name == "postgresql":
            return postgresql.insert(table)
        return sqlite.insert(table)


__all__ = ["Prepared", "Session"]
