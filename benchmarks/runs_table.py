"""The table of runs over the UI's route: sorted by a metric, filtered by a configuration value, 50 rows.

Three projects of 1,000, 10,000 and 100,000 runs lie in one database. Each run has 12 values of
config and 12 of summary, one of which every third run lacks.
"""

import json
import random
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import insert

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.filling import served
from runstone.actions.project import create_project
from runstone.domain.run import plain_config, values_of
from runstone.domain.viewer import COMMAND_LINE
from runstone.store.opening import Store
from runstone.store.schema import run, run_value, value_path
from tests.live import LiveServer

SIZES = {"1k": 1_000, "10k": 10_000, "100k": 100_000}
CONFIG_KEYS, METRICS, ROWS, TIMES = 12, 12, 50, 40
PIECE = 5000


def documents(number: int, numbers: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """Config and summary of a run."""
    config: dict[str, Any] = {f"c{i}": numbers.random() for i in range(CONFIG_KEYS - 2)}
    config["optimizer"] = numbers.choice(["adam", "sgd", "lion"])
    config["name"] = f"model-{number % 50}"
    summary = {f"m{i}": numbers.gauss(0, 1) for i in range(METRICS)}
    if number % 3 == 0:
        del summary["m1"]
    return {key: {"value": value} for key, value in config.items()}, summary


def fill(store: Store) -> None:
    """Make all projects."""
    for label, n in SIZES.items():
        put_runs(store, "admin", f"p{label}", n)


def put_runs(store: Store, entity: str, project: str, n: int) -> None:
    """Put finished runs into a project, many at once."""
    numbers = random.Random(n)
    began = datetime(2026, 1, 1, tzinfo=UTC)
    project_id, _ = create_project(store, COMMAND_LINE, entity, project, began)
    paths: dict[str, int] = {}
    for start in range(0, n, PIECE):
        made = [documents(i, numbers) for i in range(start, min(n, start + PIECE))]

        def change(tx: Any, start: int = start, made: list[Any] = made) -> None:
            first = (
                int(tx.scalar(run.select().with_only_columns(run.c.id).order_by(run.c.id.desc())) or 0) + 1
            )
            rows, values = [], []
            for i, (config, summary) in enumerate(made):
                at = began + timedelta(seconds=start + i)
                rows.append(
                    {
                        "id": first + i, "project_id": project_id, "name": f"r{start + i:06}",
                        "ordinal": start + i + 1, "display_name": f"run {start + i}",
                        "state": "finished" if i % 10 else "crashed", "state_at": at, "tags": "[]",
                        "created_at": at, "updated_at": at, "heartbeat_at": at + timedelta(minutes=5),
                        "config": json.dumps(config), "summary": json.dumps(summary),
                    }
                )  # fmt: skip
                for value in values_of(plain_config(config), summary):
                    if value.path not in paths:
                        paths[value.path] = tx.insert_id(value_path, project_id=project_id, path=value.path)
                    values.append(
                        {
                            "run_id": first + i, "path_id": paths[value.path], "project_id": project_id,
                            "num": value.num, "str": value.text,
                        }
                    )  # fmt: skip
            tx.conn.execute(insert(run), rows)
            tx.conn.execute(insert(run_value), values)

        store.write(change)


def median_ms(server: LiveServer, body: dict[str, Any]) -> float:
    """Milliseconds of a request, the median of many."""
    with httpx.Client(
        base_url=server.base_url, auth=("api", server.admin_key), timeout=60, trust_env=False
    ) as http:
        times = []
        for i in range(TIMES):
            # Another bound each time: nothing is answered from memory.
            body["where"]["and"][0]["value"] = 0.3 + i * 0.001
            began = time.perf_counter()
            answer = http.post("/api/runs/table", json=body)
            times.append((time.perf_counter() - began) * 1000)
            answer.raise_for_status()
            assert len(answer.json()["ids"]) == ROWS
    return statistics.median(times)


def rows() -> Iterator[dict[str, Any]]:
    """Measure."""
    with served("runs", fill) as server:
        for label in SIZES:
            body = {
                "entity": "admin",
                "project": f"p{label}",
                "columns": ["config.c0", "config.optimizer", *(f"summary.m{i}" for i in range(METRICS))],
                "where": {
                    "and": [
                        {"field": "config.c0", "op": ">", "value": 0.3},
                        {"field": "config.optimizer", "op": "in", "value": ["adam", "lion"]},
                    ]
                },
                "order": "-summary.m1",
                "limit": ROWS,
            }
            value = median_ms(server, body)
            yield {"id": f"run_table.ms.{label}", "value": round(value, 2), "unit": "ms"}
