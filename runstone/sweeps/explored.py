"""Which runs of a search that chose them itself tell what mattered.

Once such a search has found the good place, it measures there again and again, and whatever else
it happened to keep meanwhile is found in the best runs more often, too. Those runs hardly differ
in their loss, so they tell nothing, but they are many. Of runs as good as the best only as many
are taken, the earliest, as there are others.
"""

from collections.abc import Sequence

import numpy as np

from runstone.domain.sweep import Method, Sweep
from runstone.sweeps.observed import loss_of, ordered
from runstone.sweeps.trial import Trial

_SEARCHING = 0.25
_AS_GOOD = 0.2
_LEAST = 12


def explored(sweep: Sweep, trials: Sequence[Trial]) -> list[Trial]:
    """The runs to compare, those of other methods as they are.

    As good as the best: within a fifth of what is usual (the median) in the first quarter of
    the runs, when the search still searches.
    """
    if sweep.method is not Method.BAYES or sweep.metric is None:
        return list(trials)
    known = [(loss, t) for t in ordered(trials) if (loss := loss_of(t, sweep.metric)) is not None]
    if len(known) <= 2 * _LEAST:
        return list(trials)
    above = np.array([loss for loss, _ in known])
    above -= above.min()
    first = max(int(_SEARCHING * len(known)), _LEAST)
    good = above < _AS_GOOD * np.median(above[:first])
    most = max(len(known) - int(good.sum()), _LEAST)
    late = {id(t) for _, t in [one for one, so in zip(known, good, strict=True) if so][most:]}
    return [t for t in trials if id(t) not in late]
