"""A SQLite database as it is at one moment, copied while others write, and the objects that it names."""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from runstone.domain.errors import Invalid


@dataclass(frozen=True, slots=True)
class Named:
    """An object that a database names. `needed`: something refers to it; others may be gone already."""

    addr: str
    size_bytes: int
    needed: bool


def take_snapshot(source: Path, into: Path) -> None:
    """Copy a database. Writers go on meanwhile. Raises `Invalid` for a damaged one."""
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as original,
            closing(sqlite3.connect(_alone(into), uri=True)) as copied,
        ):
            original.backup(copied)
        with into.open("rb+") as file:
            # Versions 1 instead of 2, which is a write-ahead log: that needs shared memory even to read, and
            # network disks have none (https://www.sqlite.org/fileformat.html, offset 18).
            file.seek(18)
            file.write(b"\x01\x01")
            os.fsync(file.fileno())
        with closing(sqlite3.connect(_alone(into), uri=True)) as copied:
            (said,) = copied.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        said = str(error)
    if said != "ok":
        raise Invalid(
            f"The database {source} is damaged ({said}). The backup before is as it was; start from it, or "
            "let SQLite save what it can: sqlite3 runstone.db .recover"
        )


def _alone(path: Path) -> str:
    # Nobody else opens the copy, and a network disk may have no locks.
    return f"{path.absolute().as_uri()}?nolock=1"


def named_objects(snapshot: Path) -> list[Named]:
    """Objects that a copied database names, in the order of their addresses."""
    with closing(sqlite3.connect(_alone(snapshot), uri=True)) as conn:
        rows = conn.execute(
            "SELECT addr, size_bytes, state = 'ready' FROM blob WHERE state != 'pending' ORDER BY addr"
        )
        return [Named(addr, size, bool(needed)) for addr, size, needed in rows]
