"""A real client that works while its server dies: `busy_client.py long|short STOP`, on any wandb version.

It logs until the file STOP exists: one run all the time, or run after run. Then it reads each of
them back, and ends badly when anything is missing.
"""

import os
import pathlib
import sys
import time

import wandb

MODE, STOP = sys.argv[1], pathlib.Path(sys.argv[2])
PROJECT = "torture"
VERSION = tuple(int(one) for one in wandb.__version__.split(".")[:2])
# The client's own pauses are short, so that much is on its way whenever the server dies.
HURRIED = {
    "x_file_stream_transmit_interval": 0.1,
    "x_file_stream_retry_wait_min_seconds": 0.1,
    "x_graphql_retry_wait_min_seconds": 0.1,
    "x_file_transfer_retry_wait_min_seconds": 0.1,
    "x_stats_sampling_interval": 0.5,
}


def work(number):
    """One run from init to finish: its path, and how many rows it logged."""
    settings = wandb.Settings(**HURRIED) if VERSION >= (0, 31) else None
    name = f"{os.environ['CLIENT_NAME']}-{number}"
    run = wandb.init(project=PROJECT, id=name, config={"number": number}, settings=settings)
    row, end = 0, time.monotonic() + 3
    while not (STOP.exists() and row) and (MODE == "long" or time.monotonic() < end):
        run.log({"loss": 1 / (row + 1), "row": row, "nest": {"text": f"row {row}"}})
        print(f"line {row} of {name}")
        if VERSION >= (0, 20):  # the oldest loses many lines beside rewritten ones, whatever the server does
            sys.stdout.write(f"\rworking {row}")
        row += 1
        time.sleep(0.05)
    print()
    artifact = wandb.Artifact(f"made-{name}", type="model")
    with artifact.new_file("weights.txt") as file:
        file.write(name * 1000)
    run.log_artifact(artifact)
    run.summary["rows"] = row
    run.finish()
    return f"{run.entity}/{PROJECT}/{name}", name, row


def read(path, name, rows):
    """All of a run is there."""
    run = wandb.Api().run(path)
    assert run.state == "finished", run.state
    assert run.config["number"] == int(name.rpartition("-")[2])
    assert run.summary["rows"] == rows
    assert [one["row"] for one in run.scan_history()] == list(range(rows))
    (artifact,) = run.logged_artifacts()
    assert artifact.name == f"made-{name}:v0"
    found = pathlib.Path(artifact.download(root=f"down-{name}"), "weights.txt").read_text()
    assert found == name * 1000
    with run.file("output.log").download(root=f"down-{name}", replace=True) as file:
        lines = [one.partition("line ")[2] for one in file.read().splitlines()]
    printed = [f"{row} of {name}" for row in range(rows)]
    if VERSION < (0, 20):  # on a busy machine it misses some that were printed: what counts is what it noted
        (noted,) = pathlib.Path("wandb").glob(f"run-*-{name}/files/output.log")
        caught = {one.partition("line ")[2] for one in noted.read_text().splitlines()}
        printed = [one for one in printed if one in caught]
        assert printed
    assert [one for one in lines if one] == printed
    print(f"whole: {name} with {rows} rows")


made = [work(0)]
while MODE == "short" and not STOP.exists():
    made.append(work(len(made)))
for one in made:
    read(*one)
