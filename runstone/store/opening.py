"""From two addresses to a store: `sqlite:///...` or `postgresql://...`, a directory or `s3://...`."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, make_url, select
from sqlalchemy.exc import DBAPIError

from runstone.domain.errors import Conflict, Invalid, NotFound
from runstone.store.blobs.directory import DirectoryBlobs
from runstone.store.blobs.options import S3Options
from runstone.store.changes import Changes
from runstone.store.objects import Blobs, Direct
from runstone.store.reads import Reads
from runstone.store.sql.database import Database, closing
from runstone.store.sql.migrate import upgrade
from runstone.store.sql.moving import unfinished_move
from runstone.store.sql.secrets import load_secret
from runstone.store.writes import Transaction

__all__ = ["Direct", "S3Options", "Store", "database_url", "opened"]

T = TypeVar("T")


class Store:
    """Database and bytes together; the only handle the floors above hold.

    `secret` is the server's own random key, made at the first start.
    """

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self.database = database
        self.blobs = blobs
        self.changes = Changes()
        self.secret = load_secret(database)

    @contextmanager
    def reading(self) -> Iterator[Reads]:
        """Reads over one consistent snapshot. Blocking: call it from a thread."""
        with self.database.reading() as conn:
            yield Reads(conn, self.blobs, self.secret)

    def write(self, change: Callable[[Transaction], T]) -> T:
        """Run `change` in one transaction, wait for the commit, then announce its changes. Blocking."""
        return self.write_soon(change).result()

    def write_soon(self, change: Callable[[Transaction], T]) -> "Future[T]":
        """The same without waiting, for the event loop (`await asyncio.wrap_future(...)`)."""
        announced: list[Transaction] = []

        def run(conn: Connection) -> T:
            tx = Transaction(conn, self.blobs, self.secret)
            value = change(tx)
            announced[:] = [tx]
            return value

        def committed() -> None:
            self.changes.publish(announced[0].changes)

        return self.database.write_soon(run, committed)

    def has(self, addr: str) -> bool:
        """Whether a noted object can be sent: a file is looked for; a bucket is asked when it is read."""
        path = self.blobs.local_path(addr)
        return path is None or path.is_file()

    def stream(self, addr: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Bytes of an object in pieces, the first of them fetched already. Raises `NotFound`. Blocking."""
        pieces = self.blobs.stream(addr, start, length)
        try:
            first = next(pieces, b"")
        except KeyError:
            raise NotFound("The bytes of this file are gone. `runstone store verify` tells which.") from None
        return chain([first], pieces)

    def disk(self) -> tuple[int, int] | None:
        """Free and total bytes of the disk that objects are on; None for a bucket."""
        path = self.blobs.local_path("tmp")
        if path is None:
            return None
        usage = shutil.disk_usage(path.parent)
        return usage.free, usage.total

    def give_back(self) -> None:
        """Return room of the database that nothing uses to the disk. Blocking; others write in between."""
        self.database.give_back()

    def check(self) -> None:
        """Raise `Unavailable` unless the database answers and objects can be reached. Blocking."""
        with self.database.reading() as conn:
            conn.execute(select(1))
        self.blobs.check()

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Tell other processes of changes, and hear of theirs, during the block. On SQLite there are none."""
        if self.database.is_sqlite:
            yield
            return
        from runstone.store.sql.relay import Relay  # noqa: PLC0415 - start-up time and memory of the embedded server

        relay = Relay(self.database, self.changes.deliver)
        self.changes.outlet = relay.send
        try:
            yield
        finally:
            self.changes.outlet = lambda changes: None
            relay.close()

    def close(self) -> None:
        """Finish queued writes and close."""
        self.database.close()


@contextmanager
def opened(db_url: str, blobs_url: str, s3: S3Options | None = None) -> Iterator[Store]:
    """A store, migrated to this version's schema, closed at the end of the block.

    `s3` says how the bucket of an `s3://` address is reached.

    Raises `Invalid` for an address of an unknown kind and for a database made by a newer
    Runstone.
    """
    with closing(Database(database_url(db_url))) as database:
        bring_up(database)
        if unfinished_move(database) is not None:
            raise Conflict(
                "A move into this database was begun and not finished. Run `runstone migrate` again; it goes "
                "on where it was."
            )
        yield Store(database, opened_blobs(blobs_url, s3 or S3Options()))


def bring_up(database: Database) -> None:
    """Migrate, with a failure told in words: this is where a wrong address or a damaged file shows."""
    try:
        with database.alone():
            upgrade(database)
            load_secret(database)
    except DBAPIError as error:
        shown = make_url(database.url).render_as_string(hide_password=True)
        raise Invalid(
            f"The database {shown} can't be opened: {str(error.orig).strip()}. Check its address (--db, "
            "--data-dir) and that it runs; a damaged file comes back from your last backup."
        ) from None


def database_url(url: str) -> str:
    """A person's database address as SQLAlchemy's."""
    if url.startswith("sqlite:///"):
        return url
    for prefix in ("postgresql+psycopg://", "postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    raise Invalid(
        f"database address {url!r}: expected sqlite:///PATH or postgresql://USER@HOST/NAME. "
        "Set --db (RUNSTONE_DB) to one of them."
    )


def opened_blobs(url: str, s3: S3Options) -> Blobs:
    """The place of a blob address. Raises `Invalid` for an address of an unknown kind."""
    if not url.startswith("s3://"):
        return DirectoryBlobs(directory_of(url))
    from runstone.store.blobs.s3 import S3Blobs  # noqa: PLC0415 - start-up time and memory of the embedded server

    return S3Blobs(url, s3)


def directory_of(url: str) -> Path:
    """The directory of a blob address."""
    if url.startswith("file://"):
        return Path(url.removeprefix("file://"))
    if "://" in url:
        raise Invalid(
            f"blob address {url!r}: expected a directory, file://PATH or s3://BUCKET/PREFIX. Set --blobs "
            "(RUNSTONE_BLOBS) to one."
        )
    return Path(url)
