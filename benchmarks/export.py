"""Export: what the server spends while the newest real client reads a million rows by `scan_history`.

`export.s_per_1M_rows` is CPU of the server and its children; the client's own share is in
`export.client_s_per_1M_rows`.
"""

import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.filling import log_run, served
from benchmarks.ingest import cpu_of
from runstone.store.opening import Store
from tests.sdk.environments import NEWEST, built

ROWS, KEYS = int(os.environ.get("ROWS") or 1_000_000), 4

SCRIPT = """
import sys, time
import wandb
run = wandb.Api(timeout=120).run("admin/export/long")
began, n, last = time.perf_counter(), 0, -1
for row in run.scan_history(page_size=10_000):
    n, last = n + 1, row["_step"]
print("ROWS", n, last, time.perf_counter() - began)
"""


def metrics(start: int, end: int) -> list[dict[str, Any]]:
    """Noisy curves."""
    return [
        {f"k{i}": math.exp(-step / 5e5) + math.sin(step * (i + 1.7) * 12.9898) for i in range(KEYS)}
        for step in range(start, end)
    ]


def fill(store: Store) -> None:
    """Make the run."""
    log_run(store, "export", "long", ROWS, metrics)


def rows() -> Iterator[dict[str, Any]]:
    """Measure."""
    client = built(NEWEST)
    with tempfile.TemporaryDirectory() as name, served("export", fill, ROWS) as server:
        before, began = cpu_of(server), time.perf_counter()
        done = subprocess.run(
            [str(client.python), "-c", SCRIPT],
            env=server.client_environment(Path(name) / "home"),
            cwd=name, capture_output=True, text=True, check=False,
        )  # fmt: skip
        spent, took = cpu_of(server) - before, time.perf_counter() - began
        words = [line.split() for line in done.stdout.splitlines() if line.startswith("ROWS ")]
        if not words or (int(words[0][1]), int(words[0][2])) != (ROWS, ROWS - 1):
            raise RuntimeError(f"the client did not read {ROWS} rows:\n{done.stdout}{done.stderr}")
        yield {
            "id": "export.s_per_1M_rows",
            "value": round(spent / ROWS * 1e6, 2),
            "unit": "s CPU of the server",
        }
        yield {
            "id": "export.client_s_per_1M_rows",
            "value": round(took / ROWS * 1e6, 2),
            "unit": "s until the client has all rows",
        }
