"""Runs that go on from another's history, or from an earlier step of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = ("branch_run_id", "branch_step", "branch_line", "history_base")


def upgrade() -> None:
    """Add their columns; a database that was made with them has them already."""
    known = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("run")}
    for name in COLUMNS:
        if name not in known:
            op.add_column("run", sa.Column(name, sa.BigInteger))
