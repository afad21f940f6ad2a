"""Pages of exact rows, in the order of steps, wherever the rows lie."""

import random

import pytest

from runstone.actions import seal as sealing
from runstone.store.opening import Store
from tests.conftest import People
from tests.writer import Writer, row


@pytest.fixture
def writer(store: Store, people: People, monkeypatch: pytest.MonkeyPatch) -> Writer:
    monkeypatch.setattr(sealing, "SEGMENT_LINES", 20)
    made = Writer(store, people.ben)
    made.begin()
    return made


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_pages_of_rows(writer: Writer, size: int) -> None:
    steps = [i // 2 for i in range(90)]
    numbers = random.Random(1)
    for i in range(0, 80, 9):
        j = numbers.randrange(90)
        steps[i], steps[j] = steps[j], steps[i]
    rows = [row(step, a=i, **({"n": {"x": i}} if i % 3 else {})) for i, step in enumerate(steps)]
    rows[50] = {"_step": 25, "a": "odd", "a.b": 1, "c": None}
    writer.send(0, rows)
    assert writer.seal(everything=False) == 4
    own = writer.row()
    with writer.store.reading() as reads:
        wanted = [
            (line, {"_step": one["_step"], **{key: one[key] for key in ("a", "n") if key in one}})
            for line, one in reads.rows(own, lo=3, hi=40)
        ]
        found: list[object] = []
        after = None
        while True:
            page = reads.rows_page(own, ["a", "n"], after=after, lo=3, hi=40, limit=size)
            found += page
            if len(page) < size:
                break
            after = (page[-1][1]["_step"], page[-1][0])
        assert found == wanted
        inner = reads.rows_page(own, ["n.x"], limit=5)
        assert [one["n.x"] for _, one in inner] == [
            one["n"]["x"] for _, one in reads.rows(own) if "n" in one
        ][:5]
        assert reads.rows_page(own, ["never"]) == []


def test_a_page_opens_what_it_needs(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    writer.send(0, [row(i, a=i) for i in range(200)])
    writer.seal()
    own = writer.row()
    opened = []
    with writer.store.reading() as reads:
        read = reads.blobs.read
        monkeypatch.setattr(reads.blobs, "read", lambda addr: opened.append(addr) or read(addr))
        page = reads.rows_page(own, ["a"], lo=105, limit=10)
    assert [one["a"] for _, one in page] == list(range(105, 115))
    assert len(opened) == 1
