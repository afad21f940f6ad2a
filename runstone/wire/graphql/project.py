"""Projects on the wire: `model` and `project` are one thing."""

from typing import Any

from ariadne import MutationType, ObjectType, QueryType, SchemaBindable
from graphql import GraphQLResolveInfo
from sqlalchemy import Row

from runstone.actions.project import create_project
from runstone.domain.ids import EntityId
from runstone.domain.viewer import Access
from runstone.wire.graphql.connections import page_of_all
from runstone.wire.graphql.context import Ask, ask
from runstone.wire.ids import wire_id

query = QueryType()
mutation = MutationType()
project = ObjectType("Project")
entity = ObjectType("Entity")

BINDABLES: list[SchemaBindable] = [query, mutation, project, entity]

DEFAULT_PROJECT = "uncategorized"


def named_project(request: Ask, name: str | None, entity_name: str | None) -> Row[Any] | None:
    """A visible project by its names; None when absent. No entity: the viewer's own."""
    return request.reads.project(
        request.viewer, entity_name or request.viewer.entity_name, name or DEFAULT_PROJECT
    )


@query.field("project")
@query.field("model")
def resolve_project(
    _: Any, info: GraphQLResolveInfo, name: str | None = None, entity_name: str | None = None
) -> Row[Any] | None:
    """A project by entity and name, null when absent."""
    return named_project(ask(info), name, entity_name)


@query.field("models")
def resolve_models(
    _: Any,
    info: GraphQLResolveInfo,
    entity_name: str | None = None,
    first: int | None = None,
    after: str | None = None,
) -> dict[str, Any]:
    """Projects of an entity."""
    request = ask(info)
    owner = request.reads.entity_named(request.viewer, entity_name or request.viewer.entity_name)
    found = [] if owner is None else request.reads.projects_of(request.viewer, EntityId(owner.id))
    return page_of_all(found, first, after)


@entity.field("project")
def resolve_entity_project(
    row: Row[Any], info: GraphQLResolveInfo, name: str | None = None
) -> Row[Any] | None:
    """A project or registry of this entity."""
    request = ask(info)
    return request.reads.project(request.viewer, row.name, name or DEFAULT_PROJECT)


@project.field("id")
def resolve_id(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """Opaque id."""
    return wire_id("Project", row.id)


@project.field("internalId")
def resolve_internal_id(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """`base64("ProjectInternalId:n")`: clients decode this one and use n."""
    return wire_id("ProjectInternalId", row.id)


@project.field("entity")
def resolve_entity(row: Row[Any], info: GraphQLResolveInfo) -> Row[Any] | None:
    """The owner."""
    request = ask(info)
    owner = EntityId(row.entity_id)
    return request.once(("entity", owner), lambda: request.reads.entity_by_id(request.viewer, owner))


@project.field("access")
def resolve_access(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """Visibility in the clients' words, as given."""
    return str(row.wire_access or row.visibility.upper())


@project.field("isBenchmark")
def resolve_is_benchmark(row: Row[Any], info: GraphQLResolveInfo) -> bool:
    """There are no benchmark projects here."""
    return False


@project.field("readOnly")
def resolve_read_only(row: Row[Any], info: GraphQLResolveInfo) -> bool:
    """Whether this viewer may not write."""
    request = ask(info)
    return Access.WRITE not in request.reads.project_access(request.viewer, row)


@project.field("user")
def resolve_user(row: Row[Any], info: GraphQLResolveInfo) -> Row[Any] | None:
    """Who made the project."""
    request = ask(info)
    if row.created_by is None:
        return None
    return request.reads.user_rows(request.viewer, [row.created_by]).get(row.created_by)


@project.field("tags")
def resolve_tags(row: Row[Any], info: GraphQLResolveInfo) -> list[Any]:
    """Projects have no tags of their own."""
    return []


@mutation.field("upsertModel")
def resolve_upsert_model(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Make a project, or change its description and visibility."""
    request = ask(info)
    values: dict[str, Any] = {}
    if input.get("description") is not None:
        values["description"] = input["description"]
    project_id, inserted = create_project(
        request.store,
        request.viewer,
        input.get("entity_name"),
        input.get("name") or DEFAULT_PROJECT,
        request.now,
        **values,
    )
    row = request.fresh().project_by_id(request.viewer, project_id)
    return {"project": row, "model": row, "inserted": inserted}
