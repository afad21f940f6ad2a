"""Configurations of sweeps: what is understood, and what is said about mistakes."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from runstone.domain.distribution import Categorical, Constant, Numeric, canonical
from runstone.domain.errors import Invalid
from runstone.domain.space import Condition
from runstone.domain.sweep import Goal, Hyperband, Method, Metric
from runstone.domain.sweep_config import parse


def config(**changes: Any) -> dict[str, Any]:
    base = {
        "method": "bayes",
        "metric": {"name": "val_loss", "goal": "minimize"},
        "parameters": {"lr": {"min": 0.001, "max": 0.1}},
    }
    return {k: v for k, v in (base | changes).items() if v is not None}


def errors(found: dict[str, Any] | str) -> dict[str, tuple[str, str, str | None]]:
    text = found if isinstance(found, str) else json.dumps(found)
    return {e.path: (e.expected, e.got, e.nearest) for e in parse(text).errors}


def test_parse_reads_a_whole_configuration() -> None:
    text = """
    program: train.py
    method: bayes
    metric: {name: val_loss, goal: minimize, target: 0.01}
    run_cap: 12
    early_terminate: {type: hyperband, min_iter: 3, eta: 2, strict: true}
    command: ["${env}", python, "${program}", "${args}"]
    parameters:
      lr: {distribution: log_uniform_values, min: 1e-4, max: 1e-1}
      layers: {values: [1, 2, 3]}
      epochs: {value: 5}
    """
    parsed = parse(text)
    assert (parsed.errors, parsed.warnings) == ([], [])
    sweep = parsed.require()
    assert sweep.method is Method.BAYES
    assert sweep.metric == Metric("val_loss", Goal.MINIMIZE, 0.01)
    assert (sweep.run_cap, sweep.program) == (12, "train.py")
    assert sweep.command == ("${env}", "python", "${program}", "${args}")
    assert sweep.early_terminate == Hyperband(2.0, min_iter=3, strict=True)
    assert [p.distribution for p in sweep.space.parameters] == [
        Numeric("log", 1e-4, 1e-1),
        Categorical((1, 2, 3)),
        Constant(5),
    ]


@pytest.mark.parametrize("written", ["1e-4", '"1e-4"', "0.0001", "1.0e-04"])
def test_parse_takes_a_number_however_yaml_wrote_it(written: str) -> None:
    parameters = f"{{lr: {{distribution: log_uniform_values, min: {written}, max: 0.1}}}}"
    parsed = parse(f"method: random\nparameters: {parameters}")
    assert parsed.require().space.parameters[0].distribution == Numeric("log", 1e-4, 0.1)
    assert bool(parsed.warnings) == written.startswith('"')


def test_parse_leaves_quoted_values_text() -> None:
    parsed = parse('method: grid\nparameters: {a: {values: ["1e-4", 1e-4, "7"]}}')
    assert parsed.require().space.parameters[0].distribution == Categorical(("1e-4", 1e-4, "7"))


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(-1e12, 1e12)
    | st.text("abc 1.-:#", max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.lists(plain, min_size=1, max_size=5, unique_by=canonical))
def test_parse_reads_back_any_values_that_a_client_dumped(values: list[Any]) -> None:
    text = yaml.safe_dump({"method": "random", "parameters": {"a": {"values": values}}})
    (parameter,) = parse(text).require().space.parameters
    assert isinstance(parameter.distribution, Categorical)
    assert canonical(list(parameter.distribution.values)) == canonical(values)


@given(st.floats(1e-12, 1e12), st.floats(1.0001, 1e6))
def test_parse_reads_back_any_limits_that_a_client_dumped(low: float, factor: float) -> None:
    entry = {"distribution": "log_uniform_values", "min": low, "max": low * factor}
    text = yaml.safe_dump({"method": "random", "parameters": {"a": entry}})
    assert parse(text).require().space.parameters[0].distribution == Numeric("log", low, low * factor)


@given(st.text(max_size=200))
def test_parse_never_raises_for_text(text: str) -> None:
    parsed = parse(text)
    assert (parsed.sweep is None) == bool(parsed.errors)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "method",
                "metric",
                "parameters",
                "early_terminate",
                "run_cap",
                "command",
                "controller",
                "metrics",
                "name",
            ]
        ),
        plain,
    )
)
def test_parse_never_raises_for_odd_types(found: dict[str, Any]) -> None:
    parsed = parse(json.dumps(found))
    assert (parsed.sweep is None) == bool(parsed.errors)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "min",
                "max",
                "q",
                "mu",
                "sigma",
                "a",
                "b",
                "values",
                "value",
                "probabilities",
                "distribution",
                "parameters",
                "ordered",
            ]
        ),
        plain
        | st.sampled_from(["q_beta", "normal", "int_uniform", "log_uniform", "categorical_w_probabilities"]),
    )
)
def test_parse_never_raises_for_odd_parameters(entry: dict[str, Any]) -> None:
    parsed = parse(json.dumps({"method": "random", "parameters": {"p": entry}}))
    assert (parsed.sweep is None) == bool(parsed.errors)


def test_parse_says_all_errors_at_once_with_path_and_nearest_spelling() -> None:
    found = errors(
        {
            "method": "bayse",
            "metric": {"name": "", "goal": "minimise"},
            "run_cap": 0,
            "early_terminate": {"type": "hyperbnd", "eta": 1},
            "parameters": {
                "lr": {"min": 1.0, "max": 0.1},
                "opt": {"vales": ["adam"]},
                "units": {"distribution": "log_unifrom", "min": 1, "max": 2},
                "9lives": {"value": 1},
                "odds": {"values": ["a", "b"], "probabilities": [0.5]},
            },
        }
    )
    assert found["method"] == ("one of grid, random, bayes", '"bayse"', "bayes")
    assert found["metric.goal"][2] == "minimize"
    assert found["early_terminate.type"][2] == "hyperband"
    assert found["parameters.units.distribution"][2] == "log_uniform"
    assert set(found) == {
        "method", "metric.name", "metric.goal", "run_cap", "early_terminate.type", "early_terminate.eta",
        "parameters.lr", "parameters.opt", "parameters.units.distribution", "parameters.9lives",
        "parameters.odds.probabilities",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"method": None}, "method"),
        ({"method": "custom"}, "method"),
        ({"parameters": None}, "parameters"),
        ({"parameters": {}}, "parameters"),
        ({"parameters": [1]}, "parameters"),
        ({"parameters": {"a": 3}}, "parameters.a"),
        ({"parameters": {"a": {}}}, "parameters.a"),
        ({"parameters": {"a": {"min": 1}}}, "parameters.a.max"),
        ({"parameters": {"a": {"min": 2, "max": 2}}}, "parameters.a"),
        ({"parameters": {"a": {"min": "x", "max": 2}}}, "parameters.a.min"),
        ({"parameters": {"a": {"values": []}}}, "parameters.a.values"),
        ({"parameters": {"a": {"values": [1, 1]}}}, "parameters.a.values"),
        ({"parameters": {"a": {"values": 3}}}, "parameters.a.values"),
        (
            {"parameters": {"a": {"values": [1, 2], "probabilities": [0.9, 0.9]}}},
            "parameters.a.probabilities",
        ),
        ({"parameters": {"a": {"distribution": "q_uniform", "min": 0, "max": 1, "q": 0}}}, "parameters.a.q"),
        ({"parameters": {"a": {"distribution": "int_uniform", "min": 0.5, "max": 3}}}, "parameters.a.min"),
        (
            {"parameters": {"a": {"distribution": "log_uniform_values", "min": 0, "max": 1}}},
            "parameters.a.min",
        ),
        ({"parameters": {"a": {"distribution": "log_uniform", "min": 0, "max": 9999}}}, "parameters.a"),
        ({"parameters": {"a": {"distribution": "normal", "sigma": -1}}}, "parameters.a.sigma"),
        ({"parameters": {"a": {"distribution": "uniform", "min": 0, "max": 1, "mu": 2}}}, "parameters.a.mu"),
        ({"parameters": {"a": {"parameters": {}}}}, "parameters.a.parameters"),
        ({"method": "grid", "parameters": {"a": {"min": 0.0, "max": 1.0}}}, "parameters.a"),
        ({"method": "grid", "parameters": {"a": {"distribution": "normal"}}}, "parameters.a"),
        ({"metric": None}, "metric"),
        ({"metric": "loss"}, "metric"),
        ({"metric": {"name": "a", "target": "low"}}, "metric.target"),
        ({"metrics": [{"name": "a"}, {"name": "b"}]}, "metrics"),
        ({"early_terminate": {"type": "hyperband"}}, "early_terminate"),
        ({"early_terminate": {"type": "hyperband", "max_iter": 27}}, "early_terminate"),
        ({"early_terminate": "hyperband"}, "early_terminate"),
        (
            {"method": "random", "metric": None, "early_terminate": {"type": "hyperband", "min_iter": 3}},
            "metric",
        ),
        ({"run_cap": -3}, "run_cap"),
        ({"run_cap": 2.5}, "run_cap"),
        ({"controller": {"type": "local"}}, "controller.type"),
        ({"command": "python train.py"}, "command"),
        ({"retries": -1}, "retries"),
        ({"warm_start": "abc"}, "warm_start"),
        ({"warm_start": {}}, "warm_start"),
        ({"warm_start": {"sweeps": ["a/b/c/d"]}}, "warm_start.sweeps"),
        ({"warm_start": {"sweeps": [3]}}, "warm_start.sweeps"),
        ({"warm_start": {"filter": {"stat": "finished"}}}, "warm_start.filter"),
        ({"warm_start": {"filter": {"state": "finished"}, "limit": 0}}, "warm_start.limit"),
    ],
)
def test_parse_refuses_with_the_path(changes: dict[str, Any], path: str) -> None:
    found = config(**changes)
    assert path in errors(found)
    with pytest.raises(Invalid, match="sweep configuration: "):
        parse(json.dumps(found)).require()


@pytest.mark.parametrize("text", ["", "just words", "[1, 2]", "a: [", "a: b: c", "{]", "\x00", "? !"])
def test_parse_refuses_text_that_is_no_mapping(text: str) -> None:
    assert parse(text).errors


def test_parse_bounds_what_aliases_may_multiply() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    assert "500,000" in parse("\n".join(lines)).errors[0].expected


def test_parse_warns_of_unknown_keys_and_keeps_them() -> None:
    parsed = parse(json.dumps(config(metod="x", parameters={"a": {"min": 0.0, "max": 1.0, "mx": 3}})))
    assert parsed.require().method is Method.BAYES
    assert parsed.config["metod"] == "x"
    assert any("did you mean 'method'" in w for w in parsed.warnings)
    assert any(w.startswith("parameters.a.mx") for w in parsed.warnings)


def test_parse_warns_of_exponents() -> None:
    entry = {"distribution": "log_uniform", "min": -9.21034037, "max": 0}
    parsed = parse(json.dumps(config(parameters={"lr": entry})))
    (parameter,) = parsed.require().space.parameters
    assert isinstance(parameter.distribution, Numeric)
    assert parameter.distribution.low == pytest.approx(1e-4)
    assert "log_uniform_values" in parsed.warnings[0]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"value": None}, Constant(None)),
        ({"values": [True, None, [1], {"a": 1}]}, Categorical((True, None, [1], {"a": 1}))),
        ({"min": 1, "max": 9}, Numeric("linear", 1, 9, integer=True)),
        ({"min": 1, "max": 9.0}, Numeric("linear", 1.0, 9.0)),
        ({"mu": 1.0, "sigma": 2.0}, Numeric("normal", mu=1.0, sigma=2.0)),
        ({"distribution": "q_uniform", "min": 0, "max": 9}, Numeric("linear", 0.0, 9.0, 1.0, integer=True)),
        ({"distribution": "q_uniform", "min": 0, "max": 9, "q": 0.5}, Numeric("linear", 0.0, 9.0, 0.5)),
        (
            {"distribution": "inv_log_uniform_values", "min": 1, "max": 9},
            Numeric("log", 1.0, 9.0, reverse=True),
        ),
        (
            {"distribution": "int_log_uniform_values", "min": 1, "max": 9},
            Numeric("log", 1.0, 9.0, 1.0, integer=True),
        ),
        ({"distribution": "q_log_normal"}, Numeric("log_normal", 0.0, q=1.0, integer=True)),
        ({"distribution": "beta", "a": 2, "b": 3}, Numeric("beta", 0.0, 1.0, a=2.0, b=3.0)),
        ({"values": ["s", "m", "l"], "ordered": True}, Categorical(("s", "m", "l"), ordered=True)),
        ({"values": ["s", "m"], "probabilities": [0.25, 0.75]}, Categorical(("s", "m"), (0.25, 0.75))),
    ],
)
def test_parse_implies_the_distribution(entry: dict[str, Any], expected: object) -> None:
    (parameter,) = parse(json.dumps(config(parameters={"p": entry}))).require().space.parameters
    assert parameter.distribution == expected


def test_parse_nests_to_any_depth_and_keeps_dots_in_names() -> None:
    nested = {
        "model": {
            "parameters": {"head.units": {"values": [1, 2]}, "deep": {"parameters": {"p": {"value": 1}}}}
        }
    }
    space = parse(json.dumps(config(parameters=nested))).require().space
    assert [p.path for p in space.parameters] == [("model", "head.units"), ("model", "deep", "p")]
    assert space.parameters[0].name == "model.head\\.units"


CONDITIONAL = {
    "optimizer": {"values": ["adam", "sgd"], "parameters": {"sgd": {"momentum": {"min": 0.0, "max": 0.99}}}},
    "lr": {"min": 0.0, "max": 1.0},
}


def test_parse_reads_conditional_parameters_as_siblings() -> None:
    space = parse(json.dumps(config(parameters=CONDITIONAL))).require().space
    assert [(p.path, p.condition) for p in space.parameters] == [
        (("optimizer",), None),
        (("momentum",), Condition(0, '"sgd"')),
        (("lr",), None),
    ]


def test_parse_refuses_conditions_on_values_that_are_not_there() -> None:
    bad = {"optimizer": CONDITIONAL["optimizer"] | {"parameters": {"sdg": {"momentum": {"min": 0, "mx": 1}}}}}
    found = errors(config(parameters=bad))
    assert found["parameters.optimizer.parameters.sdg"][2] == "sgd"
    assert "parameters.optimizer.parameters.sdg.momentum.max" in found  # errors below it show as well


def test_parse_refuses_two_parameters_for_one_argument() -> None:
    clash = CONDITIONAL | {"momentum": {"value": 0.9}}
    assert "the same as" in next(iter(errors(config(parameters=clash)).values()))[1]
    apart = {
        "optimizer": {
            "values": ["adam", "sgd"],
            "parameters": {"adam": {"lr": {"min": 0.0, "max": 0.1}}, "sgd": {"lr": {"min": 0.0, "max": 1.0}}},
        }
    }
    assert not errors(config(parameters=apart))
