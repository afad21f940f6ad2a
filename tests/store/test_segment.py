"""A segment gives back what was logged, in columns that anything can read."""

import io
import json
import math
from typing import Any
from unittest.mock import patch

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runstone.domain.history import RAW, keys_of
from runstone.store.series import alike
from runstone.store.series.lines import any_long_number, joined, parse
from runstone.store.series.segment import Segment, seal

TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=6)
LEAF: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(2**70), max_value=2**70),
    st.integers(min_value=-9, max_value=9),
    st.floats(),
    TEXT,
    st.sampled_from(["NaN", "\ud800", "{"]),
)
VALUE = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "_type"]), inner),
    max_leaves=5,
)
NAME = st.sampled_from(["a", "b", "a.b", "loss", "_raw", "_line", "ä/ %", ""])
ROW = st.dictionaries(NAME, VALUE, max_size=5)


def same(one: Any, other: Any) -> bool:
    """Equal, NaN to itself; a number in JSON is the same with and without a point."""
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one) and math.isnan(other):
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    return bool(one == other)


def expected(line0: int, texts: list[str], step: int) -> list[tuple[int, dict[str, Any]]]:
    found = []
    for line, text in enumerate(texts, line0):
        row = parse(text)
        if row is None:
            row = {RAW: text}
        own = row.get("_step")
        if isinstance(own, int) and not isinstance(own, bool) and abs(own) < 2**63:
            step = own
        row["_step"] = step
        found.append((line, row))
    return sorted(found, key=lambda pair: (pair[1]["_step"], pair[0]))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(ROW, st.one_of(st.none(), st.integers(0, 5), st.sampled_from([1.5, True, 2**80, "x"]))),
        min_size=1,
        max_size=8,
    )
)
def test_every_row_comes_back(rows: list[tuple[dict[str, Any], Any]]) -> None:
    texts = [json.dumps(row if step is None else {**row, "_step": step}) for row, step in rows]
    sealed = seal(7, texts, 3)
    wanted = expected(7, texts, 3)
    assert same([list(one) for one in Segment(sealed.data).rows()], [list(one) for one in wanted])
    assert (sealed.line0, sealed.n) == (7, len(texts))
    keys = keys_of(sorted(wanted))
    assert sealed.keys.keys() | {"_step"} == keys.keys() | {"_step"}
    for name, key in sealed.keys.items():
        if name != "_step":
            ours = (key.kind, key.n, key.first_line, key.last_line, key.counts, key.monotonic)
            theirs = keys[name]
            assert ours == (
                theirs.kind, theirs.n, theirs.first_line, theirs.last_line, theirs.counts, theirs.monotonic
            )  # fmt: skip
            assert same([key.low, key.high, key.last], [theirs.low, theirs.high, theirs.last])


@pytest.mark.parametrize("text", ["", "{", "[1]", "1,2", '{"a":1', '"\ud800"', "nul"])
def test_malformed_line_comes_back(text: str) -> None:
    rows = Segment(seal(0, ['{"_step":4}', text], 0).data).rows()
    assert rows == [(0, {"_step": 4}), (1, {RAW: text, "_step": 4})]


def test_columns_are_plain_parquet() -> None:
    texts = [
        json.dumps({"_step": i, "loss": i / 2, "n": i, "ok": True, "name": "x", "in": {"b": 1}})
        for i in range(5)
    ]
    table = pq.read_table(io.BytesIO(seal(0, texts, 0).data))
    assert table.column_names == ["_step", "_line", "loss", "n", "ok", "name", "in.b"]
    assert [str(kind) for kind in table.schema.types] == [
        "int64", "int64", "double", "int64", "bool", "string", "int64"
    ]  # fmt: skip
    assert table.column("_step").null_count == 0


def test_numbers_of_keys() -> None:
    texts = ['{"_step":2,"a":1}', '{"_step":1,"a":NaN,"b":{"c":5}}', '{"_step":3,"a":"text"}', '{"b.c":7}']
    points = Segment(seal(0, texts, 0).data).points(["a", "b.c", "_step", "none"])
    assert points["a"].lines.tolist() == [1, 0]
    assert np.isnan(points["a"].values[0])
    assert points["b.c"].values.tolist() == [5.0, 7.0]
    assert points["_step"].values.tolist() == [1, 2, 3, 3]
    assert "none" not in points


def test_range_of_steps() -> None:
    data = seal(0, [json.dumps({"_step": i * 10}) for i in range(10)], 0).data
    assert [row["_step"] for _, row in Segment(data).rows(20, 50)] == [20, 30, 40]


def test_ten_thousand_and_more_keys() -> None:
    wide = [json.dumps({"_step": i, **{f"k{i}_{j}": j for j in range(12_000)}}) for i in range(2)]
    rows = Segment(seal(0, wide, 0).data).rows()
    assert rows == [(i, json.loads(text)) for i, text in enumerate(wide)]


@pytest.mark.parametrize(
    ("text", "long"),
    [
        ('{"a": 1234567890123456789}', True),
        ('{"a": 123456789012345678}', False),
        ('{"a": 0.12345678901234567890}', False),
        ('{"a": 0.5, "b": -98765432109876543210}', True),
        ("1234567890123456789012", True),
        ("", False),
        ("123", False),
        ('{"é": 1234567890123456789}', True),
    ],
)
def test_long_numbers_are_seen(text: str, long: bool) -> None:
    assert any_long_number([text]) is long
    assert any_long_number(["{}", "1.5", text, "{}"]) is long


NUMBER = st.integers(-(2**55), 2**55) | st.floats(allow_nan=False) | st.sampled_from([0, -0.0, 1, 2.5])


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.fixed_dictionaries({"_step": NUMBER, "a": NUMBER, "é b": NUMBER}), min_size=1, max_size=3),
    st.lists(
        st.tuples(
            st.integers(0, 2), st.floats(0, 1), st.sampled_from('{}[]:,."\\ 0-+eENI\0\t*/'), st.booleans()
        ),
        max_size=2,
    ),
)
def test_rows_read_at_once_are_those_read_one_by_one(
    rows: list[dict[str, Any]], damages: list[tuple[int, float, str, bool]]
) -> None:
    texts = [json.dumps(row, ensure_ascii=False) for row in rows]
    for i, at, char, insert in damages:
        text = texts[i % len(texts)]
        cut = int(at * (len(text) - 1))
        texts[i % len(texts)] = text[:cut] + char + text[cut + (not insert) :]
    with patch.multiple(alike, FEWEST=1, BLOCK_BYTES=128):
        columns = alike.alike(joined(texts), len(texts))
    if columns is not None:
        found = [{key: column[i].item() for key, column in columns.items()} for i in range(len(texts))]
        assert found == [parse(text) for text in texts]


def test_long_rows_of_numbers_make_the_same_segment_read_either_way() -> None:
    rows = [{"_step": 2 * i, "loss": 1 / (i + 1), "n": i, "mixed": i % 2 or 0.5} for i in range(600)]
    texts = [json.dumps(row) for row in rows]
    assert alike.alike(joined(texts), len(texts)) is not None
    at_once = seal(5, texts, 0)
    with patch.object(alike, "FEWEST", len(texts) + 1):
        one_by_one = seal(5, texts, 0)
    assert at_once.data == one_by_one.data
    assert at_once.keys == one_by_one.keys
    for name, points in one_by_one.points.items():
        for field in ("lines", "steps", "values"):
            assert np.array_equal(getattr(at_once.points[name], field), getattr(points, field))


def test_shapes_that_take_turns_come_back() -> None:
    rows: list[dict[str, Any]] = []
    for i in range(200):
        row: dict[str, Any] = {"_step": i, "a": i * 0.5}
        if i % 5 == 0:
            row["b"] = {"c": i} if i % 2 else i
        if i % 7 == 0:
            row = {"a": i, "_step": i, "d": "x"}
        if i % 50 == 3:
            row = {"a": float("inf"), "_step": i}
        rows.append(row)
    found = Segment(seal(0, [json.dumps(row) for row in rows], 0).data).rows()
    assert [row for _, row in found] == rows
