"""Objects and their owners: which bytes are there, and what still needs them.

Client data are addressed by the owner entity and their md5 (`e/{entity}/m/{md5}`), so
the same file is stored once per entity and nobody's bytes mix with another tenant's. The
ledger (`blob_owner`) has one row per owner of an object; an object without a row in it is
garbage once it is old enough.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Row, and_, bindparam, delete, exists, func, or_, select, update

from runstone.domain.ids import BlobId
from runstone.domain.viewer import Viewer
from runstone.store.schema import blob, blob_owner, manifest, manifest_entry, project, run, run_file, segment
from runstone.store.session import Prepared, Session
from runstone.store.sql.project import visible

T = TypeVar("T")

CHUNK = 500  # values in one IN list: below every database's limit


def chunks(values: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """A sequence in pieces that fit one statement."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _put(insert: Any) -> Any:
    columns = ("addr", "size_bytes", "md5", "state", "created_at")
    statement = insert(blob).values({name: bindparam(name) for name in columns})
    return statement.on_conflict_do_update(
        index_elements=["addr"],
        set_={
            "state": "ready",
            "doomed_at": None,
            "created_at": statement.excluded.created_at,
            "size_bytes": statement.excluded.size_bytes,
        },
    )


_PUT = Prepared(_put)
_IDS = Prepared(
    lambda _: select(blob.c.addr, blob.c.id).where(blob.c.addr.in_(bindparam("addresses", expanding=True)))
)
_OWN = Prepared(
    lambda insert: (
        insert(blob_owner)
        .values({column.name: bindparam(column.name) for column in blob_owner.c})
        .on_conflict_do_nothing()
    )
)
_NEED = Prepared(
    lambda _: (
        update(blob)
        .where(blob.c.id.in_(bindparam("ids", expanding=True)), blob.c.state == "doomed")
        .values(state="ready", doomed_at=None)
    )
)


class BlobReads(Session):
    """Reads of objects and of the ledger."""

    def blobs_at(self, addresses: Iterable[str]) -> dict[str, Row[Any]]:
        """Stored objects by address; absent ones are left out. Bytes are not reached through this."""
        found: dict[str, Row[Any]] = {}
        for part in chunks(sorted(set(addresses))):
            for row in self.all(select(blob).where(blob.c.addr.in_(part), blob.c.state != "pending")):
                found[row.addr] = row
        return found

    def known_addresses(self, addresses: Iterable[str]) -> set[str]:
        """Those of the addresses that have a row, in whatever state."""
        found: set[str] = set()
        for part in chunks(sorted(set(addresses))):
            found.update(row.addr for row in self.all(select(blob.c.addr).where(blob.c.addr.in_(part))))
        return found

    def blobs_in_project(self, viewer: Viewer, project_id: int, ids: Iterable[int]) -> set[int]:
        """Those of `ids` that something in this (visible) project owns."""
        found: set[int] = set()
        for part in chunks(sorted(set(ids))):
            found.update(
                row.blob_id
                for row in self.all(
                    select(blob_owner.c.blob_id)
                    .join(project, project.c.id == blob_owner.c.project_id)
                    .where(
                        blob_owner.c.project_id == project_id, blob_owner.c.blob_id.in_(part), visible(viewer)
                    )
                    .distinct()
                )
            )
        return found

    def bytes_of_entity(self, viewer: Viewer, entity_id: int) -> int:
        """Stored bytes of an entity's projects, as far as this viewer sees them; one object counts once."""
        owned = (
            select(blob_owner.c.blob_id)
            .join(project, project.c.id == blob_owner.c.project_id)
            .where(project.c.entity_id == entity_id, visible(viewer))
        )
        total = self.scalar(select(func.sum(blob.c.size_bytes)).where(blob.c.id.in_(owned)))
        return int(total or 0)

    def run_file_bytes(self, viewer: Viewer, run_id: int, name: str) -> Row[Any] | None:
        """Where the bytes of a file of a visible run are: `addr`, `md5`, `size_bytes`, `mimetype`."""
        return self.one(
            select(blob.c.addr, blob.c.md5, blob.c.size_bytes, run_file.c.mimetype)
            .select_from(run_file)
            .join(blob, blob.c.id == run_file.c.blob_id)
            .join(run, run.c.id == run_file.c.run_id)
            .join(project, project.c.id == run.c.project_id)
            .where(
                run_file.c.run_id == run_id,
                run_file.c.name == name,
                run.c.deleted_at.is_(None),
                project.c.deleted_at.is_(None),
                visible(viewer),
            )
        )

    def run_home(self, viewer: Viewer, run_id: int) -> Row[Any] | None:
        """Project and entity of a visible living run: `project_id`, `entity_id`."""
        return self.one(
            select(run.c.project_id, project.c.entity_id)
            .join(project, project.c.id == run.c.project_id)
            .where(run.c.id == run_id, run.c.deleted_at.is_(None), visible(viewer))
        )

    def doomed_blobs(self, before: datetime, limit: int) -> list[Row[Any]]:
        """Objects marked before an instant and still unreferred to."""
        return self.all(
            select(blob)
            .where(blob.c.state == "doomed", blob.c.doomed_at < before, ~_referred())
            .order_by(blob.c.id)
            .limit(limit)
        )


class BlobWrites(BlobReads):
    """Changes of objects and of the ledger."""

    def set_run_file(self, run_id: int, name: str, now: datetime, **values: Any) -> int | None:
        """Point a file of a run at an object (columns in `values`); returns the object it pointed at."""
        before = self.scalar(
            select(run_file.c.blob_id).where(run_file.c.run_id == run_id, run_file.c.name == name)
        )
        self.conn.execute(
            self.upsert(run_file)
            .values(run_id=run_id, name=name, created_at=now, updated_at=now, **values)
            .on_conflict_do_update(index_elements=["run_id", "name"], set_={"updated_at": now, **values})
        )
        return None if before is None else int(before)

    def run_has_blob(self, run_id: int, blob_id: int) -> bool:
        """Whether some file of the run is that object."""
        return (
            self.scalar(
                select(run_file.c.id).where(run_file.c.run_id == run_id, run_file.c.blob_id == blob_id)
            )
            is not None
        )

    def insert_blobs(
        self, objects: Iterable[tuple[str, int, str | None]], now: datetime
    ) -> dict[str, BlobId]:
        """Note objects (address, bytes, hex md5) whose bytes are safely stored, and return their ids by
        address; known ones are needed again."""
        # In one order, so that two transactions do not wait for each other's rows.
        rows = [
            {"addr": addr, "size_bytes": size, "md5": md5, "state": "ready", "created_at": now}
            for addr, size, md5 in sorted({one[0]: one for one in objects}.values())
        ]
        ids: dict[str, BlobId] = {}
        for part in chunks(rows):
            _PUT.run_many(self.conn, list(part))
            found = _IDS.run(self.conn, addresses=[row["addr"] for row in part])
            ids.update({row.addr: BlobId(row.id) for row in found})
        return ids

    def insert_blob(self, addr: str, size_bytes: int, md5: str | None, now: datetime) -> BlobId:
        """The same for one object."""
        return self.insert_blobs([(addr, size_bytes, md5)], now)[addr]

    def adopt_blobs(self, objects: Iterable[tuple[str, int, str | None]], now: datetime) -> None:
        """Note objects (address, bytes, hex md5) that nothing refers to, as doomed. Known ones stay."""
        common = {"state": "doomed", "created_at": now, "doomed_at": now}
        rows = [{"addr": addr, "size_bytes": size, "md5": md5, **common} for addr, size, md5 in objects]
        for part in chunks(rows):
            self.conn.execute(self.upsert(blob).on_conflict_do_nothing(), list(part))

    def await_blobs(self, md5s: Mapping[str, str], now: datetime) -> None:
        """Note objects (address: hex md5) whose bytes may have arrived without our knowing: from now on no
        collector takes them. Known ones stay as they are."""
        rows = [
            {"addr": addr, "size_bytes": 0, "md5": md5, "state": "pending", "created_at": now}
            for addr, md5 in md5s.items()
        ]
        for part in chunks(rows):
            self.conn.execute(self.upsert(blob).on_conflict_do_nothing(), list(part))
        for addresses in chunks(sorted(md5s)):
            self.conn.execute(
                update(blob)
                .where(blob.c.addr.in_(addresses), blob.c.state == "doomed")
                .values(state="pending", doomed_at=None, created_at=now)
            )

    def drop_awaited_blobs(self, addresses: Iterable[str]) -> None:
        """Forget objects that were awaited and are not there."""
        for part in chunks(sorted(set(addresses))):
            self.conn.execute(delete(blob).where(blob.c.addr.in_(part), blob.c.state == "pending"))

    def keep_blobs(self, ids: Iterable[int], now: datetime) -> None:
        """Somebody is about to need these objects: take them off the list of the doomed."""
        for part in chunks(sorted(set(ids))):
            self.conn.execute(
                update(blob)
                .where(blob.c.id.in_(part), blob.c.state == "doomed")
                .values(state="ready", doomed_at=None, created_at=now)
            )

    def own_blobs(self, kind: str, owner_id: int, project_id: int, blobs: Iterable[tuple[int, int]]) -> None:
        """Enter owners in the ledger: `blobs` are (blob id, bytes). Twice is once."""
        rows = [
            {
                "blob_id": blob_id,
                "kind": kind,
                "owner_id": owner_id,
                "project_id": project_id,
                "size_bytes": size_bytes,
            }
            for blob_id, size_bytes in dict(blobs).items()
        ]
        for part in chunks(rows):
            _OWN.run_many(self.conn, list(part))
            _NEED.run(self.conn, ids=[row["blob_id"] for row in part])

    def disown_blobs(self, kind: str, owner_id: int, blob_ids: Iterable[int] | None = None) -> None:
        """Take an owner out of the ledger: all its objects, or only those of `blob_ids`."""
        condition = and_(blob_owner.c.kind == kind, blob_owner.c.owner_id == owner_id)
        if blob_ids is None:
            self.conn.execute(delete(blob_owner).where(condition))
            return
        for part in chunks(sorted(set(blob_ids))):
            self.conn.execute(delete(blob_owner).where(condition, blob_owner.c.blob_id.in_(part)))

    def doom_blobs(self, older_than: datetime, now: datetime, limit: int) -> int:
        """Mark objects that nothing refers to and that were stored before `older_than`; how many."""
        ids = [
            row.id
            for row in self.all(
                select(blob.c.id)
                .where(blob.c.state.in_(("ready", "pending")), blob.c.created_at < older_than, ~_referred())
                .limit(limit)
            )
        ]
        for part in chunks(ids):
            self.conn.execute(update(blob).where(blob.c.id.in_(part)).values(state="doomed", doomed_at=now))
        return len(ids)

    def drop_doomed_blob(self, blob_id: int) -> bool:
        """Forget a doomed object that is still unreferred to; False when it was needed again."""
        gone = self.conn.execute(
            delete(blob).where(blob.c.id == blob_id, blob.c.state == "doomed", ~_referred())
        )
        return gone.rowcount == 1


def _referred() -> Any:
    """Condition on `blob`: something refers to it. Every table with a blob_id, not the ledger alone."""
    return or_(
        *(
            exists(select(table.c.blob_id).where(table.c.blob_id == blob.c.id))
            for table in (blob_owner, manifest_entry, manifest, run_file, segment)
        )
    )
