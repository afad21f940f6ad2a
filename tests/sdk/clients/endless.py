"""Logs until it is killed: `endless.py RUN`, resuming the run when it is there."""

import sys
import time

import wandb

settings = wandb.Settings(x_file_stream_transmit_interval=0.2)
with wandb.init(project="lives", id=sys.argv[1], resume="allow", settings=settings) as run:
    for row in range(100_000):
        run.log({"row": row})
        time.sleep(0.2)
