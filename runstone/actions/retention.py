"""What becomes of versions with time: expired ones are deleted, deleted ones give their bytes back."""

from collections.abc import Callable
from datetime import datetime, timedelta

from runstone.actions.artifact import remove_version
from runstone.domain.viewer import COMMAND_LINE
from runstone.store.opening import Store
from runstone.store.writes import Transaction

FREE_AT_ONCE = 100
ABANDONED_AFTER = timedelta(days=7)  # a version that was begun and never committed


def expire_versions(store: Store, now: datetime, go_on: Callable[[], bool] = lambda: True) -> int:
    """Delete committed versions whose time to live is over; how many.

    Like a deletion by hand it can be undone within the grace. A version that is linked
    anywhere stays: somebody relies on it. For the clock's door.
    """
    expired = 0
    with store.reading() as reads:
        due = [
            row.id
            for row in reads.versions_with_ttl()
            if row.created_at + timedelta(seconds=row.ttl_seconds) <= now
        ]
    for version_id in due:
        if not go_on():
            break
        expired += store.write(lambda tx, one=version_id: _expire(tx, one, now))  # type: ignore[misc]
    return expired


def _expire(tx: Transaction, version_id: int, now: datetime) -> bool:
    row = tx.version(COMMAND_LINE, version_id)
    if row is None:
        return False
    places = tx.memberships_of_versions(COMMAND_LINE, [version_id]).get(version_id, [])
    if any(place.collection_id != row.collection_id for place in places):
        return False
    remove_version(tx, row, places, now)
    tx.record(
        COMMAND_LINE,
        "expire_version",
        "version",
        version_id,
        now,
        project_id=row.project_id,
        name=f"{row.collection_name}:v{row.number}",
    )
    return True


def free_versions(
    store: Store, now: datetime, grace: timedelta, go_on: Callable[[], bool] = lambda: True
) -> int:
    """Take files and manifests from versions that were deleted at least `grace` ago; how many.

    Also from versions of deleted projects, and from those begun and never committed. The
    bytes themselves go when nothing else refers to them (`collect_blobs`). For the clock's door.
    """
    freed = 0
    while go_on():
        with store.reading() as reads:
            due = reads.versions_to_free(now - grace, now - max(grace, ABANDONED_AFTER), FREE_AT_ONCE)
        for version_id in due:
            store.write(lambda tx, one=version_id: _free(tx, one, now))  # type: ignore[misc]
        freed += len(due)
        if len(due) < FREE_AT_ONCE:
            break
    return freed


def _free(tx: Transaction, version_id: int, now: datetime) -> None:
    tx.delete_entries(version_id)
    tx.delete_manifests(version_id)
    tx.mark_version_freed(version_id, now)
    for kind in ("version", "manifest", "upload"):
        tx.disown_blobs(kind, version_id)


def free_runs(store: Store, now: datetime, grace: timedelta, go_on: Callable[[], bool] = lambda: True) -> int:
    """Take history and files from runs that were deleted at least `grace` ago; how many.

    Also from runs of deleted projects. The row stays, so that lineage keeps the run's name. For
    the clock's door.
    """
    freed = 0
    while go_on():
        with store.reading() as reads:
            due = reads.runs_to_free(now - grace, FREE_AT_ONCE)
        for run_id in due:
            store.write(lambda tx, one=run_id: tx.free_run(one, now))  # type: ignore[misc]
        freed += len(due)
        if len(due) < FREE_AT_ONCE:
            break
    return freed
