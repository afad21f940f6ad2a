"""Reports, workspaces and other stored views, and the custom charts they may draw."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, false, or_, select, true, update

from runstone.domain.ids import ProjectId, ViewId
from runstone.domain.viewer import Viewer
from runstone.store.schema import custom_chart, entity, project, share_link, user_account, view
from runstone.store.session import Session
from runstone.store.sql.project import visible


def _views(viewer: Viewer) -> Select[Any]:
    return (
        select(
            view,
            project.c.name.label("project_name"),
            entity.c.name.label("entity_name"),
            user_account.c.username.label("username"),
        )
        .join(project, project.c.id == view.c.project_id)
        .join(entity, entity.c.id == project.c.entity_id)
        .outerjoin(user_account, user_account.c.id == view.c.user_id)
        .where(view.c.deleted_at.is_(None), project.c.deleted_at.is_(None), visible(viewer))
    )


class ViewReads(Session):
    """Reads of views. Rows carry `project_name`, `entity_name` and `username`."""

    def view(self, viewer: Viewer, view_id: int) -> Row[Any] | None:
        """A view by id; None when absent, deleted or hidden."""
        return self.one(_views(viewer).where(view.c.id == view_id))

    def views_of_project(
        self,
        viewer: Viewer,
        project_id: int,
        *,
        kind: str | None = None,
        name: str | None = None,
        username: str | None = None,
        offset: int = 0,
        limit: int = 50,
    ) -> list[Row[Any]]:
        """Views of a project, the last changed first; `kind` as clients call it (runs, project-view ...)."""
        wanted = [view.c.project_id == project_id]
        if kind is not None:
            wanted.append(view.c.type == kind)
        if name is not None:
            wanted.append(view.c.name == name)
        if username is not None:
            wanted.append(user_account.c.username == username)
        return self.all(
            _views(viewer)
            .where(*wanted)
            .order_by(view.c.updated_at.desc(), view.c.id.desc())
            .offset(offset)
            .limit(limit)
        )

    def drafts_of(self, viewer: Viewer, view_id: int) -> list[Row[Any]]:
        """Drafts of a published view."""
        return self.all(_views(viewer).where(view.c.parent_id == view_id).order_by(view.c.id))

    def share_links(self, viewer: Viewer, view_id: int) -> list[Row[Any]]:
        """Links of a visible view that have not been revoked, newest first; rows carry `username`."""
        return self.all(
            select(share_link, user_account.c.username)
            .join(view, view.c.id == share_link.c.view_id)
            .join(project, project.c.id == view.c.project_id)
            .outerjoin(user_account, user_account.c.id == share_link.c.created_by)
            .where(share_link.c.view_id == view_id, share_link.c.revoked_at.is_(None), visible(viewer))
            .order_by(share_link.c.id.desc())
        )

    def share_link_of(self, digest: str, now: datetime) -> Row[Any] | None:
        """The living link of this digest; None when unknown, revoked or expired. The digest is the right."""
        return self.one(
            select(share_link).where(
                share_link.c.digest == digest,
                share_link.c.revoked_at.is_(None),
                or_(share_link.c.expires_at.is_(None), share_link.c.expires_at > now),
            )
        )

    def custom_chart(self, viewer: Viewer, entity_name: str, name: str) -> Row[Any] | None:
        """A custom chart of an entity; a private one only for its members."""
        return self.one(
            select(custom_chart, entity.c.name.label("entity_name"))
            .join(entity, entity.c.id == custom_chart.c.entity_id)
            .where(entity.c.name == entity_name, entity.c.deleted_at.is_(None), custom_chart.c.name == name)
            .where(_chart_visible(viewer))
        )

    def custom_charts_of(self, viewer: Viewer, entity_id: int) -> list[Row[Any]]:
        """Custom charts of an entity by name, under the same rule."""
        return self.all(
            select(custom_chart, entity.c.name.label("entity_name"))
            .join(entity, entity.c.id == custom_chart.c.entity_id)
            .where(custom_chart.c.entity_id == entity_id, _chart_visible(viewer))
            .order_by(custom_chart.c.name)
        )


class ViewWrites(ViewReads):
    """Changes of views and charts."""

    def insert_view(self, project_id: ProjectId, now: datetime, **values: Any) -> ViewId:
        """Add a view."""
        return ViewId(self.insert_id(view, project_id=project_id, created_at=now, updated_at=now, **values))

    def update_view(self, view_id: int, now: datetime, **values: Any) -> None:
        """Change columns of a view; each change is a new revision."""
        self.conn.execute(
            update(view)
            .where(view.c.id == view_id)
            .values(updated_at=now, revision=view.c.revision + 1, **values)
        )

    def insert_share_link(self, view_id: int, now: datetime, **values: Any) -> int:
        """Add a link to a view."""
        return self.insert_id(share_link, view_id=view_id, created_at=now, **values)

    def revoke_share_link(self, view_id: int, link_id: int, now: datetime) -> bool:
        """End a link of a view; False when it is not one of it, or has ended."""
        done = self.conn.execute(
            update(share_link)
            .where(
                share_link.c.id == link_id, share_link.c.view_id == view_id, share_link.c.revoked_at.is_(None)
            )
            .values(revoked_at=now)
        )
        return bool(done.rowcount)

    def insert_custom_chart(self, entity_id: int, name: str, now: datetime, **values: Any) -> int:
        """Add a custom chart."""
        return self.insert_id(custom_chart, entity_id=entity_id, name=name, created_at=now, **values)


def _chart_visible(viewer: Viewer) -> ColumnElement[bool]:
    if viewer.admin:
        return true()
    if not viewer.signed_in:
        return false()
    return or_(
        custom_chart.c.access == "PUBLIC",
        custom_chart.c.entity_id.in_([int(one) for one in viewer.roles]),
    )
