"""Runs on their way out: deleted ones that can come back, and those whose grace is over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, or_, select, update

from runstone.domain.run import ENDED
from runstone.domain.viewer import Viewer
from runstone.store.schema import (
    RUN_DURATION,
    blob_owner,
    manifest,
    project,
    run,
    run_file,
    run_key,
    run_stream,
    run_value,
    run_writer,
    run_writer_line,
    segment,
    series,
    sweep,
    tail,
    version,
    view,
)
from runstone.store.session import Session
from runstone.store.sql.blob import chunks
from runstone.store.sql.project import visible
from runstone.store.sql.run import with_names

HELD = (
    *(tail, segment, series, run_key, run_stream, run_writer_line, run_writer),
    *(run_value, run_file),
)
OWNED = ("run_file", "segment")


class RemovalReads(Session):
    """Reads of what was deleted."""

    def deleted_run(self, viewer: Viewer, run_id: int) -> Row[Any] | None:
        """A deleted run of a visible project, for undo."""
        return self.one(
            with_names().where(
                run.c.id == run_id,
                run.c.deleted_at.is_not(None),
                project.c.deleted_at.is_(None),
                visible(viewer),
            )
        )

    def deleted_runs(self, viewer: Viewer, project_id: int, most: int) -> list[Row[Any]]:
        """Deleted runs of a visible project that can come back, the last deleted first."""
        return self.all(
            with_names()
            .where(
                run.c.project_id == project_id,
                run.c.deleted_at.is_not(None),
                run.c.freed_at.is_(None),
                project.c.deleted_at.is_(None),
                visible(viewer),
            )
            .order_by(run.c.deleted_at.desc(), run.c.id.desc())
            .limit(most)
        )

    def runs_ended_before(
        self, viewer: Viewer, project_id: int, before: datetime, limit: int
    ) -> list[Row[Any]]:
        """Living runs without a tag of a visible project that ended before an instant, oldest first."""
        return self.all(
            with_names()
            .where(
                run.c.project_id == project_id,
                run.c.deleted_at.is_(None),
                run.c.state.in_([one.value for one in ENDED]),
                func.coalesce(run.c.ended_at, run.c.heartbeat_at) <= before,
                run.c.tags == "[]",
                project.c.deleted_at.is_(None),
                visible(viewer),
            )
            .order_by(run.c.id)
            .limit(limit)
        )

    def computed_seconds(self, viewer: Viewer, project_id: int) -> float:
        """How long the runs of a visible project have taken, all together."""
        found = self.scalar(
            select(func.sum(RUN_DURATION))
            .select_from(run.join(project, project.c.id == run.c.project_id))
            .where(run.c.project_id == project_id, run.c.deleted_at.is_(None), visible(viewer))
        )
        return max(0.0, float(found or 0) / 1e6)

    def deleted_sweep(self, viewer: Viewer, sweep_id: int) -> Row[Any] | None:
        """A deleted sweep of a visible project, for undo."""
        return self.one(
            select(sweep)
            .join(project, project.c.id == sweep.c.project_id)
            .where(sweep.c.id == sweep_id, sweep.c.deleted_at.is_not(None))
            .where(project.c.deleted_at.is_(None), visible(viewer))
        )

    def deleted_view(self, viewer: Viewer, view_id: int) -> Row[Any] | None:
        """A deleted report or workspace of a visible project, for undo."""
        return self.one(
            select(view)
            .join(project, project.c.id == view.c.project_id)
            .where(view.c.id == view_id, view.c.deleted_at.is_not(None))
            .where(project.c.deleted_at.is_(None), visible(viewer))
        )

    def owning_runs(self, viewer: Viewer, ids: Sequence[int]) -> list[Row[Any]]:
        """Runs of visible projects by id, deleted ones included: they hold bytes until the grace is over."""
        return [
            row
            for part in chunks(ids)
            for row in self.all(with_names().where(run.c.id.in_(part), visible(viewer)))
        ]

    def freed_since(self, project_id: int, since: datetime) -> bool:
        """Whether anything that went with a project is gone for good, since an instant."""
        runs = select(run.c.id).where(
            run.c.project_id == project_id, run.c.deleted_at.is_(None), run.c.freed_at >= since
        )
        holds = select(manifest.c.id).where(manifest.c.version_id == version.c.id).exists()
        versions = select(version.c.id).where(
            version.c.project_id == project_id, version.c.deleted_at > since, ~holds
        )
        return self.one(runs.limit(1)) is not None or self.one(versions.limit(1)) is not None

    def runs_to_free(self, before: datetime, limit: int) -> list[int]:
        """Runs deleted before an instant, alone or with their project, whose bytes are still here. For the
        clock's door."""
        gone = select(project.c.id).where(project.c.deleted_at <= before)
        rows = self.all(
            select(run.c.id)
            .where(run.c.freed_at.is_(None), or_(run.c.deleted_at <= before, run.c.project_id.in_(gone)))
            .order_by(run.c.id)
            .limit(limit)
        )
        return [row.id for row in rows]


class RemovalWrites(RemovalReads):
    """Taking away what a deleted run holds."""

    def free_run(self, run_id: int, now: datetime) -> None:
        """Delete a run's history, values and files; its row stays, so that lineage keeps its name."""
        for table in HELD:
            self.conn.execute(delete(table).where(table.c.run_id == run_id))
        self.conn.execute(
            delete(blob_owner).where(blob_owner.c.kind.in_(OWNED), blob_owner.c.owner_id == run_id)
        )
        self.conn.execute(
            update(run)
            .where(run.c.id == run_id)
            .values(freed_at=now, config="{}", summary="{}", deleted_at=run.c.deleted_at)
        )
