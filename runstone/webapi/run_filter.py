"""The filter that the UI builds: a tree of comparisons, typed for its editor."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from runstone.domain.errors import Invalid
from runstone.domain.filter import (
    MOST_TESTS,
    TIMES,
    All,
    Condition,
    Either,
    Not,
    Test,
    exact_field,
    pattern_of,
    scalar,
)

DEEPEST = 32
OPERATIONS = {
    "=": "eq",
    "!=": "ne",
    "<": "lt",
    "<=": "lte",
    ">": "gt",
    ">=": "gte",
    "in": "in",
    "not in": "nin",
    "matches": "regex",
}
Operation = Literal["=", "!=", "<", "<=", ">", ">=", "in", "not in", "matches", "exists", "missing", "within"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class FilterAnd(_Part):
    """Every part holds; without parts: always."""

    parts: list["Filter"] = Field(alias="and")


class FilterOr(_Part):
    """One of the parts holds; without parts: never."""

    parts: list["Filter"] = Field(alias="or")


class FilterNot(_Part):
    """The part does not hold."""

    part: "Filter" = Field(alias="not")


class FilterTest(_Part):
    """One comparison. `field` is a column such as `config.lr`, `summary.loss`, `state` or `tags` (which holds
    when one tag does). `in` and `not in` take a list, `matches` a regular expression that is searched for
    ((?i) in front ignores case), `exists` and `missing` nothing, `within` a number of seconds before now
    (for instants, which otherwise compare with ISO 8601 texts)."""

    field: str
    op: Operation = "="
    value: str | float | bool | list[str | float | bool | None] | None = None


def _kind(value: Any) -> str:
    names = value if isinstance(value, Mapping) else value.model_dump(by_alias=True)
    return next((name for name in ("and", "or", "not") if name in names), "test")


Filter = Annotated[
    Union[  # noqa: UP007 - members refer to the whole
        Annotated[FilterAnd, Tag("and")],
        Annotated[FilterOr, Tag("or")],
        Annotated[FilterNot, Tag("not")],
        Annotated[FilterTest, Tag("test")],
    ],
    Discriminator(_kind),
]

for _model in (FilterAnd, FilterOr, FilterNot):
    _model.model_rebuild()


def condition_of(part: Filter, now: datetime, where: str = "where", depth: int = 0) -> Condition:
    """The condition of a filter. Raises `Invalid`, naming the place."""
    if depth > DEEPEST:
        raise Invalid(f"{where}: nested more than {DEEPEST} deep.")
    if isinstance(part, FilterNot):
        return Not(condition_of(part.part, now, f"{where}.not", depth + 1))
    if isinstance(part, FilterTest):
        return _test(part, now, f"{where}.{part.field}")
    word = "and" if isinstance(part, FilterAnd) else "or"
    if len(part.parts) > MOST_TESTS:
        raise Invalid(f"{where}: over {MOST_TESTS} comparisons in one filter.")
    inner = tuple(
        condition_of(one, now, f"{where}.{word}[{i}]", depth + 1) for i, one in enumerate(part.parts)
    )
    return All(inner) if isinstance(part, FilterAnd) else Either(inner)


def _test(part: FilterTest, now: datetime, where: str) -> Condition:
    field, value = exact_field(part.field), part.value
    if part.op in ("exists", "missing"):
        return Test(field, "exists", part.op == "exists")
    if part.op == "within":
        seconds = value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
        if field not in TIMES or not 0 <= seconds < 1e10:
            raise Invalid(
                f"{where}: 'within' expects one of {', '.join(sorted(TIMES))} and a number of seconds, "
                f"got {value!r:.80}."
            )
        return Test(field, "gte", (now - timedelta(seconds=float(seconds))).isoformat())
    if part.op in ("in", "not in"):
        if not isinstance(value, list):
            raise Invalid(f"{where}: expected a list, got {value!r:.80}.")
        return Test(field, OPERATIONS[part.op], tuple(scalar(one, where) for one in value))
    if isinstance(value, list):
        raise Invalid(f"{where}: {part.op!r} expects one value, got a list. Use 'in' for several.")
    if part.op == "matches":
        if not isinstance(value, str):
            raise Invalid(f"{where}: expected a regular expression as text, got {value!r:.80}.")
        return Test(field, "regex", pattern_of(value, where))
    return Test(field, OPERATIONS[part.op], scalar(value, where))
