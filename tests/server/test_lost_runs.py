"""Runs that fall silent: crashed after the time-out, which counts from when this server could listen."""

import time
from datetime import datetime, timedelta

import pytest

from runstone.actions.run import mark_lost_runs, stop_run
from runstone.domain.ids import RunId
from runstone.domain.viewer import COMMAND_LINE
from runstone.jobs.runner import Context, JobKind, Runner
from runstone.store.opening import Store
from tests.conftest import NOW, People
from tests.writer import Writer

TIMEOUT = timedelta(minutes=5)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class Server:
    """The background work of a server that began now, on a clock and a machine that tests move."""

    def __init__(self, store: Store, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.ticks = now, 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.ticks)

        def lost(context: Context, _: str) -> None:
            mark_lost_runs(store, COMMAND_LINE, TIMEOUT, context.awake_since, context.now)

        self.runner = Runner(store, {"lost": JobKind(lost, timedelta(seconds=1))}, lambda: self.now)

    def jump(self, by: timedelta, *, ticks: bool = True) -> None:
        """The time goes on at once: nothing ran meanwhile. Without ticks only the clock does."""
        self.now += by
        self.ticks += by.total_seconds() * ticks
        self.work()

    def run(self, by: timedelta) -> None:
        """The time goes on while the server works."""
        end = self.now + by
        while self.now < end:
            self.jump(timedelta(seconds=9))

    def work(self) -> None:
        """One round."""
        self.runner._notice_breaks()
        self.runner.run_due()


@pytest.fixture
def writer(store: Store, people: People) -> Writer:
    made = Writer(store, people.ben)
    made.begin()
    made.send(0, [{"_step": 0, "loss": 1}])
    return made


def state(writer: Writer) -> tuple[str, str | None]:
    row = writer.row()
    return row.state, row.state_cause


def test_silence_is_a_crash_and_a_sign_of_life_ends_it(
    store: Store, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(store, NOW, monkeypatch)
    server.run(TIMEOUT - MINUTE)
    assert state(writer) == ("running", None)
    server.run(2 * MINUTE)
    assert state(writer) == ("crashed", "heartbeat lost")
    assert writer.row().ended_at == writer.row().heartbeat_at
    writer.now = server.now
    writer.post()
    assert state(writer) == ("running", None)
    assert writer.row().ended_at is None


def test_who_was_to_stop_and_fell_silent_was_killed(
    store: Store, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_run(store, writer.viewer, RunId(writer.row().id), NOW)
    Server(store, NOW, monkeypatch).run(TIMEOUT + MINUTE)
    assert state(writer) == ("killed", "stopped on request")


@pytest.mark.parametrize(
    ("what", "ticks"),
    [("the server begins", None), ("the machine slept", True), ("the clock was put on", False)],
)
def test_the_time_out_begins_anew_when(
    store: Store, writer: Writer, monkeypatch: pytest.MonkeyPatch, what: str, ticks: bool | None
) -> None:
    if ticks is None:
        server = Server(store, NOW + HOUR, monkeypatch)
        server.work()
    else:
        server = Server(store, NOW, monkeypatch)
        server.run(MINUTE)
        server.jump(HOUR, ticks=ticks)
    assert state(writer) == ("running", None), what
    server.run(TIMEOUT - MINUTE)
    assert state(writer) == ("running", None), what
    server.run(2 * MINUTE)
    assert state(writer) == ("crashed", "heartbeat lost"), what


def test_a_clock_that_is_put_back_loses_nothing(
    store: Store, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(store, NOW, monkeypatch)
    server.run(MINUTE)
    server.jump(-HOUR, ticks=False)
    server.run(TIMEOUT + MINUTE)
    assert state(writer) == ("running", None)
