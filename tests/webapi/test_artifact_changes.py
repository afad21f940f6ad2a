"""What a person does to artifacts in the UI."""

from runstone.actions.project import create_project
from runstone.store.opening import Store
from tests.artifacts import add_run, log_version
from tests.conftest import NOW, People
from tests.web import client_of

AT = "/api/artifacts/lab/mnist/cnn"
WHOLE = "/api/collections/lab/mnist/cnn"


def made(store: Store, people: People) -> None:
    """Two versions that share one file of 4 bytes and differ in another."""
    create_project(store, people.ben, "lab", "mnist", NOW)
    log_version(store, people.ben, {"same": b"same", "weights": b"first weights"})
    log_version(store, people.ben, {"same": b"same", "weights": b"second"})


def test_words_tags_and_life_time(store: Store, people: People) -> None:
    made(store, people)
    client = client_of(store, people.keys["cy"])
    change = {"description": "the first", "tags_to_add": ["keep"], "ttl_seconds": 86400}
    assert client.patch(f"{AT}/v0", json=change).status_code == 200
    shown = client.get(f"{AT}/v0").json()
    assert (shown["description"], shown["tags"]) == ("the first", ["keep"])
    assert (shown["ttl_seconds"], shown["ttl_inherited"]) == (86400, False)
    assert client.patch(f"{AT}/v0", json={"ttl_seconds": -2}).status_code == 200
    assert client.get(f"{AT}/v0").json()["ttl_seconds"] is None
    refused = client.patch(f"{AT}/v0", json={"ttl_seconds": 0})
    assert refused.status_code == 400
    assert "seconds above 0" in refused.text


def test_who_made_it(store: Store, people: People) -> None:
    """The run that logged it, and those that logged the same content later."""
    log_version(store, people.ben, {"a": b"1"})
    for name in ("first", "second", "third"):
        add_run(store, people.ben, name)
        log_version(store, people.ben, {"a": b"1"}, run_name=name, now=NOW)
    said = client_of(store, people.keys["cy"]).get(f"{AT}/v0").json()
    assert [one["run"] for one in said["made_by"]] == ["first", "second", "third"]
    assert (said["run_name"], said["used_by"]) == ("first", [])


def test_a_deletion_says_what_it_frees_and_can_be_undone(store: Store, people: People) -> None:
    made(store, people)
    client = client_of(store, people.keys["cy"])
    before = client.get(f"{AT}/v0/deletion").json()
    assert before["freed_bytes"] > len(b"first weights")  # its manifest goes, too
    assert before["shared_bytes"] == len(b"same")
    whole = client.get(f"{WHOLE}/deletion").json()
    held = client.get("/api/storage").json()["projects"]
    assert whole["freed_bytes"] == next(one["size_bytes"] for one in held if one["project"] == "mnist")
    gone = client.delete(f"{AT}/v0").json()
    assert client.get(f"{AT}/v0").status_code == 404
    assert client.post(f"/api/undo/{gone['noun']}/{gone['id']}").status_code == 200
    assert client.get(f"{AT}/v0").json()["version"] == "v0"
    line = client.delete(WHOLE).json()
    assert client.get(f"{AT}/v0").status_code == 404
    assert client_of(store, people.keys["eve"]).post(f"/api/undo/collection/{line['id']}").status_code == 404
    assert client.post(f"/api/undo/{line['noun']}/{line['id']}").status_code == 200
    assert client.get(f"{AT}/v0").json()["version"] == "v0"
    assert client.get(f"{AT}/v1").json()["version"] == "v1"
    changes = client.get("/api/projects/lab/mnist/changes").json()["changes"]
    wanted = ["restore_collection", "delete_collection", "restore_version", "delete_version"]
    assert [one["action"] for one in changes if one["action"] in wanted] == wanted


def test_protected_aliases_are_moved_by_managers_alone(store: Store, people: People) -> None:
    """A registry is made, protects production, and refuses a member by every way."""
    log_version(store, people.ben, {"a": b"1"})
    log_version(store, people.ben, {"a": b"2"})
    ada = client_of(store, people.keys["ada"])
    made = ada.post("/api/registries", json={"entity": "lab", "name": "vision", "types": ["model"]})
    assert (made.status_code, made.json()["project"]) == (201, "wandb-registry-vision")
    assert ada.post("/api/registries", json={"entity": "lab", "name": "vision"}).status_code == 400
    at = "/api/registries/lab/wandb-registry-vision"
    assert ada.patch(at, json={"protected": ["production"]}).status_code == 200
    assert client_of(store, people.keys["cy"]).patch(at, json={"protected": []}).status_code == 403
    link = {"entity": "lab", "project": "wandb-registry-vision", "collection": "M"}
    cy = client_of(store, people.keys["cy"])
    refused = cy.post("/api/artifacts/lab/mnist/cnn/v0/link", json={**link, "aliases": ["production"]})
    assert (refused.status_code, "protected" in refused.text) == (403, True)
    for version in ("v0", "v1"):
        assert cy.post(f"/api/artifacts/lab/mnist/cnn/{version}/link", json=link).status_code == 200
    aliases = "/api/artifacts/lab/wandb-registry-vision/M/{}/aliases"
    assert cy.post(aliases.format("v0"), json={"add": ["candidate"]}).status_code == 200
    assert ada.post(aliases.format("v0"), json={"add": ["production"]}).status_code == 200
    assert cy.post(aliases.format("v1"), json={"add": ["production"]}).status_code == 403
    assert cy.post(aliases.format("v0"), json={"remove": ["production"]}).status_code == 403
    assert cy.post("/api/artifacts/lab/wandb-registry-vision/M/v0/unlink", json={}).status_code == 403
    shown = cy.get(f"{at}/M").json()
    assert (shown["protected"], shown["may_write"], shown["may_manage"]) == (["production"], True, False)
    held = {one["version"]: one["aliases"] for one in shown["versions"]}
    assert (set(held["v0"]), held["v1"]) == ({"candidate", "production"}, ["latest"])


def test_linking_puts_a_version_into_a_registry(store: Store, people: People) -> None:
    made(store, people)
    client = client_of(store, people.keys["cy"])
    body = {"collection": "MNIST_CNN", "aliases": ["candidate"]}
    linked = client.post(f"{AT}/v1/link", json=body).json()
    assert linked == {
        "entity": "lab",
        "project": "model-registry",
        "collection": "MNIST_CNN",
        "version": "v0",
    }
    (place,) = client.get(f"{AT}/v1").json()["links"]
    assert (place["collection"], set(place["aliases"])) == ("MNIST_CNN", {"latest", "candidate"})
    client.post(f"{AT}/v0/link", json=body)
    shown = client.get("/api/registries/lab/model-registry/MNIST_CNN").json()
    assert [one["version"] for one in shown["versions"] if "candidate" in one["aliases"]] == ["v1"]
    first = shown["moves"][-1]
    assert (first["action"], first["aliases"], first["user"]) == ("link_version", ["candidate"], "cy")


def test_a_move_names_the_holder_before(store: Store, people: People) -> None:
    made(store, people)
    client = client_of(store, people.keys["cy"])
    for version in ("v0", "v1"):
        client.post(f"{AT}/{version}/link", json={"collection": "M", "aliases": []})
    home = "/api/artifacts/lab/model-registry/M"
    client.post(f"{home}/v0/aliases", json={"add": ["production"]})
    client.post(f"{home}/v1/aliases", json={"add": ["production"]})
    moves = client.get("/api/registries/lab/model-registry/M").json()["moves"]
    assert (moves[0]["alias"], moves[0]["version"], moves[0]["before"]) == ("production", "v1", "v0")


def test_strangers_change_nothing(store: Store, people: People) -> None:
    made(store, people)
    client = client_of(store, people.keys["eve"])
    for method, path in (
        ("PATCH", f"{AT}/v0"),
        ("DELETE", f"{AT}/v0"),
        ("GET", f"{AT}/v0/deletion"),
        ("PATCH", WHOLE),
        ("DELETE", WHOLE),
        ("POST", f"{AT}/v0/unlink"),
    ):
        assert client.request(method, path, json={}).status_code == 404, (method, path)
    assert client.post(f"{AT}/v0/link", json={"collection": "M"}).status_code == 404


def test_a_collection_is_described_and_tagged(store: Store, people: People) -> None:
    made(store, people)
    client = client_of(store, people.keys["cy"])
    change = {"description": "# Card", "tags_to_add": ["vision"], "name": "network"}
    assert client.patch(WHOLE, json=change).status_code == 200
    shown = client.get("/api/artifacts/lab/mnist/network/v0").json()
    assert (shown["collection_description"], shown["collection_tags"]) == ("# Card", ["vision"])
