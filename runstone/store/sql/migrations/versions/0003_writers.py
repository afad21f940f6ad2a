"""Runs that several processes write side by side."""

import sqlalchemy as sa
from alembic import op

from runstone.store.schema import run_writer, run_writer_line

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make their tables and column; a database that was made with them has them already."""
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("run")}
    if "steps_ahead" not in known:
        op.add_column("run", sa.Column("steps_ahead", sa.BigInteger))
    for table in (run_writer, run_writer_line):
        table.create(op.get_bind(), checkfirst=True)
