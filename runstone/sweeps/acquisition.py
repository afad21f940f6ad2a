"""Where to look next: the logarithm of expected improvement, and the search for its maximum.

Method: Ament et al., "Unexpected Improvements to Expected Improvement for Bayesian
Optimization", 2023 (the logarithm, computed stably, has usable slopes where the improvement
itself is zero to machine precision). Several fits of the model are averaged, as in Snoek,
Larochelle, Adams, "Practical Bayesian Optimization of Machine Learning Algorithms", 2012, but
by their roots: the plain mean is hardly more than what the most hopeful fit expects, which with
noisy losses is one that takes chance for structure.
"""

import math
from collections.abc import Sequence

import numpy as np

from runstone.sweeps.encoding import Encoding, Floats
from runstone.sweeps.gp import Posterior

_LOG_ROOT_2PI = 0.5 * math.log(2.0 * math.pi)
_FAR = -1e4
_POWER = 0.5


def log_h(z: Floats) -> Floats:
    """log(phi(z) + z * Phi(z)) for standard normal density phi and distribution Phi, stable for any z."""
    from scipy.special import erfcx, ndtr  # noqa: PLC0415 - start-up time and memory

    out = np.empty_like(z)
    near = z > -1.0
    a = z[near]
    out[near] = np.log(np.exp(-0.5 * a * a - _LOG_ROOT_2PI) + a * ndtr(a))
    b = np.maximum(z[~near], _FAR)
    # phi(b) * (1 + b * Phi(b)/phi(b)), and Phi/phi = sqrt(pi/2) * erfcx(-b/sqrt 2)
    inner = 1.0 + b * math.sqrt(0.5 * math.pi) * erfcx(-b / math.sqrt(2.0))
    tail = np.where(b < -1e3, -2.0 * np.log(-b), np.log(np.maximum(inner, 1e-300)))
    out[~near] = -0.5 * b * b - _LOG_ROOT_2PI + tail
    return out


class Acquisition:
    """Log expected improvement below `best`, over posteriors the square of the mean root."""

    def __init__(self, posteriors: Sequence[Posterior], bests: Sequence[float]) -> None:
        self.posteriors = posteriors
        self.bests = bests

    def __call__(self, points: Floats) -> Floats:
        """Value at each row."""
        rows = []
        for posterior, best in zip(self.posteriors, self.bests, strict=True):
            mean, variance = posterior.predict(points)
            sd = np.sqrt(variance)
            rows.append(log_h((best - mean) / sd) + np.log(sd))
        return _log_mean(np.array(rows))[0]

    def with_slopes(self, points: Floats) -> tuple[Floats, Floats]:
        """Value at each row, and its gradient along every axis."""
        from scipy.special import log_ndtr  # noqa: PLC0415 - start-up time and memory

        rows, slopes = [], []
        for posterior, best in zip(self.posteriors, self.bests, strict=True):
            mean, variance, mean_slope, variance_slope = posterior.slopes(points)
            sd = np.sqrt(variance)
            z = (best - mean) / sd
            h = log_h(z)
            rows.append(h + np.log(sd))
            # d log(sd * h(z)) = (phi(z) * d sd - Phi(z) * d mean) / (sd * h(z))
            z = np.maximum(z, _FAR)
            by_sd = np.exp(np.minimum(-0.5 * z * z - _LOG_ROOT_2PI - h, 30.0))
            by_mean = -np.exp(np.minimum(log_ndtr(z) - h, 30.0))
            sd_slope = variance_slope / (2.0 * sd[:, None])
            slope = (by_sd[:, None] * sd_slope + by_mean[:, None] * mean_slope) / sd[:, None]
            slopes.append(np.clip(slope, -1e8, 1e8))
        value, share = _log_mean(np.array(rows))
        return value, (share[:, :, None] * np.array(slopes)).sum(axis=0)


def _log_mean(rows: Floats) -> tuple[Floats, Floats]:
    """Logarithm of the power mean of exponentials over the first axis, and each row's share in its slope."""
    top = rows.max(axis=0)
    weights = np.exp(_POWER * (rows - top))
    total = weights.sum(axis=0)
    value: Floats = top + np.log(total / len(rows)) / _POWER
    return value, weights / total


def candidates(
    encoding: Encoding, centres: Floats, rng: np.random.Generator, spread: int, local: int
) -> Floats:
    """Rows to compare: `spread` of them anywhere, `local` around each centre.

    Around a centre, some axes move (one at least, fewer as there are more axes) by normal
    steps of several widths or, for categories, to any value.
    """
    axes = encoding.size
    anywhere = encoding.from_unit(rng.random((spread, axes)))
    if not len(centres) or not local:
        return anywhere
    base = np.repeat(centres, local, axis=0)
    moving = rng.random(base.shape) < min(1.0, max(0.3, 4.0 / axes))
    moving[np.arange(len(base)), rng.integers(axes, size=len(base))] = True
    width = 10.0 ** rng.uniform(-2.5, -0.5, size=(len(base), 1))
    stepped = base + width * rng.standard_normal(base.shape)
    for k, axis in enumerate(encoding.axes):
        if axis.places is None:
            continue
        drawn = axis.places[rng.integers(len(axis.places), size=len(base))]
        if axis.kind == "category":
            stepped[:, k] = drawn
        else:  # at least the next place, so that a coarse lattice is left at all
            gap = 1.0 / len(axis.places)
            stepped[:, k] = base[:, k] + np.maximum(width[:, 0], gap) * rng.standard_normal(len(base))
    return np.vstack([anywhere, encoding.snapped(np.where(moving, stepped, base))])


def polish(
    encoding: Encoding, acquisition: Acquisition, starts: Floats, rounds: int = 2, iterations: int = 20
) -> tuple[Floats, Floats]:
    """Starts climbed to a near maximum: slopes on free axes, one change at a time on the others."""
    points = np.array(starts)
    values = acquisition(points)
    floats, discrete = bool(encoding.is_float.any()), not bool(encoding.is_float.all())
    for turn in range(rounds):
        if floats:
            points, values = _climb(encoding, acquisition, points, values, iterations)
        if not discrete:
            break
        points, values, moved = _exchange(encoding, acquisition, points, values)
        if not moved and turn:
            break
    return points, values


def _climb(
    encoding: Encoding, acquisition: Acquisition, points: Floats, values: Floats, iterations: int
) -> tuple[Floats, Floats]:
    """Free axes of all points at once by L-BFGS-B; the points do not influence each other."""
    from scipy.optimize import minimize  # noqa: PLC0415 - start-up time and memory

    count, axes = points.shape
    free = np.array([encoding.is_float & encoding.applies(p) for p in points])
    low = np.where(free, 0.0, points).reshape(-1)
    high = np.where(free, 1.0, points).reshape(-1)

    def negative(flat: Floats) -> tuple[float, Floats]:
        value, slope = acquisition.with_slopes(flat.reshape(count, axes))
        return -float(value.sum()), -(slope * free).reshape(-1)

    found = minimize(
        negative,
        points.reshape(-1),
        jac=True,
        method="L-BFGS-B",
        bounds=list(zip(low.tolist(), high.tolist(), strict=True)),
        options={"maxiter": iterations, "maxfun": 2 * iterations},
    )
    moved = encoding.snapped(found.x.reshape(count, axes))
    after = acquisition(moved)
    better = after > values
    return np.where(better[:, None], moved, points), np.where(better, after, values)


def _exchange(
    encoding: Encoding, acquisition: Acquisition, points: Floats, values: Floats
) -> tuple[Floats, Floats, bool]:
    """The best single change of a discrete axis for each point, if any is better."""
    rows, owner = [], []
    for i, point in enumerate(points):
        applies = encoding.applies(point)
        for k, axis in enumerate(encoding.axes):
            if axis.places is None or not applies[k]:
                continue
            for place in _neighbours(axis.places, point[k], axis.kind == "category"):
                changed = point.copy()
                changed[k] = place
                rows.append(changed)
                owner.append(i)
    if not rows:
        return points, values, False
    trial = encoding.gated(np.array(rows))
    scores = acquisition(trial)
    owners = np.array(owner)
    points, values, moved = points.copy(), values.copy(), False
    for i in range(len(points)):
        mine = np.flatnonzero(owners == i)
        if len(mine) and scores[mine].max() > values[i] + 1e-9:
            best = mine[int(np.argmax(scores[mine]))]
            points[i], values[i], moved = trial[best], scores[best], True
    return points, values, moved


def _neighbours(places: Floats, here: float, category: bool) -> Floats:
    """Other places to try: all of a few or of a category (at most 30), else the nearest ones."""
    others: Floats = places[places != here]
    if category:
        return np.array(others[:30])
    if len(others) <= 8:
        return others
    return np.array(others[np.argsort(np.abs(others - here))[:6]])
