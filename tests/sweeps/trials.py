"""Words that tests of the search share."""

import json
from collections.abc import Callable
from typing import Any

from runstone.domain.sweep import Sweep
from runstone.domain.sweep_config import parse
from runstone.sweeps.suggest import suggest
from runstone.sweeps.trial import Suggestion, Trial, TrialState


def sweep_of(parameters: dict[str, Any], method: str = "bayes", **more: Any) -> Sweep:
    """A checked sweep over `parameters` that minimises `loss` unless told otherwise."""
    config = {"method": method, "metric": {"name": "loss", "goal": "minimize"}, "parameters": parameters}
    return parse(json.dumps(config | more)).require()


def finished(seq: int, params: dict[str, Any], value: float | None, **more: Any) -> Trial:
    """A trial that ended well."""
    return Trial(seq, params, TrialState.FINISHED, value, **more)


def play(
    sweep: Sweep, objective: Callable[[dict[str, Any]], float | None], count: int, seed: int = 0
) -> list[Trial]:
    """The first `count` trials of a sweep with one agent."""
    trials: list[Trial] = []
    for seq in range(count):
        found = suggest(sweep, trials, seq, seed)
        assert isinstance(found, Suggestion)
        trials.append(finished(seq, found.params, objective(found.params)))
    return trials
