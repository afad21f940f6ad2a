"""An installation of SQLite and files into a directory of its own, while its server runs.

The copy is a data directory like any other: a server can be started on it. Objects come first, those that the
copied database names; then the database takes the place of the one before, in one step; then objects go that
it no longer names. So the copy is whole at every moment. Objects are never written in place, so a
hard-linked copy of the directory (`cp -al`) stays as it is.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from runstone.domain.errors import StorageFull
from runstone.store.blobs.directory import DirectoryBlobs
from runstone.store.moving import intact, received
from runstone.store.objects import Blobs
from runstone.store.sql.snapshot import Named, named_objects, take_snapshot

DATABASE, PART = "runstone.db", "runstone.db.part"
AT_ONCE, PAGE = 4, 1000
SPARE_BYTES = 64 << 20  # left free on the disk of the copy


@dataclass
class Backup:
    """One backup. `missing` are objects that the database names and that are gone or damaged, by address."""

    blobs: Blobs
    target: Path
    rows: list[Named]
    missing: list[str] = field(default_factory=list)
    copied: int = 0
    copied_bytes: int = 0

    def __post_init__(self) -> None:
        self._kept = DirectoryBlobs(self.target / "blobs")

    def to_copy(self) -> list[Named]:
        """Objects that the copy does not have yet. Raises `StorageFull` when its disk can't hold them."""
        wanted = [row for row in self.rows if self._kept.size(row.addr) != row.size_bytes]
        needed = sum(row.size_bytes for row in wanted) + SPARE_BYTES
        free = shutil.disk_usage(self.target).free
        if needed > free:
            raise StorageFull(
                f"{self.target} has {free:,} bytes free, the backup needs {needed:,}. The backup before is "
                "as it was. Choose another disk, or free some space."
            )
        return wanted

    def copy(self, wanted: list[Named], progress: Callable[[int], None]) -> None:
        """Copy objects, each compared with the digest in its address. `progress` hears of bytes."""
        for row, good in _side_by_side(self._copy, wanted):
            if good:
                self.copied, self.copied_bytes = self.copied + 1, self.copied_bytes + row.size_bytes
            elif row.needed:
                self.missing.append(row.addr)
            progress(row.size_bytes)

    def _copy(self, row: Named) -> bool:
        upload = received(self.blobs, self._kept, row.addr)
        if upload is None:
            return False
        self._kept.local_path(row.addr).unlink(missing_ok=True)  # of another size: cut short
        upload.finish(row.addr)
        return True

    def compare(self, progress: Callable[[int], None]) -> list[str]:
        """Read every object of the copy; the addresses of those that are not what they were."""

        def differs(row: Named) -> bool:
            try:
                return not intact(self._kept, row.addr)
            except KeyError:
                return row.needed and row.addr not in self.missing

        found = []
        for row, wrong in _side_by_side(differs, self.rows):
            if wrong:
                self._kept.delete(row.addr)
                found.append(row.addr)
            progress(row.size_bytes)
        return found

    def take_over(self) -> None:
        """Put the copied database in the place of the one before."""
        for left in ("-wal", "-shm"):
            (self.target / f"{DATABASE}{left}").unlink(missing_ok=True)
        os.replace(self.target / PART, self.target / DATABASE)
        _sync(self.target)

    def prune(self) -> int:
        """Remove objects that the copied database does not name; bytes that became free."""
        named = {row.addr for row in self.rows}
        freed = 0
        for page in self._kept.objects():
            for one in page:
                if one.addr not in named:
                    self._kept.delete(one.addr)
                    freed += one.size_bytes
        return freed


@contextmanager
def backup_of(source: Path, blobs: Blobs, target: Path) -> Iterator[Backup]:
    """A backup of a database file, as it is at this moment, and of its objects. Raises `Invalid` for a
    damaged database."""
    part = target / PART
    _remove_part(target)  # of one that broke off
    try:
        take_snapshot(source, part)
        yield Backup(blobs, target, named_objects(part))
    finally:
        _remove_part(target)


def _side_by_side(do: Callable[[Named], bool], rows: list[Named]) -> Iterator[tuple[Named, bool]]:
    """Each object with what came of it; a page of them is on its way at a time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for first in range(0, len(rows), PAGE):
            page = rows[first : first + PAGE]
            yield from zip(page, pool.map(do, page), strict=True)


def _remove_part(target: Path) -> None:
    for ending in ("", "-journal"):
        (target / f"{PART}{ending}").unlink(missing_ok=True)


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
