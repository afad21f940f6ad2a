"""Many lines as one: figures over runs, cell by cell of a grid over x."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runstone.store.series.reading import Curve

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GroupLine:
    """Figures over runs at each cell that has any, with their receipt. Arrays of equal length.

    Each run counts once in a cell, with the mean of its rows there, weighted by rows. `n` is
    how many runs a cell has; `std` is that of these runs themselves, `stderr` is `std` over
    the root of `n`. `rows` rows of `runs` runs are covered, `nonfinite` of them in no figure.
    `exact`: each row is in the cell that its own x lies in. `level` is the coarsest level of
    the pyramid that a run was read from.
    """

    x: "Floats"
    mean: "Floats"
    median: "Floats"
    low: "Floats"
    high: "Floats"
    std: "Floats"
    stderr: "Floats"
    n: "NDArray[np.int64]"
    runs: int
    rows: int
    nonfinite: int
    exact: bool
    level: int


def grid_of(curves: Sequence[Curve], lo: float | None, hi: float | None, cells: int) -> "Floats":
    """Edges of at most `cells` equal cells that hold the curves between `lo` and `hi`, and no more cells than
    the longest curve has points there."""
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    first, last, most = np.inf, -np.inf, 0
    for curve in curves:
        inside = _inside(curve, lo, hi)
        if inside.any():
            first, last = min(first, float(curve.x[inside].min())), max(last, float(curve.x[inside].max()))
            most = max(most, int(np.unique(curve.x[inside]).size))
    if most == 0:
        return np.zeros(1)
    count = max(1, min(cells, most))
    if first == last:
        return np.array([first, np.nextafter(first, np.inf)])
    return np.linspace(first, last, count + 1)


def _inside(curve: Curve, lo: float | None, hi: float | None) -> "NDArray[np.bool_]":
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    low = -np.inf if lo is None else lo
    high = np.inf if hi is None else hi
    found: NDArray[np.bool_] = (curve.x >= low) & (curve.x <= high)
    return found


def over_runs(curves: Sequence[Curve], levels: Sequence[int], edges: "Floats") -> GroupLine:
    """The figures of some curves in the cells between these edges."""
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    cells = max(0, edges.size - 1)
    means = np.full((len(curves), cells), np.nan)
    rows = nonfinite = with_any = 0
    exact = True
    for i, curve in enumerate(curves):
        inside = _inside(curve, float(edges[0]), float(edges[-1])) if cells else np.zeros(curve.size, bool)
        if not inside.any():
            continue
        with_any += 1
        counts = curve.counts[inside]
        rows += int(counts.sum() + curve.nonfinite[inside].sum())
        nonfinite += int(curve.nonfinite[inside].sum())
        exact = exact and bool(np.all(counts + curve.nonfinite[inside] == 1))
        at = np.clip(np.searchsorted(edges, curve.x[inside], "right") - 1, 0, cells - 1)
        weights = np.bincount(at, counts, cells)
        with np.errstate(invalid="ignore", over="ignore"):
            sums = np.bincount(at, np.where(counts > 0, curve.mean[inside] * counts, 0.0), cells)
        known = weights > 0
        means[i, known] = sums[known] / weights[known]
    return _figures(means, edges, with_any, rows, nonfinite, exact, max(levels, default=0))


def _figures(
    means: "Floats", edges: "Floats", runs: int, rows: int, nonfinite: int, exact: bool, level: int
) -> GroupLine:
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    n = np.isfinite(means).sum(axis=0)
    kept = n > 0
    own, n = means[:, kept], n[kept]
    centres = ((edges[:-1] + edges[1:]) / 2)[kept]
    empty = np.empty(0)
    if not own.size:
        return GroupLine(
            empty, empty, empty, empty, empty, empty, empty, n, runs, rows, nonfinite, exact, level
        )
    low, high = np.nanmin(own, axis=0), np.nanmax(own, axis=0)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = np.clip(np.nanmean(own, axis=0), low, high)
        std = np.sqrt(np.nanmean((own - mean) ** 2, axis=0))
    return GroupLine(
        centres, mean, np.nanmedian(own, axis=0), low, high, std, std / np.sqrt(n), n,
        runs, rows, nonfinite, exact, level,
    )  # fmt: skip
