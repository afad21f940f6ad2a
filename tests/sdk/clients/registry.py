"""Registries: made, described, filled with links, listed, renamed and deleted."""

import pathlib

import wandb
from common import ME, check, end, refused, same, step

PROJECT = "for-registries"
NAME = f"reg-{ME}"
api = wandb.Api()

step("make a registry", "FetchOrganization", "FetchRegistry", "UpsertRegistry")
made = api.create_registry(
    name=NAME, visibility="organization", description="what we keep", artifact_types=["model"]
)
same((made.name, made.description, made.visibility), (NAME, "what we keep", "organization"))
check(not made.allow_all_artifact_types)
with refused():
    api.create_registry(name=NAME, visibility="organization")

step(
    "link into it, and read by its path",
    "LinkArtifact",
    "FetchRegistries",
    "RegistryCollections",
    "RegistryVersions",
)
pathlib.Path("weights.txt").write_text("1 2 3")
with wandb.init(project=PROJECT) as run:
    model = wandb.Artifact("net", type="model")
    model.add_file("weights.txt")
    run.log_artifact(model).wait()
    run.link_artifact(model, f"wandb-registry-{NAME}/letters", aliases=["prod"])
    other = wandb.Artifact("rows", type="dataset")
    other.add_file("weights.txt")
    run.log_artifact(other).wait()
    with refused("model"):
        run.link_artifact(other, f"wandb-registry-{NAME}/rows")
linked = wandb.Api().artifact(f"wandb-registry-{NAME}/letters:prod")
same(linked.source_name, "net:v0")
same(linked.logged_by().id, run.id)
registries = wandb.Api().registries(filter={"name": {"$regex": NAME}})
same([one.name for one in registries], [NAME])
same([one.name for one in registries.collections()], ["letters"])
versions = list(
    wandb.Api().registries(filter={"name": NAME}).collections(filter={"name": "letters"}).versions()
)
same([one.version for one in versions], ["v0"])
same([one.name for one in wandb.Api().registry(NAME).collections()], ["letters"])

step("change it", "UpsertRegistry", "RenameRegistry")
made = wandb.Api().registry(NAME)
made.description = "better words"
made.save()
same(wandb.Api().registry(NAME).description, "better words")
made.name = f"{NAME}-2"
made.save()
same(wandb.Api().registry(f"{NAME}-2").description, "better words")

step("delete it", "DeleteRegistry")
wandb.Api().registry(f"{NAME}-2").delete()
with refused():
    wandb.Api().registry(f"{NAME}-2").load()
end()
