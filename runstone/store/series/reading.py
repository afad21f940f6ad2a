"""Buckets and exact points turned into lines to draw: windows, pixels, no lost extreme."""

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from runstone.store.series.pyramid import Buckets
from runstone.store.series.segment import Points

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Curve:
    """Values of one key over x, in buckets (an exact point is a bucket of one). Arrays of equal length.

    `counts` are finite values, which `low`, `mean` and `high` are over; they are NaN where a
    bucket has none.
    """

    x: "Floats"
    x_lo: "Floats"
    x_hi: "Floats"
    counts: "Ints"
    low: "Floats"
    mean: "Floats"
    high: "Floats"
    nonfinite: "Ints"

    @property
    def size(self) -> int:
        """How many buckets there are."""
        return int(self.x.size)

    def taken(self, which: "slice | Ints") -> "Curve":
        """Some of the buckets."""
        return Curve(*(getattr(self, one.name)[which] for one in fields(self)))

    def moved(self, by: float) -> "Curve":
        """The same further right."""
        if by == 0:
            return self
        return replace(self, x=self.x + by, x_lo=self.x_lo + by, x_hi=self.x_hi + by)


@dataclass(frozen=True, slots=True)
class Line:
    """A line to draw, with its receipt.

    `n` rows are covered, of which `nonfinite` are NaN or infinite and are not in mean, low
    and high. `exact`: every point is one row. `level` is that of the pyramid it was drawn
    from, 0 for rows themselves. `end` is the stream's next line when it was read, which a
    reader of what is new goes on from. `x_lo` and `x_hi` are the extent of each bucket.
    """

    x: "Floats"
    x_lo: "Floats"
    x_hi: "Floats"
    mean: "Floats"
    low: "Floats"
    high: "Floats"
    counts: "Ints"
    n: int
    nonfinite: int
    exact: bool
    level: int
    end: int


def chained(curves: "list[Curve]") -> Curve:
    """Curves one after another."""
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    if len(curves) == 1:
        return curves[0]
    empty = (np.empty(0), np.empty(0), np.empty(0), np.empty(0, dtype=np.int64))
    if not curves:
        x, low, high, n = empty
        return Curve(x, x, x, n, low, low, high, n)
    return Curve(*(np.concatenate([getattr(curve, one.name) for curve in curves]) for one in fields(Curve)))


def over_steps(y: Buckets) -> Curve:
    """Buckets over steps, drawn in their middle."""
    lo, hi = y.step_lo.astype(float), y.step_hi.astype(float)
    return Curve((lo + hi) / 2, lo, hi, y.counts, y.low, y.mean, y.high, y.nonfinite)


def over_key(y: Buckets, x: Buckets) -> Curve:
    """Buckets over those of another key with the same ids, drawn at its mean."""
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    _, mine, its = np.intersect1d(y.ids, x.ids, assume_unique=True, return_indices=True)
    known = x.counts[its] > 0
    mine, its = mine[known], its[known]
    return Curve(
        x.mean[its], x.low[its], x.high[its],
        y.counts[mine], y.low[mine], y.mean[mine], y.high[mine], y.nonfinite[mine],
    )  # fmt: skip


def points_over(y: Points, x: Points | None) -> Curve:
    """Exact points over steps (`x` None), or over another key of the same lines."""
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    if x is None:
        at, values = y.steps.astype(np.float64), y.values
    else:
        _, mine, its = np.intersect1d(y.lines, x.lines, assume_unique=True, return_indices=True)
        at, values = x.values[its], y.values[mine]
        known = np.isfinite(at)
        at, values = at[known], values[known]
    finite = np.isfinite(values)
    if finite.all():
        ones, none = np.ones(values.size, dtype=np.int64), np.zeros(values.size, dtype=np.int64)
        return Curve(at, at, at, ones, values, values, values, none)
    shown = np.where(finite, values, np.nan)
    return Curve(at, at, at, finite.astype(np.int64), shown, shown, shown, (~finite).astype(np.int64))


def drawn(curve: Curve, lo: float | None, hi: float | None, points: int, level: int, end: int) -> Line:
    """A curve between `lo` and `hi` in at most `points` points.

    One bucket beyond each edge stays, so that the line reaches the border; so does the
    newest point by itself.
    """
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    if (curve.x[1:] < curve.x[:-1]).any():
        curve = curve.taken(np.argsort(curve.x, kind="stable"))
    if lo is not None or hi is not None:
        first = 0 if lo is None else max(0, int(np.searchsorted(curve.x_hi, lo, "left")) - 1)
        end = curve.size if hi is None else min(curve.size, int(np.searchsorted(curve.x_lo, hi, "right")) + 1)
        curve = curve.taken(slice(first, max(first, end)))
    n = int(curve.counts.sum() + curve.nonfinite.sum())
    nonfinite = int(curve.nonfinite.sum())
    if curve.size > points:
        room = max(1, points - 1)
        step = -(-(curve.size - 1) // room)
        starts = np.append(np.arange(0, curve.size - 1, step), curve.size - 1)
        curve = _reduced(curve, starts)
    exact = n == curve.size
    return Line(
        curve.x, curve.x_lo, curve.x_hi, curve.mean, curve.low, curve.high, curve.counts,
        n, nonfinite, exact, level, end,
    )  # fmt: skip


def _reduced(curve: Curve, starts: "Ints") -> Curve:
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    counts = np.add.reduceat(curve.counts, starts)
    rows = curve.counts + curve.nonfinite
    low, high = np.fmin.reduceat(curve.low, starts), np.fmax.reduceat(curve.high, starts)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        sums = np.add.reduceat(np.where(curve.counts > 0, curve.mean * curve.counts, 0.0), starts)
        mean = np.clip(np.where(counts > 0, sums / counts, np.nan), low, high)
        x = np.add.reduceat(curve.x * rows, starts) / np.add.reduceat(rows, starts)
    return Curve(
        x=x,
        x_lo=np.minimum.reduceat(curve.x_lo, starts),
        x_hi=np.maximum.reduceat(curve.x_hi, starts),
        counts=counts,
        low=low,
        mean=mean,
        high=high,
        nonfinite=np.add.reduceat(curve.nonfinite, starts),
    )
