"""Arrays of numbers in one body that a browser reads in place.

A frame is the text `RSF1`, the length of a header (32 bits, little-endian), the header (JSON,
filled up with blanks so that what follows lies at a multiple of 8 bytes), and the arrays. The
header is any document; an array in it is `{"type": "f8"|"f4"|"i4", "at": ..., "n": ...}`: its
form, where it begins behind the header in bytes, how many numbers it has. Equal arrays lie
there once. NaN stands for what can't be drawn.
"""

import struct
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAGIC = b"RSF1"
MEDIA_TYPE = "application/vnd.runstone.frame"


class Frame:
    """A frame in the making: `add` arrays, then `body` of the document that refers to them."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self._known: dict[tuple[str, bytes], int] = {}

    def add(self, array: "NDArray[Any]", kind: str) -> dict[str, Any]:
        """An array as the header refers to it."""
        import numpy as np  # noqa: PLC0415 - start-up time and memory

        with np.errstate(over="ignore"):
            data = np.ascontiguousarray(array, dtype=f"<{kind}").tobytes()
        at = self._known.get((kind, data))
        if at is None:
            at = self._known[kind, data] = self._size
            self._pieces.append(data + bytes(-len(data) % 8))
            self._size += len(self._pieces[-1])
        return {"type": kind, "at": at, "n": int(array.size)}

    def body(self, document: Any) -> bytes:
        """The whole frame."""
        header = orjson.dumps(document)
        header += b" " * (-(len(header) + 8) % 8)
        return b"".join([MAGIC, struct.pack("<I", len(header)), header, *self._pieces])
