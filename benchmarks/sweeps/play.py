"""Our own engine on the problems: one or many agents, noise, runs that crash."""

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.sweeps.problems import Problem, problems
from runstone.domain.sweep import Sweep
from runstone.domain.sweep_config import parse
from runstone.sweeps.importance import recommend
from runstone.sweeps.suggest import suggest
from runstone.sweeps.trial import Suggestion, Trial, TrialState

ENGINE = Path(__file__).parents[2] / "runstone"
CHOICE_SEEDS = range(8)
"""Seeds that may be looked at while choosing among variants of the engine."""


def reporting_seeds(count: int) -> list[int]:
    """Seeds that follow from the engine's source, so that it cannot be tuned to them."""
    files = [*sorted((ENGINE / "sweeps").glob("*.py")), ENGINE / "domain" / "distribution.py"]
    digest = hashlib.sha256(b"\0".join(f.read_bytes() for f in files)).digest()
    return [int(s) for s in np.random.default_rng(list(digest)).integers(10_000, 2**40, size=count)]


def source_digest() -> str:
    """Short name of the engine's source, for the report."""
    files = [*sorted((ENGINE / "sweeps").glob("*.py")), ENGINE / "domain" / "distribution.py"]
    return hashlib.sha256(b"\0".join(f.read_bytes() for f in files)).hexdigest()[:12]


@dataclass(frozen=True)
class Game:
    """One sweep to play. noise: in units of the problem's spread. crashes: share of trials that fail."""

    problem: str
    trials: int
    seed: int
    method: str = "bayes"
    agents: int = 1
    noise: float = 0.0
    crashes: float = 0.0


@dataclass(frozen=True)
class Played:
    """Best true regret after each trial, the regret of the run recommended at the end, CPU of suggestions."""

    regret: list[float]
    recommended: float
    cpu_s: float
    from_model: int


def sweep_for(problem: Problem, method: str = "bayes") -> Sweep:
    """The problem as a sweep."""
    config = {
        "method": method,
        "metric": {"name": "loss", "goal": "minimize"},
        "parameters": problem.parameters,
    }
    return parse(json.dumps(config)).require()


def play(game: Game) -> Played:
    """Play one sweep; with several agents, a result comes when as many points are out as there are agents."""
    problem = problems()[game.problem]
    sweep = sweep_for(problem, game.method)
    chance = np.random.default_rng([game.seed, 7])
    trials: list[Trial] = []
    truth: list[float] = []
    cpu, from_model = 0.0, 0
    for seq in range(game.trials + game.agents - 1):
        if seq < game.trials:
            started = time.process_time()
            found = suggest(sweep, trials, seq, game.seed)
            cpu += time.process_time() - started
            assert isinstance(found, Suggestion)
            from_model += found.info["engine"] == "model"
            trials.append(Trial(seq, found.params, TrialState.RUNNING))
        ended = seq - game.agents + 1
        if ended < 0:
            continue
        point = trials[ended]
        assert point.params is not None
        loss = problem.loss(dict(point.params))
        crashed = chance.random() < game.crashes
        value = None if crashed else loss + game.noise * problem.spread * float(chance.standard_normal())
        state = TrialState.FAILED if crashed else TrialState.FINISHED
        trials[ended] = Trial(ended, point.params, state, value)
        truth.append(float("inf") if crashed else loss)
    regret = np.minimum.accumulate(truth) - problem.best
    chosen = recommend(sweep, trials, game.seed) if game.noise else None
    end = float(regret[-1]) if chosen is None else truth[chosen.trial.seq] - problem.best
    return Played([float(r) for r in regret], end, cpu, from_model)


def play_all(games: list[Game], workers: int | None = None) -> list[Played]:
    """Play games in processes of one thread each."""
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    count = workers or len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        return list(pool.map(play, games, chunksize=1))


def medians(played: list[Played], mark: int) -> float:
    """Median over games of the regret after `mark` trials."""
    return float(np.median([p.regret[mark - 1] for p in played]))


def measure_cpu(run: Callable[[], Any]) -> float:
    """CPU seconds of this process for one call."""
    started = time.process_time()
    run()
    return time.process_time() - started
