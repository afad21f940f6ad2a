"""Exact rows, keys and console lines of runs, over what is sealed and what is not."""

import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from sqlalchemy import Row

from runstone.domain.history import RAW, Key, Stream, keys_of, overlay, read_object
from runstone.store.series.lines import unpack
from runstone.store.series.reading import Columns, columns_of
from runstone.store.sql.history import StreamReads

CACHE_BYTES = 128 << 20


class LineCache:
    """Unpacked chunks by their packed bytes, so that nothing ever becomes stale."""

    def __init__(self, limit_bytes: int = CACHE_BYTES) -> None:
        self._limit = limit_bytes
        self._known: OrderedDict[bytes, tuple[list[str], int]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def lines(self, chunk: Row[Any]) -> list[str]:
        """The lines of a tail row."""
        key: bytes = chunk.data
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
                return known[0]
        lines = unpack(key)
        with self._lock:
            if key not in self._known:
                self._known[key] = (lines, chunk.raw_bytes)
                self._bytes += chunk.raw_bytes
            while self._bytes > self._limit and len(self._known) > 1:
                _, (_, size) = self._known.popitem(last=False)
                self._bytes -= size
        return lines


_CACHE = LineCache()


@dataclass(frozen=True, slots=True)
class ConsoleLine:
    """One line that the program printed: number, text, and what the client said of it."""

    number: int
    text: str
    at: str | None
    level: str | None


class HistoryReads(StreamReads):
    """Reads of rows. The run's row comes from a read with a viewer, which is the proof of access."""

    def raw_lines(self, run_row: Row[Any], stream: Stream) -> list[tuple[int, str]]:
        """Every line of a stream with its number."""
        chunks = self.tail_chunks(run_row, stream)
        return overlay([(chunk.line0, _CACHE.lines(chunk)) for chunk in chunks])

    def rows(self, run_row: Row[Any], stream: Stream = Stream.HISTORY) -> list[tuple[int, dict[str, Any]]]:
        """Every row of a stream as (line, row), in the order of steps.

        A row without `_step` gets that of the row before.
        """
        found: list[tuple[int, dict[str, Any]]] = []
        step, sorted_already = 0, True
        for line, text in self.raw_lines(run_row, stream):
            row = read_object(text)
            if row is None:
                row = {RAW: text}
            if stream is Stream.HISTORY:
                own = row.get("_step")
                if not isinstance(own, int) or isinstance(own, bool):
                    own = row["_step"] = step
                sorted_already = sorted_already and own >= step
                step = own
            found.append((line, row))
        if not sorted_already:
            found.sort(key=lambda pair: pair[1]["_step"])
        return found

    def rows_between(
        self, run_row: Row[Any], min_step: int, max_step: int, stream: Stream = Stream.HISTORY
    ) -> list[dict[str, Any]]:
        """Rows with `min_step <= _step < max_step`."""
        return [
            row for _, row in self.rows(run_row, stream) if min_step <= int(row.get("_step", 0)) < max_step
        ]

    def keys(self, run_row: Row[Any], stream: Stream = Stream.HISTORY) -> dict[str, Key]:
        """Every key of a stream."""
        return keys_of(self.rows(run_row, stream))

    def columns(self, run_row: Row[Any], stream: Stream, keys: tuple[str, ...]) -> Columns:
        """Some keys of a stream as aligned columns of numbers."""
        return columns_of(self.rows(run_row, stream), keys)

    def last_rows(self, run_row: Row[Any], stream: Stream, n: int) -> list[str]:
        """The last lines of a stream as they came."""
        return [text for _, text in self.raw_lines(run_row, stream)[-n:]]

    def console(self, run_row: Row[Any]) -> list[ConsoleLine]:
        """Every line of the console."""
        return [console_line(number, text) for number, text in self.raw_lines(run_row, Stream.CONSOLE)]


def console_line(number: int, text: str) -> ConsoleLine:
    """A console line from either form: `{"ts", "content", "level"?}`, or `[ERROR ]TIMESTAMP text`."""
    if text.startswith("{"):
        found = read_object(text)
        if found is not None and "content" in found:
            return ConsoleLine(number, str(found["content"]), found.get("ts"), found.get("level"))
    level = None
    if text.startswith("ERROR "):
        level, text = "error", text.removeprefix("ERROR ")
    stamp, _, rest = text.partition(" ")
    if len(stamp) >= 19 and stamp[4:5] == "-" and stamp[10:11] == "T":
        return ConsoleLine(number, rest, stamp, level)
    return ConsoleLine(number, text, None, level)


def as_text(row: dict[str, Any]) -> str:
    """A row as the clients take it: JSON text with NaN and infinities as words."""
    return json.dumps(row)


def project_row(row: dict[str, Any], keys: Sequence[str]) -> dict[str, Any] | None:
    """A row cut to some (dotted) keys; None when one of them is absent."""
    found: dict[str, Any] = {}
    for key in keys:
        value = _value(row, key)
        if value is _ABSENT:
            return None
        found[key] = value
    return found


_ABSENT = object()


def _value(row: dict[str, Any], key: str) -> Any:
    if key in row:
        return row[key]
    head, dot, rest = key.partition(".")
    while dot:
        inner = row.get(head)
        if isinstance(inner, dict):
            return _value(inner, rest)
        more, dot, rest = rest.partition(".")
        head = f"{head}.{more}"
    return _ABSENT
