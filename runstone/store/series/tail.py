"""The tail of a stream: packed chunks, the lines in them, and which of these make the next segment."""

from collections.abc import Sequence
from dataclasses import dataclass

from runstone.domain.history import SEGMENT_BYTES, overlay
from runstone.store.series.lines import unpack
from runstone.store.series.segment import Sealed, seal


@dataclass(frozen=True, slots=True)
class Tail:
    """Chunks (first line, packed lines) of a stream that is sealed up to line `start`.

    `step` is the one of the line before it. A segment takes `most_lines`, with `whole` also fewer.
    """

    chunks: Sequence[tuple[int, bytes]]
    start: int
    step: int
    whole: bool
    most_lines: int


def lines_of(chunks: Sequence[tuple[int, bytes]], start: int) -> list[tuple[int, str]]:
    """The lines (number, text) of chunks (first line, packed lines) from line `start` on."""
    lines = overlay([(line0, unpack(data)) for line0, data in chunks])
    return lines if not lines or lines[0][0] >= start else [one for one in lines if one[0] >= start]


def first_piece(lines: Sequence[tuple[int, str]], most: int) -> tuple[int, list[str], bool]:
    """The next segment's first line and texts, and whether it is full. Lost line numbers end a segment, so
    that its range tells exactly which lines it holds."""
    texts: list[str] = []
    size = 0
    for line, text in lines:
        if texts and line != lines[0][0] + len(texts):
            return lines[0][0], texts, len(lines) >= most
        texts.append(text)
        size += len(text)
        if len(texts) == most or size >= SEGMENT_BYTES:
            return lines[0][0], texts, True
    return (lines[0][0] if lines else 0), texts, False


def seal_first(tail: Tail) -> Sealed | None:
    """The next segment of a tail; None where its lines don't make one."""
    line0, texts, full = first_piece(lines_of(tail.chunks, tail.start), tail.most_lines)
    return seal(line0, texts, tail.step) if texts and (full or tail.whole) else None
