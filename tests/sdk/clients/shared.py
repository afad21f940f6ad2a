"""Several processes that write one run, and several runs that make one version of an artifact."""

import os
import pathlib
import subprocess
import sys

import wandb
from common import ME, VERSION, check, end, failing_program, same, step, until, wandb_command

PROJECT = "together"
ALONE = {name: value for name, value in os.environ.items() if name != "WANDB_SERVICE"}
WORKER = """
import os, sys, wandb
rank = int(sys.argv[1])
run = wandb.init(
    project="together",
    id=sys.argv[2],
    config={f"rank {rank}": True, "seen": {str(rank): rank}},
    settings=wandb.Settings(
        mode="shared", x_label=f"rank {rank}", x_primary=rank == 0, x_update_finish_state=rank == 0,
        x_stats_sampling_interval=1,
    ),
)
for i in range(20):
    run.log({"loss": rank + i / 100, f"own/{rank}": i, "rank": rank})
    print(f"row {i} of rank {rank}")
if rank == 1:
    run.define_metric("own/*", step_metric="rank")
run.summary[f"best of {rank}"] = rank
sys.stdin.readline()
run.finish()
"""


def started(rank, run_id):
    """A worker, on its way; what it keeps lies in a folder of its own."""
    os.makedirs(f"of-{rank}", exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(rank), run_id],
        stdin=subprocess.PIPE,
        text=True,
        env={**ALONE, "WANDB_DIR": f"of-{rank}"},
    )


def read():
    """The run, read anew."""
    return wandb.Api().run(f"{ME}/{PROJECT}/all")


def one_run():
    """Three processes write one run, then one goes on alone."""
    step("three processes", "UpsertBucket")
    workers = [started(rank, "all") for rank in range(3)]

    def all_rows():
        """Every row, once all are there."""
        try:
            if "all" not in [run.id for run in wandb.Api().runs(f"{ME}/{PROJECT}")]:
                return None
        except ValueError:  # no project yet
            return None
        rows = list(read().scan_history())
        return rows if len(rows) >= 60 else None

    rows = until(all_rows)
    same([row["_step"] for row in rows], list(range(60)))
    for rank in range(3):
        own = [row["loss"] for row in rows if row["rank"] == rank]
        same(own, [rank + i / 100 for i in range(20)])  # each in its order
    same(read().state, "running")
    said = failing_program(f"wandb.init(project={PROJECT!r}, id='all')")
    check("is being written by another process" in said, said)
    for rank in (1, 0, 2):  # the end of the primary is that of the run, whoever speaks after it
        workers[rank].communicate("\n")
        same(workers[rank].returncode, 0)
    found = read()
    same(found.state, "finished")
    same(found.config, {"rank 0": True, "rank 1": True, "rank 2": True, "seen": {"0": 0, "1": 1, "2": 2}})
    same([found.summary[f"best of {rank}"] for rank in range(3)], [0, 1, 2])
    same([found.summary[f"own/{rank}"] for rank in range(3)], [19, 19, 19])
    same(found.summary["_step"], 59)
    same([len(found.history(keys=[f"own/{rank}"], pandas=False)) for rank in range(3)], [20, 20, 20])
    system = {key for row in found.history(stream="system", pandas=False) for key in row}
    for rank in range(3):
        check(any(key.endswith(f"/l:rank {rank}") for key in system), sorted(system))
    if hasattr(found, "console_logs"):
        lines = list(found.console_logs())
        for rank in range(3):
            own = [
                line.content
                for line in lines
                if line.label == f"rank {rank}" and line.content.startswith("row")
            ]
            same(own, [f"row {i} of rank {rank}" for i in range(20)])
    names = {file.name for file in found.files()}
    check({f"output_rank {rank}.log" for rank in range(3)} <= names or "output.log" in names, names)

    if VERSION >= (0, 31):
        step("what each process kept, sent once more")
        kept = [str(one) for one in pathlib.Path().glob("of-*/wandb/run-*")]
        same(len(kept), 3)
        for one in kept:
            wandb_command("sync", "--include-synced", "--no-skip-online", one)
        same(
            [(row["_step"], row["loss"]) for row in read().scan_history()],
            [(row["_step"], row["loss"]) for row in rows],
        )
        same([line.content for line in read().console_logs()], [line.content for line in lines])
        same(read().config, found.config)

    step("one process goes on alone")
    with wandb.init(project=PROJECT, id="all", resume="must") as run:
        run.log({"loss": 7})
    rows = list(read().scan_history())
    same([row["_step"] for row in rows], list(range(61)))
    same(rows[-1]["loss"], 7)


if VERSION >= (0, 19):
    one_run()

step("several runs make one artifact", "UpdateArtifactManifest")
PART = """
import sys, wandb
with wandb.init(project="together", group="makers") as run:
    made = wandb.Artifact("parts", type="dataset", metadata={sys.argv[1]: True})
    for name in (sys.argv[1], "same"):
        with made.new_file(name) as file:
            file.write(name)
    run.upsert_artifact(made, aliases=[f"with-{sys.argv[1]}"])
"""
making = [subprocess.Popen([sys.executable, "-c", PART, name], env=ALONE) for name in ("a", "b", "c")]
same([one.wait() for one in making], [0, 0, 0])
with wandb.init(project=PROJECT, group="makers") as run:
    last = wandb.Artifact("parts", type="dataset")
    with last.new_file("last") as file:
        file.write("last")
    run.finish_artifact(last).wait()
found = wandb.Api().artifact(f"{ME}/{PROJECT}/parts:latest")
same(sorted(found.manifest.entries), ["a", "b", "c", "last", "same"])
same(found.metadata, {"a": True, "b": True, "c": True})
same(sorted(found.aliases), ["latest", "with-a", "with-b", "with-c"])
root = pathlib.Path(found.download(root="parts"))
same([(root / name).read_text() for name in ("a", "b", "c", "last", "same")], ["a", "b", "c", "last", "same"])
end()
