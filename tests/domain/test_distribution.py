"""Every distribution both ways, at the edges, clamped and quantised."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from runstone.domain.distribution import Categorical, Numeric, canonical, is_number

EPS = 1.0 - 2.0**-53
unit = st.floats(0.0, EPS)
step = st.sampled_from([0.1, 0.25, 1.0, 3.0, 5.0])


@st.composite
def linear(draw: st.DrawFn) -> Numeric:
    low = draw(st.floats(-1e6, 1e6))
    return Numeric("linear", low, low + draw(st.floats(1e-3, 1e6)), draw(st.none() | step))


@st.composite
def log(draw: st.DrawFn) -> Numeric:
    low = draw(st.floats(1e-9, 1e3))
    high = low * draw(st.floats(1.01, 1e9))
    return Numeric("log", low, high, draw(st.none() | step), reverse=draw(st.booleans()))


@st.composite
def integer(draw: st.DrawFn) -> Numeric:
    scale = draw(st.sampled_from(["linear", "log"]))
    low = draw(st.integers(1 if scale == "log" else -(10**6), 10**6))
    q = 1.0 if scale == "log" else None
    return Numeric(scale, low, low + draw(st.integers(1, 10**6)), q, integer=True)  # type: ignore[arg-type]


@st.composite
def bell(draw: st.DrawFn) -> Numeric:
    scale = draw(st.sampled_from(["normal", "log_normal"]))
    mu, sigma = draw(st.floats(-5, 5)), draw(st.floats(0.1, 5))
    return Numeric(
        scale, 0.0 if scale == "log_normal" else -math.inf, q=draw(st.none() | step), mu=mu, sigma=sigma
    )  # type: ignore[arg-type]


@st.composite
def beta(draw: st.DrawFn) -> Numeric:
    a, b = draw(st.floats(0.5, 8)), draw(st.floats(0.5, 8))
    return Numeric("beta", 0.0, 1.0, q=draw(st.none() | st.sampled_from([0.1, 0.25])), a=a, b=b)


any_numeric = st.one_of(linear(), log(), integer(), bell(), beta())


@given(any_numeric, unit)
def test_ppf_stays_within_the_limits_and_on_the_lattice(d: Numeric, u: float) -> None:
    value = d.ppf(u)
    assert is_number(value)
    assert d.low <= value <= d.high
    if d.q is not None and value not in (d.low, d.high):
        steps = value / d.q
        assert abs(steps - round(steps)) < 1e-6 * max(1.0, abs(steps))


@given(any_numeric, unit)
def test_cdf_of_ppf_is_the_position_or_the_middle_of_its_cell(d: Numeric, u: float) -> None:
    value = d.ppf(u)
    place = d.cdf(value)
    assert -1e-6 <= place <= 1.0 + 1e-6
    if d.is_discrete:
        assume(0.0 < place < 1.0)
        assert d.ppf(place) == pytest.approx(value)
    elif d.scale != "beta":  # the beta's ends are flat: many positions share a float there
        assert place == pytest.approx(u, abs=1e-6)


@given(any_numeric, unit, unit)
def test_ppf_is_monotone(d: Numeric, u: float, v: float) -> None:
    low, high = sorted((u, v))
    assert (d.ppf(low) >= d.ppf(high)) if d.reverse else (d.ppf(low) <= d.ppf(high))


@given(any_numeric)
def test_the_edges_are_the_limits(d: Numeric) -> None:
    ends = [d.ppf(0.0), d.ppf(EPS)]
    if d.reverse:
        ends.reverse()
    if math.isfinite(d.low) and d.scale in ("linear", "log"):
        slack = (d.q or 0.0) + 1e-6 * max(abs(d.low), abs(d.high))
        assert ends[0] == pytest.approx(d.low, abs=slack)
        assert ends[1] == pytest.approx(d.high, abs=slack)


@pytest.mark.parametrize(
    ("d", "u", "value"),
    [
        (Numeric("linear", 3, 7, integer=True), 0.0, 3),
        (Numeric("linear", 3, 7, integer=True), EPS, 7),
        (Numeric("linear", 3, 7, integer=True), 1.0, 7),
        (Numeric("log", 1.0, 100.0, 5.0, integer=True), 0.0, 1),  # clamped, never 0
        (Numeric("linear", 0.0, 1.0, 0.3), EPS, 0.9),
        (Numeric("linear", 0.0, 1.0, 0.1), 0.31, 0.3),  # and not 0.30000000000000004
        (Numeric("log", 1e-4, 1.0), 0.5, pytest.approx(1e-2)),
        (Numeric("log", 1e-4, 1.0, reverse=True), 0.25, pytest.approx(0.1)),
        (Numeric("normal", mu=2.0, sigma=3.0), 0.5, pytest.approx(2.0)),
        (Numeric("log_normal", 0.0, mu=1.0), 0.5, pytest.approx(math.e)),
        (Numeric("beta", 0.0, 1.0, a=2.0, b=2.0), 0.5, pytest.approx(0.5)),
    ],
)
def test_ppf_of_known_positions(d: Numeric, u: float, value: float) -> None:
    assert d.ppf(u) == value
    assert isinstance(d.ppf(u), int) == d.integer


@pytest.mark.parametrize(
    ("d", "cells", "lattice"),
    [
        (Numeric("linear", 1, 4, integer=True), [1, 2, 3, 4], [1, 2, 3, 4]),
        (Numeric("linear", 0.0, 1.0, 0.5), [0.0, 0.5, 1.0], [0.0, 0.5, 1.0]),
        (Numeric("linear", 1.0, 2.0, 0.4), [1.0, 1.2, 1.6, 2.0], [1.0, 1.4, 1.8]),
        (Numeric("linear", 0.0, 1.0), None, None),
        (Numeric("normal", q=1.0), None, None),
    ],
)
def test_cells_and_lattice(d: Numeric, cells: list[float] | None, lattice: list[float] | None) -> None:
    assert d.cells() == cells
    assert d.lattice == lattice


@given(st.integers(1, 40), unit)
def test_categories_have_equal_cells(size: int, u: float) -> None:
    d = Categorical(tuple(range(size)))
    assert d.ppf(0.0) == 0
    assert d.ppf(EPS) == size - 1
    assert d.ppf(u) == int(u * size)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=6), unit)
def test_weighted_categories_never_give_a_value_without_a_chance(weights: list[float], u: float) -> None:
    assume(sum(weights) > 0.01)
    odds = tuple(w / sum(weights) for w in weights)
    d = Categorical(tuple(range(len(odds))), odds)
    index = d.cell(u)
    assert odds[index] > 0
    assert sum(odds[:index]) <= u + 1e-9


def test_index_tells_true_from_one_and_forgives_a_json_round_trip() -> None:
    d = Categorical((1, True, "1", None, [1], {"a": 1, "b": 2}))
    assert [d.index(v) for v in (1, True, "1", None, [1], {"b": 2, "a": 1})] == [0, 1, 2, 3, 4, 5]
    assert d.index(1.0) == 0
    assert d.index("x") is None


@pytest.mark.parametrize("value", [True, "1", None, math.nan, math.inf, 10**400, [1]])
def test_is_number_refuses_what_cannot_be_compared(value: object) -> None:
    assert not is_number(value)


def test_canonical_does_not_depend_on_the_order_of_keys() -> None:
    assert (
        canonical({"b": 1, "a": [1.0, "ü"]})
        == canonical({"a": [1.0, "ü"], "b": 1})
        == '{"a":[1.0,"ü"],"b":1}'
    )
