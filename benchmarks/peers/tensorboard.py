"""TensorBoard: event files of its usual writer, and the server that loads them, with its fast loader.

Nobody sends it anything, so its CPU per point is that of loading the files, beside a server without any.
Its charts know no windows
and its runs no filter by values; it keeps no files.
"""

import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.chart import SPIKES, curve, spikes_of
from benchmarks.ingest import size_of
from benchmarks.peers import house
from benchmarks.peers.house import Peer, Row, Watched, median_ms, row

PEER = Peer("tensorboard")
WRITE = """
import sys
from pathlib import Path
import numpy
from tensorboardX import SummaryWriter
for path in sorted(Path(sys.argv[1]).glob("*.npy")):
    with SummaryWriter(str(Path(sys.argv[2]) / path.stem), max_queue=1000) as writer:
        for step, values in enumerate(numpy.load(path)):
            for key, value in enumerate(values):
                writer.add_scalar(f"k{key}", value, step, walltime=1.76e9 + step)
"""


def rows() -> Iterator[Row]:
    """Measure."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        points = house.INGEST_ROWS * house.INGEST_KEYS
        steps = np.arange(house.INGEST_ROWS)[:, None]
        written(root / "ingest", {"r0": (steps * (np.arange(house.INGEST_KEYS) + 1.7)) % 1.0})
        with served(root / "nothing") as server:
            chart(server)
            idle = server.cpu_s
        with served(root / "ingest") as server:
            loaded(server, "r0", house.INGEST_ROWS - 1)
            spent = max(0.0, server.cpu_s - idle)
            yield row("ingest.server_cpu_s_per_1M", spent / points * 1e6, "s per million values")
        yield row("ingest.bytes_per_point", size_of(root / "ingest" / "events") / points, "bytes")
        values = curve(house.CHART_STEPS, house.CHART_STEPS)
        for at, value in spikes_of(house.CHART_STEPS).items():
            values[at] = value
        written(root / "long", {"long": values[:, None]})
        with served(root / "long") as server:
            loaded(server, "long", house.CHART_STEPS - 1)
            yield row("chart.warm_ms.1M", median_ms(lambda: chart(server)), "ms")
            seen = {one["value"] for one in chart(server)[0]["runToSeries"]["long"]}
            # It keeps values as 32-bit numbers.
            kept = sum(float(np.float32(value)) in seen for value in spikes_of(house.CHART_STEPS).values())
            yield row("chart.spikes_kept", kept, f"of {SPIKES} spikes")
        many = {f"many{i}": curve(house.RUN_STEPS, i)[:, None] for i in range(house.RUNS)}
        written(root / "many", many)
        with served(root / "many") as server:
            for one in many:
                loaded(server, one, house.RUN_STEPS - 1)
            yield row("runs_chart.ms.100", median_ms(lambda: chart(server)), "ms")


def written(root: Path, runs: dict[str, Any]) -> None:
    """Event files of some runs, values by step and key."""
    (root / "values").mkdir(parents=True)
    for name, values in runs.items():
        np.save(root / "values" / f"{name}.npy", values)
    PEER.run(WRITE, str(root / "values"), str(root / "events"))


def served(root: Path) -> Any:
    """A server over event files."""
    (root / "events").mkdir(parents=True, exist_ok=True)
    words = [
        str(PEER.directory / "bin" / "tensorboard"), "--logdir", str(root / "events"), "--port", "{port}",
        "--host", "127.0.0.1",
    ]  # fmt: skip
    return house.watched(words, "/data/environment", root / "log")


def chart(server: Watched, run: str | None = None) -> Any:
    """A metric of all runs or one, as its page asks."""
    wanted = {"plugin": "scalars", "tag": "k0", **({} if run is None else {"run": run})}
    answer = server.http.post(
        "/experiment/defaultExperimentId/data/plugin/timeseries/timeSeries",
        files={"requests": (None, json.dumps([wanted]))},
    )
    return answer.raise_for_status().json()


def loaded(server: Watched, run: str, last: int) -> None:
    """Wait until a run is there to its end."""
    deadline = time.monotonic() + 900
    while time.monotonic() < deadline:
        found = chart(server, run)
        series = found[0].get("runToSeries", {}).get(run) if found else None
        if series and series[-1]["step"] == last:
            return
        time.sleep(0.5)
    raise TimeoutError(f"TensorBoard did not load {run} within 900 s")
