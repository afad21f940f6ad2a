"""Artifact types and collections on the wire: sequences and portfolios."""

from typing import Any

from ariadne import InterfaceType, MutationType, ObjectType, QueryType, SchemaBindable
from graphql import GraphQLResolveInfo
from sqlalchemy import Row

from runstone.actions.collection import (
    add_artifact_type,
    delete_collection,
    move_collection,
    tag_collection,
    untag_collection,
    update_collection,
)
from runstone.domain.artifact import CollectionKind
from runstone.wire.graphql.connections import offset_of, page, page_of_all, page_size
from runstone.wire.graphql.context import Ask, ask
from runstone.wire.graphql.matching import COLLECTION_FIELDS, VERSION_FIELDS, chosen, ordered
from runstone.wire.graphql.nodes import (
    AliasNode,
    CollectionNode,
    PlaceNode,
    VersionNode,
    collection_node,
    collection_nodes,
    place_node,
    place_nodes,
    project_of,
    version_by_id,
    versions_of_places,
)
from runstone.wire.ids import number_of, try_number_of, wire_id

query = QueryType()
mutation = MutationType()
project = ObjectType("Project")
artifact_type = ObjectType("ArtifactType")
collection = InterfaceType("ArtifactCollection")
sequence = ObjectType("ArtifactSequence")
portfolio = ObjectType("ArtifactPortfolio")

BINDABLES: list[SchemaBindable] = [
    query,
    mutation,
    project,
    artifact_type,
    collection,
    sequence,
    portfolio,
]


@collection.type_resolver
def resolve_collection_type(node: CollectionNode, *_: Any) -> str:
    """Sequence or portfolio."""
    return "ArtifactSequence" if node.row.kind == CollectionKind.SEQUENCE.value else "ArtifactPortfolio"


# --- from above ----------------------------------------------------------------------------


@query.field("artifactCollection")
def resolve_collection_by_id(_: Any, info: GraphQLResolveInfo, id: str) -> CollectionNode | None:
    """A collection by its opaque id, null when absent."""
    request = ask(info)
    number = collection_number(id)
    if number is None:
        return None
    return collection_node(request, request.reads.collection_by_id(request.viewer, number))


def collection_number(text: str) -> int | None:
    """The number in an opaque collection id; clients keep one id for both kinds."""
    return try_number_of("ArtifactCollection", text)


@project.field("artifactType")
def resolve_artifact_type(row: Row[Any], info: GraphQLResolveInfo, name: str) -> Row[Any] | None:
    """A type of artifacts in this project, null when absent."""
    request = ask(info)
    return request.reads.artifact_type(request.viewer, row.id, name)


@project.field("artifactTypes")
def resolve_artifact_types(
    row: Row[Any],
    info: GraphQLResolveInfo,
    after: str | None = None,
    first: int | None = None,
    include_all: bool | None = None,
) -> dict[str, Any]:
    """All types of artifacts in this project."""
    request = ask(info)
    return page_of_all(request.reads.artifact_types(request.viewer, row.id), first, after)


@project.field("artifactCollection")
def resolve_project_collection(row: Row[Any], info: GraphQLResolveInfo, name: str) -> CollectionNode | None:
    """A collection of this project by name, null when absent."""
    request = ask(info)
    return collection_node(request, request.reads.collection(request.viewer, row.id, name))


@project.field("artifactCollections")
def resolve_project_collections(
    row: Row[Any],
    info: GraphQLResolveInfo,
    after: str | None = None,
    first: int | None = None,
    filters: str | None = None,
    order: str | None = None,
    collection_types: list[str] | None = None,
) -> dict[str, Any]:
    """Collections of this project."""
    request = ask(info)
    rows = request.reads.collections_of(request.viewer, row.id)
    if collection_types:
        rows = [one for one in rows if one.kind.upper() in collection_types]
    return collections_page(request, rows, first, after, filters, order)


def collections_page(
    request: Ask,
    rows: list[Row[Any]],
    first: int | None,
    after: str | None,
    filters: str | None,
    order: str | None,
) -> dict[str, Any]:
    """A connection of the collections among `rows` that the filter lets through, in the wanted order."""
    if filters or order:
        nodes = collection_nodes(request, rows)
        nodes = ordered(chosen(nodes, filters, COLLECTION_FIELDS), order, COLLECTION_FIELDS)
        return page_of_all(nodes, first, after)
    offset, size = offset_of(after), page_size(first)
    cut = collection_nodes(request, rows[offset : offset + size])
    return page(cut, offset, offset + size < len(rows), total_count=len(rows))


# --- types -----------------------------------------------------------------------------------


@artifact_type.field("id")
def resolve_type_id(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """Opaque id."""
    return wire_id("ArtifactType", row.id)


@artifact_type.field("project")
def resolve_type_project(row: Row[Any], info: GraphQLResolveInfo) -> Row[Any] | None:
    """The project it belongs to."""
    return project_of(ask(info), row.project_id)


@artifact_type.field("artifact")
def resolve_type_artifact(row: Row[Any], info: GraphQLResolveInfo, name: str) -> VersionNode | None:
    """A version of this type by `NAME:ALIAS`."""
    request = ask(info)
    place = request.reads.membership_named(request.viewer, row.project_id, name)
    node = None if place is None else version_by_id(request, place.version_id)
    return node if node is not None and node.row.type_name == row.name else None


@artifact_type.field("artifactCollection")
def resolve_type_collection(row: Row[Any], info: GraphQLResolveInfo, name: str) -> CollectionNode | None:
    """A collection of this type by name."""
    request = ask(info)
    found = request.reads.collection(request.viewer, row.project_id, name)
    return collection_node(request, found) if found is not None and found.type_id == row.id else None


@artifact_type.field("artifactSequence")
def resolve_type_sequence(row: Row[Any], info: GraphQLResolveInfo, name: str) -> CollectionNode | None:
    """The same, only if versions are born in it."""
    return _of_kind(resolve_type_collection(row, info, name), CollectionKind.SEQUENCE)


@artifact_type.field("artifactPortfolio")
def resolve_type_portfolio(row: Row[Any], info: GraphQLResolveInfo, name: str) -> CollectionNode | None:
    """The same, only if it holds links."""
    return _of_kind(resolve_type_collection(row, info, name), CollectionKind.PORTFOLIO)


def _of_kind(node: CollectionNode | None, kind: CollectionKind) -> CollectionNode | None:
    return node if node is not None and node.row.kind == kind.value else None


@artifact_type.field("artifactCollections")
def resolve_type_collections(
    row: Row[Any],
    info: GraphQLResolveInfo,
    after: str | None = None,
    first: int | None = None,
    filters: str | None = None,
    order: str | None = None,
) -> dict[str, Any]:
    """Collections of this type."""
    request = ask(info)
    rows = request.reads.collections_of(request.viewer, row.project_id, type_id=row.id)
    return collections_page(request, rows, first, after, filters, order)


@artifact_type.field("artifactSequences")
def resolve_type_sequences(
    row: Row[Any], info: GraphQLResolveInfo, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """Collections of this type in which versions are born."""
    request = ask(info)
    rows = request.reads.collections_of(
        request.viewer, row.project_id, type_id=row.id, kind=CollectionKind.SEQUENCE.value
    )
    return collections_page(request, rows, first, after, None, None)


# --- fields of both kinds --------------------------------------------------------------------


def resolve_id(node: CollectionNode, info: GraphQLResolveInfo) -> str:
    """Opaque id."""
    return wire_id("ArtifactCollection", node.row.id)


def resolve_name(node: CollectionNode, info: GraphQLResolveInfo) -> str:
    """Name."""
    return str(node.row.name)


def resolve_description(node: CollectionNode, info: GraphQLResolveInfo) -> str | None:
    """Description."""
    return None if node.row.description is None else str(node.row.description)


def resolve_created_at(node: CollectionNode, info: GraphQLResolveInfo) -> Any:
    """When it was made."""
    return node.row.created_at


def resolve_updated_at(node: CollectionNode, info: GraphQLResolveInfo) -> Any:
    """When it last changed."""
    return node.row.updated_at


def resolve_state(node: CollectionNode, info: GraphQLResolveInfo) -> str:
    """READY, or DELETED in the answer to its deletion."""
    return "READY" if node.row.deleted_at is None else "DELETED"


def resolve_project(node: CollectionNode, info: GraphQLResolveInfo) -> Row[Any] | None:
    """Its project; null when the viewer only knows a link."""
    return project_of(ask(info), node.row.project_id)


def resolve_default_type(node: CollectionNode, info: GraphQLResolveInfo) -> Row[Any] | dict[str, Any]:
    """The type of its versions."""
    request = ask(info)
    key = ("type", node.row.project_id, node.row.type_name)
    found = request.once(
        key,
        lambda: request.reads.artifact_type(request.viewer, node.row.project_id, node.row.type_name),
    )
    return found if found is not None else {"name": node.row.type_name}


def resolve_tags(
    node: CollectionNode, info: GraphQLResolveInfo, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """Tags."""
    return page_of_all([tag_of("CollectionTag", node.row.id, name) for name in node.tags], first, after)


def tag_of(kind: str, owner_id: int, name: str) -> dict[str, Any]:
    """A tag as the contract shapes it, with an id of its own."""
    return {"id": wire_id(kind, owner_id) + f":{name}", "name": name}


def resolve_aliases(
    node: CollectionNode, info: GraphQLResolveInfo, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """Aliases given in it."""
    request = ask(info)
    rows = request.reads.collection_aliases(request.viewer, node.row.id)
    return page_of_all(
        [AliasNode(wire_id("ArtifactAlias", row.id), row.name, node) for row in rows], first, after
    )


def resolve_artifacts(
    node: CollectionNode,
    info: GraphQLResolveInfo,
    after: str | None = None,
    first: int | None = None,
    order: str | None = None,
    filters: str | None = None,
) -> dict[str, Any]:
    """Versions in it, newest first; each edge carries the number that the version has here."""
    request = ask(info)
    places = request.reads.memberships(request.viewer, node.row.id)
    numbers = {place.version_id: f"v{place.number}" for place in places}
    plain = filters in (None, "", "{}", '{"state": "COMMITTED"}', '{"state":"COMMITTED"}') and not order
    if plain:
        offset, size = offset_of(after), page_size(first)
        cut = versions_of_places(request, places[offset : offset + size])
        found = page(cut, offset, offset + size < len(places), total_count=len(places))
    else:
        every = versions_of_places(request, places)
        kept = ordered(chosen(every, filters, VERSION_FIELDS), order, VERSION_FIELDS)
        found = page_of_all(kept, first, after)
    for edge in found["edges"]:
        edge["version"] = numbers[edge["node"].row.id]
    return found


def resolve_membership(node: CollectionNode, info: GraphQLResolveInfo, alias_name: str) -> PlaceNode | None:
    """What an alias means in it."""
    request = ask(info)
    return place_node(request, request.reads.membership_by_alias(request.viewer, node.row.id, alias_name))


def resolve_memberships(
    node: CollectionNode, info: GraphQLResolveInfo, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """All places in it, newest first."""
    request = ask(info)
    rows = request.reads.memberships(request.viewer, node.row.id)
    offset, size = offset_of(after), page_size(first)
    cut = place_nodes(request, rows[offset : offset + size])
    return page(cut, offset, offset + size < len(rows), total_count=len(rows))


for kind in (sequence, portfolio):
    kind.set_field("id", resolve_id)
    kind.set_field("name", resolve_name)
    kind.set_field("description", resolve_description)
    kind.set_field("createdAt", resolve_created_at)
    kind.set_field("updatedAt", resolve_updated_at)
    kind.set_field("state", resolve_state)
    kind.set_field("project", resolve_project)
    kind.set_field("defaultArtifactType", resolve_default_type)
    kind.set_field("tags", resolve_tags)
    kind.set_field("aliases", resolve_aliases)
    kind.set_field("artifacts", resolve_artifacts)
    kind.set_field("artifactMembership", resolve_membership)
    kind.set_field("artifactMemberships", resolve_memberships)


@sequence.field("latestArtifact")
def resolve_latest(node: CollectionNode, info: GraphQLResolveInfo) -> VersionNode | None:
    """The newest version."""
    request = ask(info)
    places = request.reads.memberships(request.viewer, node.row.id, limit=1)
    return version_by_id(request, places[0].version_id) if places else None


@sequence.field("digestAlgorithm")
def resolve_digest_algorithm(node: CollectionNode, info: GraphQLResolveInfo) -> str:
    """How digests of its versions are made."""
    return "MANIFEST_MD5"


# --- changes -----------------------------------------------------------------------------------


@mutation.field("createArtifactType")
def resolve_create_type(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Make a type of artifacts."""
    request = ask(info)
    add_artifact_type(
        request.store,
        request.viewer,
        input["entity_name"],
        input["project_name"],
        input["name"],
        request.now,
        description=input.get("description"),
    )
    reads = request.fresh()
    home = reads.project(
        request.viewer, input["entity_name"] or request.viewer.entity_name, input["project_name"]
    )
    found = None if home is None else reads.artifact_type(request.viewer, home.id, input["name"])
    return {"artifact_type": found}


def _changed(request: Ask, collection_id: int) -> dict[str, Any]:
    row = request.fresh().collection_by_id(request.viewer, collection_id)
    return {"artifact_collection": collection_node(request, row)}


def _update(info: GraphQLResolveInfo, given_id: str, input: dict[str, Any]) -> dict[str, Any]:
    request = ask(info)
    number = number_of("ArtifactCollection", given_id)
    update_collection(
        request.store,
        request.viewer,
        number,
        request.now,
        name=input.get("name"),
        description=input.get("description"),
    )
    return _changed(request, number)


@mutation.field("updateArtifactSequence")
def resolve_update_sequence(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Rename or describe."""
    return _update(info, input["artifact_sequence_id"], input)


@mutation.field("updateArtifactPortfolio")
def resolve_update_portfolio(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Rename or describe."""
    return _update(info, input["artifact_portfolio_id"], input)


@mutation.field("moveArtifactSequence")
def resolve_move_sequence(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Give it another type."""
    request = ask(info)
    number = number_of("ArtifactCollection", input["artifact_sequence_id"])
    move_collection(
        request.store, request.viewer, number, input["destination_artifact_type_name"], request.now
    )
    return _changed(request, number)


def _delete(info: GraphQLResolveInfo, given_id: str, kind: CollectionKind) -> dict[str, Any]:
    request = ask(info)
    number = number_of("ArtifactCollection", given_id)
    delete_collection(request.store, request.viewer, number, kind, request.now)
    row = request.fresh().deleted_collection(request.viewer, number)
    return {"artifact_collection": None if row is None else CollectionNode(row, ())}


@mutation.field("deleteArtifactSequence")
def resolve_delete_sequence(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Delete a collection with its versions."""
    return _delete(info, input["artifact_sequence_id"], CollectionKind.SEQUENCE)


@mutation.field("deleteArtifactPortfolio")
def resolve_delete_portfolio(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Delete a collection of links."""
    return _delete(info, input["artifact_portfolio_id"], CollectionKind.PORTFOLIO)


@mutation.field("createArtifactCollectionTagAssignments")
def resolve_tag(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Add tags."""
    request = ask(info)
    names = tag_collection(
        request.store,
        request.viewer,
        input["entity_name"],
        input["project_name"],
        input["artifact_collection_name"],
        [one["tag_name"] for one in input["tags"]],
        request.now,
    )
    return {"tags": [tag_of("CollectionTag", 0, name) for name in names]}


@mutation.field("deleteArtifactCollectionTagAssignments")
def resolve_untag(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Remove tags."""
    request = ask(info)
    untag_collection(
        request.store,
        request.viewer,
        input["entity_name"],
        input["project_name"],
        input["artifact_collection_name"],
        [one["tag_name"] for one in input["tags"]],
        request.now,
    )
    return {"success": True}
