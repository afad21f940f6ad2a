"""Live tails by cursor, and figures over groups of runs, against plain Python."""

import math
import random
import statistics

import numpy as np
import pytest

from runstone.actions import seal as sealing
from runstone.domain.history import Kind, Stream
from runstone.store import live
from runstone.store.live import Cursor
from runstone.store.opening import Store
from tests.conftest import People
from tests.writer import Writer, row


@pytest.fixture
def writer(store: Store, people: People) -> Writer:
    made = Writer(store, people.ben)
    made.begin()
    return made


def cursor(writer: Writer) -> Cursor:
    own = writer.row()
    with writer.store.reading() as reads:
        found = reads.series([own], ["a"])
    return Cursor(own.epoch, found[own.id, "a"].end if found else 0)


def news(
    writer: Writer, after: Cursor, x: str = "_step"
) -> tuple[Cursor, bool, dict[str, list[tuple[float, float]]]]:
    own = writer.row()
    with writer.store.reading() as reads:
        found = reads.fresh_over([own], {own.id: after}, ["a", "b"], x, Stream.HISTORY)
    if own.id not in found:
        return after, False, {}
    one, curves = found[own.id]
    points = {
        key: list(zip(read.curve.x.tolist(), read.curve.mean.tolist(), strict=True))
        for key, read in curves.items()
    }
    return one.cursor, one.reset, points


def test_a_cursor_gives_each_row_once(writer: Writer) -> None:
    at = cursor(writer)
    assert at == Cursor(0, 0)
    assert news(writer, at) == (at, False, {})
    seen: list[tuple[float, float]] = []
    for start in range(0, 60, 10):
        writer.send(start, [row(i, a=i / 2) for i in range(start, start + 10)])
        if start in (20, 40):
            writer.seal()
        if start in (10, 30, 40, 50):
            at, reset, points = news(writer, at)
            assert not reset
            seen += points["a"]
    assert seen == [(i, i / 2) for i in range(60)]
    assert at == cursor(writer) == Cursor(0, 60)


def test_news_over_other_axes(writer: Writer) -> None:
    writer.send(0, [row(i, a=1.0, b=i * 10) for i in range(3)])
    at = cursor(writer)
    writer.send(3, [row(3, a=5.0, b=30), row(4, a=6.0)])
    assert news(writer, at, "_relative")[2] == {"a": [(3, 5.0), (4, 6.0)], "b": [(3, 30.0)]}
    assert news(writer, at, "b")[2] == {"a": [(30, 5.0)], "b": [(30, 30.0)]}


def test_rows_without_step_have_that_of_the_row_before(writer: Writer) -> None:
    writer.send(0, [row(7, a=1.0)])
    at = cursor(writer)
    writer.send(1, ['{"a": 2.0}', '{"a": 3.0}'])
    assert news(writer, at)[2] == {"a": [(7, 2.0), (7, 3.0)]}


def test_whoever_cannot_follow_begins_again(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    writer.send(0, [row(i, a=1.0) for i in range(5)])
    at = cursor(writer)
    monkeypatch.setattr(live, "MOST_FRESH", 3)
    assert news(writer, Cursor(0, 0)) == (at, True, {})
    assert news(writer, Cursor(0, 9)) == (at, True, {})
    writer.send(0, [{"_step": 0, "_timestamp": 9.0, "a": 2.0}])
    assert news(writer, at) == (Cursor(1, 1), True, {})


@pytest.mark.parametrize("sealed", [False, True])
def test_figures_over_runs(store: Store, people: People, sealed: bool) -> None:
    numbers = random.Random(4)
    writers, values = [], []
    for i in range(5):
        writer = Writer(store, people.ben, f"g{i}")
        writer.begin()
        own = {step: numbers.gauss(i, 1) for step in range(0, 100, i + 1)}
        if i == 2:
            own[4] = math.nan
        writer.send(0, [row(step, a=value) for step, value in own.items()])
        if sealed:
            writer.seal()
        writers.append(writer)
        values.append(own)
    rows = [writer.row() for writer in writers]
    with store.reading() as reads:
        first, second = reads.group_lines([rows[:4], rows[4:]], "a", cells=10)
    edges = np.linspace(0, 99, 11)
    for line, group in ((first, values[:4]), (second, values[4:])):
        assert (line.runs, line.rows, line.exact) == (len(group), sum(map(len, group)), True)
        for at, centre in enumerate(line.x):
            (cell,) = [i for i in range(10) if edges[i] <= centre < edges[i + 1]]
            high = math.inf if cell == 9 else edges[cell + 1]
            means = []
            for own in group:
                inside = [value for step, value in own.items() if edges[cell] <= step < high]
                means.append(statistics.fmean(value for value in inside if math.isfinite(value)))
            assert line.n[at] == len(means)
            assert line.mean[at] == pytest.approx(statistics.fmean(means))
            assert line.median[at] == pytest.approx(statistics.median(means))
            assert (line.low[at], line.high[at]) == pytest.approx((min(means), max(means)))
            assert line.std[at] == pytest.approx(statistics.pstdev(means))
            assert line.stderr[at] == pytest.approx(statistics.pstdev(means) / len(means) ** 0.5)
    assert (first.nonfinite, second.nonfinite) == (1, 0)


def test_figures_of_long_runs_say_that_they_are_not_exact(
    store: Store, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "SEGMENT_LINES", 2000)
    rows = []
    for i in range(2):
        writer = Writer(store, people.ben, f"g{i}")
        writer.begin()
        writer.send(0, [row(step, a=float(i)) for step in range(6000)])
        writer.seal()
        rows.append(writer.row())
    with store.reading() as reads:
        (line,) = reads.group_lines([rows], "a", cells=5)
        (none,) = reads.group_lines([[]], "a")
    assert (line.exact, line.level, line.rows, line.runs) == (False, 1, 12_000, 2)
    assert line.mean.tolist() == [0.5] * 5
    assert (none.x.size, none.rows, none.runs) == (0, 0, 0)


def test_as_many_cells_as_there_are_points(store: Store, people: People) -> None:
    writer = Writer(store, people.ben)
    writer.begin()
    writer.send(0, [row(step, a=float(step)) for step in range(0, 1000, 100)])
    own = writer.row()
    with store.reading() as reads:
        (line,) = reads.group_lines([[own]], "a", cells=200)
        (window,) = reads.group_lines([[own]], "a", lo=150, hi=350, cells=200)
    assert line.mean.tolist() == [float(step) for step in range(0, 1000, 100)]
    assert window.mean.tolist() == [200.0, 300.0]
    assert window.rows == 2


def test_keys_of_many_runs(store: Store, people: People) -> None:
    rows = []
    for i in range(3):
        writer = Writer(store, people.ben, f"k{i}")
        writer.begin()
        writer.send(0, [row(0, a=1, **({"b": "x"} if i else {}))])
        if i == 1:
            writer.seal()
            writer.send(1, [row(1, b=2, c=[1])])
        rows.append(writer.row())
    with store.reading() as reads:
        found = reads.key_kinds(rows, Stream.HISTORY)
        for one in rows:
            assert found[one.id] == {name: key.kind for name, key in reads.keys(one).items()}
    assert found[rows[1].id]["b"] == Kind.TEXT | Kind.NUMBER


def test_a_key_that_only_late_rows_have_is_listed(writer: Writer) -> None:
    """They lie below the line up to which the run is sealed, and no segment takes them."""
    writer.send(0, [row(i, a=1) for i in range(3)])
    writer.send(6, [row(i, a=1) for i in range(6, 9)])
    writer.seal()
    writer.send(3, [row(3, a="x", late=1)])
    writer.send(9, [row(9, a=1)])
    writer.seal()
    assert writer.stream().tail_lines == 0
    own = writer.row()
    with writer.store.reading() as reads:
        found = reads.key_kinds([own], Stream.HISTORY)[own.id]
        assert found == {name: key.kind for name, key in reads.keys(own).items()}
    assert (found["a"], found["late"]) == (Kind.NUMBER | Kind.TEXT, Kind.NUMBER)
