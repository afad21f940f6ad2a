"""Sample data for `make dev`: a few runs of every sort, logged by the public client.

    python tools/sample_data.py          where the server and the key are in WANDB_BASE_URL, WANDB_API_KEY

Curves, images, a table with right and wrong predictions, a dataset and models with lineage, a
crashed run. It ends quickly: nothing is trained.
"""

import math
import random
from typing import Any

import numpy as np
import wandb

PROJECT = "sample"
RUNS = 8
STEPS = 200


def picture(label: int, chance: random.Random) -> "np.ndarray[Any, Any]":
    """A 28x28 image with a bar whose angle tells its label."""
    rows, columns = np.mgrid[-14:14, -14:14]
    angle = label * math.pi / 10
    distance = np.abs(rows * math.cos(angle) - columns * math.sin(angle))
    noise = np.array([chance.random() * 60 for _ in range(784)]).reshape(28, 28)
    return np.clip(255 * np.exp(-((distance / 2.5) ** 2)) + noise, 0, 255).astype(np.uint8)


def log_dataset() -> None:
    """One run that makes a dataset."""
    with wandb.init(project=PROJECT, job_type="data", name="prepare") as run:
        dataset = wandb.Artifact("bars", "dataset", metadata={"images": 200})
        with dataset.new_file("labels.csv", mode="w") as out:
            out.write("image,label\n" + "".join(f"{one},{one % 10}\n" for one in range(200)))
        run.log_artifact(dataset)


def log_training(number: int) -> None:
    """One run with curves, images, a table and a model; the last one fails."""
    chance = random.Random(number)
    lr = 10 ** chance.uniform(-4, -2)
    config = {"lr": lr, "batch_size": 32 * 2 ** (number % 3), "optimizer": ("adam", "sgd")[number % 2]}
    with wandb.init(project=PROJECT, job_type="train", name=f"train-{number}", config=config) as run:
        run.use_artifact("bars:latest")
        run.define_metric("val/*", step_metric="epoch")
        for step in range(STEPS):
            loss = 2.3 * math.exp(-step * lr * 8) + 0.1 + chance.gauss(0, 0.03)
            run.log({"loss": loss, "lr_now": lr * (1 - step / STEPS)}, commit=False)
            if step % 20 == 19:
                held = {"val/loss": loss * 1.1, "val/accuracy": 1 - loss / 3, "epoch": step // 20}
                run.log(held, commit=False)
            run.log({})
        table = wandb.Table(columns=["image", "true", "predicted"])
        for one in range(30):
            true = one % 10
            predicted = true if chance.random() < 0.8 else (true + 1) % 10
            table.add_data(wandb.Image(picture(true, chance)), true, predicted)
        run.log({"predictions": table, "examples": [wandb.Image(picture(one, chance)) for one in range(4)]})
        print(f"\033[32mdone\033[0m after {STEPS} steps")
        model = wandb.Artifact("bars_model", "model", metadata=config)
        with model.new_file("weights.txt", mode="w") as out:
            out.write(repr(lr))
        run.log_artifact(model)
        if number == RUNS - 1:
            run.finish(exit_code=1)


def main() -> None:
    """Log everything."""
    log_dataset()
    for number in range(RUNS):
        log_training(number)


if __name__ == "__main__":
    main()
