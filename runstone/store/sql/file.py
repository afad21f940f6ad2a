"""Files of runs by name."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, delete, func, literal, select

from runstone.domain.viewer import Viewer
from runstone.store.schema import project, run, run_file
from runstone.store.session import Session
from runstone.store.sql.project import shown_run, visible


def _files(viewer: Viewer) -> Select[Any]:
    return (
        select(run_file, run.c.project_id)
        .join(run, run.c.id == run_file.c.run_id)
        .join(project, project.c.id == run.c.project_id)
        .where(
            run.c.deleted_at.is_(None),
            project.c.deleted_at.is_(None),
            visible(viewer),
            shown_run(viewer, run.c.id),
        )
    )


MEDIA = "media/"  # where clients put what a run shows


def is_old_media(file: Any, before: datetime) -> ColumnElement[bool]:
    """Whether a row of run files is a medium that nobody has sent anew since an instant."""
    return and_(file.c.name.startswith(MEDIA, autoescape=True), file.c.updated_at <= before)


class FileReads(Session):
    """Reads of run files. Those that were announced and never uploaded have no `blob_id`."""

    def run_files(
        self,
        viewer: Viewer,
        run_id: int,
        *,
        names: Sequence[str] = (),
        pattern: str | None = None,
        offset: int = 0,
        limit: int = 50,
    ) -> list[Row[Any]]:
        """Uploaded files of a run by name; `pattern` is one of SQL's LIKE."""
        wanted = _files(viewer).where(run_file.c.run_id == run_id, run_file.c.blob_id.is_not(None))
        if names:
            wanted = wanted.where(run_file.c.name.in_(names))
        if pattern:
            wanted = wanted.where(run_file.c.name.like(pattern))
        return self.all(wanted.order_by(run_file.c.name).offset(offset).limit(limit))

    def run_file_count(self, viewer: Viewer, run_id: int) -> int:
        """How many uploaded files a run has."""
        counted = (
            _files(viewer).where(run_file.c.run_id == run_id, run_file.c.blob_id.is_not(None)).subquery()
        )
        return int(self.scalar(select(func.count()).select_from(counted)) or 0)

    def run_files_by_id(self, viewer: Viewer, ids: Iterable[int]) -> list[Row[Any]]:
        """Visible run files among `ids`."""
        return self.all(_files(viewer).where(run_file.c.id.in_(set(ids))))

    def old_media(
        self, viewer: Viewer, project_id: int, before: datetime, run_id: int | None = None
    ) -> list[Row[Any]]:
        """Media of a project's runs, or of one of them, that nobody has sent anew since an instant."""
        wanted = _files(viewer).where(
            run.c.project_id == project_id,
            run_file.c.blob_id.is_not(None),
            is_old_media(run_file, before),
        )
        if run_id is not None:
            wanted = wanted.where(run.c.id == run_id)
        return self.all(wanted.order_by(run_file.c.run_id, run_file.c.name))


class FileWrites(FileReads):
    """Changes of run files. Storing one is `set_run_file`, beside the bytes."""

    def copy_media(self, run_id: int, to: int) -> list[tuple[int, int]]:
        """Give a run the media of another one that it has not itself; returns the objects (id, bytes)."""
        own = select(run_file.c.name).where(run_file.c.run_id == to)
        columns = [column for column in run_file.c if column.name not in ("id", "run_id")]
        wanted = (
            run_file.c.run_id == run_id,
            run_file.c.blob_id.is_not(None),
            run_file.c.name.startswith(MEDIA, autoescape=True),
            run_file.c.name.not_in(own),
        )
        found = self.all(select(run_file.c.blob_id, run_file.c.size_bytes).where(*wanted))
        self.conn.execute(
            run_file.insert().from_select(
                ["run_id", *(column.name for column in columns)],
                select(literal(to), *columns).where(*wanted),
                include_defaults=False,
            )
        )
        return [(int(one.blob_id), int(one.size_bytes)) for one in found]

    def delete_run_file(self, file_id: int) -> None:
        """Forget a file; its bytes go when nothing else needs them."""
        self.conn.execute(delete(run_file).where(run_file.c.id == file_id))
