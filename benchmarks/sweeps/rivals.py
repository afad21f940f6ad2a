"""Other searchers on our problems, each run in an environment of its own.

`python benchmarks/sweeps/rivals.py NAME PROBLEM TRIALS NOISE SEED...` prints one JSON line per seed:
the true loss of every trial. NAME is `sweeps` (the public package behind the hosted
service, 0.3), `optuna-tpe` or `optuna-gp` (Optuna 5). Noise is in units of the problem's spread.
"""

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from problems import Params, Problem, problems  # type: ignore[import-not-found]


def flat(params: dict[str, Any]) -> dict[str, Any]:
    """A space without conditions: children stand beside their parents and always apply."""
    out: dict[str, Any] = {}
    for name, entry in params.items():
        out[name] = {k: v for k, v in entry.items() if k != "parameters"}
        for group in entry.get("parameters", {}).values():
            out |= flat(group)
    return out


def with_sweeps(problem: Problem, trials: int, noise: float, seed: int) -> list[float]:
    """The `sweeps` package's Bayesian search; a conditional space is flattened for it."""
    import sweeps

    np.random.seed(seed)
    rng = np.random.default_rng([seed, 7])
    config = {
        "method": "bayes",
        "metric": {"name": "loss", "goal": "minimize"},
        "parameters": flat(problem.parameters),
    }
    runs: list[Any] = []
    losses: list[float] = []
    for number in range(trials):
        run = sweeps.next_run(config, runs)
        params = {k: v["value"] for k, v in run.config.items()}
        losses.append(problem.loss(params))
        value = losses[-1] + noise * problem.spread * rng.standard_normal()
        runs.append(
            sweeps.SweepRun(
                name=str(number), state=sweeps.RunState.finished, config=run.config,
                summary_metrics={"loss": value}, history=[{"loss": value}],
            )
        )  # fmt: skip
    return losses


def with_optuna(name: str, problem: Problem, trials: int, noise: float, seed: int) -> list[float]:
    """Optuna's samplers with their defaults; conditions by its define-by-run interface."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.filterwarnings("ignore")
    if name == "optuna-gp":
        import torch

        torch.set_num_threads(1)
        sampler: Any = optuna.samplers.GPSampler(seed=seed)
    else:
        sampler = optuna.samplers.TPESampler(seed=seed)
    rng = np.random.default_rng([seed, 7])
    losses: list[float] = []

    def ask(trial: Any, entries: dict[str, Any]) -> Params:
        params: Params = {}
        for key, entry in entries.items():
            if "values" in entry:
                params[key] = trial.suggest_categorical(key, entry["values"])
                params |= ask(trial, entry.get("parameters", {}).get(params[key], {}))
            elif isinstance(entry["min"], int) and isinstance(entry["max"], int):
                params[key] = trial.suggest_int(key, entry["min"], entry["max"])
            else:
                log = entry.get("distribution") == "log_uniform_values"
                params[key] = trial.suggest_float(key, entry["min"], entry["max"], log=log)
        return params

    def objective(trial: Any) -> float:
        losses.append(problem.loss(ask(trial, problem.parameters)))
        return losses[-1] + noise * problem.spread * float(rng.standard_normal())

    optuna.create_study(sampler=sampler).optimize(objective, n_trials=trials)
    return losses


def main() -> None:
    """Run the seeds named on the command line."""
    name, which, trials, noise = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    problem = problems()[which]
    warnings.filterwarnings("ignore")
    for seed in map(int, sys.argv[5:]):
        if name == "sweeps":
            losses = with_sweeps(problem, trials, noise, seed)
        else:
            losses = with_optuna(name, problem, trials, noise, seed)
        print(json.dumps({"seed": seed, "losses": losses}), flush=True)


if __name__ == "__main__":
    main()
