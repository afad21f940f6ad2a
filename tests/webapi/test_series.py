"""`/api/series`: the same lines as JSON and as a frame, with receipts; news; groups."""

import json
import struct
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from runstone.actions.history import Post, receive
from runstone.actions.run import RunChange, upsert_run
from runstone.actions.seal import seal_stream
from runstone.domain.history import Chunk, Stream
from runstone.store.opening import Store
from tests.conftest import NOW, People
from tests.web import client_of

LENGTHS = (40, 3000)


def send(store: Store, people: People, run: str, line0: int, n: int) -> None:
    lines = tuple(
        json.dumps({"_step": i, "_timestamp": 1e9 + i, "a": float("nan") if i == 3 else i / 4})
        for i in range(line0, line0 + n)
    )
    post = Post(chunks=(Chunk(Stream.HISTORY, line0, lines),))
    receive(store, people.ben, "lab", "p", run, post, NOW).result()


@pytest.fixture
def runs(store: Store, people: People) -> list[int]:
    ids = []
    for n in LENGTHS:
        run_id, _ = upsert_run(store, people.ben, RunChange(entity="lab", project="p", name=f"r{n}"), NOW)
        send(store, people, f"r{n}", 0, n)
        seal_stream(store, run_id, 0, Stream.HISTORY, NOW, everything=True)
        ids.append(int(run_id))
    return ids


@pytest.fixture
def client(store: Store, people: People) -> TestClient:
    return client_of(store, people.keys["cy"])


def read_frame(body: bytes) -> tuple[Any, Any]:
    """Header, and a function that gives the array of a reference."""
    assert body[:4] == b"RSF1"
    (size,) = struct.unpack_from("<I", body, 4)
    assert (8 + size) % 8 == 0

    def array(of: dict[str, Any]) -> Any:
        assert of["at"] % 8 == 0
        return np.frombuffer(body, dtype=f"<{of['type']}", count=of["n"], offset=8 + size + of["at"])

    return json.loads(body[8 : 8 + size]), array


def test_a_frame_says_what_json_says(client: TestClient, runs: list[int]) -> None:
    panel = {"entity": "lab", "project": "p", "runs": runs, "key": "a", "points": 100}
    body = {"panels": [panel, {**panel, "x": "_relative", "lo": 5, "hi": 30}, {**panel, "key": "none"}]}
    plain = client.post("/api/series", json=body).json()
    header, array = read_frame(client.post("/api/series/frame", json=body).content)
    for mine, theirs in zip(header["panels"], plain["panels"], strict=True):
        assert len(mine["series"]) == len(theirs["series"])
        for one, other in zip(mine["series"], theirs["series"], strict=True):
            for name in ("run", "key", "n", "points", "exact", "nonfinite", "level", "cursor"):
                assert one[name] == other[name]
            assert array(one["x"]).tolist() == other["x"]
            for name in ("mean", "low", "high"):
                if other[name] is None:
                    assert name not in one
                else:
                    wanted = [np.nan if value is None else np.float32(value) for value in other[name]]
                    assert np.array_equal(array(one[name]), wanted, equal_nan=True)
    first, second = plain["panels"][0]["series"]
    assert (first["n"], first["exact"], first["nonfinite"], first["level"]) == (40, True, 1, 0)
    assert (second["n"], second["exact"], second["points"] <= 100) == (3000, False, True)
    assert second["cursor"] == {"epoch": 0, "line": 3000}
    assert plain["panels"][2]["series"] == []


def test_equal_arrays_travel_once(client: TestClient, store: Store, people: People, runs: list[int]) -> None:
    upsert_run(store, people.ben, RunChange(entity="lab", project="p", name="twin"), NOW)
    send(store, people, "twin", 0, 40)
    twin = client.post("/api/runs/table", json={"entity": "lab", "project": "p", "columns": []}).json()["ids"]
    panel = {"entity": "lab", "project": "p", "runs": twin, "key": "a", "points": 50}
    header, _ = read_frame(client.post("/api/series/frame", json={"panels": [panel]}).content)
    places = {one["n"]: [] for one in header["panels"][0]["series"]}
    for one in header["panels"][0]["series"]:
        places[one["n"]].append((one["x"]["at"], one["mean"]["at"]))
    assert len(places[40]) == 2
    assert len(set(places[40])) == 1


def test_what_is_new(client: TestClient, store: Store, people: People, runs: list[int]) -> None:
    panel = {"entity": "lab", "project": "p", "runs": runs, "key": "a", "points": 100}
    shown = client.post("/api/series", json={"panels": [panel]}).json()["panels"][0]["series"]
    after = {str(one["run"]): one["cursor"] for one in shown}
    ask = {"entity": "lab", "project": "p", "keys": ["a", "b"], "after": after}
    assert client.post("/api/series/fresh", json=ask).json() == {"runs": []}
    send(store, people, "r40", 40, 2)
    assert client.post("/api/series/fresh", json=ask).json() == {
        "runs": [
            {
                "run": runs[0],
                "cursor": {"epoch": 0, "line": 42},
                "reset": False,
                "series": [{"key": "a", "x": [40.0, 41.0], "values": [10.0, 10.25]}],
            }
        ]
    }


def test_groups_of_runs(client: TestClient, runs: list[int]) -> None:
    panel = {"entity": "lab", "project": "p", "groups": [runs, runs[:1]], "key": "a", "hi": 39, "cells": 4}
    header, array = read_frame(client.post("/api/series/groups", json={"panels": [panel]}).content)
    both, one = header["panels"][0]["groups"]
    assert (both["runs"], both["rows"], both["nonfinite"], both["exact"]) == (2, 80, 2, True)
    assert array(both["n"]).tolist() == [2, 2, 2, 2]
    assert array(one["n"]).tolist() == [1, 1, 1, 1]
    assert array(one["mean"]).tolist() == array(both["median"]).tolist()
    assert array(both["std"]).tolist() == [0, 0, 0, 0]


def test_runs_of_several_projects_are_drawn_in_one_panel(
    client: TestClient, store: Store, people: People, runs: list[int]
) -> None:
    """Those that the viewer reads; runs of other people are left out."""
    upsert_run(store, people.ben, RunChange(entity="lab", project="q", name="other"), NOW)
    hidden, _ = upsert_run(store, people.eve, RunChange(entity="eve", project="own", name="hidden"), NOW)
    panel = {"entity": "lab", "project": "q", "runs": [*runs, hidden], "key": "a"}
    header, _ = read_frame(client.post("/api/series/frame", json={"panels": [panel]}).content)
    assert [one["run"] for one in header["panels"][0]["series"]] == runs
