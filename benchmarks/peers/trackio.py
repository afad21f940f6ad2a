"""Trackio: its dashboard as a server on SQLite; rows by `bulk_log`, charts by `get_logs_batch`, as its pages.

It draws whole runs: a spike is looked for in the one answer for the whole run. Its table of runs is
filtered and sorted in the browser, for which all runs and their configuration travel. Small files are
sent to that server; without one its client copies them into a folder of its own, some thousands a second.
"""

import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.chart import SPIKES, curve, spikes_of
from benchmarks.ingest import size_of
from benchmarks.peers import house
from benchmarks.peers.house import Peer, Row, Watched, median_ms, row

PEER = Peer("trackio")
SERVE = """
import sys, trackio
trackio.show(open_browser=False, block_thread=True, host="127.0.0.1", server_port=int(sys.argv[1]))
"""
LOG = """
import sys, time, trackio
trackio.init(project="files", server_url=sys.argv[1])
began = time.perf_counter()
trackio.log_artifact(sys.argv[2], name="small", type="dataset")
print("TOOK", time.perf_counter() - began)
trackio.finish()
"""
FILL_ROWS = 8192
RUNS_AT_ONCE = 64  # the most that it takes in one question


def rows() -> Iterator[Row]:
    """Measure."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        data, token = root / "data", secrets.token_hex(16)
        data.mkdir()
        environment = {"TRACKIO_DIR": str(data), "TRACKIO_WRITE_TOKEN": token, "HOME": name}
        words = [str(PEER.python), "-c", SERVE, "{port}"]
        with house.watched(words, "/version", root / "log", **environment) as server:
            server.http.headers["x-trackio-write-token"] = token
            empty, before = size_of(data), server.cpu_s
            log(server, "ingest", "r0", noisy(house.INGEST_ROWS), house.BATCH_ROWS)
            points = house.INGEST_ROWS * house.INGEST_KEYS
            yield row(
                "ingest.server_cpu_s_per_1M", (server.cpu_s - before) / points * 1e6, "s per million values"
            )
            yield row("ingest.bytes_per_point", (size_of(data) - empty) / points, "bytes")
            files = house.write_files(root / "files")
            took = PEER.run(LOG, f"{server.url}/?write_token={token}", str(files), HOME=name)
            seconds = float(took.split("TOOK")[1].split()[0])
            yield row("artifact.small_files_per_s", house.FILES / seconds, "files/s")
            fill(server)
            yield row("chart.warm_ms.1M", median_ms(lambda: chart(server, ["long"])), "ms")
            seen = {one.get("loss") for one in chart(server, ["long"])[0]["logs"]}
            kept = sum(value in seen for value in spikes_of(house.CHART_STEPS).values())
            yield row("chart.spikes_kept", kept, f"of {SPIKES} spikes")
            many = [f"many{i}" for i in range(house.RUNS)]
            yield row("runs_chart.ms.100", median_ms(lambda: chart(server, many)), "ms")
            yield row("run_table.ms.10k", median_ms(lambda: table(server)), "ms")


def asked(server: Watched, name: str, **body: Any) -> Any:
    """The answer of one of its functions."""
    answer = server.http.post(f"/api/{name}", json=body)
    if answer.is_error or "error" in answer.json():
        raise RuntimeError(f"{name}: {answer.status_code} {answer.text[:500]}")
    return answer.json()["data"]


def noisy(n: int) -> Iterator[dict[str, float]]:
    """Rows of noisy curves."""
    return ({f"k{key}": (step * (key + 1.7)) % 1.0 for key in range(house.INGEST_KEYS)} for step in range(n))


def log(server: Watched, project: str, run: str, rows: Iterator[dict[str, float]], size: int) -> None:
    """Rows of a run, some at a time."""
    batch: list[dict[str, Any]] = []
    for step, metrics in enumerate(rows):
        batch.append({"project": project, "run": run, "metrics": metrics, "step": step, "config": None})
        if len(batch) == size:
            asked(server, "bulk_log", logs=batch, hf_token=None)
            batch = []
    if batch:
        asked(server, "bulk_log", logs=batch, hf_token=None)


def fill(server: Watched) -> None:
    """A long run with spikes, a hundred runs, and a project of 10,000 runs."""
    values = curve(house.CHART_STEPS, house.CHART_STEPS)
    for at, value in spikes_of(house.CHART_STEPS).items():
        values[at] = value
    log(server, "charts", "long", ({"loss": float(one)} for one in values), FILL_ROWS)
    for i in range(house.RUNS):
        values = curve(house.RUN_STEPS, i)
        log(server, "charts", f"many{i}", ({"loss": float(one)} for one in values), FILL_ROWS)
    for start in range(0, house.TABLE_RUNS, 500):
        logs = [
            {
                "project": "table", "run": f"r{number}", "step": 0,
                "metrics": {f"m{i}": number * (i + 1) % 97 / 97 for i in range(12)},
                "config": {"optimizer": "adam", **{f"c{i}": number % 89 / 89 for i in range(11)}},
            }
            for number in range(start, start + 500)
        ]  # fmt: skip
        asked(server, "bulk_log", logs=logs, hf_token=None)


def chart(server: Watched, runs: list[str]) -> Any:
    """All metrics of some runs, as the page asks for them."""
    found = []
    for at in range(0, len(runs), RUNS_AT_ONCE):
        wanted = [{"run": one, "run_id": None} for one in runs[at : at + RUNS_AT_ONCE]]
        given = {"runs": wanted, "max_points": house.POINTS, "scalar_only": True}
        found += asked(server, "get_logs_batch", project="charts", **given)
    assert all(one["logs"] for one in found)
    return found


def table(server: Watched) -> None:
    """What the page of runs needs."""
    assert len(asked(server, "get_runs_for_project", project="table")) == house.TABLE_RUNS
    asked(server, "get_run_configs", project="table")
