"""Finding things by a part of their name, in every project that the viewer sees."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, func, or_, select

from runstone.domain.viewer import Viewer
from runstone.store.schema import artifact_type, collection, entity, project, run, sweep, view
from runstone.store.session import Session
from runstone.store.sql.project import visible


def _holds(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """The column contains the text, whatever its case; `%` and `_` are letters like others."""
    return func.lower(column).contains(text.lower(), autoescape=True)


class SearchReads(Session):
    """Searches. Rows carry `entity_name` and `project_name` beside the noun's own columns."""

    def projects_matching(self, viewer: Viewer, text: str, limit: int) -> list[Row[Any]]:
        """Projects and registries by name or description, recently changed first: `kind` tells them apart."""
        return self.all(
            select(
                project.c.kind,
                project.c.description,
                project.c.name.label("project_name"),
                entity.c.name.label("entity_name"),
            )
            .join(entity, entity.c.id == project.c.entity_id)
            .where(or_(_holds(project.c.name, text), _holds(func.coalesce(project.c.description, ""), text)))
            .where(project.c.deleted_at.is_(None), entity.c.deleted_at.is_(None), visible(viewer))
            .order_by(project.c.updated_at.desc(), project.c.id)
            .limit(limit)
        )

    def runs_matching(self, viewer: Viewer, text: str, limit: int) -> list[Row[Any]]:
        """Runs by label, id, notes, tag or group, newest first: `name`, `display_name`, `state`."""
        columns = (run.c.display_name, run.c.name, run.c.notes, run.c.group_name, run.c.tags)
        return self._in_projects(
            viewer,
            run,
            [run.c.name, run.c.display_name, run.c.state],
            or_(*(_holds(func.coalesce(one, ""), text) for one in columns)),
            limit,
        )

    def collections_matching(self, viewer: Viewer, text: str, limit: int) -> list[Row[Any]]:
        """Collections by name or description: `name`, `type_name`, `project_kind`."""
        kind = select(artifact_type.c.name).where(artifact_type.c.id == collection.c.type_id)
        return self._in_projects(
            viewer,
            collection,
            [
                collection.c.name,
                project.c.kind.label("project_kind"),
                kind.scalar_subquery().label("type_name"),
            ],
            or_(_holds(collection.c.name, text), _holds(func.coalesce(collection.c.description, ""), text)),
            limit,
        )

    def sweeps_matching(self, viewer: Viewer, text: str, limit: int) -> list[Row[Any]]:
        """Sweeps by id or label: `name`, `display_name`."""
        columns = (sweep.c.name, sweep.c.display_name)
        return self._in_projects(
            viewer,
            sweep,
            list(columns),
            or_(*(_holds(func.coalesce(one, ""), text) for one in columns)),
            limit,
        )

    def reports_matching(self, viewer: Viewer, text: str, limit: int) -> list[Row[Any]]:
        """Published reports by title or description: `id`, `display_name`, `name`."""
        columns = (view.c.display_name, view.c.description)
        wanted = or_(*(_holds(func.coalesce(one, ""), text) for one in columns))
        return self._in_projects(
            viewer,
            view,
            [view.c.id, view.c.name, view.c.display_name],
            wanted & (view.c.type == "runs"),
            limit,
        )

    def _in_projects(
        self,
        viewer: Viewer,
        table: Any,
        columns: Sequence[ColumnElement[Any]],
        wanted: ColumnElement[bool],
        limit: int,
    ) -> list[Row[Any]]:
        return self.all(
            select(*columns, project.c.name.label("project_name"), entity.c.name.label("entity_name"))
            .select_from(table)
            .join(project, project.c.id == table.c.project_id)
            .join(entity, entity.c.id == project.c.entity_id)
            .where(
                table.c.deleted_at.is_(None), project.c.deleted_at.is_(None), entity.c.deleted_at.is_(None)
            )
            .where(wanted, visible(viewer))
            .order_by(table.c.id.desc())
            .limit(limit)
        )
