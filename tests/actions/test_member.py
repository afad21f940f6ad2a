"""People and machines of a team: made, invited, given keys; by nobody without the right."""

from collections.abc import Callable

import pytest

from runstone.actions.member import create_service_account, create_team, create_user, invite_member
from runstone.actions.project import create_project
from runstone.actions.sign_in import create_key, revoke_key, viewer_of_key
from runstone.actions.team import delete_team, put_team, remove_team_member
from runstone.actions.user import membership
from runstone.domain.errors import Conflict, Denied, Invalid, NotFound, RunstoneError, Unauthenticated
from runstone.domain.viewer import NOBODY, Role, Viewer
from runstone.store.opening import Store
from tests.conftest import NOW, People


def again(store: Store, viewer: Viewer) -> Viewer:
    """The same person with the roles of this moment."""
    assert viewer.user_id is not None
    with store.reading() as reads:
        found = reads.viewer(viewer.user_id)
    assert found is not None
    return found


def owner(store: Store, key: str) -> str:
    """Whose key this is."""
    with store.reading() as reads:
        return viewer_of_key(reads, key).username


@pytest.fixture
def cast(store: Store, people: People) -> dict[str, Viewer]:
    """Viewers by their part in team `lab`."""
    put_team(store, people.ada, "lab", None, [membership("cy", "admin")], NOW)
    create_user(store, people.ada, "vera@example.org", False, NOW)
    put_team(store, people.ada, "lab", None, [membership("vera", "viewer")], NOW)
    with store.reading() as reads:
        vera = reads.user(people.ada, "vera")
        assert vera is not None
        watching = reads.viewer(vera.id)
    assert watching is not None
    return {
        "server admin": people.ada,
        "team admin": again(store, people.cy),
        "member": again(store, people.ben),
        "viewer": watching,
        "stranger": people.eve,
        "nobody": NOBODY,
    }


Change = Callable[[Store, Viewer], object]

CHANGES: list[tuple[str, Change, set[str]]] = [
    (
        "create_user",
        lambda store, who: create_user(store, who, "new@example.org", False, NOW),
        {"server admin"},
    ),
    (
        "invite_member",
        lambda store, who: invite_member(store, who, "lab", NOW, who="eve"),
        {"server admin", "team admin"},
    ),
    (
        "create_service_account",
        lambda store, who: create_service_account(store, who, "lab", "nightly", NOW),
        {"server admin", "team admin"},
    ),
    (
        "put_team",
        lambda store, who: put_team(store, who, "lab", None, [membership("eve", "member")], NOW),
        {"server admin", "team admin"},
    ),
    (
        "remove_team_member",
        lambda store, who: remove_team_member(store, who, "lab", "ben", NOW),
        {"server admin", "team admin"},
    ),
    (
        "delete_team",
        lambda store, who: delete_team(store, who, "lab", NOW),
        {"server admin", "team admin"},
    ),
    ("create_team", lambda store, who: create_team(store, who, "birds", None, NOW), {"server admin"}),
]


def test_who_may_not(store: Store, cast: dict[str, Viewer]) -> None:
    for _, change, allowed in CHANGES:
        for part in cast.keys() - allowed:
            with pytest.raises(Unauthenticated if part == "nobody" else Denied):
                change(store, cast[part])


@pytest.mark.parametrize("part", ["server admin", "team admin"])
def test_who_may(store: Store, cast: dict[str, Viewer], part: str) -> None:
    deleting_last = sorted(CHANGES, key=lambda one: one[0] == "delete_team")
    for _, change, allowed in deleting_last:
        if part in allowed:
            change(store, cast[part])


def test_a_person_of_an_address_gets_a_free_name(store: Store, people: People) -> None:
    made = create_user(store, people.ada, "Ben.New@example.com", False, NOW)
    second = create_user(store, people.ada, "ben@example.com", True, NOW)
    with store.reading() as reads:
        rows = reads.user_rows(people.ada, [made.user_id, second.user_id])
    assert rows[made.user_id].username == "ben-new"
    assert (rows[second.user_id].username, rows[second.user_id].admin) == ("ben-2", True)
    assert made.api_key is not None
    with pytest.raises(Conflict, match="belongs to a person"):
        create_user(store, people.ada, "ben@example.com", False, NOW)
    with pytest.raises(Invalid, match="name@host"):
        create_user(store, people.ada, "ben", False, NOW)


def test_a_member_is_one_at_once(store: Store, people: People) -> None:
    invite_member(store, people.ada, "lab", NOW, who="eve@example.org", admin=True)
    assert again(store, people.eve).roles[people.lab] is Role.ADMIN
    create_project(store, again(store, people.eve), "lab", "songs", NOW)
    with pytest.raises(Conflict, match="member of lab already"):
        invite_member(store, people.ada, "lab", NOW, who="eve")
    with pytest.raises(NotFound, match="no account"):
        invite_member(store, people.ada, "lab", NOW, who="gus@example.org")
    assert remove_team_member(store, people.ada, "lab", "eve", NOW)
    with pytest.raises(Denied):
        create_project(store, again(store, people.eve), "lab", "more", NOW)


def test_a_machine_has_a_key_and_its_team_alone(store: Store, people: People) -> None:
    made = create_service_account(store, people.ada, "lab", "Nightly training", NOW)
    with store.reading() as reads:
        machine = reads.viewer(made)
        row = reads.user_rows(people.ada, [made])[made]
    assert machine is not None
    assert (row.username, row.service, row.name) == ("lab-nightly-training", True, "Nightly training")
    assert machine.roles[people.lab] is Role.MEMBER
    create_project(store, machine, "lab", "night", NOW)
    with pytest.raises(Invalid, match="few words"):
        create_service_account(store, people.ada, "lab", " ", NOW)


def test_keys_are_their_owners(store: Store, people: People) -> None:
    number, key = create_key(store, people.ben, "laptop", NOW)
    assert owner(store, key) == "ben"
    with pytest.raises(RunstoneError):
        revoke_key(store, people.eve, number, NOW)
    assert owner(store, key) == "ben"
    revoke_key(store, people.ben, number, NOW)
    with pytest.raises(Unauthenticated):
        owner(store, key)


def test_a_taken_team_name(store: Store, people: People) -> None:
    with pytest.raises(Conflict, match="there is a team"):
        create_team(store, people.ada, "lab", None, NOW)
    with pytest.raises(Conflict, match="there is a user"):
        create_team(store, people.ada, "eve", None, NOW)
    with pytest.raises(NotFound):
        create_team(store, people.ada, "birds", "gus", NOW)
