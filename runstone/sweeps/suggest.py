"""The next point of a sweep."""

from collections.abc import Sequence

from runstone.domain.sweep import Method, Sweep
from runstone.sweeps import bayes, grid, sampling
from runstone.sweeps.trial import Outcome, Trial


def suggest(sweep: Sweep, trials: Sequence[Trial], seq: int, seed: int, *, since_seq: int = 0) -> Outcome:
    """The point for slot `seq`. Pure: the same arguments give the same answer, in any order of trials.

    trials: every other slot of the sweep and its prior runs, pending ones included (state
    RUNNING, no value). seed: the sweep's own, the same for all its slots. since_seq: slots
    below it were made under an older configuration (an extended sweep); a grid counts their
    points as visited and numbers its cells from there.

    `Wait` and `Exhausted` come from grids only. Data never makes it raise.
    """
    if sweep.method is Method.GRID:
        return grid.suggest(sweep.space, trials, seq, since_seq)
    if sweep.method is Method.RANDOM:
        return sampling.suggest(sweep.space, trials, seq, seed)
    return bayes.suggest(sweep, trials, seq, seed)
