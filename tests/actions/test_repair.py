"""What is stored is checked, damage is named and costs nothing else, derived data is made again."""

import math
import random
from typing import Any

import pytest
from sqlalchemy import delete, update

from runstone.actions import seal as sealing
from runstone.actions.repair import rebuild_stream, stored_streams, verify_stream
from runstone.domain.history import Stream
from runstone.domain.viewer import COMMAND_LINE
from runstone.store.opening import Store
from runstone.store.schema import run_key, series
from tests.conftest import People
from tests.writer import Writer, row


@pytest.fixture
def writer(store: Store, people: People, monkeypatch: pytest.MonkeyPatch) -> Writer:
    """A run of several segments of odd rows, one that is not full, and a tail."""
    monkeypatch.setattr(sealing, "SEGMENT_LINES", 300)
    numbers = random.Random(2)
    made = Writer(store, people.ben)
    made.begin()
    rows: list[Any] = [
        row(i, a=numbers.gauss(0, 1), b={"c": i, "d": "x"}, **({"odd": 2**70} if i % 7 == 0 else {}))
        for i in range(1300)
    ]
    rows[5], rows[20] = "{broken", {"a": math.nan}
    rows[700]["a"] = "text"
    rows[301], rows[302] = rows[302], rows[301]
    made.send(0, rows)
    made.seal(everything=False)
    made.send(1300, [row(i, a=1.0) for i in range(1300, 1310)])
    made.send(0, [f"line {i}" for i in range(20)], Stream.CONSOLE)
    made.send(0, [{"_timestamp": 1.0 + i, "cpu": i} for i in range(30)], Stream.SYSTEM)
    made.seal(Stream.SYSTEM)
    return made


def findings(store: Store, *, repair: bool = False) -> list[tuple[str, str, bool]]:
    return [
        (one.where, one.what, one.repaired)
        for stream in stored_streams(store, COMMAND_LINE)
        for one in verify_stream(store, stream, repair=repair)
    ]


def parts(writer: Writer) -> Any:
    own = writer.stream()
    with writer.store.reading() as reads:
        return [tuple(one) for one in reads.stored_parts(own)], reads.sealed_keys(
            writer.row(), Stream.HISTORY
        )


def address_of(store: Store, writer: Writer, seq: int) -> str:
    own = writer.row()
    with store.reading() as reads:
        return str(reads.segments(own, Stream.HISTORY)[seq].addr)


def test_what_is_in_order(store: Store, writer: Writer) -> None:
    assert findings(store) == []


def test_rebuilding_gives_the_same(store: Store, writer: Writer) -> None:
    before = parts(writer)
    assert all(rebuild_stream(store, one) for one in stored_streams(store, COMMAND_LINE))
    after = parts(writer)
    assert after[0] == before[0]
    assert {name: (key.n, key.kind, key.counts, key.low) for name, key in after[1].items()} == {
        name: (key.n, key.kind, key.counts, key.low) for name, key in before[1].items()
    }


def test_wrong_derived_data_is_made_again(store: Store, writer: Writer) -> None:
    before = parts(writer)
    with store.reading() as reads:
        ids = reads.key_ids(writer.row().project_id, ["a", "b.c"])

    def spoil(tx: Any) -> None:
        tx.conn.execute(delete(series).where(series.c.key_id == ids["a"]))
        tx.conn.execute(update(series).where(series.c.key_id == ids["b.c"]).values(data=b"\x01nonsense"))
        tx.conn.execute(update(run_key).where(run_key.c.key_id == ids["a"]).values(n=3))

    store.write(spoil)
    wrong = findings(store)
    assert {what.split(",")[0] for _, what, _ in wrong} == {
        "the pyramid of 'a'",
        "the pyramid of 'b.c'",
        "what is known of the key 'a' is not what its segments give.",
    }
    assert {(where, done) for where, _, done in wrong} == {("lab/p/r1, history", False)}
    assert {done for _, _, done in findings(store, repair=True)} == {True}
    assert findings(store) == []
    assert parts(writer)[0] == before[0]


@pytest.mark.parametrize("damage", ["changed", "cut", "missing"])
def test_a_damaged_segment_is_named_and_the_rest_is_readable(
    store: Store, writer: Writer, damage: str
) -> None:
    addr = address_of(store, writer, 1)
    data = bytearray(store.blobs.read(addr))
    own = writer.row()
    store.blobs.delete(addr)
    if damage != "missing":
        data[len(data) // 2] ^= 1
        store.blobs.put(addr, bytes(data if damage == "changed" else data[: len(data) // 2]))
    ((where, what, repaired),) = findings(store, repair=True)
    assert (where, repaired) == ("lab/p/r1, history", False)
    assert what.startswith(f"segment 1 (lines 300 to 599), file {addr}: ")
    with store.reading() as reads:
        lines = {line for line, _ in reads.rows(own)}
        assert lines == set(range(1310)) - set(range(300, 600))
        (told,) = reads.damaged
        assert "Segment 1 of the history" in told
        assert reads.rows_page(own, ["a"], lo=590, limit=20)[0][0] == 600
        whole = reads.series([own], ["a"], points=20)[own.id, "a"]
        assert int(whole.counts.sum()) + whole.nonfinite == whole.n
        window = reads.series([own], ["a"], lo=310, hi=320, points=500)[own.id, "a"]
        assert (window.level, window.exact) == (1, False)
    stream = next(one for one in stored_streams(store, COMMAND_LINE) if one.stream == Stream.HISTORY)
    before = parts(writer)
    assert not rebuild_stream(store, stream)
    assert parts(writer) == before


def test_waiting_lines_are_checked(store: Store, writer: Writer) -> None:
    def spoil(tx: Any) -> None:
        from runstone.store.schema import tail

        tx.conn.execute(update(tail).where(tail.c.line0 == 1300).values(data=b"nonsense"))

    store.write(spoil)
    ((_, what, _),) = findings(store)
    assert what.startswith("the waiting lines from 1300 on can't be read")
