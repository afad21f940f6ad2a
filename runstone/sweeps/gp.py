"""A Gaussian process with a Matern-5/2 kernel, one length scale per axis.

Method: Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, chapters 2,
4 and 5. Every axis without order makes points that differ there less alike by a factor. With
such axes the process is a sum of two: one that choices alone decide, by how much a choice is
better than another wherever the numbers lie, and one in which the numbers count too. The
logarithms of length scales, amplitude and noise have normal priors (the noise and the axes with
order ones with wider tails), with the length scales growing with the square root of the number
of axes (Hvarfner, Hellsten, Nardi, "Vanilla Bayesian Optimization Performs Great in High
Dimensions", 2024).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from runstone.sweeps.encoding import Bools, Floats

_JITTER = 1e-8
_COARSE = 1e-6
_ROOT5 = math.sqrt(5.0)
_BAD = 1e25


@dataclass(frozen=True)
class Priors:
    """Priors of the logarithms: mean and standard deviation (of Student's t: its scale).

    category: for axes without order. share: for the logarithm of the odds that belong to choices alone.
    """

    scale: tuple[float, float]
    category: tuple[float, float]
    share: tuple[float, float] = (1.0, 1.0)
    amplitude: tuple[float, float] = (0.0, 1.0)
    noise: tuple[float, float] = (math.log(1e-5), 2.0)

    @classmethod
    def for_axes(cls, count: int) -> "Priors":
        """Priors for a space of `count` axes, for standardised losses."""
        grown = 0.5 * math.log(max(count, 1))
        return cls((math.log(0.25) + grown, 0.6), (grown, 1.0))


def squared_distances(a: Floats, b: Floats, category: Bools) -> Floats:
    """Distance per axis between rows of `a` and rows of `b`: shape (axes, len(a), len(b))."""
    difference = a.T[:, :, None] - b.T[:, None, :]
    out: Floats = difference * difference
    if category.any():
        out[category] = difference[category] != 0
    return out


@dataclass(frozen=True)
class Kernel:
    """How alike losses are at given distances.

    weights: of squared distances on axes with order, of differences on those without. share:
    of the amplitude that belongs to choices alone, 0 without axes of choices.
    """

    weights: Floats
    share: float
    amplitude: float
    noise: float

    @classmethod
    def of(cls, theta: Floats, category: Bools) -> "Kernel":
        """From hyper-parameters as `Likelihood` has them."""
        axes = len(category)
        weights = np.exp(np.where(category, -1.0, -2.0) * theta[:axes])
        share = 1.0 / (1.0 + math.exp(-theta[axes])) if category.any() else 0.0
        return cls(weights, share, math.exp(theta[-2]), math.exp(theta[-1]))

    def __call__(self, squared: Floats, likeness: Floats | None) -> tuple[Floats, Floats]:
        """Covariances, and their slopes by `squared` in units of -5/6 of the amplitude.

        squared: weighted squared distances on the axes with order. likeness: on the others,
        1 where all choices are equal; None if there are no such axes.
        """
        r = _ROOT5 * np.sqrt(squared)
        decay = np.exp(-r)
        rising = (1.0 + r) * decay
        covariance = self.amplitude * (rising + (5.0 / 3.0) * squared * decay)
        if likeness is None:
            return covariance, rising
        own = 1.0 - self.share
        return likeness * (self.share * self.amplitude + own * covariance), own * likeness * rising


class Likelihood:
    """Log posterior density of the hyper-parameters given data, with its gradient.

    A point is `[ln length scale per axis, ln amplitude, ln noise]`, amplitude and noise being
    variances; where some axes have no order, the logarithm of the odds of `Kernel.share` stands
    before the amplitude. extra: known additional noise variance per observation.
    """

    def __init__(self, x: Floats, y: Floats, category: Bools, priors: Priors, extra: Floats | None = None):
        self.y = y
        self.n, self.axes = x.shape
        distances = squared_distances(x, x, category)
        self.flat = distances.reshape(self.axes, -1)
        self.priors = priors
        self.extra = extra
        self.category = category
        self.ordered, self.choices = np.flatnonzero(~category), np.flatnonzero(category)
        shares = [priors.share] if category.any() else []
        normal = [priors.category if c else priors.scale for c in category]
        normal += [*shares, priors.amplitude, priors.noise]
        self.mean, self.sd = (np.array(part) for part in zip(*normal, strict=True))
        # Student's t with 3 degrees of freedom: usually near its middle, sometimes far from it.
        self.wide = np.array([*~category, *[False] * len(shares), False, True])
        self.lower = np.log([0.02] * self.axes + [0.0025] * len(shares) + [0.02, 1e-7])
        self.upper = np.log([50.0] * self.axes + [55.0] * len(shares) + [30.0, 2.0])

    def value(self, theta: Floats) -> float:
        """Negative log posterior density, without the constant that does not depend on data or `theta`."""
        return self._evaluate(theta, False)[0]

    def __call__(self, theta: Floats) -> tuple[float, Floats]:
        """Negative log posterior density and its gradient."""
        return self._evaluate(theta, True)

    def _evaluate(self, theta: Floats, with_slope: bool) -> tuple[float, Floats]:
        from scipy.linalg import lapack  # noqa: PLC0415 - start-up time and memory

        n = self.n
        kernel = Kernel.of(theta, self.category)
        weights = kernel.weights
        squared = weights @ self.flat
        likeness: Floats | None = None
        if len(self.choices):
            squared = weights[self.ordered] @ self.flat[self.ordered]
            likeness = np.exp(-(weights[self.choices] @ self.flat[self.choices])).reshape(n, n)
        covariance, rising = kernel(squared.reshape(n, n), likeness)
        k = covariance.copy()
        diagonal = k.reshape(-1)[:: n + 1]
        diagonal += kernel.noise + _JITTER
        if self.extra is not None:
            diagonal += self.extra
        chol, info = lapack.dpotrf(k, lower=1, clean=0, overwrite_a=1)
        if info != 0:
            return _BAD, np.zeros_like(theta)
        alpha, _ = lapack.dpotrs(chol, self.y, lower=1)
        value = -0.5 * float(self.y @ alpha) - float(np.log(np.diag(chol)).sum())
        z = (theta - self.mean) / self.sd
        t, normal = z * self.wide, z * ~self.wide
        value -= 0.5 * float(normal @ normal) + 2.0 * float(np.log1p(t * t / 3.0).sum())
        if not with_slope:
            return -value, z
        slope = (normal + 4.0 * t / (3.0 + t * t)) / self.sd
        inverse, _ = lapack.dpotri(chol, lower=1)
        inverse = np.tril(inverse)
        inverse += np.tril(inverse, -1).T
        w = np.outer(alpha, alpha) - inverse
        gradient = np.empty_like(theta)
        pull = (w * rising).reshape(-1)
        gradient[: self.axes] = (0.5 * kernel.amplitude * 5.0 / 3.0) * weights * (self.flat @ pull)
        pulled = w * covariance
        if likeness is not None:
            choices = self.flat[self.choices] @ pulled.reshape(-1)
            gradient[self.choices] = 0.5 * weights[self.choices] * choices
            apart = float((w * likeness).sum()) * kernel.amplitude - float(pulled.sum())
            gradient[self.axes] = 0.5 * kernel.share * apart
        gradient[-2] = 0.5 * float(pulled.sum())
        gradient[-1] = 0.5 * kernel.noise * float(np.trace(w))
        return -value, -(gradient - slope)


def fit(likelihood: Likelihood, start: Floats, iterations: int = 40) -> tuple[Floats, float]:
    """Most probable hyper-parameters found from `start`, and their negative log density."""
    from scipy.optimize import minimize  # noqa: PLC0415 - start-up time and memory

    found = minimize(
        likelihood,
        np.clip(start, likelihood.lower, likelihood.upper),
        jac=True,
        method="L-BFGS-B",
        bounds=list(zip(likelihood.lower, likelihood.upper, strict=True)),
        options={"maxiter": iterations, "maxfun": 2 * iterations, "ftol": 1e-5, "gtol": 1e-3},
    )
    return found.x, float(found.fun)


def sample(
    density: Callable[[Floats], float],
    start: Floats,
    sd: Floats,
    count: int,
    rng: np.random.Generator,
    across: Floats | None = None,
) -> list[Floats]:
    """Hyper-parameters drawn from a negative log density by slice sampling along random directions.

    across: the way from one mode to another, tried once more for every draw, because steps
    of `sd` alone hardly ever reach the other one. Method: Neal, "Slice Sampling", 2003,
    section 4 (stepping out and shrinkage), directions drawn from a normal with `sd`.
    """
    here, level = np.array(start), density(start)
    drawn: list[Floats] = []
    for _ in range(count):
        directions = [] if across is None else [2.0 * across]
        directions += [rng.standard_normal(len(start)) * sd for _ in range(len(start))]
        for direction in directions:
            bar = level + rng.exponential()
            low = -rng.random()
            high = low + 1.0
            for _ in range(20):
                step = low + (high - low) * rng.random()
                there = here + step * direction
                value = density(there)
                if value < bar:
                    here, level = there, value
                    break
                low, high = (step, high) if step < 0 else (low, step)
        drawn.append(here.copy())
    return drawn


class Posterior:
    """The process given data and fixed hyper-parameters."""

    def __init__(
        self, x: Floats, y: Floats, category: Bools, theta: Floats, extra: Floats | None = None
    ) -> None:
        from scipy.linalg import lapack  # noqa: PLC0415 - start-up time and memory

        self.x, self.y, self.category, self.theta, self.extra = x, y, category, theta, extra
        self.kernel = Kernel.of(theta, category)
        k = self._covariance(x, x)[0]
        k.reshape(-1)[:: len(x) + 1] += self.kernel.noise + _JITTER
        if extra is not None:
            k.reshape(-1)[:: len(x) + 1] += extra
        self.chol, info = lapack.dpotrf(k, lower=1, clean=1)
        if info != 0:
            raise np.linalg.LinAlgError("covariance is not positive definite")
        self.alpha, _ = lapack.dpotrs(self.chol, y, lower=1)

    def _covariance(self, points: Floats, others: Floats) -> tuple[Floats, Floats]:
        """Covariance between `points` and `others`, with the part that gradients need."""
        squared = np.zeros((len(points), len(others)))
        ordered = ~self.category
        if ordered.any():
            root = np.sqrt(self.kernel.weights[ordered])
            a, b = points[:, ordered] * root, others[:, ordered] * root
            squared += (a * a).sum(1)[:, None] + (b * b).sum(1)[None, :] - 2.0 * (a @ b.T)
            np.maximum(squared, 0.0, out=squared)
        if ordered.all():
            return self.kernel(squared, None)
        apart = np.zeros_like(squared)
        for k in np.flatnonzero(self.category):
            apart += self.kernel.weights[k] * (points[:, k][:, None] != others[:, k][None, :])
        return self.kernel(squared, np.exp(-apart))

    def predict(self, points: Floats) -> tuple[Floats, Floats]:
        """Mean and variance (without noise) at each row of `points`."""
        from scipy.linalg import blas  # noqa: PLC0415 - start-up time and memory

        k, _ = self._covariance(points, self.x)
        v = blas.dtrsm(1.0, self.chol, k.T, lower=1)
        variance = self.kernel.amplitude - (v * v).sum(axis=0)
        return k @ self.alpha, np.maximum(variance, 1e-12)

    def draw(self, points: Floats, count: int, rng: np.random.Generator) -> Floats:
        """Functions drawn from the process, at `points`: shape (count, points)."""
        from scipy.linalg import blas, lapack  # noqa: PLC0415 - start-up time and memory

        k, _ = self._covariance(points, self.x)
        v = blas.dtrsm(1.0, self.chol, k.T, lower=1)
        left = self._covariance(points, points)[0] - v.T @ v
        left.reshape(-1)[:: len(points) + 1] += _COARSE * self.kernel.amplitude
        chol, info = lapack.dpotrf(left, lower=1, clean=1)
        if info != 0:
            raise np.linalg.LinAlgError("covariance is not positive definite")
        out: Floats = k @ self.alpha + rng.standard_normal((count, len(points))) @ chol.T
        return out

    def slopes(self, points: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Mean, variance and their gradients along every axis (0 along categories)."""
        from scipy.linalg import lapack  # noqa: PLC0415 - start-up time and memory

        k, rising = self._covariance(points, self.x)
        solved, _ = lapack.dpotrs(self.chol, k.T, lower=1)
        variance = np.maximum(self.kernel.amplitude - (k * solved.T).sum(axis=1), 1e-12)
        # dk/dx = -5/3 * amplitude * (1 + r) exp(-r) * weight * (x - data)
        factor = (-5.0 / 3.0) * self.kernel.amplitude * rising
        by_mean = factor * self.alpha[None, :]
        by_variance = factor * solved.T
        weights = np.where(self.category, 0.0, self.kernel.weights)
        mean_slope = weights * (by_mean.sum(axis=1)[:, None] * points - by_mean @ self.x)
        variance_slope = -2.0 * weights * (by_variance.sum(axis=1)[:, None] * points - by_variance @ self.x)
        return k @ self.alpha, variance, mean_slope, variance_slope

    def believing(self, points: Floats) -> "Posterior":
        """The process that takes its own mean at `points` (pending trials) for a measurement."""
        mean, _ = self.predict(points)
        extra = None if self.extra is None else np.concatenate([self.extra, np.zeros(len(points))])
        x, y = np.vstack([self.x, points]), np.concatenate([self.y, mean])
        return Posterior(x, y, self.category, self.theta, extra)
