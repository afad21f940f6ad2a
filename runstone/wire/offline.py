"""History rows out of the `.wandb` file that a client writes beside its run, online or not.

The file is a log in blocks (the format of LevelDB's log files, with a header of seven bytes of its own)
of protocol buffers. Only what rows need is read: everything else is skipped by its length.
"""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_BLOCK = 32_768
_HEAD = 7
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
_HISTORY = 2  # of a record
_ITEM = 1  # of a history row
_KEY, _NESTED_KEY, _INTEGER, _NUMBER, _TEXT, _VALUE_JSON = 1, 2, 5, 6, 7, 16


def logged_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows logged so far, oldest first; a record that is not written out yet ends the reading."""
    for record in _records(path.read_bytes()):
        for number, value in _fields(record):
            if number == _HISTORY and isinstance(value, bytes):
                yield _row(value)


def _records(data: bytes) -> Iterator[bytes]:
    """Whole records of the log; what is cut off or damaged at the end is left out."""
    place = _HEAD
    parts: list[bytes] = []
    while place + _HEAD <= len(data):
        left = _BLOCK - place % _BLOCK
        if left < _HEAD:  # too little for another head: the rest of a block is padding
            place += left
            continue
        length, kind = struct.unpack_from("<HB", data, place + 4)
        body = data[place + _HEAD : place + _HEAD + length]
        if len(body) < length or kind not in (_FULL, _FIRST, _MIDDLE, _LAST):
            return
        place += _HEAD + length
        if kind in (_FULL, _FIRST):
            parts = []
        parts.append(body)
        if kind in (_FULL, _LAST):
            yield b"".join(parts)


def _fields(data: bytes) -> Iterator[tuple[int, bytes | int | float]]:
    """Fields of a protocol buffer: number, and bytes, an integer or a double."""
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        kind = tag & 7
        if kind == 0:
            value, place = _varint(data, place)
            yield tag >> 3, value
        elif kind == 1 and place + 8 <= len(data):
            yield tag >> 3, float(struct.unpack_from("<d", data, place)[0])
            place += 8
        elif kind == 2:
            length, place = _varint(data, place)
            yield tag >> 3, data[place : place + length]
            place += length
        elif kind == 5:
            place += 4
        else:
            return


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value, shift = 0, 0
    while place < len(data):
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if not byte & 0x80:
            break
    return value, place


def _row(data: bytes) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for number, item in _fields(data):
        if number != _ITEM or not isinstance(item, bytes):
            continue
        names: list[str] = []
        found: Any = None
        for field, value in _fields(item):
            if isinstance(value, bytes):
                text = value.decode(errors="replace")
                if field in (_KEY, _NESTED_KEY):
                    names.append(text)
                elif field == _VALUE_JSON:
                    found = _read(text)
                elif field == _TEXT:
                    found = text
            elif field == _NUMBER:
                found = value
            elif field == _INTEGER:
                found = (int(value) >> 1) ^ -(int(value) & 1)  # as "zigzag" of a signed one
        if names:
            row[".".join(names)] = found
    return row


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
