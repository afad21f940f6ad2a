"""From runs back to their sweep: which run is which slot, what it has reached, who should stop.

The run and history actions call `bind_run`, `follow_run` and `fold_rows` inside their own
transactions; all three cost nothing for a run without a sweep.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Row

from runstone.actions.question import as_trial, optimised
from runstone.actions.requeue import fail
from runstone.actions.search import known_of
from runstone.actions.sweep import definition, finish_if_done, numbers_used_up
from runstone.domain.history import read_object
from runstone.domain.ids import ProjectId, RunId
from runstone.domain.run import RunState
from runstone.domain.sweep import Goal, Method, Metric, Sweep, SweepState
from runstone.domain.sweep_value import Progress, choose_metric, fold_row, fold_summary, value_of
from runstone.domain.trial import OPEN, SlotState, slot_state
from runstone.domain.viewer import Viewer
from runstone.store.reads import Reads
from runstone.store.writes import Transaction
from runstone.sweeps.trial import Exhausted

if TYPE_CHECKING:
    from runstone.sweeps.hyperband import Savings

_OPEN = frozenset(state.value for state in OPEN)


def bind_run(tx: Transaction, viewer: Viewer, run_row: Row[Any], now: datetime) -> None:
    """Tie a run that a client has just initialised to its slot.

    A run that no agent was told to start joins its sweep as one to build on. The same run
    may be initialised again: its slot is open again then.
    """
    row = tx.lock_sweep(run_row.sweep_id)
    if row is None:
        return
    slot = tx.slot_of_run(viewer, row.id, run_row.name)
    if slot is None:
        tx.add_prior_run(row.id, run_row.id)
    elif slot.run_id != run_row.id or slot.state != SlotState.RUNNING.value:
        tx.update_slot(row.id, slot.seq, now, run_id=run_row.id, state=SlotState.RUNNING.value, cause=None)
    tx.changed("sweep", project_id=row.project_id, noun_id=row.id)


def follow_run(tx: Transaction, viewer: Viewer, run_id: RunId, now: datetime) -> None:
    """Bring a run's slot to the run's state; an ended run's summary is folded and may end the sweep."""
    run_row = tx.run_by_id(viewer, run_id)
    row = None if run_row is None or run_row.sweep_id is None else tx.lock_sweep(run_row.sweep_id)
    if run_row is None or row is None:
        return
    slot = tx.slot_of_run(viewer, row.id, run_row.name)
    if slot is not None:
        _follow(tx, viewer, row, slot, run_row, now)
        settle(tx, viewer, row, now)
    elif run_row.state == RunState.FINISHED:  # given up for lost, and its point queued again: it came back
        tx.add_prior_run(row.id, run_row.id)
    tx.changed("sweep", project_id=row.project_id, noun_id=row.id)


def fold_rows(
    tx: Transaction, viewer: Viewer, run_row: Row[Any], epoch: int, lines: Iterable[str], now: datetime
) -> None:
    """Take new history lines (JSON objects, each once) into the run's slot.

    Constant work per line. A restarted run (another epoch) begins anew. Reaching a hyperband
    band asks the runs that lag behind to stop.
    """
    row = None if run_row.sweep_id is None else tx.sweep(viewer, run_row.sweep_id)
    slot = None if row is None else tx.slot_of_run(viewer, row.id, run_row.name)
    if row is None or slot is None:
        return
    sweep = definition(row)
    if sweep.metric is None:
        return
    progress = _progress(slot, epoch)
    known, bands = set(progress.keys), {name: set(key.bands) for name, key in progress.keys.items()}
    for line in lines:
        logged = read_object(line)
        if logged is not None:
            fold_row(progress, logged, sweep.metric, sweep.early_terminate)
    name = row.metric_name or sweep.metric.name
    value = value_of(progress, name, sweep.metric.goal)
    tx.update_slot(row.id, slot.seq, now, progress=_stored(progress, epoch), value=value)
    if set(progress.keys) != known and _is_odd(name, sweep.metric, progress):
        rescue_metric(tx, viewer, row, sweep, now)
    if any(set(key.bands) - bands.get(name, set()) for name, key in progress.keys.items()):
        stop_laggards(tx, viewer, row, sweep, now, run_row.name, bands)


def settle(tx: Transaction, viewer: Viewer, row: Row[Any], now: datetime) -> SweepState:
    """Bring every open slot to its run's state and finish the sweep if nothing is left to do.

    `row` must be locked. Runs that ended without a word (crashed, deleted) are found here.
    """
    sweep_id = row.id
    open_slots = tx.open_slots(viewer, sweep_id)
    unbound = [slot.run_name for slot in open_slots if slot.run_id is None]
    born = tx.runs_named(viewer, ProjectId(row.project_id), unbound) if unbound else {}
    for slot in open_slots:
        if slot.run_id is None and slot.run_name in born:
            found = born[slot.run_name]
            tx.update_slot(sweep_id, slot.seq, now, run_id=found.id)
            _follow(tx, viewer, row, slot, found, now)
        elif slot.run_deleted_at is not None:
            cause = "the run was deleted"
            tx.update_slot(sweep_id, slot.seq, now, state=SlotState.FAILED.value, cause=cause)
        elif slot.run_id is not None and slot_state(slot.run_state, _stopping(slot)).value != slot.state:
            found = tx.runs_named(viewer, ProjectId(row.project_id), [slot.run_name])[slot.run_name]
            _follow(tx, viewer, row, slot, found, now)
    return finish_if_done(tx, viewer, row, now, exhausted=_exhausted(tx, viewer, row))


def rescue_metric(tx: Transaction, viewer: Viewer, row: Row[Any], sweep: Sweep, now: datetime) -> None:
    """Choose the key that is optimised from what runs have logged, and say so where it differs."""
    assert sweep.metric is not None
    slots = tx.slots(viewer, row.id)
    by_seq = {slot.seq: _progress(slot) for slot in slots}
    choice = choose_metric(sweep.metric, by_seq.values())
    warnings = [
        text for text in json.loads(row.warnings) if not text.startswith(f"`{sweep.metric.name}` is never")
    ]
    if choice.warning:
        warnings.append(choice.warning)
    if choice.name == (row.metric_name or sweep.metric.name) and warnings == json.loads(row.warnings):
        return
    tx.update_sweep(row.id, now, metric_name=choice.name, warnings=json.dumps(warnings))
    for slot in slots:
        value = value_of(by_seq[slot.seq], choice.name, sweep.metric.goal)
        if value != slot.value:
            tx.update_slot(row.id, slot.seq, now, value=value)
    tx.changed("sweep", project_id=row.project_id, noun_id=row.id)


def stop_laggards(
    tx: Transaction,
    viewer: Viewer,
    row: Row[Any],
    sweep: Sweep,
    now: datetime,
    grown: str,
    judged: Mapping[str, Collection[int]],
) -> None:
    """Ask runs that hyperband gives up on to stop; `grown` has reached more bands, by key, than `judged`."""
    from runstone.sweeps.hyperband import course, to_stop  # noqa: PLC0415 - start-up time

    assert sweep.metric is not None
    assert sweep.early_terminate is not None
    name = optimised(sweep, row.metric_name).metric
    assert name is not None
    slots = {slot.run_name: slot for slot in tx.slots(viewer, row.id)}
    courses = [
        course(
            slot.run_name,
            slot.state in _OPEN and not slot.stop_requested,
            _progress(slot),
            name.name,
            judged.get(name.name, ()) if slot.run_name == grown else None,
        )
        for slot in slots.values()
    ]
    for verdict in to_stop(sweep.early_terminate, sweep.metric.goal, courses):
        cause = (
            f"{_EARLY}: {name.name} was {verdict.value:.6g} after {verdict.band} "
            f"iterations, {verdict.threshold:.6g} was needed"
        )
        tx.request_stop(row.id, slots[verdict.name].seq, cause, now)


def spared(reads: Reads, viewer: Viewer, row: Row[Any]) -> "Savings | None":
    """What hyperband has spared a sweep so far; None for a sweep without it."""
    from runstone.sweeps.hyperband import savings  # noqa: PLC0415 - start-up time

    sweep = optimised(definition(row), row.metric_name)
    if sweep.early_terminate is None or sweep.metric is None:
        return None
    stopped: list[int] = []
    finished: list[int] = []
    for slot in reads.slots(viewer, row.id):
        key = _progress(slot).keys.get(sweep.metric.name)
        count = 0 if key is None else key.count
        if slot.state == SlotState.FINISHED.value:
            finished.append(count)
        elif slot.state == SlotState.STOPPED.value and (slot.cause or "").startswith(_EARLY):
            stopped.append(count)
    return savings(stopped, finished)


_EARLY = "stopped early by hyperband"


def _follow(
    tx: Transaction, viewer: Viewer, row: Row[Any], slot: Row[Any], run_row: Row[Any], now: datetime
) -> None:
    after = slot_state(run_row.state, _stopping(slot) or run_row.stop_requested_at is not None)
    if after is SlotState.RUNNING:
        if slot.state != after.value:
            tx.update_slot(row.id, slot.seq, now, state=after.value, cause=None)
        return
    sweep = definition(row)
    values: dict[str, Any] = {}
    if sweep.metric is not None:
        progress = _progress(slot, run_row.epoch)
        before = set(progress.keys)
        fold_summary(progress, json.loads(run_row.summary or "{}"), sweep.metric)
        name = row.metric_name or sweep.metric.name
        values["value"] = value_of(progress, name, sweep.metric.goal)
        values["progress"] = _stored(progress, run_row.epoch)
    tx.update_slot(row.id, slot.seq, now, state=after.value, **values)
    if after is SlotState.FAILED:
        fail(tx, row.id, slot, slot.cause or run_row.state_cause or run_row.state, now)
    if sweep.metric is not None and (values["value"] is None or set(progress.keys) != before):
        rescue_metric(tx, viewer, row, sweep, now)


def _stopping(slot: Row[Any]) -> bool:
    return bool(slot.stop_requested) or slot.run_stop_requested_at is not None


def _exhausted(tx: Transaction, viewer: Viewer, row: Row[Any]) -> bool:
    """Whether a grid has no cell left, so that its sweep ends with its last run and needs no agent for it."""
    if row.method != Method.GRID.value or SweepState(row.state).is_over:
        return False
    open_slots = tx.open_slots(viewer, row.id)
    if any(slot.state != SlotState.RESERVED.value for slot in open_slots):
        return False
    if (open_slots and not numbers_used_up(row)) or tx.released_slot(row.id) is not None:
        return False
    from runstone.sweeps import grid  # noqa: PLC0415 - start-up time and memory

    trials = [as_trial(one) for one in known_of(tx, viewer, row)]
    return isinstance(grid.suggest(definition(row).space, trials, row.next_seq, row.since_seq), Exhausted)


def _progress(slot: Row[Any], epoch: int | None = None) -> Progress:
    """What a slot's run has logged; nothing yet when that was under another epoch than the given one."""
    stored = {} if not slot.progress else orjson.loads(slot.progress)
    return Progress.from_json(stored if epoch is None or stored.get("epoch") == epoch else None)


def _stored(progress: Progress, epoch: int) -> str:
    return json.dumps({**progress.to_json(), "epoch": epoch})


def _is_odd(name: str, metric: Metric, progress: Progress) -> bool:
    """Either the optimised key is missing here, or the configured one turned up after a rescue."""
    return value_of(progress, name, Goal.MINIMIZE) is None or (
        name != metric.name and metric.name in progress.keys
    )
