"""The ledger equals the disk, and what a deletion frees is said before it happens."""

from datetime import timedelta
from pathlib import Path

import pytest

from runstone.actions.blob import UNREFERENCED_FOR, collect_blobs, receive_run_file
from runstone.actions.project import delete_project
from runstone.actions.retention import free_runs, free_versions
from runstone.store.opening import Store
from tests.artifacts import log_version
from tests.conftest import NOW, People
from tests.web import client_of
from tests.writer import Writer, row

GRACE = timedelta(hours=24)


def on_disk(store: Store) -> int:
    """Bytes of all objects, as files."""
    root = store.blobs.local_path("tmp")
    assert root is not None
    return sum(path.stat().st_size for path in Path(root).parent.rglob("*") if path.is_file())


def test_the_ledger_equals_the_disk(store: Store, people: People) -> None:
    log_version(store, people.ben, {"a": b"one" * 1000, "b": b"two" * 500})
    log_version(store, people.ben, {"a": b"one" * 1000, "c": b"three" * 100})
    said = client_of(store, people.keys["ada"]).get("/api/storage").json()
    (home,) = said["projects"]
    assert (home["entity"], home["project"]) == ("lab", "mnist")
    assert home["size_bytes"] + said["unowned_bytes"] == on_disk(store) == said["total_bytes"]
    assert (home["own_bytes"], said["shared_bytes"]) == (home["size_bytes"], 0)
    stranger = client_of(store, people.keys["eve"]).get("/api/storage").json()
    assert stranger == {"projects": [], "total_bytes": 0, "shared_bytes": 0, "unowned_bytes": 0}
    assert client_of(store).get("/api/storage").status_code == 401


def test_what_several_own_is_told_apart_and_adds_up(store: Store, people: People) -> None:
    """The same bytes in two projects, in a run's file and a version, in two versions of a collection."""
    both, once = b"in both" * 1000, b"once" * 300
    log_version(store, people.ben, {"a": both, "b": once}, project_name="p")
    log_version(store, people.ben, {"a": both}, project_name="q")
    log_version(store, people.ben, {"b": once, "c": b"c" * 50}, project_name="p")
    writer = Writer(store, people.ben)
    writer.begin()
    for name, data in (("b.bin", once), ("own.bin", b"own" * 70)):
        upload = store.blobs.begin()
        upload.write(data)
        receive_run_file(store, people.ben, writer.row().id, name, upload, NOW)
    said = client_of(store, people.keys["ada"]).get("/api/storage").json()
    homes = {one["project"]: one for one in said["projects"]}
    assert sum(one["own_bytes"] for one in homes.values()) + said["shared_bytes"] == said["total_bytes"]
    assert said["total_bytes"] + said["unowned_bytes"] == on_disk(store)
    assert said["shared_bytes"] == len(both)
    assert homes["q"]["size_bytes"] - homes["q"]["own_bytes"] == len(both)
    kinds = {one["kind"]: one for one in homes["p"]["kinds"]}
    assert kinds["version"]["size_bytes"] == len(both) + len(once) + 50
    assert kinds["version"]["own_bytes"] == 50
    assert kinds["run_file"]["size_bytes"] == len(once) + 210
    assert kinds["run_file"]["own_bytes"] == 210
    manifests = kinds["manifest"]["size_bytes"]
    assert homes["p"]["size_bytes"] == len(both) + len(once) + 50 + 210 + manifests
    owners = client_of(store, people.keys["ben"]).get("/api/storage/lab/p").json()
    assert [(one["size_bytes"], one["own_bytes"]) for one in owners["runs"]] == [(len(once) + 210, 210)]
    first, second = sorted(owners["versions"], key=lambda one: one["id"])
    assert first["size_bytes"] - first["own_bytes"] == len(both) + len(once)
    assert second["size_bytes"] - second["own_bytes"] == len(once)
    (line,) = owners["collections"]
    assert line["size_bytes"] == homes["p"]["size_bytes"] - 210
    assert (line["size_bytes"] - line["own_bytes"], line["versions"]) == (len(both) + len(once), 2)
    # Together they free what neither frees alone.
    asked = {"entity": "lab", "project": "p", "versions": [first["id"], second["id"]]}
    going = client_of(store, people.keys["ben"]).post("/api/storage/freed", json=asked).json()
    assert going["frees_bytes"] == 50 + manifests
    asked["runs"] = ["r1"]
    going = client_of(store, people.keys["ben"]).post("/api/storage/freed", json=asked).json()
    assert (going["frees_bytes"], going["stays_bytes"]) == (len(once) + 260 + manifests, len(both))


def test_what_a_deletion_frees_is_said_before(store: Store, people: People) -> None:
    first, _ = log_version(store, people.ben, {"a": b"one" * 1000, "b": b"two" * 500})
    second, _ = log_version(store, people.ben, {"a": b"one" * 1000})
    client = client_of(store, people.keys["ben"])

    def freed(**more: object) -> dict[str, int]:
        body = {"entity": "lab", "project": "mnist", **more}
        answer = client.post("/api/storage/freed", json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, int] = answer.json()
        return found

    one = freed(versions=[first])
    assert one["stays_bytes"] == 3000
    assert one["frees_bytes"] > 1500  # and its manifest
    both = freed(versions=[first, second])
    assert both["stays_bytes"] == 0
    assert both["frees_bytes"] == freed(whole=True)["frees_bytes"] == on_disk(store)
    missing = client.post("/api/storage/freed", json={"entity": "lab", "project": "mnist", "versions": [999]})
    assert missing.status_code == 404
    assert (
        client_of(store, people.keys["eve"])
        .post("/api/storage/freed", json={"entity": "lab", "project": "mnist", "whole": True})
        .status_code
        == 404
    )


@pytest.fixture
def writer(store: Store, people: People) -> Writer:
    """Run r1 of lab/p: two sealed segments, rows that wait, console and a file."""
    made = Writer(store, people.ben)
    made.begin()
    for start in (0, 200):
        made.send(start, [row(start + one, loss=1 / (start + one + 1)) for one in range(200)])
        made.seal()
    made.send(400, [row(400, loss=0.5)])
    upload = store.blobs.begin()
    upload.write(b"weights" * 1000)
    receive_run_file(store, people.ben, made.row().id, "w.h5", upload, NOW)
    return made


def test_each_owner_is_named_with_its_bytes(store: Store, people: People, writer: Writer) -> None:
    first, _ = log_version(store, people.ben, {"a": b"one" * 1000, "b": b"two" * 500}, project_name="p")
    second, _ = log_version(store, people.ben, {"a": b"one" * 1000}, project_name="p")
    client = client_of(store, people.keys["ben"])
    said = client.get("/api/storage/lab/p").json()
    (run,) = said["runs"]
    assert (run["run"], run["deleted"], run["objects"]) == ("r1", False, 3)
    waiting = writer.stream().tail_bytes
    tail = client.get("/api/storage").json()["projects"][0]
    tail_bytes = next(one["size_bytes"] for one in tail["kinds"] if one["kind"] == "tail")
    assert 0 < tail_bytes <= waiting + 200
    assert [one["id"] for one in said["versions"]] == [first, second]
    assert [one["version"] for one in said["versions"]] == ["v0", "v1"]
    shared = 3000  # both versions hold that file: it counts for each, and lies on the disk once
    held = run["size_bytes"] - tail_bytes + sum(one["size_bytes"] for one in said["versions"]) - shared
    assert held == on_disk(store)
    (line,) = said["collections"]
    assert line["size_bytes"] == sum(one["size_bytes"] for one in said["versions"]) - shared


def test_a_deleted_run_gives_back_what_was_said(store: Store, people: People, writer: Writer) -> None:
    client = client_of(store, people.keys["ben"])
    before, rows = on_disk(store), writer.row().id
    asked = {"entity": "lab", "project": "p", "runs": ["r1"]}
    said = client.post("/api/storage/freed", json=asked).json()
    assert said["objects"] == 3
    client.post("/api/runs/lab/p/bulk", json={"act": "delete", "runs": ["r1"]})
    (run,) = client.get("/api/storage/lab/p").json()["runs"]
    assert (run["id"], run["deleted"], run["size_bytes"]) == (rows, True, said["frees_bytes"])
    assert on_disk(store) == before
    later = NOW + GRACE
    assert free_runs(store, later, GRACE) == 1
    assert client.get("/api/storage").json()["projects"] == []  # its waiting rows are gone, too
    collect_blobs(store, later + UNREFERENCED_FOR, GRACE)
    collect_blobs(store, later + UNREFERENCED_FOR + 2 * GRACE, GRACE)
    assert on_disk(store) == 0


def test_a_project_comes_back_whole_or_not_at_all(store: Store, people: People, writer: Writer) -> None:
    log_version(store, people.ben, {"a": b"1"})
    admin = client_of(store, people.keys["ada"])
    with store.reading() as reads:
        homes = [reads.project(people.ada, "lab", name) for name in ("p", "mnist")]
    for home in homes:
        assert home is not None
        delete_project(store, people.ada, home.id, NOW)
        assert admin.post(f"/api/undo/project/{home.id}").status_code == 200
        delete_project(store, people.ada, home.id, NOW)
    free_runs(store, NOW + GRACE, GRACE)
    free_versions(store, NOW + GRACE, GRACE)
    for home in homes:
        assert home is not None
        late = admin.post(f"/api/undo/project/{home.id}")
        assert late.status_code == 409
        assert "gone for good" in late.text


def test_administrators_see_how_it_is_doing(store: Store, people: People) -> None:
    admin = client_of(store, people.keys["ada"])
    health = admin.get("/api/admin/health").json()
    assert health["database"] == "SQLite"
    assert health["database_bytes"] > 0
    assert 0 < health["disk_free_bytes"] <= health["disk_total_bytes"]
    names = [one["username"] for one in admin.get("/api/admin/users").json()["people"]]
    assert names == sorted(names)
    assert {"ada", "ben"} <= set(names)
    assert admin.get("/api/admin/jobs").json() == {"jobs": []}
    link = admin.post("/api/admin/users/ben/link").json()["link"]
    assert link.startswith("http://runs.test/login?token=")
    for path in ("users", "health", "jobs"):
        assert client_of(store, people.keys["ben"]).get(f"/api/admin/{path}").status_code == 403
        assert client_of(store).get(f"/api/admin/{path}").status_code == 401
