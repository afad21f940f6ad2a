"""Charts over the UI's route: runs of 1,000 to 10,000,000 steps, and one metric of many runs.

The long runs are taken in and sealed by the server's own actions, without HTTP. A request is
for 1,500 points; whole runs and random windows take turns. `chart.spikes_kept` counts those of
ten lone extremes of the longest run that show in each of 20 random windows around them.
"""

import json
import os
import random
import statistics
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.filling import log_run, served
from runstone.store.opening import Store
from tests.live import LiveServer

SIZES = {"1k": 1_000, "1M": 1_000_000, "10M": int(os.environ.get("STEPS") or 10_000_000)}
MANY, STEPS_OF_MANY = (100, 1000), 1000
SPIKES, WINDOWS, POINTS, TIMES, RESTARTS = 10, 20, 1500, 31, 5


def spikes_of(n: int) -> dict[int, float]:
    """Lone extremes by step."""
    numbers = random.Random(n)
    return {at: (-1.0) ** i * (50 + i) for i, at in enumerate(numbers.sample(range(n), SPIKES))}


def curve(n: int, seed: int) -> Any:
    """A noisy, falling curve."""
    numbers = np.random.default_rng(seed)
    steps = np.arange(n)
    return np.exp(-steps / (n / 5)) + numbers.normal(0, 0.1, n)


def rows_of(values: Any) -> Any:
    """Rows of one metric out of its values."""
    return lambda start, end: [{"loss": value} for value in values[start:end].tolist()]


def fill(store: Store) -> None:
    """Make all runs."""
    for label, n in SIZES.items():
        values = curve(n, n)
        for at, value in spikes_of(n).items():
            values[at] = value
        log_run(store, "charts", label, n, rows_of(values))
    for i in range(max(MANY)):
        log_run(store, "charts", f"many{i}", STEPS_OF_MANY, rows_of(curve(STEPS_OF_MANY, i)))


class Client:
    """Asks for panels as the UI does."""

    def __init__(self, server: LiveServer) -> None:
        self.http = httpx.Client(
            base_url=server.base_url, auth=("api", server.admin_key), timeout=60, trust_env=False
        )
        self.ids: dict[str, int] = {}
        cursor = None
        while True:
            body = {"entity": "admin", "project": "charts", "columns": [], "limit": 1000, "cursor": cursor}
            found = self.http.post("/api/runs/table", json=body).raise_for_status().json()
            self.ids.update(zip(found["run_ids"], found["ids"], strict=True))
            cursor = found["cursor"]
            if cursor is None:
                return

    def ask(self, runs: list[str], **more: Any) -> bytes:
        """The answer for one panel."""
        panel = {
            "entity": "admin", "project": "charts", "runs": [self.ids[one] for one in runs], "key": "loss",
            "points": POINTS, **more,
        }  # fmt: skip
        answer = self.http.post("/api/series/frame", json={"panels": [panel]})
        answer.raise_for_status()
        return answer.content

    def milliseconds(self, runs: list[str], **more: Any) -> float:
        """How long one answer takes."""
        began = time.perf_counter()
        self.ask(runs, **more)
        return (time.perf_counter() - began) * 1000


def windows(n: int, count: int) -> Iterator[dict[str, Any]]:
    """The whole run and random windows in turn."""
    numbers = random.Random(3)
    for i in range(count):
        if i % 2:
            lo, hi = sorted(numbers.sample(range(n), 2))
            yield {"lo": lo, "hi": hi}
        else:
            yield {}


def extremes(frame: bytes, highest: bool) -> Any:
    """The upper or lower border of the one line in a frame."""
    (size,) = struct.unpack_from("<I", frame, 4)
    (line,) = json.loads(frame[8 : 8 + size])["panels"][0]["series"]
    of = line["mean"] if line["exact"] else line["high" if highest else "low"]
    return np.frombuffer(frame, f"<{of['type']}", of["n"], 8 + size + of["at"])


def windows_of(spike: int, n: int) -> Iterator[tuple[int, int]]:
    """Random windows around a spike of a run, from narrow to wide."""
    numbers = random.Random(spike)
    for _ in range(WINDOWS):
        width = int(n ** numbers.uniform(0.3, 1.0))
        lo = spike - numbers.randrange(width)
        yield lo, lo + width


def spikes_kept(client: Client, label: str, n: int) -> int:
    """How many spikes show in every window around them."""
    return sum(
        all(value in extremes(client.ask([label], lo=lo, hi=hi), value > 0) for lo, hi in windows_of(at, n))
        for at, value in spikes_of(n).items()
    )


def rows() -> Iterator[dict[str, Any]]:
    """Measure."""
    with served("charts", fill, SIZES) as server:
        longest = max(SIZES.values())
        cold = []
        for _ in range(RESTARTS):
            server.restart()
            client = Client(server)
            cold.append(client.milliseconds(["10M"]))
        yield {"id": "chart.cold_ms.10M", "value": round(statistics.median(cold), 2), "unit": "ms"}
        for label, n in SIZES.items():
            times = [client.milliseconds([label], **window) for window in windows(n, TIMES)]
            yield {"id": f"chart.warm_ms.{label}", "value": round(statistics.median(times), 2), "unit": "ms"}
        yield {
            "id": "chart.spikes_kept",
            "value": spikes_kept(client, "10M", longest),
            "unit": f"of {SPIKES} spikes",
        }
        for n in MANY:
            runs = [f"many{i}" for i in range(n)]
            client.ask(runs)
            value = statistics.median(client.milliseconds(runs) for _ in range(9))
            yield {"id": f"runs_chart.ms.{n}", "value": round(value, 1), "unit": "ms"}
