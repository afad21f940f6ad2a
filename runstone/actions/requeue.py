"""Points whose runs came to nothing, queued for the next agent.

A slot keeps its number and its point and gets a new run id, so that run caps and grids know
nothing of it. The runs that had it before stay in the project, and in the point's history.
"""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from runstone.actions.sweep import changeable, definition, new_name, release
from runstone.domain.errors import Conflict, NotFound
from runstone.domain.naming import similar
from runstone.domain.sweep import SweepEvent, SweepState, next_state
from runstone.domain.trial import SlotState
from runstone.domain.viewer import Viewer
from runstone.store.opening import Store
from runstone.store.writes import Transaction


def requeue_trials(
    store: Store, viewer: Viewer, sweep_id: int, run_names: Collection[str] | None, now: datetime
) -> list[str]:
    """Queue failed trials of a sweep again, the named ones or all; returns the names that had failed.

    Wakes a finished sweep. Raises `NotFound` for a run that is no trial, `Conflict` for one
    that has not failed, and for a cancelled sweep.
    """

    def change(tx: Transaction) -> list[str]:
        row = changeable(tx, viewer, sweep_id)
        slots = {slot.run_name: slot for slot in tx.slots(viewer, sweep_id)}
        failed = [name for name, slot in slots.items() if slot.state == SlotState.FAILED.value]
        wanted = failed if run_names is None else list(dict.fromkeys(run_names))
        for name in wanted:
            if name not in slots:
                raise NotFound(f"run {name!r} has no point of sweep {row.name}.{similar(name, list(slots))}")
            if name not in failed:
                raise Conflict(
                    f"run {name!r} is {slots[name].state}: only failed trials can be queued again. "
                    f"Failed are: {', '.join(failed) or 'none'}."
                )
        if not wanted:
            return []
        after = next_state(SweepState(row.state), SweepEvent.EXTEND)
        tx.update_sweep(row.id, now, state=after.value, state_cause=None)
        for name in wanted:
            slot = slots[name]
            queue_again(tx, sweep_id, slot, slot.cause, now)
        tx.record(viewer, "requeue_trials", "sweep", row.id, now, project_id=row.project_id, runs=wanted)
        tx.changed("sweep", project_id=row.project_id, noun_id=row.id)
        return wanted

    return store.write(change)


def fail(tx: Transaction, sweep_id: int, slot: Row[Any], cause: str, now: datetime) -> None:
    """A trial came to nothing: it failed, or its point is tried again as often as `retries` says."""
    row = tx.lock_sweep(sweep_id)
    assert row is not None
    if len(_attempts(slot)) < definition(row).retries and not SweepState(row.state).is_over:
        queue_again(tx, sweep_id, slot, cause, now)
    else:
        tx.update_slot(sweep_id, slot.seq, now, state=SlotState.FAILED.value, cause=cause)


def queue_again(tx: Transaction, sweep_id: int, slot: Row[Any], cause: str | None, now: datetime) -> None:
    """Let the next agent have a slot's point; one of an older configuration is given up instead."""
    row = tx.lock_sweep(sweep_id)
    assert row is not None
    if slot.seq < row.since_seq and slot.run_id is None:
        release(tx, sweep_id, slot.seq, cause or "it belongs to an older configuration", now)
        return
    info = json.loads(slot.search_info or "{}")
    if slot.run_id is not None or slot.state == SlotState.FAILED.value:
        info["attempts"] = [*_attempts(slot), {"run": slot.run_name, "cause": cause}]
    tx.update_slot(
        sweep_id,
        slot.seq,
        now,
        state=SlotState.QUEUED.value,
        cause=None,
        run_name=new_name(),
        run_id=None,
        agent_id=None,
        value=None,
        progress=None,
        deliveries=0,
        seen=False,
        stop_requested=False,
        search_info=json.dumps(info),
    )


def _attempts(slot: Row[Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(slot.search_info or "{}").get("attempts", [])
    return found
