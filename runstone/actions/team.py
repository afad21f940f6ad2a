"""Changes of teams."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from runstone.actions.access import require_signed_in
from runstone.actions.user import Membership, set_members
from runstone.domain.errors import Conflict, Denied, NotFound
from runstone.domain.ids import EntityId, OrganizationId, UserId
from runstone.domain.naming import check_entity_name, similar
from runstone.domain.viewer import Role, Viewer
from runstone.store.opening import Store
from runstone.store.reads import Reads
from runstone.store.writes import Transaction


def put_team(
    store: Store,
    viewer: Viewer,
    name: str,
    organization: str | None,
    members: list[Membership],
    now: datetime,
) -> tuple[EntityId, bool]:
    """Make a team in an organization, or add members to the one there. Returns its id and whether it is new.

    No organization: the team's own when it exists, else the first of the server. Nobody is removed: the
    same call twice equals once. For administrators of the server, the organization or the team. Raises
    `Conflict` when the name is taken or the team belongs to another organization.
    """
    require_signed_in(viewer)
    check_entity_name(name, "team")

    def change(tx: Transaction) -> tuple[EntityId, bool]:
        team = tx.entity_named(viewer, name)
        if team is not None and team.kind != "team":
            raise Conflict(f"team {name!r}: there is a {team.kind} of that name. Choose another name.")
        owner = _organization(tx, viewer, organization, team)
        if team is not None and team.organization_id != owner.id:
            raise Conflict(f"team {name!r} belongs to another organization than {owner.name}.")
        managed = [EntityId(owner.entity_id)] + ([] if team is None else [EntityId(team.id)])
        _require_manager(viewer, managed, name if team is not None else owner.name)
        made = team is None
        team_id = (
            tx.insert_entity(name, "team", OrganizationId(owner.id), now)
            if team is None
            else EntityId(team.id)
        )
        set_members(tx, viewer, team_id, members, now)
        _join_organization(tx, viewer, EntityId(owner.entity_id), members, now)
        roles = {one.username: one.role.value for one in members}
        tx.record(viewer, "put_team", "team", team_id, now, name=name, members=roles)
        tx.changed("team", noun_id=team_id)
        return team_id, made

    return store.write(change)


def remove_team_member(store: Store, viewer: Viewer, name: str, username: str, now: datetime) -> bool:
    """Take a person out of a team. False when they were not in it. Raises `NotFound` and `Denied`."""
    require_signed_in(viewer)

    def change(tx: Transaction) -> bool:
        team = _team(tx, viewer, name)
        _require_manager(viewer, [EntityId(team.id)], name)
        present = {row.username: row.id for row in tx.members_of(viewer, EntityId(team.id))}
        if username not in present:
            return False
        tx.remove_member(EntityId(team.id), UserId(present[username]))
        tx.record(viewer, "remove_team_member", "team", team.id, now, name=name, username=username)
        tx.changed("member", noun_id=team.id)
        return True

    return store.write(change)


def delete_team(store: Store, viewer: Viewer, name: str, now: datetime) -> bool:
    """Remove a team with its projects. False when there is none. For administrators of the server or team."""
    require_signed_in(viewer)

    def change(tx: Transaction) -> bool:
        team = tx.entity_named(viewer, name)
        if team is None or team.kind != "team":
            return False
        _require_manager(viewer, [EntityId(team.id)], name)
        tx.mark_entity_deleted(EntityId(team.id), now)
        tx.record(viewer, "delete_team", "team", team.id, now, name=name)
        tx.changed("team", noun_id=team.id)
        return True

    return store.write(change)


def _team(reads: Reads, viewer: Viewer, name: str) -> Row[Any]:
    row = reads.entity_named(viewer, name)
    if row is None or row.kind != "team":
        known = [one.name for one in reads.entities_of(viewer) if one.kind == "team"]
        raise NotFound(f"team {name!r} was not found.{similar(name, known)}")
    return row


def _organization(tx: Transaction, viewer: Viewer, name: str | None, team: Row[Any] | None) -> Row[Any]:
    if name is None and team is not None and team.organization_id is not None:
        own = tx.organization_by_id(viewer, OrganizationId(team.organization_id))
        if own is not None:
            return own
    every = tx.all_organizations(viewer)
    found = every[0] if name is None and every else tx.organization_named(viewer, name or "")
    if found is None:
        raise NotFound(
            f"organization {name!r} was not found.{similar(name or '', [one.name for one in every])} "
            "Make it first: runstone org put NAME"
        )
    return found


def _require_manager(viewer: Viewer, entities: list[EntityId], name: str) -> None:
    if not any(viewer.role_in(one) is Role.ADMIN for one in entities):
        raise Denied(f"{viewer.username} does not manage {name}. Ask an administrator of {name}.")


def _join_organization(
    tx: Transaction, viewer: Viewer, entity_id: EntityId, members: list[Membership], now: datetime
) -> None:
    """People of a team belong to its organization too; roles they have there stay."""
    present = {row.username for row in tx.members_of(viewer, entity_id)}
    joining = [Membership(one.username, Role.MEMBER) for one in members if one.username not in present]
    set_members(tx, viewer, entity_id, joining, now)
