"""How far the best of some points lie elsewhere on each axis than all of them.

Method: PED-ANOVA (Watanabe, Bansal, Hutter, "PED-ANOVA: Efficiently Quantifying Hyperparameter
Importance in Arbitrary Subspaces", 2023): the variance of the ratio between the density of the
best points and that of all points along one axis. Ours adds over several depths of "best": a
search that has converged leaves nothing to tell within its best tenth, and much between its
better half and the rest.
"""

import math

import numpy as np
from numpy.typing import NDArray

from runstone.sweeps.encoding import Axis, Bools, Encoding, Floats

MOST_VALUES = 30
_CELLS = 48
_DEPTHS = (0.1, 0.25, 0.5)
_LEAST_TOP = 5

Ints = NDArray[np.int64]


def tops(n: int) -> list[int]:
    """How many of `n` points count as the best, for each depth."""
    return [max(math.ceil(depth * n), min(_LEAST_TOP, n // 2)) for depth in _DEPTHS]


def first_of(order: Ints, top: int) -> Bools:
    """The first `top` points of each row of `order` (indexes of points), as flags per point."""
    chosen = np.zeros(order.shape, dtype=bool)
    np.put_along_axis(chosen, order[:, :top], True, axis=1)
    return chosen


class Places:
    """Points in cells along each axis, so that many choices of the best are compared at once."""

    def __init__(self, encoding: Encoding, rows: Floats) -> None:
        self._axes = encoding.axes
        self._cells = [_cells(axis, rows[:, k]) for k, axis in enumerate(encoding.axes)]

    def gaps(self, best: Bools, counts: Floats | None = None) -> Floats:
        """Variance of the ratio of densities, per choice of the best points (rows of `best`) and axis.

        counts: how often each point counts, row by row; once everywhere if not given.
        """
        out = np.empty((len(best), len(self._axes)))
        everyone = np.ones((1, best.shape[1])) if counts is None else counts
        chosen = np.where(best, everyone, 0.0)
        for k, axis in enumerate(self._axes):
            member = (self._cells[k][:, None] == np.arange(_size(axis))[None, :]).astype(float)
            p, q = _density(axis, everyone @ member), _density(axis, chosen @ member)
            out[:, k] = (p * (q / p - 1.0) ** 2).sum(axis=1)
        return out


def shares(raw: Floats) -> Floats:
    """Each row as parts of its sum, negative ones as 0; all 0 where nothing is left."""
    clipped = np.maximum(raw, 0.0)
    total = clipped.sum(axis=-1, keepdims=True)
    out: Floats = clipped / np.where(total > 0, total, 1.0)
    return out


def _cells(axis: Axis, column: Floats) -> Ints:
    """Cell of each point on an axis; the last cell stands for points to which it does not apply."""
    if axis.kind == "category":
        assert axis.places is not None
        size = min(len(axis.places), MOST_VALUES)
        index = column.astype(np.int64)
        return np.where(index < 0, size, np.minimum(index, size - 1))
    size = _CELLS if axis.places is None else min(len(axis.places), _CELLS)
    return np.floor(np.clip(column, 0.0, 1.0 - 1e-9) * size).astype(np.int64)


def _size(axis: Axis) -> int:
    if axis.kind == "category":
        assert axis.places is not None
        return min(len(axis.places), MOST_VALUES) + 1
    return _CELLS if axis.places is None else min(len(axis.places), _CELLS)


def _density(axis: Axis, counts: Floats) -> Floats:
    """Smoothed shares of the cells, row by row; never zero. Bandwidth by Scott's rule, at least one cell."""
    total = np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    size = counts.shape[1]
    if axis.kind == "category":
        return np.asarray((counts + 1.0 / size) / (total + 1.0))
    places = (np.arange(size) + 0.5) / size
    mean = (counts * places).sum(axis=1, keepdims=True) / total
    sd = np.sqrt((counts * (places - mean) ** 2).sum(axis=1, keepdims=True) / total)
    width = np.maximum(1.06 * sd * total**-0.2, 1.0 / size)
    kernel = np.exp(-0.5 * ((places[:, None] - places[None, :]) / width[:, :, None]) ** 2)
    kernel /= kernel.sum(axis=1, keepdims=True)
    smooth = (kernel @ counts[:, :, None])[:, :, 0]
    return np.asarray((smooth + 1.0 / size) / (total + 1.0))
