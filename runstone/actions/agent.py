"""Agents: joining a sweep, their sign of life, and the one command each is told.

A heartbeat claims in two short transactions with the search between them: the first
reserves a slot under the sweep's lock (so the run cap holds and no grid cell is handed out
twice), the second fills it if it is still ours. Search never holds up a write.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Row

from runstone.actions.access import find_project, find_project_by_id
from runstone.actions.requeue import fail, queue_again
from runstone.actions.run import presume_ended
from runstone.actions.search import known_of, next_point
from runstone.actions.sweep import (
    definition,
    find_sweep,
    finish_if_done,
    has_room,
    new_name,
    numbers_used_up,
    release,
)
from runstone.actions.trial import settle
from runstone.domain.errors import NotFound
from runstone.domain.ids import AgentId, ProjectId, RunId, SweepId
from runstone.domain.sweep import Method, SweepEvent, SweepState, agent_turn, encode_arguments, next_state
from runstone.domain.trial import SlotState
from runstone.domain.viewer import Access, Viewer
from runstone.store.opening import Store
from runstone.store.writes import Transaction
from runstone.sweeps.trial import Suggestion, Wait

UNSEEN = timedelta(seconds=60)
"""A slot that no agent reports and no run has filled within this time is given back."""
SILENT = timedelta(seconds=90)
"""An agent not heard of for this long counts for nothing."""
COMPUTING = timedelta(seconds=40)
"""A reservation older than this lost its server process while the point was computed."""
MOST_DELIVERIES = 2
_TRIES = 8

Command = dict[str, Any]


@dataclass(frozen=True)
class Claim:
    """A reserved slot that waits for its point."""

    sweep_id: int
    agent_id: int
    seq: int
    run_name: str


def register_agent(
    store: Store,
    viewer: Viewer,
    entity_name: str | None,
    project_name: str,
    sweep_name: str,
    host: str,
    now: datetime,
) -> AgentId:
    """Let an agent join a sweep, which begins with its first one. Raises `NotFound`."""
    name = new_name()

    def change(tx: Transaction) -> AgentId:
        project = find_project(tx, viewer, entity_name, project_name, Access.WRITE)
        row = find_sweep(tx, viewer, project, sweep_name)
        locked = tx.lock_sweep(row.id)
        assert locked is not None
        made = tx.insert_agent(SweepId(row.id), name, host, viewer.user_id, now)
        state = next_state(SweepState(locked.state), SweepEvent.AGENT_JOINED)
        tx.update_sweep(row.id, now, state=state.value, heartbeat_at=now)
        tx.changed("sweep", project_id=project.id, noun_id=row.id)
        return made

    return store.write(change)


def beat_agent(
    store: Store, viewer: Viewer, agent_id: int, alive: Collection[str], now: datetime
) -> list[Command]:
    """One heartbeat: takes the names of the agent's live runs, gives at most one command.

    Raises `NotFound` (404) when the sweep was deleted: agents then finish their runs and end.
    Blocking, for as long as the search takes.
    """
    order = store.write(lambda tx: _listen(tx, viewer, agent_id, sorted(alive), now))
    return _fill(store, viewer, order, now) if isinstance(order, Claim) else order


def _listen(
    tx: Transaction, viewer: Viewer, agent_id: int, alive: list[str], now: datetime
) -> list[Command] | Claim:
    agent = tx.agent(viewer, agent_id)
    if agent is None:
        raise NotFound("The sweep of this agent was not found. It may have been deleted.")
    find_project_by_id(tx, viewer, agent.project_id, Access.WRITE)
    row = tx.lock_sweep(agent.sweep_id)
    if row is None:
        raise NotFound("The sweep of this agent was deleted.")
    tx.hear_agent(agent_id, agent.sweep_id, alive, now)
    _note_gone(tx, viewer, row, agent_id, set(alive), now)
    _note_unseen(tx, viewer, row, agent_id, set(alive), now)
    state = settle(tx, viewer, row, now)
    open_slots = tx.open_slots(viewer, row.id)
    mine = [slot for slot in open_slots if slot.agent_id == agent_id]
    stopping = [
        slot.run_name for slot in mine if slot.stop_requested or slot.run_stop_requested_at is not None
    ]
    waiting = [slot for slot in mine if slot.run_id is None and slot.run_name not in alive]
    queued = next((slot for slot in open_slots if slot.state == SlotState.QUEUED.value), None)
    turn = agent_turn(
        state,
        alive=alive,
        stop_requested=stopping,
        handed_out=bool(waiting),
        room=queued is not None or has_room(tx, viewer, row),
    )
    if turn.kind == "stop":
        return [{"type": "stop", "run_id": turn.run_name}]
    if turn.kind == "exit":
        tx.set_agent_state(agent_id, "FINISHED")
        return [{"type": "exit"}]
    if turn.kind == "run" and queued is not None:
        return _take(tx, row, queued, agent_id, now)
    if turn.kind == "run":
        # One after the other at the end of a grid: claims that find nothing would keep each other waiting.
        at_end = row.method == Method.GRID.value and numbers_used_up(row)
        if at_end and open_slots and tx.released_slot(row.id) is None:
            return []
        return _reserve(tx, row, agent_id, now)
    if waiting and not alive and state is SweepState.RUNNING:
        return _deliver_again(tx, row, waiting, now)
    return []


def _note_gone(
    tx: Transaction, viewer: Viewer, row: Row[Any], agent_id: int, alive: set[str], now: datetime
) -> None:
    """Runs that this agent had alive and has no more: a killed program says nothing itself."""
    for slot in tx.open_slots(viewer, row.id):
        gone = slot.agent_id == agent_id and slot.seen and slot.run_name not in alive
        if gone and slot.run_id is not None:
            presume_ended(tx, viewer, RunId(slot.run_id), now)


def _note_unseen(
    tx: Transaction, viewer: Viewer, row: Row[Any], agent_id: int, alive: set[str], now: datetime
) -> None:
    """Slots without a run: seen now, ended before a run was born, or given back after a time."""
    due: list[Row[Any]] = []
    for slot in tx.open_slots(viewer, row.id):
        mine = slot.agent_id == agent_id
        if mine and slot.run_name in alive and not slot.seen:
            tx.update_slot(row.id, slot.seq, now, seen=True)
        if slot.run_id is not None or slot.run_name in alive or slot.state == SlotState.QUEUED.value:
            continue
        limit = COMPUTING if slot.state == SlotState.RESERVED.value else UNSEEN
        if now - slot.updated_at > limit or (mine and _is_spent(slot)):
            due.append(slot)
    if not due:  # the rule: nothing more is asked of the database then
        return
    reported = _reported(tx, viewer, row.id, agent_id, now)
    born = tx.runs_named(viewer, ProjectId(row.project_id), [slot.run_name for slot in due])
    for slot in due:
        if slot.run_name in reported or slot.run_name in born:  # `settle` binds the born ones
            continue
        if slot.state == SlotState.RESERVED.value:
            release(tx, row.id, slot.seq, "its point was never computed", now)
        elif slot.agent_id == agent_id and _is_spent(slot):
            fail(tx, row.id, slot, "the program ended before wandb.init", now)
        else:
            queue_again(tx, row.id, slot, "no agent started it", now)


def _is_spent(slot: Row[Any]) -> bool:
    """Its agent has had every chance to start it: had it running, or was told twice."""
    return bool(slot.state == SlotState.ASSIGNED.value and (slot.seen or slot.deliveries >= MOST_DELIVERIES))


def _reported(tx: Transaction, viewer: Viewer, sweep_id: int, but: int, now: datetime) -> set[str]:
    """Run names that other living agents of the sweep say are alive."""
    names: set[str] = set()
    for agent in tx.agents_of(viewer, sweep_id):
        if agent.id != but and now - agent.heartbeat_at < SILENT:
            names.update(orjson.loads(agent.run_state))
    return names


def _take(tx: Transaction, row: Row[Any], slot: Row[Any], agent_id: int, now: datetime) -> list[Command]:
    """Hand out a point that waits for an agent."""
    tx.update_slot(
        row.id, slot.seq, now, state=SlotState.ASSIGNED.value, agent_id=agent_id, deliveries=1, seen=False
    )
    tx.changed("sweep", project_id=row.project_id, noun_id=row.id)
    return [_command(row, slot.run_name, json.loads(slot.params))]


def _reserve(tx: Transaction, row: Row[Any], agent_id: int, now: datetime) -> Claim:
    name = new_name()
    again = tx.released_slot(row.id) if row.method == Method.GRID.value else None
    if again is not None:
        tx.delete_slot(row.id, again)
    seq = row.next_seq if again is None else again
    tx.insert_slot(row.id, seq, name, agent_id, now)
    if again is None:
        tx.update_sweep(row.id, now, next_seq=seq + 1)
    return Claim(row.id, agent_id, seq, name)


def _deliver_again(tx: Transaction, row: Row[Any], waiting: list[Row[Any]], now: datetime) -> list[Command]:
    """The reply that carried a command was lost: say it again, and once only."""
    for slot in waiting:
        if slot.state == SlotState.ASSIGNED.value and slot.deliveries < MOST_DELIVERIES:
            tx.update_slot(row.id, slot.seq, now, deliveries=slot.deliveries + 1)
            return [_command(row, slot.run_name, json.loads(slot.params))]
    return []


def _fill(store: Store, viewer: Viewer, claim: Claim, now: datetime) -> list[Command]:
    for attempt in range(_TRIES):
        with store.reading() as reads:
            row = reads.sweep(viewer, claim.sweep_id)
            if row is None:
                raise NotFound("The sweep of this agent was deleted.")
            known = known_of(reads, viewer, row, without=claim.seq)
        outcome = next_point(row, known, claim.seq)
        if isinstance(outcome, Suggestion):
            commands = _assign(store, viewer, claim, outcome, attempt == _TRIES - 1, now)
            if commands is not None:
                return commands
            continue
        return _give_up(store, viewer, claim, not isinstance(outcome, Wait), now)
    return []


def _assign(
    store: Store, viewer: Viewer, claim: Claim, point: Suggestion, last: bool, now: datetime
) -> list[Command] | None:
    """Fill the slot; None when another slot took this very point meanwhile."""

    def change(tx: Transaction) -> list[Command] | None:
        row = tx.lock_sweep(claim.sweep_id)
        if row is None:
            raise NotFound("The sweep of this agent was deleted.")
        repeat = point.repeat
        if tx.has_point(row.id, claim.seq, point.digest, repeat):
            if not last:
                return None
            repeat = tx.next_repeat(row.id, point.digest)
        if SweepState(row.state) is not SweepState.RUNNING:  # paused or stopped while we searched
            release(tx, row.id, claim.seq, f"the sweep was {row.state.lower()} meanwhile", now)
            return []
        filled = tx.fill_slot(
            row.id,
            claim.seq,
            claim.run_name,
            now,
            params=json.dumps(point.params, ensure_ascii=False),
            params_digest=point.digest,
            repeat=repeat,
            search_info=orjson.dumps(point.info, option=orjson.OPT_SERIALIZE_NUMPY).decode(),
            deliveries=1,
        )
        if not filled:
            return []
        tx.changed("sweep", project_id=row.project_id, noun_id=row.id)
        return [_command(row, claim.run_name, point.params)]

    return store.write(change)


def _give_up(store: Store, viewer: Viewer, claim: Claim, exhausted: bool, now: datetime) -> list[Command]:
    """Undo a reservation for which there was no point."""

    def change(tx: Transaction) -> list[Command]:
        row = tx.lock_sweep(claim.sweep_id)
        if row is None:
            raise NotFound("The sweep of this agent was deleted.")
        tx.delete_slot(row.id, claim.seq)
        if row.next_seq == claim.seq + 1:
            tx.update_sweep(row.id, now, next_seq=claim.seq)
        fresh = tx.lock_sweep(claim.sweep_id)
        assert fresh is not None
        again = tx.released_slot(row.id) is not None  # a cell came back meanwhile
        state = finish_if_done(tx, viewer, fresh, now, exhausted=exhausted and not again)
        return [{"type": "exit"}] if state.is_over else []

    return store.write(change)


def _command(row: Row[Any], run_name: str, params: dict[str, Any]) -> Command:
    command: Command = {
        "type": "run",
        "run_id": run_name,
        "args": encode_arguments(params),
        "logs": [],
    }
    program = definition(row).program
    if program is not None:
        command["program"] = program
    return command
