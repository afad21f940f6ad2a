"""Manifests and their entries: the list of a version's files."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, or_, select, update

from runstone.domain.artifact import VersionState
from runstone.domain.ids import ManifestId
from runstone.domain.manifest import Entry
from runstone.domain.viewer import Viewer
from runstone.store.schema import blob, manifest, manifest_entry, version
from runstone.store.session import Session
from runstone.store.sql.artifact import version_visible
from runstone.store.sql.blob import chunks

MEDIA = "media/"  # where clients put what the cells of a version's tables show


class ManifestReads(Session):
    """Reads of manifests and entries."""

    def manifest(self, viewer: Viewer, manifest_id: int) -> Row[Any] | None:
        """A manifest of a visible version by id."""
        return self.one(
            select(manifest)
            .join(version, version.c.id == manifest.c.version_id)
            .where(manifest.c.id == manifest_id, version_visible(viewer))
        )

    def manifests_of(self, viewer: Viewer, version_id: int) -> list[Row[Any]]:
        """All manifests of a visible version, oldest first; rows carry `addr` where bytes are there."""
        return self.all(
            select(manifest, blob.c.addr, blob.c.size_bytes)
            .join(version, version.c.id == manifest.c.version_id)
            .outerjoin(blob, blob.c.id == manifest.c.blob_id)
            .where(manifest.c.version_id == version_id, version_visible(viewer))
            .order_by(manifest.c.id)
        )

    def current_manifest(self, viewer: Viewer, version_id: int) -> Row[Any] | None:
        """The manifest that counts; None before the commit."""
        for row in self.manifests_of(viewer, version_id):
            if row.current:
                return row
        return None

    def entries(
        self,
        viewer: Viewer,
        version_id: int,
        *,
        names: Iterable[str] | None = None,
        under: str | None = None,
        offset: int = 0,
        limit: int | None = None,
    ) -> list[Row[Any]]:
        """Files of a visible version by path: these names, or below a folder; rows carry `addr`, `md5`."""
        conditions = self._conditions(viewer, version_id, names, under)
        statement = (
            select(manifest_entry, blob.c.addr, blob.c.md5)
            .join(version, version.c.id == manifest_entry.c.version_id)
            .outerjoin(blob, blob.c.id == manifest_entry.c.blob_id)
            .where(*conditions)
            .order_by(manifest_entry.c.path)
            .offset(offset)
        )
        return self.all(statement if limit is None else statement.limit(limit))

    def count_entries(
        self,
        viewer: Viewer,
        version_id: int,
        *,
        names: Iterable[str] | None = None,
        under: str | None = None,
    ) -> int:
        """How many there are."""
        return int(
            self.scalar(
                select(func.count())
                .select_from(manifest_entry)
                .join(version, version.c.id == manifest_entry.c.version_id)
                .where(*self._conditions(viewer, version_id, names, under))
            )
        )

    def entry(self, viewer: Viewer, version_id: int, path: str) -> Row[Any] | None:
        """One file of a visible version."""
        found = self.entries(viewer, version_id, names=[path], limit=1)
        return found[0] if found else None

    def references(self, viewer: Viewer, version_id: int, *, limit: int) -> list[Row[Any]]:
        """`path` and `ref` of a visible version's files that stand for something elsewhere."""
        return self.all(
            select(manifest_entry.c.path, manifest_entry.c.ref)
            .join(version, version.c.id == manifest_entry.c.version_id)
            .where(
                manifest_entry.c.version_id == version_id,
                manifest_entry.c.ref.is_not(None),
                version_visible(viewer),
            )
            .order_by(manifest_entry.c.path)
            .limit(limit)
        )

    def version_bytes(self, viewer: Viewer, version_id: int, blob_id: int) -> Row[Any] | None:
        """An object that a visible version holds, as a file or as its manifest: `addr`, `md5`."""
        for table in (manifest_entry, manifest):
            found = self.one(
                select(blob)
                .join(table, table.c.blob_id == blob.c.id)
                .join(version, version.c.id == table.c.version_id)
                .where(
                    table.c.version_id == version_id,
                    blob.c.id == blob_id,
                    version.c.state != VersionState.DELETED.value,
                    version_visible(viewer),
                )
                .limit(1)
            )
            if found is not None:
                return found
        return None

    def bytes_with_md5(self, viewer: Viewer, md5: str) -> Row[Any] | None:
        """A file with that hex md5 that some visible committed version holds."""
        return self.one(
            select(blob)
            .join(manifest_entry, manifest_entry.c.blob_id == blob.c.id)
            .join(version, version.c.id == manifest_entry.c.version_id)
            .where(
                blob.c.md5 == md5, version.c.state == VersionState.COMMITTED.value, version_visible(viewer)
            )
            .limit(1)
        )

    @staticmethod
    def _conditions(
        viewer: Viewer, version_id: int, names: Iterable[str] | None, under: str | None
    ) -> list[ColumnElement[bool]]:
        shown = version_visible(viewer)
        led = [] if viewer.scope is None else [path for one, path in viewer.scope.led if one == version_id]
        if led:
            path = manifest_entry.c.path
            shown = or_(shown, path.in_(led), path.startswith(MEDIA))
        conditions = [manifest_entry.c.version_id == version_id, shown]
        if names is not None:
            conditions.append(manifest_entry.c.path.in_(list(names)))
        if under:
            conditions.append(manifest_entry.c.path.startswith(under.rstrip("/") + "/", autoescape=True))
        return conditions


class ManifestWrites(ManifestReads):
    """Changes of manifests; only versions that are being made have any."""

    def upsert_manifest(
        self,
        version_id: int,
        name: str,
        now: datetime,
        *,
        kind: str,
        digest: str,
        base_version_id: int | None,
    ) -> ManifestId:
        """Announce a manifest; the same name again is the same manifest, with the new digest if given."""
        statement = self.upsert(manifest).values(
            version_id=version_id,
            name=name,
            kind=kind,
            digest=digest,
            base_version_id=base_version_id,
            current=False,
            created_at=now,
        )
        changes: dict[str, Any] = {"kind": kind, "base_version_id": base_version_id}
        if digest:
            changes["digest"] = digest
        self.conn.execute(
            statement.on_conflict_do_update(index_elements=["version_id", "name"], set_=changes)
        )
        return ManifestId(
            self.scalar(
                select(manifest.c.id).where(manifest.c.version_id == version_id, manifest.c.name == name)
            )
        )

    def manifests_of_any(self, version_id: int) -> list[Row[Any]]:
        """All manifests of a version whose right was checked before; rows carry `size_bytes`."""
        return self.all(
            select(manifest, blob.c.size_bytes)
            .outerjoin(blob, blob.c.id == manifest.c.blob_id)
            .where(manifest.c.version_id == version_id)
            .order_by(manifest.c.id)
        )

    def manifest_gone(self, version_id: int) -> bool:
        """Whether a version's manifest was removed for good."""
        return (
            self.scalar(select(manifest.c.id).where(manifest.c.version_id == version_id, manifest.c.current))
            is None
        )

    def update_manifest(self, manifest_id: int, **values: Any) -> None:
        """Change columns of a manifest."""
        self.conn.execute(update(manifest).where(manifest.c.id == manifest_id).values(**values))

    def insert_entries(self, version_id: int, entries: Sequence[tuple[Entry, int | None]]) -> None:
        """Add files with their object's id (None for references). Twice is once."""
        rows = [
            {
                "version_id": version_id,
                "path": entry.path,
                "digest": entry.digest,
                "size_bytes": entry.size_bytes,
                "ref": entry.ref,
                "extra": None if entry.extra is None else json.dumps(dict(entry.extra)),
                "blob_id": blob_id,
            }
            for entry, blob_id in entries
        ]
        for part in chunks(rows):
            self.conn.execute(self.upsert(manifest_entry).on_conflict_do_nothing(), list(part))

    def delete_entries(self, version_id: int) -> None:
        """Remove all files of a version: before it is committed, or when its grace is over."""
        self.conn.execute(delete(manifest_entry).where(manifest_entry.c.version_id == version_id))

    def delete_manifests(self, version_id: int) -> None:
        """Remove all manifests of a version."""
        self.conn.execute(delete(manifest).where(manifest.c.version_id == version_id))
