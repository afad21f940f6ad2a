"""Runs, datasets and models by wandb's public interface."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import wandb
from wandb.errors import CommError

from app.utils.hyperparameters import KINDS, chosen
from app.utils.problems import Problem
from app.utils.settings import Settings
from app.utils.splits import FILE, Splits, read_splits

DATASET = "split-data"
MODEL = "CNN_model"
REGISTRY = "model-registry"
PREPARED_BY = "run data_prep.py first"


@contextmanager
def started(settings: Settings, job_type: str, **more: Any) -> Iterator[wandb.Run]:
    """A run of this project; it counts as failed when the block raises."""
    with wandb.init(entity=settings.entity, project=settings.project, job_type=job_type, **more) as run:
        yield run


@contextmanager
def folder() -> Iterator[Path]:
    """A folder of this run alone: agents side by side must not overwrite each other's files."""
    with tempfile.TemporaryDirectory(prefix="pipelines-") as path:
        yield Path(path)


def project_path(settings: Settings) -> str:
    """`entity/project`, or the project alone for the key's default entity."""
    return f"{settings.entity}/{settings.project}" if settings.entity else settings.project


def existing(api: wandb.Api, name: str, missing: str) -> wandb.Artifact:
    """A version by its full name; raises `Problem` with the text `missing` where there is none."""
    try:
        return api.artifact(name)
    except (CommError, ValueError) as error:
        raise Problem(f"{missing} ({error})") from None


def latest_dataset(api: wandb.Api, settings: Settings) -> wandb.Artifact:
    """The newest prepared dataset of the project."""
    return existing(
        api,
        f"{project_path(settings)}/{DATASET}:latest",
        f"no {DATASET}:latest in {settings.project}, {PREPARED_BY}",
    )


def read_dataset(artifact: wandb.Artifact) -> Splits:
    """The parts of a dataset version; its file comes from the cache when it was there before."""
    with folder() as directory:
        return read_splits(Path(artifact.download(str(directory))) / FILE)


def model_name(model_id: str, settings: Settings) -> str:
    """The full name of `MNIST_CNN:v0`, `CNN_model:v3` or a name that is full already."""
    if "/" in model_id:
        return model_id
    if ":" not in model_id:
        raise Problem(f"model {model_id!r}: expected NAME:VERSION or NAME:ALIAS, for example MNIST_CNN:v0")
    home = settings.project if model_id.split(":", maxsplit=1)[0] == MODEL else REGISTRY
    return f"{settings.entity}/{home}/{model_id}" if settings.entity else f"{home}/{model_id}"


def model_of(api: wandb.Api, setting: str, settings: Settings) -> wandb.Artifact:
    """The model version that a setting names."""
    name = model_name(settings.values[setting], settings)
    return existing(
        api,
        name,
        f"{setting}: there is no model {name}; train.py and promote.py make one, or name another version",
    )


def insist_on_inputs(settings: Settings, model_setting: str | None = None) -> None:
    """Raise `Problem` where a stage's dataset or model is not there: Keras takes seconds to import."""
    api = wandb.Api()
    if model_setting is None:
        latest_dataset(api, settings)
    else:
        model_of(api, model_setting, settings)


def trained_with(model: wandb.Artifact) -> tuple[dict[str, int | float], wandb.Artifact | None]:
    """Hyper-parameters and dataset of the run that made a model (None: that run is not known)."""
    producer = model.logged_by()
    if producer is None:
        return chosen(model.metadata), None
    used = [one for one in producer.used_artifacts() if one.type == "dataset"]
    return chosen(model.metadata, dict(producer.config)), used[0] if used else None


def dataset_of(
    api: wandb.Api, settings: Settings, trained_on: wandb.Artifact | None, setting: str
) -> wandb.Artifact:
    """The dataset version that a model was trained on; a warning where a newer one differs.

    Another split may hold, among its test images, images that the model was trained on.
    """
    if trained_on is None:
        return latest_dataset(api, settings)
    latest = latest_dataset(api, settings)
    if latest.digest != trained_on.digest:
        print(
            f"WARNING: the model of {setting} was trained on {trained_on.name}, and {latest.name} is newer "
            f"and different. Using {trained_on.name}: in another split, test images may be training images."
        )
    return trained_on


def hyper_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """Those entries of a run's configuration that are hyper-parameters."""
    return {name: config[name] for name in KINDS if name in config}
