"""Changes of projects."""

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
from runstone.domain.errors import Conflict, NotFound
from runstone.domain.ids import EntityId, ProjectId, UserId
from runstone.domain.naming import check_project_name
from runstone.domain.viewer import Access, Role, Viewer
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
    """Make a project, or change `values` (columns) of the one there. Returns id and whether it is new."""

    def change(tx: Transaction) -> tuple[ProjectId, bool]:
        owner = find_entity(tx, viewer, entity_name)
        present = tx.project(viewer, owner.name, name)
        row = present or project_for_writing(tx, viewer, owner.name, name, now)
        if values:
            if present is not None:
                require(tx, viewer, row, Access.MANAGE if "visibility" in values else Access.WRITE)
            tx.update_project(ProjectId(row.id), now, **values)
            tx.changed("project", project_id=row.id, noun_id=row.id)
        return ProjectId(row.id), present is None

    return store.write(change)


def rename_project(
    store: Store, viewer: Viewer, entity_name: str | None, name: str, new_name: str, now: datetime
) -> ProjectId:
    """Give a project another name. The old name no longer finds it."""
    check_project_name(new_name)

    def change(tx: Transaction) -> ProjectId:
        row = find_project(tx, viewer, entity_name, name, Access.MANAGE)
        if new_name != name and tx.project(viewer, row.entity_name, new_name) is not None:
            raise Conflict(f"{row.entity_name} has a project {new_name!r} already. Choose another name.")
        tx.update_project(ProjectId(row.id), now, name=new_name)
        tx.record(
            viewer, "rename_project", "project", row.id, now, project_id=row.id, before=name, name=new_name
        )
        tx.changed("project", project_id=row.id, noun_id=row.id)
        return ProjectId(row.id)

    return store.write(change)


def delete_project(store: Store, viewer: Viewer, project_id: int, now: datetime) -> ProjectId:
    """Delete a project with all that is in it; it can be restored until its grace is over."""

    def change(tx: Transaction) -> ProjectId:
        row = find_project_by_id(tx, viewer, project_id, Access.MANAGE)
        tx.update_project(ProjectId(row.id), now, deleted_at=now)
        tx.record(viewer, "delete_project", "project", row.id, now, project_id=row.id, name=row.name)
        tx.changed("project", project_id=row.id, noun_id=row.id)
        return ProjectId(row.id)

    return store.write(change)


def set_project_member(
    store: Store, viewer: Viewer, project_id: int, user_id: int, role: Role | None, now: datetime
) -> None:
    """Give a person a role in one project or registry; None takes it away."""

    def change(tx: Transaction) -> None:
        row = find_project_by_id(tx, viewer, project_id, Access.MANAGE)
        if tx.viewer(UserId(user_id)) is None:
            raise NotFound("That person was not found on this server.")
        tx.set_project_member(ProjectId(row.id), user_id, None if role is None else role.value, now)
        tx.record(
            viewer,
            "set_project_member",
            "project",
            row.id,
            now,
            project_id=row.id,
            user_id=user_id,
            role=role,
        )
        tx.changed("member", project_id=row.id, noun_id=user_id)

    return store.write(change)
