"""Creating sweeps, changing their state, and finding out that one is done."""

import json
import secrets
import string
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import Row

from runstone.actions.access import find_project_by_id
from runstone.actions.project import project_for_writing
from runstone.actions.warm_start import attach_prior_runs, attach_warm_start
from runstone.domain.errors import Invalid, NotFound
from runstone.domain.ids import ProjectId, SweepId
from runstone.domain.naming import similar
from runstone.domain.sweep import WANTED, Method, Sweep, SweepEvent, SweepState, is_done, next_state
from runstone.domain.sweep_config import read_config
from runstone.domain.trial import OPEN, SlotState
from runstone.domain.viewer import Access, Viewer
from runstone.store.opening import Store
from runstone.store.reads import Reads
from runstone.store.writes import Transaction

_ALPHABET = string.ascii_lowercase + string.digits
_OPEN = frozenset(state.value for state in OPEN)


def new_name() -> str:
    """A short id for a sweep or a run: 8 characters a-z0-9, as clients make them."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(8))


def definition(row: Row[Any]) -> Sweep:
    """What a stored sweep searches; its text was checked when it was stored."""
    return read_config(row.config_text).require()


def seed_of(name: str) -> int:
    """The seed of a sweep, a function of its short id alone (63 bits)."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest()) >> 1


def create_sweep(
    store: Store,
    viewer: Viewer,
    entity_name: str | None,
    project_name: str,
    config_text: str,
    now: datetime,
    *,
    display_name: str | None = None,
    description: str | None = None,
    prior_runs: str | None = None,
) -> tuple[SweepId, list[str]]:
    """Make a sweep from its YAML or JSON text; returns its id and warnings for the person.

    `prior_runs` is a filter of runs to build on, such as `{"$or": [{"name": run}, ...]}`. Raises
    `Invalid` with every fault of the text at once.
    """
    parsed = read_config(config_text)
    sweep = parsed.require()
    name = new_name()

    def change(tx: Transaction) -> SweepId:
        project = project_for_writing(tx, viewer, entity_name, project_name, now)
        made = tx.insert_sweep(
            ProjectId(project.id),
            name,
            now,
            display_name=display_name or sweep.name,
            description=description or sweep.description,
            config_text=config_text,
            method=sweep.method.value,
            state=SweepState.PENDING.value,
            warnings=json.dumps(parsed.warnings),
            seed=seed_of(name),
            run_cap=sweep.run_cap,
            user_id=viewer.user_id,
        )
        attach_prior_runs(tx, viewer, project, made, prior_runs, now)
        if sweep.warm_start is not None:
            attach_warm_start(tx, viewer, project, made, sweep.warm_start)
        tx.record(viewer, "create_sweep", "sweep", made, now, project_id=project.id, name=name)
        tx.changed("sweep", project_id=project.id, noun_id=made)
        return made

    return store.write(change), list(parsed.warnings)


def update_sweep(
    store: Store,
    viewer: Viewer,
    sweep_id: int,
    now: datetime,
    *,
    state: str | None = None,
    config_text: str | None = None,
    display_name: str | None = None,
    description: str | None = None,
) -> list[str]:
    """Change a sweep's state, its configuration (an extension) or its texts; returns warnings.

    A new configuration keeps what was tried. It may wake a finished sweep: more runs, other
    limits. Raises `Conflict` for a state that cannot follow the present one.
    """
    parsed = None if config_text is None else read_config(config_text)
    extended = None if parsed is None else parsed.require()
    if state is not None and state not in WANTED:
        raise Invalid(f"state {state!r} of a sweep: expected one of {', '.join(WANTED)}.")

    def change(tx: Transaction) -> None:
        row = changeable(tx, viewer, sweep_id)
        values: dict[str, Any] = {}
        after = SweepState(row.state)
        if extended is not None and config_text != row.config_text:
            assert parsed is not None
            before = definition(row)
            after = next_state(after, SweepEvent.EXTEND)
            values.update(
                config_text=config_text,
                method=extended.method.value,
                run_cap=extended.run_cap,
                warnings=json.dumps(parsed.warnings),
            )
            if before.space != extended.space or before.method != extended.method:
                values["since_seq"] = row.next_seq
            if extended.warm_start is not None and before.warm_start != extended.warm_start:
                project = find_project_by_id(tx, viewer, row.project_id, Access.WRITE)
                attach_warm_start(tx, viewer, project, SweepId(row.id), extended.warm_start)
            if before.metric != extended.metric:
                values["metric_name"] = None
        if state is not None:
            after = next_state(after, WANTED[state])
            values["state_cause"] = f"{_SAID[state]} by {viewer.username}"
        values["state"] = after.value
        if display_name is not None:
            values["display_name"] = display_name
        if description is not None:
            values["description"] = description
        tx.update_sweep(row.id, now, **values)
        if after is SweepState.CANCELED:
            cancel_slots(tx, viewer, row.id, now)
        tx.record(
            viewer,
            "update_sweep",
            "sweep",
            row.id,
            now,
            project_id=row.project_id,
            before=row.state,
            after=after.value,
            extended=extended is not None,
        )
        tx.changed("sweep", project_id=row.project_id, noun_id=row.id)

    store.write(change)
    return [] if parsed is None else list(parsed.warnings)


def delete_sweep(store: Store, viewer: Viewer, sweep_id: int, now: datetime) -> None:
    """Hide a sweep; its agents end when they hear of it, its runs stay."""

    def change(tx: Transaction) -> None:
        row = changeable(tx, viewer, sweep_id)
        tx.update_sweep(row.id, now, deleted_at=now)
        tx.record(viewer, "delete_sweep", "sweep", row.id, now, project_id=row.project_id, name=row.name)
        tx.changed("sweep", project_id=row.project_id, noun_id=row.id)

    store.write(change)


def cancel_slots(tx: Transaction, viewer: Viewer, sweep_id: int, now: datetime) -> None:
    """Ask every running run to stop, and give back what no agent has started."""
    for slot in tx.open_slots(viewer, sweep_id):
        if slot.run_id is None and not slot.seen:
            release(tx, sweep_id, slot.seq, "the sweep was cancelled", now)
        else:
            tx.request_stop(sweep_id, slot.seq, "the sweep was cancelled", now)


def release(tx: Transaction, sweep_id: int, seq: int, cause: str, now: datetime) -> None:
    """Give a slot back: it counts for nothing, and a grid hands its cell out again."""
    tx.update_slot(
        sweep_id, seq, now, state=SlotState.RELEASED.value, cause=cause, params_digest=None, repeat=0
    )


def finish_if_done(
    tx: Transaction, viewer: Viewer, row: Row[Any], now: datetime, *, exhausted: bool = False
) -> SweepState:
    """Set a sweep to FINISHED when nothing is left to do; returns its state. `row` must be locked.

    exhausted: the search has nothing to hand out, so that claims without a point come to nothing.
    """
    state = SweepState(row.state)
    if state.is_over or state is SweepState.PENDING:
        return state
    sweep = definition(row)
    counts = tx.count_slots(viewer, row.id)
    started = sum(n for word, n in counts.items() if word != SlotState.RELEASED.value)
    vain = {SlotState.RESERVED.value} if exhausted else set()
    running = sum(n for word, n in counts.items() if word in _OPEN - vain)
    values = tx.slot_values(viewer, row.id) if sweep.metric and sweep.metric.target is not None else []
    why = is_done(
        sweep,
        started=started,
        running=running,
        exhausted=exhausted,
        best_finished=sweep.metric.goal.best(values) if sweep.metric else None,
    )
    if why is None:
        return state
    after = next_state(state, SweepEvent.DONE)
    tx.update_sweep(row.id, now, state=after.value, state_cause=why)
    tx.changed("sweep", project_id=row.project_id, noun_id=row.id)
    return after


def has_room(tx: Transaction, viewer: Viewer, row: Row[Any]) -> bool:
    """Whether the run cap leaves a free slot. `row` must be locked."""
    if row.run_cap is None:
        return True
    counts = tx.count_slots(viewer, row.id)
    started = sum(n for word, n in counts.items() if word != SlotState.RELEASED.value)
    return started < int(row.run_cap)


def numbers_used_up(row: Row[Any]) -> bool:
    """Whether a grid has given out as many slots as it has cells: what is left then are leftovers."""
    from runstone.sweeps import grid  # noqa: PLC0415 - start-up time and memory

    return bool(row.next_seq - row.since_seq >= grid.size(definition(row).space))


def find_sweep(reads: Reads, viewer: Viewer, project: Row[Any], name: str) -> Row[Any]:
    """A sweep of a project by its short name. Raises `NotFound` with similar names."""
    row = reads.sweep_named(viewer, project.id, name)
    if row is None:
        raise NotFound(
            f"sweep {project.entity_name}/{project.name}/{name} was not found."
            f"{similar(name, reads.sweep_names(viewer, project.id))} Check the id, or create it anew."
        )
    return row


def expected_runs(row: Row[Any]) -> int | None:
    """How many runs a sweep will have in the end, None when nothing limits it."""
    sweep = definition(row)
    if sweep.method is not Method.GRID:
        return sweep.run_cap
    from runstone.sweeps import grid  # noqa: PLC0415 - start-up time and memory

    size = grid.size(sweep.space)
    return size if sweep.run_cap is None else min(size, sweep.run_cap)


_SAID = {"RUNNING": "resumed", "PAUSED": "paused", "FINISHED": "stopped", "CANCELED": "cancelled"}


def changeable(tx: Transaction, viewer: Viewer, sweep_id: int) -> Row[Any]:
    """A sweep's row, held until the transaction ends, if this viewer may change it. Raises otherwise."""
    row = tx.sweep(viewer, sweep_id)
    if row is None:
        raise NotFound("That sweep was not found. It may have been deleted, or you have no access.")
    find_project_by_id(tx, viewer, row.project_id, Access.WRITE)
    locked = tx.lock_sweep(sweep_id)
    assert locked is not None
    return locked
