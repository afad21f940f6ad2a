"""Viewer, people, entities, organizations, and what this server says of itself."""

from typing import Any

from ariadne import ObjectType, QueryType, SchemaBindable
from graphql import GraphQLResolveInfo
from sqlalchemy import Row

from runstone.domain.ids import EntityId, OrganizationId, UserId
from runstone.wire.features import ADVERTISED
from runstone.wire.graphql.connections import page_of_all
from runstone.wire.graphql.context import ask
from runstone.wire.ids import wire_id

OLDEST_CLIENT = "0.13.0"
NEWEST_CLIENT = "99.0.0"
# Clients from 0.28.1 refuse servers below 0.70; old ones nag when they see a newer release.
SERVER_VERSION_FOR_CLIENTS = "0.99.0"

query = QueryType()
server_info = ObjectType("ServerInfo")
user = ObjectType("User")
entity = ObjectType("Entity")
organization = ObjectType("Organization")
member = ObjectType("Member")

BINDABLES: list[SchemaBindable] = [query, server_info, user, entity, organization, member]


@query.field("viewer")
def resolve_viewer(_: Any, info: GraphQLResolveInfo) -> Row[Any] | None:
    """The person who asks."""
    request = ask(info)
    return request.reads.user(request.viewer, request.viewer.username)


@query.field("serverInfo")
def resolve_server_info(_: Any, info: GraphQLResolveInfo) -> dict[str, Any]:
    """Version limits and features."""
    return {
        "cli_version_info": {"min_cli_version": OLDEST_CLIENT, "max_cli_version": NEWEST_CLIENT},
        "latest_local_version_info": {
            "out_of_date": False,
            "latest_version_string": SERVER_VERSION_FOR_CLIENTS,
            "version_on_this_instance_string": SERVER_VERSION_FOR_CLIENTS,
        },
        "features": [{"name": name, "is_enabled": True} for name in ADVERTISED],
        "server_settings": {"code_saving_enabled": True},
    }


@query.field("entity")
def resolve_entity(_: Any, info: GraphQLResolveInfo, name: str | None = None) -> Row[Any] | None:
    """An entity by name; without a name the viewer's own."""
    request = ask(info)
    return request.reads.entity_named(request.viewer, name or request.viewer.entity_name)


@query.field("organization")
def resolve_organization(_: Any, info: GraphQLResolveInfo, name: str) -> Row[Any] | None:
    """An organization by its name, display name or the name of its entity."""
    request = ask(info)
    return request.reads.organization_named(request.viewer, name)


@query.field("user")
def resolve_user(
    _: Any, info: GraphQLResolveInfo, username: str | None = None, user_name: str | None = None
) -> Row[Any] | None:
    """A person by user name."""
    request = ask(info)
    return request.reads.user(request.viewer, username or user_name or request.viewer.username)


@query.field("users")
def resolve_users(
    _: Any,
    info: GraphQLResolveInfo,
    query: str | None = None,
    first: int | None = None,
    after: str | None = None,
) -> dict[str, Any]:
    """People whose name or address is exactly the text."""
    request = ask(info)
    return page_of_all(request.reads.users_matching(request.viewer, query or ""), first, after)


@user.field("id")
def resolve_user_id(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """Opaque id."""
    return wire_id("User", row.id)


@user.field("entity")
def resolve_user_entity(row: Row[Any], info: GraphQLResolveInfo) -> str | None:
    """Name of the person's own entity."""
    return str(row.entity_name) if "entity_name" in row._fields else str(row.username)


@user.field("defaultEntity")
def resolve_default_entity(row: Row[Any], info: GraphQLResolveInfo) -> Row[Any] | None:
    """The person's own entity."""
    request = ask(info)
    return request.reads.entity_by_id(request.viewer, EntityId(row.entity_id))


@user.field("accountType")
def resolve_account_type(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """SERVICE for an account of a machine."""
    return "SERVICE" if row.service else "MEMBER"


@user.field("email")
def resolve_email(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """E-mail address, empty when unknown: some clients expect text."""
    return row.email or ""


@user.field("apiKeys")
def resolve_api_keys(
    row: Row[Any], info: GraphQLResolveInfo, first: int | None = None, after: str | None = None
) -> dict[str, Any]:
    """The viewer's own keys by their visible prefix; an empty list for anybody else."""
    request = ask(info)
    if row.id != request.viewer.user_id and not request.viewer.admin:
        return page_of_all([], first, after)
    keys = [
        {
            "id": wire_id("ApiKey", key.id),
            "name": key.prefix,
            "description": key.description,
            "created_at": key.created_at,
        }
        for key in request.reads.keys_of(UserId(row.id))
    ]
    return page_of_all(keys, first, after)


@user.field("teams")
def resolve_teams(
    row: Row[Any], info: GraphQLResolveInfo, first: int | None = None, after: str | None = None
) -> dict[str, Any]:
    """The person's own entity and teams."""
    request = ask(info)
    person = request.reads.viewer(UserId(row.id))
    found = request.reads.entities_of(person) if person is not None else []
    return page_of_all(found, first, after)


@user.field("organizations")
def resolve_organizations(row: Row[Any], info: GraphQLResolveInfo) -> list[Row[Any]]:
    """The organizations this person belongs to."""
    request = ask(info)
    return request.reads.organizations_of(request.viewer, UserId(row.id))


@entity.field("id")
def resolve_entity_id(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """Opaque id."""
    return wire_id("Entity", row.id)


@entity.field("isTeam")
def resolve_is_team(row: Row[Any], info: GraphQLResolveInfo) -> bool:
    """Everything but a person's own entity."""
    return bool(row.kind == "team")


@entity.field("entityType")
def resolve_entity_type(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """user, team or organization."""
    return str(row.kind)


@entity.field("available")
def resolve_available(row: Row[Any], info: GraphQLResolveInfo) -> bool:
    """The name is taken."""
    return False


@entity.field("readOnly")
def resolve_read_only(row: Row[Any], info: GraphQLResolveInfo) -> bool:
    """Whether this viewer may not write here."""
    role = ask(info).viewer.role_in(EntityId(row.id))
    return role is None or role.value == "viewer"


@entity.field("readOnlyAdmin")
def resolve_read_only_admin(row: Row[Any], info: GraphQLResolveInfo) -> bool:
    """No such state here."""
    return False


@entity.field("privateOnly")
def resolve_private_only(row: Row[Any], info: GraphQLResolveInfo) -> bool:
    """Projects may be opened."""
    return False


@entity.field("storageBytes")
def resolve_storage_bytes(row: Row[Any], info: GraphQLResolveInfo) -> int:
    """Bytes of files and artifacts here."""
    request = ask(info)
    return request.reads.bytes_of_entity(request.viewer, row.id)


@entity.field("codeSavingEnabled")
def resolve_code_saving(row: Row[Any], info: GraphQLResolveInfo) -> bool:
    """Clients may save code."""
    return True


@entity.field("defaultAccess")
def resolve_default_access(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """New projects are private."""
    return "PRIVATE"


@entity.field("isPaid")
def resolve_is_paid(row: Row[Any], info: GraphQLResolveInfo) -> bool:
    """Nothing here is sold: no feature may be locked behind this."""
    return True


@entity.field("xxhashDigestsEnabled")
def resolve_xxhash(row: Row[Any], info: GraphQLResolveInfo) -> bool:
    """Digests are md5 here."""
    return False


@entity.field("members")
def resolve_members(row: Row[Any], info: GraphQLResolveInfo) -> list[Row[Any]]:
    """People of a team by name, then machines: clients take the last one for the newest machine.

    For those who belong to it: nobody else is told who is in there.
    """
    request = ask(info)
    if request.viewer.role_in(EntityId(row.id)) is None:
        return []
    found = request.reads.members_of(request.viewer, EntityId(row.id))
    return sorted(found, key=lambda one: (one.service, one.id if one.service else 0))


@entity.field("organization")
def resolve_entity_organization(row: Row[Any], info: GraphQLResolveInfo) -> Row[Any] | None:
    """The organization of a team or of an organization's own entity; a person's, if there is just one.

    Clients around 0.19 find registries through this alone, newer ones ask for a person's organizations too.
    """
    request = ask(info)
    if row.organization_id is None:
        person = request.reads.user(request.viewer, row.name) if row.kind == "user" else None
        theirs = [] if person is None else request.reads.organizations_of(request.viewer, UserId(person.id))
        return theirs[0] if len(theirs) == 1 else None
    return request.reads.organization_by_id(request.viewer, OrganizationId(row.organization_id))


@entity.field("user")
def resolve_entity_user(row: Row[Any], info: GraphQLResolveInfo) -> Row[Any] | None:
    """The person of a personal entity."""
    request = ask(info)
    return request.reads.user(request.viewer, row.name) if row.kind == "user" else None


@organization.field("id")
def resolve_organization_id(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """Opaque id."""
    return wire_id("Organization", row.id)


@organization.field("orgEntity")
def resolve_org_entity(row: Row[Any], info: GraphQLResolveInfo) -> Row[Any] | None:
    """The entity that owns this organization's registries."""
    request = ask(info)
    return request.reads.entity_by_id(request.viewer, EntityId(row.entity_id))


@organization.field("teams")
def resolve_organization_teams(row: Row[Any], info: GraphQLResolveInfo) -> list[Row[Any]]:
    """Teams of the organization."""
    request = ask(info)
    return request.reads.teams_of_organization(request.viewer, OrganizationId(row.id))


@organization.field("featureFlags")
def resolve_feature_flags(
    row: Row[Any], info: GraphQLResolveInfo, ramp_id_type: str | None = None
) -> list[dict[str, Any]]:
    """No flags: everything is on."""
    return []


@organization.field("advancedRegistryFeatures")
def resolve_advanced_registry(row: Row[Any], info: GraphQLResolveInfo) -> dict[str, bool]:
    """Search goes through the plain queries."""
    return {"advanced_search": False}


@member.field("id")
def resolve_member_id(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """Opaque id of the person."""
    return wire_id("User", row.id)


@member.field("pending")
def resolve_pending(row: Row[Any], info: GraphQLResolveInfo) -> bool:
    """Members are members at once."""
    return False


@member.field("admin")
def resolve_member_admin(row: Row[Any], info: GraphQLResolveInfo) -> bool:
    """Whether the person manages the team."""
    return bool(row.role == "admin")


@member.field("accountType")
def resolve_member_account_type(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """SERVICE for an account of a machine."""
    return "SERVICE" if row.service else "MEMBER"
