"""Exact rows, keys and console lines of runs, over what is sealed and what is not."""

import hashlib
import json
import logging
import math
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Row

from runstone.domain.history import INT64_MAX, RAW, Key, Stream, keys_of, overlay, read_object
from runstone.domain.sharing import moment_of
from runstone.store.series.lines import parse, unpack
from runstone.store.sql.history import StreamReads
from runstone.store.sql.segment import SegmentReads

if TYPE_CHECKING:
    from runstone.store.series.segment import Segment

logger = logging.getLogger("runstone.store")

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
    """One line that the program printed: number, text, and what the client said of it. `label` is what people
    call the process that printed it, where several do."""

    number: int
    text: str
    at: str | None = None
    level: str | None = None
    label: str | None = None


class HistoryReads(SegmentReads, StreamReads):
    """Reads of rows. The run's row comes from a read with a viewer, which is the proof of access."""

    def raw_tail(
        self, run_row: Row[Any], stream: Stream, start: int = 0, end: int | None = None
    ) -> list[tuple[int, str]]:
        """Every line of a stream that is not sealed, with its number; only those from `start` on, before
        `end`."""
        chunks = self.tail_chunks(run_row, stream, start, end)
        lines = overlay([(chunk.line0, self.chunk_lines(chunk)) for chunk in chunks])
        first = bisect_left(lines, start, key=_by_number)
        return lines[first : None if end is None else bisect_left(lines, end, key=_by_number)]

    @staticmethod
    def chunk_lines(chunk: Row[Any]) -> list[str]:
        """The lines of a tail chunk."""
        return _CACHE.lines(chunk)

    def rows(
        self, run_row: Row[Any], stream: Stream = Stream.HISTORY, lo: float = -math.inf, hi: float = math.inf
    ) -> list[tuple[int, dict[str, Any]]]:
        """Rows of a stream with `lo <= _step < hi` as (line, row), in the order of steps, then of lines.

        A row of the history without `_step` gets that of the row before. Only segments that
        overlap the range are opened.
        """
        found: list[tuple[int, dict[str, Any]]] = []
        for row in self.segments(run_row, stream):
            if row.step_lo < hi and row.step_hi >= lo and (segment := self.segment(row)) is not None:
                found.extend(segment.rows(lo, hi, always_step=stream is Stream.HISTORY))
        found.extend(
            (line, one) for line, one in self.tail_rows(run_row, stream) if lo <= one.get("_step", 0) < hi
        )
        if stream is Stream.HISTORY and not _in_order(found):
            found.sort(key=_by_step)
        return found

    def rows_page(
        self,
        run_row: Row[Any],
        keys: Sequence[str],
        *,
        after: tuple[int, int] | None = None,
        lo: int | None = None,
        hi: int | None = None,
        limit: int = 1000,
    ) -> list[tuple[int, dict[str, Any]]]:
        """At most `limit` rows of the history that have one of the keys, as (line, `_step` and these keys).

        In the order of steps, then of lines, with `lo <= _step < hi`, from behind the row
        `after` (step, line). Only as many segments are opened as the page needs.
        """
        first = -math.inf if lo is None else lo
        if after is not None:
            first = max(first, after[0])
        end = math.inf if hi is None else hi
        sources: list[tuple[float, Row[Any] | list[tuple[int, dict[str, Any]]]]] = [
            (row.step_lo, row)
            for row in self.segments(run_row, Stream.HISTORY)
            if row.step_lo < end and row.step_hi >= first
        ]
        live = [pair for pair in self.tail_rows(run_row, Stream.HISTORY) if first <= pair[1]["_step"] < end]
        if live:
            sources.append((min(row["_step"] for _, row in live), live))
        sources.sort(key=_by_place)
        found: list[tuple[int, dict[str, Any]]] = []
        for i, (_, source) in enumerate(sources):
            if isinstance(source, list):
                some = source
            else:
                segment = self.segment(source)
                some = [] if segment is None else segment.rows(first, end, keys=keys)
            for line, row in some:
                cut = {key: value for key in keys if (value := _value(row, key)) is not _ABSENT}
                if cut and (after is None or (row["_step"], line) > after):
                    found.append((line, {"_step": row["_step"], **cut}))
            beyond = sources[i + 1][0] if i + 1 < len(sources) else math.inf
            if sum(row["_step"] < beyond for _, row in found) >= limit:
                break
        found.sort(key=_by_step)
        return found[:limit]

    def tail_rows(self, run_row: Row[Any], stream: Stream) -> list[tuple[int, dict[str, Any]]]:
        """Rows that are not sealed as (line, row), in the order of lines."""
        lines = self.raw_tail(run_row, stream)
        if not lines:
            return []
        own = self.streams(run_row).get(stream)
        step = 0 if own is None else int(own.last_step)
        found = []
        for line, text in lines:
            row = parse(text)
            if row is None:
                row = {RAW: text}
            if stream is Stream.HISTORY:
                given = row.get("_step")
                if not isinstance(given, int) or isinstance(given, bool) or abs(given) > INT64_MAX:
                    row["_step"] = step
                else:
                    step = given
            found.append((line, row))
        return found

    def moments(self, run_row: Row[Any], stream: Stream, lo: float, hi: float) -> set[tuple[float, float]]:
        """When rows of a stream were logged (`moment_of`), of all that may lie between these times. Only
        segments that overlap them are opened."""
        keys = ("_timestamp", "_runtime")
        found = [one for _, one in self.tail_rows(run_row, stream)]
        for row in self.segments(run_row, stream):
            apart = row.time_lo is not None and (row.time_lo > hi or row.time_hi < lo)
            if not apart and (segment := self.segment(row)) is not None:
                found.extend(one for _, one in segment.rows(keys=keys))
        return {moment for one in found if (moment := moment_of(one)) is not None}

    def segment(self, row: Row[Any]) -> "Segment | None":
        """A segment by its row; None for a damaged one."""
        from runstone.store.series.segment import Segment  # noqa: PLC0415 - start-up time and memory

        data = self.sealed_bytes(row)
        return None if data is None else Segment(data)

    def sealed_bytes(self, row: Row[Any]) -> bytes | None:
        """The bytes of a segment. None when they are missing or not what was sealed: that is noted in
        `damaged`, and whatever else there is stays readable."""
        try:
            data = self.blobs.read(row.addr)
        except KeyError:
            self._note_damage(row, "is missing")
            return None
        if hashlib.sha256(data).hexdigest() != row.addr.rpartition("/")[2]:
            self._note_damage(row, "was changed on its disk")
            return None
        return data

    def _note_damage(self, row: Row[Any], what: str) -> None:
        words = (
            f"Segment {row.seq} of the {Stream(row.stream).name.lower()} of run {row.run_id} (lines "
            f"{row.line0} to {row.line0 + row.n - 1}) can't be read: its file {row.addr} {what}. Bring that "
            "file back from a backup; `runstone store verify` lists all that is damaged."
        )
        if words not in self.damaged:
            self.damaged.append(words)
            logger.error(words)

    def keys(self, run_row: Row[Any], stream: Stream = Stream.HISTORY) -> dict[str, Key]:
        """Every key of a stream. No segment is opened."""
        found = self.sealed_keys(run_row, stream)
        for name, key in keys_of(self.tail_rows(run_row, stream)).items():
            if name in found:
                found[name].extend(key)
            else:
                found[name] = key
        return found

    def first_step(self, run_row: Row[Any]) -> int | None:
        """The lowest step of the history, None without rows."""
        sealed = [row.step_lo for row in self.segments(run_row, Stream.HISTORY)]
        live = [row["_step"] for _, row in self.tail_rows(run_row, Stream.HISTORY)]
        return min([*sealed, *live], default=None)

    def last_step(self, run_row: Row[Any]) -> int:
        """The highest step of the history, -1 without one."""
        sealed = [row.step_hi for row in self.segments(run_row, Stream.HISTORY)]
        live = [row["_step"] for _, row in self.tail_rows(run_row, Stream.HISTORY)]
        return max([*sealed, *live], default=-1)

    def last_rows(self, run_row: Row[Any], stream: Stream, n: int) -> list[str]:
        """The last rows of the history or of system measurements as JSON texts."""
        live = [text for _, text in self.raw_tail(run_row, stream)[-n:]]
        if len(live) < n:
            segments = self.segments(run_row, stream)
            if segments and (segment := self.segment(segments[-1])) is not None:
                sealed = segment.rows(always_step=stream is Stream.HISTORY)
                live = [as_text(row) for _, row in sealed[-(n - len(live)) :]] + live
        return live

    def console_count(self, run_row: Row[Any]) -> int:
        """How many lines the console has, lost numbers included."""
        return self.line_count(run_row, Stream.CONSOLE)

    def console(self, run_row: Row[Any], start: int = 0, limit: int | None = None) -> list[ConsoleLine]:
        """Lines of the console from number `start` on; segments outside of the range stay closed."""
        end = None if limit is None else start + limit
        found: list[tuple[int, str]] = []
        for row in self.segments(run_row, Stream.CONSOLE):
            if (end is None or row.line0 < end) and row.line0 + row.n > start:
                data = self.sealed_bytes(row)
                found.extend([] if data is None else enumerate(unpack(data), row.line0))
        found.extend(self.raw_tail(run_row, Stream.CONSOLE, start, end))
        if any(one[0] > other[0] for one, other in pairwise(found)):
            found.sort(key=_by_number)
        return [
            console_line(number, text)
            for number, text in found
            if start <= number and (end is None or number < end)
        ]


def _by_step(pair: tuple[int, dict[str, Any]]) -> tuple[int, int]:
    return pair[1]["_step"], pair[0]


def _by_place(source: tuple[float, Any]) -> float:
    return source[0]


def _by_number(pair: tuple[int, str]) -> int:
    return pair[0]


def _in_order(rows: Sequence[tuple[int, dict[str, Any]]]) -> bool:
    return all(_by_step(one) <= _by_step(other) for one, other in pairwise(rows))


def console_line(number: int, text: str) -> ConsoleLine:
    """A console line from either form: `{"ts", "content", "level"?}`, or `[ERROR ]TIMESTAMP text`."""
    if text.startswith("{"):
        found = read_object(text)
        if found is not None and "content" in found:
            label = found.get("label")
            label = None if label is None else str(label)
            return ConsoleLine(number, str(found["content"]), found.get("ts"), found.get("level"), label)
    level = None
    if text.startswith("ERROR "):
        level, text = "error", text.removeprefix("ERROR ")
    stamp, _, rest = text.partition(" ")
    if len(stamp) >= 19 and stamp[4:5] == "-" and stamp[10:11] == "T":
        return ConsoleLine(number, rest, stamp, level)
    return ConsoleLine(number, text, level=level)


def as_text(row: dict[str, Any]) -> str:
    """A row as the clients take it: JSON text with NaN and infinities as words."""
    try:
        text = orjson.dumps(row)
    except TypeError:  # integers beyond 64 bits, lone surrogates
        return json.dumps(row)
    # It writes null for NaN and infinities, too.
    return json.dumps(row) if b"null" in text else text.decode()


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
