"""The ledger read: what each project holds, and what a deletion would free before it happens.

An object may have many owners. It counts once where it is asked about, and it is freed only
when all of its owners go.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, select

from runstone.domain.viewer import Viewer
from runstone.store.schema import blob, blob_owner, entity, membership, project, run, tail, version
from runstone.store.session import Session
from runstone.store.sql.project import visible

RUN_KINDS = ("run_file", "segment")
VERSION_KINDS = ("version", "manifest", "upload")


@dataclass(frozen=True, slots=True)
class Freed:
    """What goes and what stays of the bytes that some things own. `history_bytes`: rows not yet sealed."""

    frees_bytes: int
    stays_bytes: int
    history_bytes: int
    objects: int


class LedgerReads(Session):
    """Reads of who owns how much."""

    def bytes_by_project(self, viewer: Viewer) -> list[Row[Any]]:
        """For each visible project and kind of owner: `size_bytes`, `objects`; one object counts once."""
        once = (
            select(blob_owner.c.project_id, blob_owner.c.kind, blob_owner.c.blob_id, blob_owner.c.size_bytes)
            .distinct()
            .subquery()
        )
        return self.all(
            select(
                project.c.id,
                project.c.name.label("project_name"),
                project.c.deleted_at,
                entity.c.name.label("entity_name"),
                once.c.kind,
                func.sum(once.c.size_bytes).label("size_bytes"),
                func.count().label("objects"),
            )
            .join(project, project.c.id == once.c.project_id)
            .join(entity, entity.c.id == project.c.entity_id)
            .where(visible(viewer))
            .group_by(project.c.id, project.c.name, project.c.deleted_at, entity.c.name, once.c.kind)
        )

    def tail_bytes_by_project(self, viewer: Viewer) -> dict[int, int]:
        """Bytes of history rows that wait to be sealed, by project."""
        rows = self.all(
            select(run.c.project_id, func.sum(func.length(tail.c.data)).label("size_bytes"))
            .join(run, run.c.id == tail.c.run_id)
            .join(project, project.c.id == run.c.project_id)
            .where(visible(viewer))
            .group_by(run.c.project_id)
        )
        return {row.project_id: int(row.size_bytes) for row in rows}

    def bytes_by_run(self, viewer: Viewer, project_id: int, limit: int) -> list[Row[Any]]:
        """What single runs of a visible project hold, the largest first: `owner_id`, `size_bytes`, `objects`.

        An object that one owner holds twice counts once; one that two hold counts for each.
        """
        return self._by_owner(viewer, project_id, RUN_KINDS, limit)

    def bytes_by_version(self, viewer: Viewer, project_id: int, limit: int) -> list[Row[Any]]:
        """The same of versions, their manifests included."""
        return self._by_owner(viewer, project_id, VERSION_KINDS, limit)

    def _by_owner(self, viewer: Viewer, project_id: int, kinds: Sequence[str], limit: int) -> list[Row[Any]]:
        once = (
            select(blob_owner.c.owner_id, blob_owner.c.blob_id, blob_owner.c.size_bytes)
            .join(project, project.c.id == blob_owner.c.project_id)
            .where(blob_owner.c.project_id == project_id, blob_owner.c.kind.in_(kinds), visible(viewer))
            .distinct()
            .subquery()
        )
        size = func.sum(once.c.size_bytes).label("size_bytes")
        return self.all(
            select(once.c.owner_id, size, func.count().label("objects"))
            .group_by(once.c.owner_id)
            .order_by(size.desc(), once.c.owner_id)
            .limit(limit)
        )

    def tail_bytes_by_run(self, viewer: Viewer, project_id: int) -> dict[int, int]:
        """Bytes of history rows that wait to be sealed, by run of a visible project."""
        rows = self.all(
            select(run.c.id, func.sum(func.length(tail.c.data)).label("size_bytes"))
            .join(tail, tail.c.run_id == run.c.id)
            .join(project, project.c.id == run.c.project_id)
            .where(run.c.project_id == project_id, visible(viewer))
            .group_by(run.c.id)
        )
        return {row.id: int(row.size_bytes) for row in rows}

    def unowned_bytes(self) -> int:
        """Bytes of objects that nobody owns any more and that wait for collection."""
        owned = select(blob_owner.c.blob_id).where(blob_owner.c.blob_id == blob.c.id).exists()
        return int(self.scalar(select(func.coalesce(func.sum(blob.c.size_bytes), 0)).where(~owned)) or 0)

    def freed_by_runs(self, viewer: Viewer, run_ids: Sequence[int]) -> Freed:
        """What deleting these runs would free. The versions they made stay."""
        ids = list(run_ids)
        return self._freed(
            lambda owner: and_(owner.c.kind.in_(RUN_KINDS), owner.c.owner_id.in_(ids)),
            select(run.c.id).where(run.c.id.in_(ids)),
        )

    def freed_by_versions(self, viewer: Viewer, version_ids: Sequence[int]) -> Freed:
        """What deleting these versions would free."""
        ids = list(version_ids)
        return self._freed(lambda owner: and_(owner.c.kind.in_(VERSION_KINDS), owner.c.owner_id.in_(ids)))

    def freed_by_project(self, viewer: Viewer, project_id: int) -> Freed:
        """What deleting a whole project would free. Versions that are linked elsewhere stay."""
        linked = (
            select(membership.c.version_id)
            .join(version, version.c.id == membership.c.version_id)
            .where(version.c.project_id == project_id, membership.c.collection_id != version.c.collection_id)
        )
        return self._freed(
            lambda owner: and_(
                owner.c.project_id == project_id,
                ~and_(owner.c.kind.in_(VERSION_KINDS), owner.c.owner_id.in_(linked)),
            ),
            select(run.c.id).where(run.c.project_id == project_id),
        )

    def _freed(self, going: Callable[[Any], ColumnElement[bool]], runs: Any = None) -> Freed:
        """`going`: which rows of the ledger would go, as a condition on the table it is given."""
        staying = blob_owner.alias()
        touched = select(blob_owner.c.blob_id).where(going(blob_owner)).distinct().subquery()
        kept = (
            select(staying.c.blob_id).where(staying.c.blob_id == touched.c.blob_id, ~going(staying)).exists()
        )
        held = (
            select(blob.c.size_bytes, kept.label("kept"))
            .select_from(touched)
            .join(blob, blob.c.id == touched.c.blob_id)
            .subquery()
        )
        sums = self.all(
            select(held.c.kept, func.sum(held.c.size_bytes).label("total"), func.count().label("n")).group_by(
                held.c.kept
            )
        )
        by = {bool(row.kept): (int(row.total or 0), int(row.n)) for row in sums}
        history = 0
        if runs is not None:
            asked = select(func.coalesce(func.sum(func.length(tail.c.data)), 0)).where(
                tail.c.run_id.in_(runs)
            )
            history = int(self.scalar(asked) or 0)
        frees, objects = by.get(False, (0, 0))
        return Freed(frees, by.get(True, (0, 0))[0], history, objects)
