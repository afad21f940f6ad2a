"""Versions, places and collections with all that a page of them needs, read in a few queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Row

from runstone.domain.ids import ProjectId
from runstone.wire.graphql.context import Ask
from runstone.wire.ids import wire_id


@dataclass(frozen=True, slots=True)
class CollectionNode:
    """A collection with its tags."""

    row: Row[Any]
    tags: Sequence[str]


@dataclass(frozen=True, slots=True)
class AliasNode:
    """An alias in one collection; every place has one `vN` beside the given ones."""

    id: str
    alias: str
    collection: CollectionNode | None


@dataclass(frozen=True, slots=True)
class PlaceNode:
    """A version's place in one collection."""

    row: Row[Any]
    collection: CollectionNode | None
    aliases: Sequence[AliasNode]


@dataclass(frozen=True, slots=True)
class VersionNode:
    """A version with its tags and every place that the viewer may see, its source first."""

    row: Row[Any]
    tags: Sequence[str]
    places: Sequence[PlaceNode]


class UnknownPerson(NamedTuple):
    """Stands where clients want a person, and none of this server is known."""

    id: int = 0
    name: str = "unknown"
    username: None = None
    email: str = ""
    admin: bool = False
    service: bool = False
    entity_name: str = ""
    entity_id: int = 0


def collection_nodes(request: Ask, rows: Iterable[Row[Any]]) -> list[CollectionNode]:
    """Collections by their rows, in order."""
    rows = list(rows)
    tags = request.reads.collection_tags(request.viewer, [row.id for row in rows])
    return [CollectionNode(row, tags.get(row.id, ())) for row in rows]


def collection_node(request: Ask, row: Row[Any] | None) -> CollectionNode | None:
    """One collection; None stays None."""
    return None if row is None else collection_nodes(request, [row])[0]


def version_nodes(request: Ask, rows: Iterable[Row[Any]]) -> list[VersionNode]:
    """Versions by their rows, in order."""
    rows = list(rows)
    reads, viewer = request.reads, request.viewer
    ids = [row.id for row in rows]
    tags = reads.version_tags(viewer, ids)
    placed = reads.memberships_of_versions(viewer, ids)
    places = _place_nodes(request, [place for some in placed.values() for place in some])
    by_version: dict[int, list[PlaceNode]] = {}
    for place in places:
        by_version.setdefault(place.row.version_id, []).append(place)
    return [VersionNode(row, tags.get(row.id, ()), by_version.get(row.id, ())) for row in rows]


def version_node(request: Ask, row: Row[Any] | None) -> VersionNode | None:
    """One version; None stays None."""
    return None if row is None else version_nodes(request, [row])[0]


def version_by_id(request: Ask, version_id: int) -> VersionNode | None:
    """A visible version by id."""
    return version_node(request, request.reads.version(request.viewer, version_id))


def place_node(request: Ask, row: Row[Any] | None) -> PlaceNode | None:
    """One place; None stays None."""
    return None if row is None else _place_nodes(request, [row])[0]


def place_nodes(request: Ask, rows: Iterable[Row[Any]]) -> list[PlaceNode]:
    """Places by their rows, in order."""
    return _place_nodes(request, list(rows))


def versions_of_places(request: Ask, places: Sequence[Row[Any]]) -> list[VersionNode]:
    """The versions at some places, in order."""
    rows = request.reads.versions_by_id(request.viewer, [place.version_id for place in places])
    return version_nodes(request, [rows[place.version_id] for place in places if place.version_id in rows])


def _place_nodes(request: Ask, rows: Sequence[Row[Any]]) -> list[PlaceNode]:
    reads, viewer = request.reads, request.viewer
    given = reads.aliases_of_memberships(viewer, [row.id for row in rows])
    found = reads.collections_by_id(viewer, [row.collection_id for row in rows])
    collections = {node.row.id: node for node in collection_nodes(request, found.values())}
    nodes = []
    for row in rows:
        home = collections.get(row.collection_id)
        aliases = [
            AliasNode(wire_id("ArtifactAlias", one.id), one.name, home) for one in given.get(row.id, ())
        ]
        aliases.append(AliasNode(wire_id("VersionAlias", row.id), f"v{row.number}", home))
        nodes.append(PlaceNode(row, home, aliases))
    return nodes


def project_of(request: Ask, project_id: int) -> Row[Any] | None:
    """A visible project, read once per request."""
    return request.once(
        ("project", project_id),
        lambda: request.reads.project_by_id(request.viewer, ProjectId(project_id)),
    )
