"""Rows of numbers and back."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runstone.domain.space import digest
from runstone.sweeps.encoding import ABSENT_CATEGORY, UNKNOWN_CATEGORY, Encoding
from tests.sweeps.trials import sweep_of

DEEP = {
    "opt": {
        "values": ["adam", "sgd"],
        "parameters": {
            "sgd": {
                "schedule": {
                    "values": ["flat", "cosine"],
                    "parameters": {"cosine": {"warm": {"min": 0, "max": 9}}},
                },
                "momentum": {"min": 0.0, "max": 0.9},
            }
        },
    },
    "size": {"values": ["s", "m", "l"], "ordered": True},
    "odds": {"values": [1, 2, 3], "probabilities": [0.2, 0.0, 0.8]},
    "fixed": {"values": ["only"], "parameters": {"only": {"inner": {"min": 0.0, "max": 1.0}}}},
    "width": {"distribution": "int_log_uniform_values", "min": 1, "max": 512},
    "c": {"value": [1]},
}
ENCODING = Encoding(sweep_of(DEEP).space)


@given(st.lists(st.floats(0.0, 0.999999), min_size=8, max_size=8))
def test_rows_and_arguments_are_the_same_point(unit: list[float]) -> None:
    assert ENCODING.size == 8
    row = ENCODING.from_unit(np.array([unit]))[0]
    arguments = ENCODING.arguments(row)
    again, missing = ENCODING.row(arguments)
    assert missing == 0
    assert again == pytest.approx(row, abs=1e-6)
    assert digest(ENCODING.arguments(again)) == digest(arguments)
    assert ENCODING.snapped(again[None, :])[0] == pytest.approx(again, abs=1e-6)
    assert arguments["odds"] != 2
    assert ("schedule" in arguments) == ("momentum" in arguments) == (arguments["opt"] == "sgd")
    assert ("warm" in arguments) == (arguments.get("schedule") == "cosine")
    assert "inner" in arguments


def test_neighbours_in_an_ordered_list_are_near_and_in_a_plain_one_are_not() -> None:
    names = [ENCODING.space.parameters[a.number].name for a in ENCODING.axes]
    size, odds = ENCODING.axes[names.index("size")], ENCODING.axes[names.index("odds")]
    assert size.kind == "step"
    assert size.places is not None
    assert size.places.tolist() == pytest.approx([1 / 6, 3 / 6, 5 / 6])
    assert odds.kind == "category"


@pytest.mark.parametrize(
    ("params", "row", "missing"),
    [
        ({"a": "x", "n": 2}, [0.0, 0.25], 0),
        ({"a": "other", "n": 4}, [UNKNOWN_CATEGORY, 0.75], 0),
        ({"a": "y"}, [1.0, 0.5], 1),
        ({"n": "many"}, [ABSENT_CATEGORY, 0.5], 2),
        ({"a": "x", "n": 99}, [0.0, 2.0], 0),
    ],
)
def test_a_config_that_fits_badly_is_read_as_far_as_it_goes(
    params: dict[str, Any], row: list[float], missing: int
) -> None:
    encoding = Encoding(
        sweep_of(
            {"a": {"values": ["x", "y"]}, "n": {"distribution": "q_uniform", "min": 1, "max": 5, "q": 1}}
        ).space
    )
    found, count = encoding.row(params)
    assert found.tolist() == pytest.approx(row, abs=0.01)
    assert count == missing


def test_all_rows_lists_each_point_once() -> None:
    space = {
        "opt": {"values": ["a", "b"], "parameters": {"b": {"k": {"min": 1, "max": 3}}}},
        "z": {"values": [0, 1]},
    }
    encoding = Encoding(sweep_of(space).space)
    assert encoding.count(100) == 12  # without regard to conditions
    points = {digest(encoding.arguments(row)) for row in encoding.all_rows()}
    assert len(points) == len(encoding.all_rows()) == 8
    assert encoding.count(11) is None
