"""`/api/runs/.../console`: pages, news, searching."""

import json

import pytest
from starlette.testclient import TestClient

from runstone.domain.history import Chunk, Stream
from runstone.store.opening import Store
from runstone.webapi import console
from tests.conftest import People
from tests.web import client_of
from tests.writer import Writer

AT = "/api/runs/lab/p/r1/console"


@pytest.fixture
def writer(store: Store, people: People) -> Writer:
    made = Writer(store, people.ben)
    made.begin()
    made.send(
        0,
        ["2026-01-01T00:00:00.000000 begin", "ERROR 2026-01-01T00:00:01.000000 \x1b[1moh\x1b[0m"],
        Stream.CONSOLE,
    )
    return made


@pytest.fixture
def client(store: Store, people: People, writer: Writer) -> TestClient:
    return client_of(store, people.keys["cy"])


def test_pages_and_news(client: TestClient, writer: Writer) -> None:
    page = client.get(AT).json()
    assert page["lines"][1] == {
        "number": 1, "timestamp": "2026-01-01T00:00:01.000000", "level": "error", "label": None,
        "line": "\x1b[1moh\x1b[0m",
    }  # fmt: skip
    asked = f"{AT}/news?cursor={page['cursor']}&total={page['total']}"
    assert client.get(asked).json()["lines"] == []
    writer.send(1, ["again", "more"], Stream.CONSOLE)
    news = client.get(asked).json()
    assert [(one["number"], one["line"]) for one in news["lines"]] == [(1, "again"), (2, "more")]
    assert (news["total"], news["epoch"]) == (3, 0)


def test_the_whole_of_it_is_a_text_file(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while the run goes on, piece by piece."""
    monkeypatch.setattr(console, "MOST_LINES", 1)
    answer = client.get(f"{AT}/text")
    assert answer.text == "begin\n\x1b[1moh\x1b[0m\n"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''r1.log"
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_searching(client: TestClient) -> None:
    assert [one["number"] for one in client.get(f"{AT}/search?text=OH").json()["lines"]] == [1]
    assert client.get(f"{AT}/search?text=%5Eb.*n%24&regex=1").json()["next"] is None
    nothing = client.get(f"{AT}/search")
    assert (nothing.status_code, "expected a text, or the label" in nothing.text) == (400, True)
    wrong = client.get(f"{AT}/search?text=(&regex=1")
    assert (wrong.status_code, "'(' is not a regular expression" in wrong.text) == (400, True)


def test_what_each_of_several_processes_printed(client: TestClient, writer: Writer) -> None:
    assert client.get(f"{AT}/processes").json() == {"processes": []}
    at = AT.replace("/r1/", "/all/")
    all_of_them = Writer(writer.store, writer.viewer, "all")
    for name, texts in (("a", ["1", "2"]), ("b", ["1"]), ("a", ["2", "3"])):
        lines = tuple(json.dumps({"content": text, "label": f"rank {name}"}) for text in texts)
        all_of_them.post(writer=name, chunks=(Chunk(Stream.CONSOLE, int(texts[0]) - 1, lines),))
    again = Chunk(Stream.CONSOLE, 0, (json.dumps({"content": "again", "label": "rank b"}),))
    all_of_them.post(writer="b, started again", chunks=(again,))
    printed = {one["label"]: one["ranges"] for one in client.get(f"{at}/processes").json()["processes"]}
    assert printed == {"rank a": [[0, 2], [3, 1]], "rank b": [[2, 1], [4, 1]]}
    found = client.get(f"{at}/search", params={"label": "rank a"}).json()["lines"]
    assert [(one["number"], one["line"], one["label"]) for one in found] == [
        *((0, "1", "rank a"), (1, "2", "rank a"), (3, "3", "rank a"))
    ]
    found = client.get(f"{at}/search", params={"label": "rank b", "text": "2"}).json()
    assert found == {"lines": [], "next": None}
