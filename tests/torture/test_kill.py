"""Law 1: the server dies by `kill -9` at random, and no acknowledged row is lost or doubled.

Raw writers stream rows, system measurements and console lines, and note every 200. After each
kill and restart, before anything is sent again, each acknowledged line must be readable exactly
once. Then the writers repeat what was not acknowledged, as clients do. Half of them write one run
together. `FAST=1` makes 140 kills, otherwise there are 1,400; `KILLS` sets another number.
"""

import asyncio
import json
import os
import random
import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from runstone.domain.history import Stream
from runstone.domain.ids import ProjectId
from runstone.domain.viewer import COMMAND_LINE
from runstone.store.opening import Store, opened
from tests.live import LiveServer, live_server
from tests.nursery import SERVER, nursery

WRITERS = 6
TOGETHER = 3  # of them write one run
GENERATION = 6  # kills that a run lives through; then it rests, and is read once more at the end
POSTS = 12  # that a server takes at most before it dies
SEALS_EVERY = 20  # the last of so many servers dies once it seals
WITHIN_S = 60.0
NAMES = {
    Stream.HISTORY: "wandb-history.jsonl",
    Stream.SYSTEM: "wandb-events.jsonl",
    Stream.CONSOLE: "output.log",
}
KILLS = int(os.environ.get("KILLS") or (140 if os.environ.get("FAST") else 1400))


@dataclass
class Client:
    """One run's client, or one of several: what was acknowledged, and the one message on its way."""

    name: str
    numbers: random.Random
    shared: str | None = None  # the run that it writes with others
    acknowledged: dict[Stream, int] = field(default_factory=lambda: dict.fromkeys(Stream, 0))
    pending: dict[Stream, tuple[int, list[str]]] = field(default_factory=dict)
    posts: int = 0
    refused: list[str] = field(default_factory=list)

    @property
    def run(self) -> str:
        """The run that it writes."""
        return self.shared or self.name

    @property
    def headers(self) -> dict[str, str]:
        """What it says of itself."""
        if self.shared is None:
            return {}
        return {"X-WANDB-USE-ASYNC-FILESTREAM": "true", "X-WANDB-ASYNC-CLIENT-ID": self.name}

    def line(self, stream: Stream, number: int) -> str:
        """The content of a line follows from its number."""
        if stream is Stream.CONSOLE:
            return f"2026-01-01T00:00:00.000000 {self.name} says {number}"
        row = {"_timestamp": 1000.5 + number, "v": number * 0.5, "who": self.name}
        return json.dumps(row if self.shared else {"_step": number, **row})

    def message(self) -> dict[str, object]:
        """The message on its way, or the next one."""
        if not self.pending:
            for stream in Stream:
                n = self.numbers.randint(0, 40)
                if n:
                    start = self.acknowledged[stream]
                    self.pending[stream] = (start, [self.line(stream, start + i) for i in range(n)])
        return {
            "files": {
                NAMES[stream]: {"offset": start, "content": lines}
                for stream, (start, lines) in self.pending.items()
            }
        }

    def note(self) -> None:
        """The message was acknowledged."""
        for stream, (start, lines) in self.pending.items():
            self.acknowledged[stream] = start + len(lines)
        self.pending = {}
        self.posts += 1

    async def write(self, http: httpx.AsyncClient) -> None:
        """Stream until the server dies. A refusal other than 'later' is a defect."""
        while True:
            try:
                answer = await http.post(
                    f"/files/admin/torture/{self.run}/file_stream", json=self.message(), headers=self.headers
                )
            except httpx.TransportError:
                return
            if answer.status_code == 200:
                self.note()
            elif answer.status_code not in (429, 503):
                self.refused.append(f"{answer.status_code} {answer.text}")
                return


async def stream_until_killed(
    server: LiveServer, clients: list[Client], posts: int, pause_s: float, *, seals: bool = False
) -> None:
    """All clients stream; the server is killed a moment after so many posts, and in the midst of sealing if
    it is to be."""
    data = server.directory / "data"
    before, deadline = sealed_segments(data), time.monotonic() + WITHIN_S
    posts += sum(client.posts for client in clients)

    def lives() -> bool:
        if sum(client.posts for client in clients) < posts:
            return True
        return seals and sealed_segments(data) == before

    async with httpx.AsyncClient(
        base_url=server.base_url, auth=("api", server.admin_key), timeout=30, trust_env=False, verify=False
    ) as http:
        tasks = [asyncio.create_task(client.write(http)) for client in clients]
        while lives() and time.monotonic() < deadline:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)
        await asyncio.sleep(pause_s)
        await asyncio.to_thread(server.kill)
        await asyncio.gather(*tasks)


def stored(data: Path, clients: list[Client]) -> dict[str, dict[Stream, list[str]]]:
    """Every stored line by run and stream, read from the data directory itself."""
    with opened(f"sqlite:///{data / 'runstone.db'}", str(data / "blobs")) as store:
        return lines_in(store, clients)


def lines_in(store: Store, clients: list[Client]) -> dict[str, dict[Stream, list[str]]]:
    """Every stored line by client and stream."""
    found: dict[str, dict[Stream, list[str]]] = {
        client.name: {stream: [] for stream in Stream} for client in clients
    }
    with store.reading() as reads:
        project = reads.project(COMMAND_LINE, "admin", "torture")
        for name, shared in {client.run: client.shared for client in clients}.items():
            row = None if project is None else reads.run(COMMAND_LINE, ProjectId(project.id), name)
            if row is None:
                continue
            assert row.epoch == 0
            for stream in (Stream.HISTORY, Stream.SYSTEM):
                pairs = sorted(reads.rows(row, stream), key=lambda pair: pair[0])
                assert [line for line, _ in pairs] == list(range(len(pairs)))
                for line, one in pairs:
                    if shared and stream is Stream.HISTORY:
                        assert one.pop("_step") == line
                    found[one["who"]][stream].append(json.dumps(one, sort_keys=True))
            console = reads.console(row)
            assert [one.number for one in console] == list(range(len(console)))
            for said in console:
                found[said.text.split(" ", 1)[0]][Stream.CONSOLE].append(f"{said.at} {said.text}")
    return found


def check(found: dict[str, dict[Stream, list[str]]], clients: list[Client]) -> int:
    """Each acknowledged line is there once, and nothing that was not sent; how many lines were checked."""
    checked = 0
    for client in clients:
        for stream in Stream:
            lines = found[client.name][stream]
            acknowledged = client.acknowledged[stream]
            sent = acknowledged + len(client.pending.get(stream, (0, []))[1])
            assert acknowledged <= len(lines) <= sent, (
                f"{client.name} {stream.name}: {acknowledged} lines acknowledged, {sent} sent, "
                f"{len(lines)} readable"
            )
            for number, line in enumerate(lines):
                wanted = client.line(stream, number)
                if stream is not Stream.CONSOLE:
                    wanted = json.dumps(json.loads(wanted), sort_keys=True)
                assert line == wanted
            checked += acknowledged
    return checked


def sealed_segments(data: Path) -> int:
    """How many segments there are."""
    connection = sqlite3.connect(data / "runstone.db")
    try:
        return int(connection.execute("SELECT count(*) FROM segment").fetchone()[0])
    finally:
        connection.close()


@pytest.mark.slow
def test_acknowledged_lines_survive(tmp_path: Path) -> None:
    numbers = random.Random(20260301)
    everybody: list[Client] = []
    began = time.monotonic()
    # Small segments, so that kills also fall into sealing.
    with nursery(SERVER + SMALL_SEGMENTS) as servers, live_server(tmp_path) as server:
        server.kill()
        server.beginner = servers
        for number in range(KILLS):
            if number % GENERATION == 0:
                clients = [
                    Client(
                        f"w{number + i}", random.Random(number + i), f"s{number}" if i < TOGETHER else None
                    )
                    for i in range(WRITERS)
                ]
                everybody += clients
            server.start()
            seals = number % SEALS_EVERY == SEALS_EVERY - 1
            posts, pause_s = numbers.randint(0, POSTS), numbers.uniform(0, 0.02)
            asyncio.run(stream_until_killed(server, clients, posts, pause_s, seals=seals))
            assert [one for client in clients for one in client.refused] == []
            check(stored(tmp_path / "data", clients), clients)
        server.start()
        lines = check(stored(tmp_path / "data", everybody), everybody)
        posts = sum(client.posts for client in everybody)
        segments = sealed_segments(tmp_path / "data")
    print(
        f"\n{KILLS} kills, {posts} acknowledged posts, {lines} acknowledged lines, {segments} segments, "
        f"0 lost, 0 doubled, {time.monotonic() - began:.0f} s"
    )
    assert posts > KILLS
    assert segments >= KILLS // SEALS_EVERY


SMALL_SEGMENTS = """
import runstone.actions.history, runstone.actions.seal, runstone.jobs.seal
for module in (runstone.actions.history, runstone.actions.seal, runstone.jobs.seal):
    module.SEGMENT_LINES = 300
"""
