"""Leases of background work. Safety never rests on a lease: every job may be done twice."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from runstone.store.opening import Store
from runstone.store.writes import Transaction

LEASE = timedelta(seconds=60)
FIRST_RETRY = timedelta(seconds=5)
LAST_RETRY = timedelta(hours=1)
CANDIDATES = 16


@dataclass(frozen=True, slots=True)
class Job:
    """A job that is ours for a while."""

    id: int
    kind: str
    subject: str
    due_at: datetime
    attempts: int


def ensure_jobs(store: Store, kinds: Iterable[str], now: datetime) -> None:
    """Make sure that each of these periodic jobs waits."""

    def change(tx: Transaction) -> None:
        for kind in kinds:
            tx.ensure_job(kind, "", now)

    store.write(change)


def claim_job(store: Store, owner: str, kinds: Iterable[str], now: datetime) -> Job | None:
    """Take the oldest job of these kinds that is due `now`; None when there is none. For how long it is ours
    is told by the database's time, whatever the clock of this process."""
    wanted = frozenset(kinds)
    with store.reading() as reads:
        candidates = [row for row in reads.due_jobs(now, CANDIDATES) if row.kind in wanted]
    if not candidates:
        return None

    def change(tx: Transaction) -> Job | None:
        for row in candidates:
            if tx.claim_job(row.id, owner, LEASE):
                return Job(row.id, row.kind, row.subject, row.due_at, row.attempts + 1)
        return None

    return store.write(change)


def renew_job(store: Store, owner: str, job: Job) -> bool:
    """Hold a job for another while; False when somebody else has it now."""
    return store.write(lambda tx: tx.renew_job(job.id, owner, LEASE))


def finish_job(store: Store, owner: str, job: Job, again_at: datetime | None) -> None:
    """A job is done; a periodic one comes back at `again_at`."""

    def change(tx: Transaction) -> None:
        if again_at is not None:
            tx.release_job(job.id, owner, due_at=again_at, attempts=0, last_error=None)
        elif not tx.remove_job(job.id, owner, job.due_at):
            tx.release_job(job.id, owner, attempts=0, last_error=None)

    store.write(change)


def leave_job(store: Store, owner: str, job: Job) -> None:
    """A job was left off: whoever is there next does it."""
    store.write(lambda tx: tx.release_job(job.id, owner, attempts=job.attempts - 1))


def fail_job(store: Store, owner: str, job: Job, error: str, now: datetime) -> None:
    """A job went wrong: try again, each time later, at most an hour later."""
    wait = min(FIRST_RETRY * 2 ** min(job.attempts - 1, 12), LAST_RETRY)
    store.write(lambda tx: tx.release_job(job.id, owner, due_at=now + wait, last_error=error[:2000]))
