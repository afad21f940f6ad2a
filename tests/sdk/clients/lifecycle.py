"""How runs go on and end: resume in all modes, states and their causes, stop."""

import os
import subprocess
import sys
import time

import wandb
from common import ME, VERSION, check, end, same, step, until

PROJECT = "lives"
quiet = wandb.Settings(**{"_disable_stats" if VERSION < (0, 19) else "x_disable_stats": True})


def init(**given):
    """A run of this script's project, without measurements of the system."""
    return wandb.init(project=PROJECT, settings=quiet, **given)


def read(run_id):
    """A run, read anew."""
    return wandb.Api().run(f"{ME}/{PROJECT}/{run_id}")


step("a life in two parts", "RunResumeStatus", "UpsertBucket")
run = init(id="two-parts", name="twice", config={"lr": 0.1}, tags=["kept"], notes="kept too")
check(not run.resumed)
for i in range(3):
    run.log({"loss": 3 - i})
print("from the first part")
run.finish()
run = init(id="two-parts", resume="must", config={"more": 1})
check(run.resumed)
if VERSION < (0, 28):  # later ones know the step with the first row
    same(run.step, 3)
same(run.config["lr"], 0.1)
for i in range(2):
    run.log({"loss": -i})
print("from the second part")
run.finish()
whole = read("two-parts")
same([(row["_step"], row["loss"]) for row in whole.scan_history()], [(0, 3), (1, 2), (2, 1), (3, 0), (4, -1)])
same({key: whole.config[key] for key in ("lr", "more")}, {"lr": 0.1, "more": 1})
same((whole.name, whole.tags, whole.notes), ("twice", ["kept"], "kept too"))
same(whole.summary["loss"], -1)
if hasattr(whole, "console_logs"):
    text = "\n".join(line.content for line in whole.console_logs())
    check("from the first part" in text and "from the second part" in text, text)

step("resume by other modes", "RunResumeStatus")
run = init(id="two-parts", resume="allow")
run.log({"loss": -2})
same(run.step, 6)
run.finish()
run = init(id="fresh", resume="allow")
same(run.step, 0)
run.log({"a": 1})
run.finish()
for words in ({"id": "fresh", "resume": "never"}, {"id": "absent", "resume": "must"}):
    # In a process of its own: after a refusal 0.16 initialises nothing more.
    done = subprocess.run(
        [sys.executable, "-c", f"import wandb\nwandb.init(project={PROJECT!r}, **{words})"],
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "WANDB_SERVICE"},
    )
    check(done.returncode != 0, done.stdout, done.stderr)
    check(words["id"] in done.stderr and "resume" in done.stderr, done.stderr)
run = init(id="never-before", resume="never")
run.finish()
run = init(resume="auto")
run.log({"a": 1})
automatic = run.id
run.finish(exit_code=1)
run = init(resume="auto")
same(run.id, automatic)
check(run.resumed)
run.finish()

step("how it ended", "RunState")
same(read("two-parts").state, "finished")
run = init(id="failing")
run.finish(exit_code=3)
same(read("failing").state, "failed")
run = init(id="waited-for")
same(read("waited-for").state, "running")
run.finish()
waited = read("waited-for")
waited.wait_until_finished()
same(waited.state, "finished")
if hasattr(run, "mark_preempting"):
    run = init(id="preempted")
    run.mark_preempting()
    run.log({"a": 1})
    run.finish(exit_code=1)
    same(read("preempted").state, "preempted")

if VERSION >= (0, 14):
    step("a run made from outside", "UpsertBucket")
    made = wandb.Api().create_run(project=PROJECT, run_id="made")
    same(made.id, "made")
    same(read("made").id, "made")
if hasattr(wandb.apis.public.Run, "update_state"):
    step("a state set from outside", "UpdateRunState")
    init(id="set").finish(exit_code=1)
    check(read("set").update_state("pending"))
    same(read("set").state, "pending")

step(
    "stop",
    *(("StopRun",) if VERSION >= (0, 16) else ()),
    *(("RunStoppedStatus",) if VERSION < (0, 23) else ()),
)
run = init(id="stopped")
run.log({"a": 1})
found = until(lambda: read("stopped"))
if hasattr(found, "stop"):
    found.stop()
elif VERSION >= (0, 16):
    check(wandb.apis.InternalApi().stop_run(found.storage_id))
else:
    from wandb_gql import gql

    words = gql("mutation ByHand($id: ID!) { stopRun(input: {id: $id}) { success } }")
    wandb.Api().client.execute(words, variable_values={"id": found.storage_id})
if VERSION < (0, 14):  # it asks just once, when the run begins
    from wandb.sdk.internal.internal_api import Api

    check(Api().check_stop_requested(PROJECT, ME, "stopped"))
else:
    interrupted = False
    try:
        for i in range(900):
            if i % 10 == 0:
                run.log({"a": i})
            time.sleep(0.1)
    except KeyboardInterrupt:
        interrupted = True
    check(interrupted, "the run was to be interrupted")
run.finish(exit_code=255)
check(read("stopped").state in ("killed", "failed"), read("stopped").state)
end()
sys.exit(0)
