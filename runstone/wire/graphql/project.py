"""Projects on the wire: `model` and `project` are one thing."""

from typing import Any

from ariadne import MutationType, ObjectType, QueryType, SchemaBindable
from graphql import GraphQLResolveInfo
from sqlalchemy import Row

from runstone.actions.access import find_entity, find_project
from runstone.actions.project import create_project, delete_project, rename_project, set_project_members
from runstone.actions.registry import save_registry
from runstone.actions.user import parse_role
from runstone.domain.errors import Invalid, NotFound
from runstone.domain.ids import EntityId
from runstone.domain.registry import ProjectKind, kind_of_project
from runstone.domain.viewer import Access, Role, Visibility
from runstone.wire.graphql.connections import page_of_all
from runstone.wire.graphql.context import Ask, ask
from runstone.wire.graphql.matching import REGISTRY_FIELDS, chosen, ordered
from runstone.wire.ids import number_of, wire_id

query = QueryType()
mutation = MutationType()
project = ObjectType("Project")
entity = ObjectType("Entity")

BINDABLES: list[SchemaBindable] = [query, mutation, project, entity]

DEFAULT_PROJECT = "uncategorized"

# The clients' words for who sees a project. A project's own word is kept and returned as it came.
ACCESS_WORDS = {
    "PRIVATE": Visibility.PRIVATE,
    "ENTITY_READ": Visibility.PRIVATE,
    "ENTITY_WRITE": Visibility.PRIVATE,
    "RESTRICTED": Visibility.RESTRICTED,
    "USER_WRITE": Visibility.OPEN,
    "OPEN": Visibility.OPEN,
    "USER_READ": Visibility.PUBLIC,
    "PUBLIC": Visibility.PUBLIC,
}


def named_project(request: Ask, name: str | None, entity_name: str | None) -> Row[Any] | None:
    """A visible project by its names; None when absent. No entity: the viewer's own."""
    return request.reads.project(
        request.viewer, entity_name or request.viewer.entity_name, name or DEFAULT_PROJECT
    )


# Questions whose clients stumble over null for a project ("Unable to parse", "doesn't provide length")
# instead of saying that there is none. Elsewhere null stays: clients ask whether there is such a project,
# and scripts catch what clients raise then, as `ValueError` of `api.runs(...)`.
STUMBLING = frozenset({
    "ProjectArtifactTypes",
    "ProjectArtifactType",
    "ProjectArtifactCollections",
    "ArtifactTypeArtifactCollections",
    "ProjectArtifacts",
    "Artifacts",
})  # fmt: skip


class ToldInside(NotFound):
    """Something absent, told with status 200: at 404 clients before 0.23 speak of missing permissions."""

    status = 200


@query.field("project")
@query.field("model")
def resolve_project(
    _: Any, info: GraphQLResolveInfo, name: str | None = None, entity_name: str | None = None
) -> Row[Any] | None:
    """A project by entity and name, null when absent. Raises `ToldInside` for a question in `STUMBLING`."""
    request = ask(info)
    row = named_project(request, name, entity_name)
    operation = info.operation.name
    if row is None and operation is not None and operation.value in STUMBLING:
        try:
            find_entity(request.reads, request.viewer, entity_name)
            find_project(request.reads, request.viewer, entity_name, name or DEFAULT_PROJECT, Access.READ)
        except NotFound as absent:
            raise ToldInside(absent.message) from None
    return row


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


@entity.field("projects")
def resolve_projects(
    row: Row[Any],
    info: GraphQLResolveInfo,
    first: int | None = None,
    after: str | None = None,
    filters: str | None = None,
    order: str | None = None,
) -> dict[str, Any]:
    """Projects and registries of this entity."""
    request = ask(info)
    rows = request.reads.projects_of(request.viewer, EntityId(row.id), kinds=tuple(ProjectKind))
    return page_of_all(ordered(chosen(rows, filters, REGISTRY_FIELDS), order, REGISTRY_FIELDS), first, after)


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


@project.field("members")
def resolve_members(row: Row[Any], info: GraphQLResolveInfo) -> list[dict[str, Any]]:
    """People with a role of their own in this project or registry."""
    request = ask(info)
    return [
        {
            "id": wire_id("User", one.id),
            "name": one.name or one.username,
            "username": one.username,
            "email": one.email,
            "role": {"name": one.role},
        }
        for one in request.reads.project_members(request.viewer, row.id, people=True)
    ]


@project.field("teamMembers")
def resolve_team_members(row: Row[Any], info: GraphQLResolveInfo) -> list[dict[str, Any]]:
    """Teams with a role of their own in this project or registry."""
    request = ask(info)
    return [
        {"team": one, "role": {"name": one.role}}
        for one in request.reads.project_members(request.viewer, row.id, people=False)
    ]


@mutation.field("upsertModel")
def resolve_upsert_model(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Make a project or registry, or change its description, visibility and types."""
    request = ask(info)
    name = input.get("name") or DEFAULT_PROJECT
    values: dict[str, Any] = {}
    if input.get("description") is not None:
        values["description"] = input["description"]
    if input.get("access"):
        values["visibility"] = visibility_of(input["access"]).value
        values["wire_access"] = input["access"]
    if kind_of_project(name) is ProjectKind.REGISTRY:
        project_id, inserted = save_registry(
            request.store,
            request.viewer,
            input.get("entity_name"),
            name,
            request.now,
            type_names=[one["name"] for one in input.get("artifact_types") or []],
            all_types=input.get("allow_all_artifact_types_in_registry"),
            **values,
        )
    else:
        project_id, inserted = create_project(
            request.store, request.viewer, input.get("entity_name"), name, request.now, **values
        )
    row = request.fresh().project_by_id(request.viewer, project_id)
    return {"project": row, "model": row, "inserted": inserted}


def visibility_of(word: str) -> Visibility:
    """Our visibility for the clients' word. Raises `Invalid` for an unknown one."""
    found = ACCESS_WORDS.get(word.upper())
    if found is None:
        raise Invalid(f"access {word!r} of a project: expected one of {', '.join(ACCESS_WORDS)}.")
    return found


@mutation.field("renameProject")
def resolve_rename(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Give a project or registry another name."""
    request = ask(info)
    project_id = rename_project(
        request.store,
        request.viewer,
        input.get("entity_name"),
        input["old_project_name"],
        input["new_project_name"],
        request.now,
    )
    return {"project": request.fresh().project_by_id(request.viewer, project_id), "inserted": False}


@mutation.field("deleteModel")
def resolve_delete(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Delete a project or registry with all that is in it."""
    request = ask(info)
    delete_project(request.store, request.viewer, number_of("Project", input["id"]), request.now)
    return {"success": True}


@mutation.field("createProjectMembers")
def resolve_create_members(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Let people and teams read a project or registry. Who has a role there keeps it."""
    request = ask(info)
    number = number_of("Project", input["project_id"])
    present = {
        one.entity_id if people else one.id
        for people in (True, False)
        for one in request.reads.project_members(request.viewer, number, people=people)
    }
    wanted = [one for one in _subjects(request, input) if one not in present]
    set_project_members(request.store, request.viewer, number, wanted, Role.VIEWER, request.now)
    return {"success": True}


@mutation.field("deleteProjectMembers")
def resolve_delete_members(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Take roles in a project or registry from people and teams."""
    return _set_role(ask(info), input, None)


@mutation.field("updateProjectMember")
def resolve_update_member(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Give a person another role in a project or registry."""
    given = {"project_id": input["project_id"], "user_ids": [input["user_id"]]}
    return _set_role(ask(info), given, parse_role(input["user_project_role"]))


@mutation.field("updateProjectTeamMember")
def resolve_update_team(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Give a team another role in a project or registry."""
    given = {"project_id": input["project_id"], "team_ids": [input["team_id"]]}
    return _set_role(ask(info), given, parse_role(input["team_project_role"]))


def _set_role(request: Ask, input: dict[str, Any], role: Role | None) -> dict[str, Any]:
    number = number_of("Project", input["project_id"])
    subjects = _subjects(request, input)
    set_project_members(request.store, request.viewer, number, subjects, role, request.now)
    return {"success": True}


def _subjects(request: Ask, input: dict[str, Any]) -> list[EntityId]:
    """Entities of the people and teams in an input."""
    users = [number_of("User", one) for one in input.get("user_ids") or []]
    teams = [EntityId(number_of("Entity", one)) for one in input.get("team_ids") or []]
    rows = request.reads.user_rows(request.viewer, users)
    if len(rows) < len(set(users)):
        raise NotFound("That person was not found on this server.")
    return [EntityId(row.entity_id) for row in rows.values()] + teams
