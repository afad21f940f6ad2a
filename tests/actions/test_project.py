"""Projects: made, renamed, shown, shared, deleted, and by nobody without the right."""

from collections.abc import Callable

import pytest

from runstone.actions.project import (
    create_project,
    delete_project,
    rename_project,
    restore_project,
    set_project_members,
)
from runstone.actions.team import put_team
from runstone.actions.user import membership
from runstone.domain.errors import Conflict, Denied, Invalid, NotFound, Unauthenticated
from runstone.domain.ids import EntityId, ProjectId
from runstone.domain.viewer import NOBODY, Access, Role, Viewer
from runstone.store.opening import Store
from tests.conftest import NOW, People

PARTS = ("server admin", "team admin", "member", "viewer", "stranger", "nobody")


def again(store: Store, viewer: Viewer) -> Viewer:
    """The same person with the roles of this moment."""
    assert viewer.user_id is not None
    with store.reading() as reads:
        found = reads.viewer(viewer.user_id)
    assert found is not None
    return found


def own(viewer: Viewer) -> EntityId:
    """A person's own entity."""
    assert viewer.entity_id is not None
    return viewer.entity_id


@pytest.fixture
def cast(store: Store, people: People) -> dict[str, Viewer]:
    """Viewers by their part in team `lab`: dora manages it, ben writes, cy reads, eve is a stranger."""
    put_team(store, people.ada, "lab", None, [membership("cy", "viewer"), membership("admin", "admin")], NOW)
    with store.reading() as reads:
        row = reads.user(people.ada, "admin")
        assert row is not None
        manager = reads.viewer(row.id)
    assert manager is not None
    plain = Viewer(
        manager.user_id, manager.username, manager.entity_id, manager.entity_name, False, manager.roles
    )
    return {
        "server admin": people.ada,
        "team admin": plain,
        "member": again(store, people.ben),
        "viewer": again(store, people.cy),
        "stranger": people.eve,
        "nobody": NOBODY,
    }


def rights(store: Store, viewer: Viewer, project_id: int) -> str:
    """What a viewer may do, as letters: r(ead), w(rite), m(anage); - where the project is hidden."""
    with store.reading() as reads:
        row = reads.project_by_id(viewer, ProjectId(project_id))
        if row is None:
            return "-"
        granted = reads.project_access(viewer, row)
    return "".join(one.value[0] for one in Access if one in granted)


@pytest.mark.parametrize(
    ("visibility", "expected"),
    [
        ("restricted", ("rwm", "rwm", "-", "-", "-", "-")),
        ("private", ("rwm", "rwm", "rw", "r", "-", "-")),
        ("open", ("rwm", "rwm", "rw", "rw", "rw", "-")),
        ("public", ("rwm", "rwm", "rw", "r", "r", "r")),
    ],
)
def test_who_may_what(
    store: Store, cast: dict[str, Viewer], visibility: str, expected: tuple[str, ...]
) -> None:
    project_id, _ = create_project(store, cast["team admin"], "lab", "p", NOW, visibility=visibility)
    with store.reading() as reads:
        listed = {
            part: any(row.id == project_id for row in reads.visible_projects(cast[part])) for part in PARTS
        }
    # The member row of whoever made a restricted project is theirs alone.
    assert tuple(rights(store, cast[part], project_id) for part in PARTS) == expected
    assert tuple(listed[part] for part in PARTS) == tuple(one != "-" for one in expected)


Change = Callable[[Store, Viewer, int], object]

CHANGES: dict[str, Change] = {
    "visibility": lambda store, who, number: create_project(store, who, "lab", "p", NOW, visibility="public"),
    "rename": lambda store, who, number: rename_project(store, who, "lab", "p", "q", NOW),
    "members": lambda store, who, number: set_project_members(
        store, who, number, [EntityId(1)], Role.VIEWER, NOW
    ),
    "delete": lambda store, who, number: delete_project(store, who, number, NOW),
}


@pytest.mark.parametrize("visibility", ["private", "open"])
def test_who_may_not_manage(store: Store, cast: dict[str, Viewer], visibility: str) -> None:
    number, _ = create_project(store, cast["member"], "lab", "p", NOW, visibility=visibility)
    for change in CHANGES.values():
        for part in ("member", "viewer", "stranger", "nobody"):
            with pytest.raises((Denied, NotFound, Unauthenticated)):
                change(store, cast[part], number)
    with store.reading() as reads:
        row = reads.project(cast["member"], "lab", "p")
    assert row is not None
    assert row.visibility == visibility


@pytest.mark.parametrize("part", ["server admin", "team admin"])
def test_who_may_manage(store: Store, cast: dict[str, Viewer], part: str) -> None:
    number, _ = create_project(store, cast["member"], "lab", "p", NOW)
    for change in CHANGES.values():
        change(store, cast[part], number)
    with store.reading() as reads:
        assert reads.project(cast[part], "lab", "q") is None


def test_a_member_describes_but_does_not_show(store: Store, cast: dict[str, Viewer]) -> None:
    create_project(store, cast["team admin"], "lab", "p", NOW)
    create_project(store, cast["member"], "lab", "p", NOW, description="digits", visibility="private")
    with pytest.raises(Denied):
        create_project(store, cast["viewer"], "lab", "p", NOW, description="letters")
    with pytest.raises(Denied):
        create_project(store, cast["stranger"], "lab", "new", NOW)
    with pytest.raises(NotFound):
        create_project(store, cast["stranger"], "nowhere", "new", NOW)


def test_names(store: Store, people: People) -> None:
    create_project(store, people.ada, "lab", "p", NOW)
    create_project(store, people.ada, "lab", "taken", NOW)
    with pytest.raises(Conflict, match="has a project 'taken' already"):
        rename_project(store, people.ada, "lab", "p", "taken", NOW)
    for bad in ("", "a/b", "registry", "wandb-registry-x", "model-registry"):
        with pytest.raises(Invalid):
            rename_project(store, people.ada, "lab", "p", bad, NOW)
    with pytest.raises(NotFound, match="Did you mean 'taken'"):
        rename_project(store, people.ada, "lab", "takem", "q", NOW)


def test_a_deleted_project_comes_back(store: Store, people: People) -> None:
    number, _ = create_project(store, people.ada, "lab", "p", NOW)
    delete_project(store, people.ada, number, NOW)
    with store.reading() as reads:
        assert reads.project(people.ben, "lab", "p") is None
    newer, made = create_project(store, people.ben, "lab", "p", NOW)
    assert made
    with pytest.raises(Conflict, match="new project 'p'"):
        restore_project(store, people.ada, number, NOW)
    rename_project(store, people.ada, "lab", "p", "p2", NOW)
    with pytest.raises(Denied):
        restore_project(store, people.ben, number, NOW)
    with pytest.raises(NotFound):
        restore_project(store, people.eve, number, NOW)
    restore_project(store, people.ada, number, NOW)
    with store.reading() as reads:
        assert {row.id for row in reads.projects_of(people.ben, people.lab)} == {number, newer}


def test_a_restricted_project_is_shared_by_hand(store: Store, people: People) -> None:
    number, _ = create_project(store, people.ben, "lab", "secret", NOW, visibility="restricted")
    assert rights(store, people.ben, number) == "rwm"
    assert rights(store, people.cy, number) == "-"
    set_project_members(store, people.ben, number, [own(people.cy), own(people.eve)], Role.VIEWER, NOW)
    assert rights(store, people.cy, number) == "r"
    set_project_members(store, people.ben, number, [own(people.eve)], Role.MEMBER, NOW)
    assert rights(store, people.eve, number) == "rw"
    with store.reading() as reads:
        rows = reads.project_members(people.ben, number, people=True)
        assert reads.project_members(people.nobody, number, people=True) == []
    assert {row.username: row.role for row in rows} == {"ben": "admin", "cy": "viewer", "eve": "member"}
    set_project_members(store, people.ben, number, [own(people.eve)], None, NOW)
    assert rights(store, people.eve, number) == "-"
    with pytest.raises(NotFound):
        set_project_members(store, people.ben, number, [EntityId(999_999)], Role.VIEWER, NOW)


def test_a_team_shares_no_further_than_its_own_roles(store: Store, people: People) -> None:
    members = [membership("eve", "viewer"), membership("cy", "member")]
    birds, _ = put_team(store, people.ada, "birds", None, members, NOW)
    number, _ = create_project(store, people.ben, "lab", "secret", NOW, visibility="restricted")
    set_project_members(store, people.ben, number, [birds], Role.MEMBER, NOW)
    assert rights(store, again(store, people.cy), number) == "rw"
    assert rights(store, again(store, people.eve), number) == "r"
    with store.reading() as reads:
        assert [row.name for row in reads.project_members(people.ben, number, people=False)] == ["birds"]
        assert [row.username for row in reads.project_members(people.ben, number, people=True)] == ["ben"]
