"""Rows of `make bench FLOW=sweeps`: how good the points are, and what they cost to find.

Regret is the lowest true loss so far minus the lowest possible. Figures are medians over 20 seeds
that follow from the engine's source, over 100 after 30 trials, and after 50 with agents and crashes.
Ratios to rivals divide by the rival's median over 20 seeds of its own (measure_rivals.py keeps them).
"""

import json
import math
import os
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")  # as the server does, before numpy

import numpy as np

from benchmarks.run import check, save
from benchmarks.sweeps import page
from benchmarks.sweeps.crowd import crowd
from benchmarks.sweeps.measure_rivals import kept
from benchmarks.sweeps.play import Game, Played, measure_cpu, medians, play_all, reporting_seeds, sweep_for
from benchmarks.sweeps.problems import Problem
from runstone.domain.sweep import Sweep
from runstone.sweeps.importance import importance
from runstone.sweeps.suggest import suggest
from runstone.sweeps.trial import Suggestion, Trial, TrialState

MAIN = ("branin", "hartmann6", "ackley5", "func2c", "digits")
MORE = ("optimizers", "rastrigin4", "needle20")
SEEDS, MARKS = page.SEEDS, page.MARKS
QUARTILES = (0.25, 0.5, 0.75)
_TINY = 1e-9

Row = dict[str, Any]


def rows() -> Iterator[Row]:
    """All rows of the flow."""
    yield from searched()
    yield from _costs()
    yield from _crowd()


def searched() -> Iterator[Row]:
    """Rows that do not depend on the machine: how good the points are. Writes the page about them."""
    results = play_main()
    _play_many()
    yield from _quality(results)
    yield from _variations()
    page.write()


def play_main() -> dict[tuple[str, str], list[Played]]:
    """Games of one agent without noise, by problem and method."""
    games = [
        Game(problem, 100 if problem in MAIN else 30, seed, method)
        for problem in (*MAIN, *MORE)
        for method in ("bayes", "random")
        for seed in reporting_seeds(SEEDS)
    ]
    found: dict[tuple[str, str], list[Played]] = {}
    for game, played in zip(games, play_all(games), strict=True):
        found.setdefault((game.problem, game.method), []).append(played)
    return found


def _play_many() -> None:
    """The games of more seeds: of one agent, and of the ways that have a bar."""
    seeds = reporting_seeds(page.MANY_SEEDS)[SEEDS:]
    short, long = min(page.MANY_MARKS), max(page.MANY_MARKS)
    games = [Game(problem, short, seed) for problem in MORE for seed in seeds]
    for changes in ({}, *(kind.changes for kind in page.KINDS if kind.bar is not None)):
        games += [Game(problem, long, seed, **changes) for problem in MAIN for seed in seeds]
    play_all(games)


def _quality(results: dict[tuple[str, str], list[Played]]) -> Iterator[Row]:
    rivals, figures = kept(), page.collect()
    for problem in (*MAIN, *MORE):
        ours, random = results[problem, "bayes"], results[problem, "random"]
        for mark in MARKS:
            if mark > len(ours[0].regret):
                continue
            few = [p.regret[mark - 1] for p in ours]
            low, value, high = np.quantile(page.many_of(figures, f"{problem}/bayes", mark) or few, QUARTILES)
            base = f"sweeps.regret{mark}.{problem}"
            yield {"id": f"{base}.value", "value": float(value), "unit": "loss"}
            yield {"id": f"{base}.quartile1", "value": float(low), "unit": "loss"}
            yield {"id": f"{base}.quartile3", "value": float(high), "unit": "loss"}
            yield {
                "id": f"{base}.ratio_to_random",
                "value": float(value) / medians(random, mark),
                "unit": "ratio",
            }
            for name in ("sweeps", "optuna-tpe", "optuna-gp"):
                theirs = rivals.get(f"{name}/{problem}/0", {}).get(str(mark))
                if theirs:
                    ratio = float(value) / max(float(np.median(theirs)), _TINY)
                    yield {"id": f"{base}.ratio_to_{name}", "value": ratio, "unit": "ratio"}


def _variations() -> Iterator[Row]:
    """Many agents, noise, crashes: each against one agent without, as geometric means over problems."""
    seeds = reporting_seeds(page.SEEDS)
    games = [
        Game(problem, kind.trials, seed, **kind.changes)
        for kind in page.KINDS
        for problem in MAIN
        for seed in seeds
    ]
    played = iter(play_all(games))
    figures = page.collect()
    rivals = kept()
    for kind in page.KINDS:
        to_sweeps = []
        for problem in MAIN:
            ours = [next(played) for _ in seeds]
            many = page.many_of(figures, f"{problem}/bayes/{kind.label}", kind.mark)
            value = medians(ours, kind.mark) if many is None else float(np.median(many))
            base = f"sweeps.{kind.name}.{problem}"
            yield {"id": f"{base}.regret{kind.mark}", "value": value, "unit": "loss"}
            if "noise" in kind.changes:
                recommended = float(np.median([p.recommended for p in ours]))
                yield {"id": f"{base}.recommended{kind.mark}", "value": recommended, "unit": "loss"}
                theirs = rivals.get(f"sweeps/{problem}/{kind.changes['noise']:g}", {}).get(str(kind.mark))
                if theirs:
                    to_sweeps.append(math.log(max(value, _TINY) / float(np.median(theirs))))
        for mark in kind.marks:
            found = page.costs(figures, kind, mark)
            assert found is not None, "all games of the kind have been played"
            after = "" if mark == kind.mark else str(mark)
            for name, ratio in zip(("cost_ratio", "missing_results_ratio"), found, strict=True):
                yield {"id": f"sweeps.{kind.name}.{name}{after}", "value": ratio, "unit": "ratio"}
        if to_sweeps:
            ratio = math.exp(float(np.mean(to_sweeps)))
            yield {"id": f"sweeps.{kind.name}.ratio_to_sweeps", "value": ratio, "unit": "ratio"}


def reference_space() -> Problem:
    """A classifier's usual sweep: five parameters searched, one fixed."""
    parameters = {
        "learning_rate": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1e-1},
        "dense": {"values": [32, 64, 128, 256]},
        "dropout": {"min": 0.1, "max": 0.6},
        "batch_size": {"values": [32, 64, 128]},
        "optimizer": {"values": ["adam", "sgd", "rmsprop"]},
        "epochs": {"value": 5},
    }

    def loss(p: dict[str, Any]) -> float:
        lr = (math.log10(p["learning_rate"]) + 2.5) ** 2
        return float(lr + 0.3 * p["dropout"] + 0.2 * (p["dense"] != 128) + 0.5 * (p["optimizer"] == "sgd"))

    return Problem("reference", parameters, loss, 0.03, "our own", 5.0)


def floats20() -> Problem:
    """Twenty floats."""
    parameters = {f"x{i:02d}": {"min": 0.0, "max": 1.0} for i in range(20)}
    return Problem(
        "floats20", parameters, lambda p: sum((v - 0.3) ** 2 for v in p.values()), 0.0, "our own", 5.0
    )


def history(problem: Problem, count: int) -> tuple[Sweep, list[Trial]]:
    """A sweep with finished random trials."""
    rng = np.random.default_rng(0)
    drawn = sweep_for(problem, "random")
    trials = []
    for seq in range(count):
        found = suggest(drawn, [], seq, 0)
        assert isinstance(found, Suggestion)
        value = problem.loss(found.params) + 0.01 * float(rng.standard_normal())
        trials.append(Trial(seq, found.params, TrialState.FINISHED, value))
    return sweep_for(problem), trials


def _costs() -> Iterator[Row]:
    for problem, counts, prefix in (
        (reference_space(), (100, 1_000, 10_000), ""),
        (floats20(), (100, 1_000), "floats20."),
    ):
        for count in counts:
            sweep, trials = history(problem, count)
            suggest(sweep, trials, count, 0)  # loads what is loaded once
            times = [measure_cpu(partial(suggest, sweep, trials, count, seed)) for seed in range(60)]
            p99 = 1_000 * float(np.quantile(times, 0.99))
            yield {"id": f"sweeps.suggest_p99_ms.{prefix}{count}", "value": p99, "unit": "ms"}
            if problem.name == "reference" and count >= 1_000:
                spent = min(measure_cpu(partial(importance, sweep, trials, 0)) for _ in range(3))
                yield {"id": f"sweeps.importance_cpu_s.{count}", "value": spent, "unit": "s"}


def _crowd() -> Iterator[Row]:
    """32 agents on 4 server processes, one of which is killed in the middle."""
    grid = {"a": {"values": list(range(16))}, "b": {"min": 1, "max": 10}}
    floats = {"x": {"min": 0.0, "max": 1.0}, "n": {"min": 1, "max": 9}}
    metric = {"name": "loss", "goal": "minimize"}
    cap = 100
    with tempfile.TemporaryDirectory() as directory, crowd(Path(directory)) as servers:
        sweep = servers.sweep(json.dumps({"method": "grid", "metric": metric, "parameters": grid}))
        found = servers.work(sweep, 32, 600)
        yield {"id": "sweeps.duplicate_cells", "value": found.duplicate_points, "unit": "cells"}
        yield {"id": "sweeps.missed_cells", "value": 160 - len(found.runs), "unit": "cells"}
        config = {"method": "bayes", "metric": metric, "parameters": floats, "run_cap": cap}
        sweep = servers.sweep(json.dumps(config))
        found = servers.work(sweep, 32, 600, kill_after=cap // 2)
        trials = servers.trials(sweep)
        yield {"id": "sweeps.run_cap_overshoot", "value": max(len(trials) - cap, 0), "unit": "runs"}
        yield {"id": "sweeps.duplicate_points", "value": found.duplicate_points, "unit": "points"}


if __name__ == "__main__":  # `make bench` measures the rest too: what it costs
    began, load = time.perf_counter(), os.getloadavg()[0]
    found = [check(row) for row in searched()]
    save("sweeps", found, time.perf_counter() - began, load)
