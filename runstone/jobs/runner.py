"""Background work: claims due jobs from the database and does them in threads of this process.

Every server process may run one; leases in the table `job` keep them from doing the same
work at once, and every job is safe to repeat.
"""

import logging
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from runstone.actions.job import (
    LEASE,
    Job,
    claim_job,
    ensure_jobs,
    fail_job,
    finish_job,
    leave_job,
    renew_job,
)
from runstone.domain.errors import RunstoneError
from runstone.store.changes import Change
from runstone.store.opening import Store

logger = logging.getLogger("runstone.jobs")

AT_ONCE = 2
TICK_S = 1.0
BREAK_S = 10.0  # a longer silence of this loop means that the machine slept or was overwhelmed


@dataclass(frozen=True, slots=True)
class Context:
    """What a job works with. `awake_since` is since when this process has run without a break; `go_on` is
    asked between steps: a job that leaves off where it says no is done again later."""

    store: Store
    now: datetime
    awake_since: datetime
    go_on: Callable[[], bool] = lambda: True


@dataclass(frozen=True, slots=True)
class JobKind:
    """How jobs of a kind are done. `every` makes it a periodic one, with an empty subject."""

    run: Callable[[Context, str], None]
    every: timedelta | None = None


class Runner:
    """Does jobs until it is closed. `clock` gives the present UTC instant."""

    def __init__(self, store: Store, kinds: Mapping[str, JobKind], clock: Callable[[], datetime]) -> None:
        self._store, self._kinds, self._clock = store, dict(kinds), clock
        self._owner = f"{socket.gethostname()}-{secrets.token_hex(4)}"
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="job")
        self._active: dict[int, tuple[Job, Future[None], float]] = {}
        self._wake = threading.Event()
        self._closed = False
        self._awake_since = clock()
        self._last_wall, self._last_ticks = self._awake_since, time.monotonic()
        self._thread = threading.Thread(target=self._loop, name="jobs", daemon=True)
        self._unwatch: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin."""
        self._unwatch = self._store.changes.watch(self._on_change)
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more, and ask what is being done to leave off."""
        self._unwatch()
        self._unwatch = lambda: None
        self._closed = True
        self._wake.set()

    def close(self) -> None:
        """Stop, and end once what is being done has left off."""
        self.stop()
        if self._thread.ident is not None:
            self._thread.join()
        self._pool.shutdown(wait=True)

    def run_due(self) -> int:
        """Do everything that is due now, one after another, in this thread; how many jobs. For tests and
        commands."""
        done = 0
        ensure_jobs(self._store, self._periodic(), self._clock())
        while (job := claim_job(self._store, self._owner, self._kinds, self._clock())) is not None:
            self._do(job)
            done += 1
        return done

    def _periodic(self) -> list[str]:
        return [name for name, kind in self._kinds.items() if kind.every is not None]

    def _on_change(self, change: Change) -> None:
        if change.noun == "job":
            self._wake.set()

    def _loop(self) -> None:
        ensured = False
        while not self._closed:
            try:
                if not ensured:
                    ensure_jobs(self._store, self._periodic(), self._clock())
                    ensured = True
                self._tick()
            except RunstoneError as error:
                # The database is away or full for a moment: what serves requests says so too.
                logger.warning("background work waits: %s", error.message)
            except Exception:
                logger.exception("background work failed")
            self._wake.wait(TICK_S)
            self._wake.clear()

    def _tick(self) -> None:
        self._notice_breaks()
        now = self._clock()
        for job_id, (job, future, held_since) in list(self._active.items()):
            if future.done():
                del self._active[job_id]
            elif time.monotonic() - held_since > LEASE.total_seconds() / 2:
                renew_job(self._store, self._owner, job)
                self._active[job_id] = (job, future, time.monotonic())
        while len(self._active) < AT_ONCE and not self._closed:
            found = claim_job(self._store, self._owner, self._kinds, now)
            if found is None:
                return
            future = self._pool.submit(self._do, found)
            future.add_done_callback(lambda _: self._wake.set())
            self._active[found.id] = (found, future, time.monotonic())

    def _notice_breaks(self) -> None:
        """Begin to count anew after a sleep of the machine or a jump of its clock."""
        wall, ticks = self._clock(), time.monotonic()
        passed = (wall - self._last_wall).total_seconds()
        if passed > BREAK_S or abs(passed - (ticks - self._last_ticks)) > BREAK_S:
            self._awake_since = wall
        self._last_wall, self._last_ticks = wall, ticks

    def _do(self, job: Job) -> None:
        kind = self._kinds[job.kind]
        left_off = False

        def go_on() -> bool:
            nonlocal left_off
            left_off = left_off or self._closed
            return not left_off

        try:
            kind.run(Context(self._store, self._clock(), self._awake_since, go_on), job.subject)
        except Exception as error:
            if self._closed:
                logger.info("job %s %s broken off", job.kind, job.subject)
                leave_job(self._store, self._owner, job)
                return
            logger.exception("job %s %s failed, attempt %d", job.kind, job.subject, job.attempts)
            fail_job(self._store, self._owner, job, f"{type(error).__name__}: {error}", self._clock())
            return
        if left_off:
            leave_job(self._store, self._owner, job)
            return
        finish_job(self._store, self._owner, job, None if kind.every is None else self._clock() + kind.every)
