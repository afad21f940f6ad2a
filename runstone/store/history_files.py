"""Sealed history as the files that clients read by themselves.

Clients keep file number i of a run for good, under the names of the run and its project alone. So
a file's rows never change and the list only grows: a file ends after a segment that is not full,
which is where a run or its writer rested, or when it is large enough; both are known once and for
all. Where that can't be had (a run that began anew, or has the name of a deleted one, or ends with
a full segment), there are no files, and clients read page by page.

Nor are there files while lines wait to be sealed: at the border a client asks for whole pages
beside what it has from files, and would have these rows twice.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from sqlalchemy import Row, or_, select

from runstone.domain.history import RAW, SEGMENT_LINES, Key, Kind, Stream
from runstone.store.history import HistoryReads
from runstone.store.schema import entity, project, run, tail

FILE_SEGMENTS = 64
FILE_BYTES = 16 << 20
CACHE_BYTES = 48 << 20
MOST_COLUMNS = 20_000
EXACT = 2**53
_SIMPLE = frozenset({Kind.NUMBER, Kind.BOOLEAN, Kind.TEXT})


@dataclass(frozen=True, slots=True)
class HistoryFile:
    """Segments `first` to `last` (inclusive) of a run in one file, whose columns are the keys known before
    line `end`."""

    first: int
    last: int
    end: int


class FileCache:
    """Files by what they are made of, so that nothing ever becomes stale. One is made at a time."""

    def __init__(self, limit_bytes: int = CACHE_BYTES) -> None:
        self._limit = limit_bytes
        self._known: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str, make: Callable[[], bytes]) -> bytes:
        """A file, made unless it is known."""
        with self._lock:
            data = self._known.pop(key, None)
            if data is None:
                data = make()
            self._known[key] = data
            while len(self._known) > 1 and sum(map(len, self._known.values())) > self._limit:
                self._known.popitem(last=False)
        return data


_CACHE = FileCache()


class HistoryFileReads(HistoryReads):
    """Reads of files. The run's row, which the caller holds, is the proof of access."""

    def history_files(self, run_row: Row[Any], *, every: bool = False) -> list[HistoryFile]:
        """The files of a run whose history can be read from them alone; otherwise none.

        Clients give each row of a file all of its columns, None where a key is absent, know nothing
        but plain values, and don't leave out rows without a key that was asked for. So unless
        `every` is set, only a history that comes out of them as it went in has files: each row has
        all keys, and each key is numbers, truth values or texts.
        """
        if run_row.epoch > 0 or self._waiting(run_row) or self._name_was_used(run_row):
            return []
        segments = self.segments(run_row, Stream.HISTORY)
        files = _cut(segments)
        if not files or any(self.blobs.size(one.addr) is None for one in segments):
            return []
        if not every and not _exact(
            self.sealed_keys(run_row, Stream.HISTORY), sum(one.n for one in segments)
        ):
            return []
        return files

    def history_file(self, run_row: Row[Any], file: HistoryFile) -> bytes:
        """The bytes of a file that `history_files` has named. What is damaged is left out."""
        segments = [
            row for row in self.segments(run_row, Stream.HISTORY) if file.first <= row.seq <= file.last
        ]
        keys = self.sealed_keys(run_row, Stream.HISTORY)
        names = sorted(name for name, key in keys.items() if key.first_line < file.end)
        made_of = "\n".join([*(row.addr for row in segments), "", *names])

        def make() -> bytes:
            from runstone.store.series.history_file import joined  # noqa: PLC0415 - start-up time and memory

            parts = [self.sealed_bytes(row) for row in segments]
            return joined([one for one in parts if one is not None], names)

        return _CACHE.get(hashlib.sha256(made_of.encode("utf-8", "surrogatepass")).hexdigest(), make)

    def _waiting(self, run_row: Row[Any]) -> bool:
        """Whether lines of the history are not sealed yet."""
        found = self.one(
            select(tail.c.line0)
            .where(
                tail.c.run_id == run_row.id, tail.c.epoch == run_row.epoch, tail.c.stream == Stream.HISTORY
            )
            .limit(1)
        )
        return found is not None

    def _name_was_used(self, run_row: Row[Any]) -> bool:
        """Whether another run had these names before: clients may still keep its files."""
        found = self.one(
            select(run.c.id)
            .join(project, project.c.id == run.c.project_id)
            .join(entity, entity.c.id == project.c.entity_id)
            .where(
                run.c.name == run_row.name,
                project.c.name == run_row.project_name,
                entity.c.name == run_row.entity_name,
                run.c.id != run_row.id,
                or_(run.c.deleted_at.is_not(None), project.c.deleted_at.is_not(None)),
            )
            .limit(1)
        )
        return found is not None


def _cut(segments: Sequence[Row[Any]]) -> list[HistoryFile]:
    """Segments in files; none when the last file could still grow."""
    if not segments:
        return []
    end = max(row.line0 + row.n for row in segments)
    files = []
    first, size = segments[0].seq, 0
    closed = False
    for row in segments:
        size += row.size_bytes
        closed = row.n < SEGMENT_LINES or size >= FILE_BYTES or row.seq - first + 1 == FILE_SEGMENTS
        if closed:
            files.append(HistoryFile(first, row.seq, end))
            first, size = row.seq + 1, 0
    return files if closed else []


def _exact(keys: dict[str, Key], rows: int) -> bool:
    """Whether rows with these keys come out of a file as they were logged."""
    return len(keys) < MOST_COLUMNS and all(
        "." not in name
        and name not in (RAW, "_line")
        and (key.n == rows or name == "_step")
        and key.kind in _SIMPLE
        and all(abs(size) <= EXACT for size in (key.low, key.high) if size is not None)
        for name, key in keys.items()
    )
