"""A client held up or killed: its run crashed, says why, and runs again with its next sign of life."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.live import LiveServer, live_server
from tests.sdk.conftest import HERE
from tests.sdk.environments import NEWEST, built

pytestmark = pytest.mark.slow

TIMEOUT_S = 5
PATIENCE_S = 120


class Endless:
    """A client that logs until it is killed, with its helpers."""

    def __init__(self, server: LiveServer) -> None:
        environment = {**server.client_environment(server.directory / "home"), "PATH": os.environ["PATH"]}
        with (server.directory / "client.log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(built(NEWEST).python), str(HERE / "clients" / "endless.py"), "r1"],
                env=environment,
                cwd=server.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def signal(self, number: signal.Signals) -> None:
        """To the program and to all that it has started."""
        found = psutil.Process(self.process.pid)
        for one in (found, *found.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                one.send_signal(number)


def run_of(server: LiveServer) -> Any:
    """The run as its page shows it; nothing before it is there."""
    answer = httpx.get(
        f"{server.base_url}/api/runs/admin/lives/r1",
        auth=("api", server.admin_key),
        timeout=60,
        trust_env=False,
    )
    return answer.json() if answer.status_code == 200 else None


def until(server: LiveServer, state: str, rows: int = 0) -> Any:
    """The run once it has that state and so many rows."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        found = run_of(server)
        if found is not None and found["state"] == state and found["summary"].get("row", 0) >= rows:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


def test_a_client_that_falls_silent(tmp_path: Path) -> None:
    with live_server(tmp_path, heartbeat_timeout_s=TIMEOUT_S) as server:
        client = Endless(server)
        try:
            until(server, "running", rows=2)
            client.signal(signal.SIGSTOP)
            held = until(server, "crashed")
            assert held["state_cause"] == "heartbeat lost"
            client.signal(signal.SIGCONT)
            until(server, "running", rows=held["summary"]["row"] + 1)
            client.signal(signal.SIGKILL)
            killed = until(server, "crashed")
            assert killed["state_cause"] == "heartbeat lost"
            assert killed["ended_at"] == killed["heartbeat_at"]
        finally:
            with suppress(psutil.NoSuchProcess):
                client.signal(signal.SIGKILL)
            client.process.wait()
        again = Endless(server)
        try:
            assert until(server, "running", rows=2)["state_cause"] is None
        finally:
            again.signal(signal.SIGKILL)
            again.process.wait()
