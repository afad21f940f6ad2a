"""Sealing changes nothing that can be read: rows, keys, console, in whatever order lines came."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runstone.actions import seal as sealing
from runstone.actions.history import unsealed
from runstone.domain.history import RAW, Stream
from runstone.domain.ids import RunId
from runstone.store.lines import Tail
from runstone.store.opening import Store
from tests.conftest import People
from tests.writer import Writer, row

_names = itertools.count()


@pytest.fixture
def writer(store: Store, people: People) -> Writer:
    made = Writer(store, people.ben)
    made.begin()
    return made


def read(writer: Writer) -> Any:
    own = writer.row()
    with writer.store.reading() as reads:
        return reads.rows(own), reads.keys(own), reads.last_step(own), reads.rows(own, lo=3, hi=7)


def test_tail_is_counted(writer: Writer) -> None:
    writer.send(0, [row(0), row(1)])
    writer.send(2, [row(2)])
    assert (writer.stream().tail_lines, writer.stream().tail_bytes > 60) == (3, True)


def test_nothing_changes(writer: Writer) -> None:
    writer.send(0, [row(0, a=1.5, b="x"), "{bad", row(5, nest={"q": {"r": 1}}), {"a": 2.5}, row(4, a=None)])
    before = read(writer)
    assert writer.seal() == 1
    assert read(writer) == before
    assert writer.stream().tail_lines == 0
    assert writer.seal() == 0


def test_only_full_segments_of_a_live_run(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "SEGMENT_LINES", 4)
    writer.send(0, [row(i, a=i) for i in range(10)])
    before = read(writer)
    assert writer.seal(everything=False) == 2
    assert (writer.stream().sealed_line, writer.stream().tail_lines) == (8, 2)
    assert read(writer) == before
    writer.post(exit_code=0)
    assert writer.seal(everything=False) == 1
    assert read(writer) == before


def test_resend_after_sealing_changes_nothing(writer: Writer) -> None:
    writer.send(0, [row(i) for i in range(5)])
    writer.seal()
    before = read(writer)
    writer.send(0, [row(i) for i in range(5)])
    assert writer.stream().tail_lines == 0
    writer.send(3, [row(i) for i in range(3, 8)])
    assert [line for line, _ in writer.rows()] == list(range(8))
    assert read(writer) != before


def test_lines_that_come_late_are_kept(writer: Writer) -> None:
    writer.send(0, [row(0), row(1)])
    writer.send(5, [row(5), row(6)])
    assert writer.seal() == 2
    writer.send(2, [row(2), row(3), row(4), row(5)])
    assert [line for line, _ in writer.rows()] == list(range(7))


def test_two_at_once_seal_once(writer: Writer) -> None:
    writer.send(0, [row(i, a=i) for i in range(500)])
    before = read(writer)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: writer.seal(), range(4)))
    assert sum(made) == 1
    assert read(writer) == before
    own = writer.row()
    with writer.store.reading() as reads:
        assert len(reads.segments(own, Stream.HISTORY)) == 1


def test_system_measurements(writer: Writer) -> None:
    lines = [{"_wandb": True, "_timestamp": 1.0 + i, "system.cpu": i} for i in range(3)]
    writer.send(0, lines, Stream.SYSTEM)
    before = writer.rows(Stream.SYSTEM)
    assert writer.seal(Stream.SYSTEM) == 1
    assert writer.rows(Stream.SYSTEM) == before == list(enumerate(lines))


def test_console(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "CONSOLE_MARGIN", 3)
    writer.send(0, [f"line {i}" for i in range(8)], Stream.CONSOLE)
    writer.send(2, ["rewritten"], Stream.CONSOLE)
    before = writer.console()
    assert writer.seal(Stream.CONSOLE) == 1
    assert writer.stream(Stream.CONSOLE).sealed_line == 5
    writer.send(6, ["again"], Stream.CONSOLE)
    texts = [one.text for one in writer.console()]
    assert texts == ["line 0", "line 1", "rewritten", "line 3", "line 4", "line 5", "again", "line 7"]
    writer.post(exit_code=0)
    assert writer.seal(Stream.CONSOLE) == 1
    assert [one.text for one in writer.console()] == texts
    assert [one.number for one in before] == list(range(8))
    own = writer.row()
    with writer.store.reading() as reads:
        assert [one.number for one in reads.console(own, 4, 3)] == [4, 5, 6]


def test_a_segment_is_read_without_what_waits_behind_it(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "SEGMENT_LINES", 10)
    lines = [row(i, a=i) for i in range(95)]
    for at in range(0, 95, 4):
        writer.send(at, lines[at : at + 4])
    before = read(writer)
    read_at_once: list[int] = []

    def work(tail: Tail) -> Any:
        read_at_once.append(len(tail.chunks))
        return sealing.seal_here(tail)

    own = writer.row()
    sealing.seal_stream(writer.store, RunId(own.id), own.epoch, Stream.HISTORY, writer.now, work=work)
    assert (len(read_at_once), max(read_at_once)) == (9, 3)
    assert (writer.stream().sealed_line, writer.stream().tail_lines) == (90, 5)
    assert read(writer) == before


def test_a_segment_of_wide_rows_takes_what_is_large_enough(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "SEGMENT_BYTES", 1500)
    lines = [row(i, a="x" * 300) for i in range(30)]
    for at in range(0, 30, 2):
        writer.send(at, lines[at : at + 3])  # each overlaps the next one, which counts where both have a line
    before = read(writer)
    sizes: list[int] = []

    def work(tail: Tail) -> Any:
        sizes.append(len(tail.chunks))
        return sealing.seal_here(tail)

    own = writer.row()
    sealing.seal_stream(writer.store, RunId(own.id), own.epoch, Stream.HISTORY, writer.now, work=work)
    assert len(sizes) > 3
    assert max(sizes) <= 3
    assert read(writer) == before


@pytest.mark.parametrize(("line0", "sealed"), [(40, True), (5, False)])
def test_console_that_grows_while_it_is_sealed(
    writer: Writer, monkeypatch: pytest.MonkeyPatch, line0: int, sealed: bool
) -> None:
    monkeypatch.setattr(sealing, "CONSOLE_MARGIN", 3)
    monkeypatch.setattr(sealing, "SEGMENT_LINES", 10)
    writer.send(0, [f"line {i}" for i in range(40)], Stream.CONSOLE)
    keep = sealing._keep
    came: list[int] = []

    def keep_while_more_comes(store: Store, data: bytes) -> str:
        if not came:
            came.append(line0)
            writer.send(line0, ["meanwhile"], Stream.CONSOLE)
        return keep(store, data)

    monkeypatch.setattr(sealing, "_keep", keep_while_more_comes)
    assert (writer.seal(Stream.CONSOLE, everything=False) > 0) is sealed
    texts = [one.text for one in writer.console()]
    assert texts[line0] == "meanwhile"
    assert writer.seal(Stream.CONSOLE) > 0
    assert [one.text for one in writer.console()] == texts
    assert len(texts) == max(40, line0 + 1)


def test_sealing_leaves_off_when_asked_to(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "SEGMENT_LINES", 10)
    writer.send(0, [row(i, a=i) for i in range(50)])
    left = iter([True, True, False])
    own = writer.row()
    made = sealing.seal_stream(
        writer.store, RunId(own.id), own.epoch, Stream.HISTORY, writer.now, go_on=lambda: next(left)
    )
    assert (made, writer.stream().sealed_line, len(writer.rows())) == (2, 20, 50)


def test_restart_hides_what_was_sealed(writer: Writer) -> None:
    writer.send(0, [row(0, a=1)])
    writer.seal()
    again = {"_step": 0, "_timestamp": 9.0, "b": 2}
    writer.send(0, [again])
    assert writer.rows() == [(0, again)]
    writer.seal()
    assert writer.rows() == [(0, again)]


POSTS = st.lists(
    st.one_of(
        st.tuples(st.integers(0, 12), st.integers(1, 6)),
        st.just("seal"),
        st.just("seal full"),
    ),
    max_size=12,
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(POSTS)
def test_any_order_of_posts_and_seals(store: Store, people: People, posts: list[Any]) -> None:
    writer = Writer(store, people.ben, f"r{next(_names)}")
    writer.begin()
    wanted: dict[int, dict[str, Any]] = {}
    lines, sealing.SEGMENT_LINES = sealing.SEGMENT_LINES, 4
    try:
        for post in posts:
            if isinstance(post, tuple):
                line0, n = post
                chunk = {i: row((i * 7) % 5, a=i) for i in range(line0, line0 + n)}
                writer.send(line0, list(chunk.values()))
                wanted.update(chunk)
            elif wanted:
                writer.seal(everything=post == "seal")
        assert dict(writer.rows()) == wanted
        assert len(writer.rows()) == len(wanted)
    finally:
        sealing.SEGMENT_LINES = lines


@pytest.mark.parametrize(
    ("ranges", "wanted"),
    [
        ([], [(2, "cdef")]),
        ([(0, 10)], []),
        ([(0, 4)], [(4, "ef")]),
        ([(3, 4), (4, 5)], [(2, "c"), (5, "f")]),
        ([(5, 9)], [(2, "cde")]),
    ],
)
def test_pieces_that_are_not_sealed(ranges: list[tuple[int, int]], wanted: list[tuple[int, str]]) -> None:
    assert [(at, "".join(some)) for at, some in unsealed(2, list("cdef"), ranges)] == wanted


def test_malformed_lines_stay_flagged(writer: Writer) -> None:
    writer.send(0, [row(0), "oops"])
    writer.seal()
    assert writer.rows()[1] == (1, {RAW: "oops", "_step": 0})
    assert writer.keys()[RAW].n == 1
