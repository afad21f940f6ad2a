"""Arrays of numbers as small blobs: the private format of derived series.

A blob is a version byte and length-prefixed arrays. Each array begins with its form:
constant stride (integers), constant (floats), or zstd over byte-shuffled values (integers
as differences, floats as float32 where that loses nothing).
"""

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from runstone.store.series.packing import compress, decompress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1
STRIDE, DELTAS, CONSTANT, FLOAT32, FLOAT64 = range(5)
LARGEST_BYTES = 1 << 28


def encode(arrays: "Sequence[NDArray[Any]]") -> bytes:
    """Arrays of int64 or float64 as one blob."""
    parts = [bytes([VERSION])]
    for array in arrays:
        data = _integers(array) if array.dtype.kind == "i" else _floats(array)
        parts.append(struct.pack("<I", len(data)))
        parts.append(data)
    return b"".join(parts)


def decode(blob: bytes) -> "list[NDArray[Any]]":
    """The arrays of a blob. Raises ValueError for another version."""
    if blob[0] != VERSION:
        raise ValueError(f"series blob of version {blob[0]}: expected {VERSION}")
    found, at = [], 1
    while at < len(blob):
        (size,) = struct.unpack_from("<I", blob, at)
        found.append(_array(blob[at + 4 : at + 4 + size]))
        at += 4 + size
    return found


def _integers(array: "NDArray[np.int64]") -> bytes:
    n = array.size
    first = int(array[0]) if n else 0
    deltas = array[1:] - array[:-1]
    stride = int(deltas[0]) if deltas.size else 0
    if (deltas == stride).all():
        return struct.pack("<BIqq", STRIDE, n, first, stride)
    return struct.pack("<BIq", DELTAS, n, first) + _shuffled(deltas.astype("<i8"))


def _floats(array: "NDArray[np.float64]") -> bytes:
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    n = array.size
    if n and (array == array[0]).all():
        return struct.pack("<BId", CONSTANT, n, float(array[0]))
    with np.errstate(over="ignore"):
        # One value that loses something tells without a look at the others.
        if not n or array[0] == np.float32(array[0]) or array[0] != array[0]:
            narrow = array.astype("<f4")
            if np.array_equal(narrow.astype(np.float64), array, equal_nan=True):
                return struct.pack("<BI", FLOAT32, n) + _shuffled(narrow)
    return struct.pack("<BI", FLOAT64, n) + _shuffled(array.astype("<f8"))


def _shuffled(array: "NDArray[Any]") -> bytes:
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    columns = array.view(np.uint8).reshape(array.size, array.itemsize).T
    return compress(columns.tobytes())


def _unshuffled(data: bytes, n: int, kind: str) -> "NDArray[Any]":
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    raw = decompress(data, LARGEST_BYTES)
    columns = np.frombuffer(raw, dtype=np.uint8).reshape(np.dtype(kind).itemsize, n)
    return np.ascontiguousarray(columns.T).view(kind).reshape(n)


def _array(data: bytes) -> "NDArray[Any]":
    import numpy as np  # noqa: PLC0415 - start-up time and memory

    form, n = struct.unpack_from("<BI", data)
    if form == STRIDE:
        first, stride = struct.unpack_from("<qq", data, 5)
        found = np.arange(n, dtype=np.int64)
        found *= stride
        found += first
        return found
    if form == DELTAS:
        (first,) = struct.unpack_from("<q", data, 5)
        found = np.empty(n, dtype=np.int64)
        found[0] = first
        np.cumsum(_unshuffled(data[13:], n - 1, "<i8"), out=found[1:])
        found[1:] += first
        return found
    if form == CONSTANT:
        return np.full(n, struct.unpack_from("<d", data, 5)[0])
    if form == FLOAT32:
        return _unshuffled(data[5:], n, "<f4").astype(np.float64) if n else np.empty(0)
    return _unshuffled(data[5:], n, "<f8").astype(np.float64, copy=False) if n else np.empty(0)
