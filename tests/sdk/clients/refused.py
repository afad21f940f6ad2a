"""What this server does not have: the person at the client reads a sentence that says so, and what to do."""

import os
import subprocess
import sys

import wandb
from common import ME, check, end, refused, same, step

PROJECT = "wished-for"
api = wandb.Api()
with wandb.init(project=PROJECT, id="there") as run:
    run.log({"loss": 1})


def program(*lines):
    """A program of these lines must end badly; what it told its user."""
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(("import wandb", *lines))],
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "WANDB_SERVICE"},
    )
    check(done.returncode != 0, lines, done.stdout, done.stderr)
    return done.stdout + done.stderr


def told(said, *words):
    """Each word stands in what was said, on one line or on several."""
    text = " ".join(said.split())
    same([word for word in words if word not in text], [])


step("fork")
told(
    program(f"wandb.init(project={PROJECT!r}, fork_from='there?_step=0')"),
    "fork_from",
    "not supported by this server",
)
step("rewind")
told(
    program(f"wandb.init(project={PROJECT!r}, resume_from='there?_step=0')"),
    "resume_from",
    "not supported by this server",
    "resume='must'",
)
step("shared mode")
told(
    program(f"wandb.init(project={PROJECT!r}, id='both', settings=wandb.Settings(mode='shared'))"),
    "mode='shared'",
    "not supported by this server",
    "group",
)
step("distributed artifacts")
told(
    program(
        f"run = wandb.init(project={PROJECT!r}, group='all')",
        "made = wandb.Artifact('parts', type='dataset')",
        "with made.new_file('a.txt') as file: file.write('a')",
        "run.upsert_artifact(made).wait()",
    ),
    "upsert_artifact",
    "log_artifact",
)

step("a local controller of a sweep")  # the command asks for a package of its own first
with refused("controller.type", "this server chooses the points itself"):
    wandb.sweep(
        {"method": "grid", "controller": {"type": "local"}, "parameters": {"x": {"values": [1]}}},
        project=PROJECT,
    )

step("automations")
with refused("Automations are not supported by this server"):
    list(api.automations(entity=ME))
with refused("Automations are not supported by this server"):
    list(api.webhook_integrations(entity=ME))

step("launch")
with refused("Launch (jobs in queues) is not supported by this server"):
    api.create_run_queue(name="night", type="local-container", entity=ME)
end()
