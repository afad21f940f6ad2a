"""Lines as stored: zstd over lines joined by newlines; and as read: one JSON object each."""

import re
from collections.abc import Sequence
from typing import Any

import orjson

from runstone.domain.history import read_object
from runstone.store.series.packing import compress, decompress

LARGEST_BYTES = 1 << 30
# A fast parser makes floats of integers beyond 64 bits; lines with such digits are read the slow way.
LONG_DIGITS = 19
_LONG_NUMBER = re.compile(rf"(?<![\d.])\d{{{LONG_DIGITS}}}")


def pack(lines: Sequence[str]) -> tuple[bytes, int]:
    """Lines as one blob, and their size before compression in bytes.

    A newline inside a line, which no client sends, becomes a blank.
    """
    raw = "\n".join(lines)
    if raw.count("\n") >= len(lines):
        raw = "\n".join(line.replace("\n", " ") for line in lines)
    data = raw.encode("utf-8", "surrogatepass")
    return compress(data), len(data)


def unpack(data: bytes) -> list[str]:
    """The lines of a blob."""
    return unpack_text(data).split("\n")


def unpack_text(data: bytes) -> str:
    """The lines of a blob as one text."""
    return unpack_bytes(data).decode("utf-8", "surrogatepass")


def unpack_bytes(data: bytes) -> bytes:
    """The same, not decoded."""
    return decompress(data, LARGEST_BYTES)


def joined(lines: Sequence[str]) -> bytes:
    """Lines as such a text."""
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def parse(line: str) -> dict[str, Any] | None:
    """The JSON object of a line, NaN and infinities included; None for anything else."""
    return parse_short(line) if _LONG_NUMBER.search(line) is None else read_object(line)


def parse_short(line: str) -> dict[str, Any] | None:
    """The same for a line that is known to have no integer beyond 64 bits."""
    try:
        found = orjson.loads(line)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return read_object(line)
    return found if isinstance(found, dict) else None


def any_long_number(lines: Sequence[str]) -> bool:
    """Whether any line may have an integer beyond 64 bits: a look at all of them together, which is many
    times faster than one at each."""
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    text = np.frombuffer(joined(lines), dtype=np.uint8)
    digits = (text - np.uint8(ord("0"))) < 10
    runs = digits  # where as many digits begin as has been looked for yet
    length = 1
    while length < LONG_DIGITS:
        further = min(length, LONG_DIGITS - length)
        if runs.size <= further:
            return False
        runs = runs[:-further] & runs[further:]
        length += further
    starts = np.flatnonzero(runs)
    if not starts.size:
        return False
    # Digits behind a point are those of a fraction, and the rest of a number is no beginning of one.
    before = text[np.maximum(starts - 1, 0)]
    inside = (before == ord(".")) | digits[np.maximum(starts - 1, 0)]
    return bool(np.any((starts == 0) | ~inside))
