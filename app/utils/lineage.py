"""The way from an evaluated model back to its data: runs and versions, found by the lineage."""

from dataclasses import dataclass
from typing import Any

import wandb

from app.utils.problems import Problem
from app.utils.settings import Settings
from app.utils.tracking import model_of, project_path


@dataclass(frozen=True)
class Lineage:
    """What led to the newest evaluation of a model: dataset, search, retraining.

    `baseline` is the project's newest run of plain training; None where there is none.
    """

    dataset: wandb.Artifact
    preparation: Any
    baseline: Any | None
    tuning: Any
    candidate: wandb.Artifact
    retraining: Any
    evaluated: wandb.Artifact
    evaluation: Any

    @property
    def sweep(self) -> str:
        """Id of the sweep that found the candidate."""
        return str(self.tuning.sweep_name)


def lineage_of(api: wandb.Api, settings: Settings) -> Lineage:
    """The lineage of the model of WANDB_MODEL_EVAL. Raises `Problem` that names the stage it lacks."""
    evaluated = model_of(api, "WANDB_MODEL_EVAL", settings)
    named = settings.values["WANDB_MODEL_EVAL"]
    evaluations = [run for run in evaluated.used_by() if run.job_type == "evaluation"]
    if not evaluations:
        raise Problem(f"no evaluation of {named}, run evaluate.py first")
    retraining = evaluated.logged_by()
    inputs = {one.type: one for one in retraining.used_artifacts()} if retraining else {}
    candidate = inputs.get("model")
    tuning = candidate.logged_by() if candidate else None
    if candidate is None or tuning is None or not tuning.sweep_name:
        raise Problem(
            f"{named} does not come from a sweep's model that was trained further; promote a sweep's best, "
            "run train.py --retrain, promote its model, run evaluate.py"
        )
    dataset = inputs["dataset"]
    baselines = api.runs(
        project_path(settings), filters={"jobType": "training"}, order="-created_at", per_page=1
    )
    return Lineage(
        dataset=dataset,
        preparation=dataset.logged_by(),
        baseline=next(iter(baselines), None),
        tuning=tuning,
        candidate=candidate,
        retraining=retraining,
        evaluated=evaluated,
        evaluation=max(evaluations, key=lambda run: run.created_at),
    )
