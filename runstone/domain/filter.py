"""Conditions on runs, in the notation of MongoDB queries that clients send.

A document becomes a tree of `All`, `Either`, `Not` and `Test`; the store turns the tree
into SQL, and `holds` decides it for one run in plain Python (which the tests compare).
A field is one of `COLUMNS`, or `config.<path>` or `summary.<path>`.

Comparison follows MongoDB where it matters for runs: `$ne`, `$nin` and `$not` also hold
where the field is absent, `$lt` and its like compare numbers with numbers and texts with
texts only, `$exists` looks at presence.
"""

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runstone.domain.errors import Invalid
from runstone.domain.naming import storable
from runstone.domain.run import LONGEST_SORTED_TEXT

Scalar = str | float | bool | None

COLUMNS = frozenset(
    {
        *("name", "display_name", "state", "tags", "group", "job_type", "sweep", "created_at"),
        *("heartbeat_at", "ended_at", "username", "host", "notes", "commit", "duration"),
    }
)
SEARCHED = ("display_name", "name", "group", "job_type", "tags", "notes")
TIMES = frozenset({"created_at", "heartbeat_at", "ended_at"})
_ALIASES = {
    "displayName": "display_name",
    "jobType": "job_type",
    "groupName": "group",
    "group_name": "group",
    "createdAt": "created_at",
    "heartbeatAt": "heartbeat_at",
    "endedAt": "ended_at",
    "user": "username",
    "user.username": "username",
    "sweepName": "sweep",
    "sweep_name": "sweep",
    "description": "notes",
    "runtime": "duration",
}
# What not every database can do; behind an even number of backslashes.
_ODD_GROUP = re.compile(r"(?<!\\)(?:\\\\)*(\(\?(?!:|=|!|<=|<!|P<)[^)]{0,8})")
DEEPEST = 32
MOST_TESTS = 5000


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison. `op` is eq, ne, gt, gte, lt, lte, in, nin, exists or regex."""

    field: str
    op: str
    value: Any


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; empty: true."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part holds; empty: false."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Condition"


Condition = Test | All | Either | Not

_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_OPERATORS = {
    f"${name}": name for name in ("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "exists", "regex")
}


def parse_filter(document: Any, name_of: Callable[[str], str] | None = None) -> Condition:
    """The condition of a query document. Raises `Invalid`, naming the place.

    `name_of` gives our name of a field as clients write it; without one the fields are those of runs.
    """
    return _document(document, "filters", 0, _Reading(name_of or field_of, [MOST_TESTS]))


@dataclass(frozen=True, slots=True)
class _Reading:
    """How fields are named, and how many comparisons may still come."""

    name_of: Callable[[str], str]
    budget: list[int]


def field_of(key: str) -> str:
    """Our name of a field as clients write it. Raises `Invalid` for one that runs don't have."""
    name = _ALIASES.get(key, storable(key))
    if name in COLUMNS:
        return name
    for prefix, ours in (
        ("summary_metrics.", "summary."),
        ("summaryMetrics.", "summary."),
        ("summary.", "summary."),
    ):
        if name.startswith(prefix) and len(name) > len(prefix):
            return ours + name.removeprefix(prefix)
    if name.startswith("config.") and len(name) > len("config."):
        parts = name.split(".")
        # Clients write `config.lr.value` for the config entry `lr`; both spellings mean its value.
        if parts[-1] == "value" and len(parts) > 2:
            parts.pop()
        elif len(parts) > 3 and parts[2] == "value":
            parts.pop(2)
        return ".".join(parts)
    raise Invalid(
        f"runs have no field {key!r}. Expected config.<key>, summary_metrics.<key> or one of "
        f"{', '.join(sorted(COLUMNS))}."
    )


def exact_field(key: str) -> str:
    """The same for those who take names from our list of columns: nothing after `config.` is left out."""
    if key.startswith(("config.", "summary.")) and key not in ("config.", "summary."):
        return storable(key)
    return field_of(key)


def fields_of(condition: Condition) -> frozenset[str]:
    """Every field that a condition looks at."""
    if isinstance(condition, Test):
        return frozenset((condition.field,))
    if isinstance(condition, Not):
        return fields_of(condition.part)
    return frozenset().union(*(fields_of(part) for part in condition.parts))


def conjuncts(condition: Condition) -> Iterator[Condition]:
    """Parts that all have to hold, nested ones taken apart."""
    if isinstance(condition, All):
        for part in condition.parts:
            yield from conjuncts(part)
    else:
        yield condition


def _document(document: Any, where: str, depth: int, reading: _Reading) -> Condition:
    if depth > DEEPEST:
        raise Invalid(f"{where}: nested more than {DEEPEST} deep.")
    if not isinstance(document, Mapping):
        raise Invalid(f'{where}: expected an object such as {{"state": "finished"}}, got {document!r:.80}.')
    parts: list[Condition] = []
    for key, value in document.items():
        if key in ("$and", "$or", "$nor"):
            if not isinstance(value, Sequence) or isinstance(value, str):
                raise Invalid(f"{where}.{key}: expected a list of conditions, got {value!r:.80}.")
            inner = tuple(
                _document(one, f"{where}.{key}[{i}]", depth + 1, reading) for i, one in enumerate(value)
            )
            parts.append(
                All(inner) if key == "$and" else Either(inner) if key == "$or" else Not(Either(inner))
            )
        elif key == "$not":
            parts.append(Not(_document(value, f"{where}.$not", depth + 1, reading)))
        elif key.startswith("$"):
            raise Invalid(
                f"{where}: operator {key!r} is not known; expected $and, $or, $nor or $not, or a field."
            )
        else:
            parts.append(_field(reading.name_of(key), value, f"{where}.{key}", depth + 1, reading))
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _field(field: str, value: Any, where: str, depth: int, reading: _Reading) -> Condition:
    reading.budget[0] -= 1
    if reading.budget[0] < 0:
        raise Invalid(f"{where}: over {MOST_TESTS} comparisons in one filter.")
    if not isinstance(value, Mapping):
        return Test(field, "eq", scalar(value, where))
    parts: list[Condition] = []
    for key, operand in value.items():
        here = f"{where}.{key}"
        if key == "$not":
            parts.append(Not(_field(field, operand, here, depth + 1, reading)))
            continue
        if key == "$options" and "$regex" in value:
            continue
        if key not in _OPERATORS:
            raise Invalid(
                f"{where}: operator {key!r} is not known; expected one of {', '.join(_OPERATORS)}, $not."
            )
        parts.append(Test(field, _OPERATORS[key], _operand(_OPERATORS[key], operand, value, here)))
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _operand(op: str, operand: Any, around: Mapping[str, Any], where: str) -> Any:
    if op in ("in", "nin"):
        if not isinstance(operand, Sequence) or isinstance(operand, str):
            raise Invalid(f"{where}: expected a list, got {operand!r:.80}.")
        return tuple(scalar(one, where) for one in operand)
    if op == "exists":
        return bool(operand)
    if op == "regex":
        if not isinstance(operand, str):
            raise Invalid(f"{where}: expected a regular expression as text, got {operand!r:.80}.")
        return pattern_of(operand, where, ignore_case="i" in str(around.get("$options", "")))
    return scalar(operand, where)


def pattern_of(text: str, where: str, *, ignore_case: bool = False) -> str:
    """A regular expression that is searched for. Raises `Invalid` where `text` is none."""
    text = storable(text)
    pattern = f"(?i){text}" if ignore_case and not text.startswith("(?i)") else text
    odd = _ODD_GROUP.search(pattern, 4 if pattern.startswith("(?i)") else 0)
    if odd is not None:
        raise Invalid(
            f"{where}: {text!r:.80}: {odd[1]!r} is not possible here. Groups, (?:...), (?=...), (?!...), "
            "(?<=...), (?<!...) are, and (?i) at the beginning."
        )
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise Invalid(f"{where}: {text!r:.80} is not a regular expression ({error}).") from None
    return pattern


def searched(text: str) -> Condition:
    """A search among runs: a regular expression, or (where it is none) the text itself, in any case."""
    try:
        pattern = pattern_of(text, "search", ignore_case=True)
    except Invalid:
        pattern = "(?i)" + re.escape(text)
    return Either(tuple(Test(field, "regex", pattern) for field in SEARCHED))


def scalar(value: Any, where: str) -> Scalar:
    """A value that fields are compared with. Raises `Invalid` for anything else."""
    if isinstance(value, str):
        return storable(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    raise Invalid(f"{where}: expected a text, a number, true, false or null, got {value!r:.80}.")


def holds(condition: Condition, values: Callable[[str], Sequence[Scalar]]) -> bool:
    """Whether a condition holds for one run.

    `values(field)` gives the run's values of a field: several for tags, none where it is absent.
    """
    if isinstance(condition, All):
        return all(holds(part, values) for part in condition.parts)
    if isinstance(condition, Either):
        return any(holds(part, values) for part in condition.parts)
    if isinstance(condition, Not):
        return not holds(condition.part, values)
    present = [value for value in values(condition.field) if value is not None]
    op, operand = condition.op, condition.value
    if op == "exists":
        return bool(present) is bool(operand)
    if op in ("ne", "nin"):
        wanted = operand if op == "nin" else (operand,)
        return not _equal_any(present, _as_kept(condition.field, wanted))
    if op in ("eq", "in"):
        return _equal_any(present, _as_kept(condition.field, operand if op == "in" else (operand,)))
    if op == "regex":
        return any(isinstance(value, str) and re.search(operand, value) is not None for value in present)
    return any(_ordered(value, op, operand) for value in present)


def _as_kept(field: str, wanted: Sequence[Scalar]) -> Sequence[Scalar]:
    """Texts to compare with: of long values of config and summary only the beginning is kept."""
    if not field.startswith(("config.", "summary.")):
        return wanted
    return [one[:LONGEST_SORTED_TEXT] if isinstance(one, str) else one for one in wanted]


def _equal_any(present: Sequence[Scalar], wanted: Sequence[Scalar]) -> bool:
    return any(
        (not present) if one is None else any(_same(value, one) for value in present) for one in wanted
    )


def _same(value: Scalar, other: Scalar) -> bool:
    if isinstance(value, str) or isinstance(other, str):
        return isinstance(value, str) and isinstance(other, str) and value == other
    return value is not None and other is not None and float(value) == float(other)


def _ordered(value: Scalar, op: str, operand: Scalar) -> bool:
    if value is None or operand is None or isinstance(value, str) != isinstance(operand, str):
        return False
    if isinstance(value, str) and isinstance(operand, str):
        return bool(_ORDER[op](value, operand))
    return bool(_ORDER[op](float(value), float(operand)))
