"""Files of sealed history: a client that reads them has the rows that it would get page by page."""

import asyncio
import io
import json
import math
import random
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest
from starlette.applications import Starlette

from runstone.actions import seal as sealing
from runstone.actions.run import delete_run
from runstone.domain.history import flat
from runstone.domain.ids import RunId
from runstone.store import history_files
from runstone.store.opening import Store
from runstone.wire.files import Files
from runstone.wire.signing import Links
from tests.conftest import NOW, People
from tests.writer import Writer, row

FULL = 20


@pytest.fixture
def writer(store: Store, people: People, monkeypatch: pytest.MonkeyPatch) -> Writer:
    monkeypatch.setattr(sealing, "SEGMENT_LINES", FULL)
    monkeypatch.setattr(history_files, "SEGMENT_LINES", FULL)
    monkeypatch.setattr(history_files, "FILE_SEGMENTS", 3)
    made = Writer(store, people.ben)
    made.begin()
    return made


def files_of(writer: Writer, *, every: bool = False) -> list[list[dict[str, Any]]]:
    """The rows of each file, as a client makes them: all columns, None where a key is absent."""
    own = writer.row()
    with writer.store.reading() as reads:
        found = reads.history_files(own, every=every)
        return [rows_of(reads.history_file(own, one)) for one in found]


def rows_of(data: bytes) -> list[dict[str, Any]]:
    """Rows of a file; texts that it calls JSON are read."""
    table = pq.read_table(io.BytesIO(data))
    as_json = json.loads(table.schema.metadata[b"runstone"])["json_columns"]
    rows: list[dict[str, Any]] = table.to_pylist()
    for one in rows:
        one.update({key: json.loads(one[key]) for key in as_json if one[key] is not None})
    return rows


def said(rows: list[dict[str, Any]], keys: Any = None) -> list[str]:
    """Rows in a form that compares (NaN too), without what they lack."""
    kept = [
        {k: numbered(v) for k, v in one.items() if v is not None and (keys is None or k in keys)}
        for one in rows
    ]
    return sorted(json.dumps(one, sort_keys=True) for one in kept)


def numbered(value: Any) -> Any:
    """Integers among floats become floats, where that changes nothing."""
    return float(value) if type(value) is int and abs(value) <= 2**53 else value


def plain(step: int, numbers: random.Random) -> dict[str, Any]:
    """A row that a client can take from a file as it is."""
    value = numbers.choice([numbers.random(), math.nan, math.inf, -math.inf, -0.0, 3])
    return row(step, loss=value, ok=numbers.random() < 0.5, word=numbers.choice(["a", "ü\n", ""]), n=step)


def other(step: int, numbers: random.Random) -> dict[str, Any]:
    """A row with keys that come and go, nest, change their kind, or are media."""
    found = row(step, mixed=numbers.choice([1, "1", 2**60, 2**70, 0.5, None, [1, {"a": 2}]]))
    if step % 3:
        found["nest"] = {"x": step, "deep": {"y": "z" * (step % 4)}}
    if step % 5 == 0:
        found[f"late{step // 25}"] = step
        found["picture"] = {"_type": "image-file", "path": f"media/{step}.png", "size": step}
    return found


@pytest.mark.parametrize(("seed", "make"), [(1, plain), (3, other)])
def test_files_hold_all_rows_or_there_are_none(writer: Writer, seed: int, make: Any) -> None:
    """Whatever comes and when: full and short segments, resends, steps out of order, going on later."""
    numbers = random.Random(seed)
    line, told = 0, 0
    before: list[list[dict[str, Any]]] = []
    for n in (1, 7, FULL, 2 * FULL + 5, 4 * FULL + 1, FULL - 1):
        rows = [make(max(0, line + i - numbers.choice([0, 0, 9])), numbers) for i in range(n)]
        writer.send(line, rows)
        writer.send(line, rows[:3])
        line += n
        assert files_of(writer, every=True) == []  # lines wait: all of it page by page
        writer.seal()
        whole = [one for _, one in writer.rows()]
        assert len(whole) == line
        exact, widened = files_of(writer), files_of(writer, every=True)
        assert bool(widened) == (n != FULL)  # a full segment may still get a neighbour in its file
        assert exact == [] or make is plain
        if widened:
            told += bool(exact)
            columns = {frozenset(one) for file in widened for one in file}
            assert len(columns) == 1  # the union, everywhere
            assert said([one for file in widened for one in file]) == said([dict(flat(one)) for one in whole])
            for file in widened:
                assert [one["_step"] for one in file] == sorted(one["_step"] for one in file)
            # Clients keep files by their number.
            for old, new in zip(before, widened, strict=False):
                assert said(old) == said(new, old[0].keys())
            assert len(before) < len(widened)
            before = widened
        if exact:
            assert said([one for file in exact for one in file]) == said(whole)
            assert all(None not in one.values() for file in exact for one in file)
    assert told == (5 if make is plain else 0)


def test_no_files_where_a_client_may_keep_others_under_the_same_names(writer: Writer) -> None:
    writer.send(0, [row(i, a=i) for i in range(5)])
    writer.seal()
    assert len(files_of(writer)) == 1
    writer.post(exit_code=0)
    writer.begin()
    writer.send(0, [row(i, a=-i) | {"_timestamp": 5000.0 + i} for i in range(4)])
    writer.seal()
    assert [one["a"] for _, one in writer.rows()] == [0, -1, -2, -3]
    assert files_of(writer, every=True) == []
    delete_run(writer.store, writer.viewer, RunId(writer.row().id), writer.now)
    writer.begin()
    writer.send(0, [row(i, a=i) for i in range(5)])
    writer.seal()
    assert files_of(writer, every=True) == []
    fresh = Writer(writer.store, writer.viewer, "r2")
    fresh.begin()
    fresh.send(3, [row(i, a=i) for i in range(5)])
    fresh.seal()
    assert len(files_of(fresh)) == 1
    fresh.send(0, [row(9, a=9)])  # lost on its way until now
    assert files_of(fresh) == []
    assert len(fresh.rows()) == 6


def test_a_text_that_no_file_can_hold(writer: Writer) -> None:
    writer.send(0, [row(0, a="x"), '{"_step": 1, "_timestamp": 1, "a": "\\ud800y"}'])
    writer.seal()
    assert [one["a"] for one in files_of(writer)[0]] == ["x", "\ufffdy"]


def test_files_travel_whole_and_in_ranges_to_who_may_read(writer: Writer, people: People) -> None:
    writer.send(0, [row(i, a=i) for i in range(50)])
    writer.seal()
    own = writer.row()
    with writer.store.reading() as reads:
        (file,) = reads.history_files(own)
        wanted = reads.history_file(own, file)
    mine = Links("http://box", writer.store.secret, people.ben.user_id, NOW).history_file(own.id, file, "f")
    strange = Links("http://box", writer.store.secret, people.eve.user_id, NOW).history_file(
        own.id, file, "f"
    )

    async def asked() -> list[httpx.Response]:
        app = Starlette(routes=Files(writer.store, lambda: NOW).routes())
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://box") as http:
            return [
                await http.head(mine),
                await http.get(mine),
                await http.get(mine, headers={"Range": "bytes=4-99"}),
                await http.get(mine, headers={"Range": f"bytes={len(wanted)}-"}),
                await http.get(strange),
                await http.put(mine, content=b"x"),
            ]

    head, whole, part, beyond, hidden, put = asyncio.run(asked())
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, str(len(wanted)), b"")
    assert (whole.status_code, whole.content) == (200, wanted)
    assert (part.status_code, part.content) == (206, wanted[4:100])
    assert part.headers["Content-Range"] == f"bytes 4-99/{len(wanted)}"
    assert (beyond.status_code, hidden.status_code, put.status_code) == (416, 404, 403)
