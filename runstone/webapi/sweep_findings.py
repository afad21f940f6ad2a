"""What a sweep has found: its course, what mattered, why each point, which run to trust."""

from typing import Any

import orjson
from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Row

from runstone.actions.question import optimised
from runstone.actions.search import known_of, run_to_trust, what_mattered
from runstone.actions.sweep import definition
from runstone.domain.errors import NotFound
from runstone.domain.naming import similar
from runstone.domain.sweep import Metric
from runstone.domain.trial import OPEN
from runstone.store.reads import Reads
from runstone.sweeps.telling import tell
from runstone.webapi.requests import Ask, Asked
from runstone.webapi.sweep import sweep_at

router = APIRouter(prefix="/api/sweeps", tags=["sweeps"])

_OPEN = frozenset(state.value for state in OPEN)


class CoursePoint(BaseModel):
    """A run with a value, and the best value up to and including it."""

    seq: int
    id: int | None
    run: str
    run_name: str | None
    state: str
    value: float
    best: float
    improved: bool = Field(description="It was better than everything before it.")


class Course(BaseModel):
    """Best so far, in the order in which points were handed out. Prior runs come before: `prior_best`."""

    metric: str | None
    goal: str | None
    prior_best: float | None
    points: list[CoursePoint]


class ChoiceCorrelation(BaseModel):
    """How having one value of an unordered parameter goes with the metric."""

    value: str = Field(description="The value as JSON text.")
    correlation: float
    spread: float


class ParameterWeight(BaseModel):
    """How much a parameter separates the best runs from the rest.

    `importance` is a share: all of them sum to 1, or are 0. `low` and `high` are one standard
    deviation away: over runs drawn again (bootstrap) or, of a search by a model, over functions
    that explain its runs. `chance` is the probability that the parameter only seems to matter.
    `correlation` (of the position on the parameter's scale with the metric) is null for
    parameters without order; those have a row in `choices` for each value.
    """

    name: str
    importance: float
    low: float
    high: float
    chance: float
    best_values: str = Field(description="What the best runs have, as a phrase.")
    correlation: float | None
    correlation_spread: float | None
    choices: list[ChoiceCorrelation]


class ImportanceBody(BaseModel):
    """What mattered, most important first. `ranked` is false where the order means nothing."""

    runs: int
    ranked: bool
    sentence: str
    parameters: list[ParameterWeight]


class Neighbour(BaseModel):
    """A run that was near when the point was chosen, with what is known of it now."""

    seq: int | None
    run: str
    distance: float
    value_then: float | None
    value: float | None
    params: dict[str, Any] | None


class Explanation(BaseModel):
    """Why a run has the parameters it has, and how it turned out.

    `info` is what the search wrote down when it chose: `engine` (model, initial design, random,
    grid), `n` runs known, `predicted` {value, low, high}, `best` (the predicted value at the best
    run then), `log_ei` (logarithm of the expected improvement), `draws` of the model that were averaged,
    `pending`, `imputed`, `unlucky`, `nearest`, `warnings`, `attempts` (earlier runs of this point).
    """

    seq: int
    run: str
    state: str
    params: dict[str, Any] | None
    value: float | None
    sentences: list[str]
    nearest: list[Neighbour]
    info: dict[str, Any]


class TrustedRun(BaseModel):
    """The run that the model expects to do best if repeated: a lucky value alone does not get here."""

    run: str | None
    run_name: str | None
    seq: int | None
    value: float | None
    expected: float | None
    low: float | None
    high: float | None
    params: dict[str, Any] | None
    sentence: str


@router.get("/{entity}/{project}/{name}/history")
def show_course(ask: Asked, entity: str, project: str, name: str) -> Course:
    """Best value so far, run by run."""
    with ask.store.reading() as reads:
        row, metric = _found(ask, reads, entity, project, name)
        if metric is None:
            return Course(metric=None, goal=None, prior_best=None, points=[])
        slots = reads.slots(ask.viewer, row.id)
        prior = [one[3] for one in known_of(reads, ask.viewer, row) if one[5] and one[3] is not None]
    best = prior_best = metric.goal.best(prior)
    points: list[CoursePoint] = []
    for slot in slots:
        if slot.value is None:
            continue
        improved = best is None or metric.goal.better(slot.value, best)
        best = slot.value if improved else best
        assert best is not None
        points.append(
            CoursePoint(
                seq=slot.seq,
                id=slot.run_id,
                run=slot.run_name,
                run_name=slot.display_name,
                state=slot.state,
                value=slot.value,
                best=best,
                improved=improved,
            )
        )
    return Course(metric=metric.name, goal=metric.goal.value, prior_best=prior_best, points=points)


@router.get("/{entity}/{project}/{name}/importance")
def show_importance(ask: Asked, entity: str, project: str, name: str) -> ImportanceBody:
    """Which parameters matter, how surely, and one plain sentence."""
    with ask.store.reading() as reads:
        row, metric = _found(ask, reads, entity, project, name)
        _check_shown(ask, reads, row)
        known = [] if metric is None else known_of(reads, ask.viewer, row)
    if metric is None:
        return ImportanceBody(runs=0, ranked=False, sentence=_NO_METRIC, parameters=[])
    found = what_mattered(row, known)
    return ImportanceBody(
        runs=found.runs,
        ranked=found.ranked,
        sentence=found.sentence,
        parameters=[
            ParameterWeight(
                name=one.name,
                importance=one.importance,
                low=max(one.importance - one.spread, 0.0),
                high=min(one.importance + one.spread, 1.0),
                chance=one.chance,
                best_values=one.best_values,
                **_correlations([c for c in found.correlations if c.name == one.name]),
            )
            for one in found.weights
        ],
    )


@router.get("/{entity}/{project}/{name}/explain/{run}")
def explain_run(ask: Asked, entity: str, project: str, name: str, run: str) -> Explanation:
    """Why a run of the sweep (its id) has its parameters."""
    with ask.store.reading() as reads:
        row, metric = _found(ask, reads, entity, project, name)
        slots = {slot.run_name: slot for slot in reads.slots(ask.viewer, row.id)}
        prior = {one[4]: one for one in known_of(reads, ask.viewer, row) if one[5]}
    slot = slots.get(run)
    if slot is None:
        raise NotFound(
            f"run {run!r} has no point of sweep {name}.{similar(run, list(slots))} "
            "Runs that the sweep only builds on were not chosen by it."
        )
    info = {} if slot.search_info is None else orjson.loads(slot.search_info)
    by_seq = {one.seq: one for one in slots.values()}
    near: list[Neighbour] = []
    for one in info.get("nearest", ()):
        other, before = by_seq.get(one["seq"]), prior.get(one["name"])
        params = other.params if other is not None else None if before is None else before[1]
        near.append(
            Neighbour(
                seq=one["seq"],
                run=one["name"] if other is None else other.run_name,
                distance=one["distance"],
                value_then=one["value"],
                value=other.value if other is not None else None if before is None else before[3],
                params=None if params is None else _own(row, orjson.loads(params)),
            )
        )
    return Explanation(
        seq=slot.seq,
        run=slot.run_name,
        state=slot.state,
        params=None if slot.params is None else orjson.loads(slot.params),
        value=slot.value,
        sentences=tell(info, metric, None if slot.state in _OPEN else slot.value),
        nearest=near,
        info=info,
    )


@router.get("/{entity}/{project}/{name}/recommendation")
def recommend_run(ask: Asked, entity: str, project: str, name: str) -> TrustedRun:
    """The run to trust: best by the model's mean, which lucky values move less."""
    with ask.store.reading() as reads:
        row, metric = _found(ask, reads, entity, project, name)
        known = [] if metric is None else known_of(reads, ask.viewer, row)
        slots = {slot.seq: slot for slot in reads.slots(ask.viewer, row.id)}
    found = run_to_trust(row, known) if metric is not None else None
    if found is None or metric is None:
        needed = "at least two runs with a value of its metric are needed"
        sentence = _NO_METRIC if metric is None else f"Nothing to recommend yet: {needed}."
        return TrustedRun(
            **dict.fromkeys(("run", "run_name", "seq", "value", "expected", "low", "high", "params")),
            sentence=sentence,
        )
    trial = found.trial
    slot = None if trial.prior else slots.get(trial.seq)
    called = trial.name if slot is None else slot.run_name
    shown = called if slot is None else slot.display_name or called
    sentence = (
        f"Run {shown} is the one to trust: repeated, it should reach {metric.name} = {found.expected:.4g}, "
        f"probably between {found.low:.4g} and {found.high:.4g}"
        + (f" (it reached {trial.value:.4g})." if trial.value is not None else ".")
    )
    return TrustedRun(
        run=called,
        run_name=None if slot is None else slot.display_name,
        seq=None if trial.prior else trial.seq,
        value=trial.value,
        expected=found.expected,
        low=found.low,
        high=found.high,
        params=None if trial.params is None else _own(row, trial.params),
        sentence=sentence,
    )


_NO_METRIC = "This sweep names no metric, so its runs cannot be compared. Add `metric` to its configuration."


def _found(ask: Ask, reads: Reads, entity: str, project: str, name: str) -> tuple[Row[Any], Metric | None]:
    """The sweep and the metric that is really read."""
    row = sweep_at(ask, reads, entity, project, name)
    return row, optimised(definition(row), row.metric_name).metric


def _check_shown(ask: Ask, reads: Reads, row: Row[Any]) -> None:
    """Raise `NotFound` where a share link shows less than the runs that the answer is made of."""
    scope = ask.viewer.scope
    if scope is None:
        return
    runs = {one.run_id for one in reads.slots(ask.viewer, row.id) if one.run_deleted_at is None} - {None}
    runs |= {one.id for one in reads.prior_runs(ask.viewer, row.id)}
    if not scope.importance or not runs <= scope.runs:
        raise NotFound(f"The shared report does not show all runs of sweep {row.name}. Sign in to see it.")


def _own(row: Row[Any], params: Any) -> dict[str, Any]:
    """Only what the sweep's space names: prior runs have other config too."""
    space = definition(row).space
    return space.arguments(*space.read(params))


def _correlations(rows: list[Any]) -> dict[str, Any]:
    plain = next((one for one in rows if one.value is None), None)
    return {
        "correlation": None if plain is None else plain.correlation,
        "correlation_spread": None if plain is None else plain.spread,
        "choices": [
            ChoiceCorrelation(value=one.value, correlation=one.correlation, spread=one.spread)
            for one in rows
            if one.value is not None
        ],
    }
