"""Alerts that scripts send about their runs."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from runstone.domain.ids import RunId
from runstone.domain.viewer import Viewer
from runstone.store.schema import alert, project, run
from runstone.store.session import Session
from runstone.store.sql.project import visible


class AlertReads(Session):
    """Reads of alerts."""

    def alerts(self, viewer: Viewer, run_id: RunId) -> list[Row[Any]]:
        """Alerts of a run, newest first."""
        return self.all(
            select(alert)
            .join(run, run.c.id == alert.c.run_id)
            .join(project, project.c.id == run.c.project_id)
            .where(alert.c.run_id == run_id, run.c.deleted_at.is_(None), visible(viewer))
            .order_by(alert.c.last_at.desc(), alert.c.id.desc())
        )


class AlertWrites(AlertReads):
    """Changes of alerts."""

    def insert_alert(self, run_id: RunId, now: datetime, **values: Any) -> int:
        """Add an alert."""
        return self.insert_id(alert, run_id=run_id, created_at=now, last_at=now, **values)

    def repeat_alert(self, alert_id: int, now: datetime) -> None:
        """Count an alert that came again."""
        self.conn.execute(
            update(alert).where(alert.c.id == alert_id).values(repeats=alert.c.repeats + 1, last_at=now)
        )
