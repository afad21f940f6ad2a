"""Reports, workspaces and custom charts on the wire."""

from typing import Any

from ariadne import MutationType, ObjectType, QueryType, SchemaBindable
from graphql import GraphQLResolveInfo
from sqlalchemy import Row

from runstone.actions.view import create_chart, delete_view, save_view
from runstone.domain.errors import NotFound
from runstone.domain.ids import ProjectId
from runstone.wire.graphql.connections import offset_of, page, page_of_all, page_size
from runstone.wire.graphql.context import ask
from runstone.wire.ids import try_number_of, wire_id

query = QueryType()
mutation = MutationType()
project = ObjectType("Project")
entity = ObjectType("Entity")
view = ObjectType("View")
chart = ObjectType("CustomChart")

BINDABLES: list[SchemaBindable] = [query, mutation, project, entity, view, chart]


@query.field("view")
def resolve_view(_: Any, info: GraphQLResolveInfo, id: str) -> Row[Any]:
    """A view by its id, also without padding. An error when it is absent: clients take null for a view."""
    request = ask(info)
    number = try_number_of("View", id)
    row = None if number is None else request.reads.view(request.viewer, number)
    if row is None:
        raise NotFound(
            f"report or workspace {id!r} was not found. It may have been deleted, or you have no access."
        )
    return row


@project.field("allViews")
def resolve_all_views(
    row: Row[Any],
    info: GraphQLResolveInfo,
    view_type: str | None = None,
    view_name: str | None = None,
    user_name: str | None = None,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> dict[str, Any]:
    """Views of a project: the type is `runs` for reports, `project-view` for workspaces."""
    request = ask(info)
    offset, size = offset_of(after), page_size(first)
    found = request.reads.views_of_project(
        request.viewer,
        row.id,
        kind=view_type,
        name=view_name,
        username=user_name,
        offset=offset,
        limit=size + 1,
    )
    return page(found[:size], offset, len(found) > size)


@project.field("views")
def resolve_old_views(row: Row[Any], info: GraphQLResolveInfo) -> None:
    """The one view per project of very old clients, which nothing here draws."""


@entity.field("customCharts")
def resolve_charts(row: Row[Any], info: GraphQLResolveInfo) -> list[Row[Any]]:
    """Custom charts of an entity that this viewer may use."""
    request = ask(info)
    return request.reads.custom_charts_of(request.viewer, row.id)


@view.field("id")
def resolve_id(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """Opaque id, part of a report's address."""
    return wire_id("View", row.id)


@view.field("project")
def resolve_project(row: Row[Any], info: GraphQLResolveInfo) -> Row[Any] | None:
    """Its project."""
    request = ask(info)
    return request.reads.project_by_id(request.viewer, ProjectId(row.project_id))


@view.field("user")
def resolve_user(row: Row[Any], info: GraphQLResolveInfo) -> Row[Any] | None:
    """Who made it."""
    request = ask(info)
    if row.user_id is None:
        return None
    return request.reads.user_rows(request.viewer, [row.user_id]).get(row.user_id)


@view.field("parentId")
def resolve_parent(row: Row[Any], info: GraphQLResolveInfo) -> str | None:
    """The published view of a draft."""
    return None if row.parent_id is None else wire_id("View", row.parent_id)


@view.field("children")
def resolve_children(row: Row[Any], info: GraphQLResolveInfo) -> dict[str, Any]:
    """Drafts of a published view."""
    request = ask(info)
    return page_of_all(request.reads.drafts_of(request.viewer, row.id), None, None)


@view.field("accessTokens")
def resolve_access_tokens(row: Row[Any], info: GraphQLResolveInfo) -> list[Any]:
    """None: views are shared by the visibility of their project."""
    return []


@chart.field("id")
def resolve_chart_id(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """`entity/name`: what panels name a chart by."""
    return f"{row.entity_name}/{row.name}"


@chart.field("type")
def resolve_chart_type(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """The kind of its specification."""
    return str(row.chart_type)


@mutation.field("upsertView")
def resolve_upsert(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Save a report or workspace."""
    request = ask(info)
    names = ("type", "name", "display_name", "description", "spec", "created_using", "locked")
    values: dict[str, Any] = {name: input.get(name) for name in names}
    made, inserted = save_view(
        request.store,
        request.viewer,
        request.now,
        view_id=_number(input.get("id")),
        entity_name=input.get("entity_name"),
        project_name=input.get("project_name"),
        parent_id=_number(input.get("parent_id")),
        **values,
    )
    return {"view": request.fresh().view(request.viewer, made), "inserted": inserted}


@mutation.field("deleteView")
def resolve_delete(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Delete a report or workspace."""
    request = ask(info)
    number = _number(input["id"])
    assert number is not None
    left = delete_view(
        request.store, request.viewer, number, request.now, delete_drafts=bool(input.get("delete_drafts"))
    )
    return {"success": True, "pending_drafts": left}


@mutation.field("createCustomChart")
def resolve_create_chart(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Keep a custom chart."""
    request = ask(info)
    create_chart(
        request.store,
        request.viewer,
        input.get("entity"),
        input["name"],
        request.now,
        display_name=input["display_name"],
        chart_type=input["type"],
        access=input["access"],
        spec=input["spec"],
    )
    owner = input.get("entity") or request.viewer.entity_name
    return {"chart": request.fresh().custom_chart(request.viewer, owner, input["name"])}


def _number(text: str | None) -> int | None:
    """A view's number; None when no id was given. Raises `NotFound` for an id of another server."""
    if not text:
        return None
    found = try_number_of("View", text)
    if found is None:
        raise NotFound(f"report or workspace {text!r} was not found on this server.")
    return found
