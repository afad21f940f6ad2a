"""Printed lines by page, by cursor and by search, rewritten ones and a long console included."""

from typing import Any

import pytest

from runstone.actions import seal as sealing
from runstone.domain.history import Stream
from runstone.store import console
from runstone.store.opening import Store
from tests.conftest import People
from tests.writer import Writer


@pytest.fixture
def writer(store: Store, people: People, monkeypatch: pytest.MonkeyPatch) -> Writer:
    monkeypatch.setattr(sealing, "CONSOLE_MARGIN", 3)
    monkeypatch.setattr(sealing, "SEGMENT_LINES", 10)
    made = Writer(store, people.ben)
    made.begin()
    return made


def news(writer: Writer, cursor: int, total: int, most: int = 100) -> Any:
    row = writer.row()
    with writer.store.reading() as reads:
        return reads.console_news(row, cursor, total, most)


def search(writer: Writer, wanted: str, start: int = 0, most: int = 100, *, regex: bool = False) -> Any:
    row = writer.row()
    with writer.store.reading() as reads:
        return reads.console_search(row, wanted, start, most, regex=regex)


def test_news_are_new_and_rewritten_lines(writer: Writer) -> None:
    assert (news(writer, 0, 0).lines, news(writer, 0, 0).total) == ([], 0)
    writer.send(0, [f"line {i}" for i in range(5)], Stream.CONSOLE)
    first = news(writer, 0, 0)
    assert [one.text for one in first.lines] == [f"line {i}" for i in range(5)]
    assert news(writer, first.arrivals, first.total).lines == []
    writer.send(3, ["50 %"], Stream.CONSOLE)
    writer.send(3, ["90 %", "line 4", "line 5"], Stream.CONSOLE)
    second = news(writer, first.arrivals, first.total)
    assert [(one.number, one.text) for one in second.lines] == [(3, "90 %"), (4, "line 4"), (5, "line 5")]
    assert second.total == 6


def test_news_out_of_what_was_sealed_meanwhile(writer: Writer) -> None:
    writer.send(0, ["first"], Stream.CONSOLE)
    seen = news(writer, 0, 0)
    writer.send(1, [f"line {i}" for i in range(1, 40)], Stream.CONSOLE)
    writer.seal(Stream.CONSOLE)
    assert writer.stream(Stream.CONSOLE).sealed_line == 37
    found = news(writer, seen.arrivals, seen.total)
    assert [one.number for one in found.lines] == list(range(1, 40))
    assert [one.number for one in news(writer, seen.arrivals, seen.total, most=4).lines] == [36, 37, 38, 39]


def test_search_of_what_is_not_sealed_goes_piece_by_piece(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "PIECE_LINES", 7)
    monkeypatch.setattr(console, "MOST_SEARCHED", 10)
    writer.send(0, [f"line {i}" for i in range(25)], Stream.CONSOLE)
    writer.send(60, [f"line {i}" for i in range(60, 64)], Stream.CONSOLE)  # some were lost before
    writer.send(8, ["found here"], Stream.CONSOLE)
    first = search(writer, "here")
    assert ([one.number for one in first.lines], first.go_on) == ([8], 14)
    second = search(writer, "line 2", 14)
    assert ([one.number for one in second.lines], second.go_on) == ([20, 21, 22, 23, 24], 25)
    assert search(writer, "line", 64).lines == []
    assert [one.number for one in search(writer, "line 6", 25).lines] == [60, 61, 62, 63]


@pytest.mark.parametrize("sealed", [False, True])
def test_searching(writer: Writer, sealed: bool) -> None:
    lines = [f"step {i}" for i in range(45)]
    lines[7] = "\x1b[31mER\x1b[0mROR in loss"
    lines[33] = '{"ts": "2026-01-01T00:00:00", "content": "caf\\u00e9 loss", "level": "error"}'
    lines[44] = "2026-01-01T00:00:00.000000 Loss is 3"
    writer.send(0, lines, Stream.CONSOLE)
    if sealed:
        writer.seal(Stream.CONSOLE)
    assert [one.number for one in search(writer, "loss").lines] == [7, 33, 44]
    assert [one.number for one in search(writer, "LOSS", start=8).lines] == [33, 44]
    assert [one.text for one in search(writer, "error").lines] == [lines[7]]
    assert [one.text for one in search(writer, "café").lines] == ["café loss"]
    assert [one.number for one in search(writer, r"^step 1\d$", regex=True).lines] == list(range(10, 20))
    assert [one.number for one in search(writer, "^Loss", regex=True).lines] == [44]
    assert search(writer, "2026-01").lines == []
    page = search(writer, "step", most=5)
    assert ([one.number for one in page.lines], page.go_on) == ([0, 1, 2, 3, 4], 5)
    assert search(writer, "never").go_on is None


def test_a_long_search_is_continued(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "MOST_SEARCHED", 15)
    writer.send(0, [f"step {i}" for i in range(60)] + ["needle"], Stream.CONSOLE)
    writer.seal(Stream.CONSOLE)
    start, calls, found = 0, 0, []
    while True:
        page = search(writer, "needle", start)
        calls += 1
        found += [one.number for one in page.lines]
        if page.go_on is None:
            break
        start = page.go_on
    assert (found, calls > 2) == ([60], True)
