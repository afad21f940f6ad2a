"""A share link opens one report with the data it draws, and nothing beside it."""

import json
from datetime import datetime, timedelta

import pytest
from starlette.testclient import TestClient

from runstone.actions.history import Post, receive
from runstone.actions.run import RunChange, upsert_run
from runstone.actions.share import Opened, open_share_link
from runstone.actions.view import save_view
from runstone.domain.history import Chunk, Stream
from runstone.store.opening import Store
from runstone.store.reads import Reads
from tests.artifacts import log_version
from tests.conftest import NOW, People
from tests.web import browser_of, client_of

LINES = {
    "viewType": "Run History Line Plot",
    "config": {"metrics": ["loss"], "xAxis": "epoch", "legendTemplate": "${config:net.width}"},
}
ONLY_A = {"key": {"section": "config", "name": "lr"}, "op": "=", "value": 1}
SPEC = {
    "blocks": [
        {
            "type": "panel-grid",
            "metadata": {
                "runSets": [
                    {
                        "project": {"name": "p", "entityName": "lab"},
                        "filters": {"op": "OR", "filters": [{"op": "AND", "filters": [ONLY_A]}]},
                    },
                    {"enabled": False},
                ],
                "panelBankSectionConfig": {"panels": [LINES]},
            },
        },
        {"type": "block-quote", "children": [{"text": "said"}]},
        {
            "type": "weave-panel",
            "config": {
                "panelConfig": {
                    "exp": {
                        "fromOp": {
                            "name": "project-artifact",
                            "inputs": {
                                "project": {
                                    "fromOp": {
                                        "name": "root-project",
                                        "inputs": {
                                            "entityName": {"val": "lab"},
                                            "projectName": {"val": "mnist"},
                                        },
                                    }
                                },
                                "artifactName": {"val": "shown:v0"},
                            },
                        }
                    }
                }
            },
        },
    ]
}
BODIES = {
    "bulk": {"act": "delete", "runs": ["a"]},
    "keys": {"entity": "lab", "project": "p", "runs": [1]},
}
TRUTH = {"all.table.json": b"rows", "media/images/1.png": b"picture", "secret.txt": b"s"}
CONFIG = {"lr": 1, "net": {"width": 8}}
ROW = '{"loss": 1, "epoch": 2, "hidden": 3, "_step": 0}'


@pytest.fixture
def report(store: Store, people: People) -> int:
    """A report over run a of lab/p and one artifact, beside run b, another project and another version."""
    for project, name, lr in (("p", "a", 1), ("p", "b", 2), ("secret", "a", 1)):
        net = {"width": 8, "depth": 9}
        config = json.dumps({"lr": {"value": lr}, "net": {"value": net}, "password": {"value": "stone"}})
        upsert_run(
            store,
            people.ben,
            RunChange(entity="lab", project=project, name=name, config=config, notes="n"),
            NOW,
        )
        post = Post((Chunk(Stream.HISTORY, 0, (ROW,)),), summary=ROW, exit_code=0)
        receive(store, people.ben, "lab", project, name, post, NOW).result()
    log_version(store, people.ben, {"a": b"1"}, collection_name="shown")
    log_version(store, people.ben, {"a": b"2"}, collection_name="other")
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
    found = client.post("/api/runs/query", json={"entity": "lab", "project": "p"}).json()
    assert (found["total"], [one["run_id"] for one in found["runs"]]) == (1, ["a"])
    (line,) = found["runs"]
    assert (line["config"], line["summary"]) == (CONFIG, {"loss": 1, "epoch": 2})
    panel = {"entity": "lab", "project": "p", "runs": [line["id"]], "key": "loss", "x": "epoch"}
    drawn = client.post("/api/series", json={"panels": [panel]}).json()["panels"][0]["series"]
    assert [one["mean"] for one in drawn] == [[1]]
    version = client.get("/api/artifacts/lab/mnist/shown/v0").json()
    assert (version["version"], version["run_config"]) == ("v0", {})
    file = client.get(f"/api/media/version/{version['id']}/a")
    assert (file.status_code, file.content) == (200, b"1")
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
    ("GET", "/api/runs/lab/p/b/rows?key=loss"),
    ("GET", "/api/runs/lab/p/b"),
    ("GET", "/api/runs/lab/p/a/rows?key=hidden"),
    ("GET", "/api/projects/lab/p"),
    ("GET", "/api/views/lab/p?kind=runs"),
    ("GET", "/api/artifacts/lab/mnist"),
    ("GET", "/api/artifacts/lab/mnist/other/v0"),
    ("GET", "/api/artifacts/lab/mnist/other/v0/files"),
    ("GET", "/api/runs/lab/p/a/files"),
    ("GET", "/api/runs/lab/p/a/console"),
    ("GET", "/api/runs/columns?entity=lab&project=p"),
    ("GET", "/api/search?q=a"),
    ("GET", "/api/account"),
    ("GET", "/api/media/run/1/media/images/hidden_0_ab12.png"),
    ("GET", "/api/media/run/1/output.log"),
    ("POST", "/api/keys"),
    ("POST", "/api/runs/lab/p/a/stop"),
    ("POST", "/api/runs/lab/p/bulk"),
    ("PATCH", "/api/runs/lab/p/a"),
    ("POST", "/graphql"),
]


def test_nothing_beside_it_opens(store: Store, people: People, report: int) -> None:
    _, token = link(store, people, report)
    client = holder(store, token)
    for method, path in BESIDE:
        body = BODIES.get(path.rpartition("/")[2], {})
        answer = client.request(method, path, json=None if method == "GET" else body)
        refused = answer.status_code in (401, 403, 404) or answer.json() == {"hits": []}
        assert refused, f"{method} {path}: {answer.status_code} {answer.text}"


def test_nothing_is_told_by_questions(store: Store, people: People, report: int) -> None:
    """Filters, orders, searches, axes and keys that the report does not have would tell of hidden values."""
    _, token = link(store, people, report)
    client = holder(store, token)
    home = {"entity": "lab", "project": "p"}
    for wish in (
        {"where": {"field": "config.password", "op": "=", "value": "stone"}},
        {"where": {"field": "notes", "op": "=", "value": "n"}},
        {"order": "-summary.hidden"},
        {"search": "n"},
        {"filter": {"config.password": "stone"}},
    ):
        assert client.post("/api/runs/query", json={**home, **wish}).status_code == 404, wish
    (run,) = client.post("/api/runs/query", json=home).json()["runs"]
    for wish in ({"key": "hidden"}, {"key": "loss", "x": "hidden"}):
        panel = {**home, "runs": [run["id"]], **wish}
        assert client.post("/api/series/frame", json={"panels": [panel]}).status_code == 404, wish
    detail = client.get("/api/runs/lab/p/a").json()
    assert (detail["notes"], detail["config"]) == (None, CONFIG)
    with store.reading() as reads:
        hidden = next(one.id for one in reads.runs_by_id(people.ben, range(1, 9)).values() if one.name == "b")
    panel = {**home, "runs": [hidden], "key": "loss"}
    assert client.post("/api/series", json={"panels": [panel]}).json()["panels"] == [{"series": []}]


def test_tables_made_of_tables_open_with_what_they_are_made_of(store: Store, people: People) -> None:
    """A joined table whose half lies in another version, and its pictures; nothing else of that version, nor
    what only others refer to."""
    truth, _ = log_version(store, people.ben, TRUTH, collection_name="truth")
    home = f"wandb-artifact://{f'Artifact:{truth}'.encode().hex()}"
    log_version(
        store,
        people.ben,
        {"pairs.joined-table.json": b"{}", "names.table.json": b"n", "parts/0.table.json": b"0"},
        references={"all.table.json": f"{home}/all.table.json", "far": "s3://bucket/far"},
        collection_name="shown",
    )
    log_version(
        store, people.ben, {"a": b"2"}, references={"x": f"{home}/secret.txt"}, collection_name="other"
    )
    made, _ = save_view(
        store,
        people.ben,
        NOW,
        entity_name="lab",
        project_name="mnist",
        type="runs",
        spec=json.dumps({"blocks": SPEC["blocks"][2:]}),
    )
    _, token = link(store, people, int(made))
    client = holder(store, token)
    client.follow_redirects = True
    shown = client.get("/api/artifacts/lab/mnist/shown/v0").json()["id"]
    at = f"/api/media/version/{shown}"
    assert client.get(f"{at}/all.table.json").content == TRUTH["all.table.json"]
    assert client.get(f"/api/media/folder/version/{shown}/parts").json() == {"paths": ["parts/0.table.json"]}
    there = client.get(f"{at}/all.table.json").url.path.removesuffix("/all.table.json")
    assert client.get(f"{there}/media/images/1.png").content == TRUTH["media/images/1.png"]
    number = there.rpartition("/")[2]
    for path in (
        f"{there}/secret.txt",
        f"/api/media/folder/version/{number}/media",
        "/api/artifacts/lab/mnist/truth/v0",
        "/api/artifacts/lab/mnist/truth/v0/files",
        "/api/artifacts/lab/mnist/other/v0/files",
    ):
        assert client.get(path).status_code == 404, path


def test_a_link_is_asked_for_once_and_forgotten_at_once(
    store: Store, people: People, report: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of pictures does not ask for all runs of the report with each; a change of the report, of
    rights or of the link counts with the next request."""
    asked: list[str] = []

    def counted(reads: Reads, token: str, now: datetime) -> Opened | None:
        asked.append(token)
        return open_share_link(reads, token, now)

    monkeypatch.setattr("runstone.server.identity.open_share_link", counted)
    number, token = link(store, people, report)
    client, ben = holder(store, token), client_of(store, people.keys["ben"])
    rows = "/api/runs/lab/p/a/rows?key=loss"
    assert [client.get(rows).status_code for _ in range(5)] == [200] * 5
    assert len(asked) == 1
    saved = ben.put(f"/api/reports/lab/p/{report}", json={"spec": {"blocks": []}})
    assert saved.status_code == 200
    assert client.get(rows).status_code == 404
    assert len(asked) == 2
    assert ben.put(f"/api/reports/lab/p/{report}", json={"spec": SPEC}).status_code == 200
    assert client.get(rows).status_code == 200
    assert ben.delete(f"/api/views/{report}/links/{number}").status_code == 204
    assert client.get(rows).status_code in (401, 404)


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
    sets = [
        {"project": {"name": "hidden", "entityName": "eve"}},
        {"project": {"name": "p", "entityName": "lab"}},
    ]
    spec = {"blocks": [{"type": "panel-grid", "metadata": {"runSets": sets}}]}
    upsert_run(store, people.eve, RunChange(entity="eve", project="hidden", name="a"), NOW)
    sly, _ = save_view(
        store, people.ben, NOW, entity_name="lab", project_name="p", type="runs", spec=json.dumps(spec)
    )
    _, token = link(store, people, int(sly))
    assert holder(store, token).get("/api/runs/eve/hidden/a").status_code in (401, 404)
    assert holder(store, token).get("/api/runs/lab/p/a").status_code == 200
