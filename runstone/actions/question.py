"""What the search's own process is asked.

Trials travel as plain tuples with their parameters as text, so that the server neither reads
nor packs thousands of points: that would hold up its answers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import orjson

from runstone.domain.sweep import Sweep
from runstone.domain.trial import SlotState
from runstone.sweeps.trial import Trial, TrialState

PART = 500
"""Trials in one message."""

Known = tuple[int, str | None, str, float | None, str, bool]
"""A trial: seq, parameters as JSON, state of its slot, value, name, prior."""

_STATES = {
    SlotState.FINISHED.value: TrialState.FINISHED,
    SlotState.STOPPED.value: TrialState.STOPPED,
    SlotState.FAILED.value: TrialState.FAILED,
}


@dataclass(frozen=True)
class Question:
    """What is asked about a sweep.

    metric_name: the key that is really read, None for the configured one. cpu_limit_s: CPU
    seconds that the answer may cost.
    """

    kind: Literal["suggest", "importance", "recommend"]
    config_text: str
    metric_name: str | None
    seed: int
    cpu_limit_s: float
    seq: int = -1
    since_seq: int = 0


def parts_of(question: Question, known: Sequence[Known]) -> Iterator[Any]:
    """The question as messages of bounded size."""
    yield question
    for first in range(0, len(known), PART):
        yield list(known[first : first + PART])


def as_trial(known: Known) -> Trial:
    """A trial as the search sees it."""
    seq, params, state, value, name, prior = known
    return Trial(
        seq=seq,
        params=None if params is None else orjson.loads(params),
        state=_STATES.get(state, TrialState.RUNNING),
        value=value,
        name=name,
        prior=prior,
    )


def optimised(sweep: Sweep, metric_name: str | None) -> Sweep:
    """The sweep with the metric name that is really read (after the rescue of a misspelt one)."""
    if sweep.metric is None or not metric_name or metric_name == sweep.metric.name:
        return sweep
    return replace(sweep, metric=replace(sweep.metric, name=metric_name))
