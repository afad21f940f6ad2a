"""Teams: who belongs to them, with which role, and how a colleague gets in."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import Row

from runstone.actions.access import require_signed_in
from runstone.actions.account import invite
from runstone.actions.member import create_team
from runstone.actions.team import put_team, remove_team_member
from runstone.actions.user import membership
from runstone.domain.errors import NotFound
from runstone.domain.ids import EntityId, OrganizationId
from runstone.domain.naming import similar
from runstone.domain.viewer import Role
from runstone.store.reads import Reads
from runstone.webapi.administration import DeleteAnswer, Strict
from runstone.webapi.requests import Ask, Asked

router = APIRouter(prefix="/api/teams", tags=["teams"])

RoleName = Literal["viewer", "member", "admin"]


class TeamMember(BaseModel):
    """A person with their role in the team."""

    username: str
    name: str
    email: str | None
    role: RoleName
    service: bool


class Team(BaseModel):
    """One team. `role` is the viewer's own; None for an administrator of the server who is not in it."""

    name: str
    organization: str | None
    role: RoleName | None
    may_manage: bool
    members: list[TeamMember]


class TeamList(BaseModel):
    """Teams by name."""

    teams: list[Team]


class TeamBody(Strict):
    """A new team; whoever makes it administers it."""

    name: str


class RoleBody(Strict):
    """The role that a person gets."""

    role: RoleName


class InvitationBody(Strict):
    """A colleague who has no account here yet."""

    username: str
    email: str | None = None
    role: RoleName = "member"


class Invitation(BaseModel):
    """The link works once, for a week: it signs in, and asks for a password."""

    username: str
    link: str


@router.get("")
def teams(ask: Asked) -> TeamList:
    """The viewer's teams; every team for administrators of the server."""
    require_signed_in(ask.viewer)
    with ask.store.reading() as reads:
        rows = {row.id: row for row in reads.entities_of(ask.viewer) if row.kind == "team"}
        if ask.viewer.admin:
            for owner in reads.all_organizations(ask.viewer):
                for row in reads.teams_of_organization(ask.viewer, OrganizationId(owner.id)):
                    rows[row.id] = row
        return TeamList(teams=sorted((_team(ask, reads, row) for row in rows.values()), key=_name))


@router.post("", status_code=201)
def make(ask: Asked, body: TeamBody) -> Team:
    """Make a team. For administrators of the organization."""
    require_signed_in(ask.viewer)
    create_team(ask.store, ask.viewer, body.name, None, ask.now)
    with ask.store.reading() as reads:
        row = reads.entity_named(ask.viewer, body.name)
        assert row is not None
        return _team(ask, reads, row)


@router.get("/{name}")
def team(ask: Asked, name: str) -> Team:
    """One team with its members. For its members."""
    with ask.store.reading() as reads:
        return _found(ask, reads, name)


@router.put("/{name}/members/{username}")
def set_role(ask: Asked, name: str, username: str, body: RoleBody) -> Team:
    """Add a person who has an account, or change their role."""
    with ask.store.reading() as reads:
        _found(ask, reads, name)
    put_team(ask.store, ask.viewer, name, None, [membership(username, body.role)], ask.now)
    with ask.store.reading() as reads:
        return _found(ask, reads, name)


@router.delete("/{name}/members/{username}")
def remove(ask: Asked, name: str, username: str) -> DeleteAnswer:
    """Take a person out of the team. What they made stays."""
    return DeleteAnswer(deleted=remove_team_member(ask.store, ask.viewer, name, username, ask.now))


@router.post("/{name}/invitations", status_code=201)
def make_invitation(ask: Asked, name: str, body: InvitationBody) -> Invitation:
    """Make an account for a colleague and a link with which they set their password."""
    done = invite(ask.store, ask.viewer, name, body.username, body.role, ask.now, email=body.email)
    return Invitation(username=done.username, link=f"{ask.base_url}/login?token={done.token}")


def _found(ask: Ask, reads: Reads, name: str) -> Team:
    row = reads.entity_named(ask.viewer, name)
    known = [one.name for one in reads.entities_of(ask.viewer) if one.kind == "team"]
    if row is None or row.kind != "team" or ask.viewer.role_in(EntityId(row.id)) is None:
        raise NotFound(f"team {name!r} was not found among yours.{similar(name, known)}")
    return _team(ask, reads, row)


def _team(ask: Ask, reads: Reads, row: "Row[tuple[object, ...]]") -> Team:
    entity_id = EntityId(row.id)
    own = ask.viewer.roles.get(entity_id)
    owner = None if row.organization_id is None else reads.organization_by_id(ask.viewer, row.organization_id)
    return Team(
        name=row.name,
        organization=None if owner is None else owner.name,
        role=None if own is None else own.value,
        may_manage=ask.viewer.role_in(entity_id) is Role.ADMIN,
        members=[
            TeamMember(
                username=one.username, name=one.name, email=one.email, role=one.role, service=one.service
            )
            for one in reads.members_of(ask.viewer, entity_id)
        ],
    )


def _name(one: Team) -> str:
    return one.name
