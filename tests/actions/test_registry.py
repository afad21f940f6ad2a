"""Registries: made by members of an organization, filled by links, open to whom they should be."""

import pytest

from runstone.actions.organization import put_organization
from runstone.actions.project import delete_project, rename_project, set_project_members
from runstone.actions.registry import link_version, save_registry, unlink_version
from runstone.actions.user import membership
from runstone.domain.errors import Denied, Invalid, NotFound
from runstone.domain.ids import ProjectId
from runstone.domain.viewer import Role, Viewer
from runstone.store.opening import Store
from tests.artifacts import log_version
from tests.conftest import NOW, People

NAME = "wandb-registry-digits"


def again(store: Store, viewer: Viewer) -> Viewer:
    """The same person with the roles of this moment."""
    assert viewer.user_id is not None
    with store.reading() as reads:
        found = reads.viewer(viewer.user_id)
    assert found is not None
    return found


@pytest.fixture
def house(store: Store, people: People) -> People:
    """The same people; ben and cy belong to the organization `runstone`, cy as a viewer."""
    members = [membership("ben", "member"), membership("cy", "viewer")]
    put_organization(store, people.ada, "runstone", members, NOW)
    return People(
        **{
            **people.__dict__,
            "ben": again(store, people.ben),
            "cy": again(store, people.cy),
        }
    )


def organization_entity(store: Store, viewer: Viewer) -> str:
    """Name of the entity that owns the organization's registries."""
    with store.reading() as reads:
        found = reads.organization_named(viewer, "runstone")
        assert found is not None
        owner = reads.entity_by_id(viewer, found.entity_id)
    assert owner is not None
    return str(owner.name)


def test_who_makes_a_registry_manages_it(store: Store, house: People) -> None:
    owner = organization_entity(store, house.ada)
    number, made = save_registry(store, house.ben, owner, NAME, NOW, type_names=["model"], all_types=False)
    assert made
    assert save_registry(store, house.ben, owner, NAME, NOW, description="ours") == (number, False)
    with pytest.raises(Denied):
        save_registry(store, house.cy, owner, NAME, NOW, description="theirs")
    with pytest.raises(Denied):
        save_registry(store, house.cy, owner, "wandb-registry-other", NOW)
    with pytest.raises((Denied, NotFound)):
        save_registry(store, house.eve, owner, "wandb-registry-other", NOW)
    with pytest.raises(Invalid, match="wandb-registry-"):
        save_registry(store, house.ben, owner, "digits", NOW)
    with pytest.raises(Invalid, match="cannot be renamed"):
        rename_project(store, house.ben, owner, NAME, "digits", NOW)
    with pytest.raises(Denied):
        delete_project(store, house.cy, number, NOW)
    rename_project(store, house.ben, owner, NAME, "wandb-registry-figures", NOW)
    delete_project(store, house.ben, number, NOW)


def test_only_its_types_go_in(store: Store, house: People) -> None:
    owner = organization_entity(store, house.ada)
    save_registry(store, house.ben, owner, NAME, NOW, type_names=["dataset"], all_types=False)
    version, _ = log_version(store, house.ben, {"a": b"1"})
    with pytest.raises(Invalid, match="takes artifacts of the types dataset"):
        link_version(store, house.ben, version, owner, NAME, "cnn", [], NOW)
    save_registry(store, house.ben, owner, NAME, NOW, type_names=["model"])
    link_version(store, house.ben, version, owner, NAME, "cnn", ["candidate"], NOW)
    with store.reading() as reads:
        home = reads.project(house.cy, owner, NAME)
        assert home is not None
        place = reads.membership_named(house.cy, home.id, "cnn:candidate")
        assert place is not None
        assert place.version_id == version
        assert reads.project(house.eve, owner, NAME) is None
        assert reads.membership_named(house.eve, home.id, "cnn:candidate") is None


def test_who_may_link(store: Store, house: People) -> None:
    owner = organization_entity(store, house.ada)
    version, _ = log_version(store, house.ben, {"a": b"1"})
    save_registry(store, house.ben, owner, NAME, NOW)
    with pytest.raises(Denied):
        link_version(store, house.cy, version, owner, NAME, "cnn", [], NOW)
    with pytest.raises(NotFound):  # eve does not see the version
        link_version(store, house.eve, version, "eve", "model-registry", "cnn", [], NOW)
    with pytest.raises(NotFound, match="create_registry"):
        link_version(store, house.ben, version, owner, "wandb-registry-absent", "cnn", [], NOW)
    link_version(store, house.ben, version, owner, NAME, "cnn", [], NOW)
    with store.reading() as reads:
        home = reads.project(house.ben, owner, NAME)
        assert home is not None
        portfolio = reads.collection(house.ben, home.id, "cnn")
    assert portfolio is not None
    with pytest.raises(Denied):
        unlink_version(store, house.cy, version, portfolio.id, NOW)
    unlink_version(store, house.ben, version, portfolio.id, NOW)


def test_a_link_shows_a_version_and_not_its_project(store: Store, house: People) -> None:
    owner = organization_entity(store, house.ada)
    version, _ = log_version(store, house.ben, {"a": b"1"})
    number, _ = save_registry(store, house.ben, owner, NAME, NOW, visibility="restricted")
    link_version(store, house.ben, version, owner, NAME, "cnn", [], NOW)
    assert house.eve.entity_id is not None
    with store.reading() as reads:
        assert reads.project_by_id(house.eve, ProjectId(number)) is None
        assert reads.version(house.eve, version) is None
    set_project_members(store, house.ben, number, [house.eve.entity_id], Role.VIEWER, NOW)
    with store.reading() as reads:
        assert reads.project_by_id(house.eve, ProjectId(number)) is not None
        assert reads.version(house.eve, version) is not None
        assert reads.project(house.eve, "lab", "mnist") is None
