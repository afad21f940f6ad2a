"""The model finds the bottom, whatever the data look like, and gives the same answer each time."""

import json
import math
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runstone.domain.space import digest
from runstone.domain.sweep import Goal, Sweep
from runstone.sweeps.encoding import Encoding
from runstone.sweeps.observed import observe
from runstone.sweeps.suggest import suggest
from runstone.sweeps.trial import Suggestion, Trial, TrialState
from tests.sweeps.trials import finished, play, sweep_of

MIXED = {
    "lr": {"distribution": "log_uniform_values", "min": 1e-5, "max": 1e-1},
    "dropout": {"min": 0.0, "max": 0.9},
    "layers": {"min": 1, "max": 6},
    "act": {"values": ["relu", "tanh", None]},
    "model": {"parameters": {"width": {"distribution": "q_uniform", "min": 8, "max": 64, "q": 8}}},
    "epochs": {"value": 3},
}
CONDITIONAL = {
    "optimizer": {
        "values": ["adam", "sgd"],
        "parameters": {
            "adam": {"beta": {"min": 0.5, "max": 0.999}},
            "sgd": {"momentum": {"min": 0.0, "max": 0.99}},
        },
    },
    "lr": {"distribution": "log_uniform_values", "min": 1e-5, "max": 1.0},
}


def bowl(params: dict[str, Any]) -> float:
    return float((math.log10(params["lr"]) + 2.5) ** 2 + (params["dropout"] - 0.3) ** 2)


def ask(sweep: Sweep, trials: list[Trial], seq: int, seed: int = 0) -> Suggestion:
    found = suggest(sweep, trials, seq, seed)
    assert isinstance(found, Suggestion)
    return found


def engines(sweep: Sweep, trials: list[Trial], count: int) -> list[str]:
    return [ask(sweep, trials, len(trials) + i).info["engine"] for i in range(count)]


def test_bayes_finds_the_bottom_of_a_bowl_in_twenty_trials() -> None:
    sweep = sweep_of({k: MIXED[k] for k in ("lr", "dropout")})
    trials = play(sweep, bowl, 20)
    assert min(t.value for t in trials if t.value is not None) < 1e-3


def test_bayes_finds_the_better_branch_and_tunes_its_own_parameter() -> None:
    def loss(p: dict[str, Any]) -> float:
        lr = (math.log10(p["lr"]) + 2) ** 2
        return float(lr * 0.1 + (0.5 if p["optimizer"] == "adam" else (p["momentum"] - 0.8) ** 2))

    trials = play(sweep_of(CONDITIONAL), loss, 30)
    best = min(trials, key=lambda t: t.value or 0.0)
    assert best.params is not None
    assert best.params["optimizer"] == "sgd"
    assert best.params["momentum"] == pytest.approx(0.8, abs=0.1)
    for trial in trials:
        assert trial.params is not None
        assert ("beta" in trial.params) == (trial.params["optimizer"] == "adam")


# Data of any kind: each trial is a seed for its point, a state and a value.
values = st.one_of(
    st.none(),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0.0, 1.0, 1e308, -1e308, 1e-308]),
)
rows = st.lists(st.tuples(st.integers(0, 20), st.sampled_from(list(TrialState)), values), max_size=14)
spaces = st.sampled_from([MIXED, CONDITIONAL, {"a": {"values": [1, 2, 3]}}, {"x": {"min": 0.0, "max": 1.0}}])


def trials_of(sweep: Sweep, data: list[tuple[int, TrialState, float | None]]) -> list[Trial]:
    random_sweep = replace(sweep, method=type(sweep.method).RANDOM)
    return [
        Trial(i, ask(random_sweep, [], s).params, state, v, f"r{i}") for i, (s, state, v) in enumerate(data)
    ]


@settings(deadline=None, max_examples=60)
@given(spaces, rows, st.integers(0, 3))
def test_any_data_give_a_valid_point_and_the_same_one_in_any_order(
    space: dict[str, Any], data: list[tuple[int, TrialState, float | None]], seed: int
) -> None:
    sweep = sweep_of(space)
    trials = trials_of(sweep, data)
    found = ask(sweep, trials, len(trials), seed)
    values, present = sweep.space.read(found.params)
    assert found.digest == digest(sweep.space.arguments(values, present)) == digest(found.params)
    assert all(here == sweep.space.active(i, values, present) for i, here in enumerate(present))
    json.dumps(found.info, allow_nan=False)
    tried = {digest(t.params or {}) for t in trials}  # by ended and by open trials alike
    assert found.digest not in tried or len(tried) == 3  # only the space of three values is used up
    random.Random(seed).shuffle(trials)
    assert ask(sweep, trials, len(trials), seed) == found


@settings(deadline=None, max_examples=15)
@given(st.lists(st.floats(-100, 100), min_size=8, max_size=14))
def test_to_maximise_is_to_minimise_the_negative(losses: list[float]) -> None:
    low = sweep_of(MIXED)
    assert low.metric is not None
    high = replace(low, metric=replace(low.metric, goal=Goal.MAXIMIZE))
    trials = trials_of(low, [(i, TrialState.FINISHED, v) for i, v in enumerate(losses)])
    mirrored = [replace(t, value=-t.value) for t in trials if t.value is not None]
    one, other = ask(low, trials, len(trials)), ask(high, mirrored, len(trials))
    assert one.params == other.params
    if one.info["engine"] == "model":
        assert one.info["predicted"]["value"] == -other.info["predicted"]["value"]
        assert (
            other.info["predicted"]["low"]
            <= other.info["predicted"]["value"]
            <= other.info["predicted"]["high"]
        )


endings = st.sampled_from([TrialState.FINISHED, TrialState.FAILED, TrialState.STOPPED])
no_values = st.sampled_from([None, math.nan, math.inf, -math.inf])


@settings(deadline=None, max_examples=30)
@given(spaces, st.lists(st.tuples(st.integers(0, 20), endings, no_values), min_size=5, max_size=14))
def test_without_any_value_the_search_goes_on_at_random_and_says_so(
    space: dict[str, Any], data: list[tuple[int, TrialState, float | None]]
) -> None:
    sweep = sweep_of(space)
    trials = trials_of(sweep, data)
    found = ask(sweep, trials, len(trials))
    assert found.info["engine"] == "random"
    assert "fewer than two trials have a value" in found.info["warnings"][0]
    tried = {digest(t.params) for t in trials if t.params}
    assert found.digest not in tried or len(tried) == 3  # only the space of three values is used up


@settings(deadline=None, max_examples=15)
@given(
    spaces,
    st.lists(st.tuples(st.integers(0, 20), endings), max_size=8),
    st.floats(allow_nan=False),
    st.data(),
)
def test_one_trial_with_a_value_is_no_model_and_a_second_makes_one(
    space: dict[str, Any], lost: list[tuple[int, TrialState]], value: float, data: st.DataObject
) -> None:
    sweep = sweep_of(space)
    trials = trials_of(sweep, [(0, TrialState.FINISHED, value), *((s, state, None) for s, state in lost)])
    alone = ask(sweep, trials, 9)
    assert alone.info["engine"] == "random"
    assert alone.info["warnings"] == ["fewer than two trials have a value so far"]
    second = data.draw(st.floats(-1e300, 1e300))
    if math.isfinite(value):
        both = [*trials, Trial(8, trials[0].params, TrialState.FINISHED, second)]
        assert ask(sweep, both, 9).info["engine"] == "model"


@settings(deadline=None, max_examples=10)
@given(st.sampled_from([0.0, 3.0, 1e300, -1e-300]) | st.floats(-1e300, 1e300), st.integers(2, 14))
def test_equal_values_are_no_problem(value: float, count: int) -> None:
    sweep = sweep_of(MIXED)
    trials = trials_of(sweep, [(i, TrialState.FINISHED, value) for i in range(count)])
    assert ask(sweep, trials, 14).info["engine"] == "model"


@settings(deadline=None, max_examples=12)
@given(
    st.sampled_from([MIXED, CONDITIONAL]),
    st.lists(st.tuples(st.integers(0, 1), st.floats(-1e9, 1e9)), min_size=5, max_size=14),
)
def test_duplicate_points_with_different_values_are_no_problem(
    space: dict[str, Any], data: list[tuple[int, float]]
) -> None:
    sweep = sweep_of(space)
    trials = trials_of(sweep, [(s, TrialState.FINISHED, value) for s, value in data])
    found = ask(sweep, trials, len(trials))
    assert found.info["engine"] == "model"
    assert found.digest not in {digest(t.params) for t in trials if t.params}
    assert ask(sweep, trials[::-1], len(trials)) == found


@pytest.fixture(scope="module")
def many() -> tuple[Sweep, list[Trial]]:
    """Ten thousand trials without values, at five hundred points of a bowl."""
    sweep = sweep_of({k: MIXED[k] for k in ("lr", "dropout")})
    points = [t.params for t in trials_of(sweep, [(i, TrialState.FINISHED, None) for i in range(500)])]
    return sweep, [Trial(i, points[i % 500], TrialState.FINISHED) for i in range(10_000)]


@settings(deadline=None, max_examples=3)
@given(st.integers(0, 2**32), st.sampled_from([1e-9, 1.0, 1e6]), st.floats(0.0, 0.9))
def test_ten_thousand_trials_are_thinned_and_keep_the_best(
    many: tuple[Sweep, list[Trial]], seed: int, scale: float, lacking: float
) -> None:
    sweep, trials = many
    chance = random.Random(seed)
    trials = [
        replace(
            t, value=None if chance.random() < lacking else scale * bowl(dict(t.params or {})) + i * 1e-15
        )
        for i, t in enumerate(trials)
    ]
    found = ask(sweep, trials, len(trials), seed)
    assert found.info["n"] == 200
    assert bowl(found.params) < 0.05
    assert sweep.metric is not None
    best = min(t.value for t in trials if t.value is not None)
    assert observe(Encoding(sweep.space), trials, sweep.metric, seed).loss.min() == best


def test_the_first_points_come_from_the_design_and_then_the_model_takes_over() -> None:
    sweep = sweep_of(MIXED)
    trials = play(sweep, bowl, 5)
    assert len({t.params["layers"] for t in trials if t.params}) >= 3  # spread out
    assert engines(sweep, [], 5) == ["initial design"] * 5
    assert engines(sweep, trials, 1) == ["model"]


@pytest.mark.parametrize(("cap", "planned"), [(2, 2), (3, 2), (4, 2), (6, 3), (8, 4), (100, 5)])
def test_a_short_sweep_gives_half_of_its_runs_to_the_model(cap: int, planned: int) -> None:
    sweep = sweep_of(MIXED, run_cap=cap)
    trials = play(sweep, bowl, planned)
    assert engines(sweep, [], planned) == ["initial design"] * planned
    assert engines(sweep, trials, 1) == ["model"]


def test_prior_runs_stand_in_for_the_first_points() -> None:
    sweep = sweep_of({k: MIXED[k] for k in ("lr", "dropout")})
    known = [replace(t, prior=True, seq=-1, name=f"old{t.seq}") for t in play(sweep, bowl, 8)]
    found = ask(sweep, known, 0)
    assert found.info["engine"] == "model"
    assert found.info["nearest"][0]["name"].startswith("old")


def test_prior_runs_of_an_overlapping_space_help() -> None:
    narrow = sweep_of({"lr": MIXED["lr"], "dropout": {"min": 0.0, "max": 0.9}})
    old = play(narrow, bowl, 15)
    wider = {
        "lr": MIXED["lr"] | {"min": 1e-3},
        "dropout": {"min": 0.0, "max": 0.5},
        "new": {"min": 0.0, "max": 1.0},
    }
    known = [
        Trial(-1, {**(t.params or {}), "note": "x"}, t.state, t.value, f"old{t.seq}", prior=True) for t in old
    ]
    found = [bowl(ask(sweep_of(wider), known, 0, seed).params) for seed in range(5)]
    assert sorted(found)[2] < 0.05


def test_agents_that_ask_at_once_get_different_points_near_what_is_good() -> None:
    sweep = sweep_of({k: MIXED[k] for k in ("lr", "dropout")})
    trials = play(sweep, bowl, 12)
    for seq in range(12, 20):
        found = ask(sweep, trials, seq)
        assert found.info["pending"] == seq - 12
        trials.append(Trial(seq, found.params, TrialState.RUNNING))
    points = [t.params for t in trials[12:] if t.params]
    assert len({digest(p) for p in points}) == 8
    assert (
        min(
            math.dist((math.log10(p["lr"]), p["dropout"]), (math.log10(q["lr"]), q["dropout"]))
            for i, p in enumerate(points)
            for q in points[:i]
        )
        > 1e-3
    )


def test_a_discrete_space_is_not_repeated_until_all_is_tried_and_then_the_best_is() -> None:
    sweep = sweep_of({"a": {"values": [1, 2, 3]}, "b": {"values": ["x", "y"]}})
    trials = play(sweep, lambda p: float(p["a"] + (p["b"] == "y")), 6)
    assert len({digest(t.params or {}) for t in trials}) == 6
    found = ask(sweep, trials, 6)
    assert (found.params, found.repeat) == ({"a": 1, "b": "x"}, 1)
    assert "measured again" in found.info["warnings"][0]


def test_a_space_without_choice_still_gives_its_point() -> None:
    found = ask(sweep_of({"a": {"value": 1}, "b": {"values": ["x"]}}), [], 0)
    assert found.params == {"a": 1, "b": "x"}


def test_runs_that_go_on_count_only_if_asked() -> None:
    sweep = sweep_of({"x": {"min": 0.0, "max": 1.0}})
    trials = [finished(i, {"x": i / 10}, (i / 10 - 0.5) ** 2) for i in range(8)]
    open_ = Trial(8, {"x": 0.85}, TrialState.RUNNING, 50.0)
    assert ask(sweep, [*trials, open_], 9).info["n"] == 8
    metric = {"name": "loss", "goal": "minimize"}
    for how in ("latest", "worst", "best"):
        counted = sweep_of({"x": {"min": 0.0, "max": 1.0}}, metric=metric | {"impute_while_running": how})
        info = ask(counted, [*trials, open_], 9).info
        assert (info["n"], info["pending"]) == (9, 0)


@pytest.mark.parametrize(("impute", "expected"), [("worst", 0.25), ("best", 0.0), ("latest", 0.04)])
def test_failed_runs_are_filled_in_as_configured(impute: str, expected: float) -> None:
    sweep = sweep_of(
        {"x": {"min": 0.0, "max": 1.0}}, metric={"name": "loss", "goal": "minimize", "impute": impute}
    )
    trials = [finished(i, {"x": i / 10}, round((i / 10 - 0.5) ** 2, 6)) for i in range(8)]
    trials += [Trial(8 + i, {"x": 0.95 + 0.01 * i}, TrialState.FAILED, None) for i in range(3)]
    assert sweep.metric is not None
    seen = observe(Encoding(sweep.space), trials, sweep.metric, 0)
    assert seen.loss.tolist()[-3:] == [expected] * 3
    assert (seen.finite, seen.imputed, seen.unlucky) == (8, 3, 0)


def test_a_crash_among_good_neighbours_says_nothing_about_the_point() -> None:
    sweep = sweep_of({"x": {"min": 0.0, "max": 1.0}})
    trials = [finished(i, {"x": i / 10}, (i / 10 - 0.5) ** 2) for i in range(8)]
    trials.append(Trial(8, {"x": 0.51}, TrialState.FAILED, None))
    assert sweep.metric is not None
    seen = observe(Encoding(sweep.space), trials, sweep.metric, 0)
    assert (seen.finite, seen.imputed, seen.unlucky) == (8, 0, 1)
    assert ask(sweep, trials, 9).params == ask(sweep, trials[:8], 9).params


@pytest.mark.parametrize(
    ("failed", "imputed"),
    [
        ([0.50, 0.51, 0.52], 0),  # two of three neighbours failed, but the third, right beside, went well
        ([0.50, 0.51, 0.52, 0.53], 3),  # three of them have none that went well among the three nearest
        ([0.80, 0.85, 0.90], 3),  # the nearest run that went well is far away
    ],
)
def test_who_is_to_blame_for_a_crash(failed: list[float], imputed: int) -> None:
    sweep = sweep_of({"x": {"min": 0.0, "max": 1.0}})
    good = [0.1, 0.2, 0.3, 0.48]
    trials = [finished(i, {"x": x}, (x - 0.5) ** 2) for i, x in enumerate(good)]
    trials += [Trial(len(good) + i, {"x": x}, TrialState.FAILED, None) for i, x in enumerate(failed)]
    assert sweep.metric is not None
    seen = observe(Encoding(sweep.space), trials, sweep.metric, 0)
    assert (seen.finite, seen.imputed, seen.unlucky) == (4, imputed, len(failed) - imputed)


def test_a_region_that_fails_is_left_alone() -> None:
    sweep = sweep_of({"x": {"min": 0.0, "max": 1.0}, "y": {"min": 0.0, "max": 1.0}})
    trials: list[Trial] = []
    for seq in range(25):
        params = ask(sweep, trials, seq).params
        crashed = params["x"] > 0.5
        value = None if crashed else (params["x"] - 0.4) ** 2 + (params["y"] - 0.6) ** 2
        trials.append(Trial(seq, params, TrialState.FAILED if crashed else TrialState.FINISHED, value))
    late = [t for t in trials[10:] if t.state is TrialState.FAILED]
    assert len(late) <= 6  # of 15, half of the space being bad
    assert min(t.value for t in trials if t.value is not None) < 0.003
