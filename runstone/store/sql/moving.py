"""Every row of one database into another one, in steps that can break off anywhere.

Each step writes some rows and how far it came in one transaction, so a move that was killed goes
on exactly there. The mark lies in the target's own settings; until it says that all is done, no
server starts on the target.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Table, delete, func, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from runstone.store.schema import blob, metadata, setting
from runstone.store.sql.database import Database

MARK = "migration"
OWN_KEY = "secret"  # the name of that setting
DONE = "done"
ROWS_AT_ONCE = 2000
WIDE_AT_ONCE = 100  # rows of tables that hold bytes
OBJECTS_AT_ONCE = 64

Progress = Callable[[int], None]


def unfinished_move(database: Database) -> dict[str, Any] | None:
    """The mark of a move into this database that was not finished; None where it is fit to use."""
    with database.reading() as conn:
        mark = read_mark(conn)
    return None if mark is None or mark.get("stage") == DONE else mark


def read_mark(conn: Connection) -> dict[str, Any] | None:
    """How far a move into this database came: `source`, `stage`, `after`."""
    text = conn.execute(select(setting.c.value).where(setting.c.name == MARK)).scalar()
    return None if text is None else dict(json.loads(text))


def write_mark(conn: Connection, mark: dict[str, Any]) -> None:
    """Note how far it came, inside the transaction that came so far."""
    conn.execute(delete(setting).where(setting.c.name == MARK))
    conn.execute(setting.insert().values(name=MARK, value=json.dumps(mark)))


def identity(database: Database) -> str:
    """A name for the data of a database that tells nothing of its secret."""
    with database.reading() as conn:
        secret = conn.execute(select(setting.c.value).where(setting.c.name == OWN_KEY)).scalar()
    return hashlib.sha256(f"identity:{secret}".encode()).hexdigest()[:32]


def is_empty(database: Database) -> bool:
    """Whether nobody has used this database yet."""
    with database.reading() as conn:
        return not any(
            conn.execute(select(func.count()).select_from(table).limit(1)).scalar()
            for table in metadata.sorted_tables
            if table is not setting
        )


def row_count(database: Database) -> int:
    """How many rows there are to move."""
    with database.reading() as conn:
        return sum(
            int(conn.execute(select(func.count()).select_from(table)).scalar() or 0)
            for table in metadata.sorted_tables
        )


def object_rows(database: Database, after: str) -> Iterator[Sequence[Any]]:
    """Noted objects in the order of their addresses, from behind one on: `addr`, `size_bytes`, `md5`."""
    while True:
        with database.reading() as conn:
            page = conn.execute(
                select(blob.c.addr, blob.c.size_bytes, blob.c.md5)
                .where(blob.c.addr > after, blob.c.state != "pending")
                .order_by(blob.c.addr)
                .limit(OBJECTS_AT_ONCE)
            ).all()
        if not page:
            return
        yield page
        after = page[-1].addr


def object_total(database: Database) -> int:
    """Bytes of all noted objects."""
    with database.reading() as conn:
        return int(conn.execute(select(func.sum(blob.c.size_bytes))).scalar() or 0)


def copy_tables(source: Database, target: Database, mark: dict[str, Any], progress: Progress) -> None:
    """Copy what is missing, table by table in the order of their references."""
    names = [table.name for table in metadata.sorted_tables]
    begin = names.index(mark["stage"]) if mark["stage"] in names else 0
    for table in metadata.sorted_tables[:begin]:
        with source.reading() as conn:
            progress(int(conn.execute(select(func.count()).select_from(table)).scalar() or 0))
    for table in metadata.sorted_tables[begin:]:
        after = mark["after"] if mark["stage"] == table.name else None
        for rows in _pages(source, table, after):
            values = [_portable(row) for row in rows]
            mark = {**mark, "stage": table.name, "after": [rows[-1][one.name] for one in table.primary_key]}

            def step(conn: Connection, table: Table = table, values: Any = values, mark: Any = mark) -> None:
                _insert(conn, table, values)
                write_mark(conn, mark)

            target.write(step)
            progress(len(rows))
    target.write(_set_counters)


def _pages(database: Database, table: Table, after: list[Any] | None) -> Iterator[list[dict[str, Any]]]:
    keys = list(table.primary_key.columns)
    wide = any(column.type.__class__.__name__ == "LargeBinary" for column in table.columns)
    size = WIDE_AT_ONCE if wide else ROWS_AT_ONCE
    while True:
        statement = select(table).order_by(*keys).limit(size)
        if after is not None:
            statement = statement.where(tuple_(*keys) > tuple_(*after))
        with database.reading() as conn:
            rows = [dict(row) for row in conn.execute(statement).mappings()]
        if not rows:
            return
        yield rows
        after = [rows[-1][one.name] for one in keys]


def _portable(row: dict[str, Any]) -> dict[str, Any]:
    """PostgreSQL's text holds no zero characters; SQLite's may."""
    return {
        name: value.replace("\0", "\ufffd") if isinstance(value, str) and "\0" in value else value
        for name, value in row.items()
    }


def _insert(conn: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if table is setting:  # the target made a secret of its own when it was opened
        rows = [row for row in rows if row["name"] != MARK]
        conn.execute(delete(setting).where(setting.c.name.in_([row["name"] for row in rows])))
    if rows:
        make = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
        conn.execute(make(table).on_conflict_do_nothing(), rows)


def _set_counters(conn: Connection) -> None:
    """Let new rows get ids behind those that came. SQLite does by itself."""
    if conn.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is None:
            continue
        highest = conn.execute(select(func.max(column))).scalar()
        sequence = conn.execute(select(func.pg_get_serial_sequence(table.name, column.name))).scalar()
        if highest is not None and sequence is not None:
            conn.execute(select(func.setval(sequence, highest)))


def differing_tables(source: Database, target: Database, progress: Progress) -> list[str]:
    """Names of tables whose rows are not the same on both sides."""
    return [
        table.name
        for table in metadata.sorted_tables
        if _digest(source, table, progress) != _digest(target, table, progress)
    ]


def _digest(database: Database, table: Table, progress: Progress) -> tuple[int, int]:
    """Rows, and a sum of their digests that depends on no order: the databases sort texts differently."""
    count = total = 0
    for rows in _pages(database, table, None):
        for row in rows:
            if table is setting and row["name"] == MARK:
                continue
            text = repr(list(_portable(row).values())).encode("utf-8", "surrogatepass")
            total = (total + int.from_bytes(hashlib.sha256(text).digest(), "big")) % (1 << 256)
            count += 1
        progress(len(rows))
    return count, total
