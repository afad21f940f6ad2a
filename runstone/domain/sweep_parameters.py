"""The `parameters` block of a sweep's configuration, read into a space."""

import math
import re
from collections.abc import Mapping
from typing import Any

from runstone.domain.distribution import Categorical, Constant, Distribution, Numeric, canonical
from runstone.domain.space import Condition, Parameter, Path, Space, dotted
from runstone.domain.sweep_problem import Problems, nearest, show

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
_KEYS: dict[str, tuple[str, ...]] = {
    "constant": ("value",),
    "categorical": ("values", "ordered"),
    "categorical_w_probabilities": ("values", "probabilities", "ordered"),
    "int_uniform": ("min", "max"),
    "uniform": ("min", "max"),
    "q_uniform": ("min", "max", "q"),
    "log_uniform": ("min", "max"),
    "q_log_uniform": ("min", "max", "q"),
    "inv_log_uniform": ("min", "max"),
    "log_uniform_values": ("min", "max"),
    "q_log_uniform_values": ("min", "max", "q"),
    "inv_log_uniform_values": ("min", "max"),
    "int_log_uniform_values": ("min", "max"),
    "normal": ("mu", "sigma"),
    "q_normal": ("mu", "sigma", "q"),
    "log_normal": ("mu", "sigma"),
    "q_log_normal": ("mu", "sigma", "q"),
    "beta": ("a", "b"),
    "q_beta": ("a", "b", "q"),
}
_ALL_KEYS = (
    "distribution",
    "parameters",
    "description",
    *dict.fromkeys(k for ks in _KEYS.values() for k in ks),
)
_DEPTH = 20
_MOST = 2_000
_MOST_VALUES = 100_000
_MAX_EXPONENT = 700.0


def read_parameters(found: Any, problems: Problems) -> Space:
    """The space of a `parameters` block; faults go to `problems`, faulty parameters are left out."""
    reader = _Reader(problems)
    if not isinstance(found, Mapping) or not found:
        problems.error("parameters", "at least one parameter, e.g. {lr: {min: 0.001, max: 0.1}}", found)
        return Space(())
    reader.group("parameters", found, (), None)
    reader.check_paths()
    return Space(tuple(reader.parameters))


class _Reader:
    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.parameters: list[Parameter] = []
        self.where: list[str] = []

    def group(self, where: str, found: Mapping[str, Any], path: Path, condition: Condition | None) -> None:
        """Parameters side by side under one name."""
        if len(path) >= _DEPTH:
            self.problems.error(where, f"at most {_DEPTH} levels of nesting", "more")
            return
        for name, entry in found.items():
            place = f"{where}.{name}"
            if not _NAME.match(str(name)):
                self.problems.error(
                    place, "a name of letters, digits, '_', '.', '-' that begins with a letter or '_'", name
                )
            elif not isinstance(entry, Mapping):
                example = canonical({"values": entry} if isinstance(entry, list) else {"value": entry})
                self.problems.error(place, f"a description such as {example}", entry)
            elif len(self.parameters) >= _MOST:
                if len(self.parameters) == _MOST:
                    self.problems.error(place, f"at most {_MOST} parameters", "more")
                return
            else:
                self.entry(place, entry, (*path, str(name)), condition)

    def entry(self, where: str, entry: Mapping[str, Any], path: Path, condition: Condition | None) -> None:
        """One parameter, or a nested group of them."""
        self.problems.unknown_keys(where, entry, _ALL_KEYS)
        if "parameters" in entry and "values" not in entry:
            nested = entry["parameters"]
            extra = [k for k in entry if k in _ALL_KEYS and k not in ("parameters", "description")]
            if extra:
                self.problems.error(where, "either nested `parameters` or a distribution", sorted(entry))
            if not isinstance(nested, Mapping) or not nested:
                self.problems.error(f"{where}.parameters", "at least one parameter", nested)
                return
            self.group(f"{where}.parameters", nested, path, condition)
            return
        distribution = self.distribution(where, entry)
        number = len(self.parameters)
        if distribution is not None:
            self.parameters.append(Parameter(path, distribution, condition))
            self.where.append(where)
        if "parameters" in entry:
            self.children(f"{where}.parameters", entry, path[:-1], number, distribution)

    def children(
        self, where: str, entry: Mapping[str, Any], path: Path, parent: int, distribution: Distribution | None
    ) -> None:
        """Parameters that apply only while their parent has a certain value; they are its siblings."""
        found = entry["parameters"]
        if not isinstance(found, Mapping) or not found:
            self.problems.error(where, "an object from the parent's values to their parameters", found)
            return
        values = distribution.values if isinstance(distribution, Categorical) else ()
        texts = {canonical(v): canonical(v) for v in values}
        texts = {**{v: canonical(v) for v in values if isinstance(v, str)}, **texts}
        plain = [v if isinstance(v, str) else canonical(v) for v in values]
        for key, group in found.items():
            place = f"{where}.{key}"
            text = texts.get(str(key))
            if text is None and distribution is not None:
                self.problems.error(place, f"one of the parent's values: {', '.join(plain)}", key, plain)
            if not isinstance(group, Mapping) or not group:
                self.problems.error(
                    place, "at least one parameter, e.g. {momentum: {min: 0.0, max: 0.99}}", group
                )
            else:  # read even below an unknown value, so that all errors show at once
                self.group(place, group, path, Condition(parent, text or canonical(key)))

    def distribution(self, where: str, entry: Mapping[str, Any]) -> Distribution | None:
        """The distribution an entry describes, None if it is faulty."""
        kind = entry.get("distribution")
        if kind is None:
            kind = self._implied(where, entry)
        elif not isinstance(kind, str) or kind not in _KEYS:
            self.problems.error(f"{where}.distribution", f"one of {', '.join(_KEYS)}", kind, _KEYS)
            return None
        if kind is None:
            return None
        if kind == "categorical" and entry.get("probabilities") is not None:
            kind = "categorical_w_probabilities"
        allowed = (*_KEYS[kind], "distribution", "description", "parameters")
        for key in entry:
            if key in _ALL_KEYS and key not in allowed and entry[key] is not None:
                self.problems.error(f"{where}.{key}", f"only {', '.join(_KEYS[kind])} for {kind}", entry[key])
        if kind == "constant":
            if "value" not in entry:
                self.problems.error(f"{where}.value", "a value", None)
                return None
            return Constant(entry["value"])
        if kind.startswith("categorical"):
            return self._categorical(where, entry, kind)
        return self._numeric(where, entry, kind)

    def _implied(self, where: str, entry: Mapping[str, Any]) -> str | None:
        if "value" in entry:
            return "constant"
        if "values" in entry:
            return "categorical"
        if "min" in entry and "max" in entry:
            ends = [entry["min"], entry["max"]]
            whole = all(isinstance(e, int) and not isinstance(e, bool) for e in ends)
            return "int_uniform" if whole else "uniform"
        if {"mu", "sigma"} & set(entry):
            return "normal"
        known = [k for k in entry if k not in _ALL_KEYS]
        close = next((c for k in known if (c := nearest(k, ("value", "values", "min", "max")))), None)
        missing = "max" if "min" in entry else "min" if "max" in entry else None
        if missing:
            self.problems.error(f"{where}.{missing}", "a number beside the other limit", None)
        else:
            self.problems.error(
                where, "`value`, `values`, or `min` and `max`", entry, [close] if close else []
            )
        return None

    def _categorical(self, where: str, entry: Mapping[str, Any], kind: str) -> Categorical | None:
        values = entry.get("values")
        if not isinstance(values, list) or not values or len(values) > _MOST_VALUES:
            self.problems.error(f"{where}.values", f"a list of 1 to {_MOST_VALUES} values", values)
            return None
        texts = [canonical(v) for v in values]
        if len(set(texts)) < len(texts):
            twice = next(t for t in texts if texts.count(t) > 1)
            self.problems.error(f"{where}.values", "each value once", f"{twice} more than once")
            return None
        ordered = entry.get("ordered", False)
        if not isinstance(ordered, bool):
            self.problems.error(f"{where}.ordered", "true or false", ordered)
            return None
        if kind == "categorical":
            return Categorical(tuple(values), None, ordered)
        weights = self._probabilities(f"{where}.probabilities", entry.get("probabilities"), len(values))
        return None if weights is None else Categorical(tuple(values), weights, ordered)

    def _probabilities(self, where: str, found: Any, count: int) -> tuple[float, ...] | None:
        if not isinstance(found, list) or len(found) != count:
            got = f"{len(found)} of them" if isinstance(found, list) else found
            self.problems.error(where, f"one probability per value ({count})", got)
            return None
        numbers = [self.problems.number(f"{where}[{i}]", p) for i, p in enumerate(found)]
        weights = [float(n) for n in numbers if n is not None]
        if len(weights) < count:
            return None
        if min(weights) < 0 or abs(sum(weights) - 1.0) > 1e-3:
            self.problems.error(where, "numbers from 0 to 1 with the sum 1", found)
            return None
        total = sum(weights)
        return tuple(w / total for w in weights)

    def _numeric(self, where: str, entry: Mapping[str, Any], kind: str) -> Numeric | None:
        numbers = self._numbers(where, entry, kind)
        if numbers is None:
            return None
        q = numbers.get("q")
        options: dict[str, Any] = {"q": None if q is None else float(q), "integer": isinstance(q, int)}
        if kind.endswith("beta"):
            options |= {"a": float(numbers["a"]), "b": float(numbers["b"])}
            return Numeric("beta", 0.0, 1.0, **options)
        if kind.endswith("normal"):
            low = 0.0 if "log" in kind else -math.inf
            options |= {"mu": float(numbers["mu"]), "sigma": float(numbers["sigma"])}
            return Numeric("log_normal" if "log" in kind else "normal", low, **options)
        low, high = float(numbers["min"]), float(numbers["max"])
        if kind in ("log_uniform", "q_log_uniform", "inv_log_uniform"):
            if max(abs(low), abs(high)) > _MAX_EXPONENT:
                self.problems.error(where, f"natural exponents between ±{_MAX_EXPONENT:g}", [low, high])
                return None
            if kind.startswith("inv"):
                low, high = -high, -low
            low, high = math.exp(low), math.exp(high)
            modern = kind.replace("uniform", "uniform_values")
            self.problems.warnings.append(
                f"{where}: `{kind}` is deprecated and takes natural exponents, so the values run "
                f"from {low:.4g} to {high:.4g}; for plain limits use `{modern}`"
            )
        if kind == "int_uniform":
            return Numeric("linear", int(numbers["min"]), int(numbers["max"]), integer=True)
        if kind == "int_log_uniform_values":
            return Numeric("log", low, high, q=1.0, integer=True)
        options["reverse"] = kind.startswith("inv")
        return Numeric("log" if "log" in kind else "linear", low, high, **options)

    def _numbers(self, where: str, entry: Mapping[str, Any], kind: str) -> dict[str, int | float] | None:
        """The numeric keys of a kind with defaults, checked; None if any is faulty."""
        before = len(self.problems.errors)
        defaults: dict[str, int] = {"q": 1, "mu": 0, "sigma": 1, "a": 1, "b": 1}
        numbers: dict[str, int | float] = {}
        for key in _KEYS[kind]:
            given = entry.get(key)
            if given is None and key in defaults:
                numbers[key] = defaults[key]
                continue
            number = self.problems.number(f"{where}.{key}", given)
            if number is None:
                continue
            numbers[key] = number
            if key in ("q", "sigma", "a", "b") and number <= 0:
                self.problems.error(f"{where}.{key}", "a number above 0", number)
            if kind.startswith("int_") and not float(number).is_integer():
                self.problems.error(f"{where}.{key}", "a whole number", number)
            if kind.endswith("_values") and key == "min" and number <= 0:
                self.problems.error(f"{where}.min", "a number above 0, as the scale is a logarithm", number)
        if "min" in numbers and "max" in numbers and numbers["min"] >= numbers["max"]:
            got = f"{show(numbers['min'])} and {show(numbers['max'])}"
            self.problems.error(where, "`min` below `max`", got)
        return numbers if len(self.problems.errors) == before else None

    def check_paths(self) -> None:
        """No two parameters may give the same argument at the same time, or one inside another's value."""
        by_path: dict[Path, list[int]] = {}
        for i, parameter in enumerate(self.parameters):
            by_path.setdefault(parameter.path, []).append(i)
        for i, parameter in enumerate(self.parameters):
            others = [j for j in by_path[parameter.path] if j < i]
            for length in range(1, len(parameter.path)):
                others += by_path.get(parameter.path[:length], [])
            for j in others:
                if not self._exclusive(i, j):
                    self.problems.error(
                        self.where[i],
                        f"an argument of its own, not {dotted(parameter.path)!r}",
                        f"the same as {self.where[j]}",
                    )

    def _exclusive(self, i: int, j: int) -> bool:
        """Two parameters never apply together, as one ancestor has to differ."""
        chain = dict(self._conditions(i))
        return any(parent in chain and chain[parent] != value for parent, value in self._conditions(j))

    def _conditions(self, number: int) -> list[tuple[int, str]]:
        found: list[tuple[int, str]] = []
        condition = self.parameters[number].condition
        while condition is not None and condition.parent < number:
            found.append((condition.parent, condition.value))
            number = condition.parent
            condition = self.parameters[number].condition
        return found


def unlistable(space: Space) -> list[Parameter]:
    """Parameters that a grid cannot list."""
    found: list[Parameter] = []
    for parameter in space.parameters:
        d = parameter.distribution
        if isinstance(d, Numeric) and (d.scale != "linear" or d.lattice is None):
            found.append(parameter)
    return found
