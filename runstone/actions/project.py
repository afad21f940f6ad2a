"""Changes of projects."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from runstone.actions.access import (
    find_entity,
    find_project,
    find_project_by_id,
    require,
    require_entity_member,
)
from runstone.domain.errors import Conflict, Invalid, NotFound
from runstone.domain.ids import EntityId, ProjectId
from runstone.domain.naming import check_project_name
from runstone.domain.registry import MODEL_REGISTRY, REGISTRY_PREFIX, ProjectKind, kind_of_project
from runstone.domain.viewer import Access, Role, Viewer, Visibility
from runstone.store.opening import Store
from runstone.store.writes import Transaction


def project_for_writing(
    tx: Transaction, viewer: Viewer, entity_name: str | None, name: str, now: datetime
) -> Row[Any]:
    """The project of that name with write access, made (private) when it is absent.

    For use inside other actions' transactions. Raises `NotFound` for an unknown entity
    and `Denied` without the right.
    """
    owner = find_entity(tx, viewer, entity_name)
    row = tx.project(viewer, owner.name, name)
    if row is None:
        check_project_name(name)
        require_entity_member(viewer, EntityId(owner.id), owner.name)
        made = tx.insert_project(EntityId(owner.id), name, now, created_by=viewer.user_id)
        tx.record(viewer, "create_project", "project", made, now, project_id=made, name=name)
        tx.changed("project", project_id=made, noun_id=made)
        row = tx.project(viewer, owner.name, name)
        assert row is not None
    require(tx, viewer, row, Access.WRITE)
    return row


def create_project(
    store: Store,
    viewer: Viewer,
    entity_name: str | None,
    name: str,
    now: datetime,
    **values: Any,
) -> tuple[ProjectId, bool]:
    """Make a project, or change `values` (columns) of the one there. Returns id and whether it is new.

    Whoever manages it may change its visibility, whoever writes the rest. Who makes a restricted
    project manages it.
    """

    def change(tx: Transaction) -> tuple[ProjectId, bool]:
        owner = find_entity(tx, viewer, entity_name)
        present = tx.project(viewer, owner.name, name)
        row = present or project_for_writing(tx, viewer, owner.name, name, now)
        if values:
            moved = values.get("visibility", row.visibility) != row.visibility
            if present is not None:
                require(tx, viewer, row, Access.MANAGE if moved else Access.WRITE)
            elif values.get("visibility") == Visibility.RESTRICTED.value and viewer.entity_id is not None:
                tx.set_project_member(ProjectId(row.id), viewer.entity_id, Role.ADMIN, now)
            tx.update_project(ProjectId(row.id), now, **values)
            tx.record(viewer, "change_project", "project", row.id, now, project_id=row.id, **values)
            tx.changed("project", project_id=row.id, noun_id=row.id)
        return ProjectId(row.id), present is None

    return store.write(change)


def rename_project(
    store: Store, viewer: Viewer, entity_name: str | None, name: str, new_name: str, now: datetime
) -> ProjectId:
    """Give a project another name. The old name no longer finds it. For whoever manages it.

    Raises `Conflict` for a name that is taken and `Invalid` for one that says another kind of project.
    """
    check_project_name(new_name)

    def change(tx: Transaction) -> ProjectId:
        row = find_project(tx, viewer, entity_name, name, Access.MANAGE)
        if row.kind == ProjectKind.MODEL_REGISTRY.value or kind_of_project(new_name).value != row.kind:
            raise Invalid(
                f"{row.kind} {name!r} cannot be renamed to {new_name!r}: names of registries begin with "
                f"{REGISTRY_PREFIX!r}, no other name does, and {MODEL_REGISTRY!r} stays as it is."
            )
        if new_name != name and tx.project_name_taken(EntityId(row.entity_id), new_name):
            raise Conflict(f"{row.entity_name} has a project {new_name!r} already. Choose another name.")
        tx.update_project(ProjectId(row.id), now, name=new_name)
        tx.record(
            viewer, "rename_project", "project", row.id, now, project_id=row.id, before=name, name=new_name
        )
        tx.changed("project", project_id=row.id, noun_id=row.id)
        return ProjectId(row.id)

    return store.write(change)


def delete_project(store: Store, viewer: Viewer, project_id: int, now: datetime) -> ProjectId:
    """Delete a project with all that is in it; `restore_project` undoes it. For whoever manages it."""

    def change(tx: Transaction) -> ProjectId:
        row = find_project_by_id(tx, viewer, project_id, Access.MANAGE)
        tx.update_project(ProjectId(row.id), now, deleted_at=now)
        tx.record(viewer, "delete_project", "project", row.id, now, project_id=row.id, name=row.name)
        tx.changed("project", project_id=row.id, noun_id=row.id)
        return ProjectId(row.id)

    return store.write(change)


def restore_project(store: Store, viewer: Viewer, project_id: int, now: datetime) -> ProjectId:
    """Undo the deletion of a project. For whoever managed it.

    Raises `Conflict` when its name is taken, or its grace is over.
    """

    def change(tx: Transaction) -> ProjectId:
        row = tx.deleted_project(viewer, ProjectId(project_id))
        if row is None:
            raise NotFound("No deleted project of that id was found.")
        require(tx, viewer, row, Access.MANAGE)
        if tx.freed_since(row.id, row.deleted_at):
            raise Conflict(
                f"{row.entity_name}/{row.name} can't come back: its runs and files are gone for good."
            )
        if tx.project_name_taken(EntityId(row.entity_id), row.name):
            raise Conflict(
                f"{row.entity_name} has a new project {row.name!r} by now. Rename that one, then restore."
            )
        tx.update_project(ProjectId(row.id), now, deleted_at=None)
        tx.record(viewer, "restore_project", "project", row.id, now, project_id=row.id, name=row.name)
        tx.changed("project", project_id=row.id, noun_id=row.id)
        return ProjectId(row.id)

    return store.write(change)


def set_project_members(
    store: Store,
    viewer: Viewer,
    project_id: int,
    entity_ids: Sequence[EntityId],
    role: Role | None,
    now: datetime,
) -> None:
    """Give people (by their own entities) and teams a role in one project or registry; None takes it away.

    For whoever manages the project. Raises `NotFound` for an entity that is not there.
    """

    def change(tx: Transaction) -> None:
        row = find_project_by_id(tx, viewer, project_id, Access.MANAGE)
        for one in entity_ids:
            found = tx.entity_by_id(viewer, one)
            if found is None:
                raise NotFound("That person or team was not found on this server.")
            tx.set_project_member(ProjectId(row.id), one, role, now)
            tx.record(
                viewer,
                "set_project_member",
                "project",
                row.id,
                now,
                project_id=row.id,
                name=found.name,
                role=None if role is None else role.value,
            )
        tx.changed("member", project_id=row.id, noun_id=row.id)

    store.write(change)
