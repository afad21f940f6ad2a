"""Scalars of the contract. JSONString is text in both directions; the rest is native JSON."""

from datetime import UTC, datetime
from typing import Any

from ariadne import ScalarType, SchemaBindable
from graphql import GraphQLError, ValueNode, value_from_ast_untyped

json_string = ScalarType("JSONString")
json_native = ScalarType("JSON")
int64 = ScalarType("Int64")
date_time = ScalarType("DateTime")
duration = ScalarType("Duration")

BINDABLES: list[SchemaBindable] = [json_string, json_native, int64, date_time, duration]


@json_string.value_parser
def parse_json_string(value: Any) -> str:
    """A JSON document as text, passed on unparsed."""
    if not isinstance(value, str):
        raise GraphQLError(f"JSONString: expected JSON as text, got {type(value).__name__}.")
    return value


@json_native.value_parser
def parse_json(value: Any) -> Any:
    """Any JSON value."""
    return value


@json_native.literal_parser
def parse_json_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
    """Any JSON value written in the query itself."""
    return value_from_ast_untyped(node, variables)


@int64.value_parser
def parse_int64(value: Any) -> int:
    """A 64-bit whole number, also when written as text or as a whole float."""
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise GraphQLError(f"Int64: expected a whole number, got {value!r}.") from None
    if number != float(value) if isinstance(value, float) else isinstance(value, bool):
        raise GraphQLError(f"Int64: expected a whole number, got {value!r}.")
    return number


@duration.value_parser
def parse_duration(value: Any) -> int:
    """A span of time in whole milliseconds."""
    return int(parse_int64(value))


@date_time.serializer
def serialize_instant(value: datetime) -> str:
    """UTC instant as ISO 8601 with a Z."""
    return instant_text(value)


def instant_text(value: datetime) -> str:
    """UTC instant as the clients write it: `2026-11-23T08:51:35Z`."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
