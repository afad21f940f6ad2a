"""Who changed what, and when."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, true

from runstone.domain.viewer import Viewer
from runstone.store.schema import audit, project, user_account
from runstone.store.session import Session
from runstone.store.sql.project import visible


class AuditReads(Session):
    """Reads of the record."""

    def audit_of_project(
        self, viewer: Viewer, project_id: int, actions: Sequence[str] | None, limit: int
    ) -> list[Row[Any]]:
        """Changes of a visible project by some actions (None: all), newest first; rows carry `username`."""
        return self.all(
            select(audit, user_account.c.username)
            .join(project, project.c.id == audit.c.project_id)
            .outerjoin(user_account, user_account.c.id == audit.c.user_id)
            .where(audit.c.project_id == project_id, visible(viewer))
            .where(true() if actions is None else audit.c.action.in_(actions))
            .order_by(audit.c.at.desc(), audit.c.id.desc())
            .limit(limit)
        )


class AuditWrites(AuditReads):
    """One row for each change that a person may later ask about."""

    def record(
        self,
        viewer: Viewer,
        action: str,
        noun: str,
        noun_id: int | None,
        now: datetime,
        *,
        project_id: int | None = None,
        **detail: Any,
    ) -> None:
        """Add an audit row in this transaction. `action` is the action's own name."""
        self.conn.execute(
            audit.insert().values(
                at=now,
                user_id=viewer.user_id,
                action=action,
                noun=noun,
                noun_id=noun_id,
                project_id=project_id,
                detail=json.dumps(detail),
            )
        )
