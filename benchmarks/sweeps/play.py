"""Our own engine on the problems: one or many agents, noise, runs that crash."""

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.sweeps.problems import Problem, problems
from runstone.domain.sweep import Sweep
from runstone.domain.sweep_config import parse
from runstone.sweeps.recommend import recommend
from runstone.sweeps.suggest import suggest
from runstone.sweeps.trial import Suggestion, Trial, TrialState

ENGINE = Path(__file__).parents[2] / "runstone"
RESULTS = Path(__file__).parents[1] / "results" / "sweeps"
_SEARCH = (
    *("acquisition.py", "bayes.py", "design.py", "encoding.py", "gp.py", "model.py"),
    *("observed.py", "recommend.py", "sampling.py", "suggest.py", "warp.py"),
)
"""Files that decide where a sweep looks next. Seeds below 1,000 may be looked at while choosing variants."""


def reporting_seeds(count: int) -> list[int]:
    """Seeds that follow from the engine's source, so that it cannot be tuned to them."""
    return [int(s) for s in np.random.default_rng(list(_digest())).integers(10_000, 2**40, size=count)]


def source_digest() -> str:
    """Short name of the engine's source, for the report."""
    return _digest().hex()[:12]


def _digest() -> bytes:
    files = [ENGINE / "sweeps" / name for name in _SEARCH] + [ENGINE / "domain" / "distribution.py"]
    return hashlib.sha256(b"\0".join(f.read_bytes() for f in files)).digest()


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


def played_before(path: Path) -> dict[Game, Played]:
    """Games in a file of results, one JSON line each; a line cut off by a kill is left out."""
    found: dict[Game, Played] = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            kept = json.loads(line)
        except ValueError:
            continue
        found[Game(**kept["game"])] = Played(**kept["played"])
    return found


def play_all(games: list[Game], workers: int | None = None) -> list[Played]:
    """Play games in processes of one thread each. What was played with this very engine is not again."""
    path = RESULTS / f"{source_digest()}.jsonl"
    known = played_before(path)
    missing = [game for game in dict.fromkeys(games) if game not in known]
    if missing:
        os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
        path.parent.mkdir(parents=True, exist_ok=True)
        count = workers or int(os.environ.get("WORKERS") or _cores())
        with (
            ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool,
            path.open("a") as file,
        ):
            waiting = {pool.submit(play, game): game for game in missing}
            for number, done in enumerate(as_completed(waiting), 1):
                known[waiting[done]] = done.result()
                file.write(
                    json.dumps({"game": asdict(waiting[done]), "played": asdict(done.result())}) + "\n"
                )
                file.flush()
                if number % 50 == 0:
                    print(f"  {number} of {len(missing)} sweeps played", file=sys.stderr, flush=True)
    return [known[game] for game in games]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def medians(played: list[Played], mark: int) -> float:
    """Median over games of the regret after `mark` trials."""
    return float(np.median([p.regret[mark - 1] for p in played]))


def measure_cpu(run: Callable[[], Any]) -> float:
    """CPU seconds of this process for one call."""
    started = time.process_time()
    run()
    return time.process_time() - started
