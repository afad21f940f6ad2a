"""Changes of people, their keys and their teams on the wire."""

from typing import Any

from ariadne import MutationType, ObjectType, SchemaBindable
from graphql import GraphQLResolveInfo
from sqlalchemy import Row

from runstone.actions.member import create_service_account, create_team, create_user, invite_member
from runstone.actions.sign_in import create_key, revoke_key
from runstone.actions.team import remove_team_member
from runstone.domain.errors import Invalid, NotFound
from runstone.wire.graphql.context import Ask, ask
from runstone.wire.ids import number_of, wire_id

mutation = MutationType()
entity = ObjectType("Entity")

BINDABLES: list[SchemaBindable] = [mutation, entity]


@entity.field("limits")
def resolve_limits(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """Nothing is limited."""
    return "{}"


@mutation.field("createUser")
def resolve_create_user(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Make a person. For administrators of the server."""
    request = ask(info)
    made = create_user(request.store, request.viewer, input["email"], bool(input.get("admin")), request.now)
    return {"user": _user(request, made.user_id)}


@mutation.field("generateApiKey")
def resolve_generate(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Make a key for the viewer. Its `name` is the key itself, shown this once."""
    request = ask(info)
    description = input.get("description") or input.get("name") or ""
    number, key = create_key(request.store, request.viewer, description, request.now)
    return {"api_key": {"id": wire_id("ApiKey", number), "name": key, "description": description}}


@mutation.field("deleteApiKey")
def resolve_delete_key(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """End one of the viewer's keys."""
    request = ask(info)
    revoke_key(request.store, request.viewer, number_of("ApiKey", input["id"]), request.now)
    return {"success": True}


@mutation.field("createTeam")
def resolve_create_team(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Make a team."""
    request = ask(info)
    create_team(
        request.store, request.viewer, input["team_name"], input.get("team_admin_user_name"), request.now
    )
    return {"entity": request.fresh().entity_named(request.viewer, input["team_name"])}


@mutation.field("createInvite")
def resolve_invite(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Make a known person a member at once: there is no mail to answer."""
    request = ask(info)
    who = input.get("username") or input.get("email")
    if not who:
        raise Invalid("createInvite: expected `username` or `email`.")
    team = input["entity_name"]
    user_id = invite_member(
        request.store, request.viewer, team, request.now, who=who, admin=bool(input.get("admin"))
    )
    row = _user(request, user_id)
    return {
        "invite": {
            "id": wire_id("User", user_id),
            "name": row.name,
            "email": row.email,
            "created_at": request.now,
            "to_user": row,
        }
    }


@mutation.field("deleteInvite")
def resolve_delete_invite(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Take a member out of a team; the id is the member's."""
    request = ask(info)
    number = number_of("User", input.get("id") or "")
    team = input.get("entity_name")
    if not team:
        raise Invalid("deleteInvite: expected `entityName`, the team.")
    row = _user(request, number)
    return {"success": remove_team_member(request.store, request.viewer, team, row.username, request.now)}


@mutation.field("createServiceAccount")
def resolve_service(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Make an account for a machine. An administrator gives it a key: keys are not kept readable here."""
    request = ask(info)
    made = create_service_account(
        request.store, request.viewer, input["entity_name"], input["description"], request.now
    )
    return {"user": _user(request, made)}


def _user(request: Ask, user_id: int) -> Row[Any]:
    row = request.fresh().user_rows(request.viewer, [user_id]).get(user_id)
    if row is None:
        raise NotFound("That person was not found on this server.")
    return row
