"""Lines as stored: zstd over lines joined by newlines."""

from collections.abc import Sequence

import zstandard

LEVEL = 1
LARGEST_BYTES = 1 << 30


def pack(lines: Sequence[str]) -> tuple[bytes, int]:
    """Lines as one blob, and their size before compression in bytes.

    A newline inside a line, which no client sends, becomes a blank.
    """
    raw = "\n".join(line.replace("\n", " ") if "\n" in line else line for line in lines)
    data = raw.encode("utf-8", "surrogatepass")
    return zstandard.ZstdCompressor(level=LEVEL).compress(data), len(data)


def unpack(data: bytes) -> list[str]:
    """The lines of a blob."""
    raw = zstandard.ZstdDecompressor().decompress(data, max_output_size=LARGEST_BYTES)
    return raw.decode("utf-8", "surrogatepass").split("\n")
