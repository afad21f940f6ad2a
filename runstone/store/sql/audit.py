"""Who changed what, and when."""

import json
from datetime import datetime
from typing import Any

from runstone.domain.viewer import Viewer
from runstone.store.schema import audit
from runstone.store.session import Session


class AuditWrites(Session):
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
