"""Sweeps: how they stand, every trial with the reason for its point, and their control."""

from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import Row

from runstone.actions.access import find_project
from runstone.actions.question import as_trial
from runstone.actions.requeue import requeue_trials
from runstone.actions.search import prior_runs
from runstone.actions.sweep import definition, delete_sweep, expected_runs, find_sweep, update_sweep
from runstone.actions.trial import spared
from runstone.domain.distribution import Numeric
from runstone.domain.space import Space
from runstone.domain.sweep_config import read_config
from runstone.domain.viewer import Access
from runstone.store.reads import Reads
from runstone.sweeps.trial import Trial
from runstone.webapi.requests import Ask, Asked

router = APIRouter(prefix="/api/sweeps", tags=["sweeps"])

MOST_TRIALS = 10_000


class MetricBody(BaseModel):
    """What is optimised. `used` is the key that is really read: it differs from `name` where runs log
    the metric behind a prefix such as `epoch/`."""

    name: str
    used: str
    goal: str
    target: float | None


class SweepLine(BaseModel):
    """A sweep in a list. `warnings` are for the person: odd settings, a metric that is never logged."""

    name: str
    display_name: str | None
    method: str
    state: str
    state_cause: str | None
    metric: MetricBody | None
    best: float | None
    best_run: str | None
    best_run_name: str | None
    runs: dict[str, int] = Field(description="How many slots are in each state.")
    expected_runs: int | None
    warnings: list[str]
    created_at: datetime
    updated_at: datetime
    heartbeat_at: datetime | None


class AgentBody(BaseModel):
    """One agent that asked for points: where it runs, how many runs it has had, which run now."""

    name: str
    host: str | None
    state: str
    runs: int
    running: list[str]
    created_at: datetime
    heartbeat_at: datetime | None


class EarlyStopping(BaseModel):
    """What hyperband spared. An iteration is one logged value of the metric, an epoch in most programs.

    A stopped run is taken to have gone as far as the median finished one.
    """

    runs_stopped: int
    iterations_saved: int
    sentence: str


class ParameterBody(BaseModel):
    """A parameter with more than one value. `path` leads to it in a trial's `params`; `name` is that path
    as one text. `scale` is the one on which it is searched, null where it is one of a list of values."""

    name: str
    path: list[str]
    scale: Literal["linear", "log"] | None


class SweepDetail(SweepLine):
    """One sweep whole. `config_text` is what came, `config` what was read from it."""

    description: str | None
    config_text: str
    config: dict[str, Any]
    parameters: list[ParameterBody] = Field(description="What is searched, in the configuration's order.")
    seed: int
    agents: list[AgentBody]
    early_stopping: EarlyStopping | None = Field(description="Null without `early_terminate`.")
    may_write: bool


class TrialBody(BaseModel):
    """One point: where it came from, what became of it.

    `info` says why this point: `engine` (model, initial design, random, grid), the loss that
    the model predicted with its spread, the acquisition, how many trials it knew, warnings.
    """

    seq: int | None
    id: int | None
    run: str
    run_name: str | None
    state: str
    cause: str | None
    params: dict[str, Any] | None
    value: float | None
    prior: bool = False
    stop_requested: bool = False
    info: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime


class TrialPage(BaseModel):
    """Trials in the order in which they were handed out; `after` of the next page is `cursor`."""

    trials: list[TrialBody]
    cursor: int | None


class ControlBody(BaseModel):
    """A state to bring the sweep to, and, to extend it, a new configuration."""

    state: Literal["RUNNING", "PAUSED", "FINISHED", "CANCELED"] | None = None
    config_text: str | None = None
    display_name: str | None = None
    description: str | None = None


class ControlAnswer(BaseModel):
    """The state after the change, and warnings about a new configuration."""

    state: str
    warnings: list[str]


class RequeueBody(BaseModel):
    """Ids of runs that failed; null for all of them."""

    runs: list[str] | None = None


class RequeueAnswer(BaseModel):
    """The runs whose points are queued again. They stay in the project; each point gets a new run."""

    runs: list[str]


@router.get("/{entity}/{project}")
def list_sweeps(
    ask: Asked, entity: str, project: str, offset: int = 0, limit: Annotated[int, Query(le=500)] = 50
) -> list[SweepLine]:
    """Sweeps of a project, newest first."""
    with ask.store.reading() as reads:
        home = find_project(reads, ask.viewer, entity, project, Access.READ)
        rows = reads.sweeps_of_project(ask.viewer, home.id, offset=offset, limit=limit)
        return [SweepLine(**_line(ask, reads, row)) for row in rows]


@router.get("/{entity}/{project}/{name}")
def show_sweep(ask: Asked, entity: str, project: str, name: str) -> SweepDetail:
    """One sweep."""
    with ask.store.reading() as reads:
        home = find_project(reads, ask.viewer, entity, project, Access.READ)
        row = find_sweep(reads, ask.viewer, home, name)
        agents = [
            AgentBody(
                name=one.name,
                host=one.host,
                state=one.state,
                runs=one.total_runs,
                running=list(orjson.loads(one.run_state)),
                created_at=one.created_at,
                heartbeat_at=one.heartbeat_at,
            )
            for one in reads.agents_of(ask.viewer, row.id)
        ]
        return SweepDetail(
            **_line(ask, reads, row),
            description=row.description,
            config_text=row.config_text,
            config=read_config(row.config_text).config,
            parameters=_parameters(definition(row).space),
            seed=row.seed,
            agents=agents,
            early_stopping=_early_stopping(reads, ask, row),
            may_write=Access.WRITE in reads.project_access(ask.viewer, home),
        )


@router.get("/{entity}/{project}/{name}/trials")
def list_trials(
    ask: Asked,
    entity: str,
    project: str,
    name: str,
    after: int = -1,
    limit: Annotated[int, Query(ge=1, le=MOST_TRIALS)] = MOST_TRIALS,
) -> TrialPage:
    """Every point tried, prior runs first."""
    with ask.store.reading() as reads:
        row = sweep_at(ask, reads, entity, project, name)
        known = prior_runs(reads, ask.viewer, row) if after < 0 else []
        prior = [_prior(row, run, as_trial(one)) for run, one in known]
        slots = [slot for slot in reads.slots(ask.viewer, row.id) if slot.seq > after]
        shown = [_trial(slot) for slot in slots[:limit]]
        cursor = slots[limit - 1].seq if len(slots) > limit else None
        return TrialPage(trials=[*prior, *shown], cursor=cursor)


@router.post("/{entity}/{project}/{name}/requeue")
def requeue(ask: Asked, entity: str, project: str, name: str, body: RequeueBody) -> RequeueAnswer:
    """Queue failed trials again, each with its very point; the next agents get them first."""
    with ask.store.reading() as reads:
        row = sweep_at(ask, reads, entity, project, name)
    return RequeueAnswer(runs=requeue_trials(ask.store, ask.viewer, row.id, body.runs, ask.now))


@router.post("/{entity}/{project}/{name}")
def control_sweep(ask: Asked, entity: str, project: str, name: str, body: ControlBody) -> ControlAnswer:
    """Pause, resume, stop, cancel or extend a sweep."""
    with ask.store.reading() as reads:
        row = sweep_at(ask, reads, entity, project, name)
    warnings = update_sweep(ask.store, ask.viewer, row.id, ask.now, **body.model_dump(exclude_none=True))
    with ask.store.reading() as reads:
        after = reads.sweep(ask.viewer, row.id)
        assert after is not None
        return ControlAnswer(state=after.state, warnings=warnings)


class DeletedSweep(BaseModel):
    """`POST /api/undo/sweep/{id}` brings it back."""

    id: int


@router.delete("/{entity}/{project}/{name}")
def remove_sweep(ask: Asked, entity: str, project: str, name: str) -> DeletedSweep:
    """Delete a sweep; its agents end when they hear of it, its runs stay."""
    with ask.store.reading() as reads:
        row = sweep_at(ask, reads, entity, project, name)
    delete_sweep(ask.store, ask.viewer, row.id, ask.now)
    return DeletedSweep(id=row.id)


def sweep_at(ask: Ask, reads: Reads, entity: str, project: str, name: str) -> Row[Any]:
    """The sweep of an address. Raises `NotFound` with similar names."""
    home = find_project(reads, ask.viewer, entity, project, Access.READ)
    return find_sweep(reads, ask.viewer, home, name)


def _line(ask: Ask, reads: Reads, row: Row[Any]) -> dict[str, Any]:
    metric = definition(row).metric
    values, names = {}, {}
    if metric is not None:
        slots = [slot for slot in reads.slots(ask.viewer, row.id) if slot.value is not None]
        values = {slot.run_name: slot.value for slot in slots}
        names = {slot.run_name: slot.display_name for slot in slots}
    best = None if metric is None else metric.goal.best(values.values())
    best_run = next((name for name, value in values.items() if value == best), None)
    return {
        "name": row.name,
        "display_name": row.display_name,
        "method": row.method,
        "state": row.state,
        "state_cause": row.state_cause,
        "metric": None
        if metric is None
        else MetricBody(
            name=metric.name,
            used=row.metric_name or metric.name,
            goal=metric.goal.value,
            target=metric.target,
        ),
        "best": best,
        "best_run": best_run,
        "best_run_name": None if best_run is None else names[best_run],
        "runs": reads.count_slots(ask.viewer, row.id),
        "expected_runs": expected_runs(row),
        "warnings": orjson.loads(row.warnings),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "heartbeat_at": row.heartbeat_at,
    }


def _parameters(space: Space) -> list[ParameterBody]:
    shown = []
    for number in space.searched:
        one = space.parameters[number]
        scale: Literal["linear", "log"] | None = None
        if isinstance(one.distribution, Numeric):
            scale = "log" if one.distribution.scale in ("log", "log_normal") else "linear"
        shown.append(ParameterBody(name=one.name, path=list(one.path), scale=scale))
    return shown


def _early_stopping(reads: Reads, ask: Ask, row: Row[Any]) -> EarlyStopping | None:
    found = spared(reads, ask.viewer, row)
    if found is None:
        return None
    runs = "1 run was" if found.runs_stopped == 1 else f"{found.runs_stopped} runs were"
    sentence = f"{runs} stopped early, which saved about {found.iterations_saved} iterations."
    return EarlyStopping(
        runs_stopped=found.runs_stopped, iterations_saved=found.iterations_saved, sentence=sentence
    )


def _trial(slot: Row[Any]) -> TrialBody:
    return TrialBody(
        seq=slot.seq,
        id=slot.run_id,
        run=slot.run_name,
        run_name=slot.display_name,
        state=slot.state,
        cause=slot.cause,
        params=None if slot.params is None else orjson.loads(slot.params),
        value=slot.value,
        stop_requested=slot.stop_requested,
        info=None if slot.search_info is None else orjson.loads(slot.search_info),
        created_at=slot.created_at,
        updated_at=slot.updated_at,
    )


def _prior(row: Row[Any], run: Row[Any], point: Trial) -> TrialBody:
    values, present = definition(row).space.read(point.params or {})
    return TrialBody(
        seq=None,
        id=run.id,
        run=run.name,
        run_name=run.display_name,
        state=run.state,
        cause=run.state_cause,
        params=definition(row).space.arguments(values, present),
        value=point.value,
        prior=True,
        info=None,
        created_at=run.created_at,
        updated_at=run.updated_at,
    )
