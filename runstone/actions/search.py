"""Asking the search for the next point, away from any transaction and within a time limit.

The search itself is pure. It runs in one thread of its own, so that a burst of agents
costs one core at most and ingest goes on.
"""

import json
import logging
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Row

from runstone.actions.sweep import definition
from runstone.domain.run import plain_config
from runstone.domain.sweep import Method, Sweep
from runstone.domain.sweep_value import Progress, candidates, fold_summary, value_of
from runstone.domain.trial import SlotState
from runstone.domain.viewer import Viewer
from runstone.store.reads import Reads

if TYPE_CHECKING:
    from runstone.sweeps.trial import Outcome, Trial

logger = logging.getLogger(__name__)

TIME_LIMIT_S = 2.0
_QUEUE_LIMIT_S = 30.0
_pool = ThreadPoolExecutor(1, thread_name_prefix="search")


def next_point(row: Row[Any], trials: "list[Trial]", seq: int) -> "Outcome":
    """The point for slot `seq` of a stored sweep; a random one when the search fails or takes too long."""
    from runstone.sweeps.suggest import suggest  # noqa: PLC0415 - start-up time and memory

    sweep = definition(row)
    started = Event()

    def work() -> "Outcome":
        started.set()
        return suggest(optimised(row, sweep), trials, seq, row.seed, since_seq=row.since_seq)

    future: Future[Outcome] = _pool.submit(work)
    try:
        if started.wait(_QUEUE_LIMIT_S):
            return future.result(timeout=TIME_LIMIT_S)
        why = f"the search was busy for {_QUEUE_LIMIT_S:g} s"
        future.cancel()
    except TooLong:
        why = f"the search took more than {TIME_LIMIT_S:g} s"
    except Exception as error:
        logger.exception("search failed", extra={"sweep": row.name, "seq": seq})
        why = f"the search failed ({error})"
    return _random(sweep, trials, seq, row.seed, why)


def optimised(row: Row[Any], sweep: Sweep) -> Sweep:
    """The sweep with the metric name that is really optimised (after the rescue of a misspelt one)."""
    if sweep.metric is None or not row.metric_name or row.metric_name == sweep.metric.name:
        return sweep
    return replace(sweep, metric=replace(sweep.metric, name=row.metric_name))


def trials_of(reads: Reads, viewer: Viewer, row: Row[Any], *, without: int | None = None) -> "list[Trial]":
    """Every slot of a sweep and its prior runs, as the search sees them."""
    from runstone.sweeps.trial import Trial, TrialState  # noqa: PLC0415 - start-up time and memory

    states = {
        SlotState.FINISHED.value: TrialState.FINISHED,
        SlotState.STOPPED.value: TrialState.STOPPED,
        SlotState.FAILED.value: TrialState.FAILED,
    }
    found = [
        Trial(
            seq=slot.seq,
            params=None if slot.params is None else orjson.loads(slot.params),
            state=states.get(slot.state, TrialState.RUNNING),
            value=slot.value,
            name=slot.display_name or slot.run_name,
        )
        for slot in reads.slots(viewer, row.id)
        if slot.seq != without
    ]
    return found + [trial for _, trial in prior_trials(reads, viewer, row)]


def prior_trials(reads: Reads, viewer: Viewer, row: Row[Any]) -> "list[tuple[Row[Any], Trial]]":
    """Runs that a sweep builds on, each with its point and value."""
    from runstone.sweeps.trial import Trial, TrialState  # noqa: PLC0415 - start-up time and memory

    runs = reads.prior_runs(viewer, row.id)
    if not runs:
        return []
    metric = definition(row).metric
    logged = (
        {}
        if metric is None
        else reads.logged_ranges(viewer, [one.id for one in runs], candidates(metric.name))
    )
    found: list[tuple[Row[Any], Trial]] = []
    for one in runs:
        value = None
        if metric is not None:
            progress = Progress()
            fold_summary(progress, json.loads(one.summary or "{}"), metric)
            name = row.metric_name or metric.name
            ends = [value_of(progress, name, metric.goal), *logged.get(one.id, {}).get(name, ())]
            value = metric.goal.best(end for end in ends if end is not None)
        state = TrialState.FINISHED if one.state == "finished" else TrialState.STOPPED
        point = Trial(
            seq=-1,
            params=plain_config(json.loads(one.config or "{}")),
            state=state if value is not None else TrialState.FAILED,
            value=value,
            name=one.display_name or one.name,
            prior=True,
        )
        found.append((one, point))
    return found


def _random(sweep: Sweep, trials: "list[Trial]", seq: int, seed: int, why: str) -> "Outcome":
    from runstone.sweeps import grid, sampling  # noqa: PLC0415 - start-up time and memory
    from runstone.sweeps.trial import Suggestion  # noqa: PLC0415 - start-up time and memory

    if sweep.method is Method.GRID:
        return grid.suggest(sweep.space, trials, seq)
    point = sampling.suggest(sweep.space, trials, seq, seed)
    if isinstance(point, Suggestion):
        warnings = [*point.info.get("warnings", []), why]
        return replace(point, info={**point.info, "engine": "random", "warnings": warnings})
    return point
