"""Columns of a stream turned into lines to draw: windows, buckets, no lost extreme."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Columns:
    """Aligned float64 columns of a stream, one element per row; NaN where a row lacks a key. `present`
    tells a logged NaN from an absent value."""

    values: "dict[str, Floats]"
    present: "dict[str, NDArray[np.bool_]]"


@dataclass(frozen=True, slots=True)
class Line:
    """A line over x, in row order of the stream: exact points, or buckets with their true extremes.

    `n` rows are covered, of which `nonfinite` are NaN or infinite and are not in mean, low
    and high.
    """

    x: "Floats"
    mean: "Floats"
    low: "Floats"
    high: "Floats"
    n: int
    nonfinite: int
    exact: bool


def series_of(
    columns: Columns, x_key: str, key: str, lo: float | None, hi: float | None, points: int
) -> Line:
    """One key over another between `lo` and `hi`, in at most `points` points.

    `x_key` may be `_relative`: seconds since the first row. Each bucket holds equally many
    consecutive rows; its mean, minimum and maximum are over its finite values.
    """
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    empty = np.empty(0)
    if key not in columns.values or x_key not in columns.values:
        return Line(empty, empty, empty, empty, 0, 0, True)
    mask = columns.present[key] & np.isfinite(columns.values[x_key])
    x, y = columns.values[x_key][mask], columns.values[key][mask]
    if x.size and np.any(np.diff(x) < 0):
        order = np.argsort(x, kind="stable")
        x, y = x[order], y[order]
    if lo is not None or hi is not None:
        # One point beyond each edge, so that the line reaches the border of the drawing.
        first = 0 if lo is None else max(0, int(np.searchsorted(x, lo, "left")) - 1)
        end = x.size if hi is None else min(x.size, int(np.searchsorted(x, hi, "right")) + 1)
        x, y = x[first:end], y[first:end]
    finite = np.isfinite(y)
    nonfinite = int(y.size - finite.sum())
    if x.size <= points:
        return Line(x, y, y, y, int(x.size), nonfinite, True)
    edges = np.linspace(0, x.size, points + 1).astype(np.int64)[:-1]
    counts = np.add.reduceat(finite.astype(np.float64), edges)
    mean = np.divide(
        np.add.reduceat(np.where(finite, y, 0.0), edges),
        counts,
        out=np.full(counts.size, np.nan),
        where=counts > 0,
    )
    low = np.minimum.reduceat(np.where(finite, y, np.inf), edges)
    high = np.maximum.reduceat(np.where(finite, y, -np.inf), edges)
    return Line(x[edges], mean, low, high, int(x.size), nonfinite, False)


def columns_of(rows: "list[tuple[int, dict[str, Any]]]", keys: "tuple[str, ...]") -> Columns:
    """Some keys of rows as columns. `_relative` is made of `_timestamp`."""
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    from runstone.domain.history import flat, number  # noqa: PLC0415 - beside its only use

    wanted = {"_timestamp" if key == "_relative" else key for key in keys}
    nested = any("." in key for key in wanted)
    values = {key: np.full(len(rows), np.nan) for key in wanted}
    present = {key: np.zeros(len(rows), dtype=bool) for key in wanted}
    for i, (_, row) in enumerate(rows):
        flattened = dict(flat(row)) if nested else row
        for key in wanted:
            found = number(flattened.get(key))
            if found is not None:
                values[key][i] = found
                present[key][i] = True
    if "_relative" in keys:
        stamps = values["_timestamp"]
        known = stamps[present["_timestamp"]]
        values["_relative"] = stamps - (known.min() if known.size else 0.0)
        present["_relative"] = present["_timestamp"]
    return Columns(values, present)
