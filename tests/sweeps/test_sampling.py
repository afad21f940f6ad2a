"""Random points: by number and seed alone, each once while there are any."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from runstone.sweeps.suggest import suggest
from runstone.sweeps.trial import Suggestion, Trial
from tests.sweeps.trials import finished, play, sweep_of

SPACE = {"lr": {"distribution": "log_uniform_values", "min": 1e-5, "max": 0.1}, "n": {"min": 1, "max": 9}}


def ask(sweep: Any, trials: list[Trial], seq: int, seed: int) -> Suggestion:
    found = suggest(sweep, trials, seq, seed)
    assert isinstance(found, Suggestion)
    return found


@given(st.integers(0, 10**6), st.integers(-(2**70), 2**70))
def test_a_point_depends_on_number_and_seed_only(seq: int, seed: int) -> None:
    sweep = sweep_of(SPACE, "random")
    one, again = ask(sweep, [], seq, seed), ask(sweep, [finished(0, {"lr": 1, "n": 1}, 2.0)], seq, seed)
    assert one.params == again.params
    assert one.params != ask(sweep, [], seq + 1, seed).params


def test_a_small_discrete_space_is_walked_without_repeats() -> None:
    sweep = sweep_of({"a": {"values": list(range(6))}, "b": {"values": [True, False]}}, "random")
    trials = play(sweep, lambda p: 0.0, 12)
    assert len({(t.params["a"], t.params["b"]) for t in trials if t.params}) == 12
    again = ask(sweep, trials, 12, 0)
    assert again.repeat == 1  # nothing is left, so a point comes again, and says so


def test_weights_are_kept() -> None:
    sweep = sweep_of(
        {"a": {"values": ["x", "y", "z"], "probabilities": [0.7, 0.3, 0.0]}, "b": {"min": 0.0, "max": 1.0}},
        "random",
    )
    drawn = Counter(ask(sweep, [], seq, 3).params["a"] for seq in range(400))
    assert drawn["z"] == 0
    assert 240 < drawn["x"] < 320


def test_children_come_only_with_their_choice() -> None:
    sweep = sweep_of(
        {
            "opt": {"values": ["a", "b"], "parameters": {"b": {"m": {"min": 0.0, "max": 1.0}}}},
            "x": {"min": 0.0, "max": 1.0},
        },
        "random",
    )
    for seq in range(50):
        params = ask(sweep, [], seq, 1).params
        assert ("m" in params) == (params["opt"] == "b")
