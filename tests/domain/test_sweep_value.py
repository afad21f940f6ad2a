"""From logged rows to the number a search needs."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runstone.domain.sweep import Goal, Hyperband, Metric
from runstone.domain.sweep_value import (
    Progress,
    candidates,
    choose_metric,
    fold_row,
    fold_summary,
    number_at,
    value_of,
)

METRIC = Metric("val_loss")


def folded(rows: list[dict[str, Any]], rule: Hyperband | None = None, metric: Metric = METRIC) -> Progress:
    progress = Progress()
    for row in rows:
        fold_row(progress, row, metric, rule)
    return progress


odd = st.one_of(
    st.floats(),
    st.integers(-(10**400), 10**400),
    st.booleans(),
    st.none(),
    st.text(max_size=3),
    st.lists(st.integers(), max_size=2),
)


@given(st.lists(odd))
def test_value_is_the_best_finite_number(logged: list[Any]) -> None:
    progress = folded([{"val_loss": v} for v in logged])
    finite = []
    for v in logged:
        if isinstance(v, int | float) and not isinstance(v, bool):
            try:
                if math.isfinite(v):
                    finite.append(float(v))
            except OverflowError:
                continue
    assert value_of(progress, "val_loss", Goal.MINIMIZE) == min(finite, default=None)
    assert value_of(progress, "val_loss", Goal.MAXIMIZE) == max(finite, default=None)
    assert progress.rows == len(logged)


@given(st.lists(st.floats(-1e9, 1e9), max_size=30), st.integers(0, 30))
def test_state_survives_json_in_the_middle(logged: list[float], cut: int) -> None:
    rule = Hyperband(2.0, min_iter=1)
    rows = [{"val_loss": v} for v in logged]
    half = folded(rows[:cut], rule)
    again = Progress.from_json(json.loads(json.dumps(half.to_json())))
    for row in rows[cut:]:
        fold_row(again, row, METRIC, rule)
    assert again == folded(rows, rule) or any(math.isnan(k.last) for k in again.keys.values())


def test_bands_count_finite_values_and_not_rows() -> None:
    logged = [{"val_loss": 5.0}, {"other": 1}, {"val_loss": math.nan}, {"val_loss": 3.0}, {"val_loss": 4.0}]
    bands = folded(logged, Hyperband(3.0, min_iter=3)).keys["val_loss"].bands
    assert {b: (v.value, v.low, v.high) for b, v in bands.items()} == {3: (4.0, 3.0, 5.0)}


@pytest.mark.parametrize(
    ("row", "name", "goal", "value"),
    [
        ({"a": 0}, "a", None, 0.0),
        ({"a": 0.0}, "a", None, 0.0),
        ({"a": False}, "a", None, None),
        ({"a.b": 1}, "a.b", None, 1.0),
        ({"a": {"b": 2}}, "a.b", None, 2.0),
        ({"a": 3}, "a.b", None, None),
        ({"a": {"min": 4, "max": 5}}, "a", Goal.MINIMIZE, 4.0),
        ({"a": {"min": 4, "max": 5}}, "a", Goal.MAXIMIZE, 5.0),
        ({"a": {"min": 4}}, "a", None, None),
        ({}, "a", Goal.MINIMIZE, None),
    ],
)
def test_number_at(row: dict[str, Any], name: str, goal: Goal | None, value: float | None) -> None:
    assert number_at(row, name, goal) == value


def test_a_summary_may_improve_the_best_and_is_no_iteration() -> None:
    progress = folded([{"val_loss": 2.0}])
    fold_summary(progress, {"val_loss": 1.0}, METRIC)
    assert value_of(progress, "val_loss", Goal.MINIMIZE) == 1.0
    assert progress.keys["val_loss"].count == 1


@pytest.mark.parametrize(
    ("asked", "logged", "used", "words"),
    [
        ("val_loss", ["val_loss", "epoch/val_loss"], "val_loss", None),
        (
            "val_loss",
            ["epoch/val_loss"],
            "epoch/val_loss",
            "`val_loss` is never logged, optimising `epoch/val_loss`",
        ),
        ("epoch/val_loss", ["val_loss"], "val_loss", "optimising `val_loss`"),
        ("epoch/val_loss", ["batch/val_loss"], "batch/val_loss", "optimising `batch/val_loss`"),
        (
            "val_loss",
            ["epoch/val_loss", "train/val_loss"],
            "val_loss",
            "`epoch/val_loss`, `train/val_loss` could stand",
        ),
        ("val_loss", ["loss"], "val_loss", "never logged so far"),
        ("val_loss", [], "val_loss", None),
    ],
)
def test_choose_metric_rescues_a_prefixed_name_with_a_warning(
    asked: str, logged: list[str], used: str, words: str | None
) -> None:
    metric = Metric(asked)
    runs = [folded([{name: 1.0}], metric=metric) for name in logged]
    choice = choose_metric(metric, runs)
    assert choice.name == used
    assert choice.warning is None if words is None else words in (choice.warning or "")


def test_choose_metric_waits_for_a_finite_value() -> None:
    runs = [folded([{"val_loss": "high"}, {"val_loss": None}]), folded([{"epoch/val_loss": 1.0}])]
    assert choose_metric(METRIC, runs).name == "epoch/val_loss"


def test_candidates_hold_the_name_first_and_once() -> None:
    assert candidates("epoch/a") == ("epoch/a", "a", "batch/a", "train/a", "eval/a")
