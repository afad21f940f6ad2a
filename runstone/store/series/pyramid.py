"""Buckets of lines at several levels: what a chart of any length is drawn from.

A bucket of level L >= 1 holds the values of one key in lines
[b * 64 * 8^(L-1), (b + 1) * 64 * 8^(L-1)). Buckets are by line, not by step, so different
keys of one stream share bucket ids, and a chart of one key over another joins on them.
NaN and infinities are counted, and are not in mean, low and high.
"""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from runstone.store.series.codec import decode, encode
from runstone.store.series.segment import Points

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

LINES = 64  # lines of a bucket of level 1
FACTOR = 8
PART = 256  # non-empty buckets of one stored part


@dataclass(frozen=True, slots=True)
class Buckets:
    """Non-empty buckets in the order of their ids; arrays of equal length.

    `mean`, `low` and `high` are NaN where all values of a bucket are non-finite.
    """

    ids: "Ints"
    counts: "Ints"  # finite values
    low: "Floats"
    high: "Floats"
    mean: "Floats"
    step_lo: "Ints"
    step_hi: "Ints"
    nonfinite: "Ints"

    @property
    def size(self) -> int:
        """How many buckets there are."""
        return int(self.ids.size)

    def part(self, start: int, end: int) -> "Buckets":
        """Some of the buckets."""
        return Buckets(*(getattr(self, one.name)[start:end] for one in fields(self)))

    def pack(self) -> bytes:
        """As a blob; the counts of non-finite values are left out when there are none."""
        arrays = [
            self.ids, self.counts, self.low, self.high, self.mean, self.step_lo, self.step_hi
        ]  # fmt: skip
        return encode([*arrays, self.nonfinite] if self.nonfinite.any() else arrays)

    @staticmethod
    def unpack(blob: bytes) -> "Buckets":
        """From a blob."""
        import numpy as np  # noqa: PLC0415 - start-up time and memory

        arrays = decode(blob)
        if len(arrays) == 7:
            arrays.append(np.zeros(arrays[0].size, dtype=np.int64))
        return Buckets(*arrays)


def joined(parts: "list[Buckets]") -> Buckets:
    """Buckets one after another."""
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    return Buckets(*(np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Buckets)))


def level_one(points: Points) -> Buckets:
    """Points in the order of lines as buckets of level 1."""
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    finite = np.isfinite(points.values)
    if finite.size and finite.all():
        return _level_one_of_finite(points)
    return _merged(
        Buckets(
            ids=points.lines // LINES,
            counts=finite.astype(np.int64),
            low=np.where(finite, points.values, np.nan),
            high=np.where(finite, points.values, np.nan),
            mean=np.where(finite, points.values, np.nan),
            step_lo=points.steps,
            step_hi=points.steps,
            nonfinite=(~finite).astype(np.int64),
        )
    )


def _level_one_of_finite(points: Points) -> Buckets:
    """The same where no value is missing, with less to compute."""
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    ids = points.lines // LINES
    starts = _starts(ids)
    counts = np.diff(starts, append=ids.size)
    low, high = np.minimum.reduceat(points.values, starts), np.maximum.reduceat(points.values, starts)
    return Buckets(
        ids=ids[starts],
        counts=counts,
        low=low,
        high=high,
        mean=_means(np.add.reduceat(points.values, starts), counts, low, high, rounded=True),
        step_lo=np.minimum.reduceat(points.steps, starts),
        step_hi=np.maximum.reduceat(points.steps, starts),
        nonfinite=np.zeros(starts.size, dtype=np.int64),
    )


def coarser(buckets: Buckets, factor: int = FACTOR) -> Buckets:
    """The same values in buckets of so many times the size."""
    return _merged(
        Buckets(buckets.ids // factor, *(getattr(buckets, one.name) for one in fields(buckets)[1:]))
    )


def appended(before: Buckets, after: Buckets) -> Buckets:
    """Buckets followed by those of later lines, which may share the bucket at the border."""
    return _merged(joined([before, after]))


def _merged(buckets: Buckets) -> Buckets:
    """Neighbours of the same id made one."""
    return buckets if buckets.size == 0 else reduced(buckets, _starts(buckets.ids), rounded=True)


def _starts(ids: "Ints") -> "Ints":
    """Where each id is for the first time."""
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    return np.flatnonzero(np.concatenate([[True], ids[1:] != ids[:-1]]))


def reduced(buckets: Buckets, starts: "Ints", *, rounded: bool = False) -> Buckets:
    """Neighbours made one, from each index of `starts` to the next; the first one's id stays.

    `rounded` rounds means to float32, the form in which they are stored.
    """
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    counts = np.add.reduceat(buckets.counts, starts)
    low, high = np.fmin.reduceat(buckets.low, starts), np.fmax.reduceat(buckets.high, starts)
    sums = np.add.reduceat(np.where(buckets.counts > 0, buckets.mean * buckets.counts, 0.0), starts)
    return Buckets(
        ids=buckets.ids[starts],
        counts=counts,
        low=low,
        high=high,
        mean=_means(sums, counts, low, high, rounded=rounded),
        step_lo=np.minimum.reduceat(buckets.step_lo, starts),
        step_hi=np.maximum.reduceat(buckets.step_hi, starts),
        nonfinite=np.add.reduceat(buckets.nonfinite, starts),
    )


def _means(sums: "Floats", counts: "Ints", low: "Floats", high: "Floats", *, rounded: bool) -> "Floats":
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        mean = np.where(counts > 0, sums / counts, np.nan)
        # The sum of large values may overflow though their mean does not.
        mean = np.clip(mean, low, high)
        if rounded:
            narrow = mean.astype(np.float32).astype(np.float64)
            mean = np.where(np.isfinite(narrow) | ~np.isfinite(mean), narrow, mean)
    return mean


def pack_points(points: Points) -> bytes:
    """Exact points (level 0) as a blob."""
    return encode([points.lines, points.steps, points.values])


def unpack_points(blob: bytes) -> Points:
    """Exact points from a blob."""
    lines, steps, values = decode(blob)
    return Points(lines, steps, values)
