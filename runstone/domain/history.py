"""Streams of a run: lines by number, rows by step, keys by kind.

A stream is one append-only list of lines whose numbers the client counts; the number is
the identity of a line, so that a repeated upload changes nothing.
"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import Any

from runstone.domain.errors import Invalid

DEEPEST_KEY = 16
INT64_MAX = 2**63 - 1
SEGMENT_BYTES = 32 << 20
SEGMENT_LINES = 16_384  # of a full segment; files of clients end where one is not full, so it stays
RAW = "_raw"  # a line that is no JSON object is kept under this key
INTERNAL = frozenset({"_step", "_runtime", "_timestamp", "_wandb", RAW})


class Stream(IntEnum):
    """Which list of lines."""

    HISTORY = 0
    SYSTEM = 1
    CONSOLE = 2


class Kind(IntFlag):
    """What a key has held so far; a key may have held several kinds."""

    NUMBER = 1
    BOOLEAN = 2
    TEXT = 4
    DICT = 8
    LIST = 16
    MEDIA = 32
    HISTOGRAM = 64
    TABLE = 128
    NULL = 256


KIND_NAMES = {
    Kind.NUMBER: "number",
    Kind.BOOLEAN: "boolean",
    Kind.TEXT: "string",
    Kind.DICT: "map",
    Kind.LIST: "list",
    Kind.MEDIA: "media",
    Kind.HISTOGRAM: "histogram",
    Kind.TABLE: "table",
    Kind.NULL: "nil",
}


# What clients call a table, one that is made of two, and one in parts.
TABLE_TYPES = ("table-file", "joined-table", "partitioned-table")


def kind_of(value: Any) -> Kind:
    """The kind of one logged value."""
    if value is None:
        return Kind.NULL
    if isinstance(value, bool):
        return Kind.BOOLEAN
    if isinstance(value, int | float):
        return Kind.NUMBER
    if isinstance(value, str):
        return Kind.TEXT
    if isinstance(value, Mapping):
        kind = value.get("_type")
        if kind is None:
            return Kind.DICT
        if kind == "histogram":
            return Kind.HISTOGRAM
        return Kind.TABLE if kind in TABLE_TYPES else Kind.MEDIA
    return Kind.LIST


def flat(row: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Keys and values of a row; nested dicts join their names with dots, media stay whole."""
    for key, value in row.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and "_type" not in value and value and depth < DEEPEST_KEY:
            yield from flat(value, f"{name}.", depth + 1)
        else:
            yield name, value


def read_json(text: str) -> Any:
    """JSON of clients, NaN and infinities included. Halves of surrogate pairs, which Python's own JSON may
    have and no answer of ours can carry, are replaced. Raises `ValueError` or `RecursionError`."""
    found = json.loads(text)
    return _whole(found) if "\\ud" in text or "\\uD" in text else found


_HALF = re.compile("[\ud800-\udfff]")


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole(one) for one in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(one) for key, one in value.items()}
    return value


def json_object(text: str, what: str) -> dict[str, Any]:
    """A JSON object from text, NaN and infinities as clients write them included. Raises `Invalid`."""
    try:
        found = read_json(text or "{}")
    except (ValueError, RecursionError) as error:
        raise Invalid(f"{what}: expected a JSON object as text ({error}).") from None
    if not isinstance(found, dict):
        raise Invalid(f"{what}: expected a JSON object, got {type(found).__name__}.")
    return found


def read_object(line: str) -> dict[str, Any] | None:
    """The JSON object of a line, NaN and infinities included; None for anything else."""
    try:
        found = read_json(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def number(value: Any) -> float | None:
    """A finite or non-finite number as float; None for other things. Texts of non-finite numbers count."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    if value in ("NaN", "Infinity", "-Infinity"):
        return float(value)
    return None


@dataclass(slots=True)
class Key:
    """What is known of one key of a stream. `first` is its first finite number, `newest` its last one."""

    name: str
    kind: Kind = field(default_factory=lambda: Kind(0))
    n: int = 0
    first_line: int = 0
    last_line: int = 0
    last: Any = None
    low: float | None = None
    high: float | None = None
    counts: dict[str, int] = field(default_factory=dict)
    monotonic: bool = True
    first: float | None = None
    newest: float | None = None

    def add(self, line: int, value: Any) -> None:
        """Count one value."""
        kind = kind_of(value)
        word = KIND_NAMES[kind]
        self.kind |= kind
        self.counts[word] = self.counts.get(word, 0) + 1
        if self.n == 0:
            self.first_line = line
        size = number(value)
        if size is not None and math.isfinite(size):
            if self.newest is not None and size < self.newest:
                self.monotonic = False
            if self.first is None:
                self.first = size
            self.newest = size
            self.low = size if self.low is None else min(self.low, size)
            self.high = size if self.high is None else max(self.high, size)
        self.n += 1
        self.last_line, self.last = line, value

    def extend(self, later: "Key") -> None:
        """Add what is known of later lines of the same key."""
        self.kind |= later.kind
        for word, n in later.counts.items():
            self.counts[word] = self.counts.get(word, 0) + n
        if self.n == 0:
            self.first_line = later.first_line
        self.n += later.n
        self.last_line, self.last = later.last_line, later.last
        falls = self.newest is not None and later.first is not None and later.first < self.newest
        self.monotonic = self.monotonic and later.monotonic and not falls
        self.low = _pick(min, self.low, later.low)
        self.high = _pick(max, self.high, later.high)
        self.first = later.first if self.first is None else self.first
        self.newest = self.newest if later.newest is None else later.newest


def _pick(choose: Callable[[float, float], float], one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    return choose(one, other)


def keys_of(rows: Sequence[tuple[int, Mapping[str, Any]]]) -> dict[str, Key]:
    """Keys of rows given as (line, row), in the order of their first appearance."""
    found: dict[str, Key] = {}
    for line, row in rows:
        for name, value in flat(row):
            key = found.get(name)
            if key is None:
                key = found[name] = Key(name)
            key.add(line, value)
    return found


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines of one stream from line number `line0` on."""

    stream: Stream
    line0: int
    lines: tuple[str, ...]


def overlay(chunks: Sequence[tuple[int, Sequence[str]]]) -> list[tuple[int, str]]:
    """Lines of overlapping chunks (line0, lines) in the order of their numbers; a later chunk wins."""
    found: dict[int, str] = {}
    ordered = True
    last = -1
    for line0, lines in chunks:
        ordered = ordered and line0 > last
        found.update(enumerate(lines, line0))
        last = max(last, line0 + len(lines) - 1)
    return list(found.items()) if ordered else sorted(found.items())


def evenly(count: int, samples: int) -> list[int]:
    """At most `samples` indexes spread evenly over `count` items, first and last included."""
    if samples <= 0:
        return []
    if count <= samples:
        return list(range(count))
    if samples == 1:
        return [count - 1]
    return [round(i * (count - 1) / (samples - 1)) for i in range(samples)]
