"""A pyramid that grew segment by segment equals one that was built at once."""

from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runstone.domain.history import Stream
from runstone.store.series import growing
from runstone.store.series.codec import decode, encode
from runstone.store.series.growing import grown
from runstone.store.series.pyramid import (
    FACTOR,
    Buckets,
    coarser,
    joined,
    level_one,
    pack_points,
    unpack_points,
)
from runstone.store.series.segment import Points

SPECIAL = st.sampled_from([0.0, -0.0, 1e308, -1e308, 5e-324, float("nan"), float("inf"), -float("inf"), 0.1])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(-(2**62), 2**62), max_size=40),
    st.lists(st.one_of(SPECIAL, st.floats(width=32), st.floats()), max_size=40),
    st.integers(-5, 5),
)
def test_arrays_come_back(integers: list[int], floats: list[float], stride: int) -> None:
    arrays: list[Any] = [
        np.array(integers, dtype=np.int64),
        np.array(floats, dtype=np.float64),
        np.arange(10, dtype=np.int64) * stride,
        np.full(7, 0.1),
    ]
    for one, other in zip(arrays, decode(encode(arrays)), strict=True):
        assert one.dtype == other.dtype
        assert np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def test_other_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version 9"):
        decode(b"\x09")


class Stored:
    """Where parts are kept, as the database would."""

    def __init__(self) -> None:
        self.rows: dict[tuple[int, int], dict[str, Any]] = {}
        self.seq = 0

    def last_parts(self, run_id: int, epoch: int, stream: Stream) -> Any:
        found: dict[tuple[int, int], Any] = {}
        for (level, _), row in sorted(self.rows.items()):
            if level > 0:
                found[7, level] = SimpleNamespace(**row)
        return found

    def level_parts(self, run_id: int, epoch: int, stream: Stream, key_id: int, level: int) -> list[bytes]:
        return [row["data"] for (one, _), row in sorted(self.rows.items()) if one == level]

    def add(self, points: Points) -> None:
        row: Any = SimpleNamespace(run_id=1, epoch=0, stream=0, next_seq=self.seq)
        sealed: Any = SimpleNamespace(points={"a": points})
        for _, part in grown(self, row, sealed, {"a": 7}):
            self.rows[part["level"], part["part"]] = part
        self.seq += 1

    def level(self, level: int) -> Buckets:
        return joined([Buckets.unpack(data) for data in self.level_parts(1, 0, Stream.HISTORY, 7, level)])


@st.composite
def histories(draw: st.DrawFn) -> tuple[Points, list[int]]:
    """Sparse or dense points of one key, and where segments are cut."""
    n = draw(st.integers(1, 3000))
    numbers = np.random.default_rng(draw(st.integers(0, 2**32)))
    gap = draw(st.sampled_from([1, 2, 40, 300]))
    lines = np.cumsum(numbers.integers(1, gap + 1, n)).astype(np.int64)
    values = numbers.normal(size=n) * 10.0 ** numbers.integers(-3, 4)
    values[numbers.random(n) < draw(st.sampled_from([0.0, 0.05, 1.0]))] = np.nan
    cuts = sorted(set(numbers.integers(1, n, draw(st.integers(0, 12))).tolist())) if n > 1 else []
    return Points(lines, lines * 2, values), cuts


@settings(max_examples=60, deadline=None)
@given(histories(), st.sampled_from([4, 16, 256]))
def test_growing_equals_building(history: tuple[Points, list[int]], part: int) -> None:
    points, cuts = history
    before, growing.PART = growing.PART, part
    try:
        stored = Stored()
        for start, end in zip([0, *cuts], [*cuts, points.lines.size], strict=True):
            piece = slice(start, end)
            stored.add(Points(points.lines[piece], points.steps[piece], points.values[piece]))
    finally:
        growing.PART = before
    wanted = level_one(points)
    levels = sorted({level for level, _ in stored.rows if level > 0})
    assert levels == list(range(1, len(levels) + 1))
    for level in levels:
        found = stored.level(level)
        for one in fields(Buckets):
            mine, theirs = getattr(found, one.name), getattr(wanted, one.name)
            if one.name == "mean":
                scale = np.nanmax(np.abs(points.values), initial=1e-9)
                assert np.allclose(mine, theirs, rtol=1e-5, atol=1e-6 * scale, equal_nan=True)
            else:
                assert np.array_equal(mine, theirs, equal_nan=one.name in ("low", "high"))
        assert int((found.counts + found.nonfinite).sum()) == points.lines.size
        sizes = [row["n"] for (one_level, _), row in sorted(stored.rows.items()) if one_level == level]
        assert all(size == part for size in sizes[:-1])
        wanted = coarser(wanted, FACTOR)


def test_exact_points_come_back() -> None:
    points = Points(np.array([3, 5, 9]), np.array([1, 1, 4]), np.array([0.5, np.nan, 1e300]))
    found = unpack_points(pack_points(points))
    assert found.lines.tolist() == [3, 5, 9]
    assert found.steps.tolist() == [1, 1, 4]
    assert np.array_equal(found.values, points.values, equal_nan=True)
