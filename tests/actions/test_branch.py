"""Forks and rewound runs: what they begin with, where clients go on, and what stays as it was."""

import itertools
import json
import random
from datetime import timedelta
from typing import Any

import pytest

from runstone.actions import seal as sealing
from runstone.actions.repair import stored_streams, verify_stream
from runstone.actions.retention import free_runs
from runstone.actions.rewind import rewind_run
from runstone.actions.run import RunChange, delete_run, upsert_run
from runstone.domain.errors import Conflict, Invalid, NotFound
from runstone.domain.history import Stream, flat
from runstone.domain.ids import RunId
from runstone.domain.run import Branch
from runstone.domain.viewer import COMMAND_LINE
from runstone.store.opening import Store
from tests.conftest import NOW, People
from tests.writer import Writer, row

SEGMENT = 100


@pytest.fixture
def parent(store: Store, people: People, monkeypatch: pytest.MonkeyPatch) -> Writer:
    """An ended run of two full segments and a tail, with odd rows, one of them out of order."""
    monkeypatch.setattr(sealing, "SEGMENT_LINES", SEGMENT)
    numbers = random.Random(3)
    made = Writer(store, people.ben, "parent")
    made.begin()
    rows: list[Any] = [row(i, a=numbers.gauss(0, 1), b={"c": i}) for i in range(250)]
    rows[17], rows[30]["a"], rows[220]["huge"] = "{broken", float("nan"), 2**70
    rows[140], rows[141] = rows[141], rows[140]
    made.send(0, rows)
    made.seal(everything=False)
    made.send(0, [f"line {i}" for i in range(5)], Stream.CONSOLE)
    made.post(exit_code=0, summary='{"a": 99}')
    return made


def fork(parent: Writer, step: int, name: str = "child", **more: Any) -> Writer:
    child = Writer(parent.store, parent.viewer, name)
    child.now = parent.now
    said = {"writer_id": "w", "resumed": False, **more}
    change = RunChange(
        entity="lab", project="p", name=name, host="box", branch=Branch(parent.run, step), **said
    )
    upsert_run(parent.store, parent.viewer, change, child.now)
    return child


def next_line(writer: Writer) -> int:
    own = writer.row()
    with writer.store.reading() as reads:
        return reads.line_count(own, Stream.HISTORY)


def in_order(store: Store) -> bool:
    return not [one for stream in stored_streams(store, COMMAND_LINE) for one in verify_stream(store, stream)]


def known(writer: Writer) -> Any:
    return {
        name: (key.n, key.kind, key.counts, key.low, key.high, key.first_line)
        for name, key in writer.keys().items()
    }


# Within the first segment, at its end, in the second, around the swapped rows, in the tail, at the end.
STEPS = [0, 40, 99, 100, 140, 141, 170, 199, 200, 249]


@pytest.mark.parametrize("step", STEPS)
def test_a_fork_has_the_rows_up_to_its_step_and_its_own(parent: Writer, store: Store, step: int) -> None:
    before = parent.rows()
    child = fork(parent, step)
    kept = [pair for pair in before if pair[1]["_step"] <= step]
    assert repr(child.rows()) == repr(kept)
    own = [(next_line(child) + i, row(step + 1 + i, a=float(i), mine=i)) for i in range(150)]
    child.send(own[0][0], [one for _, one in own])
    assert repr(child.rows()) == repr(kept + own)
    counts = {"a": sum("a" in one for _, one in kept) + 150, "mine": 150}
    assert {name: key.n for name, key in child.keys().items() if name in counts} == counts
    unsealed = known(child)
    child.post(exit_code=0)
    child.seal()
    assert repr(child.rows()) == repr(kept + own)
    assert known(child) == unsealed
    assert repr(parent.rows()) == repr(before)
    assert in_order(store)


def test_a_fork_of_a_run_whose_lines_all_are_sealed(parent: Writer, store: Store) -> None:
    parent.seal()
    child = fork(parent, 249)
    assert known(child) == known(parent)
    child.send(250, [row(250 + i, a=1.0) for i in range(120)])
    child.seal()
    assert in_order(store)


def test_sealed_lines_outlive_the_run_they_came_from(parent: Writer, store: Store) -> None:
    child = fork(parent, 170)
    before = repr(child.rows())
    delete_run(store, parent.viewer, RunId(parent.row().id), parent.now)
    assert free_runs(store, parent.now + timedelta(days=9), timedelta(days=1)) == 1
    assert repr(child.rows()) == before
    assert in_order(store)


def test_saying_it_again_changes_nothing(parent: Writer) -> None:
    """A client names its branch with every change of its config."""
    child = fork(parent, 9)
    child.send(10, [row(10)])
    again = fork(parent, 9, resumed=None)
    assert [one["_step"] for _, one in again.rows()] == list(range(11))
    assert again.row().epoch == 0


@pytest.mark.parametrize("offset", [0, 10])
def test_clients_count_from_what_they_are_told_or_from_zero(parent: Writer, offset: int) -> None:
    child = fork(parent, 9)
    for first in (0, 2, 0):  # the last one is sent again
        child.send(offset + first, [row(10 + first + i, own=True) for i in range(2)])
    assert [one["_step"] for _, one in child.rows()] == list(range(14))
    child.post(exit_code=0)
    child.begin(resumed=True)
    child.send(14, [row(14)])
    assert [one["_step"] for _, one in child.rows()] == list(range(15))


@pytest.mark.parametrize("offset", [0, 10, 13])
@pytest.mark.parametrize("resumed", [False, None])
def test_a_fork_that_is_synced_twice_is_there_once(parent: Writer, offset: int, resumed: bool | None) -> None:
    """Clients begin at 0, at the line they are told, or behind what they had sent before."""
    child = fork(parent, 9)
    mine = [row(10 + i, own=True) for i in range(3)]
    child.send(10, mine)
    child.post(exit_code=0)
    delete_run(parent.store, parent.viewer, RunId(parent.row().id), parent.now)
    fork(parent, 9, resumed=resumed, writer_id="again")
    child.send(offset, mine[:2])
    child.send(offset + 2, mine[2:])
    assert [one["_step"] for _, one in child.rows()] == list(range(13))


def test_a_fork_begun_anew_takes_over_again(parent: Writer) -> None:
    child = fork(parent, 9)
    child.send(10, [row(10, old=True)])
    child.post(exit_code=0)
    fork(parent, 5, writer_id="other")
    child.send(6, [{**row(6), "_timestamp": 5000.0}])
    assert [one["_step"] for _, one in child.rows()] == list(range(7))
    assert child.row().epoch == 1


def test_a_fork_begun_without_branch_is_a_plain_run(parent: Writer) -> None:
    child = fork(parent, 9)
    child.send(10, [row(10)])
    child.post(exit_code=0)
    child.begin(resumed=False)
    child.send(0, [{**row(0), "_timestamp": 7000.0}])
    assert [one["_step"] for _, one in child.rows()] == [0]
    assert child.row().branch_line is None


@pytest.mark.parametrize(
    ("branch", "error", "words"),
    [
        (Branch("nobody", 1), NotFound, ("nobody", "fork_from", "within its project")),
        (Branch("parent", 250), Invalid, ("up to 249", "_step=250")),
        (Branch("parent", -1), Invalid, ("_step=-1",)),
        (Branch("empty", 0), Invalid, ("no history",)),
    ],
)
def test_a_step_that_is_not_there(
    parent: Writer, branch: Branch, error: type[Exception], words: tuple[str, ...]
) -> None:
    Writer(parent.store, parent.viewer, "empty").begin()
    with pytest.raises(error) as told:
        fork(Writer(parent.store, parent.viewer, branch.run_name), branch.step)
    for word in words:
        assert word in str(told.value)
    with parent.store.reading() as reads:
        project = reads.project(parent.viewer, "lab", "p")
        assert project is not None
        assert reads.run(parent.viewer, project.id, "child") is None


def test_nobody_forks_what_he_does_not_see(parent: Writer, people: People) -> None:
    with pytest.raises(NotFound):
        upsert_run(
            parent.store,
            people.eve,
            RunChange(entity="eve", project="q", name="child", branch=Branch("parent", 3)),
            NOW,
        )


def rewind(writer: Writer, step: int) -> None:
    rewind_run(writer.store, writer.viewer, "lab", "p", Branch(writer.run, step), writer.now)


@pytest.mark.parametrize("step", STEPS[1::3])
def test_a_rewound_run_ends_at_the_step_and_goes_on(parent: Writer, store: Store, step: int) -> None:
    before = parent.rows()
    kept = [pair for pair in before if pair[1]["_step"] <= step]
    rewind(parent, step)
    assert repr(parent.rows()) == repr(kept)
    parent.begin(resumed=True)
    own = [(next_line(parent) + i, row(step + 1 + i, a=0.5)) for i in range(120)]
    parent.send(own[0][0], [one for _, one in own])
    parent.send(0, [{"_timestamp": 9.0, "cpu": 1}], Stream.SYSTEM)
    parent.send(0, ["again"], Stream.CONSOLE)
    parent.post(exit_code=0)
    for stream in Stream:
        parent.seal(stream)
    assert repr(parent.rows()) == repr(kept + own)
    assert [one.text for one in parent.console()] == [*(f"line {i}" for i in range(5)), "again"]
    assert in_order(store)


@pytest.mark.parametrize("step", [20, 170])
def test_the_summary_becomes_what_was_logged_up_to_then(parent: Writer, step: int) -> None:
    rewind(parent, step)
    kept = dict(itertools.chain.from_iterable(flat(one) for _, one in parent.rows()))
    summary = json.loads(parent.row().summary)
    assert summary["a"] == kept["a"]
    assert summary["b"] == {"c": step}
    assert summary["_step"] == step
    assert "_raw" not in summary


@pytest.mark.parametrize("step", [-1, 250])
def test_a_run_is_not_rewound_to_where_it_never_was(parent: Writer, step: int) -> None:
    before = repr(parent.rows())
    with pytest.raises(Invalid, match="up to 249"):
        rewind(parent, step)
    assert repr(parent.rows()) == before


def test_a_run_is_not_rewound_under_its_process(parent: Writer) -> None:
    parent.begin(resumed=True)
    with pytest.raises((Conflict, Invalid), match="another process"):
        rewind(parent, 3)
    parent.now += timedelta(minutes=5)
    rewind(parent, 3)
    assert len(parent.rows()) == 4


def test_rewinding_twice(parent: Writer) -> None:
    rewind(parent, 150)
    rewind(parent, 120)
    assert [one["_step"] for _, one in parent.rows()][-1] == 120
    with pytest.raises(Invalid):
        rewind(parent, 130)


def test_media_of_the_kept_rows_go_along(parent: Writer, store: Store) -> None:
    data = b"picture"
    address = "m/aa/picture"
    store.blobs.put(address, data)
    run_id = parent.row().id

    def put(tx: Any) -> None:
        blob = tx.insert_blob(address, len(data), None, NOW)
        tx.own_blobs("run_file", run_id, parent.row().project_id, [(blob, len(data))])
        for name in ("media/images/a.png", "output.log"):
            tx.set_run_file(run_id, name, NOW, blob_id=blob, size_bytes=len(data))

    store.write(put)
    child = fork(parent, 9)
    with store.reading() as reads:
        assert [one.name for one in reads.run_files(parent.viewer, child.row().id)] == ["media/images/a.png"]
    delete_run(store, parent.viewer, RunId(run_id), parent.now)
    free_runs(store, parent.now + timedelta(days=9), timedelta(days=1))
    with store.reading() as reads:
        (file,) = reads.run_files(parent.viewer, child.row().id)
        assert reads.blobs_in_project(COMMAND_LINE, file.project_id, [file.blob_id])
