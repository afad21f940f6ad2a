"""Conditions on runs as SQL, the same on both databases.

Text compares by code point (`COLLATE "C"` on PostgreSQL, SQLite's own order) and regular
expressions are searched, as in `domain.filter.holds`, which the tests compare this with.
"""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    and_,
    cast,
    collate,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    true,
)

from runstone.domain.errors import Invalid
from runstone.domain.filter import TIMES, All, Condition, Either, Not, Scalar, Test, field_of
from runstone.store.schema import run, run_value, sweep, user_account, value_path

# Correlated with `run` alone: the query around may have joined these tables too.
_SWEEP_NAME = select(sweep.c.name).where(sweep.c.id == run.c.sweep_id).correlate(run).scalar_subquery()
_USERNAME = (
    select(user_account.c.username).where(user_account.c.id == run.c.user_id).correlate(run).scalar_subquery()
)
_DURATION = (
    cast(func.coalesce(run.c.ended_at, run.c.heartbeat_at), Double) - cast(run.c.created_at, Double)
) / 1e6

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


class RunConditions:
    """Turns conditions on runs into SQL for one database dialect (`sqlite` or `postgresql`)."""

    def __init__(self, dialect: str) -> None:
        self._postgres = dialect == "postgresql"

    def where(self, condition: Condition) -> ColumnElement[bool]:
        """The condition as an expression over table `run`. Never null."""
        if isinstance(condition, All):
            return and_(true(), *[self.where(part) for part in condition.parts])
        if isinstance(condition, Either):
            return or_(false(), *[self.where(part) for part in condition.parts])
        if isinstance(condition, Not):
            return not_(self.where(condition.part))
        return func.coalesce(self._test(condition), False)

    def order(self, orders: str) -> list[ColumnElement[Any]]:
        """Order-by terms of `+created_at`, `-summary_metrics.loss` or several, separated by commas.

        Runs without the value come last either way; ties go by id.
        """
        terms: list[ColumnElement[Any]] = []
        for one in [part.strip() for part in orders.split(",") if part.strip()] or ["+created_at"]:
            down = one.startswith("-")
            for column in self._sortable(field_of(one.lstrip("+-"))):
                terms += [column.is_(None), column.desc() if down else column.asc()]
        first_down = orders.strip().startswith("-")
        return [*terms, run.c.id.desc() if first_down else run.c.id.asc()]

    def _sortable(self, field: str) -> list[ColumnElement[Any]]:
        if field in TIMES:
            return [run.c[field]]
        if field == "duration":
            return [_DURATION]
        if field == "tags":
            return [self._text(run.c.tags)]
        if field in _TEXTS:
            return [self._text(_TEXTS[field])]
        own = and_(run_value.c.run_id == run.c.id, run_value.c.path_id == self._path(field))
        number = select(run_value.c.num).where(own).scalar_subquery()
        text = select(self._text(run_value.c.str)).where(own).scalar_subquery()
        return [number, text]

    def _test(self, test: Test) -> ColumnElement[bool]:
        field, op, operand = test.field, test.op, test.value
        if op in ("ne", "nin"):
            return not_(self.where(Test(field, "eq" if op == "ne" else "in", operand)))
        if op in ("eq", "in"):
            wanted = operand if op == "in" else (operand,)
            return or_(false(), *[self._equal(field, one) for one in wanted])
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
        if isinstance(value, str):
            return self._value_where(field, run_value.c.str == value, run_value.c.num.is_(None))
        return self._value_where(field, run_value.c.num == float(value))

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
        return exists(
            select(1).where(
                run_value.c.project_id == run.c.project_id,
                run_value.c.run_id == run.c.id,
                run_value.c.path_id == self._path(field),
                *conditions,
            )
        )

    @staticmethod
    def _path(field: str) -> Any:
        return (
            select(value_path.c.id)
            .where(value_path.c.project_id == run.c.project_id, value_path.c.path == field)
            .correlate(run)  # two levels out: left alone it would read all runs, and take any project's path
            .scalar_subquery()
        )

    def _text(self, column: Any) -> ColumnElement[Any]:
        return collate(column, "C") if self._postgres else column

    def _position(self, column: Any, part: str) -> ColumnElement[int]:
        return func.strpos(column, part) if self._postgres else func.instr(column, part)

    @staticmethod
    def _matches(column: Any, pattern: str) -> ColumnElement[bool]:
        result: ColumnElement[bool] = column.regexp_match(pattern)
        return result


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
