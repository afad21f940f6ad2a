"""`runstone serve` as a process: first start, refusals, stopping without losing anything."""

import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.live import LiveServer, free_port, live_server

pytestmark = pytest.mark.slow


def serve(directory: Path, *flags: str, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "runstone", "serve", *flags],
        cwd=directory,
        env={"PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def refused(directory: Path, *flags: str) -> str:
    process = serve(directory, *flags)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 2, said
    assert "Traceback" not in said
    return said


def test_first_start_prints_key_and_link_once(tmp_path: Path) -> None:
    for again in (False, True):
        process = serve(tmp_path, "--port", "0", "--host", "0.0.0.0")
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        while "WANDB_API_KEY" not in lines[-1]:
            lines.append(process.stdout.readline())
        said = "".join(lines)
        url = re.search(r"serves at (http://127\.0\.0\.1:\d+)", said)
        key = re.search(r"shown this once: ([0-9a-z]{40})\n", said)
        link = re.search(r"works once: (\S+/login\?token=\S+)", said)
        shared = re.search(r"export WANDB_BASE_URL=http://(\S+):\d+\n", said)
        assert url is not None
        assert shared is not None
        assert shared.group(1) not in ("0.0.0.0", "127.0.0.1")
        assert (key is None, link is None) == (again, again)
        if key is not None and link is not None:
            question = {"query": "{ viewer { username } }"}
            answer = httpx.post(f"{url.group(1)}/graphql", json=question, auth=("api", key.group(1)))
            assert answer.json()["data"]["viewer"]["username"] == "admin"
            assert "set-cookie" in httpx.get(link.group(1)).headers
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        assert process.returncode == 0
    data = tmp_path / "runstone-data"
    assert data.stat().st_mode & 0o077 == 0
    assert (data / "runstone.db").stat().st_mode & 0o077 == 0


def test_a_second_server_on_the_data_is_refused(tmp_path: Path) -> None:
    with live_server(tmp_path) as server:
        said = refused(tmp_path, "--data-dir", "data", "--port", str(free_port()))
        assert server.base_url in said
        assert "postgresql://" in said


def test_data_of_a_newer_version_is_refused_untouched(tmp_path: Path) -> None:
    with live_server(tmp_path):
        pass
    path = tmp_path / "data" / "runstone.db"
    with closing(sqlite3.connect(path)) as conn, conn:
        conn.execute("UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()
    said = refused(tmp_path, "--data-dir", "data", "--port", "0")
    assert "newer Runstone" in said
    assert "9999" in said
    assert path.read_bytes() == before


def test_a_damaged_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "runstone.db").write_bytes(b"not a database" * 1000)
    said = refused(tmp_path, "--data-dir", "data", "--port", "0")
    assert "runstone.db" in said


def test_a_stop_answers_what_is_open_and_loses_nothing(tmp_path: Path) -> None:
    with live_server(tmp_path) as server:
        acknowledged: list[str] = []
        stopped = threading.Event()

        def make(worker: int) -> None:
            number = 0
            with httpx.Client(auth=("api", server.admin_key), trust_env=False) as client:
                while not stopped.is_set():
                    name = f"p{worker}-{number}"
                    number += 1
                    if not _make_project(client, server, name):
                        return
                    acknowledged.append(name)

        workers = [threading.Thread(target=make, args=(one,)) for one in range(4)]
        for worker in workers:
            worker.start()
        deadline = time.monotonic() + 60
        while len(acknowledged) <= 10 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert server.stop() == 0
        stopped.set()
        for worker in workers:
            worker.join()
        assert "Traceback" not in server.log
        server.start()
        question = {"query": '{ models(entityName: "admin", first: 100000) { edges { node { name } } } }'}
        answer = httpx.post(f"{server.base_url}/graphql", json=question, auth=("api", server.admin_key))
        kept = {edge["node"]["name"] for edge in answer.json()["data"]["models"]["edges"]}
        assert len(acknowledged) > 10
        assert set(acknowledged) <= kept


def _make_project(client: httpx.Client, server: LiveServer, name: str) -> bool:
    """Whether the server said that it is made. A connection refused or closed is no answer."""
    text = "mutation ($n: String!) { upsertModel(input: {name: $n}) { inserted } }"
    try:
        answer = client.post(f"{server.base_url}/graphql", json={"query": text, "variables": {"n": name}})
    except httpx.TransportError:
        return False
    return answer.status_code == 200 and "errors" not in answer.json()


def test_json_logs(tmp_path: Path) -> None:
    with live_server(tmp_path, log_format="json") as server:
        httpx.get(f"{server.base_url}/login", headers={"X-Request-Id": "look-for-me"})
    lines = [line for line in server.log.splitlines() if "look-for-me" in line]
    assert len(lines) == 1
    assert '"message":"GET /login 200"' in lines[0]
    assert '"ms":' in lines[0]
    assert server.admin_key not in server.log
