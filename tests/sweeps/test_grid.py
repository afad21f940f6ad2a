"""Every cell once, none twice, whoever asks."""

import random
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runstone.domain.space import digest
from runstone.sweeps import grid
from runstone.sweeps.suggest import suggest
from runstone.sweeps.trial import Exhausted, Suggestion, Trial, TrialState, Wait
from tests.sweeps.trials import finished, sweep_of

PLAIN = {"a": {"values": [1, 2]}, "b": {"min": 3, "max": 5}, "c": {"value": "x"}}
CONDITIONAL = {
    "opt": {
        "values": ["adam", "sgd", "none"],
        "parameters": {"sgd": {"momentum": {"values": [0.5, 0.9]}, "nesterov": {"values": [True, False]}}},
    },
    "layers": {"values": [1, 2]},
}


def test_cells_come_in_the_order_of_the_configuration() -> None:
    space = sweep_of(PLAIN, "grid").space
    assert list(grid.cells(space)) == [{"a": a, "b": b, "c": "x"} for a, b in product([1, 2], [3, 4, 5])]


def test_conditional_parameters_multiply_only_their_own_cells() -> None:
    space = sweep_of(CONDITIONAL, "grid").space
    assert grid.size(space) == 2 * (1 + 4 + 1)
    cells = list(grid.cells(space))
    assert len({digest(c) for c in cells}) == len(cells)
    assert all(("momentum" in c) == (c["opt"] == "sgd") for c in cells)


values = st.lists(st.integers(0, 9), min_size=1, max_size=4, unique=True).map(lambda v: {"values": v})
entries = st.one_of(
    values,
    st.builds(
        lambda v, child: v | {"parameters": {str(v["values"][0]): {"child": child}}},
        values,
        values,
    ),
)


@given(entries, values, values)
def test_size_counts_the_cells_and_no_cell_comes_twice(
    a: dict[str, Any], b: dict[str, Any], c: dict[str, Any]
) -> None:
    space = sweep_of({"a": a, "b": b, "nest": {"parameters": {"c": c}}}, "grid").space
    cells = list(grid.cells(space))
    assert len(cells) == grid.size(space) == len({digest(x) for x in cells})
    with pytest.raises(IndexError):
        grid.cell(space, len(cells))


@given(
    st.sampled_from(["grid", "random"]),
    st.sampled_from([PLAIN, CONDITIONAL]),
    st.lists(st.sampled_from(list(TrialState)), max_size=12),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_trials_changes_nothing_and_the_same_question_has_the_same_answer(
    method: str, parameters: dict[str, Any], states: list[TrialState], chance: random.Random
) -> None:
    sweep = sweep_of(parameters, method)
    trials: list[Trial] = []
    for seq, state in enumerate(states):
        found = suggest(sweep, trials, seq, 3)
        if isinstance(found, Suggestion):
            trials.append(Trial(seq, found.params, state, float(seq)))
    first = suggest(sweep, trials, len(states), 3)
    assert suggest(sweep, trials, len(states), 3) == first
    chance.shuffle(trials)
    assert suggest(sweep, trials, len(states), 3) == first


def test_a_huge_grid_is_not_listed() -> None:
    space = sweep_of({f"p{i}": {"values": list(range(100))} for i in range(10)}, "grid").space
    assert grid.cell(space, 10**20 - 1) == {f"p{i}": 99 for i in range(10)}


def test_suggest_waits_while_cells_run_and_then_is_exhausted() -> None:
    sweep = sweep_of({"a": {"values": [1, 2]}}, "grid")
    first, second = (suggest(sweep, [], seq, 0) for seq in (0, 1))
    assert isinstance(first, Suggestion)
    assert isinstance(second, Suggestion)
    assert (first.params, second.params) == ({"a": 1}, {"a": 2})
    running = [finished(0, {"a": 1}, 1.0), Trial(1, {"a": 2}, TrialState.RUNNING)]
    assert isinstance(suggest(sweep, running, 2, 0), Wait)
    assert isinstance(suggest(sweep, [running[0], finished(1, {"a": 2}, None)], 2, 0), Exhausted)


def test_suggest_leaves_out_what_prior_runs_and_older_configurations_tried() -> None:
    sweep = sweep_of({"a": {"values": [1, 2, 3, 4]}}, "grid")
    known = [
        finished(0, {"a": 2, "unrelated": 1}, 1.0, prior=True),
        finished(0, {"a": 1}, 1.0),
        finished(1, {"a": 9}, 1.0),
    ]
    for seq, value in ((2, 3), (3, 4)):
        found = suggest(sweep, known, seq, 0, since_seq=2)
        assert isinstance(found, Suggestion)
        assert found.params == {"a": value}
        known.append(finished(seq, found.params, 1.0))
    assert isinstance(suggest(sweep, known, 4, 0, since_seq=2), Exhausted)


def test_no_cell_is_lost_when_others_are_tried_meanwhile() -> None:
    """A run by hand takes cell 1 after cells 0 and 1 went out; cell 2 keeps its number, and all come."""
    sweep = sweep_of({"a": {"values": [0, 1, 2, 3]}}, "grid")
    known = [finished(0, {"a": 0}, 1.0), finished(1, {"a": 1}, 1.0), finished(0, {"a": 1}, 1.0, prior=True)]
    for seq in (2, 3):
        found = suggest(sweep, known, seq, 0)
        assert isinstance(found, Suggestion)
        assert found.params == {"a": seq}
        known.append(finished(seq, found.params, 1.0))
    assert isinstance(suggest(sweep, known, 4, 0), Exhausted)


def test_claims_without_a_point_leave_the_cells_that_they_will_get() -> None:
    sweep = sweep_of({"a": {"values": [0, 1, 2]}}, "grid")
    known = [finished(0, {"a": 0}, 1.0, prior=True), Trial(0, None, TrialState.RUNNING)]
    found = suggest(sweep, [known[0], Trial(1, {"a": 1}, TrialState.RUNNING)], 2, 0)
    assert isinstance(found, Suggestion)
    assert found.params == {"a": 2}
    claims = [Trial(seq, None, TrialState.RUNNING) for seq in (0, 1)]
    assert isinstance(suggest(sweep, [known[0], *claims], 3, 0), Wait), "two claims for two cells"
    tried = [finished(0, {"a": a}, 1.0, prior=True) for a in range(3)]
    assert isinstance(suggest(sweep, [*tried, *claims], 3, 0), Exhausted), "claims will find nothing either"


def test_an_incomplete_prior_run_visits_nothing() -> None:
    sweep = sweep_of({"a": {"values": [1, 2]}, "b": {"values": [1]}}, "grid")
    found = suggest(sweep, [finished(0, {"a": 1}, 1.0, prior=True)], 0, 0)
    assert isinstance(found, Suggestion)
    assert found.params == {"a": 1, "b": 1}
