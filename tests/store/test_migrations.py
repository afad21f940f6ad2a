"""A database of an earlier version is brought to this one's schema when it is opened."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from runstone.store.opening import opened
from runstone.store.schema import run
from runstone.store.sql.migrate import known_revisions

COLUMNS = (
    "branch_run_id",
    "branch_step",
    "branch_line",
    "history_base",
    "steps_ahead",
)  # what came after the first
TABLES = ("run_writer_line", "run_writer")


def test_columns_and_tables_that_came_later_are_added(db_url: str, tmp_path: Path) -> None:
    def as_before(conn: Connection) -> None:
        for name in COLUMNS:
            conn.execute(text(f"ALTER TABLE run DROP COLUMN {name}"))
        for name in TABLES:
            conn.execute(text(f"DROP TABLE {name}"))
        conn.execute(text("UPDATE alembic_version SET version_num = '0001'"))

    with opened(db_url, str(tmp_path / "blobs")) as store:
        store.database.write(as_before)
    for _ in range(2):
        with opened(db_url, str(tmp_path / "blobs")) as store, store.database.reading() as conn:
            names = {column["name"] for column in inspect(conn).get_columns("run")}
            assert names == {column.name for column in run.c}
            assert set(TABLES) <= set(inspect(conn).get_table_names())
            present = conn.execute(text("SELECT version_num FROM alembic_version")).scalar()
            assert present == known_revisions()[-1]
