"""How the installation is doing: waiting work and the size of the database."""

from typing import Any

from sqlalchemy import Row, select, text

from runstone.domain.viewer import Viewer
from runstone.store.schema import job
from runstone.store.session import Session


class HealthReads(Session):
    """Reads for administrators; empty for everybody else."""

    def waiting_jobs(self, viewer: Viewer, limit: int) -> list[Row[Any]]:
        """Background work that waits, is being done, or failed: `kind`, `subject`, `due_at`, `attempts`,
        `lease_owner`, `lease_until`, `last_error`; failed ones first."""
        if not viewer.admin:
            return []
        return self.all(select(job).order_by(job.c.last_error.is_(None), job.c.due_at, job.c.id).limit(limit))

    def database_bytes(self, viewer: Viewer) -> int:
        """How large the database is, without its write-ahead log."""
        if not viewer.admin:
            return 0
        if self.conn.dialect.name == "sqlite":
            pages = self.conn.execute(text("PRAGMA page_count")).scalar() or 0
            return int(pages) * int(self.conn.execute(text("PRAGMA page_size")).scalar() or 0)
        return int(self.conn.execute(text("SELECT pg_database_size(current_database())")).scalar() or 0)
