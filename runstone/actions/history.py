"""What a running client streams: history, system measurements, console, summary, its end."""

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from runstone.actions.access import require
from runstone.actions.branch import past_until, take_over
from runstone.actions.project import project_for_writing
from runstone.actions.run import beat, finish, preempt, set_summary
from runstone.actions.seal import CONSOLE_MARGIN, ENDED_FOR, ask_to_seal
from runstone.actions.trial import fold_rows
from runstone.actions.writer import place, place_copy, require_shared, say_summary
from runstone.domain.errors import Gone
from runstone.domain.history import SEGMENT_BYTES, SEGMENT_LINES, Chunk, Stream, json_object, read_object
from runstone.domain.ids import ProjectId, RunId
from runstone.domain.naming import check_run_name
from runstone.domain.run import SHARED, RunState
from runstone.domain.sharing import COPY, merged
from runstone.domain.viewer import Access, Viewer
from runstone.store.history import as_text, console_line
from runstone.store.lines import pack
from runstone.store.opening import Store
from runstone.store.writes import Transaction

BEAT_EVERY = timedelta(seconds=1)  # more signs of life than this say nothing more


@dataclass(frozen=True, slots=True)
class Post:
    """One message of a client. `summary` is JSON text; `exit_code` comes with the last message. `writer` is
    the name of a process that writes the run side by side with others. `derives_summary`: the client
    leaves it to the server to keep the last value of each key in the summary."""

    chunks: tuple[Chunk, ...] = ()
    summary: str | None = None
    exit_code: int | None = None
    preempting: bool = False
    uploaded: tuple[str, ...] = ()
    writer: str | None = None
    derives_summary: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client hears: whether somebody asked the run to stop."""

    stopped: bool


@dataclass(frozen=True, slots=True)
class _Packed:
    chunk: Chunk
    data: bytes
    raw_bytes: int


def receive(
    store: Store, viewer: Viewer, entity: str, project: str, run_name: str, post: Post, now: datetime
) -> "Future[Answer]":
    """Keep a message of a run; the future resolves once it is on disk.

    A run that is not known is made: losing rows is worse. Raises (through the future)
    `Gone` for a deleted run, `NotFound` and `Denied`.
    """
    packed = [_Packed(chunk, *pack(chunk.lines)) for chunk in post.chunks if chunk.lines]

    def change(tx: Transaction) -> Answer:
        row = _run(tx, viewer, entity, project, run_name, now)
        writer = COPY if post.writer is None and row.writer_id == SHARED else post.writer
        if writer is None:
            epoch = _epoch(tx, row, packed, now)
            if epoch != row.epoch:
                row = _run(tx, viewer, entity, project, run_name, now)
            own: Iterator[_Packed] = (_placed(tx, row, one, now) for one in packed)
        else:
            require_shared(row)
            epoch = row.epoch
            own = _side_by_side(tx, row, writer, packed, now)
        logged: list[str] = []
        for one in own:
            fresh = _store(tx, row, epoch, one, now)
            if one.chunk.stream is Stream.HISTORY:
                logged.extend(fresh)
        if row.sweep_id is not None and logged:
            fold_rows(tx, viewer, row, epoch, logged, now)
        said = _summary(tx, row, post, writer, logged, now)
        summary = None if said == row.summary else said
        silent = summary is None and now - row.heartbeat_at >= BEAT_EVERY
        if silent or row.state == RunState.CRASHED.value:
            beat(tx, row, now)
        if summary is not None:
            set_summary(tx, row, summary, now)
        if post.preempting:
            preempt(tx, row, now)
        if post.exit_code is not None:
            finish(tx, viewer, row, post.exit_code, now, preempting=post.preempting)
            for stream in Stream:
                ask_to_seal(tx, row.id, epoch, stream, now + ENDED_FOR)
        if packed or post.summary is not None:
            tx.changed("history", project_id=row.project_id, noun_id=row.id)
        return Answer(stopped=row.stop_requested_at is not None)

    return store.write_soon(change)


def _summary(
    tx: Transaction, row: Row[Any], post: Post, writer: str | None, logged: Sequence[str], now: datetime
) -> str | None:
    """The run's summary as JSON text after a message; None when it says nothing of it."""
    said = post.summary
    if said is not None and writer is not None:
        rows = tx.line_count(row, Stream.HISTORY)
        last = rows - 1 + (row.steps_ahead or 0) if rows > 0 else None
        said = say_summary(tx, RunId(row.id), writer, said, last, now)
    if not post.derives_summary or (said is None and not logged):
        return said
    known = json_object(tx.locked_run(RunId(row.id)).summary, "summary")
    if said is not None:
        known = merged(known, {}, json_object(said, "summary"))
    for line in logged:
        known.update(read_object(line) or {})
    return as_text(known)


def _run(
    tx: Transaction, viewer: Viewer, entity: str, project: str, run_name: str, now: datetime
) -> Row[Any]:
    known = tx.run_to_write(viewer, entity, project, run_name)
    if known is not None:
        return known
    owner = project_for_writing(tx, viewer, entity, project, now)
    require(tx, viewer, owner, Access.WRITE)
    project_id = ProjectId(owner.id)
    lives = tx.run_lives(project_id, run_name)
    if lives is False:
        raise Gone(f"run {entity}/{project}/{run_name} was deleted. Start a new run.")
    if lives is None:
        tx.insert_run(
            project_id,
            check_run_name(run_name),
            now,
            display_name=run_name,
            state=RunState.RUNNING.value,
            tags="[]",
            user_id=viewer.user_id,
            console_base=0,
        )
        known = tx.run_to_write(viewer, entity, project, run_name)
    row = known or tx.run(viewer, project_id, run_name)
    assert row is not None
    return row


def _epoch(tx: Transaction, row: Row[Any], packed: list[_Packed], now: datetime) -> int:
    """The epoch these chunks belong to: a new one when the client has begun anew.

    A run id that is initialised again without resume starts at line 0, and so does a
    repeated sync. The time of the first row tells them apart. The console's first line
    decides alone only where the client has said that it does not go on. New clients send a
    repeated sync behind the lines that are here, from the first row on: that begins anew, too.
    """
    first = [one for one in packed if one.chunk.line0 == 0]
    if not first and not row.begins_anew and row.branch_line is None:
        return int(row.epoch)
    known = tx.streams(row)
    restart = again = (row.begins_anew or row.branch_line is not None) and any(
        _comes_again(known.get(one.chunk.stream), one.chunk) for one in packed
    )
    decided = False
    for one in first:
        stream = known.get(one.chunk.stream)
        if one.chunk.stream is Stream.CONSOLE or stream is None or stream.first_ts is None:
            continue
        began = _began(one.chunk)
        decided = True
        restart = restart or (began is not None and not _same_time(began, stream.first_ts))
    if not decided and not again and row.begins_anew:
        restart = any(one.chunk.stream in known and not _repeats(tx, row, one.chunk) for one in first)
    if not restart:
        return int(row.epoch)
    epoch = int(row.epoch) + 1
    tx.update_run(RunId(row.id), now, epoch=epoch, begins_anew=False, console_base=0, history_base=None)
    if row.branch_line is not None:
        if again or any(_goes_on(row, one.chunk) for one in first):
            past = past_until(tx, row, row.branch_step)
            take_over(tx, past, ProjectId(row.project_id), RunId(row.id), epoch, now)
        else:
            tx.update_run(RunId(row.id), now, branch_run_id=None, branch_step=None, branch_line=None)
    if row.console_base or again:
        _carry_console(tx, row, epoch, now)
    return epoch


def _comes_again(stream: Row[Any] | None, chunk: Chunk) -> bool:
    """Whether a chunk behind all known lines of a stream starts with the stream's own first row."""
    if chunk.stream is Stream.CONSOLE or stream is None or stream.first_ts is None:
        return False
    began = _began(chunk)
    return chunk.line0 >= stream.next_line and began is not None and _same_time(began, stream.first_ts)


def _goes_on(row: Row[Any], chunk: Chunk) -> bool:
    """Whether the first row of a chunk stands behind the step from which a run has branched."""
    step = (read_object(chunk.lines[0]) or {}).get("_step")
    return chunk.stream is Stream.HISTORY and isinstance(step, int) and step > row.branch_step


def _same_time(one: float, other: float) -> bool:
    # Not by parts of the whole: a billionth of a time of today is almost two seconds.
    return math.isclose(one, other, rel_tol=0.0, abs_tol=1e-6)


def _repeats(tx: Transaction, row: Row[Any], chunk: Chunk) -> bool:
    """Whether a chunk from line 0 on is the console that is here already, sent again."""
    known = tx.console(row, 0, 1)
    return chunk.stream is Stream.CONSOLE and known == [console_line(0, chunk.lines[0])]


def _carry_console(tx: Transaction, row: Row[Any], epoch: int, now: datetime) -> None:
    """Lines that a process printed before its history showed that it begins anew go along with it."""
    base = row.console_base or 0
    printed = [(number, text) for number, text in tx.raw_tail(row, Stream.CONSOLE) if number >= base]
    stream = tx.open_stream(RunId(row.id), epoch, Stream.CONSOLE, now)
    for number, text in printed:
        data, raw_bytes = pack([text])
        tx.put_chunk(stream, number - base, 1, raw_bytes, data, now)


def _placed(tx: Transaction, row: Row[Any], one: _Packed, now: datetime) -> _Packed:
    """Lines at their place: some clients count from 0 again when they go on with what is here."""
    base = 0
    if one.chunk.stream is Stream.CONSOLE:
        base = _console_base(tx, row, one.chunk, now)
    elif one.chunk.stream is Stream.HISTORY and row.branch_line is not None:
        base = row.history_base
        if base is None:
            base = row.branch_line if one.chunk.line0 < row.branch_line else 0
            tx.update_run(RunId(row.id), now, history_base=base)
    if base == 0:
        return one
    chunk = Chunk(one.chunk.stream, base + one.chunk.line0, one.chunk.lines)
    return _Packed(chunk, one.data, one.raw_bytes)


def _side_by_side(
    tx: Transaction, row: Row[Any], writer: str, packed: Sequence[_Packed], now: datetime
) -> Iterator[_Packed]:
    # In one order, so that two processes don't wait for each other.
    for one in sorted(packed, key=lambda it: it.chunk.stream):
        placed = (
            place_copy(tx, row, one.chunk, now) if writer == COPY else place(tx, row, writer, one.chunk, now)
        )
        for chunk in placed:
            known = chunk.lines == one.chunk.lines
            yield _Packed(chunk, one.data, one.raw_bytes) if known else _Packed(chunk, *pack(chunk.lines))


def _console_base(tx: Transaction, row: Row[Any], chunk: Chunk, now: datetime) -> int:
    base: int | None = row.console_base
    if base is None:
        known = tx.line_count(row, Stream.CONSOLE)
        begins = chunk.line0 == 0 and known > 0 and not _repeats(tx, row, chunk)
        base = known if begins else 0
        tx.update_run(RunId(row.id), now, console_base=base)
    return base


def _began(chunk: Chunk) -> float | None:
    row = read_object(chunk.lines[0]) or {}
    at = row.get("_timestamp")
    return float(at) if isinstance(at, int | float) else None


def _store(tx: Transaction, row: Row[Any], epoch: int, one: _Packed, now: datetime) -> Sequence[str]:
    """Keep a chunk; returns the lines that were not there before."""
    stream = tx.open_stream(RunId(row.id), epoch, one.chunk.stream, now)
    line0, lines, data, raw_bytes = one.chunk.line0, one.chunk.lines, one.data, one.raw_bytes
    first_ts = None
    # A repeated sync begins behind the lines of the epoch before, a branch behind what it took over.
    begins = line0 == 0 or (epoch > 0 and stream.next_line == 0)
    begins = begins or (one.chunk.stream is Stream.HISTORY and line0 == row.branch_line)
    if one.chunk.stream is not Stream.CONSOLE and stream.first_ts is None and begins:
        first_ts = _began(one.chunk)
    tail_lines, tail_bytes = stream.tail_lines + len(lines), stream.tail_bytes + raw_bytes
    if tail_lines >= SEGMENT_LINES + _margin(one.chunk.stream) or tail_bytes >= SEGMENT_BYTES:
        ask_to_seal(tx, row.id, epoch, one.chunk.stream, now)
    if line0 >= stream.sealed_line:
        tx.put_chunk(stream, line0, len(lines), raw_bytes, data, now, first_ts)
    else:
        for first, some in unsealed(line0, lines, tx.sealed_ranges(stream, line0, line0 + len(lines))):
            data, raw_bytes = pack(some)
            tx.put_chunk(stream, first, len(some), raw_bytes, data, now, first_ts)
    return lines[max(0, stream.next_line - line0) :]


def _margin(stream: Stream) -> int:
    return CONSOLE_MARGIN if stream is Stream.CONSOLE else 0


def unsealed(
    line0: int, lines: Sequence[str], ranges: Sequence[tuple[int, int]]
) -> list[tuple[int, Sequence[str]]]:
    """The pieces of a chunk that no sealed range [first, end) holds. A resend leaves none; lines that
    come late, after later ones were sealed, are new."""
    found: list[tuple[int, Sequence[str]]] = []
    at, end = line0, line0 + len(lines)
    for first, after in [*ranges, (end, end)]:
        if at < min(first, end):
            found.append((at, lines[at - line0 : min(first, end) - line0]))
        at = max(at, after)
    return found
