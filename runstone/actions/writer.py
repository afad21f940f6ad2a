"""Several processes that write one run side by side: what each says becomes part of one whole.

Each counts its lines from 0 and gives rows no step. Their lines are put behind one another as they
come, a row's place being its step; each process' own count tells a resend from news. See
`docs/explanation/history.md#several-processes-one-run`.
"""

import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from runstone.domain.errors import Invalid
from runstone.domain.history import Chunk, Stream, json_object, read_object
from runstone.domain.ids import RunId
from runstone.domain.run import SHARED
from runstone.domain.sharing import COPY, label_in, merged, merged_config, moment_of, with_step
from runstone.store.history import as_text, console_line
from runstone.store.writes import Transaction


def require_shared(row: Row[Any]) -> None:
    """Raises `Invalid` for a run that a process writes alone by now."""
    if row.writer_id not in (None, SHARED):
        raise Invalid(
            f"run {row.entity_name}/{row.project_name}/{row.name} is written by one process alone, which "
            "took it over from those that wrote it side by side. Give this run another id."
        )


def place(tx: Transaction, row: Row[Any], name: str, chunk: Chunk, now: datetime) -> list[Chunk]:
    """Lines of a process by the name that its client invented, as they lie in the run's own stream.

    Rows that it sends once more are left out. Console lines that it prints anew keep their place.
    """
    writer = tx.open_writer(RunId(row.id), row.epoch, name, now)
    stream = tx.open_stream(RunId(row.id), row.epoch, chunk.stream, now)
    end = chunk.line0 + len(chunk.lines)
    known = {
        Stream.HISTORY: writer.history_line,
        Stream.SYSTEM: writer.system_line,
        Stream.CONSOLE: writer.console_line,
    }[chunk.stream]
    if known is None or end > known:
        tx.count_lines(writer.id, chunk.stream, end)
    if writer.label is None and chunk.stream is not Stream.HISTORY:
        label = label_in(chunk.stream, chunk.lines[0])
        if label is not None:
            tx.update_writer(writer.id, label=label)
    if chunk.stream is Stream.CONSOLE:
        return list(_console(tx, writer, chunk, stream.next_line))
    fresh = chunk.lines if known is None else chunk.lines[max(0, known - chunk.line0) :]
    return _behind(row, chunk.stream, stream.next_line, fresh)


def _behind(row: Row[Any], stream: Stream, line0: int, lines: Sequence[str]) -> list[Chunk]:
    """Lines behind what a run's stream has; rows of the history get their steps."""
    if stream is Stream.HISTORY:
        first = line0 + (row.steps_ahead or 0)
        lines = [with_step(line, step) for step, line in enumerate(lines, first)]
    return [Chunk(stream, line0, tuple(lines))] if lines else []


def steps_ahead(tx: Transaction, row: Row[Any]) -> int:
    """By how much the next step of a run that one process has written is ahead of the number of its lines."""
    return max(0, tx.last_step(row) + 1 - tx.line_count(row, Stream.HISTORY))


def say_config(tx: Transaction, run_id: RunId, name: str, config: str, now: datetime) -> str:
    """The run's config (JSON text) with what a process says of it. Locks the run."""
    row = tx.locked_run(run_id)
    before = _said_before(tx, run_id, row.epoch, name, now, config=config)
    return as_text(merged_config(*(_object(text) for text in (row.config, before, config))))


def say_summary(
    tx: Transaction, run_id: RunId, name: str, summary: str, last_step: int | None, now: datetime
) -> str:
    """The run's summary (JSON text) with what a process says of it, and the step of its last row."""
    row = tx.locked_run(run_id)
    before = _said_before(tx, run_id, row.epoch, name, now, summary=summary)
    found = merged(*(_object(text) for text in (row.summary, before, summary)))
    return as_text(found if last_step is None else {**found, "_step": last_step})


def _said_before(tx: Transaction, run_id: RunId, epoch: int, name: str, now: datetime, **said: str) -> str:
    """What a process said last of its config or summary; what it says now is noted. A copy said nothing."""
    if name == COPY:
        return "{}"
    writer = tx.open_writer(run_id, epoch, name, now)
    tx.update_writer(writer.id, **said)
    (column,) = said
    return str(getattr(writer, column))


def _object(text: str) -> dict[str, Any]:
    return json_object(text, "what a process says of its run")


def place_copy(tx: Transaction, row: Row[Any], chunk: Chunk, now: datetime) -> list[Chunk]:
    """Lines of a process that does not say which one it is: what it kept, sent once more or at last. A row is
    known by when it was logged; what was printed by what stands at the same lines of a process."""
    stream = tx.open_stream(RunId(row.id), row.epoch, chunk.stream, now)
    if chunk.stream is Stream.CONSOLE:
        return _console_copy(tx, row, chunk, now)
    moments = [moment_of(read_object(line)) for line in chunk.lines]
    times = [one[0] for one in moments if one is not None]
    there = tx.moments(row, chunk.stream, min(times), max(times)) if times else set()
    lines = [line for line, one in zip(chunk.lines, moments, strict=True) if one not in there]
    return _behind(row, chunk.stream, stream.next_line, lines)


def _console_copy(tx: Transaction, row: Row[Any], chunk: Chunk, now: datetime) -> list[Chunk]:
    texts = [console_line(0, line).text for line in chunk.lines]
    best, most = None, 0.0
    for writer in tx.writers(row):
        known = _printed(tx, row, writer, chunk.line0, chunk.line0 + len(texts))
        same = sum(texts[line - chunk.line0] == text for line, text in known.items())
        # Progress bars may have been caught at another moment; what others print differs for the most part.
        goes_on = not known and 0 < chunk.line0 == writer.console_line
        worth = same if 2 * same > len(known) else 0.5 if goes_on else 0
        if worth > most:
            best, most = writer, worth
    if best is None:
        return place(tx, row, f"{COPY} {secrets.token_hex(4)}", chunk, now)
    news = chunk.lines[max(0, best.console_line - chunk.line0) :]
    first = chunk.line0 + len(chunk.lines) - len(news)
    return place(tx, row, best.name, Chunk(chunk.stream, first, news), now) if news else []


def _printed(tx: Transaction, row: Row[Any], writer: Row[Any], start: int, end: int) -> dict[int, str]:
    """What a process has printed on its lines [start, end), by its own count."""
    lines = {place: line for line, place in _places(tx, writer, start, end).items()}
    if not lines:
        return {}
    first, last = min(lines), max(lines)
    shown = tx.console(row, first, last - first + 1)
    return {lines[one.number]: one.text for one in shown if one.number in lines}


def _places(tx: Transaction, writer: Row[Any], start: int, end: int) -> dict[int, int]:
    """Where lines [start, end) of a process, by its own count, lie in the console; only those that do."""
    found: dict[int, int] = {}
    for line0, at, n in tx.writer_places(writer.id, start, end):
        own = range(max(start, line0), min(end, line0 + n))
        found.update((line, at + line - line0) for line in own)
    return found


def _console(tx: Transaction, writer: Row[Any], chunk: Chunk, next_place: int) -> Iterator[Chunk]:
    end = chunk.line0 + len(chunk.lines)
    places = _places(tx, writer, chunk.line0, end)
    fresh = [line for line in range(chunk.line0, end) if line not in places]
    for adjacent in _adjacent(fresh):
        took = range(next_place, next_place + len(adjacent))
        tx.place_lines(writer, adjacent[0], took)
        places.update(zip(adjacent, took, strict=True))
        next_place = took.stop
    texts = {places[line]: chunk.lines[line - chunk.line0] for line in range(chunk.line0, end)}
    for some in _adjacent(sorted(texts)):
        yield Chunk(chunk.stream, some[0], tuple(texts[one] for one in some))


def _adjacent(numbers: Sequence[int]) -> Iterator[list[int]]:
    """Rising numbers as runs without a gap."""
    some: list[int] = []
    for number in numbers:
        if some and number != some[-1] + 1:
            yield some
            some = []
        some.append(number)
    if some:
        yield some
