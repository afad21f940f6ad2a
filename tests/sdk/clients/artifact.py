"""Artifacts: log, draft, incremental, aliases, tags, expiry, references, download, links and tables."""

import datetime
import os
import pathlib

import wandb
from common import ME, VERSION, check, end, refused, same, step

PROJECT = "things"
RECENT = VERSION >= (0, 17)  # one class for logged and read artifacts, with everything on it


def tree(directory):
    """Names and contents of the files below a directory."""
    root = pathlib.Path(directory)
    return {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*") if path.is_file()}


def named(name):
    """A version, read anew."""
    return wandb.Api().artifact(f"{ME}/{PROJECT}/{name}")


os.makedirs("given/sub dir", exist_ok=True)
for name, text in {"a.txt": "alpha", "sub dir/b #%.txt": "beta", "empty.txt": ""}.items():
    pathlib.Path("given", name).write_text(text)
FILES = tree("given")

step(
    "log a version",
    "CreateArtifact",
    "CreateArtifactManifest",
    "CreateArtifactFiles",
    "CommitArtifact",
    "ArtifactByID",
    "ArtifactType",
    "ArtifactMembershipByName",
    "RunOutputArtifacts",
)
run = wandb.init(project=PROJECT, job_type="make")
first = wandb.Artifact(
    "set", type="dataset", description="some files", metadata={"rows": 3, "deep": {"x": 1}}
)
first.add_dir("given")
logged = run.log_artifact(first, aliases=["latest", "good"])
logged.wait()
same(logged.version, "v0")
same(logged.name, "set:v0")
read = named("set:good")
same(read.version, "v0")
same(read.type, "dataset")
same(read.state, "COMMITTED")
same(read.description, "some files")
same(read.metadata, {"rows": 3, "deep": {"x": 1}})
same(read.size, 9)
same(sorted(read.aliases), ["good", "latest"])
same(read.digest, first.digest)
same(sorted(read.manifest.entries), sorted(FILES))
same([one.name for one in wandb.Api().run(run.path).logged_artifacts()], ["set:v0"])

step("the same content is no new version", "CreateArtifact")
again = wandb.Artifact("set", type="dataset")
again.add_dir("given")
again = run.log_artifact(again, aliases=["latest", "same"])
again.wait()
same(again.version, "v0")
same(sorted(named("set:latest").aliases), ["good", "latest", "same"])

step("the same bytes under another name")
once = f"once-{ME}.bin"
pathlib.Path(once).write_bytes(os.urandom(1000))
for name in ("once", "once", "once-more"):
    made = wandb.Artifact(name, type="dataset")
    made.add_file(once)
    run.log_artifact(made).wait()
same(named("once:latest").version, "v0")
same(named("once-more:latest").digest, named("once:v0").digest)

step("another type of the same name is refused", "ArtifactType")
other = wandb.Artifact("set", type="model")
other.add_file("given/a.txt")
with refused("dataset"):
    run.log_artifact(other).wait()

step("a second version takes latest along", "CommitArtifact")
pathlib.Path("given/a.txt").write_text("ALPHA")
second = wandb.Artifact("set", type="dataset")
second.add_dir("given")
with second.new_file("made.json") as file:
    file.write("[1]")
run.log_artifact(second).wait()
same(named("set:latest").version, "v1")
same(sorted(named("set:v0").aliases), ["good", "same"])
same(named("set").version, "v1")

step(
    "download",
    "FetchArtifactManifest",
    "ArtifactManifest",
    "GetArtifactMembershipFileUrls",
    "ArtifactFileURLs",
)
path = named("set:v0").download(root="v0")
same(tree(path), FILES)
named("set:v0").verify(root=path)
path = named("set:v1").download(root="v1")
same(tree(path), {**FILES, "a.txt": "ALPHA", "made.json": "[1]"})
entry = (
    named("set:v0").get_path("sub dir/b #%.txt")
    if not RECENT
    else named("set:v0").get_entry("sub dir/b #%.txt")
)
same(pathlib.Path(entry.download(root="one")).read_text(), "beta")
if VERSION >= (0, 16):
    path = named("set:v1").download(root="part", path_prefix="sub dir")
    same(tree(path), {"sub dir/b #%.txt": "beta"})

step("files of a version", "ArtifactMembershipFiles", "ArtifactFiles")
listed = {one.name: one for one in named("set:v0").files()}
same(sorted(listed), sorted(FILES))
same(listed["a.txt"].size, 5)
with listed["a.txt"].download(root="file", replace=True) as file:
    same(file.read(), "alpha")

step("use", "UseArtifact", "ArtifactUsedBy", "ArtifactCreatedBy", "RunInputArtifacts")
run_id = run.id
run.finish()
run = wandb.init(project=PROJECT, job_type="use")
used = run.use_artifact("set:v0")
same(used.name, "set:v0")
run.use_artifact(f"{ME}/{PROJECT}/set:v0")
same([one.id for one in named("set:v0").used_by()], [run.id])
same(named("set:v0").logged_by().id, run_id)
same([one.name for one in wandb.Api().run(f"{ME}/{PROJECT}/{run.id}").used_artifacts()], ["set:v0"])
with refused():
    run.use_artifact("set:nowhere")

step("change", "UpdateArtifact", "AddAliases", "DeleteAliases")
read = named("set:v0")
read.description = "better words"
read.metadata["rows"] = 4
read.aliases.append("stage")
read.aliases.remove("same")
read.save()
read = named("set:stage")
same(read.version, "v0")
same(read.description, "better words")
same(read.metadata["rows"], 4)
same(sorted(read.aliases), ["good", "stage"])
other = named("set:v1")
other.aliases.append("stage")
other.save()
same(named("set:stage").version, "v1")
same(sorted(named("set:v0").aliases), ["good"])

if VERSION >= (0, 18):
    step("tags and expiry", "UpdateArtifact")
    read = named("set:v0")
    read.tags.append("checked")
    if VERSION >= (0, 19):
        read.ttl = datetime.timedelta(days=30)
    read.save()
    same(named("set:v0").tags, ["checked"])
    if VERSION >= (0, 19):
        same(named("set:v0").ttl, datetime.timedelta(days=30))
        read = named("set:v0")
        read.ttl = wandb.ArtifactTTL.INHERIT
        read.tags = []
        read.save()
        same(named("set:v0").ttl, None)
        same(named("set:v0").tags, [])

step("references")
ref = wandb.Artifact("refs", type="dataset")
ref.add_reference("https://example.org/nowhere.bin", name="far.bin", checksum=False)
ref.add_reference(pathlib.Path("given/a.txt").absolute().as_uri(), name="near.txt")
run.log_artifact(ref).wait()
read = named("refs:v0")
same(sorted(read.manifest.entries), ["far.bin", "near.txt"])
same(read.manifest.entries["far.bin"].ref, "https://example.org/nowhere.bin")
entry = read.get_path("near.txt") if not RECENT else read.get_entry("near.txt")
same(pathlib.Path(entry.download(root="near")).read_text(), "ALPHA")

step("a table, and a version that refers to one not committed yet", "ClientIDMapping")
table = wandb.Table(columns=["name", "value"], data=[["a", 1], ["b", 2]])
source = wandb.Artifact("source", type="tables")
source.add(table, "rows")
first = run.log_artifact(source)
referring = wandb.Artifact("referring", type="tables")
referring.add(table, "again")
run.log_artifact(referring).wait()
first.wait()
read = named("referring:v0")
same(read.get("again").data, [["a", 1], ["b", 2]])
check(any((one.ref or "").startswith("wandb-artifact://") for one in read.manifest.entries.values()))
run.log({"scores": wandb.Table(columns=["score"], data=[[0.5]])})
run_id = run.id
run.finish()
same(named(f"run-{run_id}-scores:latest").get("scores").data, [[0.5]])
same(named(f"run-{run_id}-scores:latest").type, "run_table")

if VERSION >= (0, 28):
    step("download by the client's core", "ArtifactFileURLsByManifestEntries")
    # With its cache: a download that skips it spoils all later ones of the process (docs/protocol/client.md).
    named("set:v1")._download_using_core(root="core")
    same(tree("core"), {**FILES, "a.txt": "ALPHA", "made.json": "[1]"})

if VERSION >= (0, 16):
    step("a draft of a version", "CommitArtifact")
    draft = named("set:v1").new_draft()
    draft.remove("empty.txt")
    with draft.new_file("later.txt") as file:
        file.write("later")
    with wandb.init(project=PROJECT, job_type="draft") as run:
        run.log_artifact(draft).wait()
    expected = {**FILES, "a.txt": "ALPHA", "made.json": "[1]", "later.txt": "later"}
    del expected["empty.txt"]
    same(named("set:v2").version, named("set:latest").version)
    same(tree(named("set:v2").download(root="v2")), expected)

step("incremental", "CreateArtifactManifest", "UpdateArtifactManifest")
more = wandb.Artifact("grow", type="dataset")
more.add_file("given/a.txt", name="one.txt")
with wandb.init(project=PROJECT, job_type="grow") as run:
    run.log_artifact(more).wait()
    more = wandb.Artifact("grow", type="dataset", incremental=True)
    with more.new_file("two.txt") as file:
        file.write("two")
    run.log_artifact(more).wait()
same(tree(named("grow:v1").download(root="grown")), {"one.txt": "ALPHA", "two.txt": "two"})

step(
    "link into a model registry of one's own",
    "LinkArtifact",
    "FetchLinkedArtifacts",
    "ArtifactMembershipByName",
)
with wandb.init(project=PROJECT, job_type="link") as run:
    model = wandb.Artifact("net", type="model")
    model.add_file("given/a.txt", name="weights.txt")
    run.log_artifact(model).wait()
    run.link_artifact(model, f"{ME}/model-registry/digits", aliases=["candidate"])
    linker = run.id
linked = wandb.Api().artifact(f"{ME}/model-registry/digits:candidate")
same(linked.version, "v0")
check("candidate" in linked.aliases and "latest" in linked.aliases, linked.aliases)
same(linked.logged_by().id, linker)
same(tree(linked.download(root="linked")), {"weights.txt": "ALPHA"})
if RECENT:
    check(linked.name in ("digits:v0", "digits:candidate"), linked.name)
    same(linked.source_name, "net:v0")
    check(linked.is_link)
if VERSION >= (0, 21):
    same([one.name for one in named("net:v0").linked_artifacts], ["digits:v0"])
    same(linked.source_artifact.name, "net:v0")
if VERSION >= (0, 14):
    named("set:v0").link(f"{ME}/{PROJECT}/chosen", aliases=["best"])
    chosen = wandb.Api().artifact(f"{ME}/{PROJECT}/chosen:best")
    same(chosen.digest, named("set:v0").digest)
    if VERSION >= (0, 19):
        step("unlink", "UnlinkArtifact")
        chosen.unlink()
        with refused():
            wandb.Api().artifact(f"{ME}/{PROJECT}/chosen:best")
        same(named("set:v0").version, "v0")

if VERSION >= (0, 17):
    step("link_model and use_model", "LinkArtifact", "UseArtifact")
    with wandb.init(project=PROJECT, job_type="model") as run:
        run.link_model("given/a.txt", "letters", name="plain", aliases=["ready"])
        model_path = run.use_model(f"{ME}/model-registry/letters:ready")
        same(pathlib.Path(model_path).read_text(), "ALPHA")

if VERSION >= (0, 19):
    step("link into a registry", "FetchOrgInfoFromEntity", "FetchOrgEntityFromEntity", "LinkArtifact")
    with wandb.init(project=PROJECT, job_type="registry") as run:
        model = run.use_artifact("net:v0")
        run.link_artifact(model, f"wandb-registry-model/{ME}", aliases=["prod"])
    linked = wandb.Api().artifact(f"wandb-registry-model/{ME}:prod")
    same(linked.version, "v0")
    same(linked.source_name, "net:v0")
    same(tree(linked.download(root="registered")), {"weights.txt": "ALPHA"})

step(
    "lists",
    "ProjectArtifactTypes",
    "ProjectArtifactType",
    "ArtifactTypeArtifactCollections",
    "ProjectArtifactCollections",
    "ProjectArtifactCollection",
    "ArtifactCollectionAliases",
    "ProjectArtifacts",
)
api = wandb.Api()
types = {one.name for one in api.artifact_types(f"{ME}/{PROJECT}")}
check({"dataset", "model", "tables", "run_table"} <= types, types)
same(api.artifact_type("dataset", f"{ME}/{PROJECT}").name, "dataset")
with refused(f"project {ME}/{PROJECT}x was not found", f"did you mean '{PROJECT}'"):
    list(api.artifact_types(f"{ME}/{PROJECT}x"))
collections = api.artifact_type("dataset", f"{ME}/{PROJECT}").collections()
names = sorted(one.name for one in collections)
check({"grow", "refs", "set"} <= set(names), names)
found = (
    api.artifact_versions("dataset", f"{ME}/{PROJECT}/set")
    if VERSION < (0, 15)
    else api.artifacts("dataset", f"{ME}/{PROJECT}/set")
)
versions = [one.version for one in found]
same(
    versions[:2] if VERSION >= (0, 22) else sorted(versions)[:2],
    sorted(versions, reverse=VERSION >= (0, 22))[:2],
)
same(len(versions), 3 if VERSION >= (0, 16) else 2)
if VERSION >= (0, 15):
    collection = api.artifact_collection("dataset", f"{ME}/{PROJECT}/set")
    same(collection.name, "set")
    check({"latest", "stage"} <= set(collection.aliases), collection.aliases)
    check("set" in [one.name for one in api.artifact_collections(f"{ME}/{PROJECT}", "dataset")])
if VERSION >= (0, 18):
    check(api.artifact_exists(f"{ME}/{PROJECT}/set:v0"))
    check(not api.artifact_exists(f"{ME}/{PROJECT}/set:v77"))
    check(api.artifact_collection_exists(f"{ME}/{PROJECT}/set", "dataset"))
if VERSION >= (0, 20):
    step("change a collection", "UpdateArtifactSequence", "AddArtifactCollectionTags")
    collection = api.artifact_collection("dataset", f"{ME}/{PROJECT}/refs")
    collection.description = "pointers"
    collection.tags = ["far"]
    collection.name = "pointers"
    collection.save()
    collection = wandb.Api().artifact_collection("dataset", f"{ME}/{PROJECT}/pointers")
    same((collection.description, list(collection.tags)), ("pointers", ["far"]))
    collection.delete()
    check(not wandb.Api().artifact_collection_exists(f"{ME}/{PROJECT}/pointers", "dataset"))

step("delete", "DeleteArtifact")
with refused("alias" if VERSION >= (0, 14) else "409"):
    named("set:v0").delete()
same(named("set:v0").version, "v0")
named("set:v0").delete(delete_aliases=True)
with refused():
    named("set:v0")
with refused():
    named("set:good")
same(named("set:latest").digest, named(f"set:{'v2' if VERSION >= (0, 16) else 'v1'}").digest)
end()
