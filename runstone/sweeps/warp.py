"""Losses bent before the model sees them, in several ways among which the data decide.

A warp clips hopeless losses, bends the rest by a logarithm that spreads the good end out
(or not at all), and brings the result to mean 0 and spread 1. Which bend suits is told by
the evidence of the model: the density of the bent losses times the slope of the bend
(Snelson, Ghahramani, Rasmussen, "Warped Gaussian Processes", 2003).
"""

import math
from dataclasses import dataclass

import numpy as np

from runstone.sweeps.encoding import Floats

_LIMIT = 5.0
_BIGGEST = 1e150
_BENDS = (None, 0.25, 0.1)


@dataclass(frozen=True)
class Warp:
    """`z = (bend(min(loss, high) - low) - mean) / sd` with `bend(d) = log1p(d / scale)`.

    scale: None leaves the losses straight. log_slope: logarithm of the product of the
    slopes dz/dloss at the losses that the warp was made of.
    """

    low: float
    high: float
    scale: float | None
    mean: float
    sd: float
    log_slope: float

    @classmethod
    def of(cls, loss: Floats, quantile: float | None) -> "Warp":
        """The warp of these losses that bends at a quantile of them; works for equal, huge and tiny ones."""
        clean = np.clip(loss, -_BIGGEST, _BIGGEST)
        low, median = float(clean.min()), float(np.median(clean))
        high = median + _LIMIT * (median - low)
        if high <= low:
            high = float(clean.max())
        above = np.minimum(clean, high) - low
        tiny = 1e-12 * max(abs(low), abs(high), 1e-280)
        scale = None if quantile is None else float(np.quantile(above, quantile))
        if scale is not None and scale <= tiny:
            scale = float(above.max()) if above.max() > tiny else None
        bent = above if scale is None else np.log1p(above / scale)
        sd = float(bent.std())
        if sd <= (tiny if scale is None else 1e-9):
            sd = 1.0
        slopes = 0.0 if scale is None else -float(np.log(scale + above).sum())
        return cls(low, high, scale, float(bent.mean()), sd, slopes - len(loss) * math.log(sd))

    @classmethod
    def choices(cls, loss: Floats) -> list["Warp"]:
        """Warps worth comparing for these losses."""
        found = [cls.of(loss, quantile) for quantile in _BENDS]
        return list({warp.scale: warp for warp in found}.values())

    def forward(self, loss: Floats) -> Floats:
        """Losses as the model sees them."""
        above = np.maximum(np.minimum(loss, self.high) - self.low, 0.0)
        bent = above if self.scale is None else np.log1p(above / self.scale)
        out: Floats = (bent - self.mean) / self.sd
        return out

    def backward(self, z: float) -> float:
        """The loss that the model sees as `z`; below the lowest loss the bend goes on straight."""
        bent = z * self.sd + self.mean
        if self.scale is None:
            return self.low + bent
        return self.low + self.scale * (math.expm1(min(bent, 700.0)) if bent > 0 else bent)
