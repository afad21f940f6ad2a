"""What a model does on validation and test images."""

from pathlib import Path
from typing import Any

import numpy as np
import wandb
from tqdm import tqdm

from app.models import METRIC
from app.models.files import load_model
from app.utils.callbacks import BatchBar
from app.utils.drawing import confusion, confusion_picture, write_digits
from app.utils.settings import Settings
from app.utils.splits import Labels, Split
from app.utils.tracking import dataset_of, folder, model_of, read_dataset, started, trained_with

PARTS = ("val", "test")


def table(name: str, part: Split, predicted: Labels, pictures: Path | None) -> wandb.Table:
    """One row for each example: true and predicted class and, with a folder for them, the picture."""
    columns = [f"{name}_true", f"{name}_pred"]
    rows: list[list[Any]] = [[int(t), int(p)] for t, p in zip(part.y, predicted, strict=True)]
    if pictures is not None:
        columns = ["image", *columns]
        written = tqdm(
            write_digits(part.X, pictures, name), "images", len(rows), unit="image", ascii=True, ncols=100
        )
        rows = [[wandb.Image(str(path)), *row] for path, row in zip(written, rows, strict=True)]
    return wandb.Table(columns=columns, data=rows)


def evaluate(settings: Settings, *, generate_images: bool) -> None:
    """Log metrics, confusion matrices and tables of the model of WANDB_MODEL_EVAL."""
    api = wandb.Api()
    model = model_of(api, "WANDB_MODEL_EVAL", settings)
    hyper, trained_on = trained_with(model)
    dataset = dataset_of(api, settings, trained_on, "WANDB_MODEL_EVAL")
    config = {**hyper, "model_id": settings.values["WANDB_MODEL_EVAL"]}
    with started(settings, "evaluation", tags=["evaluate"], config=config) as run, folder() as directory:
        data = read_dataset(run.use_artifact(dataset))
        network = load_model(Path(run.use_artifact(model).download(str(directory))), float(hyper["lr"]))
        pictures = directory / "pictures"
        pictures.mkdir()
        logged: dict[str, Any] = {}
        matrices = []
        for name in PARTS:
            part, batch = data[name], int(hyper["batch_size"])
            shown = {"batch_size": batch, "verbose": 0, "callbacks": [BatchBar(name)]}
            measured = network.evaluate(part.X, part.y, return_dict=True, **shown)
            predicted = np.argmax(network.predict(part.X, **shown), axis=1)
            logged[f"{name}_loss"], logged[f"{name}_{METRIC}"] = measured["loss"], measured[METRIC]
            drawn = confusion_picture(confusion(part.y, predicted), name)
            matrices.append(wandb.Image(drawn, caption=f"{name}_cm"))
            logged[f"{name}_table"] = table(name, part, predicted, pictures if generate_images else None)
            print(f"{name}: loss {measured['loss']:.4f}, accuracy {measured[METRIC]:.4f}", flush=True)
        run.log({**logged, "confusion_matrices": matrices})
