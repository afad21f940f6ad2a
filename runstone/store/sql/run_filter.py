"""Conditions on runs as SQL, the same on both databases.

Text compares by code point (`COLLATE "C"` on PostgreSQL, SQLite's own order) and regular
expressions are searched, as in `domain.filter.holds`, which the tests compare this with.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    FromClause,
    Select,
    and_,
    case,
    cast,
    collate,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    true,
    type_coerce,
)

from runstone.domain.errors import Invalid
from runstone.domain.filter import TIMES, All, Condition, Either, Not, Scalar, Test
from runstone.domain.run import LONGEST_SORTED_TEXT
from runstone.domain.run_order import NOTHING, NUMBER, TEXT, SortKey
from runstone.store.schema import RUN_DURATION, SORTED_TEXTS, run, run_value, sweep, user_account

# Correlated with `run` alone: the query around may have joined these tables too.
_SWEEP_NAME = select(sweep.c.name).where(sweep.c.id == run.c.sweep_id).correlate(run).scalar_subquery()
_USERNAME = (
    select(user_account.c.username).where(user_account.c.id == run.c.user_id).correlate(run).scalar_subquery()
)
_DURATION = cast(RUN_DURATION, Double) / 1e6

_TEXTS: dict[str, ColumnElement[Any]] = {
    "name": run.c.name,
    "display_name": run.c.display_name,
    "state": run.c.state,
    "group": run.c.group_name,
    "job_type": run.c.job_type,
    "sweep": _SWEEP_NAME,
    "username": _USERNAME,
    "host": run.c.host,
    "notes": run.c.notes,
    "commit": run.c.commit_hash,
}


@dataclass(frozen=True, slots=True)
class Sorting:
    """What runs are sorted by under one key: rank, number and text (None where all are alike), and the table
    with its condition that `run` is joined to, None for columns of its own."""

    rank: ColumnElement[Any]
    number: ColumnElement[Any] | None
    text: ColumnElement[Any] | None
    joined: tuple[FromClause, ColumnElement[bool]] | None


INDEXED = frozenset({"name", "state"})  # columns whose equality an index of their project answers


_OTHERS = frozenset({*_TEXTS, *TIMES, "tags", "duration"})


class RunConditions:
    """Turns conditions on runs of one project into SQL for one database dialect (`sqlite`, `postgresql`).

    `paths` are the ids of the paths of values that the conditions speak of; a path that no run
    of the project has is absent from it.
    """

    def __init__(self, dialect: str, project_id: int, paths: Mapping[str, int]) -> None:
        self._postgres = dialect == "postgresql"
        self._project_id = project_id
        self._paths = paths

    def where(self, condition: Condition) -> ColumnElement[bool]:
        """The condition as an expression over table `run`. Never null."""
        if isinstance(condition, All):
            return and_(true(), *[self.where(part) for part in condition.parts])
        if isinstance(condition, Either):
            return or_(false(), *[self.where(part) for part in condition.parts])
        if isinstance(condition, Not):
            return not_(self.where(condition.part))
        return func.coalesce(self._test(condition), False)

    def leaf(self, condition: Condition) -> Select[Any] | None:
        """Ids of the runs that meet a condition, or of a few more, by an index alone; None where no index
        tells."""
        if not isinstance(condition, Test):
            return None
        field, op, operand = condition.field, condition.op, condition.value
        if op not in ("eq", "in", "exists", "gt", "gte", "lt", "lte"):
            return None
        if field in INDEXED:
            if op not in ("eq", "in"):
                return None
            return select(run.c.id).where(
                run.c.project_id == self._project_id, run.c.deleted_at.is_(None), self._test(condition)
            )
        path_id = self._paths.get(field)
        if path_id is None:
            return None
        own = select(run_value.c.run_id).where(
            run_value.c.project_id == self._project_id, run_value.c.path_id == path_id
        )
        if op == "exists":
            return own if operand else None
        if op in ("eq", "in"):
            return self._leaf_of_equals(own, operand if op == "in" else (operand,))
        if operand is None or isinstance(operand, str):
            return None
        return own.where(_compare(run_value.c.num, op, float(operand)))

    @staticmethod
    def _leaf_of_equals(own: Select[Any], wanted: Sequence[Scalar]) -> Select[Any] | None:
        texts = [one[:LONGEST_SORTED_TEXT] for one in wanted if isinstance(one, str)]
        numbers = [float(one) for one in wanted if one is not None and not isinstance(one, str)]
        if len(texts) == len(wanted):
            return own.where(run_value.c.str.in_(texts))
        return own.where(run_value.c.num.in_(numbers)) if len(numbers) == len(wanted) else None

    def sorting(self, key: SortKey) -> Sorting:
        """What one key sorts by. None of the expressions is ever null."""
        field = key.field
        if field in TIMES or field == "duration":
            own = RUN_DURATION if field == "duration" else self.instant(field)
            return Sorting(case((own.is_(None), NOTHING), else_=NUMBER), func.coalesce(own, 0), None, None)
        if field == "tags" or field in _TEXTS:
            text = run.c.tags if field == "tags" else _TEXTS[field]
            known = case((text.is_(None), NOTHING), else_=TEXT)
            return Sorting(known, None, self._text(func.coalesce(text, "")), None)
        value = run_value.alias()
        rank = case((value.c.num.is_not(None), NUMBER), (value.c.str.is_not(None), TEXT), else_=NOTHING)
        # A boolean has a number and its word, and is ordered by the number.
        text = case((value.c.num.is_(None), func.coalesce(value.c.str, "")), else_="")
        joined = and_(value.c.run_id == run.c.id, value.c.path_id == self._paths.get(field, -1))
        return Sorting(rank, func.coalesce(value.c.num, 0.0), self._text(text), (value, joined))

    def walked(self, field: str) -> ColumnElement[Any] | None:
        """The column of a field that an index of the project lists in order."""
        if field in ("created_at", "heartbeat_at"):
            return self.instant(field)
        if field == "duration":
            return RUN_DURATION
        return self._text(SORTED_TEXTS[field]) if field in SORTED_TEXTS else None

    @staticmethod
    def instant(field: str) -> ColumnElement[int]:
        """An instant as it is stored: microseconds since 1970."""
        return type_coerce(run.c[field], BigInteger)

    def shown(self, field: str) -> ColumnElement[Any]:
        """A column of runs themselves: a text, or a number (instants in seconds since 1970)."""
        if field in TIMES:
            return cast(self.instant(field), Double) / 1e6
        if field == "duration":
            return _DURATION
        return run.c.tags if field == "tags" else _TEXTS[field]

    def _test(self, test: Test) -> ColumnElement[bool]:
        field, op, operand = test.field, test.op, test.value
        if op in ("ne", "nin"):
            return not_(self.where(Test(field, "eq" if op == "ne" else "in", operand)))
        if op in ("eq", "in"):
            wanted = operand if op == "in" else (operand,)
            if field in _OTHERS:
                return or_(false(), *[self._equal(field, one) for one in wanted])
            return self._value_equal(field, wanted)
        if op == "exists":
            present = self._present(field)
            return present if operand else not_(present)
        if op == "regex":
            return self._any(field, lambda text, _number: self._matches(text, operand))
        return self._ordered(field, op, operand)

    def _present(self, field: str) -> ColumnElement[bool]:
        if field == "tags":
            return run.c.tags != "[]"
        if field in TIMES:
            return run.c[field].is_not(None)
        if field == "duration":
            return true()
        if field in _TEXTS:
            return _TEXTS[field].is_not(None)
        return self._value_where(field)

    def _equal(self, field: str, value: Scalar) -> ColumnElement[bool]:
        if value is None:
            return not_(self._present(field))
        if field == "tags":
            if not isinstance(value, str):
                return false()
            return self._position(run.c.tags, json.dumps(value, ensure_ascii=False)) > 0
        if field in TIMES:
            return run.c[field] == _instant(value, field)
        if field == "duration":
            return false() if isinstance(value, str) else _DURATION.op("=")(float(value))
        if field in _TEXTS:
            return _TEXTS[field] == value if isinstance(value, str) else false()
        return false()

    def _value_equal(self, field: str, wanted: Sequence[Scalar]) -> ColumnElement[bool]:
        texts = [one[:LONGEST_SORTED_TEXT] for one in wanted if isinstance(one, str)]
        numbers = [float(one) for one in wanted if one is not None and not isinstance(one, str)]
        ways: list[ColumnElement[bool]] = []
        if texts:
            ways.append(and_(run_value.c.num.is_(None), run_value.c.str.in_(texts)))
        if numbers:
            ways.append(run_value.c.num.in_(numbers))
        found = self._value_where(field, or_(*ways)) if ways else false()
        return or_(found, not_(self._present(field))) if None in wanted else found

    def _ordered(self, field: str, op: str, operand: Scalar) -> ColumnElement[bool]:
        if operand is None:
            return false()
        if field in TIMES:
            return _compare(run.c[field], op, _instant(operand, field))
        if field == "duration":
            return false() if isinstance(operand, str) else _compare(_DURATION, op, float(operand))
        if isinstance(operand, str):
            return self._any(field, lambda text, _number: _compare(self._text(text), op, operand))
        if field in _TEXTS or field == "tags":
            return false()
        return self._value_where(field, _compare(run_value.c.num, op, float(operand)))

    def _any(self, field: str, condition: Any) -> ColumnElement[bool]:
        """Whether any text value of the field meets the condition."""
        if field == "tags":
            if self._postgres:
                each = func.jsonb_array_elements_text(cast_json(run.c.tags)).table_valued(
                    "value", name="tag_value"
                )
            else:
                each = func.json_each(run.c.tags).table_valued("value", name="tag_value")
            return exists(select(1).select_from(each).where(condition(each.c.value, None)))
        if field in TIMES or field == "duration":
            return false()
        if field in _TEXTS:
            result: ColumnElement[bool] = condition(_TEXTS[field], None)
            return result
        return self._value_where(field, condition(run_value.c.str, None), run_value.c.num.is_(None))

    def _value_where(self, field: str, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        path_id = self._paths.get(field)
        if path_id is None:
            return false()
        return exists(
            select(1).where(
                run_value.c.run_id == run.c.id,
                run_value.c.path_id == path_id,
                *conditions,
            )
        )

    def _text(self, column: Any) -> ColumnElement[Any]:
        return collate(column, "C") if self._postgres else column

    def _position(self, column: Any, part: str) -> ColumnElement[int]:
        return func.strpos(column, part) if self._postgres else func.instr(column, part)

    def _matches(self, column: Any, pattern: str) -> ColumnElement[bool]:
        result: ColumnElement[bool] = column.regexp_match(
            postgres_pattern(pattern) if self._postgres else pattern
        )
        return result


_WORDS = {
    r"\b": r"\y",
    r"\B": r"\Y",
    ".": r"[^\n]",
}


def postgres_pattern(pattern: str) -> str:
    """A pattern of Python's as PostgreSQL writes it: borders of words, names of groups, any character."""
    return _PARTS.sub(
        lambda part: _WORDS.get(part[0], "(" if part[0].startswith("(?P<") else part[0]), pattern
    )


# A class in brackets stays as it is, and so does anything else behind a backslash.
_PARTS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]|\\.|\(\?P<\w+>|\.", re.DOTALL)


def cast_json(column: Any) -> ColumnElement[Any]:
    """A JSON text column as jsonb (PostgreSQL)."""
    from sqlalchemy.dialects.postgresql import JSONB  # noqa: PLC0415 - the other database never needs it

    return cast(column, JSONB)


def _compare(column: Any, op: str, value: Any) -> ColumnElement[bool]:
    if op == "gt":
        result = column > value
    elif op == "gte":
        result = column >= value
    elif op == "lt":
        result = column < value
    else:
        result = column <= value
    return result  # type: ignore[no-any-return]


def _instant(value: Scalar, field: str) -> datetime:
    """An instant of a filter: ISO 8601 text (UTC unless it says otherwise) or seconds since 1970."""
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value.replace("Z", "+00:00"))
            return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        return datetime.fromtimestamp(float(value or 0), UTC)
    except (ValueError, OverflowError, OSError):
        raise Invalid(
            f"filters.{field}: expected a time such as 2026-03-01T12:00:00Z, got {value!r}."
        ) from None
