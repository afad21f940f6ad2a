"""What a sweep is, the states it goes through, and what an agent is told next.

Names of states are kept as clients know them. Nothing here reads a clock or a store: an
action asks these functions and writes down the answer.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Literal

from runstone.domain.distribution import Json
from runstone.domain.errors import Conflict
from runstone.domain.space import Space


class Method(StrEnum):
    """How points are chosen."""

    GRID = "grid"
    RANDOM = "random"
    BAYES = "bayes"


class Goal(StrEnum):
    """Which way the metric is better."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"

    @property
    def sign(self) -> float:
        """Factor that turns the metric into a loss: 1 to minimise, -1 to maximise."""
        return 1.0 if self is Goal.MINIMIZE else -1.0

    def better(self, a: float, b: float) -> bool:
        """`a` is strictly better than `b`."""
        return self.sign * a < self.sign * b

    def best(self, values: Iterable[float]) -> float | None:
        """The best of finite numbers, None if there is none."""
        pool = list(values)
        if not pool:
            return None
        return min(pool) if self is Goal.MINIMIZE else max(pool)


@dataclass(frozen=True)
class Metric:
    """What is optimised.

    impute: value of a run that ended badly without one (`worst`, `best` or `latest` of the
    others). impute_while_running: value of a run that still goes on; `false` means that the
    model predicts it.
    """

    name: str
    goal: Goal = Goal.MINIMIZE
    target: float | None = None
    impute: Literal["worst", "best", "latest"] = "worst"
    impute_while_running: Literal["worst", "best", "latest", "false"] = "false"

    def reached(self, value: float | None) -> bool:
        """The target is set and `value` is as good or better."""
        if self.target is None or value is None:
            return False
        return not self.goal.better(self.target, value)


@dataclass(frozen=True)
class Hyperband:
    """Rule that stops runs which lag behind at certain iterations (bands).

    Bands are `min_iter * eta**k`, or, with `max_iter` and `s`, `max_iter / eta**k` for k in
    1..s. An iteration is one logged finite value of the metric.
    """

    eta: float = 3.0
    min_iter: int | None = None
    max_iter: int | None = None
    s: int | None = None
    strict: bool = False

    def bands(self, up_to: int) -> list[int]:
        """Bands at or below `up_to` iterations, rising."""
        if self.min_iter is not None:
            found: list[int] = []
            band = float(self.min_iter)
            while int(band) <= up_to:
                found.append(int(band))
                band *= self.eta
            return sorted(set(found))
        assert self.max_iter is not None
        assert self.s is not None
        bands = {int(self.max_iter / self.eta**k) for k in range(1, self.s + 1)}
        return sorted(b for b in bands if 1 <= b <= up_to)

    def is_band(self, iteration: int) -> bool:
        """Whether `iteration` is a band; constant work, for use at every logged row."""
        if self.min_iter is None:
            return iteration in self.bands(iteration)
        if iteration < self.min_iter:
            return False
        k = round(math.log(iteration / self.min_iter) / math.log(self.eta))
        return any(int(self.min_iter * self.eta**j) == iteration for j in (k - 1, k, k + 1) if j >= 0)


@dataclass(frozen=True)
class WarmStart:
    """Runs to build on: all trials of other sweeps (`ID`, `PROJECT/ID` or `ENTITY/PROJECT/ID`), and the
    runs of the sweep's project that meet a filter; the newest `limit` of them.
    """

    MOST: ClassVar[int] = 2_000

    sweeps: tuple[str, ...] = ()
    filter: Mapping[str, Json] | None = None
    limit: int = MOST


@dataclass(frozen=True)
class Sweep:
    """A sweep's configuration, checked and with defaults filled in.

    `controller` is `cloud` (this server chooses). `retries`: how often the point of a run that
    failed is tried again. `extra` holds keys that are kept for the
    client and mean nothing to the search.
    """

    method: Method
    space: Space
    metric: Metric | None = None
    early_terminate: Hyperband | None = None
    run_cap: int | None = None
    retries: int = 0
    warm_start: WarmStart | None = None
    name: str | None = None
    description: str | None = None
    program: str | None = None
    command: tuple[str, ...] | None = None
    controller: str = "cloud"
    extra: Mapping[str, Json] = field(default_factory=dict)


class SweepState(StrEnum):
    """States as clients read them; FINISHED also stands for one stopped by a person."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    FINISHED = "FINISHED"
    CANCELED = "CANCELED"
    CRASHED = "CRASHED"

    @property
    def is_over(self) -> bool:
        """No new runs will come unless the sweep is extended."""
        return self in (SweepState.FINISHED, SweepState.CANCELED, SweepState.CRASHED)


class SweepEvent(StrEnum):
    """What may happen to a sweep."""

    AGENT_JOINED = "agent joined"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    CANCEL = "cancel"
    DONE = "done"
    FAIL = "fail"
    EXTEND = "extend"


_S, _E = SweepState, SweepEvent
_LIVE = (_S.PENDING, _S.RUNNING, _S.PAUSED)
_NEXT: dict[SweepEvent, dict[SweepState, SweepState]] = {
    _E.AGENT_JOINED: {**{s: s for s in _S}, _S.PENDING: _S.RUNNING},
    _E.PAUSE: dict.fromkeys(_LIVE, _S.PAUSED),
    _E.RESUME: {**dict.fromkeys(_LIVE, _S.RUNNING), _S.CRASHED: _S.RUNNING, _S.FINISHED: _S.RUNNING},
    _E.STOP: {**dict.fromkeys(_LIVE, _S.FINISHED), _S.FINISHED: _S.FINISHED},
    _E.CANCEL: {**dict.fromkeys(_LIVE, _S.CANCELED), _S.CANCELED: _S.CANCELED, _S.FINISHED: _S.CANCELED},
    _E.DONE: {**dict.fromkeys(_LIVE, _S.FINISHED), _S.FINISHED: _S.FINISHED},
    _E.FAIL: dict.fromkeys(_LIVE, _S.CRASHED),
    _E.EXTEND: {**{s: s for s in _LIVE}, _S.FINISHED: _S.RUNNING, _S.CRASHED: _S.RUNNING},
}


def next_state(state: SweepState, event: SweepEvent) -> SweepState:
    """The state after `event`; raises `Conflict` when the event is not possible in `state`.

    Repeating an event is harmless. CANCELED is final. FINISHED and CRASHED can be resumed and
    extended; one with nothing left to do finishes again at once.
    """
    after = _NEXT[event].get(state)
    if after is None:
        allowed = ", ".join(sorted(s.value for s in _NEXT[event]))
        raise Conflict(
            f"sweep: cannot {event.value} while it is {state.value}: expected one of {allowed}. "
            "Start a new sweep, with prior_runs to build on this one."
        )
    return after


WANTED: Mapping[str, SweepEvent] = {
    "RUNNING": SweepEvent.RESUME,
    "PAUSED": SweepEvent.PAUSE,
    "FINISHED": SweepEvent.STOP,
    "CANCELED": SweepEvent.CANCEL,
}
"""State a client asks for, and the event it means."""


def is_done(
    sweep: Sweep, *, started: int, running: int, exhausted: bool, best_finished: float | None
) -> str | None:
    """Why the sweep is finished now, as a phrase for people, or None if it goes on.

    started: slots used up under the run cap (prior runs excluded). running: runs or claims
    still open. exhausted: the search has said `Exhausted`. best_finished: best value among
    ended runs.
    """
    if sweep.metric is not None and sweep.metric.reached(best_finished):
        return f"a finished run reached the target {sweep.metric.target:g} of {sweep.metric.name!r}"
    if running:
        return None
    if sweep.run_cap is not None and started >= sweep.run_cap:
        return f"run_cap of {sweep.run_cap} reached"
    if exhausted:
        return "every point of the grid has been tried"
    return None


@dataclass(frozen=True)
class Turn:
    """What one heartbeat is answered: at most one command.

    kind `run` asks the caller to claim a slot; `stop` names the run; `wait` is an empty list.
    """

    kind: Literal["run", "stop", "exit", "wait"]
    run_name: str | None = None


WAIT = Turn("wait")


def agent_turn(
    state: SweepState,
    *,
    alive: Collection[str],
    stop_requested: Collection[str] = (),
    handed_out: bool = False,
    room: bool = True,
) -> Turn:
    """The most urgent thing to tell an agent: `exit` > `stop` > `run`.

    alive: names of the agent's live runs by its own report. stop_requested: runs of the
    sweep that are to stop (hyperband, or a person). handed_out: a run was given to this
    agent and its report does not show it yet. room: the run cap leaves a free slot.

    `exit` makes an agent kill its runs, so it goes only to one that has none.
    """
    if state.is_over and not alive and not handed_out:
        return Turn("exit")
    for name in sorted(alive):
        if state is SweepState.CANCELED or name in stop_requested:
            return Turn("stop", name)
    if state in (SweepState.PENDING, SweepState.RUNNING) and room and not alive and not handed_out:
        return Turn("run")
    return WAIT


def encode_arguments(arguments: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Arguments as an agent expects them: only the first level carries `{"value": ...}`."""
    return {name: {"value": value} for name, value in arguments.items()}
