"""Registries on the wire: links of versions, searches over an organization's registries."""

from typing import Any

from ariadne import MutationType, ObjectType, SchemaBindable
from graphql import GraphQLResolveInfo
from sqlalchemy import Row

from runstone.actions.registry import link_version, unlink_version
from runstone.domain.errors import Invalid
from runstone.domain.ids import EntityId
from runstone.domain.registry import ProjectKind, allows_all_types
from runstone.wire.graphql.artifact import version_given, version_number
from runstone.wire.graphql.collection import collections_page
from runstone.wire.graphql.connections import page_of_all
from runstone.wire.graphql.context import Ask, ask
from runstone.wire.graphql.matching import (
    COLLECTION_FIELDS,
    PLACE_FIELDS,
    REGISTRY_FIELDS,
    chosen,
    ordered,
)
from runstone.wire.graphql.nodes import collection_nodes, place_node, place_nodes, versions_of_places
from runstone.wire.ids import number_of

mutation = MutationType()
project = ObjectType("Project")
entity = ObjectType("Entity")

BINDABLES: list[SchemaBindable] = [mutation, project, entity]


@mutation.field("linkArtifact")
def resolve_link(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Put a version into a portfolio."""
    request = ask(info)
    version_id = version_given(info, input.get("artifact_id"), input.get("client_id"))
    entity_name, project_name, name = (
        input.get("entity_name"),
        input.get("project_name"),
        input.get("artifact_portfolio_name"),
    )
    if input.get("artifact_portfolio_id"):
        number = number_of("ArtifactCollection", input["artifact_portfolio_id"])
        found = request.reads.collection_by_id(request.viewer, number)
        if found is None:
            raise Invalid("artifactPortfolioID: that collection was not found.")
        entity_name, project_name, name = found.entity_name, found.project_name, found.name
    if not project_name or not name:
        raise Invalid("linkArtifact: expected projectName and artifactPortfolioName, or artifactPortfolioID.")
    place_id = link_version(
        request.store,
        request.viewer,
        version_id,
        entity_name,
        project_name,
        name,
        [one["alias"] for one in input.get("aliases") or []],
        request.now,
    )
    place = request.fresh().place_by_id(request.viewer, place_id)
    return {
        "version_index": None if place is None else place.number,
        "artifact_membership": place_node(request, place),
    }


@mutation.field("unlinkArtifact")
def resolve_unlink(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Take a version out of a portfolio."""
    request = ask(info)
    unlink_version(
        request.store,
        request.viewer,
        version_number(input["artifact_id"]),
        number_of("ArtifactCollection", input["artifact_portfolio_id"]),
        request.now,
    )
    return {"success": True, "artifact_id": input["artifact_id"]}


# --- reading ------------------------------------------------------------------------------------


@project.field("allowAllArtifactTypesInRegistry")
def resolve_allow_all(row: Row[Any], info: GraphQLResolveInfo) -> bool:
    """Whether artifacts of every type may be linked here."""
    return allows_all_types(row.settings)


def registries_of(request: Ask, entity_id: int, filters: str | None) -> list[Row[Any]]:
    """Visible registries of an organization's entity that a filter lets through."""
    rows = request.reads.projects_of(request.viewer, EntityId(entity_id), kinds=(ProjectKind.REGISTRY.value,))
    return chosen(rows, filters, REGISTRY_FIELDS)


@entity.field("artifactCollections")
def resolve_collections(
    row: Row[Any],
    info: GraphQLResolveInfo,
    project_filters: str | None = None,
    filters: str | None = None,
    collection_types: list[str] | None = None,
    after: str | None = None,
    first: int | None = None,
    order: str | None = None,
) -> dict[str, Any]:
    """Collections in the registries of this entity."""
    request = ask(info)
    rows = [
        found
        for home in registries_of(request, row.id, project_filters)
        for found in request.reads.collections_of(request.viewer, home.id)
        if not collection_types or found.kind.upper() in collection_types
    ]
    return collections_page(request, rows, first, after, filters, order)


@entity.field("artifactMemberships")
def resolve_memberships(
    row: Row[Any],
    info: GraphQLResolveInfo,
    project_filters: str | None = None,
    collection_filters: str | None = None,
    filters: str | None = None,
    after: str | None = None,
    first: int | None = None,
    order: str | None = None,
) -> dict[str, Any]:
    """Versions in the registries of this entity, with their places there."""
    request = ask(info)
    collections = [
        found
        for home in registries_of(request, row.id, project_filters)
        for found in request.reads.collections_of(request.viewer, home.id)
    ]
    kept = chosen(collection_nodes(request, collections), collection_filters, COLLECTION_FIELDS)
    rows = [place for node in kept for place in request.reads.memberships(request.viewer, node.row.id)]
    versions = {node.row.id: node for node in versions_of_places(request, rows)}
    pairs = [
        (place, versions[place.row.version_id])
        for place in place_nodes(request, rows)
        if place.row.version_id in versions
    ]
    pairs = ordered(chosen(pairs, filters, PLACE_FIELDS), order, PLACE_FIELDS)
    return page_of_all([place for place, _ in pairs], first, after)
