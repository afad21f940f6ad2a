"""Several processes are one server: news travel, deaths are mended, and a real client sees no seam."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest

from tests.conftest import fresh_database
from tests.live import LiveServer, free_port

pytestmark = pytest.mark.slow


def children(server: LiveServer) -> list[psutil.Process]:
    """The server processes below the one that was started; those that seal are further down."""
    assert server.process is not None
    return psutil.Process(server.process.pid).children()


def until(ready: object, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not ready():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_news_reach_watchers_of_another_process(postgres: str, tmp_path: Path) -> None:
    """Two servers, each started by itself, at the same moment on an empty database."""
    with fresh_database(postgres, "template0") as database:
        news_from_one_to_the_other(database, tmp_path)


def news_from_one_to_the_other(database: str, tmp_path: Path) -> None:
    servers = [LiveServer(tmp_path / name, {"db": database}, free_port(), "k" * 40) for name in "ab"]
    for server in servers:
        server.settings["blobs"] = str(tmp_path / "blobs")
        server.directory.mkdir()
    starting = [threading.Thread(target=server.start) for server in servers]
    for thread in starting:
        thread.start()
    for thread in starting:
        thread.join()
    try:
        with ExitStack() as stack:
            writing, watching = (
                stack.enter_context(
                    httpx.Client(base_url=one.base_url, auth=("api", "k" * 40), timeout=60, trust_env=False)
                )
                for one in servers
            )
            post(writing, 0)
            time.sleep(1)
            waits: list[float] = []
            known: set[int] = set()
            place = {"entity": "admin", "project": "p"}
            lines = stack.enter_context(watching.stream("GET", "/api/stream", params=place)).iter_lines()
            assert next(lines).startswith("retry")
            for number in range(1, 6):
                time.sleep(0.5)
                began = time.monotonic()
                post(writing, number)
                wait_for_news_of_another_run(lines, known)
                waits.append(time.monotonic() - began)
        print("heard after", [round(one, 2) for one in waits])
        assert sorted(waits)[2] < 2.0
    finally:
        for server in servers:
            server.stop()


def wait_for_news_of_another_run(lines: Iterator[str], known: set[int]) -> None:
    for line in lines:
        said = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
        if said.get("noun") == "history" and not set(said["ids"]) <= known:
            known.update(said["ids"])
            return


def post(http: httpx.Client, number: int) -> None:
    """The first row of a run of its own."""
    row = json.dumps({"_step": number, "_timestamp": 1000.0 + number, "loss": 1.0})
    body = {"files": {"wandb-history.jsonl": {"offset": 0, "content": [row]}}}
    http.post(f"/files/admin/p/r{number}/file_stream", json=body).raise_for_status()


def test_a_process_that_dies_is_started_again(scaled: LiveServer) -> None:
    scaled.start()
    until(lambda: len(children(scaled)) == 3)
    first = children(scaled)[0]
    with httpx.Client(base_url=scaled.base_url, timeout=60, trust_env=False) as http:
        first.kill()
        for _ in range(30):
            assert http.get("/ready").status_code == 200
        until(lambda: len(children(scaled)) == 3 and first.pid not in [one.pid for one in children(scaled)])
    left = children(scaled)
    scaled.kill()
    until(lambda: not any(one.is_running() for one in left))  # they saw that their parent is gone


WRITERS, POSTS, ROWS = 6, 15, 4
SHARED = "x-wandb-use-async-filestream"


def test_processes_write_one_run_through_several_servers(scaled: LiveServer) -> None:
    """Each message goes to whichever server takes it, and every third one twice at the same time."""
    scaled.start()
    upsert = "mutation U($i: UpsertBucketInput!) { upsertBucket(input: $i) { bucket { historyLineCount } } }"
    place = {"name": "all", "modelName": "p", "entityName": "admin"}
    answers: list[int] = []

    def connected(**headers: str) -> httpx.Client:
        auth = ("api", scaled.admin_key)
        return httpx.Client(base_url=scaled.base_url, auth=auth, timeout=60, trust_env=False, headers=headers)

    def send(message: object, headers: dict[str, str]) -> None:
        # A connection of its own: the servers share the door, and any of them may take it.
        with connected(**headers) as http:
            answers.append(http.post("/files/admin/p/all/file_stream", json=message).status_code)

    def write(which: int) -> None:
        headers = {SHARED: "true", "x-wandb-client-id": f"w{which}"}
        own = json.dumps({f"rank {which}": {"value": which}})
        with connected(**headers) as http:
            given = {"i": {**place, "config": own, "host": f"box {which}"}}
            http.post("/graphql", json={"query": upsert, "variables": given}).raise_for_status()
        for number in range(POSTS):
            rows = [json.dumps({"of": which, "i": number * ROWS + i}) for i in range(ROWS)]
            summary = [json.dumps({f"n {which}": number})]
            files = {
                "wandb-history.jsonl": {"offset": number * ROWS, "content": rows},
                "wandb-summary.json": {"offset": 0, "content": summary},
            }
            twice = 2 if number % 3 == 0 else 1
            side_by_side(*[partial(send, {"files": files}, headers)] * twice)

    side_by_side(*[partial(write, which) for which in range(WRITERS)])
    assert set(answers) == {200}
    with connected() as http:
        asked = {"key": ["of", "i"], "limit": 1000}
        rows = http.get("/api/runs/admin/p/all/rows", params=asked).json()["rows"]
        line = http.get("/api/runs/admin/p/all").json()
    assert [row["_step"] for row in rows] == list(range(WRITERS * POSTS * ROWS))
    for which in range(WRITERS):
        assert [row["i"] for row in rows if row["of"] == which] == list(range(POSTS * ROWS))
    everybody = range(WRITERS)
    assert line["config"] == {f"rank {which}": which for which in everybody}
    said = {key: value for key, value in line["summary"].items() if key[0] == "n"}
    assert said == {f"n {which}": POSTS - 1 for which in everybody}


def side_by_side(*all_of_them: Callable[[], None]) -> None:
    threads = [threading.Thread(target=one) for one in all_of_them]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_polite_stop_ends_all(scaled: LiveServer) -> None:
    scaled.start()
    until(lambda: len(children(scaled)) == 3)
    left = children(scaled)
    assert scaled.stop() == 0
    assert not any(one.is_running() for one in left)
    assert "Traceback" not in scaled.log


def test_roles(database: str, tmp_path: Path) -> None:
    """One process answers, another one does the work."""
    blobs = str(tmp_path / "blobs")
    server = LiveServer(tmp_path, {"db": database, "blobs": blobs, "role": "server"}, free_port())
    server.start()
    try:
        with httpx.Client(
            base_url=server.base_url, auth=("api", server.admin_key), timeout=60, trust_env=False
        ) as http:
            rows = [json.dumps({"_step": i, "_timestamp": 1.0 + i, "v": i}) for i in range(17_000)]
            body = {"files": {"wandb-history.jsonl": {"offset": 0, "content": rows}}}
            http.post("/files/admin/p/r/file_stream", json=body).raise_for_status()
            time.sleep(3)
            assert objects(tmp_path) == 0
            worker = LiveServer(
                tmp_path / "w", {"db": database, "blobs": blobs, "role": "worker"}, free_port()
            )
            worker.directory.mkdir()
            process = worker.launch()
            try:
                until(lambda: objects(tmp_path) > 0)
            finally:
                process.send_signal(signal.SIGTERM)
                assert process.wait(30) == 0
    finally:
        server.stop()


def objects(directory: Path) -> int:
    return sum(len(names) for _, _, names in os.walk(directory / "blobs"))
