"""What this server does not have: the person at the client reads a sentence that says so, and what to do."""

import os

import wandb
from common import ME, end, refused, same, step, wandb_command
from wandb.automations import DoNothing, OnLinkArtifact

PROJECT = "wished-for"
api = wandb.Api()
with wandb.init(project=PROJECT, id="there") as run:
    run.log({"loss": 1})


def told(said, *words):
    """Each word stands in what was said, on one line or on several."""
    text = " ".join(said.split())
    same([word for word in words if word not in text], [])


step("a local controller of a sweep")  # the command asks for a package of its own first
with refused("controller.type", "this server chooses the points itself"):
    wandb.sweep(
        {"method": "grid", "controller": {"type": "local"}, "parameters": {"x": {"values": [1]}}},
        project=PROJECT,
    )

step("automations")
with wandb.init(project=PROJECT, id="maker") as run:
    made = wandb.Artifact("digits", type="dataset")
    with made.new_file("a.txt") as file:
        file.write("a")
    run.log_artifact(made, aliases=["best"]).wait()
linked = OnLinkArtifact(scope=api.artifact_collection("dataset", f"{ME}/{PROJECT}/digits"))
with refused("Automations are not supported by this server"):
    api.create_automation(linked >> DoNothing(), name="tell me")
with refused("Automations are not supported by this server"):
    list(api.automations(entity=ME))
with refused("Automations are not supported by this server"):
    list(api.webhook_integrations(entity=ME))

step("launch")
with refused("Launch (jobs in queues) is not supported by this server"):
    api.create_run_queue(name="night", type="local-container", entity=ME)
os.mkdir("task")
with open("task/main.py", "w") as file:
    file.write("print(1)")
wandb_command("job", "create", "-p", PROJECT, "-n", "task", "-E", "python main.py", "code", "task")
job = f"{ME}/{PROJECT}/task:latest"
for words in (
    ("launch", "-j", job, "-q", "night", "-e", ME, "-p", PROJECT),
    ("launch-agent", "-q", "night", "-e", ME),
):
    told(wandb_command(*words, good=False), "Launch (jobs in queues) is not supported by this server")

step("an artifact that is not there")
absent = f"artifact {ME}/{PROJECT}/"
with wandb.init(project=PROJECT, id="reader") as run:
    with refused(f"{absent}digit:latest was not found", "Did you mean 'digits'?"):
        run.use_artifact("digit:latest")
    with refused(f"{absent}digits:v7 was not found", "newest version is v0", "best (v0), latest (v0)"):
        run.use_artifact("digits:v7")
same(run.id, "reader")  # and the run goes on: it ended well
same(api.run(f"{ME}/{PROJECT}/reader").state, "finished")
same(
    [api.artifact_exists(f"{ME}/{PROJECT}/{one}") for one in ("digit", "digits", "digits:v7")],
    [False, True, False],
)
end()
