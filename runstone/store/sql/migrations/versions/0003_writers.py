"""Runs that several processes write side by side."""

from alembic import op

from runstone.store.schema import run_writer, run_writer_line

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make their tables; a database that was made with them has them already."""
    for table in (run_writer, run_writer_line):
        table.create(op.get_bind(), checkfirst=True)
