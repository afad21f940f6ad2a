"""Bring a database to this version's schema, by Alembic, and refuse one from the future."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from runstone.domain.errors import Invalid
from runstone.store.sql.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"


def config_for(database: Database | None = None) -> Config:
    """Alembic's configuration, without a file; `env.py` finds the engine in its attributes."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    if database is not None:
        config.attributes["engine"] = database.engine
    return config


def upgrade(database: Database) -> None:
    """Apply the missing migrations. Raises `Invalid` when the database knows one that we do not."""
    config = config_for(database)
    script = ScriptDirectory.from_config(config)
    with database.engine.connect() as conn:
        present = MigrationContext.configure(conn).get_current_revision()
    if present == script.get_current_head():
        return
    known = {revision.revision for revision in script.walk_revisions()}
    if present is not None and present not in known:
        raise Invalid(
            f"This data was written by a newer Runstone (schema {present}; this version knows up to "
            f"{script.get_current_head()}). Nothing was changed. Install that version or a later one: "
            "pip install --upgrade runstone"
        )
    command.upgrade(config, "head")
