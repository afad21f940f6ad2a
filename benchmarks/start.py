"""Starting: seconds until the server is ready, and its memory at rest, on the demo's data.

At rest means after one run of the real client and one page, once background work is done.
"""

import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.demo import told
from runstone.actions.child import QUIET_S
from runstone.actions.seal import ENDED_FOR
from runstone.jobs.seal import LOOK_EVERY
from tests.live import free_port
from tools.demo_memory import recall

STARTS = 5
# An ended run is sealed a little later, and the process that does it rests until somebody looks.
REST_S = (ENDED_FOR + LOOK_EVERY).total_seconds() + QUIET_S + 10
RUN = """
import wandb
with wandb.init(project="MNIST") as run:
    for step in range(50):
        run.log({"loss": 1 / (step + 1)})
"""


@contextmanager
def started(data: Path, log: Path) -> Iterator[tuple[str, subprocess.Popen[bytes], float]]:
    """A server over `data`: its address, its process, the seconds until it was ready."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RUNSTONE_")}
    environment.update(RUNSTONE_DATA_DIR=str(data), RUNSTONE_PORT=str(port))
    began = time.perf_counter()
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "runstone", "serve"], env=environment, stdout=output, stderr=output
        )
    try:
        address = f"http://127.0.0.1:{port}"
        with httpx.Client(trust_env=False) as http:
            while True:
                try:
                    if http.get(f"{address}/ready", timeout=5).status_code == 200:
                        break
                except httpx.TransportError:
                    time.sleep(0.005)
                if process.poll() is not None or time.perf_counter() - began > 60:
                    raise RuntimeError(f"the server did not start:\n{log.read_text()}")
        yield address, process, time.perf_counter() - began
    finally:
        process.terminate()
        process.wait(30)


def used(address: str, key: str, home: Path) -> None:
    """One run and one page."""
    home.mkdir()
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(home), "WANDB_DIR": str(home), "WANDB_BASE_URL": address,
        "WANDB_API_KEY": key, "WANDB_SILENT": "true", "NO_PROXY": "127.0.0.1",
    }  # fmt: skip
    subprocess.run([sys.executable, "-c", RUN], env=environment, cwd=home, check=True)
    with httpx.Client(base_url=address, auth=("api", key), trust_env=False, timeout=30) as http:
        http.get("/admin/MNIST").raise_for_status()
        http.get("/api/projects/admin/MNIST").raise_for_status()


def memory_mb(process: "subprocess.Popen[bytes]") -> float:
    """Resident memory of the server and its children, shared pages counted once, in millions of bytes."""
    parent = psutil.Process(process.pid)
    full = [one.memory_full_info() for one in (parent, *parent.children(recursive=True))]
    return sum(getattr(one, "pss", one.rss) for one in full) / 1e6


def rows() -> Iterator[dict[str, Any]]:
    """Measure."""
    with tempfile.TemporaryDirectory(prefix="demo-") as name:
        root = Path(name)
        told("fast", root)
        data, log = root / "clone" / "demo-data", root / "server.log"
        key = recall(data / "demo").key
        ready_s = []
        for _ in range(STARTS):
            with started(data, log) as (_, _, took):
                ready_s.append(took)
        yield {"id": "start.ready_s", "value": round(statistics.median(ready_s), 3), "unit": "s"}
        with started(data, log) as (address, process, _):
            used(address, key, root / f"home-{secrets.token_hex(2)}")
            time.sleep(REST_S)
            yield {"id": "start.idle_mb", "value": round(memory_mb(process), 1), "unit": "MB"}
