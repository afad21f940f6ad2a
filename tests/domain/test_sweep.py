"""States of a sweep, when it is done, and what an agent is told."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runstone.domain.errors import Conflict
from runstone.domain.space import Space
from runstone.domain.sweep import (
    WAIT,
    WANTED,
    Goal,
    Hyperband,
    Method,
    Metric,
    Sweep,
    SweepEvent,
    SweepState,
    agent_turn,
    encode_arguments,
    is_done,
    next_state,
)

S, E = SweepState, SweepEvent


@pytest.mark.parametrize(
    ("state", "event", "after"),
    [
        (S.PENDING, E.AGENT_JOINED, S.RUNNING),
        (S.PAUSED, E.AGENT_JOINED, S.PAUSED),
        (S.RUNNING, E.PAUSE, S.PAUSED),
        (S.PAUSED, E.PAUSE, S.PAUSED),
        (S.PAUSED, E.RESUME, S.RUNNING),
        (S.CRASHED, E.RESUME, S.RUNNING),
        (S.RUNNING, E.STOP, S.FINISHED),
        (S.PAUSED, E.CANCEL, S.CANCELED),
        (S.FINISHED, E.CANCEL, S.CANCELED),
        (S.RUNNING, E.DONE, S.FINISHED),
        (S.RUNNING, E.FAIL, S.CRASHED),
        (S.FINISHED, E.EXTEND, S.RUNNING),
        (S.FINISHED, E.RESUME, S.RUNNING),
        (S.PAUSED, E.EXTEND, S.PAUSED),
    ],
)
def test_next_state(state: SweepState, event: SweepEvent, after: SweepState) -> None:
    assert next_state(state, event) is after


@pytest.mark.parametrize(
    ("state", "event"),
    [
        (S.CANCELED, E.RESUME),
        (S.CANCELED, E.EXTEND),
        (S.FINISHED, E.PAUSE),
        (S.CANCELED, E.STOP),
    ],
)
def test_next_state_refuses_what_cannot_be_undone(state: SweepState, event: SweepEvent) -> None:
    with pytest.raises(Conflict, match=f"cannot {event.value} while it is {state.value}"):
        next_state(state, event)


def test_events_can_be_repeated_and_cancelled_stays() -> None:
    for state, event in itertools.product(S, E):
        try:
            after = next_state(state, event)
        except Conflict:
            continue
        if event is not E.FAIL and not (event is E.EXTEND and after.is_over):
            assert next_state(after, event) is after
        if state is S.CANCELED:
            assert after is S.CANCELED


def test_wanted_words_lead_to_the_state_they_name() -> None:
    for word, event in WANTED.items():
        assert next_state(S.RUNNING, event) == word


def sweep(**more: object) -> Sweep:
    return Sweep(Method.RANDOM, Space(()), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("made", "started", "running", "exhausted", "best", "why"),
    [
        (sweep(run_cap=3), 3, 0, False, None, "run_cap of 3 reached"),
        (sweep(run_cap=3), 3, 1, False, None, None),
        (sweep(run_cap=3), 2, 0, False, None, None),
        (sweep(), 99, 0, True, None, "every point of the grid"),
        (sweep(), 99, 1, True, None, None),
        (sweep(metric=Metric("a", target=0.1)), 5, 3, False, 0.1, "reached the target 0.1"),
        (sweep(metric=Metric("a", target=0.1)), 5, 3, False, 0.2, None),
        (sweep(metric=Metric("a", Goal.MAXIMIZE, 0.9)), 5, 0, False, 0.95, "target 0.9"),
        (sweep(metric=Metric("a", Goal.MAXIMIZE, 0.9)), 5, 0, False, None, None),
    ],
)
def test_is_done(
    made: Sweep, started: int, running: int, exhausted: bool, best: float | None, why: str | None
) -> None:
    found = is_done(made, started=started, running=running, exhausted=exhausted, best_finished=best)
    assert found is None if why is None else why in (found or "")


names = st.sets(st.sampled_from(["a", "b", "c"]))


@given(st.sampled_from(list(S)), names, names, st.booleans(), st.booleans())
def test_agent_turn_never_harms(
    state: SweepState, alive: set[str], stop: set[str], handed: bool, room: bool
) -> None:
    turn = agent_turn(state, alive=alive, stop_requested=stop, handed_out=handed, room=room)
    if turn.kind == "exit":  # kills what runs
        assert not alive
        assert not handed
        assert state.is_over
    if turn.kind == "run":
        assert state in (S.PENDING, S.RUNNING)
        assert room
        assert not alive
        assert not handed
    if turn.kind == "stop":
        assert turn.run_name in alive
        assert state is S.CANCELED or turn.run_name in stop
    if state is S.PAUSED and not (alive & stop):
        assert turn == WAIT
    if state is S.CANCELED and alive:
        assert turn.kind == "stop"


def test_encode_arguments_wraps_the_first_level_only() -> None:
    assert encode_arguments({"a": 1, "m": {"b": 2}}) == {"a": {"value": 1}, "m": {"value": {"b": 2}}}


@pytest.mark.parametrize(
    ("rule", "bands"),
    [
        (Hyperband(3.0, min_iter=3), [3, 9, 27, 81]),
        (Hyperband(2.0, min_iter=1), [1, 2, 4, 8, 16, 32, 64]),
        (Hyperband(1.5, min_iter=2), [2, 3, 4, 6, 10, 15, 22, 34, 51, 76]),
        (Hyperband(3.0, max_iter=27, s=2), [3, 9]),
        (Hyperband(3.0, max_iter=27, s=9), [1, 3, 9]),
        (Hyperband(4.0, max_iter=3, s=3), []),
    ],
)
def test_bands(rule: Hyperband, bands: list[int]) -> None:
    assert rule.bands(99) == bands
    assert [i for i in range(1, 100) if rule.is_band(i)] == bands


@given(st.floats(1.01, 10), st.integers(1, 50), st.integers(1, 3000))
def test_is_band_agrees_with_bands(eta: float, min_iter: int, iteration: int) -> None:
    rule = Hyperband(eta, min_iter=min_iter)
    assert rule.is_band(iteration) == (iteration in rule.bands(iteration))


def test_goal_knows_which_way_is_better() -> None:
    assert Goal.MINIMIZE.best([3.0, 1.0, 2.0]) == 1.0
    assert Goal.MAXIMIZE.best([3.0, 1.0, 2.0]) == 3.0
    assert Goal.MAXIMIZE.best([]) is None
    assert Goal.MAXIMIZE.better(2.0, 1.0)
    assert not Goal.MINIMIZE.better(1.0, 1.0)
