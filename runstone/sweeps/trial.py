"""What goes into a search and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class TrialState(StrEnum):
    """How far a trial is, as the search sees it.

    STOPPED: ended early on purpose (hyperband, a person); its value counts as data.
    FAILED: crashed, failed, killed or vanished.
    """

    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True)
class Trial:
    """A run as the search sees it.

    seq: its number within the sweep. params: plain nested arguments (for prior runs their
    whole config may be passed), None for a slot that is claimed and not filled yet.
    value: best finite number of the metric so far, None if there is none; non-finite numbers
    are taken as absent. prior: the run was attached and not started by this sweep; its `seq`
    is ignored. name: shown to people where the trial explains a suggestion.
    """

    seq: int
    params: Mapping[str, Any] | None
    state: TrialState
    value: float | None = None
    name: str = ""
    prior: bool = False


@dataclass(frozen=True)
class Suggestion:
    """The next point.

    params: nested plain arguments. digest: equal exactly for equal params. repeat: how often
    the same point occurs among the trials given. info: why this point, JSON (see
    `docs/reference` for its keys): engine, predicted value and spread, acquisition, number
    of trials used, nearest trials, warnings.
    """

    params: dict[str, Any]
    digest: str
    repeat: int = 0
    info: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Wait:
    """Nothing to hand out now, but perhaps later: runs are still open."""

    reason: str


@dataclass(frozen=True)
class Exhausted:
    """Nothing is left to try, and nothing is running."""

    reason: str


Outcome = Suggestion | Wait | Exhausted
