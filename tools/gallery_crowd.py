"""Made-up projects for the gallery: one of 1,000 runs, forty of them trials of a sweep of which some went far
off; one of runs that a sweep learns from, before any agent; and a run with a long log for the documents."""

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
LEARNING = "learning"
TALKING = ("segmentation", "unet-640")
EPOCHS, BATCHES = 12, 4
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


def learn(data: Path) -> None:
    """A sweep over runs that came without an agent: it has trials, and nobody works on it."""
    with opened(f"sqlite:///{data / 'runstone.db'}", str(data / "blobs")) as store:
        admin = viewer_of_name(store, "admin")
        for number in range(10):
            name, lr = f"l{number}", 10 ** (-4 + number / 3)
            loss = 0.1 + abs(math.log10(lr) + 2.5) / 4
            change = RunChange(
                entity=ENTITY,
                project=LEARNING,
                name=name,
                display_name=f"by-hand-{number}",
                config=json.dumps({"lr": {"value": lr}, "dropout": {"value": number % 4 / 10}}),
                summary=json.dumps({"loss": loss, "_step": 1}),
            )
            upsert_run(store, admin, change, BEGAN)
            lines = tuple(json.dumps({"_step": step, "loss": loss + 1 - step}) for step in range(2))
            post = Post(chunks=(Chunk(Stream.HISTORY, 0, lines),), exit_code=0)
            receive(store, admin, ENTITY, LEARNING, name, post, BEGAN).result()
        text = SWEEP.replace("random", "bayes").replace("with trials far off", "upon runs by hand")
        named = json.dumps({"$or": [{"name": f"l{number}"} for number in range(10)]})
        create_sweep(store, admin, ENTITY, LEARNING, text, BEGAN, prior_runs=named)


def talk(data: Path) -> None:
    """A run whose script has printed as scripts do: in colours, with warnings, over many lines."""
    project, name = TALKING
    at = BEGAN
    lines = []

    def say(text: str, *, after: float = 1, error: bool = False) -> None:
        nonlocal at
        at += timedelta(seconds=after)
        lines.append(f"{'ERROR ' if error else ''}{at:%Y-%m-%dT%H:%M:%S.%f} {text}")

    say("reading 4,812 images and masks from /data/cells")
    say("\x1b[1mUNet\x1b[0m 7,763,041 parameters, mixed precision on 1 GPU")
    for epoch in range(1, EPOCHS + 1):
        for batch in range(1, BATCHES + 1):
            loss = 0.08 + 0.9 * math.exp(-(epoch + batch / BATCHES) / 3)
            seen = f"batch {batch * 50:3}/{BATCHES * 50}"
            say(
                f"\x1b[36mepoch {epoch:2}\x1b[0m  {seen}  loss {loss:.4f}  lr {3e-4 * 0.9**epoch:.2e}",
                after=9,
            )
        if epoch == 3:
            say("UserWarning: 2 masks are empty and were left out of the Dice score", error=True)
        val, dice = loss + 0.03 + epoch / 900, 1 - loss / 1.2
        best = "  \x1b[33mbest so far, saved\x1b[0m" if epoch != 9 else ""
        say(f"\x1b[32mepoch {epoch:2}  val_loss {val:.4f}  dice {dice:.4f}\x1b[0m{best}", after=4)
    with opened(f"sqlite:///{data / 'runstone.db'}", str(data / "blobs")) as store:
        admin = viewer_of_name(store, "admin")
        change = RunChange(entity=ENTITY, project=project, name=name, display_name=name)
        upsert_run(store, admin, change, BEGAN)
        post = Post(chunks=(Chunk(Stream.CONSOLE, 0, tuple(lines)),), exit_code=0)
        receive(store, admin, ENTITY, project, name, post, at).result()
