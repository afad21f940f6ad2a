"""Ingest: how fast messages of clients are kept on disk, and what the server spends on it.

Raw writers post batches of history rows, each commit with fsync; then the runs end and the
tail is sealed.
"""

import asyncio
import json
import math
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.connection import Connection
from tests.live import LiveServer, live_server

CLIENTS = 32
SECONDS = 8.0
SMALL_ROWS, KEYS = 2, 4
LONG_RUNS, LONG_LINES, LONG_KEYS, LONG_BATCH = 4, 131_072, 8, 2048


def line(step: int, keys: int, run: int = 0) -> str:
    """A row of noisy curves, every value of 17 digits, as clients write it; other ones for another run."""
    values = {
        f"k{i}": math.exp(-step / 5000) + math.sin(step * (i + 1.7 + run * 0.11) * 12.9898) * 0.1
        for i in range(keys)
    }
    return json.dumps({"_step": step, "_runtime": step * 0.01, "_timestamp": 1.75e9 + step * 0.01, **values})


async def post_for(server: LiveServer, seconds: float) -> float:
    """Messages a second that many runs get acknowledged at once."""
    done = 0
    end = time.perf_counter() + seconds

    async def client(name: str) -> None:
        nonlocal done
        connection = Connection(server)
        at = 0
        while time.perf_counter() < end:
            content = [line(at + i, KEYS) for i in range(SMALL_ROWS)]
            body = {"files": {"wandb-history.jsonl": {"offset": at, "content": content}}}
            path = f"/files/admin/ingest/{name}/file_stream"
            status = await connection.post(path, json.dumps(body).encode())
            if status != 200:
                raise RuntimeError(f"{path} answered {status}")
            at += SMALL_ROWS
            done += 1
        connection.close()

    began = time.perf_counter()
    await asyncio.gather(*(client(f"s{i}") for i in range(CLIENTS)))
    return done / (time.perf_counter() - began)


def cpu_of(server: LiveServer) -> float:
    """CPU seconds of the server and its children, ended ones included."""
    assert server.process is not None
    process = psutil.Process(server.process.pid)
    own = process.cpu_times()
    living = [child.cpu_times() for child in process.children(recursive=True)]
    return (
        own.user + own.system + own.children_user + own.children_system
        + sum(one.user + one.system for one in living)
    )  # fmt: skip


def bodies_of(run: int) -> list[bytes]:
    """The messages of a long run. No two runs are alike: equal segments would be stored once."""
    bodies: list[bytes] = []
    for start in range(0, LONG_LINES, LONG_BATCH):
        content = [line(start + i, LONG_KEYS, run) for i in range(LONG_BATCH)]
        body = {"files": {"wandb-history.jsonl": {"offset": start, "content": content}}}
        bodies.append(json.dumps(body).encode())
    return [*bodies, json.dumps({"complete": True, "exitcode": 0}).encode()]


def long_runs(server: LiveServer) -> None:
    """Post long runs to their end, in messages such as clients send."""
    bodies = [bodies_of(run) for run in range(LONG_RUNS)]
    with httpx.Client(
        base_url=server.base_url, auth=("api", server.admin_key), timeout=60, trust_env=False
    ) as http:
        for run in range(LONG_RUNS):
            for body in bodies[run]:
                http.post(f"/files/admin/long/l{run}/file_stream", content=body).raise_for_status()


def wait_until(directory: Path, question: str, wanted: str) -> None:
    """Wait for background work to come to rest: until the database's answer is 0."""
    import sqlite3

    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        connection = sqlite3.connect(directory / "data" / "runstone.db")
        try:
            left = connection.execute(question).fetchone()[0]
        finally:
            connection.close()
        if not left:
            return
        time.sleep(0.2)
    raise TimeoutError(f"{wanted} took more than 600 s")


def wait_until_sealed(directory: Path) -> None:
    """Wait until no line is left in a tail."""
    wait_until(directory, "SELECT count(*) FROM run_stream WHERE tail_lines > 0", "sealing")


def wait_until_given_back(directory: Path) -> None:
    """Wait until pages that the tails have left are cut off the file, which is seen to every minute."""
    wait_until(
        directory,
        "SELECT freelist_count > max(256, (page_count - freelist_count) / 4) "
        "FROM pragma_freelist_count(), pragma_page_count()",
        "giving back room",
    )


def size_of(directory: Path) -> int:
    """Bytes on disk, write-ahead log and indexes included."""
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def rows() -> Iterator[dict[str, Any]]:
    """Measure."""
    with tempfile.TemporaryDirectory() as name, live_server(Path(name)) as server:
        rate = asyncio.run(post_for(server, SECONDS))
        yield {"id": "ingest.posts_per_s", "value": round(rate, 1), "unit": "posts/s"}
    with tempfile.TemporaryDirectory() as name, live_server(Path(name)) as server:
        empty, before = size_of(Path(name)), cpu_of(server)
        long_runs(server)
        wait_until_sealed(Path(name))
        spent = cpu_of(server) - before
        wait_until_given_back(Path(name))
        server.stop()
        points = LONG_RUNS * LONG_LINES * (LONG_KEYS + 3)
        yield {
            "id": "ingest.server_cpu_s_per_1M",
            "value": round(spent / points * 1e6, 3),
            "unit": "s per million values",
        }
        yield {
            "id": "ingest.bytes_per_point",
            "value": round((size_of(Path(name)) - empty) / points, 3),
            "unit": "bytes",
        }
