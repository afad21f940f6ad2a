"""A thousand live runs at once: how long a message takes to be kept, and whether a row is lost.

Each run posts every few seconds, as clients do: history, system measurements, console and
summary. `SECONDS=30` makes it shorter than five minutes, `RUNS=100` smaller. Afterwards every
row is read back and counted, once the runs have ended and been sealed.
"""

import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.connection import Connection
from benchmarks.ingest import line, wait_until_sealed
from runstone.domain.filter import All
from runstone.domain.history import Stream
from runstone.domain.ids import ProjectId
from runstone.domain.viewer import COMMAND_LINE
from runstone.store.opening import opened
from tests.live import LiveServer, live_server

RUNS = int(os.environ.get("RUNS") or 1000)
SECONDS = float(os.environ.get("SECONDS") or 300)
EVERY_S, ROWS, KEYS = 5.0, 10, 4


@dataclass
class Run:
    """One live run: lines acknowledged of each stream."""

    name: str
    numbers: random.Random
    at: int = 0
    posts: int = 0
    waits: list[float] = field(default_factory=list)
    refused: int = 0

    def message(self) -> dict[str, Any]:
        """What its client sends next."""
        history = [line(self.at + i, KEYS) for i in range(ROWS)]
        measured = json.dumps({"_timestamp": 1.75e9 + self.at, "_runtime": self.at, "cpu": 50.0})
        return {
            "files": {
                "wandb-history.jsonl": {"offset": self.at, "content": history},
                "wandb-events.jsonl": {"offset": self.posts, "content": [measured]},
                "output.log": {"offset": self.posts, "content": [f"step {self.at}"]},
                "wandb-summary.json": {"offset": 0, "content": [history[-1]]},
            }
        }


async def live(server: LiveServer, run: Run, end: float) -> None:
    """Stream until the end, then finish; a refused message is sent again, as clients do."""
    connection = Connection(server)
    address = f"/files/admin/live/{run.name}/file_stream"
    await asyncio.sleep(run.numbers.uniform(0, EVERY_S))
    while time.perf_counter() < end:
        body = orjson.dumps(run.message())
        began = time.perf_counter()
        await _send(connection, address, body, run)
        run.waits.append(time.perf_counter() - began)
        run.at, run.posts = run.at + ROWS, run.posts + 1
        await asyncio.sleep(max(0.0, EVERY_S - run.waits[-1]) * run.numbers.uniform(0.8, 1.2))
    await _send(connection, address, orjson.dumps({"complete": True, "exitcode": 0}), run)
    connection.close()


async def _send(connection: Connection, address: str, body: bytes, run: Run) -> None:
    while (status := await connection.post(address, body)) != 200:
        if status not in (429, 503):
            raise RuntimeError(f"{address} answered {status}")
        run.refused += 1
        await asyncio.sleep(1)


async def all_live(server: LiveServer, runs: list[Run]) -> None:
    """All runs at once."""
    end = time.perf_counter() + SECONDS
    await asyncio.gather(*(live(server, run, end) for run in runs))


def lost_rows(data: Path, runs: list[Run]) -> int:
    """How many acknowledged lines are missing or there twice."""
    lost = 0
    with opened(f"sqlite:///{data / 'runstone.db'}", str(data / "blobs")) as store, store.reading() as reads:
        project = reads.project(COMMAND_LINE, "admin", "live")
        assert project is not None
        rows = {row.name: row for row in reads.runs(COMMAND_LINE, ProjectId(project.id), All(()), limit=RUNS)}
        for run in runs:
            row = rows[run.name]
            found = {
                Stream.HISTORY: [number for number, _ in reads.rows(row)],
                Stream.SYSTEM: [number for number, _ in reads.rows(row, Stream.SYSTEM)],
                Stream.CONSOLE: [one.number for one in reads.console(row)],
            }
            for stream, numbers in found.items():
                wanted = set(range(run.at if stream is Stream.HISTORY else run.posts))
                lost += len(wanted ^ set(numbers)) + len(numbers) - len(set(numbers))
    return lost


def rows() -> Iterator[dict[str, Any]]:
    """Measure."""
    runs = [Run(f"r{i:04}", random.Random(i)) for i in range(RUNS)]
    with tempfile.TemporaryDirectory() as name, live_server(Path(name)) as server:
        asyncio.run(all_live(server, runs))
        wait_until_sealed(Path(name))
        server.stop()
        waits = sorted(wait for run in runs for wait in run.waits)
        yield {"id": "live.p99_ack_s", "value": round(waits[int(len(waits) * 0.99)], 3), "unit": "s"}
        yield {"id": "live.median_ack_s", "value": round(statistics.median(waits), 4), "unit": "s"}
        yield {"id": "live.lost_rows", "value": lost_rows(Path(name) / "data", runs), "unit": "lines"}
