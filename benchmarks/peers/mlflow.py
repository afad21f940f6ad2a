"""MLflow: `mlflow server` with SQLite and a directory, and one process: of four, its default, a busy machine
kills those that do not answer within seconds.

Points come by `log-batch`, the form of its client. The long run and the 10,000 runs are put into its
tables directly: only reading is measured on them. Charts are asked as its pages ask.
"""

import os
import random
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.chart import SPIKES, curve, spikes_of, windows_of
from benchmarks.ingest import size_of
from benchmarks.peers import house
from benchmarks.peers.house import Peer, Row, Watched, median_ms, row

PEER = Peer("mlflow")
API, PAGES = "/api/2.0/mlflow", "/ajax-api/2.0/mlflow"
BATCH = 1000
COLUMNS = "(key, value, timestamp, run_uuid, step, is_nan)"
LOG = """
import sys, time, mlflow
mlflow.set_tracking_uri(sys.argv[1])
with mlflow.start_run():
    began = time.perf_counter()
    mlflow.log_artifacts(sys.argv[2])
    print("TOOK", time.perf_counter() - began)
"""


def rows() -> Iterator[Row]:
    """Measure."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        data = root / "data"
        data.mkdir()
        words = [
            str(PEER.directory / "bin" / "mlflow"), "server", "--host", "127.0.0.1", "--port", "{port}",
            "--workers", "1",
            "--backend-store-uri", f"sqlite:///{data / 'mlflow.db'}",
            "--artifacts-destination", str(data / "artifacts"),
        ]  # fmt: skip
        path = f"{PEER.directory / 'bin'}:{os.environ['PATH']}"
        with house.watched(words, "/health", root / "log", PATH=path) as server:
            empty = size_of(data)
            before, points = server.cpu_s, ingest(server)
            yield row(
                "ingest.server_cpu_s_per_1M", (server.cpu_s - before) / points * 1e6, "s per million values"
            )
            yield row("ingest.bytes_per_point", (size_of(data) - empty) / points, "bytes")
            took = PEER.run(LOG, server.url, str(house.write_files(root / "files")))
            seconds = float(took.split("TOOK")[1].split()[0])
            yield row("artifact.small_files_per_s", house.FILES / seconds, "files/s")
            long, many, table = fill(server, data / "mlflow.db")
            yield row("chart.warm_ms.1M", median_ms(lambda: chart(server, [long])), "ms")
            yield row("chart.spikes_kept", spikes_kept(server, long), f"of {SPIKES} spikes")
            yield row("runs_chart.ms.100", median_ms(lambda: chart(server, many)), "ms")
            yield row("run_table.ms.10k", median_ms(lambda: page(server, table)), "ms")


def started(server: Watched, experiment: str) -> str:
    """A new run."""
    body = {"experiment_id": experiment, "start_time": 1_760_000_000_000}
    answer = server.http.post(f"{API}/runs/create", json=body).raise_for_status()
    return str(answer.json()["run"]["info"]["run_id"])


def made(server: Watched, name: str) -> str:
    """A new experiment."""
    answer = server.http.post(f"{API}/experiments/create", json={"name": name}).raise_for_status()
    return str(answer.json()["experiment_id"])


def ingest(server: Watched) -> int:
    """Log rows of noisy curves; how many points."""
    run = started(server, made(server, "ingest"))
    points = [
        {"key": f"k{key}", "value": (step * (key + 1.7)) % 1.0, "timestamp": 1_760_000_000_000, "step": step}
        for step in range(house.INGEST_ROWS)
        for key in range(house.INGEST_KEYS)
    ]
    for at in range(0, len(points), BATCH):
        body = {"run_id": run, "metrics": points[at : at + BATCH]}
        server.http.post(f"{API}/runs/log-batch", json=body).raise_for_status()
    return len(points)


def fill(server: Watched, database: Path) -> tuple[str, list[str], str]:
    """A long run with spikes, a hundred runs, and an experiment of 10,000 runs."""
    values = curve(house.CHART_STEPS, house.CHART_STEPS)
    for at, value in spikes_of(house.CHART_STEPS).items():
        values[at] = value
    experiment = made(server, "charts")
    long = started(server, experiment)
    many = [started(server, experiment) for _ in range(house.RUNS)]
    table = made(server, "table")
    numbers = random.Random(house.TABLE_RUNS)
    with closing(sqlite3.connect(database, timeout=60)) as conn, conn:
        for run, series in (
            (long, values),
            *((run, curve(house.RUN_STEPS, i)) for i, run in enumerate(many)),
        ):
            conn.executemany(
                f"INSERT INTO metrics {COLUMNS} VALUES ('loss', ?, ?, ?, ?, 0)",
                ((float(value), 1_760_000_000_000 + step, run, step) for step, value in enumerate(series)),
            )
        example = dict(zip(*run_columns(conn, many[0]), strict=True))
        for number in range(house.TABLE_RUNS):
            run = uuid.UUID(int=numbers.getrandbits(128)).hex
            given = {
                **example, "run_uuid": run, "name": f"run {number}", "experiment_id": int(table),
                "status": "FINISHED", "start_time": 1_760_000_000_000 + number, "end_time": 1_760_000_300_000,
            }  # fmt: skip
            conn.execute(
                f"INSERT INTO runs ({', '.join(given)}) VALUES ({', '.join('?' * len(given))})",
                tuple(given.values()),
            )
            metrics = [("c0", numbers.random()), *((f"m{i}", numbers.gauss(0, 1)) for i in range(12))]
            for target in ("metrics", "latest_metrics"):
                conn.executemany(
                    f"INSERT INTO {target} {COLUMNS} VALUES (?, ?, ?, ?, 0, 0)",
                    [(key, value, 1_760_000_000_000, run) for key, value in metrics],
                )
            params = [(f"c{i}", str(numbers.random())) for i in range(1, 11)]
            params.append(("optimizer", numbers.choice(["adam", "sgd", "lion"])))
            conn.executemany(
                "INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)",
                [(key, value, run) for key, value in params],
            )
    return long, many, table


def run_columns(conn: sqlite3.Connection, run: str) -> tuple[list[str], tuple[Any, ...]]:
    """Columns and values of a run's row."""
    found = conn.execute("SELECT * FROM runs WHERE run_uuid = ?", (run,))
    return [one[0] for one in found.description], found.fetchone()


def chart(server: Watched, runs: list[str], **window: int) -> list[dict[str, Any]]:
    """A metric of some runs, as the page asks for it."""
    asked = {"run_ids": runs, "metric_key": "loss", "max_results": house.POINTS, **window}
    answer = server.http.get(f"{PAGES}/metrics/get-history-bulk-interval", params=asked).raise_for_status()
    found: list[dict[str, Any]] = answer.json()["metrics"]
    assert len({one["run_id"] for one in found}) == len(runs)
    return found


def spikes_kept(server: Watched, run: str) -> int:
    """How many spikes show in every window around them."""
    kept = 0
    for at, value in spikes_of(house.CHART_STEPS).items():
        shown = True
        for lo, hi in windows_of(at, house.CHART_STEPS):
            if shown:
                found = chart(server, [run], start_step=max(0, lo), end_step=hi)
                shown = any(one["value"] == value for one in found)
        kept += shown
    return kept


def page(server: Watched, experiment: str) -> None:
    """Fifty runs, sorted by a metric and filtered by another one and a parameter."""
    body = {
        "experiment_ids": [experiment], "max_results": house.PAGE, "order_by": ["metrics.m1 DESC"],
        "filter": "metrics.c0 > 0.3 and params.optimizer != 'sgd'",
    }  # fmt: skip
    answer = server.http.post(f"{API}/runs/search", json=body).raise_for_status()
    assert len(answer.json()["runs"]) == house.PAGE
