"""Administration: people, organizations and teams, by name. Every call may be repeated."""

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from runstone.actions.organization import delete_organization, put_organization
from runstone.actions.team import delete_team, put_team
from runstone.actions.user import Membership, delete_user, membership, put_user
from runstone.webapi.requests import Asked

router = APIRouter(prefix="/api/admin", tags=["administration"])

Name = Annotated[str, Path(max_length=200)]


class Strict(BaseModel):
    """A body without unknown fields: a misspelt one is an error, not silence."""

    model_config = ConfigDict(extra="forbid")


class UserBody(Strict):
    """What may be set of a person. What is left out stays as it is."""

    api_key: str | None = Field(None, description="40 characters or more; a new person without one gets one.")
    password: str | None = Field(None, description="8 characters or more.")
    email: str | None = None
    admin: bool | None = None


class UserAnswer(BaseModel):
    """`api_key` is a key that was made now and is not shown again."""

    username: str
    created: bool
    api_key: str | None = None


class Member(Strict):
    """A person and their role."""

    username: str
    role: Literal["viewer", "member", "admin"] = "member"


class OrganizationBody(Strict):
    """Members to add."""

    members: list[Member] = Field(default_factory=list)


class TeamBody(OrganizationBody):
    """Owner and members to add."""

    organization: str | None = Field(None, description="Left out: the first organization of the server.")


class PutAnswer(BaseModel):
    """Whether the thing is new."""

    name: str
    created: bool


class DeleteAnswer(BaseModel):
    """False when it was not there."""

    deleted: bool


def _memberships(members: list[Member]) -> list[Membership]:
    return [membership(one.username, one.role) for one in members]


@router.put("/users/{username}")
def put_user_route(
    ask: Asked, response: Response, username: Name, body: Annotated[UserBody | None, Body()] = None
) -> UserAnswer:
    """Make a person, or change what is given."""
    given = body or UserBody()
    done = put_user(
        ask.store,
        ask.viewer,
        username,
        ask.now,
        api_key=given.api_key,
        password=given.password,
        email=given.email,
        admin=given.admin,
    )
    response.status_code = 201 if done.created else 200
    return UserAnswer(username=username, created=done.created, api_key=done.api_key)


@router.delete("/users/{username}")
def delete_user_route(ask: Asked, username: Name) -> DeleteAnswer:
    """Remove a person with their keys and their own projects."""
    return DeleteAnswer(deleted=delete_user(ask.store, ask.viewer, username, ask.now))


@router.put("/organizations/{name}")
def put_organization_route(
    ask: Asked, response: Response, name: Name, body: Annotated[OrganizationBody | None, Body()] = None
) -> PutAnswer:
    """Make an organization, or add members."""
    members = _memberships([] if body is None else body.members)
    _, created = put_organization(ask.store, ask.viewer, name, members, ask.now)
    response.status_code = 201 if created else 200
    return PutAnswer(name=name, created=created)


@router.delete("/organizations/{name}")
def delete_organization_route(ask: Asked, name: Name) -> DeleteAnswer:
    """Remove an organization with its teams and their projects."""
    return DeleteAnswer(deleted=delete_organization(ask.store, ask.viewer, name, ask.now))


@router.put("/teams/{name}")
def put_team_route(
    ask: Asked, response: Response, name: Name, body: Annotated[TeamBody | None, Body()] = None
) -> PutAnswer:
    """Make a team in an organization, or add members."""
    given = body or TeamBody()
    _, created = put_team(
        ask.store, ask.viewer, name, given.organization, _memberships(given.members), ask.now
    )
    response.status_code = 201 if created else 200
    return PutAnswer(name=name, created=created)


@router.delete("/teams/{name}")
def delete_team_route(ask: Asked, name: Name) -> DeleteAnswer:
    """Remove a team with its projects."""
    return DeleteAnswer(deleted=delete_team(ask.store, ask.viewer, name, ask.now))
