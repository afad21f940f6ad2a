"""Lines as stored: zstd over lines joined by newlines; and as read: one JSON object each."""

import re
from collections.abc import Sequence
from typing import Any

import orjson
import zstandard

from runstone.domain.history import read_object

LEVEL = 1
LARGEST_BYTES = 1 << 30
# A fast parser makes floats of integers beyond 64 bits; lines with such digits are read the slow way.
_LONG_NUMBER = re.compile(r"\d{19}")


def pack(lines: Sequence[str]) -> tuple[bytes, int]:
    """Lines as one blob, and their size before compression in bytes.

    A newline inside a line, which no client sends, becomes a blank.
    """
    raw = "\n".join(line.replace("\n", " ") if "\n" in line else line for line in lines)
    data = raw.encode("utf-8", "surrogatepass")
    return zstandard.ZstdCompressor(level=LEVEL).compress(data), len(data)


def unpack(data: bytes) -> list[str]:
    """The lines of a blob."""
    return unpack_text(data).split("\n")


def unpack_text(data: bytes) -> str:
    """The lines of a blob as one text."""
    raw = zstandard.ZstdDecompressor().decompress(data, max_output_size=LARGEST_BYTES)
    return raw.decode("utf-8", "surrogatepass")


def parse(line: str) -> dict[str, Any] | None:
    """The JSON object of a line, NaN and infinities included; None for anything else."""
    if _LONG_NUMBER.search(line) is None:
        try:
            found = orjson.loads(line)
        except (orjson.JSONDecodeError, UnicodeEncodeError):
            return read_object(line)
        return found if isinstance(found, dict) else None
    return read_object(line)
