"""The ledger equals the disk, and what a deletion frees is said before it happens."""

from pathlib import Path

from runstone.store.opening import Store
from tests.artifacts import log_version
from tests.conftest import People
from tests.web import client_of


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
    assert home["size_bytes"] + said["unowned_bytes"] == on_disk(store)
    stranger = client_of(store, people.keys["eve"]).get("/api/storage").json()
    assert stranger == {"projects": [], "unowned_bytes": 0}
    assert client_of(store).get("/api/storage").status_code == 401


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
