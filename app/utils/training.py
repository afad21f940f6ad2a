"""Training: a first model, a search, and more epochs for a chosen model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import wandb
import yaml
from tqdm import tqdm
from wandb.apis.public.sweeps import _set_sweep_state
from wandb.errors import CommError

from app.models.cnn import build_cnn
from app.models.files import load_model, save_model
from app.utils.callbacks import EpochBar, metrics_logger
from app.utils.hyperparameters import chosen
from app.utils.problems import Problem
from app.utils.settings import Settings
from app.utils.splits import Splits
from app.utils.tracking import (
    MODEL,
    dataset_of,
    folder,
    latest_dataset,
    model_of,
    project_path,
    read_dataset,
    started,
    trained_with,
)

ENDED = ("FINISHED", "CANCELED", "STOPPED")


def train(run: wandb.Run, model: keras.Model, data: Splits, config: Mapping[str, Any]) -> None:
    """Fit the model on the training part, log metrics of every epoch, then the model itself."""
    model.fit(
        data["train"].X,
        data["train"].y,
        batch_size=int(config["batch_size"]),
        epochs=int(config["epochs"]),
        validation_data=(data["val"].X, data["val"].y),
        callbacks=[metrics_logger(run), EpochBar(int(config["epochs"]))],
        verbose=0,
    )
    log_model(run, model, config)


def log_model(run: wandb.Run, model: keras.Model, config: Mapping[str, Any]) -> None:
    """Log the model's files as the next version of `CNN_model`."""
    artifact = wandb.Artifact(
        MODEL,
        "model",
        description="Convolutional classifier of handwritten digits (Keras)",
        metadata=dict(config),
    )
    with folder() as directory:
        for path in save_model(model, directory):
            artifact.add_file(str(path))
        run.log_artifact(artifact)


def baseline(settings: Settings, given: Mapping[str, Any], seed: int) -> None:
    """Train one model with the defaults and the given hyper-parameters."""
    artifact = latest_dataset(wandb.Api(), settings)
    with started(settings, "training", config={**chosen(given), "seed": seed}) as run:
        data = read_dataset(run.use_artifact(artifact))
        config = dict(run.config)
        keras.utils.set_random_seed(seed)
        train(run, build_cnn(config), data, config)


def read_sweep(path: Path) -> dict[str, Any]:
    """A sweep's configuration from a YAML file. Its contents are the server's to judge."""
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise Problem(f"--sweep_config {path}: {error}") from None
    if not isinstance(config, dict):
        raise Problem(f"--sweep_config {path}: expected a mapping with method, metric and parameters")
    return config


def tune(settings: Settings, given: Mapping[str, Any], seed: int, most: int, config_file: Path) -> None:
    """Search the space of `config_file` with at most `most` runs, then stop the sweep."""
    api = wandb.Api()
    artifact = latest_dataset(api, settings)
    config = {**read_sweep(config_file), "run_cap": most}
    data = read_dataset(artifact)  # once for all runs; each still says that it uses the version
    try:
        sweep_id = wandb.sweep(config, entity=settings.entity, project=settings.project)
    except (CommError, ValueError) as error:
        raise Problem(f"--sweep_config {config_file}: {error}") from None
    bar = tqdm(total=most, desc="sweep", unit="run", ascii=True, ncols=100)
    failures: list[BaseException] = []

    def one_run() -> None:
        try:
            with wandb.init(job_type="tuning", config={**chosen(given), "seed": seed}) as run:
                run.use_artifact(artifact)
                hyper = {**chosen(dict(run.config)), "seed": seed}
                keras.utils.set_random_seed(seed)
                train(run, build_cnn(hyper), data, hyper)
        except Exception as error:
            failures.append(error)  # the agent goes on with the next run and only logs this
            raise
        finally:
            keras.backend.clear_session()
            bar.update()

    wandb.agent(sweep_id, one_run, entity=settings.entity, project=settings.project, count=most)
    bar.close()
    state = stop_sweep(settings, sweep_id)
    print(f"Sweep {sweep_id}: {bar.n} runs, {len(failures)} failed, state {state}")
    if bar.n == 0 or failures:
        last = f"; the last error: {failures[-1]}" if failures else ""
        raise Problem(f"{len(failures)} of {bar.n} runs of sweep {sweep_id} failed{last}")


def stop_sweep(settings: Settings, sweep_id: str) -> str:
    """Stop a sweep that still goes on, and return the state that the server says it is in."""
    path = f"{project_path(settings)}/{sweep_id}"
    sweep = wandb.Api().sweep(path)
    if sweep.state.upper() not in ENDED:
        # The client's public interface has no call for this; `wandb sweep --stop` makes this one.
        _set_sweep_state(wandb.Api(), sweep_id, "FINISHED", entity=sweep.entity, project=settings.project)
        sweep = wandb.Api().sweep(path)
        if sweep.state.upper() not in ENDED:
            raise Problem(f"sweep {sweep_id} was told to stop and is still {sweep.state}")
    return str(sweep.state)


def retrain(settings: Settings, epochs: int | None, seed: int, *, from_scratch: bool) -> None:
    """More epochs for the model of WANDB_MODEL_RETRAIN, with the hyper-parameters it was made with."""
    api = wandb.Api()
    model = model_of(api, "WANDB_MODEL_RETRAIN", settings)
    hyper, trained_on = trained_with(model)
    dataset = dataset_of(api, settings, trained_on, "WANDB_MODEL_RETRAIN")
    config = {
        **chosen(hyper, {"epochs": epochs}),
        "seed": seed,
        "model_id": settings.values["WANDB_MODEL_RETRAIN"],
    }
    with started(settings, "retraining", tags=["candidate"], config=config) as run:
        data = read_dataset(run.use_artifact(dataset))
        with folder() as directory:
            files = Path(run.use_artifact(model).download(str(directory)))
            keras.utils.set_random_seed(seed)
            network = build_cnn(config) if from_scratch else load_model(files, float(config["lr"]))
        train(run, network, data, config)
