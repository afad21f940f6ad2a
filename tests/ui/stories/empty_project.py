"""A project of team lab with one run that logged nothing: `empty_project.py NAME`."""

import json
import sys

import wandb

if __name__ == "__main__":
    wandb.init(entity="lab", project=sys.argv[1], id="nothing", name="nothing logged").finish()
    print(json.dumps({}))
