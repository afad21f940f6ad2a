"""Bring a database to this version's schema, by Alembic, and refuse one from the future.

Migrations are files `NNNN_words.py`, applied in the order of their numbers; a file's number is
its revision. So the usual start, with nothing to migrate, does not load Alembic at all.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from runstone.domain.errors import Invalid
from runstone.store.sql.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"


def known_revisions() -> list[str]:
    """Revisions that this version knows, oldest first."""
    return sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def present_revision(conn: Connection) -> str | None:
    """The revision of a database, None before the first migration."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    found = conn.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def upgrade(database: Database) -> None:
    """Apply the missing migrations. Raises `Invalid` when the database knows one that we do not."""
    known = known_revisions()
    with database.engine.connect() as conn:
        present = present_revision(conn)
    if present == known[-1]:
        return
    if present is not None and present not in known:
        raise Invalid(
            f"This data was written by a newer Runstone (schema {present}; this version knows up to "
            f"{known[-1]}). Nothing was changed. Install that version or a later one: "
            "pip install --upgrade runstone"
        )
    from alembic import command  # noqa: PLC0415 - start-up time and memory: needed once per release
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = database.engine
    command.upgrade(config, "head")
