"""The `wandb` command as real processes: sign in, offline runs, files, artifacts, `verify`."""

import glob
import os
import pathlib
import subprocess
import sys

import wandb
from common import ME, VERSION, check, end, same, step, wandb_command

PROJECT = "by-hand"
OFFLINE = """
import wandb
run = wandb.init(project="by-hand", config={"lr": 0.5}, settings=wandb.Settings(%s=True))
for i in range(5):
    run.log({"loss": 5 - i})
    print("line", i)
made = wandb.Artifact("offline-set", type="dataset")
made.add_file("kept-for-sync.txt", name="a.txt")
run.log_artifact(made)
run.finish()
""" % ("_disable_stats" if VERSION < (0, 19) else "x_disable_stats")

step("wandb login", "Viewer")
wandb_command("login", "--relogin", os.environ["WANDB_API_KEY"])
netrc = pathlib.Path(os.environ["HOME"], ".netrc").read_text()
check(os.environ["WANDB_API_KEY"] in netrc, "the key is to be in .netrc")
if VERSION >= (0, 17):
    wandb_command("login", "--relogin", "--verify", os.environ["WANDB_API_KEY"])
    said = wandb_command("login", "--relogin", "--verify", "f" * 40, good=False)
    check(os.environ["WANDB_BASE_URL"] in said, said)
    wandb_command("login", "--relogin", os.environ["WANDB_API_KEY"])

step("wandb init")
wandb_command("init", "-p", PROJECT, "-e", ME, WANDB_API_KEY="")
settings = pathlib.Path("wandb/settings").read_text()
check(f"project = {PROJECT}" in settings and f"entity = {ME}" in settings, settings)

step("wandb sync: twice equals once", "UpsertBucket", "CreateArtifact")
pathlib.Path("kept-for-sync.txt").write_text("alpha")
subprocess.run([sys.executable, "-c", OFFLINE], check=True, env={**os.environ, "WANDB_MODE": "offline"})
(offline,) = glob.glob("wandb/offline-run-*")
run_id = offline.rsplit("-", 1)[1]
whole = ("--include-synced", "--include-offline") if VERSION < (0, 28) else ("--no-skip-synced",)
for _ in ("first", "second"):
    said = wandb_command("sync", *whole, offline)
    check("Skipped" not in said, said)  # so that the second time everything is sent again
    run = wandb.Api().run(f"{ME}/{PROJECT}/{run_id}")
    same(run.state, "finished")
    same([(one["_step"], one["loss"]) for one in run.scan_history()], [(i, 5 - i) for i in range(5)])
    same(run.config["lr"], 0.5)
    same([one.name for one in run.logged_artifacts()], ["offline-set:v0"])
    if hasattr(run, "console_logs"):
        printed = [one.content for one in run.console_logs() if one.content.startswith("line")]
        same(printed, [f"line {i}" for i in range(5)])
with (
    wandb.Api().run(f"{ME}/{PROJECT}/{run_id}").file("output.log").download(root="log", replace=True) as file
):
    check("line 4" in file.read())

step("wandb artifact put, ls, get", "CreateArtifact", "ProjectArtifactTypes", "ProjectArtifacts")
os.makedirs("folder", exist_ok=True)
pathlib.Path("folder/one.txt").write_text("one")
pathlib.Path("folder/two words.txt").write_text("two")
said = wandb_command("artifact", "put", "-n", f"{ME}/{PROJECT}/things", "-t", "stuff", "-a", "kept", "folder")
check("things:" in said, said)
said = wandb_command("artifact", "ls", f"{ME}/{PROJECT}")
check("things:v0" in said and "stuff" in said, said)
wandb_command("artifact", "get", f"{ME}/{PROJECT}/things:kept", "--root", "got", "--type", "stuff")
same(sorted(path.name for path in pathlib.Path("got").iterdir()), ["one.txt", "two words.txt"])
same(pathlib.Path("got/two words.txt").read_text(), "two")

step("wandb pull", "RunFiles")
with wandb.init(project=PROJECT, entity=ME) as run:
    pathlib.Path("kept.txt").write_text("kept")
    run.save("kept.txt")
pathlib.Path("kept.txt").unlink()
pathlib.Path("pulled").mkdir()
os.chdir("pulled")
wandb_command("pull", "-p", PROJECT, "-e", ME, run.id)
os.chdir("..")
found = list(pathlib.Path().glob("pulled/**/kept.txt"))
check(found, list(pathlib.Path("pulled").rglob("*")))
same(found[0].read_text(), "kept")

step("wandb restore", "Run", "RunFiles")
os.makedirs("repo")
os.chdir("repo")
code = f"import wandb\nwandb.init(project={PROJECT!r}, entity={ME!r}, id='patched').finish()\n"
pathlib.Path("train.py").write_text(code)
subprocess.run("git init -q . && git add . && git commit -qm one", shell=True, check=True)
pathlib.Path("train.py").write_text(code + "# changed\n")
alone = {name: value for name, value in os.environ.items() if name != "WANDB_SERVICE"}
alone |= {"WANDB_SAVE_CODE": "true", "WANDB_DIR": os.environ["HOME"]}
subprocess.run([sys.executable, "train.py"], check=True, env=alone)
names = [one.name for one in wandb.Api().run(f"{ME}/{PROJECT}/patched").files()]
check("wandb-metadata.json" in names, names)
subprocess.run(["git", "checkout", "-q", "train.py"], check=True)
if "diff.patch" in names or VERSION >= (0, 28):
    wandb_command("restore", f"{ME}/{PROJECT}/patched")
    same(pathlib.Path("train.py").read_text(), code + "# changed\n")
os.chdir("..")

end()
