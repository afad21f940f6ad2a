"""The model finds the bottom, whatever the data look like."""

import math
from typing import Any

from tests.sweeps.trials import play, sweep_of


def bowl(params: dict[str, Any]) -> float:
    return float((math.log10(params["lr"]) + 2.5) ** 2 + (params["dropout"] - 0.3) ** 2)


def test_bayes_finds_the_bottom_of_a_bowl_in_twenty_trials() -> None:
    sweep = sweep_of(
        {
            "lr": {"distribution": "log_uniform_values", "min": 1e-5, "max": 1e-1},
            "dropout": {"min": 0.0, "max": 0.9},
        }
    )
    trials = play(sweep, bowl, 20)
    assert min(t.value for t in trials if t.value is not None) < 1e-3
