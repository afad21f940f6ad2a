"""Losses bent so that the good end is spread out, then brought to mean 0 and spread 1."""

import math
from dataclasses import dataclass

import numpy as np

from runstone.sweeps.encoding import Floats

_LIMIT = 5.0
_BIGGEST = 1e150


@dataclass(frozen=True)
class Warp:
    """`z = (log1p((loss - low) / scale) - mean) / sd`, after clipping losses at `high`."""

    low: float
    high: float
    scale: float
    mean: float
    sd: float

    @classmethod
    def of(cls, loss: Floats) -> "Warp":
        """The warp that suits these losses; works for equal, huge and tiny ones."""
        clean = np.clip(loss, -_BIGGEST, _BIGGEST)
        low, median = float(clean.min()), float(np.median(clean))
        high = median + _LIMIT * (median - low)
        if high <= low:
            high = float(clean.max())
        clipped = np.minimum(clean, high)
        scale = float(np.quantile(clipped, 0.25)) - low
        if scale <= 1e-12 * max(abs(low), abs(high), 1e-280):
            scale = float(clipped.max()) - low
        if scale <= 0.0:
            scale = 1.0
        bent = np.log1p((clipped - low) / scale)
        sd = float(bent.std())
        return cls(low, high, scale, float(bent.mean()), sd if sd > 1e-9 else 1.0)

    def forward(self, loss: Floats) -> Floats:
        """Losses as the model sees them."""
        bent = np.log1p(np.maximum(np.minimum(loss, self.high) - self.low, 0.0) / self.scale)
        out: Floats = (bent - self.mean) / self.sd
        return out

    def backward(self, z: float) -> float:
        """The loss that the model sees as `z` (continued linearly below the lowest one)."""
        bent = z * self.sd + self.mean
        return self.low + self.scale * (math.expm1(min(bent, 700.0)) if bent > 0 else bent)
