"""What the trials so far say about the whole space: a few Gaussian processes, averaged.

Neither the bend of the losses nor the length scales nor the noise are picked once for all: each
plausible combination gets a share of the draws that matches its evidence, so that a few trials
do not commit the search to one reading of them.
"""

import math
from dataclasses import dataclass

import numpy as np

from runstone.sweeps.encoding import Encoding, Floats
from runstone.sweeps.gp import Likelihood, Posterior, Priors, fit, sample
from runstone.sweeps.observed import Observed
from runstone.sweeps.sampling import generator
from runstone.sweeps.warp import Warp

_TASTE = 60
_MISSING = 0.1
_NOISY = 0.1


@dataclass(frozen=True)
class Draw:
    """One reading of the data: a bend, hyper-parameters, the process, its lowest mean at the data.

    posterior: with pending points taken at their prediction. settled: without them.
    """

    warp: Warp
    posterior: Posterior
    settled: Posterior
    best: float


@dataclass(frozen=True)
class Forecast:
    """What the model expects at a point, as losses: the median and one standard deviation to each side."""

    loss: float
    low: float
    high: float


class Model:
    """Draws that together stand for what is known."""

    def __init__(self, draws: list[Draw]) -> None:
        self.draws = draws

    def mean(self, rows: Floats) -> Floats:
        """Predicted loss at rows, on a scale of its own that orders points (pending ones not believed)."""
        means = [d.settled.predict(rows)[0] for d in self.draws]
        out: Floats = np.mean(means, axis=0)
        return out

    def forecast(self, row: Floats) -> Forecast:
        """Expected loss at one row and its spread, in the unit of the losses."""
        middle, low, high = [], [], []
        for draw in self.draws:
            mean, variance = draw.settled.predict(row[None, :])
            sd = math.sqrt(float(variance[0]))
            middle.append(draw.warp.backward(float(mean[0])))
            low.append(draw.warp.backward(float(mean[0]) - sd))
            high.append(draw.warp.backward(float(mean[0]) + sd))
        means = [float(np.clip(np.mean(part), -1e300, 1e300)) for part in (middle, low, high)]
        return Forecast(*means)


def draws_for(n: int) -> int:
    """How many draws to average: many while data are few and cheap, one when they are many."""
    if n <= 40:
        return 8
    return 4 if n <= 70 else 1


def fit_model(encoding: Encoding, seen: Observed, seed: int) -> Model:
    """The model of some data; depends on nothing but its arguments, and not on their order."""
    n = len(seen.loss)
    rng = generator(seed, n, 0xF17)
    taste = np.arange(n) if n <= _TASTE else _taste(seen.loss, rng)
    extra = _MISSING * seen.missing if seen.missing.any() else None
    fits: list[tuple[float, Warp, Floats, Floats | None]] = []
    for warp in Warp.choices(seen.loss):
        part = None if extra is None else extra[taste]
        likelihood = Likelihood(
            seen.x[taste],
            warp.forward(seen.loss[taste]),
            encoding.is_category,
            Priors.for_axes(encoding.size),
            part,
        )
        # Few losses read in two ways: exact ones of a rough function, noisy ones of a smooth one.
        smooth = likelihood.mean.copy()
        smooth[-1] = math.log(_NOISY)
        (rough, value), (smooth, other) = fit(likelihood, likelihood.mean), fit(likelihood, smooth)
        across = smooth - rough if np.abs(smooth - rough).max() > 1.0 else None
        # The log slope is that of all losses; with a part of them its share counts.
        evidence = warp.log_slope * len(taste) / n - min(value, other)
        fits.append((evidence, warp, rough if value <= other else smooth, across))
    draws: list[Draw] = []
    for (_, warp, theta, across), share in zip(
        fits, _shares([f[0] for f in fits], draws_for(n)), strict=True
    ):
        if not share:
            continue
        y = warp.forward(seen.loss)
        likelihood = Likelihood(seen.x, y, encoding.is_category, Priors.for_axes(encoding.size), extra)
        if draws_for(n) > 1:
            sd = np.minimum(likelihood.sd, 1.0)
            thetas = sample(likelihood.value, theta, sd, share, rng, across)
        elif n > _TASTE:
            thetas = [fit(likelihood, theta, 12)[0]]
        else:
            thetas = [theta]
        draws += [_draw(encoding, seen, warp, y, one, extra) for one in thetas]
    return Model(draws)


def _draw(
    encoding: Encoding, seen: Observed, warp: Warp, y: Floats, theta: Floats, extra: Floats | None
) -> Draw:
    settled = Posterior(seen.x, y, encoding.is_category, theta, extra)
    best = float(settled.predict(seen.x)[0].min())
    posterior = settled.believing(seen.pending) if len(seen.pending) else settled
    return Draw(warp, posterior, settled, best)


def _taste(loss: Floats, rng: np.random.Generator) -> Floats:
    """Indexes of a part of the data that tells the bends apart at low cost: the best and others."""
    ranked = np.argsort(loss, kind="stable")
    half = _TASTE // 2
    others = rng.permutation(ranked[half:])[: _TASTE - half]
    out: Floats = np.sort(np.concatenate([ranked[:half], others]))
    return out


def _shares(evidence: list[float], count: int) -> list[int]:
    """How many of `count` draws each reading gets, by its evidence (logarithms); at least one in all."""
    top = np.array(evidence) - max(evidence)
    weights = np.exp(top) / np.exp(top).sum()
    if count == 1:
        return [int(i == int(np.argmax(weights))) for i in range(len(weights))]
    edges = np.floor(np.cumsum(weights) * count + 0.5).astype(int)
    return [int(b - a) for a, b in zip([0, *edges[:-1]], edges, strict=True)]
