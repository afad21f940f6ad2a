"""`/api/runs`: pages in columns, the UI's own filter, groups, columns, differences."""

import json
from datetime import timedelta
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from starlette.testclient import TestClient

from runstone.actions.run import RunChange, upsert_run
from runstone.store.opening import Store
from runstone.webapi.run_table import ColumnKind, RunColumns, RunDifferences, RunGroups, RunTable
from tests.conftest import NOW, People
from tests.web import client_of

RUNS: list[dict[str, Any]] = [
    {"config": {"lr": 0.1, "opt": "adam", "net": {"width": 8}}, "summary": {"loss": 0.5}, "tags": ["a"]},
    {
        "config": {"lr": 0.2, "opt": "adam", "net": {"width": 8}},
        "summary": {"loss": 0.25},
        "tags": ["a", "b"],
    },
    {
        "config": {"lr": 0.2, "opt": "sgd", "net": {"width": 8.0}},
        "summary": {"loss": float("nan")},
        "tags": [],
    },
    {"config": {"lr": "auto", "net": {"width": 8}, "fast": True}, "summary": {}, "tags": []},
]


@pytest.fixture
def client(store: Store, people: People) -> TestClient:
    for i, one in enumerate(RUNS):
        upsert_run(
            store,
            people.ben,
            RunChange(
                entity="lab",
                project="p",
                name=f"r{i}",
                display_name=f"run {i}",
                config=json.dumps({key: {"value": value} for key, value in one["config"].items()}),
                summary=json.dumps(one["summary"]),
                tags=tuple(one["tags"]),
                state="finished" if i else "running",
            ),
            NOW - timedelta(days=i),
        )
    return client_of(store, people.keys["cy"])


def ask(client: TestClient, route: str, status: int = 200, **body: Any) -> Any:
    answer = client.post(f"/api/runs/{route}", json={"entity": "lab", "project": "p", **body})
    assert answer.status_code == status, answer.text
    return answer.json()


def names(client: TestClient, where: Any) -> list[str]:
    found = ask(client, "table", columns=[], where=where, order="+name")
    assert found["total"] == len(found["run_ids"])
    return [str(one) for one in found["run_ids"]]


def test_pages_in_columns(client: TestClient) -> None:
    body = {
        "columns": ["config.lr", "summary.loss", "tags", "created_at"],
        "order": "-summary.loss",
        "limit": 3,
    }
    first = ask(client, "table", **body)
    assert first["run_ids"] == ["r0", "r1", "r2"]
    assert first["columns"]["config.lr"] == [0.1, 0.2, 0.2]
    assert first["columns"]["summary.loss"] == [0.5, 0.25, "NaN"]
    assert first["columns"]["tags"] == [["a"], ["a", "b"], []]
    assert (first["total"], first["total_capped"], first["names"][0]) == (4, False, "run 0")
    second = ask(client, "table", **body, cursor=first["cursor"])
    assert (second["run_ids"], second["cursor"]) == (["r3"], None)
    assert second["columns"]["summary.loss"] == [None]
    where = json.dumps({"field": "config.opt", "op": "=", "value": "sgd"})
    address = f"/api/runs?entity=lab&project=p&column=config.opt&where={where}"
    assert client.get(address).json()["columns"] == {"config.opt": ["sgd"]}
    wrong = ask(client, "table", 400, columns=[], cursor=first["cursor"])
    assert "belongs to the order -summary.loss" in wrong["error"]["message"]


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        ({"field": "config.lr", "op": ">", "value": 0.15}, ["r1", "r2"]),
        ({"field": "config.lr", "op": "!=", "value": 0.2}, ["r0", "r3"]),
        ({"field": "config.opt", "op": "in", "value": ["sgd", None]}, ["r2", "r3"]),
        ({"field": "config.opt", "op": "not in", "value": ["sgd"]}, ["r0", "r1", "r3"]),
        ({"field": "config.opt", "op": "matches", "value": "(?i)^AD"}, ["r0", "r1"]),
        ({"field": "config.opt", "op": "missing"}, ["r3"]),
        ({"field": "config.fast", "op": "exists"}, ["r3"]),
        ({"field": "tags", "op": "=", "value": "b"}, ["r1"]),
        ({"field": "state", "op": "!=", "value": "running"}, ["r1", "r2", "r3"]),
        ({"field": "created_at", "op": "within", "value": 36 * 3600}, ["r0", "r1"]),
        ({"field": "created_at", "op": "<", "value": (NOW - timedelta(days=2)).isoformat()}, ["r3"]),
        ({"and": []}, ["r0", "r1", "r2", "r3"]),
        ({"or": []}, []),
        (
            {
                "and": [
                    {"or": [{"field": "tags", "value": "a"}, {"field": "config.lr", "value": "auto"}]},
                    {"not": {"field": "summary.loss", "op": "<", "value": 0.3}},
                ]
            },
            ["r0", "r3"],
        ),
    ],
)
def test_filters_of_the_ui(client: TestClient, where: Any, wanted: list[str]) -> None:
    assert names(client, where) == wanted


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"field": "nothing"}, "runs have no field 'nothing'"),
        ({"field": "name", "op": "matches", "value": "("}, "where.name: '(' is not a regular expression"),
        ({"field": "name", "op": "matches", "value": "a(?#b)"}, "is not possible here"),
        ({"field": "name", "op": "in", "value": 3}, "where.name: expected a list, got 3"),
        ({"field": "name", "op": "within", "value": 3}, "'within' expects one of created_at"),
        ({"field": "created_at", "op": "<", "value": "soon"}, "expected a time such as"),
        ({"and": [{"not": {"field": "x y"}}]}, "runs have no field 'x y'"),
        ({"field": "name", "operator": "="}, "operator"),
    ],
)
def test_wrong_filters_are_explained(client: TestClient, where: Any, words: str) -> None:
    assert words in ask(client, "table", 400, columns=[], where=where)["error"]["message"]


def test_columns(client: TestClient) -> None:
    found = client.get("/api/runs/columns?entity=lab&project=p").json()
    by_name = {one["name"]: one for one in found["columns"]}
    assert by_name["config.lr"] == {
        "name": "config.lr", "section": "config", "kinds": ["number", "text"], "low": 0.1, "high": 0.2
    }  # fmt: skip
    assert by_name["config.fast"]["kinds"] == ["boolean"]
    assert by_name["summary.loss"]["kinds"] == ["number", "text"]
    assert (by_name["created_at"]["kinds"], by_name["tags"]["kinds"]) == (["instant"], ["tags"])
    assert found["more"] is False


def test_groups(client: TestClient) -> None:
    found = ask(client, "groups", by=["config.opt", "state"], over=["summary.loss", "config.lr"])
    assert [(one["key"], one["count"]) for one in found["groups"]] == [
        (["adam", "finished"], 1), (["adam", "running"], 1), (["sgd", "finished"], 1), ([None, "finished"], 1)
    ]  # fmt: skip
    assert (found["groups_in_all"], found["runs_in_all"]) == (4, 4)
    (whole,) = ask(client, "groups", by=[], over=["summary.loss"])["groups"]
    figures = whole["figures"]["summary.loss"]
    assert (figures["n"], figures["mean"], figures["median"]) == (2, 0.375, 0.375)
    assert (figures["low"], figures["high"], figures["std"]) == (0.25, 0.5, 0.125)
    assert figures["stderr"] == pytest.approx(0.125 / 2**0.5)
    by_tags = ask(client, "groups", by=["tags"], limit=1)
    assert (by_tags["groups"][0]["key"], by_tags["groups_in_all"]) == ([[]], 3)


def test_what_tells_runs_apart(client: TestClient) -> None:
    ids = ask(client, "table", columns=[], order="+name")["ids"]
    found = ask(client, "differences", runs=ids)
    assert found["ids"] == ids
    assert {one["name"]: one["values"] for one in found["differences"]} == {
        "config.lr": [0.1, 0.2, 0.2, "auto"],
        "config.opt": ["adam", "adam", "sgd", None],
        "config.fast": [None, None, None, True],
    }
    assert ask(client, "differences", runs=ids[:1])["differences"] == []


def test_answers_are_what_the_description_says(client: TestClient) -> None:
    """The table's is written without a look at its model, on which the UI's types rest."""
    every = ask_columns(client)
    assert {kind for column in every for kind in column["kinds"]} == set(get_args(ColumnKind))
    listed = [column["name"] for column in every]
    asked: list[dict[str, Any]] = [{"limit": 3}, {}, {"search": "nothing has this name"}]
    for more in asked:
        exactly(RunTable, ask(client, "table", columns=[*listed, "config.none"], **more))
    exactly(RunTable, client.get("/api/runs?entity=lab&project=p&column=tags&column=config.net").json())
    exactly(RunGroups, ask(client, "groups", by=["config.lr", "tags", "config.fast"], over=["summary.loss"]))
    ids = ask(client, "table", columns=[])["ids"]
    exactly(RunDifferences, ask(client, "differences", runs=ids))


def ask_columns(client: TestClient) -> list[dict[str, Any]]:
    answer = client.get("/api/runs/columns?entity=lab&project=p").json()
    exactly(RunColumns, answer)
    columns: list[dict[str, Any]] = answer["columns"]
    return columns


def exactly(model: type[BaseModel], answer: Any) -> None:
    """An answer has every field of its model, of its type, and no other."""
    read = model.model_validate_json(json.dumps(answer), strict=True)
    assert read.model_dump(mode="json") == answer
    assert set(answer) == set(model.model_fields)


def test_the_table_is_for_those_who_may_read(store: Store, people: People, client: TestClient) -> None:
    stranger = client_of(store, people.keys["eve"])
    for route, body in (("table", {"columns": []}), ("groups", {"by": []}), ("differences", {"runs": [1]})):
        ask(stranger, route, 404, **body)
    assert stranger.get("/api/runs/columns?entity=lab&project=p").status_code == 404
