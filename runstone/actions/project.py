"""Changes of projects."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from runstone.actions.access import find_entity, require, require_entity_member
from runstone.domain.ids import EntityId, ProjectId
from runstone.domain.naming import check_project_name
from runstone.domain.viewer import Access, Viewer
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
