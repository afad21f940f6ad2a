"""A whole installation to another place: its objects, then its rows, each compared by digest."""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from runstone.domain.errors import Conflict, Invalid
from runstone.store.blobs.options import S3Options
from runstone.store.objects import Blobs, Receiving
from runstone.store.opening import bring_up, database_url, opened_blobs
from runstone.store.sql import moving
from runstone.store.sql.database import Database, closing

OBJECTS = "objects"
AT_ONCE = 8
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Place:
    """Where an installation's data lie."""

    db_url: str
    blobs_url: str
    s3: S3Options


class Move:
    """One move, resumed where an earlier one broke off. Nobody may write on either side meanwhile."""

    def __init__(self, source: Database, blobs: Blobs, target: Database, target_blobs: Blobs) -> None:
        self._source, self._blobs = source, blobs
        self._target, self._target_blobs = target, target_blobs
        self.object_bytes = moving.object_total(source)
        self.rows = moving.row_count(source)
        self.mark = self._accepted_mark()

    def _accepted_mark(self) -> dict[str, Any]:
        own = moving.identity(self._source)
        with self._target.reading() as conn:
            mark = moving.read_mark(conn)
        if mark is None:
            if not moving.is_empty(self._target):
                raise Conflict(
                    "The target database holds data of its own. Nothing was changed. Name an empty one "
                    "(--to-db), made for example by: createdb runstone"
                )
            mark = {"source": own, "stage": OBJECTS, "after": ""}
            self._target.write(lambda conn: moving.write_mark(conn, mark))
        elif mark["source"] != own:
            raise Conflict(
                "The target database holds the beginning of another installation's move. Nothing was "
                "changed. Name an empty database (--to-db)."
            )
        elif mark["stage"] == moving.DONE:
            raise Conflict("This installation was moved there already. Start the server on the new place.")
        return mark

    def copy_objects(self, progress: Callable[[int], None]) -> int:
        """Copy objects and read each back; how many were copied now. `progress` hears of bytes.

        Raises `Invalid` that names objects which are gone or damaged at the source.
        """
        if self.mark["stage"] != OBJECTS:
            progress(self.object_bytes)
            return 0
        copied = 0
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for page in moving.object_rows(self._source, self.mark["after"]):
                bad = [
                    row.addr
                    for row, good in zip(page, pool.map(self._copy_object, page), strict=True)
                    if not good
                ]
                if bad:
                    shown = ", ".join(bad[:SHOWN]) + (
                        f" and {len(bad) - SHOWN} more" if len(bad) > SHOWN else ""
                    )
                    raise Invalid(
                        f"Objects are missing or damaged at the source: {shown}. Nothing of the source was "
                        "changed. Bring them back from a backup, or delete what they belong to, then run the "
                        "command again; it goes on here."
                    )
                self.mark = {**self.mark, "after": page[-1].addr}
                self._target.write(lambda conn, mark=self.mark: moving.write_mark(conn, mark))  # type: ignore[misc]
                copied += len(page)
                progress(sum(row.size_bytes for row in page))
        return copied

    def _copy_object(self, row: Row[Any]) -> bool:
        upload = received(self._blobs, self._target_blobs, row.addr)
        if upload is None:
            return False
        if upload.size_bytes != row.size_bytes:
            upload.abandon()
            return False
        upload.finish(row.addr)
        return intact(self._target_blobs, row.addr)

    def copy_rows(self, progress: Callable[[int], None]) -> None:
        """Copy rows. `progress` hears of rows."""
        moving.copy_tables(self._source, self._target, self.mark, progress)

    def verify(self, progress: Callable[[int], None]) -> None:
        """Compare every row, then open the target for servers. Raises `Conflict` that names tables."""
        differing = moving.differing_tables(self._source, self._target, progress)
        if differing:
            raise Conflict(
                f"Tables differ after the move: {', '.join(differing)}. Was a server or a command writing "
                "meanwhile? The source is unchanged; empty the target database and run the command again."
            )

        def finish(conn: Connection) -> None:
            moving.write_mark(conn, {**self.mark, "stage": moving.DONE, "after": ""})

        self._target.write(finish)


@dataclass(frozen=True, slots=True)
class Digest:
    """The digest that an object's address holds."""

    kind: str
    hex: str

    def new(self) -> Any:
        """A fresh digest of that kind."""
        return hashlib.new(self.kind, usedforsecurity=False)


def digest_in(addr: str) -> Digest:
    """md5 for what clients sent, SHA-256 for objects of our own."""
    return Digest("md5" if addr.startswith("e/") else "sha256", addr.rpartition("/")[2])


def received(source: Blobs, target: Blobs, addr: str) -> Receiving | None:
    """The bytes of an object, arrived at another place and not yet kept there; None where they are gone, or
    not what the address says."""
    wanted = digest_in(addr)
    upload, digest = target.begin(), wanted.new()
    try:
        for piece in source.stream(addr):
            digest.update(piece)
            upload.write(piece)
    except KeyError:
        upload.abandon()
        return None
    if digest.hexdigest() != wanted.hex:
        upload.abandon()
        return None
    return upload


def intact(blobs: Blobs, addr: str) -> bool:
    """Whether an object's bytes are what its address says. KeyError if absent."""
    wanted = digest_in(addr)
    digest = wanted.new()
    for piece in blobs.stream(addr):
        digest.update(piece)
    return bool(digest.hexdigest() == wanted.hex)


@contextmanager
def moving_between(source: Place, target: Place) -> Iterator[Move]:
    """A move between two places, both brought to this version's schema."""
    if database_url(source.db_url) == database_url(target.db_url):
        raise Invalid("--to-db is the database that the data are in already. Name another one.")
    with (
        closing(Database(database_url(source.db_url))) as from_db,
        closing(Database(database_url(target.db_url))) as to_db,
    ):
        bring_up(from_db)
        bring_up(to_db)
        blobs, target_blobs = (
            opened_blobs(source.blobs_url, source.s3),
            opened_blobs(target.blobs_url, target.s3),
        )
        target_blobs.check()
        yield Move(from_db, blobs, to_db, target_blobs)
