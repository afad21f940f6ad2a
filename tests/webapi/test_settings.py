"""Accounts, teams, projects and search, as the pages of settings ask for them."""

from datetime import datetime, timedelta
from functools import partial

from runstone.actions.run import RunChange, upsert_run
from runstone.store.opening import Store
from tests.artifacts import log_version
from tests.conftest import NOW, People
from tests.web import browser_of, client_of


def test_a_key_is_shown_once_and_ends(store: Store, people: People) -> None:
    client = client_of(store, people.keys["ben"])
    made = client.post("/api/account/keys", json={"description": "laptop"}).json()
    shown = client.get("/api/account").json()["keys"]
    assert [one["prefix"] for one in shown if one["id"] == made["id"]] == [made["key"][:6]]
    assert made["key"] not in client.get("/api/account").text
    other = client_of(store, made["key"])
    assert other.get("/api/account").json()["username"] == "ben"
    assert client.delete(f"/api/account/keys/{made['id']}").status_code == 204
    assert client_of(store, made["key"]).get("/api/account").status_code == 401
    assert client.delete(f"/api/account/keys/{made['id']}").status_code == 404
    assert client_of(store, people.keys["cy"]).delete("/api/account/keys/1").status_code == 404


def test_a_key_tells_to_the_hour_when_it_was_used(store: Store, people: People) -> None:
    reader = client_of(store, people.keys["ben"])

    def used() -> datetime | None:
        """When the key `laptop` was last used, by what its owner reads."""
        store.write(lambda tx: None)  # stands behind every write that nobody waited for
        (found,) = [one for one in reader.get("/api/account").json()["keys"] if one["id"] == made["id"]]
        return None if found["last_used_at"] is None else datetime.fromisoformat(found["last_used_at"])

    made = reader.post("/api/account/keys", json={"description": "laptop"}).json()
    assert used() is None
    for minutes, noted in ((0, 0), (59, 0), (61, 61), (62, 61)):
        clock = partial(NOW.__add__, timedelta(minutes=minutes))
        assert client_of(store, made["key"], clock=clock).get("/api/account").status_code == 200
        assert used() == NOW + timedelta(minutes=noted), minutes


def test_a_password_needs_the_current_one(store: Store, people: People) -> None:
    client = client_of(store, people.keys["ben"])
    assert client.get("/api/account").json()["has_password"] is False
    assert client.post("/api/account/password", json={"new": "short"}).status_code == 400
    assert client.post("/api/account/password", json={"new": "long enough"}).status_code == 204
    wrong = client.post("/api/account/password", json={"current": "nope", "new": "another one"})
    assert wrong.status_code == 403
    assert "current password is wrong" in wrong.text
    right = client.post("/api/account/password", json={"current": "long enough", "new": "another one"})
    assert right.status_code == 204
    said = browser_of(store).post("/login", data={"username": "ben", "password": "another one"})
    assert said.status_code == 303


def test_profiles_change(store: Store, people: People) -> None:
    client = client_of(store, people.keys["ben"])
    changed = client.patch("/api/account", json={"name": "Ben B.", "email": "ben@example.org"}).json()
    assert (changed["name"], changed["email"]) == ("Ben B.", "ben@example.org")
    assert client.patch("/api/account", json={"email": "nowhere"}).status_code == 400
    assert client_of(store).get("/api/account").status_code == 401


def test_a_colleague_is_invited_and_sets_a_password(store: Store, people: People) -> None:
    admin = client_of(store, people.keys["ada"])
    made = admin.post("/api/teams/lab/invitations", json={"username": "dora", "role": "member"})
    assert made.status_code == 201
    path = made.json()["link"].removeprefix("http://runs.test")
    browser = browser_of(store)
    page = browser.get(path)
    assert page.status_code == 200
    assert 'value="dora"' in page.text
    assert "<b>lab</b>" in page.text
    form = {"token": path.partition("token=")[2], "name": " Dora Maar ", "password": "short"}
    refused = browser.post("/login/invitation", data=form)
    assert refused.status_code == 400
    assert "expected at least 8" in refused.text
    assert browser.get("/api/account").status_code == 401
    done = browser.post("/login/invitation", data={**form, "password": "good enough"})
    assert (done.status_code, done.headers["location"]) == (303, "http://runs.test/")
    assert browser.get("/api/account").json()["name"] == "Dora Maar"
    for answer in (
        browser_of(store).get(path),
        browser_of(store).post("/login/invitation", data={**form, "password": "good enough"}),
    ):
        assert answer.status_code == 401
        assert "was used already" in answer.text
    own = {"username": "dora", "password": "good enough"}
    assert browser_of(store).post("/login", data=own).status_code == 303
    names = {one["username"]: one["role"] for one in admin.get("/api/teams/lab").json()["members"]}
    assert names["dora"] == "member"


def test_nobody_is_invited_into_the_account_of_another(store: Store, people: People) -> None:
    admin = client_of(store, people.keys["ada"])
    taken = admin.post("/api/teams/lab/invitations", json={"username": "ben"})
    assert taken.status_code == 409
    outside = client_of(store, people.keys["ben"])
    assert outside.post("/api/teams/lab/invitations", json={"username": "fay"}).status_code == 403


def test_roles_of_a_team_change(store: Store, people: People) -> None:
    admin = client_of(store, people.keys["ada"])
    changed = admin.put("/api/teams/lab/members/ben", json={"role": "viewer"}).json()
    assert {one["username"]: one["role"] for one in changed["members"]}["ben"] == "viewer"
    assert client_of(store, people.keys["cy"]).put(
        "/api/teams/lab/members/cy", json={"role": "admin"}
    ).status_code in (403, 404)
    assert admin.delete("/api/teams/lab/members/ben").json() == {"deleted": True}
    assert client_of(store, people.keys["ben"]).get("/api/teams/lab").status_code == 404


def test_a_project_is_made_described_shown_and_deleted(store: Store, people: People) -> None:
    admin = client_of(store, people.keys["ada"])
    made = admin.post("/api/projects", json={"entity": "lab", "name": "vision"})
    assert made.status_code == 201
    assert made.json()["visibility"] == "private"
    changed = admin.patch("/api/projects/lab/vision", json={"description": "# Eyes", "visibility": "public"})
    assert changed.json()["description"] == "# Eyes"
    assert client_of(store).get("/api/projects/lab/vision").status_code == 200
    member = client_of(store, people.keys["ben"])
    assert member.patch("/api/projects/lab/vision", json={"visibility": "private"}).status_code == 403
    renamed = admin.patch("/api/projects/lab/vision", json={"name": "sight"}).json()
    assert renamed["name"] == "sight"
    actions = [one["action"] for one in admin.get("/api/projects/lab/sight/changes").json()["changes"]]
    assert actions == ["rename_project", "change_project", "change_project", "create_project"]
    gone = admin.delete("/api/projects/lab/sight").json()
    assert admin.get("/api/projects/lab/sight").status_code == 404
    assert admin.post(f"/api/undo/project/{gone['id']}").status_code == 200
    assert admin.get("/api/projects/lab/sight").status_code == 200
    latest = admin.get("/api/projects/lab/sight/changes").json()["changes"][:2]
    assert [one["action"] for one in latest] == ["restore_project", "delete_project"]


def test_members_of_a_project(store: Store, people: People) -> None:
    admin = client_of(store, people.keys["ada"])
    admin.post("/api/projects", json={"entity": "lab", "name": "vision", "visibility": "restricted"})
    assert client_of(store, people.keys["ben"]).get("/api/projects/lab/vision").status_code == 404
    added = admin.put("/api/projects/lab/vision/members/ben", json={"role": "viewer"}).json()
    own = [one for one in added["members"] if not one["inherited"]]
    assert {"name": "ben", "kind": "person", "role": "viewer", "inherited": False} in own
    assert client_of(store, people.keys["ben"]).get("/api/projects/lab/vision").status_code == 200
    admin.put("/api/projects/lab/vision/members/ben", json={"role": None})
    assert client_of(store, people.keys["ben"]).get("/api/projects/lab/vision").status_code == 404


def test_search_finds_what_the_viewer_sees(store: Store, people: People) -> None:
    run = RunChange(entity="lab", project="p", name="r1", display_name="Sunny 100%")
    upsert_run(store, people.ben, run, NOW)
    log_version(store, people.ben, {"a": b"1"})
    client = client_of(store, people.keys["ben"])

    def found(text: str) -> list[tuple[str, str]]:
        hits = client.get("/api/search", params={"q": text}).json()["hits"]
        return [(one["kind"], one["title"]) for one in hits]

    assert ("run", "Sunny 100%") in found("sunny")
    assert found("100%") == [("run", "Sunny 100%")]
    assert found("10_%") == []
    assert any(kind == "artifact" for kind, _ in found("CNN"))
    assert found("  ") == []
    stranger = client_of(store, people.keys["eve"])
    assert stranger.get("/api/search", params={"q": "sunny"}).json()["hits"] == []
