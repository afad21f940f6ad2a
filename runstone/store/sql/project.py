"""Projects, and the condition that keeps every other noun inside the viewer's rights."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, false, or_, select, true, update

from runstone.domain.ids import EntityId, ProjectId
from runstone.domain.viewer import Access, Role, Viewer, Visibility
from runstone.store.schema import entity, project, project_member, user_account
from runstone.store.session import Session

GRANTS: dict[Role, set[Access]] = {
    Role.VIEWER: {Access.READ},
    Role.MEMBER: {Access.READ, Access.WRITE},
    Role.ADMIN: {Access.READ, Access.WRITE, Access.MANAGE},
}


def visible(viewer: Viewer) -> ColumnElement[bool]:
    """Condition on `project`: those this viewer may read. Join it into every query of a noun below."""
    if viewer.admin:
        return true()
    allowed: list[ColumnElement[bool]] = [project.c.visibility == Visibility.PUBLIC.value]
    if viewer.shared:
        allowed.append(project.c.id.in_([int(one) for one in viewer.shared]))
    if viewer.signed_in:
        allowed.append(project.c.visibility == Visibility.OPEN.value)
        managed = [int(one) for one, role in viewer.roles.items() if role is Role.ADMIN]
        allowed.append(project.c.entity_id.in_(managed))
        allowed.append(
            and_(
                project.c.entity_id.in_([int(one) for one in viewer.roles]),
                project.c.visibility != Visibility.RESTRICTED.value,
            )
        )
        allowed.append(
            project.c.id.in_(
                select(project_member.c.project_id).where(
                    project_member.c.entity_id.in_([int(one) for one in viewer.roles])
                )
            )
        )
    return or_(*allowed) if allowed else false()


def shown_run(viewer: Viewer, run_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Condition on a run beside `visible`: a share link opens the runs of its report alone."""
    return true() if viewer.scope is None else run_id.in_([int(one) for one in viewer.scope.runs])


@cache
def _with_entity() -> Select[Any]:
    return select(project, entity.c.name.label("entity_name"), entity.c.kind.label("entity_kind")).join(
        entity, entity.c.id == project.c.entity_id
    )


class ProjectReads(Session):
    """Reads of projects. Rows carry `entity_name` and `entity_kind`."""

    def project(self, viewer: Viewer, entity_name: str, name: str) -> Row[Any] | None:
        """One project by entity and name; None when absent or hidden from this viewer."""
        return self.one(
            _with_entity().where(
                entity.c.name == entity_name,
                entity.c.deleted_at.is_(None),
                project.c.name == name,
                project.c.deleted_at.is_(None),
                visible(viewer),
            )
        )

    def project_by_id(self, viewer: Viewer, project_id: ProjectId) -> Row[Any] | None:
        """One project by id, under the same rule."""
        return self.one(
            _with_entity().where(project.c.id == project_id, project.c.deleted_at.is_(None), visible(viewer))
        )

    def deleted_project(self, viewer: Viewer, project_id: ProjectId) -> Row[Any] | None:
        """A deleted project that this viewer saw, of an entity that still lives, for undo."""
        return self.one(
            _with_entity().where(
                project.c.id == project_id,
                project.c.deleted_at.is_not(None),
                entity.c.deleted_at.is_(None),
                visible(viewer),
            )
        )

    def project_name_taken(self, entity_id: EntityId, name: str) -> bool:
        """Whether a living project, seen or not, has this name."""
        found = self.scalar(
            select(project.c.id).where(
                project.c.entity_id == entity_id, project.c.name == name, project.c.deleted_at.is_(None)
            )
        )
        return found is not None

    def projects_of(
        self, viewer: Viewer, entity_id: EntityId, *, kinds: tuple[str, ...] = ("project",)
    ) -> list[Row[Any]]:
        """Visible projects of an entity, newest first."""
        return self.all(
            _with_entity()
            .where(
                project.c.entity_id == entity_id,
                project.c.deleted_at.is_(None),
                project.c.kind.in_(kinds),
                visible(viewer),
            )
            .order_by(project.c.created_at.desc(), project.c.id.desc())
        )

    def visible_projects(self, viewer: Viewer) -> list[Row[Any]]:
        """Every project (not registries) that this viewer may read."""
        return self.all(
            _with_entity().where(
                entity.c.deleted_at.is_(None),
                project.c.deleted_at.is_(None),
                project.c.kind == "project",
                visible(viewer),
            )
        )

    def visible_registries(self, viewer: Viewer) -> list[Row[Any]]:
        """Every registry, personal model registries included, that this viewer may read."""
        return self.all(
            _with_entity()
            .where(
                entity.c.deleted_at.is_(None),
                project.c.deleted_at.is_(None),
                project.c.kind != "project",
                visible(viewer),
            )
            .order_by(entity.c.name, project.c.name)
        )

    def project_names(self, viewer: Viewer, entity_name: str) -> list[str]:
        """Names of visible projects of an entity, for suggestions in errors."""
        return [
            row.name
            for row in self.all(
                _with_entity().where(
                    entity.c.name == entity_name, project.c.deleted_at.is_(None), visible(viewer)
                )
            )
        ]

    def project_members(self, viewer: Viewer, project_id: int, *, people: bool) -> list[Row[Any]]:
        """Who has a role of their own in a visible project: people, or else teams, with `role`."""
        subject = user_account if people else entity
        linked = user_account.c.entity_id if people else entity.c.id
        query = (
            select(subject, project_member.c.role)
            .join(project_member, project_member.c.entity_id == linked)
            .join(project, project.c.id == project_member.c.project_id)
            .where(
                project_member.c.project_id == project_id,
                subject.c.deleted_at.is_(None),
                visible(viewer),
            )
        )
        if people:
            return self.all(query.order_by(user_account.c.username))
        return self.all(query.where(entity.c.kind != "user").order_by(entity.c.name))

    def project_access(self, viewer: Viewer, row: Row[Any]) -> set[Access]:
        """All that this viewer may do with a project row."""
        granted = {
            access
            for access in Access
            if viewer.may(access, EntityId(row.entity_id), Visibility(row.visibility))
        }
        if row.id in viewer.shared:
            granted.add(Access.READ)
        if viewer.signed_in and Access.MANAGE not in granted:
            given = self.all(
                select(project_member.c.entity_id, project_member.c.role).where(
                    project_member.c.project_id == row.id,
                    project_member.c.entity_id.in_([int(one) for one in viewer.roles]),
                )
            )
            for one in given:
                # A team's role reaches its people no further than their own role in the team.
                granted |= GRANTS[Role(one.role)] & GRANTS[viewer.roles[EntityId(one.entity_id)]]
        return granted


class ProjectWrites(ProjectReads):
    """Changes of projects."""

    def insert_project(
        self, entity_id: EntityId, name: str, now: datetime, *, created_by: int | None, **values: Any
    ) -> ProjectId:
        """Add a project."""
        return ProjectId(
            self.insert_id(
                project,
                entity_id=entity_id,
                name=name,
                created_at=now,
                updated_at=now,
                created_by=created_by,
                **values,
            )
        )

    def update_project(self, project_id: ProjectId, now: datetime, **values: Any) -> None:
        """Change columns of a project."""
        self.conn.execute(update(project).where(project.c.id == project_id).values(updated_at=now, **values))

    def set_project_member(
        self, project_id: ProjectId, entity_id: EntityId, role: Role | None, now: datetime
    ) -> None:
        """Give a person's entity or a team a role in one project or registry; None takes it away."""
        if role is None:
            self.conn.execute(
                project_member.delete().where(
                    project_member.c.project_id == project_id, project_member.c.entity_id == entity_id
                )
            )
            return
        self.conn.execute(
            self.upsert(project_member)
            .values(project_id=project_id, entity_id=entity_id, role=role.value, created_at=now)
            .on_conflict_do_update(index_elements=["project_id", "entity_id"], set_={"role": role.value})
        )
