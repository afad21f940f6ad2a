"""Jobs are done once each, again after a failure, and by another process when one dies."""

import threading
import time
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import BigInteger, type_coerce, update

from runstone.actions.job import LEASE, claim_job, ensure_jobs, fail_job, finish_job, renew_job
from runstone.actions.seal import seal_here
from runstone.jobs.child import SealProcess
from runstone.jobs.house import working
from runstone.jobs.runner import Context, JobKind, Runner
from runstone.jobs.seal import quiet_job
from runstone.store.lines import Tail, pack
from runstone.store.opening import Store
from runstone.store.schema import job
from tests.conftest import NOW, People
from tests.writer import Writer, row


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def put(store: Store, kind: str, subject: str, due_at: datetime = NOW) -> None:
    store.write(lambda tx: tx.put_job(kind, subject, due_at))


def count(store: Store, kind: str) -> int:
    with store.reading() as reads:
        return reads.job_count(kind)


def test_each_job_is_done_once(store: Store) -> None:
    done: list[str] = []
    runner = Runner(store, {"one": JobKind(lambda _, subject: done.append(subject))}, Clock())
    for subject in ("a", "b", "a"):
        put(store, "one", subject)
    put(store, "one", "later", NOW + timedelta(minutes=1))
    put(store, "unknown", "x")
    assert runner.run_due() == 2
    assert sorted(done) == ["a", "b"]
    assert runner.run_due() == 0
    assert (count(store, "one"), count(store, "unknown")) == (1, 1)


def test_failed_job_comes_back_later(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    tried: list[datetime] = []
    clock = Clock()

    def fail(context: Context, _: str) -> None:
        tried.append(context.now)
        if len(tried) < 3:
            raise ValueError("no luck")

    runner = Runner(store, {"one": JobKind(fail)}, clock)
    put(store, "one", "a")
    for seconds in (0, 4, 1, 10, 0):
        clock.now += timedelta(seconds=seconds)
        runner.run_due()
    assert [(at - NOW).total_seconds() for at in tried] == [0, 5, 15]
    assert count(store, "one") == 0
    assert "no luck" in caplog.text


def test_periodic_job(store: Store) -> None:
    times: list[datetime] = []
    clock = Clock()
    runner = Runner(
        store, {"tick": JobKind(lambda context, _: times.append(context.now), timedelta(minutes=1))}, clock
    )
    for _ in range(4):
        runner.run_due()
        clock.now += timedelta(seconds=30)
    assert [(at - NOW).total_seconds() for at in times] == [0, 60]


def let_pass(store: Store, span: timedelta) -> None:
    """As if the database's time went on: its leases end earlier."""
    earlier = type_coerce(job.c.lease_until, BigInteger) - span // timedelta(microseconds=1)
    store.write(lambda tx: tx.conn.execute(update(job).values(lease_until=earlier)))


def test_lease_keeps_others_off_until_it_ends(store: Store) -> None:
    put(store, "one", "a")
    first = claim_job(store, "me", ["one"], NOW)
    assert first is not None
    assert claim_job(store, "you", ["one"], NOW) is None
    let_pass(store, timedelta(seconds=30))
    assert renew_job(store, "me", first)
    let_pass(store, LEASE - timedelta(seconds=20))
    assert claim_job(store, "you", ["one"], NOW) is None
    let_pass(store, timedelta(seconds=21))
    second = claim_job(store, "you", ["one"], NOW)
    assert second is not None
    assert second.attempts == 2
    assert not renew_job(store, "me", first)
    finish_job(store, "me", first, None)
    assert count(store, "one") == 1
    fail_job(store, "me", first, "late", NOW)
    finish_job(store, "you", second, None)
    assert count(store, "one") == 0


@pytest.mark.parametrize("apart", [timedelta(minutes=-10), timedelta(minutes=10)])
def test_clocks_that_differ_hold_no_job_twice(store: Store, apart: timedelta) -> None:
    """Two processes whose clocks are ten minutes apart, or years from the database's."""
    began, go_on = threading.Event(), threading.Event()
    done: list[datetime] = []

    def work(context: Context, _: str) -> None:
        done.append(context.now)
        began.set()
        assert go_on.wait(20)

    ahead = Clock()
    ahead.now += apart
    put(store, "one", "a", NOW - timedelta(hours=1))
    mine, other = (Runner(store, {"one": JobKind(work)}, clock) for clock in (Clock(), ahead))
    mine._tick()
    assert began.wait(20)
    assert other.run_due() == 0
    go_on.set()
    mine.close()
    assert done == [NOW]
    assert count(store, "one") == 0


def test_asked_for_again_while_it_is_done(store: Store) -> None:
    put(store, "one", "a")
    mine = claim_job(store, "me", ["one"], NOW)
    assert mine is not None
    put(store, "one", "a", NOW + timedelta(seconds=1))
    finish_job(store, "me", mine, None)
    assert claim_job(store, "me", ["one"], NOW) is None
    assert claim_job(store, "me", ["one"], NOW + timedelta(seconds=1)) is not None


def test_ensured_job_keeps_its_time(store: Store) -> None:
    put(store, "one", "", NOW + timedelta(hours=1))
    ensure_jobs(store, ["one"], NOW)
    assert claim_job(store, "me", ["one"], NOW) is None


def test_threads_do_jobs_until_closed(store: Store) -> None:
    done = threading.Event()
    runner = Runner(store, {"one": JobKind(lambda *_: done.set())}, Clock())
    runner.start()
    put(store, "one", "a")
    assert done.wait(20)
    runner.close()
    assert count(store, "one") == 0


def test_a_job_that_leaves_off_at_the_end_is_done_next_time(store: Store) -> None:
    began, begun = threading.Event(), []

    def long(context: Context, subject: str) -> None:
        begun.append(subject)
        began.set()
        while len(begun) == 1 and context.go_on():
            time.sleep(0.005)

    kinds = {"long": JobKind(long)}
    put(store, "long", "a")
    runner = Runner(store, kinds, Clock())
    runner.start()
    assert began.wait(20)
    runner.close()
    assert count(store, "long") == 1
    assert Runner(store, kinds, Clock()).run_due() == 1
    assert (begun, count(store, "long")) == (["a", "a"], 0)


def test_a_job_broken_by_the_end_is_no_failure(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    began, ended = threading.Event(), threading.Event()

    def broken(context: Context, _: str) -> None:
        began.set()
        ended.wait(20)
        raise RuntimeError("the child was ended")

    put(store, "one", "a")
    runner = Runner(store, {"one": JobKind(broken)}, Clock())
    runner.start()
    assert began.wait(20)
    runner.stop()
    ended.set()
    runner.close()
    assert "RuntimeError" not in caplog.text
    with store.reading() as reads:
        (left,) = reads.due_jobs(NOW, 10)
    assert (left.attempts, left.last_error) == (0, None)


def test_sleep_of_the_machine_is_noticed(store: Store) -> None:
    clock = Clock()
    seen: list[datetime] = []
    runner = Runner(store, {"one": JobKind(lambda context, _: seen.append(context.awake_since))}, clock)
    runner._tick()
    clock.now += timedelta(minutes=5)
    put(store, "one", "a")
    runner._tick()
    runner.close()
    assert seen == [clock.now]


def test_child_seals_like_us() -> None:
    child = SealProcess()
    try:
        chunks = [(4, pack(['{"_step":0,"a":1}', "bad"])[0]), (6, pack(['{"_step":1,"a":2.5}'])[0])]
        made, expected = child(Tail(chunks, 4, 0, True, 9)), seal_here(Tail(chunks, 4, 0, True, 9))
        assert made is not None
        assert expected is not None
        assert (made.data, made.n) == (expected.data, 3)
        with pytest.raises(TypeError):
            child(Tail([(4, 1)], 4, 0, True, 9))  # type: ignore[list-item]
        assert child(Tail(chunks, 4, 0, False, 9)) is None
    finally:
        child.close()


def test_ended_runs_are_sealed(store: Store, people: People) -> None:
    clock = Clock()
    writer = Writer(store, people.ben)
    writer.begin()
    writer.send(0, [row(i, a=i) for i in range(10)])
    before: Any = writer.rows()
    writer.post(exit_code=0)
    clock.now = NOW + timedelta(minutes=1)
    with working(store, clock, timedelta(minutes=5), timedelta(days=1)):
        deadline = time.monotonic() + 30
        while writer.stream().sealed_line < 10 and time.monotonic() < deadline:
            time.sleep(0.05)
    assert writer.stream().sealed_line == 10
    assert writer.rows() == before


def test_quiet_runs_are_sealed(store: Store, people: People) -> None:
    writer = Writer(store, people.ben)
    writer.begin()
    writer.send(0, [row(i) for i in range(10)])
    look = quiet_job(seal_here, lambda: None)
    look(Context(store, NOW + timedelta(minutes=1), NOW), "")
    assert writer.stream().sealed_line == 0
    look(Context(store, NOW + timedelta(minutes=11), NOW), "")
    assert writer.stream().sealed_line == 10
