"""Which versions a rule lets go, by table and by law."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runstone.domain.errors import Invalid
from runstone.domain.retention import Candidate, Rule, going, parse_rule

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def line(values: list[float | None], held: set[int] = frozenset()) -> list[Candidate]:  # type: ignore[assignment]
    """Versions v0, v1, ... a day apart, the last one made now."""
    return [
        Candidate(100 + n, n, NOW - timedelta(days=len(values) - 1 - n), n in held, value)
        for n, value in enumerate(values)
    ]


FIVE: list[float | None] = [0.5, 0.1, None, 0.3, float("nan")]
CASES: list[tuple[Rule, set[int], list[int]]] = [
    (Rule(keep_last=1), set(), [0, 1, 2, 3]),
    (Rule(keep_last=9), set(), []),
    (Rule(keep_last=0), set(), [0, 1, 2, 3, 4]),
    (Rule(keep_last=1), {1, 3}, [0, 2]),
    (Rule(keep_last=1, keep_best=1, metric="loss"), set(), [0, 2, 3]),
    (Rule(keep_last=1, keep_best=1, metric="acc", maximize=True), set(), [1, 2, 3]),
    (Rule(keep_last=0, keep_best=9, metric="loss"), set(), [2, 4]),
    (Rule(keep_last=1, older_than_days=3), set(), [0, 1]),
]


@pytest.mark.parametrize(("rule", "held", "expected"), CASES)
def test_what_goes(rule: Rule, held: set[int], expected: list[int]) -> None:
    assert going(rule, line(FIVE, held), NOW) == [100 + n for n in expected]


@given(
    st.lists(st.one_of(st.none(), st.floats()), max_size=30),
    st.sets(st.integers(0, 29)),
    st.integers(0, 10),
    st.integers(0, 10),
    st.booleans(),
)
def test_what_is_held_or_newest_never_goes(
    values: list[float | None], held: set[int], last: int, best: int, maximize: bool
) -> None:
    rule = Rule(keep_last=last, keep_best=best, metric="m", maximize=maximize)
    versions = line(values, held)
    gone = set(going(rule, versions, NOW))
    assert gone.isdisjoint(one.id for one in versions if one.held)
    assert gone.isdisjoint(one.id for one in versions[len(versions) - min(last, len(versions)) :])
    assert len(versions) - len(gone) >= min(len(versions), last)
    assert set(going(rule, versions[::-1], NOW)) == gone


def test_a_wrong_rule_names_all_that_is_wrong() -> None:
    with pytest.raises(Invalid) as caught:
        parse_rule({"keep_last": -1, "keep_best": 2, "older_than_days": float("inf")})
    for word in ("keep_last -1", "older_than_days", "metric"):
        assert word in caught.value.message
