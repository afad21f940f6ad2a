"""Several processes that write one run side by side: nothing of any is lost, twice, or taken by another."""

import itertools
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runstone.actions import seal as sealing
from runstone.actions.repair import stored_streams, verify_stream
from runstone.actions.retention import free_runs
from runstone.actions.run import RunChange, delete_run, mark_lost_runs, upsert_run
from runstone.domain.errors import Conflict, Invalid
from runstone.domain.history import Chunk, Stream
from runstone.domain.ids import RunId
from runstone.domain.run import SHARED, Branch
from runstone.domain.sharing import COPY
from runstone.domain.viewer import COMMAND_LINE
from runstone.store.opening import Store
from tests.conftest import People
from tests.writer import Writer, row


class Process(Writer):
    """One of several that write a run."""

    def __init__(self, store: Store, people: People, name: str, run: str = "r1") -> None:
        super().__init__(store, people.ben, run)
        self.name = name

    def join(self, config: Any = None, **said: Any) -> None:
        """Initialise the run, or join those that write it."""
        text = json.dumps(config or {})
        home = {"entity": "lab", "project": "p", "name": self.run}
        said = {"host": f"box {self.name}", **said}
        change = RunChange(**home, config=text, shared_by=self.name, writer_id=SHARED, **said)
        upsert_run(self.store, self.viewer, change, self.now)

    def post(self, **values: Any) -> Any:
        return super().post(writer=self.name, **values)


@pytest.fixture
def trio(store: Store, people: People) -> list[Process]:
    """Three processes that have joined."""
    made = [Process(store, people, name) for name in "abc"]
    for one in made:
        one.join()
    return made


def losses(writer: Writer) -> list[tuple[Any, Any]]:
    return [(found["_step"], found.get("loss")) for _, found in writer.rows()]


def test_rows_stand_in_the_order_in_which_they_came(trio: list[Process]) -> None:
    a, b, c = trio
    a.send(0, [{"loss": 1}, {"loss": 2}])
    b.send(0, [{"loss": 3}])
    b.send(0, [{"loss": 3}])  # sent once more: the answer was lost
    a.send(2, [{"loss": 4}])
    c.send(5, [{"loss": 5}])  # clients begin at the number of rows that they were told
    b.send(0, [{"loss": 3}, {"loss": 6}])
    assert losses(a) == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6)]
    with a.store.reading() as reads:
        assert [(one.name, one.history_line) for one in reads.writers(a.row())] == [
            ("a", 3),
            ("b", 2),
            ("c", 6),
        ]


_names = itertools.count()
# Which process speaks, how many rows it logs, and whether it sends all that it has sent once more.
POSTS = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3), st.booleans()), max_size=14)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(POSTS)
def test_any_order_of_posts_and_resends(store: Store, people: People, posts: list[Any]) -> None:
    """Every row is there once, each process' own in its order, steps count up; also when sealed meanwhile."""
    run = f"r{next(_names)}"
    trio = [Process(store, people, name, run) for name in "abc"]
    trio[0].join()
    sent: list[list[Any]] = [[], [], []]
    lines, sealing.SEGMENT_LINES = sealing.SEGMENT_LINES, 4
    try:
        for which, n, again in posts:
            own, first = sent[which], 0 if again else len(sent[which])
            own.extend({"of": which, "i": len(own) + i} for i in range(n))
            trio[which].send(first, own[first:])
            trio[which].seal(everything=False)
    finally:
        sealing.SEGMENT_LINES = lines
    rows = [found for _, found in trio[0].rows()]
    assert [found["_step"] for found in rows] == list(range(sum(map(len, sent))))
    for which, own in enumerate(sent):
        assert [found["i"] for found in rows if found["of"] == which] == [one["i"] for one in own]


def test_streams_of_the_machine_and_odd_rows(trio: list[Process]) -> None:
    a, b, _ = trio
    a.send(0, [row(0, **{"system.cpu/l:a": 1})], Stream.SYSTEM)
    b.send(0, [row(0, **{"system.cpu/l:b": 2})], Stream.SYSTEM)
    b.send(0, [row(0, **{"system.cpu/l:b": 2}), row(1, **{"system.cpu/l:b": 3})], Stream.SYSTEM)
    assert set(a.keys(Stream.SYSTEM)) >= {"system.cpu/l:a", "system.cpu/l:b"}
    assert [found.get("system.cpu/l:b") for _, found in a.rows(Stream.SYSTEM)] == [None, 2, 3]
    a.send(0, ["no row", "{broken", "[1]", '{"loss": NaN}'])
    assert [found["_step"] for _, found in a.rows()] == [0, 0, 0, 3]  # what is no row has the step before it
    with a.store.reading() as reads:
        assert [one.label for one in reads.writers(a.row())] == ["a", "b", None]


def said(content: str, label: str) -> dict[str, str]:
    return {"ts": "2026-11-23T08:48:54.9", "content": content, "label": label}


def test_each_process_prints_its_own_lines_anew(trio: list[Process]) -> None:
    a, b, _ = trio
    a.send(0, [said("10%", "a"), said("a 1", "a")], Stream.CONSOLE)
    b.send(0, [said("b 0", "b")], Stream.CONSOLE)
    a.send(0, [said("90%", "a"), said("a 1", "a"), said("a 2", "a")], Stream.CONSOLE)
    b.send(0, [said("b 0!", "b"), said("b 1", "b")], Stream.CONSOLE)
    a.send(3, [said("a 3", "a")], Stream.CONSOLE)
    a.send(2, [said("a 2!", "a"), said("a 3", "a"), said("a 4", "a")], Stream.CONSOLE)
    shown = [(one.label, one.text) for one in a.console()]
    assert shown == [
        *(("a", "90%"), ("a", "a 1"), ("b", "b 0!"), ("a", "a 2!"), ("b", "b 1"), ("a", "a 3"), ("a", "a 4"))
    ]
    with a.store.reading() as reads:
        found = reads.console_search(a.row(), "1", 0, 10, label="b")
        assert [(one.number, one.text) for one in found.lines] == [(4, "b 1")]


def test_config_and_summary_are_those_of_all(trio: list[Process]) -> None:
    a, b, c = trio
    a.join({"lr": {"value": 0.1}, "deep": {"value": {"a": 1}}}, tags=("x",))
    b.join({"deep": {"value": {"b": 2}}}, tags=("y",))
    a.join({"lr": {"value": 0.1}, "deep": {"value": {"a": 3}}})
    c.join()
    own = a.row()
    assert json.loads(own.config) == {"lr": {"value": 0.1}, "deep": {"value": {"a": 3, "b": 2}}}
    assert (json.loads(own.tags), own.host) == (["x", "y"], "box a")  # where it runs is told by the first
    a.post(summary='{"loss": 1, "best": {"a": 1}}')
    b.post(summary='{"best": {"b": 2}, "loss": 5}')
    b.send(0, [{"loss": 7}, {"loss": 8}])
    a.post(summary='{"loss": 1, "best": {"a": 4}}')
    assert json.loads(a.row().summary) == {"loss": 5, "best": {"a": 4, "b": 2}, "_step": 1}
    with a.store.database.reading() as conn:
        asked = "SELECT path, num FROM run_value JOIN value_path ON value_path.id = run_value.path_id"
        found = {one.path: one.num for one in conn.exec_driver_sql(asked)}
    assert found["summary.best.a"] == 4
    assert found["config.deep.b"] == 2


def test_it_ends_once_and_late_words_are_kept(trio: list[Process], store: Store) -> None:
    a, b, c = trio
    a.post(exit_code=0)
    b.send(0, [{"loss": 1}])
    assert (a.row().state, losses(a)) == ("finished", [(0, 1)])
    b.join({"late": {"value": 1}}, host=None)  # as clients do before they end
    assert (a.row().state, json.loads(a.row().config)) == ("finished", {"late": {"value": 1}})
    c.join()  # late: it runs again, and ends as it had ended when nobody speaks any more
    assert c.row().state == "running"
    later = c.now + timedelta(minutes=10)
    assert mark_lost_runs(store, COMMAND_LINE, timedelta(minutes=5), c.now - timedelta(days=1), later) == 1
    assert (c.row().state, c.row().state_cause) == ("finished", None)


def test_without_an_end_it_is_lost(trio: list[Process], store: Store) -> None:
    later = trio[0].now + timedelta(minutes=10)
    mark_lost_runs(store, COMMAND_LINE, timedelta(minutes=5), trio[0].now - timedelta(days=1), later)
    assert trio[0].row().state == "crashed"


def test_one_alone_and_several_keep_out_of_each_other(
    store: Store, people: People, trio: list[Process]
) -> None:
    alone = Writer(store, people.ben)
    alone.now = trio[0].now
    with pytest.raises(Conflict, match="written by another process"):
        alone.begin()
    single = Writer(store, people.ben, "single")
    single.begin()
    other = Process(store, people, "z", "single")
    with pytest.raises(Conflict, match="written by another process"):
        other.join()
    with pytest.raises(Invalid, match="written by one process alone"):
        other.send(0, [{"loss": 1}])
    assert single.rows() == []


def test_one_goes_on_alone_and_others_after_it(store: Store, people: People, trio: list[Process]) -> None:
    trio[0].send(0, [{"loss": 1}])
    trio[1].send(0, [{"loss": 2}])
    trio[0].post(exit_code=0)
    alone = Writer(store, people.ben)
    alone.now = trio[0].now
    alone.begin(resumed=True)
    alone.send(2, [row(2, loss=3)])
    with pytest.raises(Invalid, match="took it over"):
        trio[1].send(1, [{"loss": 9}])
    alone.post(exit_code=0)
    fresh = Process(store, people, "d")
    fresh.now = alone.now
    fresh.join()
    fresh.send(3, [{"loss": 4}])
    assert losses(fresh) == [(0, 1), (1, 2), (2, 3), (3, 4)]


def test_steps_go_on_behind_those_of_one_alone(store: Store, people: People) -> None:
    """Its rows had steps of their own; and a fork that several write begins behind its step."""
    alone = Writer(store, people.ben)
    alone.begin()
    alone.send(0, [row(0, loss=1), row(50, loss=2)])
    alone.post(exit_code=0)
    pair = [Process(store, people, name) for name in "ab"]
    for one in pair:
        one.now = alone.now
        one.join()
        one.send(0, [{"loss": one.name}])
        one.join({"later": {"value": 1}}, host=None)
    pair[0].post(summary='{"loss": 3}')
    assert losses(alone) == [(0, 1), (50, 2), (51, "a"), (52, "b")]
    assert json.loads(alone.row().summary)["_step"] == 52
    forked = [Process(store, people, name, "fork") for name in "ab"]
    for one in forked:
        one.join(branch=Branch("r1", 50), resumed=False)
        one.send(0, [{"loss": one.name}])
    assert losses(forked[0]) == [(0, 1), (50, 2), (51, "a"), (52, "b")]


def test_a_run_that_nobody_initialised(store: Store, people: People) -> None:
    for name in "ab":
        Process(store, people, name, "unknown").send(0, [{"loss": name}])
    assert losses(Process(store, people, "a", "unknown")) == [(0, "a"), (1, "b")]


def test_what_is_stored_is_in_order_and_goes_with_the_run(
    store: Store, trio: list[Process], count: Callable[[str], int]
) -> None:
    a, b, _ = trio
    a.send(0, [{"loss": 1}])
    b.send(0, [said("x", "b")], Stream.CONSOLE)
    b.send(0, [{"loss": 2}])
    for stream in Stream:
        a.seal(stream)
    assert not [one for known in stored_streams(store, COMMAND_LINE) for one in verify_stream(store, known)]
    assert (count("run_writer"), count("run_writer_line")) == (3, 1)
    delete_run(store, a.viewer, RunId(a.row().id), a.now)
    free_runs(store, a.now + timedelta(days=9), timedelta(days=1))
    assert (count("run_writer"), count("run_writer_line")) == (0, 0)


@pytest.fixture
def count(store: Store) -> Callable[[str], int]:
    """How many rows a table has."""

    def of(table: str) -> int:
        with store.database.reading() as conn:
            return int(conn.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())

    return of


def test_chunks_of_one_message_keep_their_streams(trio: list[Process]) -> None:
    chunks = (
        Chunk(Stream.CONSOLE, 0, (json.dumps(said("x", "a")),)),
        Chunk(Stream.SYSTEM, 0, ('{"system.cpu/l:a": 1}',)),
        Chunk(Stream.HISTORY, 0, ('{"loss": 1}',)),
    )
    for _ in range(2):
        trio[0].post(chunks=chunks)
    assert losses(trio[0]) == [(0, 1)]
    assert [one.text for one in trio[0].console()] == ["x"]
    assert len(trio[0].rows(Stream.SYSTEM)) == 1


def logged(which: int, first: int, end: int) -> list[dict[str, Any]]:
    return [{"_timestamp": 1000.0 + i, "_runtime": which + i, "of": which, "i": i} for i in range(first, end)]


def test_what_a_process_kept_is_added_once(
    store: Store, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`wandb sync` of both processes, at the same time and again: what had not arrived comes."""
    monkeypatch.setattr(sealing, "SEGMENT_LINES", 4)
    pair = [Process(store, people, name) for name in "ab"]
    for which, one in enumerate(pair):
        one.join({f"rank {which}": {"value": True}})
        one.send(0, logged(which, 0, 5))
        one.send(0, [said(f"{which} prints", str(which))], Stream.CONSOLE)
        one.post(summary=json.dumps({f"best {which}": 1}))
        one.seal(everything=False)
    copies = [Copy(store, people), Copy(store, people)]
    for _ in range(2):
        for which, one in enumerate(copies):
            one.begin_at(pair[0].now + timedelta(minutes=1), {f"rank {which}": {"value": True}})
        for first in (0, 4):
            for which, one in enumerate(copies):
                one.send(100 + first, logged(which, first, first + 4))
        for which, one in enumerate(copies):
            one.send(0, [said(f"{which} prints", str(which)), said("at last", str(which))], Stream.CONSOLE)
            one.post(summary=json.dumps({f"best {which}": 2}), exit_code=0)
        rows = [found for _, found in pair[0].rows()]
        assert [found["_step"] for found in rows] == list(range(16))
        for which in range(2):
            assert [found["i"] for found in rows if found["of"] == which] == list(range(8))
        assert sorted(one.text for one in pair[0].console()) == ["0 prints", "1 prints", "at last", "at last"]
    own = pair[0].row()
    assert (own.state, own.epoch) == ("finished", 0)
    assert json.loads(own.config) == {"rank 0": {"value": True}, "rank 1": {"value": True}}
    assert json.loads(own.summary) == {"best 0": 2, "best 1": 2, "_step": 15}


class Copy(Writer):
    """`wandb sync` of what a process kept: it does not say which one."""

    def __init__(self, store: Store, people: People) -> None:
        super().__init__(store, people.ben)

    def begin_at(self, now: Any, config: Any) -> None:
        """Initialise the run, as a sync does."""
        self.now = now
        home = {"entity": "lab", "project": "p", "name": self.run, "host": "box", "resumed": False}
        change = RunChange(**home, config=json.dumps(config), shared_by=COPY, writer_id=SHARED)
        upsert_run(self.store, self.viewer, change, self.now)
