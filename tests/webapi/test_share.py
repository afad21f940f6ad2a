"""A share link opens one report with the data it draws, and nothing beside it."""

import json
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from runstone.actions.history import Post, receive
from runstone.actions.run import RunChange, upsert_run
from runstone.actions.view import save_view
from runstone.domain.history import Chunk, Stream
from runstone.store.opening import Store
from tests.artifacts import log_version
from tests.conftest import NOW, People
from tests.web import browser_of, client_of

SPEC = {
    "blocks": [
        {"type": "panel-grid", "metadata": {"runSets": [{"project": {"name": "p", "entityName": "lab"}}]}}
    ]
}


@pytest.fixture
def report(store: Store, people: People) -> int:
    """A report over lab/p, beside another project of the team and a version."""
    for project in ("p", "secret"):
        upsert_run(store, people.ben, RunChange(entity="lab", project=project, name="a"), NOW)
        chunk = Chunk(Stream.HISTORY, 0, ('{"loss": 1, "_step": 0}',))
        receive(store, people.ben, "lab", project, "a", Post((chunk,), exit_code=0), NOW).result()
    log_version(store, people.ben, {"a": b"1"})
    made, _ = save_view(
        store,
        people.ben,
        NOW,
        entity_name="lab",
        project_name="p",
        type="runs",
        display_name="Tuning",
        spec=json.dumps(SPEC),
    )
    return int(made)


def link(store: Store, people: People, report: int, **body: object) -> tuple[int, str]:
    """A link's number and its token."""
    done = client_of(store, people.keys["ben"]).post(f"/api/views/{report}/links", json=body)
    assert done.status_code == 201, done.text
    return done.json()["id"], done.json()["link"].rpartition("/")[2]


def holder(store: Store, token: str, **more: object) -> TestClient:
    """Somebody who is not signed in and holds a token."""
    client = client_of(store, **more)  # type: ignore[arg-type]
    client.headers["X-Runstone-Share"] = token
    return client


def test_a_link_opens_the_report_and_its_data(store: Store, people: People, report: int) -> None:
    _, token = link(store, people, report)
    client = holder(store, token)
    shown = client.get(f"/api/shared/{token}").json()
    assert (shown["title"], shown["spec"]) == ("Tuning", SPEC)
    rows = client.get("/api/runs/lab/p/a/rows?key=loss").json()["rows"]
    assert [row["loss"] for row in rows] == [1]
    plain = client_of(store).get(f"/api/runs/lab/p/a/rows?key=loss&share={token}")
    assert plain.status_code == 200
    assert browser_of(store).get(f"/links/{token}").status_code == 200
    signed_in = client_of(store, people.keys["eve"])
    signed_in.headers["X-Runstone-Share"] = token
    assert signed_in.get("/api/runs/lab/p/a/rows?key=loss").status_code == 200


BESIDE = [
    ("GET", "/api/runs/lab/secret/a/rows?key=loss"),
    ("GET", "/api/projects/lab/p"),
    ("GET", "/api/views/lab/p?kind=runs"),
    ("GET", "/api/artifacts/lab/mnist"),
    ("GET", "/api/artifacts/lab/p"),
    ("GET", "/api/runs/lab/p/a/files"),
    ("GET", "/api/runs/lab/p/a/console"),
    ("GET", "/api/search?q=a"),
    ("GET", "/api/account"),
    ("POST", "/api/runs/lab/p/a/stop"),
    ("POST", "/api/runs/lab/p/bulk"),
    ("PATCH", "/api/runs/lab/p/a"),
    ("POST", "/graphql"),
]


@pytest.mark.parametrize(("method", "path"), BESIDE)
def test_nothing_beside_it_opens(store: Store, people: People, report: int, method: str, path: str) -> None:
    _, token = link(store, people, report)
    body = {"act": "delete", "runs": ["a"]} if path.endswith("bulk") else {}
    answer = holder(store, token).request(method, path, json=None if method == "GET" else body)
    assert answer.status_code in (401, 403, 404) or answer.json() == {"hits": []}, answer.text


def test_links_expire_and_are_revoked(store: Store, people: People, report: int) -> None:
    number, token = link(store, people, report, days=1)
    later = NOW + timedelta(days=1, seconds=1)
    assert holder(store, token, clock=lambda: later).get(f"/api/shared/{token}").status_code == 404
    assert holder(store, token).get(f"/api/shared/{token}").status_code == 200
    client = client_of(store, people.keys["ben"])
    listed = client.get(f"/api/views/{report}/links").json()["links"]
    assert [(one["id"], one["created_by"]) for one in listed] == [(number, "ben")]
    assert token not in client.get(f"/api/views/{report}/links").text
    stranger = client_of(store, people.keys["eve"])
    assert stranger.get(f"/api/views/{report}/links").status_code == 404
    assert stranger.delete(f"/api/views/{report}/links/{number}").status_code == 404
    assert client.delete(f"/api/views/{report}/links/{number}").status_code == 204
    assert holder(store, token).get(f"/api/shared/{token}").status_code == 404
    assert holder(store, token).get("/api/runs/lab/p/a/rows?key=loss").status_code in (401, 404)
    assert client.post(f"/api/views/{report}/links", json={"days": -1}).status_code == 400


def test_a_link_opens_no_more_than_its_maker_reads(store: Store, people: People, report: int) -> None:
    spec = {"runSets": [{"project": {"name": "hidden", "entityName": "eve"}}]}
    upsert_run(store, people.eve, RunChange(entity="eve", project="hidden", name="a"), NOW)
    sly, _ = save_view(
        store, people.ben, NOW, entity_name="lab", project_name="p", type="runs", spec=json.dumps(spec)
    )
    _, token = link(store, people, int(sly))
    assert holder(store, token).get("/api/runs/eve/hidden/a").status_code in (401, 404)
    assert holder(store, token).get("/api/runs/lab/p/a").status_code == 200
