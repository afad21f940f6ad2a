"""A run that begins with history which is there already: another run's (a fork), or its own (rewound).

Sealed lines are shared with the run they came from, as objects with one more owner; the rest is
copied. Lines keep their numbers, and the client goes on behind them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import Row

from runstone.actions.derived import Derived, derive
from runstone.domain.errors import Conflict
from runstone.domain.history import Stream
from runstone.domain.ids import ProjectId, RunId
from runstone.store.history import as_text
from runstone.store.lines import pack
from runstone.store.reads import Reads
from runstone.store.writes import Transaction

_CHUNK_LINES = 1000
_SEGMENT = [
    "seq",
    "line0",
    "n",
    "step_lo",
    "step_hi",
    "time_lo",
    "time_hi",
    "blob_id",
    "size_bytes",
    "footer",
]


@dataclass(frozen=True, slots=True)
class Past:
    """The history of a run up to a step.

    stream: the row of the stream it comes from, None without any history. segments: those that can be
    shared whole, in their order. derived: what they give; None where it is what that stream has
    already. lines: the other lines by number. last_step: the highest step of the whole history, -1
    without one.
    """

    stream: Row[Any] | None
    segments: Sequence[Row[Any]]
    derived: Derived | None
    lines: Sequence[tuple[int, str]]
    last_step: int


def past_until(reads: Reads, run_row: Row[Any], step: int) -> Past:
    """The history of a run with `_step <= step`. Raises `Conflict` where a part can't be read."""
    stream = reads.streams(run_row).get(Stream.HISTORY)
    if stream is None:
        return Past(None, (), None, (), -1)
    every = reads.segments(run_row, Stream.HISTORY)
    shared = list(takewhile(lambda one: one.step_hi <= step, every))
    derived = derive(reads, stream, shared) if len(shared) < len(every) else None
    lines: list[tuple[int, str]] = []
    complete = derived is None or derived.complete
    for one in every[len(shared) :]:
        if one.step_lo <= step:
            segment = reads.segment(one)
            complete = complete and segment is not None
            rows = [] if segment is None else segment.rows(hi=step + 1)
            lines.extend((line, as_text(row)) for line, row in rows)
    if not complete:
        raise Conflict(
            f"The history of run {run_row.name} up to step {step} can't be read whole: a file of it is "
            "damaged. `runstone store verify` names it; bring it back from a backup."
        )
    texts = dict(reads.raw_tail(run_row, Stream.HISTORY))
    for line, row in reads.tail_rows(run_row, Stream.HISTORY):
        if row["_step"] <= step:
            lines.append((line, texts[line] if '"_step"' in texts[line] else as_text(row)))
    return Past(stream, shared, derived, sorted(lines), reads.last_step(run_row))


def take_over(
    tx: Transaction, past: Past, project_id: ProjectId, run_id: RunId, epoch: int, now: datetime
) -> int:
    """Begin a new epoch of a run with a past, inside another action; returns the number of the next line."""
    to = tx.open_stream(run_id, epoch, Stream.HISTORY, now)
    if past.stream is not None and past.segments:
        _share(tx, past.segments, to, project_id)
        if past.derived is None:
            tx.copy_derived(past.stream, to)
            last_step = past.stream.last_step
        else:
            ids = tx.make_key_ids(project_id, list(past.derived.keys))
            tx.put_keys(to, ids, past.derived.keys)
            tx.put_parts(to, [{"key_id": ids[of[0]], **part} for of, part in past.derived.rows.items()])
            last_step = past.derived.last_step
        end = max(one.line0 + one.n for one in past.segments)
        level0 = len(past.segments) == 1
        count = len(past.segments)
        tx.set_stream(to, next_line=end, sealed_line=end, next_seq=count, last_step=last_step, level0=level0)
        to = tx.open_stream(run_id, epoch, Stream.HISTORY, now)
    for line0, texts in _pieces(past.lines):
        data, raw_bytes = pack(texts)
        tx.put_chunk(to, line0, len(texts), raw_bytes, data, now)
    return int(tx.open_stream(run_id, epoch, Stream.HISTORY, now).next_line)


def keep_console(tx: Transaction, run_row: Row[Any], epoch: int, now: datetime) -> None:
    """Give a new epoch of a run what it has printed so far, inside another action."""
    stream = tx.streams(run_row).get(Stream.CONSOLE)
    if stream is None:
        return
    to = tx.open_stream(RunId(run_row.id), epoch, Stream.CONSOLE, now)
    _share(tx, tx.segments(run_row, Stream.CONSOLE), to, ProjectId(run_row.project_id))
    tx.copy_tail(stream, to)
    names = ("next_line", "sealed_line", "next_seq", "tail_lines", "tail_bytes", "arrivals", "level0")
    tx.set_stream(to, **{name: getattr(stream, name) for name in names})


def _share(tx: Transaction, segments: Sequence[Row[Any]], to: Row[Any], project_id: ProjectId) -> None:
    tx.insert_segments(to, [{name: getattr(one, name) for name in _SEGMENT} for one in segments])
    tx.own_blobs("segment", to.run_id, project_id, [(one.blob_id, one.size_bytes) for one in segments])


def _pieces(lines: Sequence[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    """Lines as chunks (first number, texts) without a gap in their numbers."""
    line0, texts = 0, list[str]()
    for line, text in lines:
        if texts and (line != line0 + len(texts) or len(texts) == _CHUNK_LINES):
            yield line0, texts
            texts = []
        if not texts:
            line0 = line
        texts.append(text)
    if texts:
        yield line0, texts
