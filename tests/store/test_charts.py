"""Lines to draw: no spike lost, every row counted, the same from tail, segments and pyramid."""

import math
import random
from collections.abc import Sequence

import numpy as np
import pytest

from runstone.actions import seal as sealing
from runstone.domain.history import Stream
from runstone.store import charts
from runstone.store.opening import Store
from runstone.store.series import segment
from runstone.store.series.pyramid import FACTOR, PART, Buckets
from runstone.store.series.reading import Line
from runstone.store.series.segment import Points
from tests.conftest import People
from tests.writer import Writer, row


@pytest.fixture
def writer(store: Store, people: People) -> Writer:
    made = Writer(store, people.ben)
    made.begin()
    return made


def line(
    writer: Writer,
    key: str = "a",
    x: str = "_step",
    lo: float | None = None,
    hi: float | None = None,
    points: int = 100,
    stream: Stream = Stream.HISTORY,
) -> Line | None:
    own = writer.row()
    with writer.store.reading() as reads:
        return reads.series([own], [key], x, lo, hi, points, stream).get((own.id, key))


def sure(found: Line | None) -> Line:
    assert found is not None
    return found


def log(writer: Writer, rows: list[dict[str, object]], batch: int = 5000) -> None:
    for start in range(0, len(rows), batch):
        writer.send(start, rows[start : start + batch])


SHAPES = ["tail", "level 0", "segments", "segments and tail"]


def settle(
    writer: Writer, shape: str, rows: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Log rows and leave them in one of the places where rows can be."""
    if shape != "level 0":
        monkeypatch.setattr(sealing, "SEGMENT_LINES", 1000)
    log(writer, rows)
    if shape != "tail":
        writer.seal(everything=shape != "segments and tail")


@pytest.mark.parametrize("shape", SHAPES)
def test_few_rows_are_exact(writer: Writer, shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(writer, shape, [row(i * 3, a=i * 0.5) for i in range(50)], monkeypatch)
    found = sure(line(writer))
    assert found.x.tolist() == [i * 3 for i in range(50)]
    assert found.mean.tolist() == [i * 0.5 for i in range(50)]
    assert (found.exact, found.n, found.nonfinite) == (True, 50, 0)
    assert line(writer, "none") is None


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("x", ["_step", "_timestamp", "_relative", "epoch"])
def test_spikes_stay_at_every_window(
    writer: Writer, shape: str, x: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = random.Random(5)
    n = 3500
    rows = [row(i, a=math.sin(i / 50), epoch=i / 100) for i in range(n)]
    spikes = {numbers.randrange(n): (1000.0 + i) * (-1) ** i for i in range(10)}
    for at, value in spikes.items():
        rows[at]["a"] = value
    settle(writer, shape, rows, monkeypatch)
    start = 1000.0 if x == "_timestamp" else 0.0
    scale = 0.01 if x == "epoch" else 1.0
    whole = sure(line(writer, x=x))
    assert whole.n == n
    assert whole.x.size <= 100
    assert int(whole.counts.sum()) == n
    assert whole.x_hi[-1] == pytest.approx(start + (n - 1) * scale)
    for _ in range(20):
        first, last = sorted(numbers.sample(range(n), 2))
        found = sure(line(writer, x=x, lo=start + first * scale, hi=start + last * scale))
        assert found.x.size <= 100
        assert np.all(np.diff(found.x) >= 0)
        inside = [value for at, value in spikes.items() if first <= at <= last]
        if inside:
            assert np.nanmax(found.high) >= max(inside)
            assert np.nanmin(found.low) <= min(inside)
        assert found.n >= last - first + 1


@pytest.mark.parametrize("shape", SHAPES)
def test_no_value_outside_of_the_envelope(
    writer: Writer, shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = random.Random(7)
    values = [numbers.gauss(0, 1) for _ in range(3000)]
    settle(writer, shape, [row(i, a=value) for i, value in enumerate(values)], monkeypatch)
    for points in (100, 20):  # rows, and of what is sealed also buckets, made fewer
        found = sure(line(writer, points=points))
        for i in range(found.x.size):
            part = values[int(found.x_lo[i]) : int(found.x_hi[i]) + 1]
            assert (found.low[i], found.high[i]) == (min(part), max(part))
            assert found.mean[i] == pytest.approx(sum(part) / len(part), rel=1e-4, abs=1e-5)
            assert found.counts[i] == len(part)


@pytest.mark.parametrize("shape", SHAPES)
def test_odd_values(writer: Writer, shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[dict[str, object]] = [row(i, a=float(i)) for i in range(2000)]
    rows[3]["a"], rows[4]["a"], rows[5]["a"] = math.nan, math.inf, "text"
    del rows[6]["a"]
    settle(writer, shape, rows, monkeypatch)
    found = sure(line(writer))
    assert (found.n, found.nonfinite) == (1998, 2)
    assert np.nanmax(found.high) == 1999


@pytest.mark.parametrize("shape", SHAPES)
def test_rows_out_of_order(writer: Writer, shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = list(range(1500))
    random.Random(3).shuffle(steps)
    settle(writer, shape, [row(step, a=float(step)) for step in steps], monkeypatch)
    found = sure(line(writer))
    assert found.n == 1500
    assert np.all(np.diff(found.x) >= 0)
    assert (np.nanmin(found.low), np.nanmax(found.high)) == (0, 1499)


def test_newest_point_is_always_in(writer: Writer) -> None:
    log(writer, [row(i, a=float(i)) for i in range(1000)])
    found = sure(line(writer, points=10))
    assert (found.x[-1], found.mean[-1], found.counts[-1]) == (999, 999, 1)


def test_lines_that_came_twice_or_late_count_once(writer: Writer) -> None:
    writer.send(0, [row(i, a=1.0) for i in range(10)])
    writer.send(5, [row(i, a=1.0) for i in range(5, 20)])
    writer.send(30, [row(i, a=1.0) for i in range(30, 40)])
    writer.seal()
    writer.send(18, [row(i, a=1.0) for i in range(18, 32)])
    assert sure(line(writer)).n == 40


def test_rows_that_come_late_after_the_end_are_drawn_in_order(writer: Writer) -> None:
    """Of a run that ended, was sealed and goes on: earlier steps, and lines of before that were lost."""
    writer.send(0, [row(i * 10, a=float(i * 10)) for i in range(5)])
    writer.send(8, [row(i * 10, a=float(i * 10)) for i in range(8, 12)])
    writer.post(exit_code=1)
    writer.seal()
    writer.begin(resumed=True)
    writer.send(12, [row(i * 10 + 5, a=float(i * 10 + 5)) for i in range(10)])
    writer.send(5, [row(i * 10, a=float(i * 10)) for i in range(5, 8)])
    steps = sorted([i * 10 for i in range(12)] + [i * 10 + 5 for i in range(10)])
    for _ in range(2):
        found = sure(line(writer))
        assert found.x.tolist() == found.mean.tolist() == steps
        assert [one["_step"] for _, one in writer.rows()] == steps
        writer.seal()


def test_a_live_chart_takes_only_new_messages_apart(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    take = segment.numbers_of

    def counted(line0: int, texts: Sequence[str], step: int) -> tuple[dict[str, Points], int]:
        taken.append(line0)
        return take(line0, texts, step)

    monkeypatch.setattr(segment, "numbers_of", counted)
    monkeypatch.setattr(charts, "_CACHE", charts.TailCache())
    for start in (0, 5, 10):
        writer.send(start, [row(i, a=i * 0.125) for i in range(start, start + 5)])
        assert sure(line(writer)).n == start + 5
        assert sure(line(writer, x="_relative", lo=2)).n > 0
    assert taken == [0, 5, 10]
    few = charts.TailCache(limit_bytes=1)
    monkeypatch.setattr(charts, "_CACHE", few)
    assert sure(line(writer)).n == 15
    assert len(few._known) == 1


def test_system_measurements_over_time(writer: Writer) -> None:
    writer.send(0, [{"_timestamp": 5.0 + i, "cpu": i} for i in range(5)], Stream.SYSTEM)
    for _ in range(2):
        found = sure(line(writer, "cpu", "_relative", stream=Stream.SYSTEM))
        assert found.x.tolist() == [0, 1, 2, 3, 4]
        writer.seal(Stream.SYSTEM)


def test_many_runs_of_different_length(store: Store, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "SEGMENT_LINES", 1000)
    writers = [Writer(store, people.ben, f"r{i}") for i in range(5)]
    for i, writer in enumerate(writers):
        writer.begin()
        log(writer, [row(step, a=float(step), b=1.0) for step in range(10 ** (i % 4) * 3)])
        if i:
            writer.seal()
    rows = [writer.row() for writer in writers]
    with store.reading() as reads:
        found = reads.series(rows, ["a", "b"], points=50)
    assert len(found) == 10
    for i, one in enumerate(rows):
        assert found[one.id, "a"].n == 10 ** (i % 4) * 3
        assert found[one.id, "b"].x.size <= 50


def test_a_chart_reads_as_many_buckets_as_it_has_pixels(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the run: of 50,000 rows no more is read than of 2,000."""
    read: list[int] = []
    unpack = Buckets.unpack

    def counted(blob: bytes) -> Buckets:
        found = unpack(blob)
        read.append(found.size)
        return found

    monkeypatch.setattr(Buckets, "unpack", staticmethod(counted))
    monkeypatch.setattr(sealing, "SEGMENT_LINES", 10_000)
    done = 0
    for rows in (2_000, 20_000, 50_000):
        writer.send(done, [f'{{"_step":{i},"a":{i % 7}}}' for i in range(done, rows)])
        writer.seal()
        done = rows
        for points in (20, 100):
            read.clear()
            found = sure(line(writer, points=points))
            assert (found.n, found.x.size <= points) == (rows, True)
            assert sum(read) <= max(PART, points / 2 * FACTOR)
        read.clear()
        assert sure(line(writer, lo=rows / 2, hi=rows / 2 + 2000, points=20)).x.size <= 20
        assert sum(read) <= 2 * PART


def test_restarted_run_shows_its_new_rows(writer: Writer) -> None:
    writer.send(0, [row(i, a=1.0) for i in range(5)])
    writer.seal()
    writer.send(0, [{"_step": 0, "_timestamp": 9.0, "a": 2.0}])
    found = sure(line(writer))
    assert found.mean.tolist() == [2.0]


def test_a_process_may_warm_up_over_an_empty_store(store: Store) -> None:
    with store.reading() as reads:
        reads.warm_up()
        assert reads.series([], ["a"]) == {}
