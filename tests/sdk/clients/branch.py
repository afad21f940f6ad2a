"""Runs that begin with another one's history, or go back in their own."""

import pathlib

import wandb
from common import ME, VERSION, check, end, failing_program, same, step, wandb_command

PROJECT = "branches"


def init(**given):
    """A run of this script's project, without measurements of the system."""
    # Settings of its own: the client notes in them what a run goes on from.
    quiet = wandb.Settings(**{"_disable_stats" if VERSION < (0, 19) else "x_disable_stats": True})
    return wandb.init(project=PROJECT, settings=quiet, **given)


def losses(run_id):
    """Step and loss of every row of a run, read anew."""
    run = wandb.Api().run(f"{ME}/{PROJECT}/{run_id}")
    return [(row["_step"], row["loss"]) for row in run.scan_history()]


TRUNK = [(i, 6 - i) for i in range(6)]
with init(id="trunk", config={"lr": 0.1}) as run:
    for i in range(6):
        run.log({"loss": 6 - i, "deep": {"x": i}})
    print("from the trunk")

step("a fork", "UpsertBucket")
run = init(id="fork", fork_from="trunk?_step=2", config={"lr": 0.2})
for i in range(3):
    run.log({"loss": 100 + i})
run.config.update({"later": 1})
run.finish()
FORK = [*TRUNK[:3], (3, 100), (4, 101), (5, 102)]
same(losses("fork"), FORK)
same(losses("trunk"), TRUNK)
found = wandb.Api().run(f"{ME}/{PROJECT}/fork")
same({key: found.config[key] for key in ("lr", "later")}, {"lr": 0.2, "later": 1})
same(found.summary["loss"], 102)
found.config["edited"] = True
found.update()
same(wandb.Api().run(f"{ME}/{PROJECT}/fork").config["edited"], True)
same([row["deep"]["x"] for row in found.scan_history(keys=["deep"])], [0, 1, 2])
run = init(id="fork", resume="must")
run.log({"loss": 200})
run.finish()
same(losses("fork"), [*FORK, (6, 200)])

step("a step that is not there")
for words, expected in (
    ("id='none', fork_from='nobody?_step=1'", "'nobody', which fork_from names, was not found"),
    ("id='none', fork_from='trunk?_step=60'", "run trunk has steps up to 5, got _step=60"),
):
    said = failing_program(f"wandb.init(project={PROJECT!r}, {words})")
    check(expected in said, said)

if VERSION >= (0, 28):  # offline, those before number the steps of a fork from 0
    step("a fork made offline and synced twice")
    run = init(id="away", mode="offline", fork_from="trunk?_step=3")
    run.log({"loss": 50})
    run.log({"loss": 51})
    directory = pathlib.Path(run.dir).parent
    run.finish()
    for _ in range(2):
        wandb_command("sync", "--include-synced", str(directory))
        same(losses("away"), [*TRUNK[:4], (4, 50), (5, 51)])

if VERSION >= (0, 19):
    step("going back", "RewindRun")
    run = init(resume_from="trunk?_step=1")
    same(run.config["lr"], 0.1)
    run.log({"loss": 300})
    print("from the trunk, once more")
    run.finish()
    same(losses("trunk"), [*TRUNK[:2], (2, 300)])
    same(losses("fork"), [*FORK, (6, 200)])
    found = wandb.Api().run(f"{ME}/{PROJECT}/trunk")
    same((found.state, found.summary["loss"]), ("finished", 300))
    if hasattr(found, "console_logs"):
        text = "\n".join(line.content for line in found.console_logs())
        check("from the trunk" in text and "from the trunk, once more" in text, text)
    said = failing_program(f"wandb.init(project={PROJECT!r}, resume_from='trunk?_step=9')")
    check("run trunk has steps up to 2, got _step=9" in said, said)

end()
