"""The ledger read: what each project holds, and what a deletion would free before it happens.

An object may have many owners. It counts once where it is asked about, in `own_bytes` only when
nobody else owns it, and it is freed only when all of its owners go.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, case, func, or_, select

from runstone.domain.viewer import Viewer
from runstone.store.schema import (
    artifact_type,
    blob,
    blob_owner,
    collection,
    entity,
    membership,
    project,
    run,
    run_file,
    tail,
    version,
)
from runstone.store.session import Session
from runstone.store.sql.artifact import version_visible
from runstone.store.sql.blob import chunks
from runstone.store.sql.file import is_old_media
from runstone.store.sql.project import visible

RUN_KINDS = ("run_file", "segment")
VERSION_KINDS = ("version", "manifest", "upload")
OF_VERSION = and_(blob_owner.c.kind.in_(VERSION_KINDS), blob_owner.c.owner_id == version.c.id)


def _sum_if(condition: Any, size: Any) -> Any:
    """The sum over the rows that meet a condition."""
    return func.sum(case((condition, size), else_=0))


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
        """What each visible project holds, each object once: `size_bytes`, `objects`, and of these bytes
        `own_bytes`, which no other project needs."""
        held = self._held(viewer, project.c.id)
        size = func.sum(held.c.size_bytes)
        return self.all(
            select(
                project.c.id,
                project.c.name.label("project_name"),
                project.c.deleted_at,
                entity.c.name.label("entity_name"),
                size.label("size_bytes"),
                _sum_if(held.c.in_one_project, held.c.size_bytes).label("own_bytes"),
                func.count().label("objects"),
            )
            .join(project, project.c.id == held.c.id)
            .join(entity, entity.c.id == project.c.entity_id)
            .group_by(project.c.id, project.c.name, project.c.deleted_at, entity.c.name)
        )

    def bytes_by_kind(self, viewer: Viewer) -> list[Row[Any]]:
        """The same for each kind of owner in each visible project: `own_bytes` nothing else needs, be it a
        kind or a project."""
        held = self._held(viewer, project.c.id, blob_owner.c.kind)
        alone = and_(held.c.in_one_project, held.c.of_one_kind)
        return self.all(
            select(
                held.c.id,
                held.c.kind,
                func.sum(held.c.size_bytes).label("size_bytes"),
                _sum_if(alone, held.c.size_bytes).label("own_bytes"),
                func.count().label("objects"),
            ).group_by(held.c.id, held.c.kind)
        )

    def owned_bytes(self, viewer: Viewer) -> int:
        """What all visible projects hold together, each object once."""
        once = self._held(viewer)
        return int(self.scalar(select(func.coalesce(func.sum(once.c.size_bytes), 0))) or 0)

    @staticmethod
    def _held(viewer: Viewer, *by: Any) -> Any:
        """Objects of visible projects, once for each `by`; whether all their owners are in one project, and
        of one kind."""
        spread = (
            select(
                blob_owner.c.blob_id,
                (func.min(blob_owner.c.project_id) == func.max(blob_owner.c.project_id)).label(
                    "in_one_project"
                ),
                (func.min(blob_owner.c.kind) == func.max(blob_owner.c.kind)).label("of_one_kind"),
            )
            .group_by(blob_owner.c.blob_id)
            .subquery()
        )
        return (
            select(
                *by,
                blob_owner.c.blob_id,
                blob_owner.c.size_bytes,
                spread.c.in_one_project,
                spread.c.of_one_kind,
            )
            .join(project, project.c.id == blob_owner.c.project_id)
            .join(spread, spread.c.blob_id == blob_owner.c.blob_id)
            .where(visible(viewer))
            .distinct()
            .subquery()
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
        """What single runs of a visible project hold, the largest first: `owner_id`, each object once in
        `size_bytes` and `objects`, and of these bytes `own_bytes`, which nothing else needs."""
        return self._by_owner(viewer, project_id, RUN_KINDS, blob_owner.c.owner_id, limit)

    def bytes_by_version(self, viewer: Viewer, project_id: int, limit: int) -> list[Row[Any]]:
        """The same of versions, their manifests included."""
        return self._by_owner(viewer, project_id, VERSION_KINDS, blob_owner.c.owner_id, limit)

    def bytes_by_collection(self, viewer: Viewer, project_id: int, limit: int) -> list[Row[Any]]:
        """The same of collections, whose versions share their objects: `owner_id` is the collection's."""
        return self._by_owner(viewer, project_id, VERSION_KINDS, version.c.collection_id, limit)

    def owning_collections(self, viewer: Viewer, ids: Sequence[int]) -> list[Row[Any]]:
        """Collections of visible projects, deleted ones included, with their `type_name` and how many
        `versions` hold bytes."""
        return [
            row
            for part in chunks(ids)
            for row in self.all(
                select(
                    collection.c.id,
                    collection.c.name,
                    artifact_type.c.name.label("type_name"),
                    func.count(version.c.id.distinct()).label("versions"),
                )
                .join(artifact_type, artifact_type.c.id == collection.c.type_id)
                .join(project, project.c.id == collection.c.project_id)
                .join(version, version.c.collection_id == collection.c.id)
                .join(
                    blob_owner,
                    and_(blob_owner.c.kind.in_(VERSION_KINDS), blob_owner.c.owner_id == version.c.id),
                )
                .where(collection.c.id.in_(part), visible(viewer))
                .group_by(collection.c.id, collection.c.name, artifact_type.c.name)
            )
        ]

    def _by_owner(
        self, viewer: Viewer, project_id: int, kinds: Sequence[str], owner: Any, limit: int
    ) -> list[Row[Any]]:
        """`owner`: what counts as one owner among owners of these kinds."""
        here = select(blob_owner.c.blob_id).where(blob_owner.c.project_id == project_id)
        # Of objects that somebody here owns: whether they have one owner, all kinds considered.
        mine = blob_owner.c.kind.in_(kinds)
        single = (
            select(
                blob_owner.c.blob_id,
                and_(
                    func.min(case((mine, 1), else_=0)) == 1,
                    func.min(owner) == func.max(owner),
                ).label("alone"),
            )
            .outerjoin(
                version, and_(blob_owner.c.kind.in_(VERSION_KINDS), version.c.id == blob_owner.c.owner_id)
            )
            .where(blob_owner.c.blob_id.in_(here))
            .group_by(blob_owner.c.blob_id)
            .subquery()
        )
        once = (
            select(owner.label("owner_id"), blob_owner.c.blob_id, blob_owner.c.size_bytes, single.c.alone)
            .join(project, project.c.id == blob_owner.c.project_id)
            .join(single, single.c.blob_id == blob_owner.c.blob_id)
            .outerjoin(
                version, and_(blob_owner.c.kind.in_(VERSION_KINDS), version.c.id == blob_owner.c.owner_id)
            )
            .where(blob_owner.c.project_id == project_id, mine, visible(viewer))
            .distinct()
            .subquery()
        )
        size = func.sum(once.c.size_bytes).label("size_bytes")
        return self.all(
            select(
                once.c.owner_id,
                size,
                _sum_if(once.c.alone, once.c.size_bytes).label("own_bytes"),
                func.count().label("objects"),
            )
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

    def freed_by(
        self,
        viewer: Viewer,
        *,
        runs: Sequence[int] = (),
        versions: Sequence[int] = (),
        media_of: Sequence[int] = (),
        media_before: datetime | None = None,
    ) -> Freed:
        """What deleting these runs, versions and media of runs (those of before an instant) together would
        free, as far as they are visible. The versions that runs made stay."""
        readable = select(project.c.id).where(visible(viewer))
        known = select(version.c.id).where(version.c.id.in_(list(versions)), version_visible(viewer))

        def of_runs(owner: Any) -> ColumnElement[bool]:
            whole = and_(owner.c.kind.in_(RUN_KINDS), owner.c.owner_id.in_(list(runs)))
            if media_before is None:
                return whole
            return or_(whole, _of_old_media(owner, media_of, media_before))

        return self._freed(
            lambda owner: or_(
                and_(owner.c.project_id.in_(readable), of_runs(owner)),
                and_(owner.c.kind.in_(VERSION_KINDS), owner.c.owner_id.in_(known)),
            ),
            select(run.c.id).where(run.c.id.in_(list(runs)), run.c.project_id.in_(readable))
            if runs
            else None,
        )

    def freed_by_project(self, viewer: Viewer, project_id: int) -> Freed:
        """What deleting a whole project would free. Versions that are linked elsewhere stay."""
        home = select(project.c.id).where(project.c.id == project_id, visible(viewer)).scalar_subquery()
        linked = (
            select(membership.c.version_id)
            .join(version, version.c.id == membership.c.version_id)
            .where(version.c.project_id == project_id, membership.c.collection_id != version.c.collection_id)
        )
        return self._freed(
            lambda owner: and_(
                owner.c.project_id == home,
                ~and_(owner.c.kind.in_(VERSION_KINDS), owner.c.owner_id.in_(linked)),
            ),
            select(run.c.id).where(run.c.project_id == home),
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


def _of_old_media(owner: Any, runs: Sequence[int], before: datetime) -> ColumnElement[bool]:
    """Whether a row of the ledger is for an object that only old media of these runs are."""
    files = run_file.alias()
    same = and_(files.c.run_id == owner.c.owner_id, files.c.blob_id == owner.c.blob_id)
    return and_(
        owner.c.kind == "run_file",
        owner.c.owner_id.in_(bindparam(None, list(runs), expanding=True, literal_execute=True)),
        select(files.c.id).where(same).exists(),
        ~select(files.c.id).where(same, ~is_old_media(files, before)).exists(),
    )
