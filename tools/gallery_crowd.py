"""A project of 1,000 runs for the gallery, forty of them trials of a sweep of which some went far off."""

import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

from runstone.actions.agent import beat_agent, register_agent
from runstone.actions.history import Post, receive
from runstone.actions.run import RunChange, upsert_run
from runstone.actions.sign_in import viewer_of_name
from runstone.actions.sweep import create_sweep
from runstone.domain.history import Chunk, Stream
from runstone.store.opening import opened

ENTITY, PROJECT = "admin", "crowd"
RUNS, STEPS, TRIALS, FAR_OFF = 1000, 80, 40, 13
BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
SWEEP = """
method: random
name: with trials far off
metric: {name: loss, goal: minimize}
parameters:
  lr: {distribution: log_uniform_values, min: 1.0e-4, max: 1.0e-1}
  dropout: {min: 0.0, max: 0.6}
"""


def fill(data: Path) -> None:
    """Put the project into the data directory of a server that is not running."""
    with opened(f"sqlite:///{data / 'runstone.db'}", str(data / "blobs")) as store:
        admin = viewer_of_name(store, "admin")
        create_sweep(store, admin, ENTITY, PROJECT, SWEEP, BEGAN)
        with store.reading() as reads:
            project = reads.project(admin, ENTITY, PROJECT)
            assert project is not None
            (sweep,) = reads.sweeps_of_project(admin, project.id)
        agent = register_agent(store, admin, ENTITY, PROJECT, sweep.name, "box", BEGAN)
        for number in range(RUNS):
            at = BEGAN + timedelta(seconds=number)
            name, lr, dropout = f"c{number}", 10 ** (-4 + number % 97 / 32), number % 61 / 100
            if number < TRIALS:
                (asked,) = beat_agent(store, admin, agent, (), at)
                name = asked["run_id"]
                lr, dropout = (asked["args"][key]["value"] for key in ("lr", "dropout"))
            floor = 0.08 + abs(math.log10(lr) + 2.5) / 6 + (dropout - 0.2) ** 2
            if number % FAR_OFF == FAR_OFF - 1:
                floor += 40
            losses = [floor + 2 * math.exp(-step * (1 + number % 7) / 60) for step in range(STEPS)]
            change = RunChange(
                entity=ENTITY,
                project=PROJECT,
                name=name,
                display_name=f"{('plain', 'wide', 'deep')[number % 3]}-{number}",
                sweep=sweep.name if number < TRIALS else None,
                config=json.dumps({"lr": {"value": lr}, "dropout": {"value": dropout}}),
                summary=json.dumps({"loss": losses[-1], "_step": STEPS - 1}),
            )
            upsert_run(store, admin, change, at)
            lines = tuple(
                json.dumps({"_step": step, "_timestamp": at.timestamp() + step, "loss": loss})
                for step, loss in enumerate(losses)
            )
            post = Post(chunks=(Chunk(Stream.HISTORY, 0, lines),), exit_code=0)
            receive(store, admin, ENTITY, PROJECT, name, post, at).result()
