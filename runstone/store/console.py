"""The console of a run beyond reading a page of it: what has changed since, and searching a million lines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from runstone.domain.history import Stream, overlay
from runstone.store.history import ConsoleLine, HistoryReads, console_line
from runstone.store.series.lines import unpack_text

MOST_SEARCHED = 200_000  # lines of one search: who wants more goes on from where it ended
PIECE_LINES = 10_000  # of what is not sealed, read at once
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")


@dataclass(frozen=True, slots=True)
class ConsoleNews:
    """Lines that are new or rewritten, in the order of their numbers; and the state after them: `arrivals`
    is the cursor of the next question, `total` how many lines there are."""

    lines: list[ConsoleLine]
    arrivals: int
    total: int


@dataclass(frozen=True, slots=True)
class ConsoleMatches:
    """Lines that match, and the number to go on from; None when the end was reached."""

    lines: list[ConsoleLine]
    go_on: int | None


class ConsoleReads(HistoryReads):
    """Reads of printed lines. The run's row, which the caller holds, is the proof of access."""

    def console_arrivals(self, run_row: Row[Any]) -> int:
        """The cursor of what the console has taken in so far."""
        own = self.streams(run_row).get(Stream.CONSOLE)
        return 0 if own is None else int(own.arrivals)

    def console_news(self, run_row: Row[Any], arrivals: int, total: int, most: int) -> ConsoleNews:
        """Lines that came, or were rewritten, since a reader knew `total` lines and had the cursor
        `arrivals`; of more than `most` the last ones."""
        own = self.streams(run_row).get(Stream.CONSOLE)
        if own is None:
            return ConsoleNews([], 0, 0)
        fresh = self.tail_chunks(run_row, Stream.CONSOLE, arrival=arrivals)
        lines = dict(overlay([(one.line0, self.chunk_lines(one)) for one in fresh]))
        found = {number: console_line(number, text) for number, text in lines.items()}
        start = max(total, int(own.next_line) - most)
        if start < own.sealed_line:
            found.update((one.number, one) for one in self.console(run_row, start, most))
        ordered = [found[number] for number in sorted(found)]
        return ConsoleNews(ordered[-most:], int(own.arrivals), int(own.next_line))

    def console_search(
        self,
        run_row: Row[Any],
        wanted: str,
        start: int,
        most: int,
        *,
        regex: bool = False,
        label: str | None = None,
    ) -> ConsoleMatches:
        """Lines from number `start` on that contain a text, whatever its case, or a regular expression; at
        most `most`. Colours (ANSI codes) are not part of what is searched. With `label` only what that one of
        several processes printed."""
        pattern = re.compile(wanted if regex else re.escape(wanted), 0 if regex else re.IGNORECASE)
        found: list[ConsoleLine] = []
        searched = 0
        for first, lines in self._stretches(run_row, start, None if regex else pattern):
            for number, text in lines:
                if number < start:
                    continue
                line = console_line(number, text)
                if label is not None and line.label != label:
                    continue
                if pattern.search(_ANSI.sub("", line.text)):
                    found.append(line)
                    if len(found) == most:
                        return ConsoleMatches(found, number + 1)
            searched += first
            if searched >= MOST_SEARCHED and lines:
                return ConsoleMatches(found, lines[-1][0] + 1)
        return ConsoleMatches(found, None)

    def _stretches(
        self, run_row: Row[Any], start: int, text_only: re.Pattern[str] | None
    ) -> Iterator[tuple[int, list[tuple[int, str]]]]:
        """Pieces of the console as (how many lines it stands for, its numbered lines)."""
        own = [one for one in self.segments(run_row, Stream.CONSOLE) if one.line0 + one.n > start]
        for row in sorted(own, key=lambda one: int(one.line0)):
            data = self.sealed_bytes(row)
            if data is None:
                continue
            text = unpack_text(data)
            lines = list(enumerate(text.split("\n"), row.line0))
            yield row.n, lines[-1:] if _holds_nothing(text, text_only) else lines
        at = start
        while (first := self.tail_begins(run_row, Stream.CONSOLE, at)) is not None:
            at = first + PIECE_LINES
            lines = self.raw_tail(run_row, Stream.CONSOLE, first, at)
            text = "\n".join(one[1] for one in lines)
            yield len(lines), lines[-1:] if _holds_nothing(text, text_only) else lines


def _holds_nothing(text: str, text_only: re.Pattern[str] | None) -> bool:
    """Whether one look at many lines tells that none of them matches, which is so for most; not where
    colours or JSON may hide words."""
    hidden = "\x1b" in text or "\n{" in text or text.startswith("{")
    return text_only is not None and not hidden and text_only.search(text) is None
