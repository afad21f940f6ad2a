"""Bringing back what a person deleted: runs, sweeps, reports and workspaces."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from runstone.actions.access import find_project_by_id
from runstone.domain.errors import Conflict, NotFound
from runstone.domain.ids import ProjectId, RunId
from runstone.domain.viewer import Access, Viewer
from runstone.store.opening import Store
from runstone.store.writes import Transaction


def restore_run(store: Store, viewer: Viewer, run_id: int, now: datetime) -> None:
    """Undo the deletion of a run. Raises `Conflict` when its bytes are gone or its id is taken."""

    def back(tx: Transaction, row: Row[Any]) -> None:
        if row.freed_at is not None:
            raise Conflict(f"run {row.name} can't come back: its history and files are gone for good.")
        if tx.run(viewer, ProjectId(row.project_id), row.name) is not None:
            raise Conflict(f"run {row.name}: a new run has that id by now. Delete that one first.")
        tx.update_run(RunId(row.id), now, deleted_at=None)

    _restore(store, viewer, run_id, now, "run", lambda tx: tx.deleted_run(viewer, run_id), back)


def restore_sweep(store: Store, viewer: Viewer, sweep_id: int, now: datetime) -> None:
    """Undo the deletion of a sweep; it goes on in the state it was in."""

    def back(tx: Transaction, row: Row[Any]) -> None:
        if tx.sweep_named(viewer, ProjectId(row.project_id), row.name) is not None:
            raise Conflict(f"sweep {row.name}: a new sweep has that id by now. Delete that one first.")
        tx.update_sweep(row.id, now, deleted_at=None)

    _restore(store, viewer, sweep_id, now, "sweep", lambda tx: tx.deleted_sweep(viewer, sweep_id), back)


def restore_view(store: Store, viewer: Viewer, view_id: int, now: datetime) -> None:
    """Undo the deletion of a report or workspace."""

    def back(tx: Transaction, row: Row[Any]) -> None:
        tx.update_view(row.id, now, deleted_at=None)

    _restore(store, viewer, view_id, now, "view", lambda tx: tx.deleted_view(viewer, view_id), back)


def _restore(
    store: Store,
    viewer: Viewer,
    number: int,
    now: datetime,
    noun: str,
    find: Callable[[Transaction], Row[Any] | None],
    back: Callable[[Transaction, Row[Any]], None],
) -> None:
    def change(tx: Transaction) -> None:
        row = find(tx)
        if row is None:
            raise NotFound(f"No deleted {noun} of that id was found. It may have come back already.")
        find_project_by_id(tx, viewer, row.project_id, Access.WRITE)
        back(tx, row)
        tx.record(viewer, f"restore_{noun}", noun, number, now, project_id=row.project_id, name=row.name)
        tx.changed(noun, project_id=row.project_id, noun_id=number)

    store.write(change)
