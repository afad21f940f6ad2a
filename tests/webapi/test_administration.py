"""`/api/admin`: who may, what comes back, what is refused."""

from typing import Any

import pytest

from runstone.store.opening import Store
from tests.conftest import ADMIN_KEY, People
from tests.web import client_of

TABLE: list[tuple[str, str, dict[str, Any] | None, int, dict[str, Any] | str]] = [
    ("PUT", "users/dora", {"email": "d@example.org"}, 201, {"username": "dora", "created": True}),
    ("PUT", "users/dora", None, 201, {"created": True}),
    ("PUT", "users/ben", {"api_key": "n" * 40}, 200, {"created": False, "api_key": None}),
    ("PUT", "users/dora", {"apikey": "n" * 40}, 400, "body.apikey"),
    ("PUT", "users/dora", {"api_key": "n"}, 400, "40 to 128"),
    ("PUT", "users/api", {}, 400, "reserved"),
    ("PUT", "users/lab", {}, 409, "there is a team"),
    ("PUT", "users/admin", {"admin": False}, 200, {"created": False}),
    ("DELETE", "users/ben", None, 200, {"deleted": True}),
    ("DELETE", "users/nobody", None, 200, {"deleted": False}),
    (
        "PUT",
        "organizations/institute",
        {"members": [{"username": "ben", "role": "admin"}]},
        201,
        {"created": True},
    ),
    ("PUT", "organizations/institute", {"members": [{"username": "who"}]}, 404, "unknown user"),
    ("PUT", "organizations/institute", {"members": [{"username": "ben", "role": "boss"}]}, 400, "role"),
    ("DELETE", "organizations/runstone", None, 409, "only organization"),
    ("PUT", "teams/birds", {"members": [{"username": "ben"}]}, 201, {"created": True}),
    ("PUT", "teams/lab", {"organization": "runstone", "members": []}, 200, {"created": False}),
    ("PUT", "teams/lab", {"organization": "elsewhere"}, 404, "elsewhere"),
    ("DELETE", "teams/lab", None, 200, {"deleted": True}),
    ("GET", "users/ben", None, 405, "not possible"),
    ("GET", "nothing", None, 404, "/api/admin/nothing"),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "expected"), TABLE)
def test_administration(
    store: Store,
    people: People,
    method: str,
    path: str,
    body: dict[str, Any] | None,
    status: int,
    expected: dict[str, Any] | str,
) -> None:
    client = client_of(store, ADMIN_KEY)
    answer = client.request(method, f"/api/admin/{path}", json=body)
    assert answer.status_code == status, answer.text
    if isinstance(expected, str):
        assert expected in answer.json()["error"]["message"]
        assert answer.json()["error"]["request_id"] == answer.headers["x-request-id"]
    else:
        assert answer.json().items() >= expected.items()


def test_the_made_key_signs_in(store: Store, people: People) -> None:
    key = client_of(store, ADMIN_KEY).put("/api/admin/users/dora").json()["api_key"]
    viewer = client_of(store, key).post("/graphql", json={"query": "{ viewer { username } }"}).json()
    assert viewer["data"]["viewer"]["username"] == "dora"


@pytest.mark.parametrize("path", ["users/ben", "organizations/institute", "teams/birds"])
def test_only_administrators(store: Store, people: People, path: str) -> None:
    for method in ("PUT", "DELETE"):
        assert client_of(store).request(method, f"/api/admin/{path}").status_code == 401
        assert client_of(store, "z" * 40).request(method, f"/api/admin/{path}").status_code == 401
    assert client_of(store, people.keys["ben"]).put(f"/api/admin/{path}").status_code == 403


def test_a_wrong_key_is_told_apart_from_none(store: Store) -> None:
    said = client_of(store, "z" * 40).put("/api/admin/users/dora").json()["error"]["message"]
    assert "http://runs.test" in said
    assert "other servers don't work here" in said


def test_rights_end_at_once(store: Store, people: People) -> None:
    admin, ben = client_of(store, ADMIN_KEY), None
    admin.put("/api/admin/users/ben", json={"admin": True})
    ben = client_of(store, people.keys["ben"])
    assert ben.put("/api/admin/users/dora").status_code == 201
    ben.put("/api/admin/users/ben", json={"admin": False})
    assert ben.put("/api/admin/users/dora2").status_code == 403


def test_bodies_that_are_not_json(store: Store) -> None:
    answer = client_of(store, ADMIN_KEY).put(
        "/api/admin/users/dora", content=b"{", headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400
    assert "JSON" in answer.json()["error"]["message"]


def test_the_description_names_every_field(store: Store) -> None:
    described = client_of(store).get("/api/openapi.json").json()
    assert "/api/admin/users/{username}" in described["paths"]
    assert set(described["components"]["schemas"]["UserBody"]["properties"]) == {
        *("api_key", "password", "email", "admin")
    }
