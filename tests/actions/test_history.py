"""What a client streams is kept line by line, whatever is repeated, late, missing or malformed."""

import math
from datetime import timedelta

import pytest

from runstone.actions.run import delete_run, stop_run
from runstone.domain.errors import Conflict, Denied, Gone, Invalid, NotFound
from runstone.domain.history import RAW, Kind, Stream
from runstone.store.history import ConsoleLine
from runstone.store.opening import Store
from tests.conftest import People
from tests.writer import Writer, row


@pytest.fixture
def writer(store: Store, people: People) -> Writer:
    made = Writer(store, people.ben)
    made.begin()
    return made


def test_rows_come_back(writer: Writer) -> None:
    writer.send(0, [row(0, loss=1.5), row(1, loss=0.5)])
    writer.send(2, [row(2, nest={"a": 1})])
    assert writer.rows() == [(0, row(0, loss=1.5)), (1, row(1, loss=0.5)), (2, row(2, nest={"a": 1}))]


@pytest.mark.parametrize(
    "posts",
    [
        [(0, 3), (0, 3)],
        [(0, 3), (0, 2)],
        [(0, 2), (0, 3)],
        [(0, 3), (2, 3), (0, 3)],
        [(3, 2), (0, 3)],
        [(0, 2), (5, 2), (2, 3)],
    ],
)
def test_resent_late_and_overlapping_lines_count_once(writer: Writer, posts: list[tuple[int, int]]) -> None:
    for line0, n in posts:
        writer.send(line0, [row(i) for i in range(line0, line0 + n)])
    wanted = sorted({i for line0, n in posts for i in range(line0, line0 + n)})
    assert writer.rows() == [(i, row(i)) for i in wanted]
    assert writer.stream().next_line == wanted[-1] + 1


def test_lost_line_numbers_are_legal(writer: Writer) -> None:
    writer.send(0, [row(0)])
    writer.send(10, [row(10)])
    assert [line for line, _ in writer.rows()] == [0, 10]


def test_rows_are_in_order_of_steps(writer: Writer) -> None:
    writer.send(0, [row(5), row(1), row(3)])
    assert [one["_step"] for _, one in writer.rows()] == [1, 3, 5]


def test_row_without_step_gets_the_one_before(writer: Writer) -> None:
    writer.send(0, [row(7), {"loss": 1}])
    assert writer.rows()[1] == (1, {"loss": 1, "_step": 7})


@pytest.mark.parametrize("line", ["{broken", "[1]", "", '"text"', "nul"])
def test_malformed_line_is_kept_counted_and_flagged(writer: Writer, line: str) -> None:
    writer.send(0, [row(0), line, row(2)])
    rows = writer.rows()
    assert rows[1] == (1, {RAW: line, "_step": 0})
    assert rows[2] == (2, row(2))
    assert writer.keys()[RAW].n == 1


def test_numbers_that_json_does_not_know(writer: Writer) -> None:
    writer.send(0, ['{"_step":0,"a":NaN,"b":Infinity,"c":-Infinity,"d":1e400,"e":' + "9" * 40 + "}"])
    found = writer.rows()[0][1]
    assert math.isnan(found["a"])
    assert (found["b"], found["c"], found["d"]) == (math.inf, -math.inf, math.inf)
    assert found["e"] == int("9" * 40)


def test_ten_thousand_keys_in_a_row(writer: Writer) -> None:
    wide = row(0, **{f"k{i}": i for i in range(10_000)})
    writer.send(0, [wide])
    assert writer.rows() == [(0, wide)]
    own = writer.row()
    with writer.store.reading() as reads:
        keys = reads.keys(own)
    assert len(keys) == 10_002
    assert keys["k77"].kind == Kind.NUMBER


def test_same_first_time_is_a_resend(writer: Writer) -> None:
    writer.send(0, [row(0, a=1), row(1, a=2)])
    writer.post(exit_code=0)
    writer.begin()
    writer.send(0, [row(0, a=1), row(1, a=2)])
    assert writer.row().epoch == 0
    assert len(writer.rows()) == 2


@pytest.mark.parametrize("later", [0.001, 1.5, 3600.0])
def test_a_restart_shortly_after_is_one_too(writer: Writer, later: float) -> None:
    """Times are seconds since 1970: a short program may be started again within one."""
    began = 1_795_827_831.20142
    writer.send(0, [{**row(0, a=1), "_timestamp": began}, {**row(1, a=2), "_timestamp": began + 0.1}])
    writer.post(exit_code=0)
    writer.begin()
    writer.send(0, [{**row(0, a=3), "_timestamp": began + later}])
    assert (writer.row().epoch, [one["a"] for _, one in writer.rows()]) == (1, [3])


def test_other_first_time_is_a_restart(writer: Writer) -> None:
    writer.send(0, [row(0, a=1), row(1, a=2)])
    writer.send(0, ["old console"], Stream.CONSOLE)
    writer.post(exit_code=0)
    writer.begin()
    again = {"_step": 0, "_timestamp": 5000.0, "a": 9}
    writer.send(0, [again])
    assert writer.row().epoch == 1
    assert writer.rows() == [(0, again)]
    assert writer.console() == []


@pytest.mark.parametrize("printed_at", [0, 1, 2])
def test_a_sync_repeated_behind_the_known_lines_counts_once(writer: Writer, printed_at: int) -> None:
    rows = [row(i, a=i) for i in range(5)]
    writer.send(0, rows)
    writer.send(0, ["one", "two"], Stream.CONSOLE)
    writer.post(exit_code=0)
    for turn in (1, 2):
        writer.begin(resumed=False)
        for number, (line0, some) in enumerate(((0, rows[:4]), (4, rows[4:]), (5, []))):
            if number == printed_at:
                writer.send(0, [f"one of {turn}", "two"], Stream.CONSOLE)
            writer.send(5 * turn + line0, some)
        writer.post(exit_code=0)
        assert [one for _, one in writer.rows()] == rows
        assert [one.text for one in writer.console()] == [f"one of {turn}", "two"]


def test_console_alone_restarts_after_an_end(writer: Writer) -> None:
    writer.send(0, ["one", "two"], Stream.CONSOLE)
    writer.send(0, ["ONE"], Stream.CONSOLE)
    assert [one.text for one in writer.console()] == ["ONE", "two"]
    writer.post(exit_code=0)
    writer.begin(resumed=False)
    writer.send(0, ["again"], Stream.CONSOLE)
    assert [one.text for one in writer.console()] == ["again"]


@pytest.mark.parametrize("resumed", [True, None])
def test_console_goes_on_where_it_was(writer: Writer, resumed: bool | None) -> None:
    """Clients that resume a run count its console from 0 again."""
    writer.send(0, [row(0)])
    writer.send(0, ["one", "two"], Stream.CONSOLE)
    writer.post(exit_code=0)
    writer.begin(resumed=resumed)
    writer.send(0, ["10%"], Stream.CONSOLE)
    writer.send(1, [row(1)])
    writer.send(0, ["100%", "three"], Stream.CONSOLE)
    writer.send(2, ["four"], Stream.CONSOLE)
    assert [one.text for one in writer.console()] == ["one", "two", "100%", "three", "four"]
    assert len(writer.rows()) == 2
    assert writer.row().epoch == 0


@pytest.mark.parametrize("resumed", [False, None])
def test_console_that_comes_again_is_a_resend(writer: Writer, resumed: bool | None) -> None:
    writer.send(0, ["one", "two"], Stream.CONSOLE)
    writer.post(exit_code=0)
    writer.begin(resumed=resumed)
    writer.send(0, ["one", "two", "three"], Stream.CONSOLE)
    assert [one.text for one in writer.console()] == ["one", "two", "three"]
    assert writer.row().epoch == 0


def test_console_before_the_first_row_of_a_restart_is_kept(writer: Writer) -> None:
    writer.send(0, [row(0)])
    writer.send(0, ["old"], Stream.CONSOLE)
    writer.post(exit_code=0)
    writer.begin()
    writer.send(0, ["new", "newer"], Stream.CONSOLE)
    writer.send(0, [{"_step": 0, "_timestamp": 5000.0}])
    writer.send(1, ["NEWER", "newest"], Stream.CONSOLE)
    assert writer.row().epoch == 1
    assert [one.text for one in writer.console()] == ["new", "NEWER", "newest"]


def test_resume_goes_on_in_the_same_epoch(writer: Writer) -> None:
    writer.send(0, [row(0), row(1)])
    writer.post(exit_code=1)
    writer.begin()
    writer.send(2, [row(2)])
    assert [line for line, _ in writer.rows()] == [0, 1, 2]
    assert writer.row().state == "running"


def test_console_lines_are_rewritten(writer: Writer) -> None:
    writer.send(0, ["10%", "20%"], Stream.CONSOLE)
    writer.send(1, ["90%", "done"], Stream.CONSOLE)
    writer.send(0, ["100%"], Stream.CONSOLE)
    assert [(one.number, one.text) for one in writer.console()] == [(0, "100%"), (1, "90%"), (2, "done")]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("2026-11-23T08:48:54.906072 hello", ConsoleLine(0, "hello", "2026-11-23T08:48:54.906072", None)),
        (
            "ERROR 2026-11-23T08:48:54.906072 bad",
            ConsoleLine(0, "bad", "2026-11-23T08:48:54.906072", "error"),
        ),
        ('{"ts":"t","content":"x","level":"error"}', ConsoleLine(0, "x", "t", "error")),
        ("\x1b[31mred\x1b[0m", ConsoleLine(0, "\x1b[31mred\x1b[0m", None, None)),
        ("{not json", ConsoleLine(0, "{not json", None, None)),
    ],
)
def test_console_line_forms(writer: Writer, line: str, wanted: ConsoleLine) -> None:
    writer.send(0, [line], Stream.CONSOLE)
    assert writer.console() == [wanted]


def test_end_and_exit_code(writer: Writer) -> None:
    writer.post(summary='{"loss": NaN}')
    writer.post(exit_code=3)
    found = writer.row()
    assert (found.state, found.exit_code, found.summary) == ("failed", 3, '{"loss": NaN}')


def test_stop_is_told(writer: Writer) -> None:
    assert not writer.post().stopped
    stop_run(writer.store, writer.viewer, writer.row().id, writer.now)
    assert writer.post().stopped


def test_unknown_run_is_made(store: Store, people: People) -> None:
    writer = Writer(store, people.ben, "unseen")
    writer.send(0, [row(0)])
    assert writer.rows() == [(0, row(0))]


def test_deleted_run_is_gone(writer: Writer) -> None:
    writer.send(0, [row(0)])
    delete_run(writer.store, writer.viewer, writer.row().id, writer.now)
    with pytest.raises(Gone):
        writer.send(1, [row(1)])


def test_strangers_write_nothing(writer: Writer, people: People) -> None:
    with pytest.raises((Denied, NotFound)):
        Writer(writer.store, people.eve).send(0, [row(0)])
    assert not Writer(writer.store, people.ben).row().epoch


def test_a_second_live_process_is_refused(writer: Writer) -> None:
    """At first it is told to try again, since the first one may have died; then that it lives."""
    writer.send(0, [row(0)])
    writer.now += timedelta(seconds=5)
    with pytest.raises(Conflict, match="written by another process"):
        writer.begin()
    writer.send(1, [row(1)])
    with pytest.raises(Invalid, match="Give this run another id"):
        writer.begin()
    assert len(writer.rows()) == 2


def test_a_process_takes_over_from_a_dead_one(writer: Writer) -> None:
    writer.send(0, [row(0)])
    writer.now += timedelta(seconds=5)
    with pytest.raises(Conflict):
        writer.begin()
    writer.now += timedelta(seconds=40)
    writer.begin(resumed=True)
    writer.send(1, [row(1)])
    assert len(writer.rows()) == 2
