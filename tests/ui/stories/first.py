"""Somebody's first script: `first.py POINTS PAUSE_S` logs a falling loss."""

import json
import sys
import time

import wandb

points, pause_s = int(sys.argv[1]), float(sys.argv[2])
with wandb.init(project="first-steps", name="my first", config={"learning_rate": 0.01}) as run:
    for step in range(points):
        run.log({"loss": 1 / (step + 1)})
        time.sleep(pause_s)
print(json.dumps({"id": run.id}))
