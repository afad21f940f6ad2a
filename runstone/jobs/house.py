"""All background work of a server, in one place."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from runstone.actions.arrival import adopt_objects
from runstone.actions.blob import collect_blobs
from runstone.actions.retention import expire_versions, free_runs, free_versions
from runstone.actions.retention_rule import apply_rules
from runstone.actions.run import mark_lost_runs
from runstone.domain.viewer import COMMAND_LINE
from runstone.jobs.child import SealProcess
from runstone.jobs.runner import Context, JobKind, Runner
from runstone.jobs.seal import LOOK_EVERY, quiet_job, seal_job
from runstone.store.opening import Store

LOST_EVERY = timedelta(seconds=15)
COLLECT_EVERY = timedelta(hours=1)
ADOPT_EVERY = timedelta(days=1)


@contextmanager
def working(
    store: Store, clock: Callable[[], datetime], heartbeat_timeout: timedelta, grace: timedelta
) -> Iterator[Runner]:
    """Do background work during the block."""

    def lost(context: Context, _: str) -> None:
        mark_lost_runs(store, COMMAND_LINE, heartbeat_timeout, context.awake_since, context.now)

    def collect(context: Context, _: str) -> None:
        expire_versions(store, context.now)
        apply_rules(store, context.now)
        free_runs(store, context.now, grace)
        free_versions(store, context.now, grace)
        collect_blobs(store, context.now, grace, context.go_on)

    def adopt(context: Context, _: str) -> None:
        adopt_objects(store, context.now)

    sealer = SealProcess()

    def rest() -> None:
        sealer.rest()
        store.give_back()

    runner = Runner(
        store,
        {
            "seal": JobKind(seal_job(sealer)),
            "seal-quiet": JobKind(quiet_job(sealer, rest), LOOK_EVERY),
            "lost-runs": JobKind(lost, min(LOST_EVERY, heartbeat_timeout / 2)),
            "collect": JobKind(collect, COLLECT_EVERY),
            "adopt": JobKind(adopt, ADOPT_EVERY),
        },
        clock,
    )
    runner.start()
    try:
        yield runner
    finally:
        runner.stop()
        sealer.interrupt()  # its tail is as whole as it was
        runner.close()
        sealer.close()
