"""What the wire promises when something goes wrong behind it: the right status, reads, and recovery."""

import base64
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection
from starlette.testclient import TestClient

from runstone.actions.artifact import begin_version
from runstone.actions.manifest import announce_manifest, commit_version
from runstone.domain.errors import RunstoneError
from runstone.store.opening import Store
from runstone.wire.graphql import session
from tests.artifacts import MODEL, manifest_of, md5_hex, send, send_manifest
from tests.conftest import NOW, People
from tests.web import client_of

pytestmark = pytest.mark.one_database

UPSERT = """
mutation U($i: UpsertBucketInput!) { upsertBucket(input: $i) { inserted bucket { name } } }
"""
READ = """
{ project(name: "p", entityName: "lab") {
    runs(order: "-created_at", first: 50) { edges { node {
      name config summaryMetrics historyKeys history(samples: 7)
      sampledHistory(specs: ["{\\"keys\\": [\\"_step\\", \\"loss\\"], \\"samples\\": 9}"])
    } cursor } } } }
"""


def begin(client: TestClient, name: str, **more: Any) -> Any:
    """The answer to a client that initialises a run."""
    given = {"name": name, "modelName": "p", "entityName": "lab", **more}
    return client.post("/graphql", json={"query": UPSERT, "variables": {"i": given}})


def log(client: TestClient, name: str, first: int, rows: int, width: int = 1) -> Any:
    """The answer to a client that sends rows."""
    lines = [
        f'{{"_step": {i}, "loss": {i / 7}, "text": "{"x" * width}"}}' for i in range(first, first + rows)
    ]
    posted = {"files": {"wandb-history.jsonl": {"offset": first, "content": lines}}}
    return client.post(f"/files/lab/p/{name}/file_stream", json=posted)


@contextmanager
def full_disk(store: Store) -> Iterator[None]:
    """The database can't grow by a single page, as on a disk without room."""

    def limit(conn: Connection, pages: str) -> None:
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    with store.database.reading() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
    store.database.write(lambda conn: limit(conn, str(pages)))
    try:
        yield
    finally:
        store.database.write(lambda conn: limit(conn, str(2**31 - 2)))


def test_a_full_disk_is_told_on_both_channels_and_passes(store: Store, ben: TestClient) -> None:
    assert begin(ben, "r1").status_code == 200
    assert log(ben, "r1", 0, 10).status_code == 200
    before = ben.post("/graphql", json={"query": READ}).json()
    with full_disk(store):
        streamed = log(ben, "r1", 10, 100, width=10_000)
        assert (streamed.status_code, "disk" in streamed.json()["error"]) == (507, True)
        config = '{"big": {"value": "' + "x" * 1_000_000 + '"}}'
        begun = begin(ben, "r2", config=config)
        assert (begun.status_code, "disk" in begun.json()["errors"][0]["message"]) == (507, True)
        assert ben.post("/graphql", json={"query": READ}).json() == before
    assert log(ben, "r1", 10, 100, width=10_000).status_code == 200
    assert begin(ben, "r2", config=config).status_code == 200


def test_a_defect_is_no_500(
    ben: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Clients repeat what ends with 500, for minutes; the reason is in the log under the request's id."""

    def broken(*_: Any) -> str:
        raise RuntimeError("planted")

    monkeypatch.setattr(session, "wire_id", broken)
    caplog.set_level(logging.ERROR)
    answer = ben.post("/graphql", json={"query": "{ viewer { id } }"}, headers={"X-Request-Id": "r-1"})
    assert answer.status_code == 200
    assert "recorded under request r-1" in answer.json()["errors"][0]["message"]
    assert "planted" not in answer.text
    assert "planted" in caplog.text


def test_documents_come_back_to_the_letter(ben: TestClient) -> None:
    """Whatever is in them, and however it is written: twice, since the second time changes what is there."""
    odd = '{"b":  {"value": 1.50, "more": 1e400}, "a": [], "\\u00e9": null, "_wandb": {"of-the-future": 1}}'
    save = """mutation V($i: UpsertViewInput!) { upsertView(input: $i) { view { id spec } } }"""
    asked = '{ project(name: "p", entityName: "lab") { run(name: "r1") { config } } }'
    view: dict[str, Any] = {"entityName": "lab", "projectName": "p", "type": "runs", "name": "n"}
    for text in (odd, odd.replace("1.50", "2.500")):
        assert begin(ben, "r1", config=text).status_code == 200
        found = ben.post("/graphql", json={"query": asked}).json()["data"]["project"]["run"]
        assert found["config"] == text
        made = ben.post("/graphql", json={"query": save, "variables": {"i": {**view, "spec": text}}}).json()
        saved = made["data"]["upsertView"]["view"]
        assert saved["spec"] == text
        read = {"query": f'{{ view(id: "{saved["id"]}") {{ spec }} }}'}
        assert ben.post("/graphql", json=read).json()["data"]["view"]["spec"] == text
        view["id"] = saved["id"]


def test_half_of_a_surrogate_pair_hides_nothing(ben: TestClient) -> None:
    """Python's JSON may have one, no answer can: the rest of the message is kept, the run readable."""
    begin(ben, "r1", config='{"a": {"value": "\\udcff"}}')
    lines = {
        "wandb-history.jsonl": '{"_step": 0, "a": "x\\udcff", "b\\ud800": 1, "c": "\\ud83d\\ude00"}',
        "wandb-summary.json": '{"a": "\\udcff"}',
        "output.log": "printed \udcff",
    }
    post = json.dumps({"files": {name: {"offset": 0, "content": [one]} for name, one in lines.items()}})
    assert ben.post("/files/lab/p/r1/file_stream", content=post).status_code == 200
    answer = ben.post("/graphql", json={"query": READ})
    assert answer.status_code == 200
    assert "errors" not in answer.json()
    row = ben.get("/api/runs/lab/p/r1/rows?key=a&key=c").json()
    assert "x\ufffd" in str(row)
    assert "\U0001f600" in str(row)
    assert ben.get("/api/runs/lab/p/r1").json()["summary"]["a"] == "\ufffd"
    assert "printed" in ben.get("/api/runs/lab/p/r1/console").text


def test_a_number_that_no_database_takes_is_no_500(ben: TestClient) -> None:
    begin(ben, "r1")
    far = "9" * 23
    for path in (
        f"/api/views/{far}",
        f"/api/media/run/{far}/a",
        f"/api/runs/lab/p/r1/rows?key=a&offset={far}",
    ):
        assert ben.get(path).status_code < 500, path
    view = base64.b64encode(f"View:{far}".encode()).decode()
    assert "Internal" not in ben.post("/graphql", json={"query": f'{{ view(id: "{view}") {{ id }} }}'}).text
    assert ben.get(f"/lab/p/reports/x--{view}").status_code == 404
    assert ben.get("/static/%00").status_code == 404
    asked = '{ project(name: "p", entityName: "lab") { run(name: "r1") { sampledHistory(specs: ["%s"]) } } }'
    spec = '{\\"keys\\": [], \\"samples\\": 1e999}'
    assert ben.post("/graphql", json={"query": asked % spec}).status_code == 400


def test_two_processes_with_one_run_id(store: Store, people: People) -> None:
    """The second is told to come again, since the first may have died; then that it lives."""
    now = [NOW]
    client = client_of(store, people.keys["ben"], clock=lambda: now[0])
    first, second = (f'{{"_wandb": {{"value": {{"e": {{"{one}": {{}}}}}}}}}}' for one in "ab")
    assert begin(client, "r1", config=first, host="box").status_code == 200
    now[0] += timedelta(seconds=5)
    assert begin(client, "r1", config=second, host="box").status_code == 409
    now[0] += timedelta(seconds=5)
    assert log(client, "r1", 0, 1).status_code == 200
    refused = begin(client, "r1", config=second, host="box")
    message = refused.json()["errors"][0]["message"]
    assert (refused.status_code, "Give this run another id" in message) == (400, True), message
    # A refused client of 0.19 sends its config all the same, with neither its host nor its name.
    late = begin(client, "r1", config='{"lr": {"value": 9}, "_wandb": {"value": {"t": {}}}}')
    assert late.status_code == 400
    kept = client.post("/graphql", json={"query": READ}).json()["data"]["project"]["runs"]["edges"][0]["node"]
    assert json.loads(kept["config"])["_wandb"]["value"] == {"e": {"a": {}}}


def test_bytes_that_vanish_before_the_commit_are_named(store: Store, people: People) -> None:
    version = begin_version(store, people.ben, replace(MODEL, digest="d"), NOW)
    manifest = announce_manifest(
        store, people.ben, version, "wandb_manifest.json", NOW, kind="FULL", digest="", base_version_id=None
    )
    for data in (b"here", b"lost"):
        send(store, people.ben, version, data)
    send_manifest(store, people.ben, manifest, manifest_of({"here": b"here", "folder/lost": b"lost"}))
    with store.reading() as reads:
        row = reads.version(people.ben, version)
    assert row is not None
    store.blobs.delete(f"e/{row.entity_id}/m/{md5_hex(b'lost')}")
    with pytest.raises(RunstoneError, match="folder/lost"):
        commit_version(store, people.ben, version, NOW)
    send(store, people.ben, version, b"lost")
    assert commit_version(store, people.ben, version, NOW) == version


def test_the_same_question_has_the_same_answer(store: Store, people: People, ben: TestClient) -> None:
    for name in ("a", "b", "c"):
        begin(ben, name, config='{"lr": {"value": 0.1}}')
        log(ben, name, 0, 500)
    first = ben.post("/graphql", json={"query": READ}).content
    assert b"sampledHistory" in first
    again = client_of(store, people.keys["ben"])
    assert [again.post("/graphql", json={"query": READ}).content for _ in range(3)] == [first] * 3
