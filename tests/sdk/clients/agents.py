"""`wandb sweep` and `wandb agent` as processes: four agents at once, and what people tell a sweep."""

import os
import pathlib
import re
import subprocess

import wandb
from common import ME, check, end, same, step, until, wandb_command

PROJECT = "by-agents"
TRAIN = """
import os, time
import wandb
with wandb.init() as run:
    for i in range(int(run.config.get("rows", 1))):
        run.log({"loss": float(run.config["x"]) + i})
        time.sleep(0.5)
    while run.config.get("held") and not os.path.exists("released"):
        time.sleep(0.2)
"""
GRID = """
program: train.py
method: grid
metric: {name: loss, goal: minimize}
parameters:
  x: {values: [1, 2, 3, 4, 5, 6]}
"""
ENDLESS = """
program: train.py
method: random
metric: {name: loss, goal: minimize}
parameters:
  x: {min: 0.0, max: 1.0}
  rows: {value: 4000}
"""
pathlib.Path("train.py").write_text(TRAIN)
pathlib.Path("grid.yaml").write_text(GRID)
pathlib.Path("endless.yaml").write_text(ENDLESS)
ALONE = {name: value for name, value in os.environ.items() if name != "WANDB_SERVICE"}


def made(file):
    """A sweep of a file, by its id."""
    said = wandb_command("sweep", "-p", PROJECT, "-e", ME, file)
    found = re.search(r"wandb agent (\S+)", said)
    check(found, said)
    return found[1].rsplit("/", 1)[-1]


def agent(sweep_id, *words):
    """An agent's process on its way."""
    return subprocess.Popen(["wandb", "agent", *words, f"{ME}/{PROJECT}/{sweep_id}"], env=ALONE)


def state(sweep_id):
    """The state of a sweep."""
    return wandb.Api().sweep(f"{ME}/{PROJECT}/{sweep_id}").state.upper()


def runs_of(sweep_id):
    """The runs of a sweep, read anew."""
    return list(wandb.Api().runs(f"{ME}/{PROJECT}", filters={"sweep": sweep_id}))


step("four agents at once work a grid off", "UpsertSweep", "CreateAgent", "Heartbeat", "SweepWithRuns")
grid = made("grid.yaml")
agents = [agent(grid) for _ in range(4)]
same([one.wait(600) for one in agents], [0, 0, 0, 0])
runs = runs_of(grid)
same(sorted(one.config["x"] for one in runs), [1, 2, 3, 4, 5, 6])
same([one.state for one in runs], ["finished"] * 6)
same(state(grid), "FINISHED")

step("pause, resume, and cancel", "SweepWithRuns", "UpsertSweep", "Heartbeat")
endless = made("endless.yaml")
path = f"{ME}/{PROJECT}/{endless}"
working = agent(endless)
(run,) = until(lambda: runs_of(endless), 120)
wandb_command("sweep", "--pause", path)
same(state(endless), "PAUSED")
same(len(runs_of(endless)), 1)
wandb_command("sweep", "--resume", path)
same(state(endless), "RUNNING")
same(runs_of(endless)[0].state, "running")
wandb_command("sweep", "--cancel", path)
working.wait(300)
check(until(lambda: "CANCEL" in state(endless)))

step("stop lets a live run end", "UpsertSweep", "Heartbeat")
pathlib.Path("endless.yaml").write_text(ENDLESS.replace("4000}", "5}\n  held: {value: true}"))
stopped = made("endless.yaml")
working = agent(stopped)
until(lambda: runs_of(stopped), 120)
wandb_command("sweep", "--stop", f"{ME}/{PROJECT}/{stopped}")
pathlib.Path("released").touch()
same(working.wait(300), 0)
runs = runs_of(stopped)
same([one.state for one in runs], ["finished"])
same(len(list(runs[0].scan_history())), 5)
same(state(stopped), "FINISHED")
end()
