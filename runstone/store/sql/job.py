"""Work to be done later: who does it, until when it is theirs, and what went wrong."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, case, delete, func, or_, select, update

from runstone.store.schema import job
from runstone.store.session import Session


class JobReads(Session):
    """Reads of waiting work. Leases run by the database's time."""

    def _unheld(self) -> ColumnElement[bool]:
        return or_(job.c.lease_until.is_(None), job.c.lease_until < self.database_now())

    def due_jobs(self, now: datetime, limit: int) -> list[Row[Any]]:
        """Jobs that are due and that nobody holds, the oldest first."""
        return self.all(
            select(job).where(job.c.due_at <= now, self._unheld()).order_by(job.c.due_at).limit(limit)
        )

    def job_count(self, kind: str) -> int:
        """How many jobs of a kind wait or are being done."""
        return int(self.scalar(select(func.count()).select_from(job).where(job.c.kind == kind)) or 0)


class JobWrites(JobReads):
    """Changes of waiting work."""

    def put_job(self, kind: str, subject: str, due_at: datetime) -> None:
        """Ask for work. Asked for already: the earlier time counts; being done: it is done again."""
        statement = self.upsert(job).values(kind=kind, subject=subject, due_at=due_at, attempts=0)
        self.conn.execute(
            statement.on_conflict_do_update(
                index_elements=["kind", "subject"],
                set_={
                    "due_at": case(
                        (job.c.lease_owner.is_not(None), statement.excluded.due_at),
                        (job.c.due_at < statement.excluded.due_at, job.c.due_at),
                        else_=statement.excluded.due_at,
                    )
                },
            )
        )

    def ensure_job(self, kind: str, subject: str, due_at: datetime) -> None:
        """The same, but a job that waits already is left alone."""
        self.conn.execute(
            self.upsert(job)
            .values(kind=kind, subject=subject, due_at=due_at, attempts=0)
            .on_conflict_do_nothing()
        )

    def claim_job(self, job_id: int, owner: str, lease: timedelta) -> bool:
        """Take a job for a while; False when somebody else was faster."""
        done = self.conn.execute(
            update(job)
            .where(job.c.id == job_id, self._unheld())
            .values(lease_owner=owner, lease_until=self._after(lease), attempts=job.c.attempts + 1)
        )
        return done.rowcount == 1

    def renew_job(self, job_id: int, owner: str, lease: timedelta) -> bool:
        """Hold a job longer; False when the lease was lost."""
        done = self.conn.execute(
            update(job)
            .where(job.c.id == job_id, job.c.lease_owner == owner)
            .values(lease_until=self._after(lease))
        )
        return done.rowcount == 1

    def _after(self, lease: timedelta) -> ColumnElement[int]:
        return self.database_now() + lease // timedelta(microseconds=1)

    def release_job(self, job_id: int, owner: str, **values: Any) -> None:
        """Give a job back, to be done again at its `due_at`."""
        self.conn.execute(
            update(job)
            .where(job.c.id == job_id, job.c.lease_owner == owner)
            .values(lease_owner=None, lease_until=None, **values)
        )

    def remove_job(self, job_id: int, owner: str, due_at: datetime) -> bool:
        """Forget a finished job; False when it was asked for again meanwhile."""
        done = self.conn.execute(
            delete(job).where(job.c.id == job_id, job.c.lease_owner == owner, job.c.due_at == due_at)
        )
        return done.rowcount == 1
