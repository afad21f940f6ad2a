"""What mattered: named when it is there, not invented when it is not."""

import math
import random
from typing import Any

import pytest

from runstone.sweeps.explored import explored
from runstone.sweeps.importance import LEAST, importance, recommend
from runstone.sweeps.trial import Trial, TrialState
from tests.sweeps.trials import finished, play, sweep_of

SPACE = {
    "lr": {"distribution": "log_uniform_values", "min": 1e-5, "max": 1e-1},
    "dropout": {"min": 0.0, "max": 0.9},
    "layers": {"min": 1, "max": 6},
    "opt": {"values": ["adam", "sgd", "lion"]},
    "units": {"values": [16, 32, 64, 128]},
}


def by_lr(params: dict[str, Any]) -> float:
    return float((math.log10(params["lr"]) + 3) ** 2)


def by_opt(params: dict[str, Any]) -> float:
    return float(params["opt"] != "lion")


def test_the_sentence_names_the_one_true_parameter() -> None:
    sweep = sweep_of(SPACE, "random")
    found = importance(sweep, play(sweep, by_lr, 60))
    assert found.ranked
    assert found.weights[0].name == "lr"
    assert found.weights[0].importance > 0.7
    assert found.sentence.startswith("`lr` matters most")


@pytest.mark.slow
def test_of_a_search_that_settled_the_sentence_names_the_true_parameter_too() -> None:
    """All runs together name it about every second time: others change with the search, not with the loss."""
    sweep = sweep_of(SPACE, "bayes")
    plays = [play(sweep, by_lr, 60, seed) for seed in range(4)]
    named = [importance(sweep, explored(sweep, trials)).sentence for trials in plays]
    assert sum(one.startswith("`lr` matters most") for one in named) >= 3


def test_of_runs_as_good_as_the_best_the_earliest_count() -> None:
    losses = [1.0, 2.0, 0.5, 3.0] * 5 + [0.001, 0.0, 0.002] * 20
    sweep = sweep_of(SPACE, "bayes")
    trials = [finished(seq, {"lr": 1e-3}, loss) for seq, loss in enumerate(losses)]
    open_one = Trial(99, {"lr": 1e-3}, TrialState.RUNNING)
    kept = explored(sweep, [*trials, open_one])
    assert kept == [*trials[:40], open_one]
    assert explored(sweep, [*trials[::-1], open_one]) == [*trials[:40][::-1], open_one]
    upside = sweep_of(SPACE, "bayes", metric={"name": "loss", "goal": "maximize"})
    assert explored(upside, [finished(t.seq, dict(t.params or {}), -(t.value or 0.0)) for t in trials]) == [
        finished(t.seq, dict(t.params or {}), -(t.value or 0.0)) for t in trials[:40]
    ]


@pytest.mark.parametrize(
    ("method", "losses"),
    [
        ("random", [1.0] * 10 + [0.0] * 50),
        ("bayes", [1.0] * 10 + [0.0] * 10),  # few
        ("bayes", [0.3] * 60),  # all the same
        ("bayes", [float(n % 7) for n in range(60)]),  # never settled
        ("bayes", []),
    ],
)
def test_other_runs_all_count(method: str, losses: list[float]) -> None:
    trials = [finished(seq, {"lr": 1e-3}, loss) for seq, loss in enumerate(losses)]
    assert explored(sweep_of(SPACE, method), trials) == trials


def test_a_choice_is_named_with_its_value_and_correlates_by_value() -> None:
    sweep = sweep_of(SPACE, "random")
    noise = random.Random(1)
    found = importance(sweep, play(sweep, lambda p: by_opt(p) + 0.1 * noise.random(), 80))
    assert found.weights[0].name == "opt"
    assert '"lion"' in found.sentence
    rows = {(c.name, c.value): c for c in found.correlations}
    assert rows["opt", '"lion"'].correlation < -0.9
    assert rows["opt", '"adam"'].correlation > 0.2
    assert abs(rows["dropout", None].correlation) < 0.4
    assert 0 < rows["dropout", None].spread < 0.3


@pytest.mark.parametrize("seed", range(8))
def test_pure_noise_is_not_ranked(seed: int) -> None:
    sweep = sweep_of(SPACE, "random")
    noise = random.Random(seed)
    trials = play(sweep, lambda p: noise.gauss(0, 1), 60, seed=seed)
    ranked = [importance(sweep, trials, s).ranked for s in range(3)]
    if any(ranked):  # one in twenty looks ranked by luck; it must then be near the border
        assert min(w.chance for w in importance(sweep, trials).weights) > 0.005
    assert "no parameter stands out" in importance(sweep, trials).sentence or any(ranked)


def test_noise_is_ranked_no_more_often_than_promised() -> None:
    sweep = sweep_of(SPACE, "random")
    wrong = 0
    for seed in range(60):
        noise = random.Random(seed)
        wrong += importance(sweep, play(sweep, lambda p, n=noise: n.gauss(0, 1), 40, seed=seed)).ranked  # type: ignore[misc]
    assert wrong <= 8  # 5 % promised; 8 of 60 or more would happen once in 200 times


def test_shares_sum_to_one_and_the_order_of_trials_changes_nothing() -> None:
    sweep = sweep_of(SPACE, "random")
    trials = play(sweep, by_lr, 40)
    found = importance(sweep, trials)
    assert sum(w.importance for w in found.weights) == pytest.approx(1.0)
    assert importance(sweep, trials[::-1]) == found


def test_too_few_runs_are_said_to_be_too_few() -> None:
    sweep = sweep_of(SPACE, "random")
    trials = [*play(sweep, by_lr, LEAST - 1), Trial(99, {"lr": 1e-3}, TrialState.FAILED)]
    found = importance(sweep, trials)
    assert (found.runs, found.ranked, found.weights) == (LEAST - 1, False, ())
    assert f"at least {LEAST} are needed" in found.sentence


def test_conditional_and_constant_spaces_are_no_problem() -> None:
    space = {
        "o": {"values": ["a", "b"], "parameters": {"b": {"m": {"min": 0.0, "max": 1.0}}}},
        "x": {"min": 0.0, "max": 1.0},
    }
    sweep = sweep_of(space, "random")
    found = importance(sweep, play(sweep, lambda p: float(p["o"] == "a") + p["x"], 50))
    assert {w.name for w in found.weights} == {"o", "m", "x"}
    constant = sweep_of({"a": {"value": 1}}, "random")
    assert (
        "nothing to compare" in importance(constant, [finished(i, {"a": 1}, 1.0) for i in range(20)]).sentence
    )


def test_the_recommended_run_is_not_the_luckiest() -> None:
    sweep = sweep_of({"x": {"min": 0.0, "max": 1.0}}, "random")
    noise = random.Random(3)
    trials = [finished(i, {"x": i / 59}, (i / 59 - 0.3) ** 2 + 0.02 * noise.gauss(0, 1)) for i in range(60)]
    trials.append(finished(60, {"x": 0.95}, -0.2))  # one lucky value at a bad place
    found = recommend(sweep, trials)
    assert found is not None
    assert found.trial.params is not None
    assert found.trial.params["x"] == pytest.approx(0.3, abs=0.15)
    assert found.low < found.expected < found.high
    assert recommend(sweep, trials[:1]) is None
