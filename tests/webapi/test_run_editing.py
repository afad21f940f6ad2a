"""Runs changed from a table, deleted and brought back, and bytes that go when the grace is over."""

from datetime import timedelta

import pytest

from runstone.actions.blob import collect_blobs
from runstone.actions.history import Post, receive
from runstone.actions.retention import free_runs
from runstone.actions.run import RunChange, upsert_run
from runstone.domain.history import Chunk, Stream
from runstone.store.opening import Store
from tests.artifacts import log_version
from tests.conftest import NOW, People
from tests.web import client_of

GRACE = timedelta(hours=24)


@pytest.fixture
def runs(store: Store, people: People) -> list[str]:
    """Three runs of lab/p, the last one alive, with a row each."""
    names = ["a", "b", "c"]
    for name in names:
        upsert_run(store, people.ben, RunChange(entity="lab", project="p", name=name, tags=("x",)), NOW)
        chunk = Chunk(Stream.HISTORY, 0, ('{"loss": 1, "_step": 0}',))
        receive(
            store, people.ben, "lab", "p", name, Post((chunk,), exit_code=None if name == "c" else 0), NOW
        ).result()
    return names


def test_one_run_is_described(store: Store, people: People, runs: list[str]) -> None:
    client = client_of(store, people.keys["ben"])
    body = {"display_name": "Best", "notes": "*why*", "tags": ["x", "y"], "group": "g"}
    assert client.patch("/api/runs/lab/p/a", json=body).status_code == 200
    shown = client.get("/api/runs/lab/p/a").json()
    assert (shown["name"], shown["notes"], shown["tags"]) == ("Best", "*why*", ["x", "y"])
    assert client.patch("/api/runs/lab/p/zz", json=body).status_code == 404
    assert client.patch("/api/runs/lab/p/a", json={"colour": "red"}).status_code == 400
    assert client_of(store, people.keys["eve"]).patch("/api/runs/lab/p/a", json=body).status_code == 404


def test_many_runs_are_tagged_and_stopped(store: Store, people: People, runs: list[str]) -> None:
    client = client_of(store, people.keys["ben"])
    url = "/api/runs/lab/p/bulk"
    tagged = client.post(url, json={"act": "tag", "runs": runs, "add": ["y"], "remove": ["x"]}).json()
    assert tagged["changed"] == 3
    assert client.get("/api/runs/lab/p/b").json()["tags"] == ["y"]
    assert client.post(url, json={"act": "tag", "runs": runs, "add": ["y"]}).json()["changed"] == 0
    assert client.post(url, json={"act": "stop", "runs": runs}).json()["changed"] == 1
    assert client.get("/api/runs/lab/p/c").json()["stop_requested"] is True
    missing = client.post(url, json={"act": "delete", "runs": ["a", "nope"]})
    assert missing.status_code == 404
    assert "nope" in missing.text
    assert client.get("/api/runs/lab/p/a").status_code == 200


def test_deleted_runs_come_back_until_their_bytes_are_gone(
    store: Store, people: People, runs: list[str]
) -> None:
    client = client_of(store, people.keys["ben"])
    gone = client.post("/api/runs/lab/p/bulk", json={"act": "delete", "runs": ["a", "b"]}).json()["deleted"]
    assert client.get("/api/runs/lab/p/a").status_code == 404
    activity = client.get("/api/projects/lab/p/activity").json()
    assert {(one["id"], one["run_id"]) for one in activity["deleted"]} == set(zip(gone, "ab", strict=True))
    assert activity["computed_seconds"] == 0
    assert client_of(store, people.keys["eve"]).get("/api/projects/lab/p/activity").status_code == 404
    assert client.post(f"/api/undo/run/{gone[0]}").status_code == 200
    assert [one["id"] for one in client.get("/api/projects/lab/p/activity").json()["deleted"]] == gone[1:]
    rows = client.get("/api/runs/lab/p/a/rows?key=loss").json()["rows"]
    assert [row["loss"] for row in rows] == [1]
    assert client.post(f"/api/undo/run/{gone[0]}").status_code == 404
    actions = [one["action"] for one in client.get("/api/projects/lab/p/changes").json()["changes"]]
    assert (actions.count("delete_run"), actions.count("restore_run")) == (2, 1)
    assert free_runs(store, NOW + GRACE / 2, GRACE) == 0
    assert free_runs(store, NOW + GRACE, GRACE) == 1
    assert client.get("/api/projects/lab/p/activity").json()["deleted"] == []
    late = client.post(f"/api/undo/run/{gone[1]}")
    assert late.status_code == 409
    assert "gone for good" in late.text


def test_sweeps_and_views_come_back(store: Store, people: People) -> None:
    from runstone.actions.sweep import create_sweep, delete_sweep
    from runstone.actions.view import delete_view, save_view

    client = client_of(store, people.keys["ben"])
    text = "method: random\nparameters: {lr: {min: 0.0, max: 1.0}}"
    sweep, _ = create_sweep(store, people.ben, "lab", "p", text, NOW)
    delete_sweep(store, people.ben, sweep, NOW)
    assert client.post(f"/api/undo/sweep/{sweep}").status_code == 200
    (shown,) = client.get("/api/sweeps/lab/p").json()
    url = f"/api/sweeps/lab/p/{shown['name']}"
    assert client_of(store, people.keys["eve"]).delete(url).status_code == 404
    assert client.delete(url).json() == {"id": sweep}
    assert client.get(url).status_code == 404
    assert client.post(f"/api/undo/sweep/{sweep}").status_code == 200
    assert client.get(url).status_code == 200
    view, _ = save_view(store, people.ben, NOW, entity_name="lab", project_name="p", spec="{}")
    delete_view(store, people.ben, view, NOW)
    assert client_of(store, people.keys["eve"]).post(f"/api/undo/view/{view}").status_code == 404
    assert client.post(f"/api/undo/view/{view}").status_code == 200
    assert client.post(f"/api/undo/view/{view}").status_code == 404
    actions = [one["action"] for one in client.get("/api/projects/lab/p/changes").json()["changes"]]
    assert {"delete_sweep", "restore_sweep", "delete_view", "restore_view"} <= set(actions)


def test_a_rule_shows_what_it_would_let_go(store: Store, people: People) -> None:
    for number in range(3):
        log_version(store, people.ben, {"a": str(number).encode() * 1000})
    admin = client_of(store, people.keys["ada"])
    url = "/api/retention/lab/mnist"
    assert admin.get(url).json()["rule"] is None
    plan = admin.post(f"{url}/plan", json={"keep_last": 1}).json()
    assert [one["name"] for one in plan["versions"]] == ["cnn:v0", "cnn:v1"]
    assert plan["frees_bytes"] >= 2000
    assert admin.post(f"{url}/plan", json={"keep_best": 1}).status_code == 400
    assert admin.put(url, json={"keep_last": 2}).json()["rule"]["keep_last"] == 2
    assert client_of(store, people.keys["ben"]).put(url, json={"keep_last": 0}).status_code == 403

    from runstone.actions.retention_rule import apply_rules

    assert apply_rules(store, NOW) == 1
    assert apply_rules(store, NOW) == 0
    left = admin.get("/api/artifacts/lab/mnist").json()
    assert left
    collect_blobs(store, NOW, GRACE)
    assert admin.put(url, json=None).status_code == 200
