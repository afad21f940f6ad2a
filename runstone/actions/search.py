"""Asking the search: the next point, what mattered, which run to trust.

The search itself is pure. It works in a process beside the server, one question at a time,
so that a burst of agents costs one core at most, and neither ingest nor any answer waits.
"""

import atexit
import json
import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Row

from runstone.actions.child import QUIET_S, Child
from runstone.actions.question import Known, Question, as_trial, optimised, parts_of
from runstone.actions.sweep import definition
from runstone.domain.errors import Busy
from runstone.domain.run import plain_config
from runstone.domain.sweep import Method
from runstone.domain.sweep_value import Progress, candidates, choose_metric, fold_summary, value_of
from runstone.domain.trial import OPEN, SlotState
from runstone.domain.viewer import Viewer
from runstone.store.reads import Reads
from runstone.sweeps.trial import Outcome, Suggestion

if TYPE_CHECKING:
    from runstone.sweeps.importance import Importance
    from runstone.sweeps.recommend import Recommendation

logger = logging.getLogger(__name__)

# Seconds of the process's own CPU time, so that a busy machine costs patience and not good points.
_CPU_LIMIT_S = 6.0
_REVIEW_CPU_LIMIT_S = 20.0
# By the clock; the first two together stay below `agent.COMPUTING`.
_QUEUE_LIMIT_S = 24.0
_CLOCK_LIMIT_S = 14.0
_REVIEW_CLOCK_LIMIT_S = 30.0
_REMEMBERED = 64


class Search:
    """The process and the queue before it."""

    def __init__(self) -> None:
        self._child = Child("runstone.actions.search_child")
        self._queue = ThreadPoolExecutor(1, thread_name_prefix="search")
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    def ask(self, question: Question, known: Sequence[Known], limit_s: float) -> Any:
        """The answer of the search. Raises `Busy` when it is not there in time, and what the search raises.

        limit_s: by the clock, from when the process begins with it: others may be asked before.
        The limit of CPU time is the question's own.
        """
        started = Event()

        def work() -> Any:
            self._child.ready()
            started.set()
            try:
                return self._child.ask(*parts_of(question, known))
            except Busy:
                # It may have been cut off in the midst of an import, which no later one makes whole.
                self._child.close()
                raise

        future: Future[Any] = self._queue.submit(work)
        future.add_done_callback(lambda _: self._rest_later())
        if not started.wait(_QUEUE_LIMIT_S) and future.cancel():
            raise Busy(f"the search was busy for {_QUEUE_LIMIT_S:g} s")
        try:
            return future.result(timeout=limit_s)
        except TooLong:
            self._child.interrupt()
            raise Busy(f"the search took more than {limit_s:g} s") from None

    def close(self) -> None:
        """End the process; the next question starts another."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        self._child.close()

    def _rest_later(self) -> None:
        with self._lock:
            if self._timer is None:
                self._timer = threading.Timer(QUIET_S + 1.0, self._rest)
                self._timer.daemon = True
                self._timer.start()

    def _rest(self) -> None:
        with self._lock:
            self._timer = None
        self._child.rest()
        if self._child.is_alive:
            self._rest_later()


_search = Search()
atexit.register(_search.close)
_reviews: "dict[tuple[Any, ...], Importance | Recommendation | None]" = {}


def next_point(row: Row[Any], known: Sequence[Known], seq: int) -> Outcome:
    """The point for slot `seq` of a stored sweep; a random one when the search fails or takes too long."""
    question = Question(
        "suggest", row.config_text, row.metric_name, row.seed, _CPU_LIMIT_S, seq=seq, since_seq=row.since_seq
    )
    try:
        found: Outcome = _search.ask(question, known, _CLOCK_LIMIT_S)
        return found
    except Busy as error:
        why = error.message
    except Exception as error:
        logger.exception("search failed", extra={"sweep": row.name, "seq": seq})
        why = f"the search failed ({error})"
    return _random(row, known, seq, why)


def what_mattered(row: Row[Any], known: Sequence[Known]) -> "Importance":
    """Importance of a sweep's parameters, computed once for each state of its ended runs."""
    found: Importance = _review("importance", row, known)
    return found


def run_to_trust(row: Row[Any], known: Sequence[Known]) -> "Recommendation | None":
    """The run that is best by the model, computed once for each state of the sweep's ended runs."""
    found: Recommendation | None = _review("recommend", row, known)
    return found


def _review(kind: Any, row: Row[Any], known: Sequence[Known]) -> Any:
    ended = [one for one in known if one[2] not in _UNDECIDED]
    key = (kind, row.id, row.config_text, row.metric_name, hash(tuple((k[0], k[3], k[4]) for k in ended)))
    if key not in _reviews:
        question = Question(kind, row.config_text, row.metric_name, row.seed, _REVIEW_CPU_LIMIT_S)
        found = _search.ask(question, ended, _REVIEW_CLOCK_LIMIT_S)
        while len(_reviews) >= _REMEMBERED:
            _reviews.pop(next(iter(_reviews), key), None)
        _reviews[key] = found
        return found
    return _reviews[key]


_UNDECIDED = frozenset(state.value for state in OPEN)


def known_of(reads: Reads, viewer: Viewer, row: Row[Any], *, without: int | None = None) -> list[Known]:
    """Every slot of a sweep and its prior runs, as the search is told of them."""
    slots: list[Known] = [
        (slot.seq, slot.params, slot.state, slot.value, slot.display_name or slot.run_name, False)
        for slot in reads.slots(viewer, row.id)
        if slot.seq != without
    ]
    return slots + [known for _, known in prior_runs(reads, viewer, row)]


def prior_runs(reads: Reads, viewer: Viewer, row: Row[Any]) -> list[tuple[Row[Any], Known]]:
    """Runs that a sweep builds on, each with its point and value.

    Until the sweep's own runs have decided which key is read, the prior ones do.
    """
    runs = reads.prior_runs(viewer, row.id)
    if not runs:
        return []
    metric = definition(row).metric
    values: dict[int, float] = {}
    if metric is not None:
        ids = [one.id for one in runs]
        logged = reads.logged_ranges(viewer, ids, candidates(metric.name))
        elsewhere = reads.progress_of(viewer, ids)
        progresses = {}
        for one in runs:
            progress = progresses[one.id] = Progress(rows=1)
            fold_summary(progress, json.loads(one.summary or "{}"), metric)
            trial = Progress.from_json(json.loads(elsewhere.get(one.id, "{}")))
            seen = [(name, end) for name, ends in logged.get(one.id, {}).items() for end in ends]
            seen += [(name, end) for name, key in trial.keys.items() for end in (key.low, key.high)]
            for name, end in seen:
                fold_summary(progress, {name: end}, metric)
        name = row.metric_name or choose_metric(metric, progresses.values()).name
        for number, progress in progresses.items():
            value = value_of(progress, name, metric.goal)
            if value is not None:
                values[number] = value
    found: list[tuple[Row[Any], Known]] = []
    for one in runs:
        state = SlotState.FINISHED if one.state == "finished" else SlotState.STOPPED
        if one.id not in values:
            state = SlotState.FAILED
        config = orjson.dumps(plain_config(json.loads(one.config or "{}")), option=orjson.OPT_NON_STR_KEYS)
        known: Known = (
            -1,
            config.decode(),
            state.value,
            values.get(one.id),
            one.display_name or one.name,
            True,
        )
        found.append((one, known))
    return found


def _random(row: Row[Any], known: Sequence[Known], seq: int, why: str) -> Outcome:
    from runstone.sweeps import grid, sampling  # noqa: PLC0415 - start-up time and memory

    sweep = optimised(definition(row), row.metric_name)
    trials = [as_trial(one) for one in known]
    if sweep.method is Method.GRID:
        return grid.suggest(sweep.space, trials, seq, row.since_seq)
    point = sampling.suggest(sweep.space, trials, seq, row.seed)
    if isinstance(point, Suggestion):
        warnings = [*point.info.get("warnings", []), why]
        return replace(point, info={**point.info, "engine": "random", "warnings": warnings})
    return point
