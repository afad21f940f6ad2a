"""Teams and organizations: made, joined, left, removed."""

import pytest

from runstone.actions.organization import delete_organization, put_organization
from runstone.actions.project import create_project
from runstone.actions.team import delete_team, put_team, remove_team_member
from runstone.actions.user import membership
from runstone.domain.errors import Conflict, Denied, Invalid, NotFound
from runstone.domain.viewer import Viewer
from runstone.store.opening import Store
from tests.conftest import NOW, People


def again(store: Store, viewer: Viewer) -> Viewer:
    """The same person with the roles of this moment."""
    assert viewer.user_id is not None
    with store.reading() as reads:
        found = reads.viewer(viewer.user_id)
    assert found is not None
    return found


def test_a_team_gives_its_roles(store: Store, people: People) -> None:
    members = [membership("eve", "viewer"), membership("cy", "admin")]
    team, made = put_team(store, people.ada, "birds", "runstone", members, NOW)
    assert made
    assert again(store, people.eve).roles[team] == "viewer"
    assert again(store, people.cy).roles[team] == "admin"
    with pytest.raises(Denied):
        create_project(store, again(store, people.eve), "birds", "p", NOW)
    create_project(store, again(store, people.cy), "birds", "p", NOW)


def test_adding_keeps_who_is_there(store: Store, people: People) -> None:
    team, made = put_team(store, people.ada, "lab", None, [membership("eve", "viewer")], NOW)
    assert not made
    assert team == people.lab
    with store.reading() as reads:
        roles = {row.username: row.role for row in reads.members_of(people.ada, team)}
    assert roles == {"ben": "member", "cy": "member", "eve": "viewer"}


def test_members_of_a_team_belong_to_its_organization(store: Store, people: People) -> None:
    put_organization(store, people.ada, "institute", [membership("ben", "admin")], NOW)
    members = [membership("ben", "member"), membership("eve", "member")]
    put_team(store, people.ada, "birds", "institute", members, NOW)
    with store.reading() as reads:
        owner = reads.organization_named(people.ada, "institute")
        assert owner is not None
        roles = {row.username: row.role for row in reads.members_of(people.ada, owner.entity_id)}
    assert roles == {"ben": "admin", "eve": "member"}


def test_who_manages_a_team(store: Store, people: People) -> None:
    with pytest.raises(Denied, match="does not manage"):
        put_team(store, people.ben, "lab", None, [membership("eve", "member")], NOW)
    put_organization(store, people.ada, "institute", [membership("ben", "admin")], NOW)
    ben = again(store, people.ben)
    put_team(store, ben, "birds", "institute", [membership("cy", "admin")], NOW)
    cy = again(store, people.cy)
    put_team(store, cy, "birds", "institute", [membership("eve", "member")], NOW)
    with pytest.raises(Denied):
        delete_team(store, again(store, people.eve), "birds", NOW)
    assert remove_team_member(store, cy, "birds", "eve", NOW)
    assert not remove_team_member(store, cy, "birds", "eve", NOW)
    assert delete_team(store, cy, "birds", NOW)
    assert not delete_team(store, cy, "birds", NOW)


def test_what_is_refused(store: Store, people: People) -> None:
    with pytest.raises(NotFound, match=r"'evee'.*Did you mean 'eve'"):
        put_team(store, people.ada, "birds", None, [membership("evee", "member")], NOW)
    with store.reading() as reads:
        assert reads.entity_named(people.ada, "birds") is None
    with pytest.raises(NotFound, match="Did you mean 'runstone'"):
        put_team(store, people.ada, "birds", "runston", [], NOW)
    with pytest.raises(Conflict, match="there is a user"):
        put_team(store, people.ada, "eve", None, [], NOW)
    with pytest.raises(Conflict, match="there is a team"):
        put_organization(store, people.ada, "lab", [], NOW)
    with pytest.raises(Invalid, match="viewer, member, admin"):
        membership("eve", "owner")


def test_an_organization_takes_its_teams_along(store: Store, people: People) -> None:
    put_organization(store, people.ada, "institute", [], NOW)
    put_team(store, people.ada, "birds", "institute", [membership("ben", "member")], NOW)
    create_project(store, again(store, people.ben), "birds", "songs", NOW)
    assert delete_organization(store, people.ada, "institute", NOW)
    assert not delete_organization(store, people.ada, "institute", NOW)
    with store.reading() as reads:
        assert reads.entity_named(people.ada, "birds") is None
        assert reads.project(again(store, people.ben), "birds", "songs") is None
    assert put_organization(store, people.ada, "institute", [], NOW)[1]


def test_the_only_organization_stays(store: Store, people: People) -> None:
    with pytest.raises(Conflict, match="only organization"):
        delete_organization(store, people.ada, "runstone", NOW)
