"""What the runs of a search tell about a space, however the search came to choose them.

A search by a model stays where it has found good losses, and whatever else it kept meanwhile is
found in its good runs, too. So to compare good runs with others names parameters without any
effect, and shuffled losses do not show that. A likelihood does not mind: however a point follows
from what was known before, the probability of its loss given the point is the same. So the
question is put to a Gaussian process: how much better are the losses explained with a parameter
than without it (the Bayes factor; Kass, Raftery, "Bayes Factors", 1995)? And how do the functions
look that explain them, at points spread evenly?
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from runstone.sweeps.encoding import Bools, Encoding, Floats
from runstone.sweeps.gp import Likelihood, Posterior, Priors, fit

_READ = (64, 160)
_READ_PER_AXIS = 8
_POINTS = 256
_FUNCTIONS = 40
_MOST_AXES = 12
_MISSING = 0.1
_EARLY = 16
_LIMIT = 3.0
_BIGGEST = 1e307
_NOISE = (math.log(0.1), 2.0)
_EXACT, _NOISY = math.log(1e-4), math.log(0.3)
_ITERATIONS, _FEWER = 30, 15
_STEP = 0.05
_HOPELESS = 1e20


@dataclass(frozen=True)
class Evidence:
    """What was found.

    odds: logarithm of the Bayes factor for each axis. rows: points spread evenly over the
    space. losses: functions drawn from the process at these points, one a row, on a scale of their own.
    """

    odds: Floats
    rows: Floats
    losses: Floats


def weigh(
    encoding: Encoding, x: Floats, loss: Floats, missing: Floats, rng: np.random.Generator
) -> Evidence | None:
    """Evidence of runs in the order in which they were chosen; None where they are all as good.

    missing: axes of each run without a readable value. Of more than `_MOST_AXES` axes, those
    along which losses change most quickly are tested, the others have odds of 0.
    Raises `ArithmeticError`, `ValueError` or `LinAlgError` where no process fits.
    """
    read = _read(len(loss), encoding.size)
    x, y, missing = x[read], _levelled(loss)[read], missing[read]
    if y.max() <= y.min():
        return None
    y = (y - y.min()) / (y.max() - y.min())
    y = (y - y.mean()) / y.std()
    axes, category = encoding.size, encoding.is_category
    extra = _MISSING * missing if missing.any() else None
    priors = replace(Priors.for_axes(axes), noise=_NOISE)

    def likelihood(kept: Sequence[int]) -> Likelihood:
        return Likelihood(x[:, kept], y, category[kept], priors, extra)

    every = likelihood(range(axes))
    exact, noisy = every.mean.copy(), every.mean.copy()
    exact[-1], noisy[-1] = _EXACT, _NOISY
    theta, evidence = _integrated(every, (exact, noisy), _ITERATIONS)
    quick = np.argsort(np.where(category, 1.0, 2.0) * theta[:axes], kind="stable")[:_MOST_AXES]
    odds = np.zeros(axes)
    for k in quick.tolist():
        rest = [i for i in range(axes) if i != k]
        if not rest:
            odds[k] = evidence + 0.5 * float(y @ y)
            continue
        poorer = likelihood(rest)
        start = min((_without(start, k, category) for start in (theta, noisy)), key=poorer.value)
        odds[k] = evidence - _integrated(poorer, (start,), _FEWER)[1]
    rows = encoding.from_unit(rng.random((_POINTS, axes)))
    losses = Posterior(x, y, category, theta, extra).draw(rows, _FUNCTIONS, rng)
    return Evidence(odds, rows, losses)


def _read(count: int, axes: int) -> NDArray[np.int64]:
    """Indexes of the runs that are read: the first, when the search still searched, and some of the others.

    A process of all of 150 runs of 5 parameters with much noise was no surer than one of 64.
    """
    most = min(max(_READ[0], _READ_PER_AXIS * axes), _READ[1])
    if count <= most:
        return np.arange(count)
    first = most // 2
    return np.concatenate([np.arange(first), np.linspace(first, count - 1, most - first).astype(int)])


def _levelled(loss: Floats) -> Floats:
    """Losses within a few quartile distances of the middle, as they were while the search still searched.

    Straight ones: bent losses would tell apart, by ever smaller differences, the many runs of a
    settled search that are as good for whoever asks what mattered.
    """
    loss = np.clip(loss, -_BIGGEST, _BIGGEST)
    low, middle, high = np.quantile(loss[:_EARLY], [0.25, 0.5, 0.75])
    width = _LIMIT * (high - low)
    out: Floats = np.clip(loss, middle - width, middle + width) if width > 0 else loss
    return out


def _without(theta: Floats, k: int, category: Bools) -> Floats:
    """Hyper-parameters of the process without axis `k`, and without a part for choices if none are left."""
    rest = np.delete(category, k)
    gone = [k, len(category)] if category[k] and not rest.any() else [k]
    return np.delete(theta, gone)


def _integrated(likelihood: Likelihood, starts: Sequence[Floats], iterations: int) -> tuple[Floats, float]:
    """Most probable hyper-parameters, and the logarithm of the evidence by Laplace's method.

    Method: MacKay, "Bayesian Interpolation", 1992. Slopes are differences of gradients; in no
    direction is the peak taken for wider than the prior by more than a half.
    """
    theta, value = min((fit(likelihood, start, iterations) for start in starts), key=lambda found: found[1])
    if value > _HOPELESS:
        raise ArithmeticError("no process explains these losses")
    here = likelihood(theta)[1]
    bend = np.array([likelihood(theta + step)[1] - here for step in _STEP * np.eye(len(theta))]) / _STEP
    bend = 0.5 * (bend + bend.T) * np.outer(likelihood.sd, likelihood.sd)
    peak = np.maximum(np.linalg.eigvalsh(bend), 0.5)
    return theta, -value - 0.5 * float(np.log(peak).sum())
