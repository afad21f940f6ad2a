"""Filters and orders over collections, versions and registries: lists short enough to sift in Python."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import orjson

from runstone.domain.errors import Invalid
from runstone.domain.filter import Scalar, holds, parse_filter
from runstone.wire.graphql.nodes import VersionNode
from runstone.wire.graphql.scalars import instant_text
from runstone.wire.ids import wire_id

T = TypeVar("T")
Fields = Mapping[str, Callable[[Any], Sequence[Scalar]]]


def _text(value: Any) -> Sequence[Scalar]:
    return () if value is None else (str(value),)


COLLECTION_FIELDS: Fields = {
    "id": lambda node: (wire_id("ArtifactCollection", node.row.id), float(node.row.id)),
    "name": lambda node: (node.row.name,),
    "description": lambda node: _text(node.row.description),
    "tag": lambda node: node.tags,
    "type": lambda node: (node.row.type_name,),
    "created_at": lambda node: (instant_text(node.row.created_at),),
    "updated_at": lambda node: (instant_text(node.row.updated_at),),
}
VERSION_FIELDS: Fields = {
    "id": lambda node: (wire_id("Artifact", node.row.id), float(node.row.id)),
    "state": lambda node: (node.row.state.upper(),),
    "version": lambda node: (f"v{node.row.number}", float(node.row.number)),
    "digest": lambda node: (node.row.digest,),
    "size": lambda node: (float(node.row.size_bytes),),
    "tag": lambda node: node.tags,
    "alias": lambda node: tuple(one.alias for place in node.places[:1] for one in place.aliases),
    "created_at": lambda node: (instant_text(node.row.created_at),),
    "updated_at": lambda node: (instant_text(node.row.updated_at),),
}
REGISTRY_FIELDS: Fields = {
    "id": lambda row: (wire_id("Project", row.id), float(row.id)),
    "name": lambda row: (row.name,),
    "entity_id": lambda row: (wire_id("Entity", row.entity_id), float(row.entity_id)),
    "description": lambda row: _text(row.description),
    "created_at": lambda row: (instant_text(row.created_at),),
    "updated_at": lambda row: (instant_text(row.updated_at),),
}
PLACE_FIELDS: Fields = {
    "version": lambda pair: (f"v{pair[0].row.number}", float(pair[0].row.number)),
    "alias": lambda pair: tuple(one.alias for one in pair[0].aliases),
    "linked_at": lambda pair: (instant_text(pair[0].row.created_at),),
    "id": lambda pair: VERSION_FIELDS["id"](pair[1]),
    "tag": lambda pair: pair[1].tags,
    "size": lambda pair: VERSION_FIELDS["size"](pair[1]),
    "created_at": lambda pair: VERSION_FIELDS["created_at"](pair[1]),
    "updated_at": lambda pair: VERSION_FIELDS["updated_at"](pair[1]),
}
_SAME = {
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "tags": "tag",
    "aliases": "alias",
    "versionIndex": "version",
    "version_index": "version",
    "project_id": "id",
    "artifact_collection_id": "id",
    "collection_id": "id",
    "artifact_collection_name": "name",
    "collection_name": "name",
    "artifact_id": "id",
    "artifact_created_at": "created_at",
    "artifact_size": "size",
    "acm_created_at": "linked_at",
    "artifact_metadata": "metadata",
    "entityId": "entity_id",
}
_METADATA = "metadata"


def chosen(items: Iterable[T], filters: str | None, fields: Fields) -> list[T]:
    """The items that a filter (JSON text in MongoDB's notation) lets through."""
    if not filters:
        return list(items)
    try:
        document = orjson.loads(filters)
    except orjson.JSONDecodeError as error:
        raise Invalid(f"filters: expected JSON ({error}).") from None
    if not document:
        return list(items)
    condition = parse_filter(document, lambda key: _field(key, fields))
    return [one for one in items if holds(condition, lambda name, one=one: _values(one, name, fields))]  # type: ignore[misc]


def _field(key: str, fields: Fields) -> str:
    head, dot, tail = key.partition(".")
    name = _SAME.get(head, head)
    if name in fields or (name == _METADATA and "alias" in fields):
        return name + dot + tail
    raise Invalid(f"filters: no field {key!r} here. Expected one of {', '.join(sorted(fields))}.")


def _values(item: Any, name: str, fields: Fields) -> Sequence[Scalar]:
    if name in fields:
        return fields[name](item)
    return _metadata(item, name.split(".")[1:])


def _metadata(item: Any, path: Sequence[str]) -> Sequence[Scalar]:
    version: VersionNode = item[1] if isinstance(item, tuple) else item
    try:
        found = orjson.loads(version.row.metadata or "{}")
    except orjson.JSONDecodeError:
        return ()
    for part in path:
        found = found.get(part) if isinstance(found, dict) else None
    if isinstance(found, bool | str):
        return (found,)
    if isinstance(found, int | float):
        return (float(found),)
    if isinstance(found, list):
        return tuple(one for one in found if isinstance(one, str | bool))
    return ()


def ordered(items: Sequence[T], order: str | None, fields: Fields) -> list[T]:
    """The items in the order that a client asks for: `name`, `-created_at`, `+name`."""
    if not order:
        return list(items)
    falling, name = order.startswith("-"), _SAME.get(order.lstrip("+-"), order.lstrip("+-"))
    if name not in fields:
        raise Invalid(f"order {order!r}: expected one of {', '.join(sorted(fields))}, with - for falling.")

    def key(item: T) -> tuple[bool, Any]:
        values = [one for one in fields[name](item) if one is not None]
        number = next((one for one in values if isinstance(one, float)), None)
        return (bool(values), number if number is not None else str(values[0]) if values else "")

    return sorted(items, key=key, reverse=falling)
