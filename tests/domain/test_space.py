"""Points as nested arguments: paths, conditions, digests."""

from hypothesis import given
from hypothesis import strategies as st

from runstone.domain.distribution import Categorical, Constant, Numeric
from runstone.domain.space import Condition, Parameter, Space, digest, dotted

SPACE = Space(
    (
        Parameter(("opt",), Categorical(("adam", "sgd"))),
        Parameter(("momentum",), Numeric("linear", 0.0, 1.0), Condition(0, '"sgd"')),
        Parameter(("model", "units"), Categorical((32, 64))),
        Parameter(("model", "a.b"), Constant(1)),
    )
)


def test_dotted_escapes_dots_of_names() -> None:
    assert dotted(("a.b", "c\\d")) == "a\\.b.c\\\\d"


def test_arguments_nest_and_leave_out_what_does_not_apply() -> None:
    made = SPACE.arguments(["adam", 0.5, 32, 1], [True, False, True, True])
    assert made == {"opt": "adam", "model": {"units": 32, "a.b": 1}}


def test_read_ignores_children_of_other_choices_and_the_rest_of_a_config() -> None:
    config = {"opt": "adam", "momentum": 0.9, "model": {"units": 64.0, "a.b": 1, "other": 2}, "epochs": 3}
    values, present = SPACE.read(config)
    assert present == [True, False, True, True]
    assert values == ["adam", None, 64, 1]


def test_read_takes_missing_ones_for_absent() -> None:
    assert SPACE.read({"opt": "sgd", "model": 3})[1] == [True, False, False, False]


def test_searched_leaves_out_what_cannot_vary() -> None:
    assert SPACE.searched == (0, 1, 2)
    assert Space((Parameter(("a",), Categorical((1,))),)).searched == ()


@given(st.sampled_from(["adam", "sgd"]), st.floats(0, 1), st.sampled_from([32, 64]))
def test_read_gives_back_what_arguments_wrote(opt: str, momentum: float, units: int) -> None:
    values = [opt, momentum if opt == "sgd" else None, units, 1]
    present = [True, opt == "sgd", True, True]
    assert SPACE.read(SPACE.arguments(values, present)) == (values, present)


plain = st.dictionaries(
    st.text(max_size=3), st.none() | st.booleans() | st.integers() | st.floats(-1e9, 1e9), max_size=4
)


@given(plain, plain)
def test_digests_are_equal_exactly_for_equal_points(a: dict[str, object], b: dict[str, object]) -> None:
    assert digest(a) == digest(dict(reversed(a.items())))
    same = a == b and all(type(a[k]) is type(b[k]) for k in a)
    assert (digest(a) == digest(b)) == (same or repr(sorted(a.items())) == repr(sorted(b.items())))
