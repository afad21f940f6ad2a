"""Sweeps by the real agent: `sweeps.py KIND` makes one, works it off and looks at what came of it.

An agent that calls a function works the first runs off, an agent that starts a program the last two.
The function has all of `grid`, the program all of the grid `program`.
"""

import base64
import json
import os
import subprocess
import sys
import time
import urllib.request

import wandb
from common import ME, VERSION, check, end, same, step, until

KIND = sys.argv[1]
PROJECT = f"sweeps-{KIND}"
METRIC = {"name": "loss", "goal": "minimize"}
CHOICE = {
    "values": ["adam", "sgd"],
    "parameters": {
        "adam": {"beta": {"min": 0.5, "max": 0.9}},
        "sgd": {"momentum": {"min": 0.0, "max": 0.9}},
    },
}
SWEEPS = {
    "grid": {"method": "grid", "parameters": {"a": {"values": [1, 2, "x"]}, "b": {"value": 0}}},
    "random": {
        "method": "random",
        "run_cap": 3,
        "parameters": {
            "units": {"distribution": "int_log_uniform_values", "min": 8, "max": 512},
            "size": {"values": ["s", "m", "l"], "ordered": True},
            "inner": {"parameters": {"rate": {"min": 0.1, "max": 0.2}}},
        },
    },
    "bayes": {"method": "bayes", "run_cap": 3, "parameters": {"x": {"min": 0.0, "max": 1.0}}},
    "hyperband": {
        "method": "random",
        "run_cap": 4,
        "parameters": {"x": {"min": 0.0, "max": 1.0}},
        "early_terminate": {"type": "hyperband", "min_iter": 2, "eta": 3},
    },
    "conditional": {"method": "random", "run_cap": 3, "parameters": {"optimizer": CHOICE}},
    "warm": {
        "method": "bayes",
        "run_cap": 3,
        "parameters": {"x": {"min": 0.5, "max": 2.0}, "new": {"values": [1, 2]}},
        "warm_start": {"filter": {"group": "before"}},
    },
    "program": {"method": "grid", "parameters": {"a": {"values": [1, 2]}}},
}
PROGRAM_RUNS = 2
HOW = {"program": "program.py", "command": ["${env}", sys.executable, "${program}", "${args}"]}
PROGRAM = """
import json, os, sys, time
import wandb
told = dict(word.lstrip("-").split("=", 1) for word in sys.argv[1:])
run = wandb.init()
for name, text in told.items():
    value = run.config[name]
    assert text in (str(value), json.dumps(value)) or float(text) == value, (name, text, value)
laggard = %r and os.path.exists("second")
open("second", "w").close()
for epoch in range(200 if laggard else 3):
    run.log({"loss": 9.0 if laggard else 1.0 / (1 + epoch)})
    time.sleep(0.5 if laggard else 0)
run.finish()
"""


def get(path):
    request = urllib.request.Request(os.environ["WANDB_BASE_URL"] + path)
    key = base64.b64encode(f"api:{os.environ['WANDB_API_KEY']}".encode()).decode()
    request.add_header("Authorization", f"Basic {key}")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=120) as answer:
        return json.load(answer)


seen = []


def train():
    run = wandb.init()
    seen.append(dict(run.config))
    laggard = KIND == "hyperband" and len(seen) == 2
    for epoch in range(200 if laggard else 3):
        run.log({"loss": 5.0 if laggard else 1.0 / (1 + epoch)})
        time.sleep(0.5 if laggard else 0)
    run.finish()


def work():
    """Make the sweep and work it off; leaves what was seen for the process that looks at it."""
    if KIND == "warm":
        for x in (0.25, 0.75):
            with wandb.init(project=PROJECT, group="before", config={"x": x, "other": 1}) as run:
                run.log({"loss": x})

    config = {"metric": METRIC, **HOW, **SWEEPS[KIND]}
    sweep = wandb.sweep(config, project=PROJECT)
    if KIND != "program":
        count = 3 if KIND == "grid" else config["run_cap"] - PROGRAM_RUNS
        wandb.agent(sweep, function=train, project=PROJECT, count=count)
    with open(f"{KIND}.json", "w") as file:
        json.dump({"sweep": sweep, "seen": seen}, file)


if sys.argv[2:] == ["work"]:
    work()
    sys.exit()

step("work off")  # in a process of its own: the oldest client ends its last run only with that
subprocess.run([sys.executable, __file__, KIND, "work"], check=True, timeout=600)
with open(f"{KIND}.json") as file:
    left = json.load(file)
seen = left["seen"]
if KIND != "grid":
    step("a program has the rest")
    with open("program.py", "w") as file:
        file.write(PROGRAM % (KIND == "hyperband"))
    few = [] if KIND == "program" else ["--count", str(PROGRAM_RUNS)]
    words = [sys.executable, "-m", "wandb", "agent", *few, f"{ME}/{PROJECT}/{left['sweep']}"]
    subprocess.run(words, check=True, timeout=600)
address = f"/api/sweeps/{ME}/{PROJECT}/{left['sweep']}"

step("what came of it")
# The oldest client's agent in a process never tells that its last run has ended.
untold = len(seen) - 1 if VERSION < (0, 14) and seen else None
# A program that is stopped dies without a word: its run is open till its silence has lasted.
if untold is None and KIND != "hyperband":
    until(lambda: get(address)["state"] == "FINISHED", 60)
trials = [one for one in get(address + "/trials")["trials"] if not one["prior"]]
cap = {"grid": 3, "program": 2}.get(KIND) or SWEEPS[KIND]["run_cap"]
same(len(trials), cap)
check(all(one["info"]["engine"] for one in trials), trials)
if KIND != "program":
    for given, trial in zip(seen, trials):  # noqa: B905 - the oldest client may run on Python 3.9
        same({name: given[name] for name in trial["params"]}, trial["params"])
if KIND in ("grid", "program"):
    same(len({json.dumps(one["params"], sort_keys=True) for one in trials}), cap)
if KIND == "random":
    for one in trials:
        params = one["params"]
        check(8 <= params["units"] <= 512 and isinstance(params["units"], int), params)
        check(0.1 <= params["inner"]["rate"] <= 0.2 and params["size"] in "sml", params)
if KIND == "bayes":
    same([one["info"]["engine"] for one in trials], ["initial design", "initial design", "model"])
if KIND == "hyperband":
    same([one["stop_requested"] for one in trials], [False, True, False, True])
    same([trials[0]["state"], trials[2]["state"]], ["finished"] * 2)
    check(trials[3]["state"] in ("running", "stopped"), trials)
    if untold is None:
        same(trials[1]["state"], "stopped")
        check(get(address)["early_stopping"]["runs_stopped"] >= 1)
if KIND == "conditional":
    for one in trials:
        child = {"adam": "beta", "sgd": "momentum"}[one["params"]["optimizer"]]
        same(sorted(one["params"]), sorted(["optimizer", child]))
if KIND == "warm":
    same([one["info"]["engine"] for one in trials], ["model"] * 3)
    same(trials[0]["info"]["n"], 2)
if KIND != "hyperband":
    told = [one for i, one in enumerate(trials) if i != untold]
    same([one["state"] for one in told], ["finished"] * len(told))
end()
