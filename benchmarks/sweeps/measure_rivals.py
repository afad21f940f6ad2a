"""Measures the rivals once and keeps what they reached in rivals.json.

`python -m benchmarks.sweeps.measure_rivals --sweeps PYTHON --optuna PYTHON [--problem NAME ...]`
where each PYTHON is that of an environment of its own:

    python3.11 -m venv A; A/bin/pip install "sweeps==0.3.0" "numpy<2" pyyaml "setuptools<80"
    python3.11 -m venv B; B/bin/pip install "optuna>=5" scipy torch

Rivals do not change with our engine, so `make bench` reads the kept figures. Results that are
there already are not measured again; remove them from the file to do so.
"""

import argparse
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.sweeps.problems import problems

KEPT = Path(__file__).parent / "rivals.json"
MARKS = (10, 20, 30, 50, 100)
SEEDS = range(1000, 1020)


def kept() -> dict[str, Any]:
    """Regret at each mark, per seed: `{"NAME/PROBLEM/NOISE": {"trials": n, "30": [...], ...}}`."""
    found: dict[str, Any] = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    return found


def run(
    python: str, name: str, problem: str, trials: int, noise: float, seeds: list[int]
) -> list[list[float]]:
    """Losses per seed, by a process in the rival's environment."""
    script = Path(__file__).parent / "rivals.py"
    command = [python, str(script), name, problem, str(trials), str(noise), *map(str, seeds)]
    alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    done = subprocess.run(command, env={**os.environ, **alone}, capture_output=True, text=True, check=True)
    return [json.loads(line)["losses"] for line in done.stdout.splitlines()]


def measure(python: str, name: str, problem: str, trials: int, noise: float) -> dict[str, Any]:
    """All seeds, one after the other."""
    losses = np.array(run(python, name, problem, trials, noise, list(SEEDS)))
    regret = np.minimum.accumulate(losses, axis=1) - problems()[problem].best
    marks = {str(m): [float(f"{v:.6g}") for v in regret[:, m - 1]] for m in MARKS if m <= trials}
    return {"trials": trials, **marks}


def main() -> None:
    """Measure what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sweeps", help="Python with sweeps 0.3")
    parser.add_argument("--optuna", help="Python with Optuna 5, scipy and torch")
    parser.add_argument("--problem", nargs="*", default=list(problems()))
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--noise", type=float, default=0.0)
    given = parser.parse_args()
    for problem in given.problem:
        for name in ("sweeps", "optuna-tpe", "optuna-gp"):
            python = given.sweeps if name == "sweeps" else given.optuna
            key = f"{name}/{problem}/{given.noise:g}"
            if python is None or kept().get(key, {}).get("trials", 0) >= given.trials:
                continue
            try:
                found = measure(python, name, problem, given.trials, given.noise)
            except subprocess.CalledProcessError as error:
                print(key, "failed:", error.stderr[-300:])
                continue
            KEPT.write_text(json.dumps(kept() | {key: found}, indent=0, sort_keys=True) + "\n")
            print(key, {m: float(np.median(found[str(m)])) for m in MARKS if m <= given.trials}, flush=True)


if __name__ == "__main__":
    main()
