"""Law 1 under real clients: the server dies by `kill -9` while they run, and none of them notices.

Clients of the oldest and the newest version log through a proxy that remembers each 200. The server is
killed at random, half of the times in the midst of a request. After each restart, while the proxy
holds back whatever the clients want to send again, each acknowledged line must be readable once. At
the end every client has ended well, and has read all of its runs back. 20 kills; `KILLS` sets another
number.
"""

import json
import os
import random
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from runstone.domain.history import Stream
from runstone.domain.ids import ProjectId
from runstone.domain.viewer import COMMAND_LINE
from runstone.store.opening import opened
from tests.live import LiveServer, live_server
from tests.nursery import SERVER, nursery
from tests.sdk.environments import CLIENTS, NEWEST, Client, built
from tests.torture.gate_proxy import Gate, gated

KILLS = int(os.environ.get("KILLS") or 20)
SECONDS = (0.05, 0.8)
SCRIPT = Path(__file__).parent / "busy_client.py"
STREAMS = {
    "wandb-history.jsonl": Stream.HISTORY,
    "wandb-events.jsonl": Stream.SYSTEM,
    "output.log": Stream.CONSOLE,
}
OLDEST = next(one for one in CLIENTS if one.fits)
PATIENCE_S = 300


@dataclass
class Worker:
    """A client's process."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def output(self) -> str:
        """All that it printed."""
        return self.log.read_text(errors="replace")


def begin(server: LiveServer, address: str, client: Client, mode: str, stop: Path) -> Worker:
    """Start a client that works through the proxy."""
    name = f"{client.username}-{mode}"
    home = server.directory / name
    environment = {
        **server.client_environment(home),
        **client.settings,
        "WANDB_BASE_URL": address,
        "CLIENT_NAME": name,
        "WANDB_HTTP_TIMEOUT": "120",  # `Api()` gives up after 10 s, which is one restart on a busy machine
        "PATH": f"{client.directory / 'bin'}:{os.environ['PATH']}",
    }
    for directory in ("cache", "config", "data"):  # old ones expect them there
        (home / directory).mkdir(parents=True, exist_ok=True)
    with (home / "output.txt").open("wb") as log:
        process = subprocess.Popen(
            [str(built(client).python), str(SCRIPT), mode, str(stop)],
            env=environment,
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    return Worker(name, process, home / "output.txt")


def until_all_stream(gate: Gate, workers: list[Worker]) -> None:
    """Until each client's first messages were acknowledged."""
    deadline = time.monotonic() + PATIENCE_S
    while not all(gate.posts.get(f"{one.name}-0", 0) > 1 for one in workers):
        assert time.monotonic() < deadline
        assert all(one.process.poll() is None for one in workers), [one.output for one in workers]
        time.sleep(0.05)


def readable(data: Path, runs: set[str]) -> dict[tuple[str, str], list[tuple[int, object]]]:
    """Every stored line by run and stream, beside the running server."""
    found: dict[tuple[str, str], list[tuple[int, object]]] = {}
    with opened(f"sqlite:///{data / 'runstone.db'}", str(data / "blobs")) as store, store.reading() as reads:
        project = reads.project(COMMAND_LINE, "admin", "torture")
        assert project is not None
        for name in runs:
            row = reads.run(COMMAND_LINE, ProjectId(project.id), name)
            assert row is not None, name
            assert row.epoch == 0
            for title, stream in STREAMS.items():
                found[name, title] = (
                    [(one.number, one.text.rstrip()) for one in reads.console(row)]
                    if stream is Stream.CONSOLE
                    else list(reads.rows(row, stream))
                )
    return found


def plain(stream: str, text: str) -> object:
    """A sent line in the form of a read one: a row as an object, console text without its time."""
    if STREAMS[stream] is not Stream.CONSOLE:
        return json.loads(text)
    if text.startswith("{"):
        return str(json.loads(text)["content"]).rstrip()
    return text.removeprefix("ERROR ").partition(" ")[2].rstrip()


def check(data: Path, gate: Gate) -> int:
    """Each acknowledged line can be read, once, and nothing that nobody sent; how many were acknowledged."""
    found = readable(data, {run for run, _, _ in gate.acknowledged})
    for (run, stream), lines in found.items():
        assert [number for number, times in Counter(number for number, _ in lines).items() if times > 1] == []
        for number, line in lines:
            assert line in [plain(stream, one) for one in gate.may_be((run, stream, number))]
    there = {(*place, number) for place, lines in found.items() for number, _ in lines}
    assert gate.acknowledged.keys() - there == set()
    return len(gate.acknowledged)


@pytest.mark.slow
def test_real_clients_never_notice(tmp_path: Path) -> None:
    numbers = random.Random(20260303)
    stop, data = tmp_path / "stop", tmp_path / "data"
    with nursery(SERVER) as servers, live_server(tmp_path) as server, gated(server.port) as (address, gate):
        server.beginner = servers
        gate.open()
        workers = [
            begin(server, address, NEWEST, "long", stop),
            begin(server, address, NEWEST, "short", stop),
            begin(server, address, OLDEST, "long", stop),
        ]
        try:
            until_all_stream(gate, workers)
            began, down = time.monotonic(), 0.0
            for _ in range(KILLS):
                gate.until_answered(PATIENCE_S)
                time.sleep(numbers.uniform(*SECONDS))
                if numbers.random() < 0.5:
                    gate.next_request(timeout_s=1)
                    time.sleep(numbers.uniform(0, 0.01))
                died = time.monotonic()
                gate.shut()
                server.kill()
                gate.settle()
                server.start()
                check(data, gate)
                gate.open()
                down += time.monotonic() - died
            killing = time.monotonic() - began
            stop.touch()
            for one in workers:
                assert one.process.wait(PATIENCE_S) == 0, one.output
        finally:
            gate.open()
            for one in workers:
                one.process.kill()
                one.process.wait()
        lines = check(data, gate)
        with httpx.Client(base_url=server.base_url, trust_env=False) as http:
            assert http.get("/ready").status_code == 200
    assert gate.refused == []
    runs = sum(one.output.count("whole: ") for one in workers)
    print(
        f"\n{KILLS} kills, {gate.cut} requests cut, {sum(gate.posts.values())} acknowledged posts "
        f"of {runs} runs, {lines} acknowledged lines, 0 lost, 0 doubled, {killing:.0f} s, "
        f"of which {down:.0f} s without a server"
    )
    assert gate.cut > 0
    assert runs >= len(workers)
    assert gate.uncertain == {}
