"""Links of versions into portfolios: model registry, registries, or any project."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from runstone.actions.access import find_entity, find_project, require, require_unprotected
from runstone.actions.artifact import find_version, settle_latest
from runstone.actions.collection import find_collection
from runstone.actions.project import project_for_writing
from runstone.domain.artifact import (
    LATEST,
    CollectionKind,
    check_alias,
    check_collection_name,
    check_type_name,
)
from runstone.domain.errors import Invalid, NotFound
from runstone.domain.ids import MembershipId, ProjectId
from runstone.domain.naming import similar
from runstone.domain.registry import (
    BUILT_IN_REGISTRIES,
    REGISTRY_PREFIX,
    ProjectKind,
    allows_all_types,
    kind_of_project,
    read_settings,
)
from runstone.domain.viewer import Access, Role, Viewer
from runstone.store.opening import Store
from runstone.store.writes import Transaction


def link_version(
    store: Store,
    viewer: Viewer,
    version_id: int,
    entity_name: str | None,
    project_name: str,
    portfolio_name: str,
    aliases: Sequence[str],
    now: datetime,
) -> MembershipId:
    """Put a version into a portfolio of another place, made with the version's type when absent.

    The version gets the portfolio's next number and its `latest`; linked already, it keeps
    its number. A version that is still being made may be linked: the link shows once it is
    committed.
    """
    check_collection_name(portfolio_name)
    names = [check_alias(one) for one in dict.fromkeys(aliases)]

    def change(tx: Transaction) -> MembershipId:
        row = find_version(tx, viewer, version_id)
        home = _home_of_links(tx, viewer, entity_name, project_name, now)
        require_unprotected(tx, viewer, home.id, names, portfolio_name)
        portfolio = _portfolio(tx, viewer, home, portfolio_name, row.type_name, now)
        place = tx.membership_of(viewer, portfolio.id, version_id)
        if place is None:
            number = tx.next_collection_number(portfolio.id)
            place_id = tx.insert_membership(portfolio.id, version_id, number, now, viewer.user_id)
            tx.set_alias(portfolio.id, place_id, LATEST, now)
        else:
            place_id = place.id
        for name in names:
            tx.set_alias(portfolio.id, place_id, name, now)
        tx.update_collection(portfolio.id, now)
        tx.record(
            viewer,
            "link_version",
            "version",
            version_id,
            now,
            project_id=home.id,
            portfolio=f"{home.entity_name}/{home.name}/{portfolio_name}",
            aliases=names,
        )
        tx.changed("collection", project_id=home.id, noun_id=portfolio.id)
        tx.changed("version", project_id=row.project_id, noun_id=version_id)
        return MembershipId(place_id)

    return store.write(change)


def _home_of_links(
    tx: Transaction, viewer: Viewer, entity_name: str | None, project_name: str, now: datetime
) -> Row[Any]:
    """The project of the portfolio. The model registry and the built-in registries are made at first use."""
    kind = kind_of_project(project_name)
    owner = find_entity(tx, viewer, entity_name)
    if kind is ProjectKind.REGISTRY and tx.project(viewer, owner.name, project_name) is None:
        short = project_name.removeprefix(REGISTRY_PREFIX)
        if short not in BUILT_IN_REGISTRIES:
            known = [
                one.name.removeprefix(REGISTRY_PREFIX)
                for one in tx.projects_of(viewer, owner.id, kinds=(ProjectKind.REGISTRY.value,))
            ]
            raise NotFound(
                f"registry {short!r} was not found in {owner.name}.{similar(short, known)} "
                "Make it with wandb.Api().create_registry(...)."
            )
    home = project_for_writing(tx, viewer, owner.name, project_name, now)
    if home.kind != kind.value:
        tx.update_project(ProjectId(home.id), now, kind=kind.value)
    return home


def _portfolio(
    tx: Transaction, viewer: Viewer, home: Row[Any], name: str, type_name: str, now: datetime
) -> Row[Any]:
    where = f"{home.entity_name}/{home.name}/{name}"
    found = tx.collection(viewer, home.id, name)
    if found is None:
        type_id = _allowed_type(tx, viewer, home, type_name, now)
        made = tx.insert_collection(
            home.id, type_id, name, CollectionKind.PORTFOLIO, now, created_by=viewer.user_id
        )
        tx.record(viewer, "add_portfolio", "collection", made, now, project_id=home.id, name=name)
        found = tx.collection_by_id(viewer, made)
        assert found is not None
    if found.kind != CollectionKind.PORTFOLIO.value:
        raise Invalid(f"{where} is an artifact with versions of its own. Link under another name.")
    if found.type_name != type_name:
        raise Invalid(f"{where} holds artifacts of type {found.type_name!r}, this one is {type_name!r}.")
    return found


def _allowed_type(tx: Transaction, viewer: Viewer, home: Row[Any], type_name: str, now: datetime) -> int:
    """The type in the registry; one that was made for certain types takes no others."""
    if not allows_all_types(home.settings):
        known = [one.name for one in tx.artifact_types(viewer, home.id)]
        if type_name not in known:
            raise Invalid(
                f"registry {home.name.removeprefix(REGISTRY_PREFIX)} takes artifacts of the types "
                f"{', '.join(known)}, this one is {type_name!r}. Add the type to the registry."
            )
    return tx.ensure_artifact_type(home.id, type_name, now)


def unlink_version(store: Store, viewer: Viewer, version_id: int, collection_id: int, now: datetime) -> None:
    """Take a version out of a portfolio, with its aliases there. The version itself stays."""

    def change(tx: Transaction) -> None:
        find_version(tx, viewer, version_id)
        portfolio = find_collection(tx, viewer, collection_id, Access.WRITE)
        if portfolio.kind != CollectionKind.PORTFOLIO.value:
            raise Invalid(f"{portfolio.name} is the artifact itself, not a link. Delete the version instead.")
        place = tx.membership_of(viewer, collection_id, version_id)
        if place is None:
            raise NotFound(f"That version is not linked to {portfolio.name}.")
        held = tx.aliases_of_memberships(viewer, [place.id]).get(place.id, [])
        require_unprotected(tx, viewer, portfolio.project_id, [one.name for one in held], portfolio.name)
        tx.unset_aliases(place.id)
        tx.remove_membership(place.id, now)
        settle_latest(tx, collection_id, now)
        tx.record(
            viewer,
            "unlink_version",
            "version",
            version_id,
            now,
            project_id=portfolio.project_id,
            portfolio=portfolio.name,
        )
        tx.changed("collection", project_id=portfolio.project_id, noun_id=collection_id)

    store.write(change)


def protect_aliases(
    store: Store, viewer: Viewer, entity_name: str, project_name: str, aliases: Sequence[str], now: datetime
) -> None:
    """Say which aliases of a registry only those who manage it put on and take off. For those themselves."""
    names = sorted({check_alias(one) for one in aliases})
    if kind_of_project(project_name) is ProjectKind.PROJECT:
        raise Invalid(f"{project_name} is no registry; aliases are protected in registries.")

    def change(tx: Transaction) -> None:
        home = find_project(tx, viewer, entity_name, project_name, Access.MANAGE)
        settings = {**read_settings(home.settings), "protected_aliases": names}
        tx.update_project(ProjectId(home.id), now, settings=json.dumps(settings))
        tx.record(viewer, "protect_aliases", "project", home.id, now, project_id=home.id, aliases=names)
        tx.changed("project", project_id=home.id, noun_id=home.id)

    store.write(change)


def save_registry(
    store: Store,
    viewer: Viewer,
    entity_name: str | None,
    name: str,
    now: datetime,
    *,
    type_names: Sequence[str] = (),
    all_types: bool | None = None,
    **values: Any,
) -> tuple[ProjectId, bool]:
    """Make a registry of an organization, or change it. Types are added, never taken away.

    `values` are columns of the project. Returns its id and whether it is new. Who makes it manages it.
    Raises `Invalid` for a name that is not a registry's.
    """
    if kind_of_project(name) is not ProjectKind.REGISTRY:
        raise Invalid(f"registry name {name!r}: expected {REGISTRY_PREFIX!r} and a name of your choice.")
    types = [check_type_name(one) for one in type_names]

    def change(tx: Transaction) -> tuple[ProjectId, bool]:
        owner = find_entity(tx, viewer, entity_name)
        before = tx.project(viewer, owner.name, name)
        home = project_for_writing(tx, viewer, owner.name, name, now)
        if before is not None:
            require(tx, viewer, before, Access.MANAGE)
        elif viewer.entity_id is not None:
            tx.set_project_member(ProjectId(home.id), viewer.entity_id, Role.ADMIN, now)
        settings = read_settings(home.settings)
        if all_types is not None:
            settings["all_artifact_types"] = all_types
        tx.update_project(
            ProjectId(home.id),
            now,
            kind=ProjectKind.REGISTRY.value,
            settings=json.dumps(settings),
            **values,
        )
        for one in types:
            tx.ensure_artifact_type(home.id, one, now)
        tx.record(
            viewer, "save_registry", "project", home.id, now, project_id=home.id, name=name, types=types
        )
        tx.changed("project", project_id=home.id, noun_id=home.id)
        return ProjectId(home.id), before is None

    return store.write(change)
