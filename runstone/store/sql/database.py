"""The one place that knows SQLite from PostgreSQL: engines, transactions, group commit.

Writes are functions of a connection. On SQLite one thread owns the only writing
connection and commits whatever is waiting as one group, each function in a savepoint of
its own; on PostgreSQL each runs in its own transaction from a pool of threads. Either way
the caller's future resolves only after the commit reached the disk.
"""

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError

from runstone.domain.errors import Invalid, RunstoneError, StorageFull, Unavailable

T = TypeVar("T")

GROUP_SIZE = 64
BUSY_TIMEOUT_S = 30
READERS = 16
PG_WRITERS = 8
GIVEN_BACK_AT_ONCE = 256  # pages of one transaction, which others wait for
MOST_GIVEN_BACK = 1 << 17  # pages of one call
JOURNAL_BYTES = 16 << 20  # of the write-ahead log, once a burst is over
CALM_WRITES = 20  # as many are no burst, however short the time
FEWEST_SPARE = 256  # pages that stay for what comes next, or a quarter of those in use
BAD_PATTERN = "2201B"  # a regular expression that PostgreSQL does not take
START_LOCK = 0x72756E73746F6E65  # a number of our own among PostgreSQL's advisory locks
# Lost against another process at the same moment; done again, the change sees what that one made.
LOST_RACES = frozenset({"40001", "40P01", "23505"})  # serialization failure, deadlock, same unique value


@dataclass(slots=True)
class _Work:
    run: Callable[[Connection], Any]
    done: "Future[Any]"
    committed: Callable[[], None] | None


class Database:
    """Connections to one database, by its SQLAlchemy address (`sqlite:///...`, `postgresql+psycopg://...`)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        if self.is_sqlite:
            self._reader = _sqlite_engine(url, "BEGIN", pool_size=READERS)
            self._writer = _sqlite_engine(url, "BEGIN IMMEDIATE", pool_size=1)
            self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
            self._ended = False  # the queue's end has been taken out of it
            self._commit_s = self._slow_s = 0.0  # of the last commit, and of the quicker of the last two
            self._thread = threading.Thread(target=self._write_forever, name="writer", daemon=True)
            self._thread.start()
        else:
            self._writer = create_engine(url, pool_size=READERS, max_overflow=8, pool_pre_ping=True)
            # The same connections: a reading of several statements must not see a seal between two of them.
            self._reader = self._writer.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            self._pool = ThreadPoolExecutor(PG_WRITERS, thread_name_prefix="writer")
        self._closed = False
        self._writes = 0
        self._given_back = (time.monotonic(), 0)  # when that was last seen to, after how many writes

    @property
    def engine(self) -> Engine:
        """The engine that migrations run on."""
        return self._writer

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection with one consistent snapshot, for reads."""
        try:
            with self._reader.connect() as conn, conn.begin():
                yield conn
        except DBAPIError as error:
            raise _as_ours(error) from error

    def write(self, run: Callable[[Connection], T], committed: Callable[[], None] | None = None) -> T:
        """Run a function in a transaction and wait for its commit. `committed` is called after it."""
        return self.write_soon(run, committed).result()

    def write_soon(
        self, run: Callable[[Connection], T], committed: Callable[[], None] | None = None
    ) -> "Future[T]":
        """The same without waiting; the future resolves after the commit."""
        if self._closed:
            raise Unavailable("This server is shutting down. Try again in a moment.")
        done: Future[T] = Future()
        work = _Work(run, done, committed)
        if self.is_sqlite:
            self._queue.put(work)
        else:
            self._pool.submit(self._write_alone, work)
        return done

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes out of the same block: for what is done once at a start. A SQLite file has
        one server, which its directory's lock takes care of."""
        if self.is_sqlite:
            yield
            return
        with self._writer.connect() as conn:
            conn.exec_driver_sql(f"SELECT pg_advisory_lock({START_LOCK})")
            try:
                yield
            finally:
                conn.exec_driver_sql(f"SELECT pg_advisory_unlock({START_LOCK})")

    def give_back(self) -> int:
        """Return pages of the file to the disk that lie empty since a tail was sealed or something was
        deleted; how many. Blocking; others write in between. PostgreSQL sees to this itself.

        Nothing is done while much is written, one write a second or more since the last call: moving pages
        would keep those waiting who write, and empty pages are what the next tails go into.
        """
        if not self.is_sqlite:
            return 0
        now = time.monotonic()
        (last, known), self._given_back = self._given_back, (now, self._writes)
        if self._given_back[1] - known > max(CALM_WRITES, now - last):
            return 0
        given = 0
        while given < MOST_GIVEN_BACK:
            with self.reading() as conn:
                pages, spare = (
                    int(conn.exec_driver_sql(f"PRAGMA {name}").scalar_one())
                    for name in ("page_count", "freelist_count")
                )
            wanted = min(GIVEN_BACK_AT_ONCE, spare - max(FEWEST_SPARE, (pages - spare) // 4))
            done = self.write(lambda conn, wanted=wanted: _vacuum(conn, wanted)) if wanted > 0 else 0  # type: ignore[misc]
            if done == 0:
                break
            given += done
        return given

    @property
    def waiting(self) -> int:
        """How many writes are queued, for back-pressure and metrics."""
        return self._queue.qsize() if self.is_sqlite else self._pool._work_queue.qsize()

    def close(self) -> None:
        """Finish all queued writes, then close every connection."""
        self._closed = True
        if self.is_sqlite:
            self._queue.put(None)
            self._thread.join()
        else:
            self._pool.shutdown(wait=True)
        self._reader.dispose()
        self._writer.dispose()

    # -- SQLite: one writer, groups of commits ------------------------------------------------

    def _write_forever(self) -> None:
        while (first := None if self._ended else self._queue.get()) is not None:
            self._write_group(first)

    def _write_group(self, first: _Work) -> None:
        """Commit a write and those that wait behind it together.

        A group takes as many as GROUP_SIZE. While the disk is slow it goes on for as long as commits
        take: their number, not the work in between, is then what everybody waits for.
        """
        group = [first]
        outcomes: list[tuple[_Work, Any, BaseException | None]] = []
        try:
            with self._writer.connect() as conn:
                with conn.begin():
                    began = time.monotonic()
                    if self._queue.empty():
                        outcomes.append((first, first.run(conn), None))
                    else:
                        outcomes.append(self._in_savepoint(conn, first))
                        while (work := self._next(len(group), began)) is not None:
                            group.append(work)
                            outcomes.append(self._in_savepoint(conn, work))
                    committing = time.monotonic()
                # Twice in a row: once is no slow disk.
                took = time.monotonic() - committing
                self._slow_s, self._commit_s = min(took, self._commit_s), took
        except BaseException as error:  # noqa: BLE001 - the commit failed: every caller must hear of it
            ours = _as_ours(error)
            for work in group:
                work.done.set_exception(ours)
            return
        finally:
            self._writes += len(group)
        for work, value, failure in outcomes:
            _settle(work, value, failure)

    def _next(self, taken: int, began: float) -> _Work | None:
        """The next write for a group of so many; None when it is full or nothing waits."""
        if taken >= GROUP_SIZE and time.monotonic() - began >= self._slow_s:
            return None
        try:
            work = self._queue.get_nowait()
        except queue.Empty:
            return None
        self._ended = work is None
        return work

    @staticmethod
    def _in_savepoint(conn: Connection, work: _Work) -> tuple[_Work, Any, BaseException | None]:
        cursor = conn.connection.cursor()  # SQLAlchemy's own savepoints take longer than most writes
        cursor.execute("SAVEPOINT one")
        try:
            value = work.run(conn)
            cursor.execute("RELEASE one")
        except (OperationalError, sqlite3.OperationalError):
            raise
        except BaseException as error:  # noqa: BLE001 - handed to the caller through its future
            cursor.execute("ROLLBACK TO one")
            cursor.execute("RELEASE one")
            return work, None, error
        return work, value, None

    # -- PostgreSQL: a transaction each --------------------------------------------------------

    def _write_alone(self, work: _Work) -> None:
        for attempt in range(5):
            try:
                with self._writer.begin() as conn:
                    value = work.run(conn)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) in LOST_RACES and attempt < 4:
                    continue
                work.done.set_exception(_as_ours(error))
                return
            except BaseException as error:  # noqa: BLE001 - handed to the caller through its future
                work.done.set_exception(error)
                return
            _settle(work, value, None)
            return


def _settle(work: _Work, value: Any, failure: BaseException | None) -> None:
    if failure is not None:
        work.done.set_exception(failure)
        return
    if work.committed is not None:
        work.committed()
    work.done.set_result(value)


def _as_ours(error: BaseException) -> BaseException:
    """A database's failure as an error that clients retry: disk full 507, anything transient 503."""
    if isinstance(error, sqlite3.OperationalError):
        error = OperationalError("", {}, error)
    if isinstance(error, RunstoneError) or not isinstance(error, DBAPIError):
        return error
    if getattr(error.orig, "sqlstate", None) == BAD_PATTERN:
        return Invalid(f"That regular expression can't be searched for ({error.orig}). Write it otherwise.")
    words = str(error.orig).lower()
    if "disk is full" in words or "disk full" in words or "no space" in words:
        return StorageFull("The disk of this server is full. Free some space; nothing stored is lost.")
    if isinstance(error, OperationalError):
        return Unavailable(f"The database does not answer just now ({error.orig}). Try again in a moment.")
    return error


def _vacuum(conn: Connection, pages: int) -> int:
    """Cut some empty pages off a SQLite file; how many. None of a file made before files were cut."""
    cursor = conn.connection.cursor()
    before = cursor.execute("PRAGMA freelist_count").fetchone()[0]
    for _ in range(pages):  # the driver makes one step of this statement, which is one page
        cursor.execute("PRAGMA incremental_vacuum(1)")
    return int(before - cursor.execute("PRAGMA freelist_count").fetchone()[0])


def _sqlite_engine(url: str, begin: str, pool_size: int) -> Engine:
    engine = create_engine(
        url,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_S},
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=BUSY_TIMEOUT_S,
        pool_use_lifo=True,  # each has pages in memory: let few of them be used, not all in turn
    )

    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are ours, see `on_begin`
        cursor = connection.cursor()
        # Before anything is written, see `give_back`; said to a file that is there, it would write to it.
        if cursor.execute("PRAGMA page_count").fetchone()[0] == 0:
            cursor.execute("PRAGMA auto_vacuum=INCREMENTAL")
        for pragma in (
            "journal_mode=WAL",
            f"journal_size_limit={JOURNAL_BYTES}",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_TIMEOUT_S * 1000}",
            "cache_size=-8000",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def on_begin(conn: Connection) -> None:
        conn.exec_driver_sql(begin)

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine


@contextmanager
def closing(database: Database) -> Iterator[Database]:
    """Close a database at the end of a block, whatever happened in it."""
    try:
        yield database
    finally:
        with suppress(OSError):
            database.close()
