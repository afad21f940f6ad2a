"""The tail of a stream: packed chunks, the lines in them, and which of these make the next segment."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from runstone.domain.history import SEGMENT_BYTES, overlay
from runstone.store.series.lines import unpack, unpack_bytes
from runstone.store.series.segment import Sealed, seal, seal_text


@dataclass(frozen=True, slots=True)
class Tail:
    """Chunks (first line, packed lines) of a stream that is sealed up to line `start`.

    `step` is the one of the line before it. A segment takes `most_lines`, with `whole` also fewer, and none
    from `end` on.
    """

    chunks: Sequence[tuple[int, bytes]]
    start: int
    step: int
    whole: bool
    most_lines: int
    end: int | None = None


def lines_of(
    chunks: Sequence[tuple[int, bytes]], start: int, end: int | None = None
) -> list[tuple[int, str]]:
    """The lines (number, text) of chunks (first line, packed lines) from line `start` on, before `end`."""
    lines = overlay([(line0, unpack(data)) for line0, data in chunks])
    first = bisect_left(lines, start, key=_number)
    after = len(lines) if end is None else bisect_left(lines, end, key=_number)
    return lines[first:after]


def _number(line: tuple[int, str]) -> int:
    return line[0]


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
    whole = _text_of(tail)
    if whole is not None:
        return seal_text(*whole, tail.step)
    line0, texts, full = first_piece(lines_of(tail.chunks, tail.start, tail.end), tail.most_lines)
    return seal(line0, texts, tail.step) if texts and (full or tail.whole) else None


def _text_of(tail: Tail) -> tuple[int, bytes, int] | None:
    """The next segment's first line, its text and how many lines that has, where chunks follow each other
    without a gap or an overlap: then they need not be taken apart. None anywhere else."""
    texts: list[bytes] = []
    line0 = end = tail.chunks[0][0]
    if line0 < tail.start:
        return None
    for first, data in tail.chunks:
        if first != end:
            return None
        text = unpack_bytes(data)
        texts.append(text)
        end += text.count(b"\n") + 1
    n, after = end - line0, min(line0 + tail.most_lines, end if tail.end is None else tail.end)
    if sum(map(len, texts)) >= SEGMENT_BYTES or (n < tail.most_lines and not tail.whole):
        return None
    if end > after:  # the last chunk goes on beyond the segment
        kept = texts[-1].split(b"\n")[: after - end]
        if not kept:
            return None
        texts[-1] = b"\n".join(kept)
    return line0, b"\n".join(texts), min(end, after) - line0
