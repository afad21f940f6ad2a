"""Every change of a run: made, described, alive, ended, stopped, deleted.

For other actions' transactions: `beat` (a sign of life), `finish` (an exit code arrived),
`set_summary`. For doors: `upsert_run`, `update_run_state`, `stop_run`, `delete_run`. For the
clock: `mark_lost_runs`. Going back in a run's history is `rewind`.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from runstone.actions.access import find_entity, find_project_by_id, require
from runstone.actions.branch import Past, past_until, take_over
from runstone.actions.project import project_for_writing
from runstone.actions.trial import bind_run, follow_run
from runstone.actions.writer import say_config, steps_ahead
from runstone.domain.errors import Conflict, Invalid, NotFound
from runstone.domain.history import json_object, read_json
from runstone.domain.ids import ProjectId, RunId
from runstone.domain.naming import check_run_name, similar
from runstone.domain.run import (
    ALIVE,
    ENDED,
    HEARTBEAT_LOST,
    PREEMPTED_CAUSE,
    PROCESS_GONE,
    SHARED,
    STOPPED,
    Branch,
    RunState,
    ending_of,
    friendly_name,
    plain_config,
    tags_text,
    values_of,
)
from runstone.domain.viewer import COMMAND_LINE, Access, Viewer
from runstone.store.opening import Store
from runstone.store.writes import Transaction

# A client beats every 30 s; a second process with the same id is refused while the first beats.
BEATING_FOR = timedelta(seconds=40)
LAST_WORDS = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class RunChange:
    """What a client says of a run; None leaves a part as it is.

    Either `run_id` alone (our id: an edit), or entity, project and `name` (the client that
    runs it; one that resumes knows the `run_id` too). `config` and `summary` are JSON objects
    as text and replace the present ones. `writer_id` is the process' own name for itself,
    `resumed` whether it goes on with what there is (None when it does not say), `branch` of which
    other run's history a new one begins with a part. `shared_by` is the name that a process has invented
    for itself which writes the run side by side with others: it knows only its own part of it.
    """

    run_id: RunId | None = None
    entity: str | None = None
    project: str = ""
    name: str | None = None
    display_name: str | None = None
    notes: str | None = None
    description: str | None = None
    group_name: str | None = None
    job_type: str | None = None
    config: str | None = None
    summary: str | None = None
    tags: tuple[str, ...] | None = None
    commit_hash: str | None = None
    host: str | None = None
    program: str | None = None
    repo: str | None = None
    debug: bool | None = None
    state: str | None = None
    sweep: str | None = None
    writer_id: str | None = None
    resumed: bool | None = None
    branch: Branch | None = None
    shared_by: str | None = None

    @property
    def by_process(self) -> bool:
        """Whether the process that runs it speaks, not somebody who edits it."""
        return self.run_id is None or self.name is not None

    def columns(self) -> dict[str, Any]:
        """Columns that simply take the given value."""
        names = (
            *("display_name", "notes", "description", "group_name", "job_type", "commit_hash", "host"),
            *("program", "repo", "debug"),
        )
        found = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        if self.tags is not None:
            found["tags"] = tags_text(self.tags)
        return found


def upsert_run(store: Store, viewer: Viewer, said: RunChange, now: datetime) -> tuple[RunId, bool]:
    """Make a run or change it; returns its id and whether it is new.

    Raises `NotFound` (unknown entity, id or sweep), `Denied`, `Invalid` (name, state, JSON;
    another live process writes a run of that name; no such step to branch from) and `Conflict`
    when such a process may have died since its last sign of life: try again.
    """
    config = None if said.config is None else json_object(said.config, "config")
    summary = None if said.summary is None else json_object(said.summary, "summaryMetrics")
    if said.state is not None and said.state not in set(RunState):
        raise Invalid(f"run state {said.state!r}: expected one of {', '.join(RunState)}.")

    past = None if said.branch is None else _past(store, viewer, said, said.branch)

    def write(tx: Transaction) -> tuple[RunId, bool]:
        row = _present(tx, viewer, said, now)
        change = said
        if isinstance(row, Absent):
            # Functions that an agent of 0.13 calls do not say whose run it is.
            change = replace(said, sweep=said.sweep or tx.sweep_waiting_for(viewer, row.project_id, row.name))
            run_id, project_id, inserted = _insert(tx, viewer, change, row, now), row.project_id, True
        else:
            run_id, project_id, inserted = RunId(row.id), ProjectId(row.project_id), False
            _update(tx, viewer, change, row, now)
        if change.shared_by is not None and change.config is not None:
            together = say_config(tx, run_id, change.shared_by, change.config, now)
            tx.update_run(run_id, now, config=together)
        if past is not None and said.branch is not None and (isinstance(row, Absent) or _anew(row, said)):
            epoch = 0 if isinstance(row, Absent) else row.epoch + 1
            line = take_over(tx, past.history, project_id, run_id, epoch, now)
            tx.own_blobs("run_file", run_id, project_id, tx.copy_media(past.run_id, run_id))
            begun = {"branch_run_id": past.run_id, "branch_step": said.branch.step, "branch_line": line}
            fresh = {"begins_anew": False, "console_base": 0, "history_base": None}
            fresh["steps_ahead"] = said.branch.step + 1 - line
            tx.update_run(run_id, now, epoch=epoch, **fresh, **begun)
            tx.changed("history", project_id=project_id, noun_id=run_id)
        if change.sweep:
            found = tx.run_by_id(viewer, run_id)
            assert found is not None
            bind_run(tx, viewer, found, now)
        if change.state is not None:
            follow_run(tx, viewer, run_id, now)
        if config is not None or summary is not None:
            found = tx.run_by_id(viewer, run_id)
            assert found is not None
            tx.set_run_values(
                project_id,
                run_id,
                values_of(
                    plain_config(json_object(found.config, "config")), json_object(found.summary, "summary")
                ),
            )
        tx.changed("run", project_id=project_id, noun_id=run_id)
        return run_id, inserted

    try:
        return store.write(write)
    except _Contested as refused:
        run_id, contested = RunId(refused.row.id), refused.row.contested_at
        if contested is None or now - contested >= 2 * BEATING_FOR:
            store.write(lambda tx: tx.update_run(run_id, now, contested_at=now))
        raise


@dataclass(frozen=True, slots=True)
class _Known:
    """The history that a fork begins with, and whose it is."""

    run_id: int
    history: Past


def _past(store: Store, viewer: Viewer, said: RunChange, branch: Branch) -> _Known | None:
    """What a fork begins with; None for a run that has begun already. Raises `NotFound` and `Invalid`."""
    with store.reading() as reads:
        owner = reads.project(viewer, find_entity(reads, viewer, said.entity).name, said.project)
        project_id = None if owner is None else ProjectId(owner.id)
        own = None if project_id is None else reads.run(viewer, project_id, said.name or "")
        if own is not None and not _anew(own, said):
            return None
        of = None if project_id is None else reads.run(viewer, project_id, branch.run_name)
        if own is not None and own.branch_step == branch.step and (of is None or of.id == own.branch_run_id):
            # Sent once more, or begun anew: what it began with is here, whatever became of the other run.
            return _Known(int(own.branch_run_id), past_until(reads, own, branch.step))
        if of is None:
            raise NotFound(
                f"run {branch.run_name!r}, which fork_from names, was not found in project {said.project!r}. "
                "A run is forked within its project only; it may have been deleted, or you have no access."
            )
        past = past_until(reads, of, branch.step)
        check_step(of, past, branch.step, "fork_from")
        return _Known(int(of.id), past)


def check_step(row: Row[Any], past: Past, step: int, setting: str) -> None:
    """Raises `Invalid` for a step that a run has not come to yet."""
    if not 0 <= step <= past.last_step:
        known = f"has steps up to {past.last_step}" if past.last_step >= 0 else "has no history"
        raise Invalid(f"{setting}: run {row.name} {known}, got _step={step}. Take a step that it has logged.")


def _anew(row: Row[Any], change: RunChange) -> bool:
    """Whether a process begins an ended run once more, from its start. One of many never does: which of
    them comes first can't be known."""
    if change.shared_by is not None:
        return False
    return change.by_process and RunState(row.state) in ENDED and change.resumed is False


@dataclass(frozen=True, slots=True)
class Absent:
    """A name under which there is no run yet."""

    project_id: ProjectId
    name: str


def _present(tx: Transaction, viewer: Viewer, change: RunChange, now: datetime) -> "Row[Any] | Absent":
    if change.run_id is not None:
        row = tx.run_by_id(viewer, change.run_id)
        if row is None:
            raise NotFound("That run was not found. It may have been deleted, or you have no access.")
        find_project_by_id(tx, viewer, row.project_id, Access.WRITE)
        return row
    project = project_for_writing(tx, viewer, change.entity, change.project, now)
    name = change.name or new_run_name()
    row = tx.run(viewer, ProjectId(project.id), name)
    return row if row is not None else Absent(ProjectId(project.id), check_run_name(name))


def new_run_name() -> str:
    """A short id as clients make them: 8 characters a-z0-9."""
    return "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(8))


def _insert(tx: Transaction, viewer: Viewer, change: RunChange, absent: Absent, now: datetime) -> RunId:
    columns = change.columns()
    columns.setdefault(
        "display_name", friendly_name(tx.next_run_ordinal(absent.project_id), secrets.randbits(32))
    )
    columns.setdefault("tags", "[]")
    run_id = tx.insert_run(
        absent.project_id,
        absent.name,
        now,
        state=change.state or RunState.RUNNING.value,
        config=change.config or "{}",
        summary=change.summary or "{}",
        started=change.writer_id is not None,
        writer_id=change.writer_id,
        user_id=viewer.user_id,
        sweep_id=_sweep_id(tx, viewer, absent.project_id, change.sweep),
        **columns,
    )
    tx.record(viewer, "create_run", "run", run_id, now, project_id=absent.project_id, name=absent.name)
    return run_id


def _update(tx: Transaction, viewer: Viewer, change: RunChange, row: Row[Any], now: datetime) -> None:
    columns = change.columns() if change.shared_by is None else _columns_of_many(tx, row, change)
    if change.config is not None and change.shared_by is None:
        columns["config"] = change.config
    if change.summary is not None:
        columns["summary"] = change.summary
    if change.sweep is not None:
        columns["sweep_id"] = _sweep_id(tx, viewer, ProjectId(row.project_id), change.sweep)
    if change.state is not None:
        columns.update(_state_columns(RunState(change.state), f"set by {viewer.username}", now))
    elif change.by_process:
        columns.update(_columns_of_process(row, change, now))
    if change.shared_by is not None and row.writer_id != SHARED:
        columns["steps_ahead"] = steps_ahead(tx, row)
    if columns:
        tx.update_run(RunId(row.id), now, **columns)
    if not change.by_process:
        changed = sorted(name for name in columns if name not in ("summary", "config"))
        tx.record(viewer, "update_run", "run", row.id, now, project_id=row.project_id, changed=changed)


def _columns_of_many(tx: Transaction, row: Row[Any], change: RunChange) -> dict[str, Any]:
    """What one of many processes may change: tags are put together, where it runs is told by the first."""
    if change.tags is not None:
        present = read_json(tx.locked_run(RunId(row.id)).tags)
        change = replace(change, tags=(*present, *change.tags))
    alone = ("host", "program", "repo", "commit_hash", "debug")
    return {
        name: value
        for name, value in change.columns().items()
        if name not in alone or getattr(row, name) is None
    }


def _columns_of_process(row: Row[Any], change: RunChange, now: datetime) -> dict[str, Any]:
    """What changes because the process that runs it speaks: a run that had ended, or was only planned,
    runs now."""
    columns: dict[str, Any] = {"heartbeat_at": max(now, row.heartbeat_at)}
    state = RunState(row.state)
    ended = state in ENDED
    other = _is_another(row, change)
    if other:
        refuse_second_writer(row, now)
    if change.shared_by is not None and change.host is None and ended:
        return columns  # one of many has ended the run, and another says its last words
    if ended or state is RunState.PENDING:
        columns.update(_state_columns(RunState.RUNNING, None, now), stop_requested_at=None)
        if change.shared_by is None:  # one that comes late may leave the end to those that ended before
            columns.update(exit_code=None)
    if ended or other or change.run_id is not None:
        begins_anew = _anew(row, change)
        columns.update(console_base=None, history_base=None, begins_anew=begins_anew)
        columns.update(writer_id=None, contested_at=None)
    if change.writer_id is not None:
        columns.update(writer_id=change.writer_id, started=True)
    return columns


def _is_another(row: Row[Any], change: RunChange) -> bool:
    """Whether another process speaks than the one that writes the run.

    A process names its host when it begins, and only then. Its own name may change later, but not
    be missing: a client that was refused may still send its config (0.19.11).
    """
    if row.writer_id is None or change.writer_id == row.writer_id:
        return False
    nameless = change.config is not None and change.writer_id is None
    return change.host is not None or nameless or SHARED in (row.writer_id, change.writer_id)


class _Contested(Conflict):
    """A process wants a run whose present one gave a sign of life lately. It may have died since: clients
    try again on a conflict, and `contested_at` tells later whether it lives."""

    def __init__(self, row: Row[Any], message: str) -> None:
        super().__init__(message)
        self.row = row


def refuse_second_writer(row: Row[Any], now: datetime) -> None:
    """Raises `Invalid` when the present process is alive for sure, `_Contested` when it may be."""
    silent = now - row.heartbeat_at
    if row.state not in ALIVE or silent >= BEATING_FOR:
        return
    message = (
        f"run {row.entity_name}/{row.project_name}/{row.name} is being written by another process"
        f"{f' on {row.host}' if row.host else ''} (last sign of life {silent.total_seconds():.0f} s ago). "
        "Give this run another id, or end the other process first."
    )
    contested = row.contested_at
    if contested is not None and contested < row.heartbeat_at and now - contested < 2 * BEATING_FOR:
        raise Invalid(message)
    raise _Contested(row, message)


def _sweep_id(tx: Transaction, viewer: Viewer, project_id: ProjectId, name: str | None) -> int | None:
    if not name:
        return None
    row = tx.sweep_named(viewer, project_id, name)
    if row is None:
        known = tx.sweep_names(viewer, project_id)
        raise NotFound(
            f"sweep {name!r} was not found in this project.{similar(name, known)} It may have been deleted."
        )
    return int(row.id)


def _state_columns(state: RunState, cause: str | None, now: datetime) -> dict[str, Any]:
    return {
        "state": state.value,
        "state_cause": cause,
        "state_at": now,
        "ended_at": now if state in ENDED else None,
    }


def _wordless_ending(row: Row[Any], cause: str, now: datetime) -> dict[str, Any]:
    """The state of a run that ended without saying so: killed where it was to stop, what one of its many
    processes has said, else crashed."""
    if row.stop_requested_at is not None:
        return _state_columns(RunState.KILLED, STOPPED, now)
    if row.writer_id == SHARED and row.exit_code is not None:
        ending = ending_of(row.exit_code)
        return _state_columns(ending.state, ending.cause, now)
    return _state_columns(RunState.CRASHED, cause, now)


def presume_ended(tx: Transaction, viewer: Viewer, run_id: RunId, now: datetime) -> None:
    """Note inside another action that the process of a run is gone, by what its agent says.

    A run that nobody asked to stop gets a moment more: what it sent last may still be on its way.
    """
    row = tx.run_by_id(viewer, run_id)
    if row is None or RunState(row.state) not in ALIVE:
        return
    if row.stop_requested_at is None and now - row.heartbeat_at < LAST_WORDS:
        return
    columns = _wordless_ending(row, PROCESS_GONE, now)
    tx.update_run(run_id, now, **columns)
    if row.sweep_id is not None:
        follow_run(tx, viewer, run_id, now)
    tx.record(viewer, "mark_lost_run", "run", run_id, now, project_id=row.project_id)
    tx.changed("run", project_id=row.project_id, noun_id=run_id, detail=columns["state"])


def beat(tx: Transaction, row: Row[Any], now: datetime) -> None:
    """Note a sign of life inside another action; a run counted as crashed runs again."""
    if row.state == RunState.CRASHED.value:
        tx.update_run(RunId(row.id), now, heartbeat_at=now, **_state_columns(RunState.RUNNING, None, now))
        if row.sweep_id is not None:
            follow_run(tx, COMMAND_LINE, RunId(row.id), now)
        tx.changed("run", project_id=row.project_id, noun_id=row.id)
    else:
        tx.beat_run(RunId(row.id), now)


def finish(
    tx: Transaction, viewer: Viewer, row: Row[Any], exit_code: int, now: datetime, *, preempting: bool = False
) -> None:
    """Note inside another action that the process has ended. Repeating it does no harm.

    `preempting`: the same message says that its host takes the machine away.
    """
    preempting = preempting or row.state == RunState.PREEMPTING.value
    stopped = None if row.stop_requested_at is None else STOPPED
    ending = ending_of(exit_code, stopped_by=stopped, preempting=preempting)
    if row.state == ending.state.value and row.exit_code == exit_code:
        return
    columns = _state_columns(ending.state, ending.cause, now)
    tx.update_run(RunId(row.id), now, exit_code=exit_code, heartbeat_at=now, **columns)
    if row.sweep_id is not None:
        follow_run(tx, viewer, RunId(row.id), now)
    told = {"name": row.name, "exit_code": exit_code}
    tx.record(viewer, "finish_run", "run", row.id, now, project_id=row.project_id, **told)
    tx.changed("run", project_id=row.project_id, noun_id=row.id, detail=ending.state.value)


def preempt(tx: Transaction, row: Row[Any], now: datetime) -> None:
    """Note inside another action that the run's host is about to take its machine away."""
    if row.state == RunState.RUNNING.value:
        tx.update_run(RunId(row.id), now, **_state_columns(RunState.PREEMPTING, PREEMPTED_CAUSE, now))
        tx.changed("run", project_id=row.project_id, noun_id=row.id)


def set_summary(tx: Transaction, row: Row[Any], summary: str, now: datetime) -> None:
    """Replace a run's summary (JSON text as it came) inside another action; a sign of life, too."""
    tx.set_run_summary(RunId(row.id), summary, now)
    tx.set_run_values(
        ProjectId(row.project_id),
        RunId(row.id),
        values_of(plain_config(json_object(row.config, "config")), json_object(summary, "summary")),
    )


def update_run_state(store: Store, viewer: Viewer, run_id: RunId, state: str, now: datetime) -> None:
    """Set a run's state by hand, with the person as its cause."""
    upsert_run(store, viewer, RunChange(run_id=run_id, state=state), now)


def stop_run(store: Store, viewer: Viewer, run_id: RunId, now: datetime) -> None:
    """Ask a live run to stop; its client hears of it with the next heartbeat."""

    def change(tx: Transaction) -> None:
        row = _writable(tx, viewer, run_id)
        if RunState(row.state) not in ALIVE:
            raise Conflict(f"run {row.name} is {row.state}: only a running one can be stopped.")
        tx.update_run(run_id, now, stop_requested_at=now)
        tx.record(viewer, "stop_run", "run", run_id, now, project_id=row.project_id)
        tx.changed("run", project_id=row.project_id, noun_id=run_id)

    store.write(change)


def delete_run(store: Store, viewer: Viewer, run_id: RunId, now: datetime) -> None:
    """Hide a run; it can be brought back until the grace period ends."""

    def change(tx: Transaction) -> None:
        row = _writable(tx, viewer, run_id)
        tx.update_run(run_id, now, deleted_at=now)
        tx.record(viewer, "delete_run", "run", run_id, now, project_id=row.project_id, name=row.name)
        tx.changed("run", project_id=row.project_id, noun_id=run_id)

    store.write(change)


def mark_lost_runs(
    store: Store, viewer: Viewer, timeout: timedelta, awake_since: datetime, now: datetime
) -> int:
    """Mark live runs without a sign of life for `timeout` as ended; returns how many.

    `awake_since` is when this server began to listen without a break: silence counts from
    then, since before it nobody could have heard.
    """
    before = now - timeout
    if awake_since > before:
        return 0

    def change(tx: Transaction) -> int:
        lost = 0
        for row in tx.runs_silent_since(before):
            columns = _wordless_ending(row, HEARTBEAT_LOST, now)
            if tx.mark_run_silent(RunId(row.id), before, **{**columns, "ended_at": row.heartbeat_at}):
                lost += 1
                if row.sweep_id is not None:
                    follow_run(tx, viewer, RunId(row.id), now)
                tx.record(viewer, "mark_lost_run", "run", row.id, now, project_id=row.project_id)
                tx.changed("run", project_id=row.project_id, noun_id=row.id, detail=columns["state"])
        return lost

    return store.write(change)


def _writable(tx: Transaction, viewer: Viewer, run_id: RunId) -> Row[Any]:
    row = tx.run_by_id(viewer, run_id)
    if row is None:
        raise NotFound("That run was not found. It may have been deleted, or you have no access.")
    require(tx, viewer, find_project_by_id(tx, viewer, row.project_id, Access.WRITE), Access.WRITE)
    return row
