"""A sweep of lab/search, worked off by the real agent. It prints the sweep's id and each run's result."""

import json
import math

import wandb

SPACE = {
    "name": "learning rate and width",
    "method": "random",
    "metric": {"name": "val_loss", "goal": "minimize"},
    "parameters": {
        "lr": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1e-1},
        "width": {"values": [16, 32, 64]},
        "dropout": {"min": 0.0, "max": 0.5},
    },
    "run_cap": 6,
}


def main() -> None:
    """Six short runs; the best is near a learning rate of 0.003."""
    results = {}

    def train() -> None:
        with wandb.init(settings=wandb.Settings(x_disable_stats=True)) as run:
            miss = abs(math.log10(run.config.lr) + 2.5)
            for step in range(6):
                loss = 0.1 + miss / 3 + math.exp(-step) + run.config.dropout / 10
                run.log({"val_loss": loss})
            results[run.id] = loss
            model = wandb.Artifact("searched-model", type="model")
            with model.new_file("model.txt") as file:
                file.write(f"{run.id} {loss}")
            run.log_artifact(model)

    sweep = wandb.sweep(SPACE, entity="lab", project="search")
    wandb.agent(sweep, train, entity="lab", project="search", count=6)
    print(json.dumps({"sweep": sweep, "results": results}))


if __name__ == "__main__":
    main()
