"""Registering a model version: what a person would click."""

import math
from typing import Any

import wandb
from wandb.errors import CommError

from app.utils.problems import Problem
from app.utils.settings import Settings
from app.utils.tracking import MODEL, REGISTRY, existing, model_name, project_path


def newest_sweep(api: wandb.Api, settings: Settings) -> str:
    """The id of the sweep whose first run is the newest."""
    missing = f"no sweep in {settings.project}, run train.py --tune first"
    runs = api.runs(project_path(settings), filters={"sweep": {"$ne": None}}, order="-created_at")
    try:
        for run in runs:
            if run.sweep_name:
                return str(run.sweep_name)
    except (CommError, ValueError) as error:  # so the client says that there is no such project
        raise Problem(f"{missing} ({error})") from None
    raise Problem(missing)


def best_run(api: wandb.Api, settings: Settings, sweep_id: str) -> tuple[Any, str, float]:
    """The finished run of a sweep with the best last value of its metric, that metric, the value."""
    try:
        sweep = api.sweep(f"{project_path(settings)}/{sweep_id}")
    except (CommError, ValueError) as error:
        raise Problem(f"--sweep {sweep_id}: {error}") from None
    metric = sweep.config["metric"]
    sign = -1 if metric.get("goal") == "maximize" else 1
    scored = []
    for run in sweep.runs:
        value = run.summary.get(metric["name"])
        if run.state == "finished" and isinstance(value, int | float) and math.isfinite(value):
            scored.append((sign * value, run.id, run))
    if not scored:
        raise Problem(f"sweep {sweep_id} has no finished run with {metric['name']}")
    value, _, run = min(scored)
    return run, metric["name"], sign * value


def promote(
    settings: Settings, *, sweep: str | None, artifact: str | None, collection: str, alias: str
) -> str:
    """Link a model version to a registered model under an alias; returns its id, `MNIST_CNN:v0`."""
    api = wandb.Api()
    if artifact is not None:
        name = model_name(artifact, settings)
        version = existing(api, name, f"--artifact: there is no {name}")
    else:
        sweep_id = newest_sweep(api, settings) if sweep in (None, "latest") else str(sweep)
        run, metric, value = best_run(api, settings, sweep_id)
        models = [one for one in run.logged_artifacts() if one.type == "model"]
        if not models:
            raise Problem(f"run {run.name} of sweep {sweep_id} logged no {MODEL}")
        version = models[-1]
        print(f"Best run of sweep {sweep_id}: {run.name} ({run.id}), {metric} {value:.4f}")
    home = f"{settings.entity}/{REGISTRY}/{collection}"
    version.link(home, aliases=[alias])
    linked = existing(wandb.Api(), f"{home}:{alias}", "the link was made and is not there")
    source = f"{version.name.partition(':')[0]}:{version.version}"  # it may have been asked for by an alias
    print(f"{source} is now {home}:{linked.version}, alias {alias}")
    return f"{collection}:{linked.version}"
