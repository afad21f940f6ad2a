"""Going back in a run: its history ends at an earlier step, and its process goes on from there."""

from collections.abc import Mapping
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from runstone.actions.access import find_project, require
from runstone.actions.branch import keep_console, past_until, take_over
from runstone.actions.run import check_step, refuse_second_writer, set_summary
from runstone.actions.trial import fold_rows
from runstone.domain.errors import NotFound
from runstone.domain.history import RAW, Key
from runstone.domain.ids import ProjectId, RunId
from runstone.domain.run import Branch
from runstone.domain.viewer import Access, Viewer
from runstone.store.history import as_text
from runstone.store.opening import Store
from runstone.store.writes import Transaction


def rewind_run(
    store: Store, viewer: Viewer, entity: str | None, project: str, to: Branch, now: datetime
) -> RunId:
    """End a run's history at a step of it, in a new epoch: the rows behind stay in the old one, hidden.

    Its summary becomes what was last logged up to then; the console stays; measurements of the
    system begin anew, as the client counts them from 0. Raises `NotFound`, `Denied`, `Invalid` (no
    such step, or its process is alive) and `Conflict` when that may be.
    """
    with store.reading() as reads:
        home = find_project(reads, viewer, entity, project, Access.WRITE)
        row = reads.run(viewer, ProjectId(home.id), to.run_name)
        if row is None:
            raise NotFound(
                f"run {to.run_name!r}, which resume_from names, was not found in project {project!r}. "
                "It may have been deleted, or you have no access."
            )
        refuse_second_writer(row, now)
        past = past_until(reads, row, to.step)
        check_step(row, past, to.step, "resume_from")

    def change(tx: Transaction) -> RunId:
        require(tx, viewer, home, Access.WRITE)
        fresh = tx.run_by_id(viewer, RunId(row.id))
        if fresh is None:
            raise NotFound(f"run {to.run_name!r} was deleted meanwhile.")
        run_id, project_id, epoch = RunId(fresh.id), ProjectId(fresh.project_id), fresh.epoch + 1
        line = take_over(tx, past, project_id, run_id, epoch, now)
        keep_console(tx, fresh, epoch, now)
        begun = {"branch_run_id": run_id, "branch_step": to.step, "branch_line": line}
        fresh_start = {"begins_anew": False, "console_base": None, "history_base": None}
        tx.update_run(run_id, now, epoch=epoch, **fresh_start, **begun)
        at: Any = SimpleNamespace(id=run_id, epoch=epoch)
        set_summary(tx, fresh, as_text(_summary(tx.keys(at))), now)
        if fresh.sweep_id is not None:
            fold_rows(tx, viewer, fresh, epoch, [as_text(one) for _, one in tx.rows(at)], now)
        tx.record(viewer, "rewind_run", "run", run_id, now, project_id=project_id, step=to.step)
        tx.changed("run", project_id=project_id, noun_id=run_id)
        tx.changed("history", project_id=project_id, noun_id=run_id)
        return run_id

    return store.write(change)


def _summary(keys: Mapping[str, Key]) -> dict[str, Any]:
    """The last value of every key, nested as it was logged."""
    found: dict[str, Any] = {}
    for name, key in keys.items():
        level = found
        *outer, last = name.split(".")
        for part in outer:
            inner = level.setdefault(part, {})
            if not isinstance(inner, dict):  # both `a` and `a.b` were logged
                level, last = found, name
                break
            level = inner
        if name != RAW:
            level[last] = key.last
    return found
