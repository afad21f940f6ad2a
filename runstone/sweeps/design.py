"""The first points of a model-based sweep, spread evenly over the space."""

import numpy as np

from runstone.domain.sweep import Sweep
from runstone.sweeps.encoding import Encoding, Floats, closest
from runstone.sweeps.sampling import generator

_TRIALS = 60
_MOST = 5


def count(sweep: Sweep, axes: int) -> int:
    """How many points come before the model: few, as the model earns more; at most half of the run cap."""
    wanted = min(max(axes + 2, 4), _MOST)
    if sweep.run_cap is not None:
        wanted = min(wanted, max(sweep.run_cap // 2, 2))
    return wanted


def points(encoding: Encoding, number: int, seed: int) -> Floats:
    """`number` points of a Latin hypercube, the most spread out of several drawn.

    Method: McKay, Beckman, Conover, "A Comparison of Three Methods for Selecting Values of
    Input Variables", 1979; maximin choice after Johnson, Moore, Ylvisaker, 1990. The points
    depend on the seed and on `number` only, so agents that ask at once get different ones.
    """
    rng = generator(seed, 0x0DE5)
    best, widest = np.empty((0, encoding.size)), -1.0
    for _ in range(_TRIALS):
        ranks = (
            np.array([rng.permutation(number) for _ in range(encoding.size)]).reshape(encoding.size, number).T
        )
        unit = (ranks + rng.random((number, encoding.size))) / number
        rows = encoding.from_unit(unit)
        apart = closest(rows, encoding.is_category)
        if apart > widest:
            best, widest = rows, apart
    return best
