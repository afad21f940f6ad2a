"""Train a model; with --tune search its hyper-parameters; with --retrain go on with a chosen model."""

import argparse
import sys
from pathlib import Path
from typing import Any

from app.utils.arguments import add, number, spellings, whole
from app.utils.hyperparameters import DEFAULTS
from app.utils.problems import Problem, ended
from app.utils.settings import begin

SWEEP_FILE = Path(__file__).parent / "sweep.yaml"
NEEDED = ("WANDB_API_KEY", "WANDB_PROJECT", "WANDB_ENTITY")


def parser() -> argparse.ArgumentParser:
    """The command line. A hyper-parameter that was not given is absent from the result."""
    made = argparse.ArgumentParser(description=__doc__, argument_default=argparse.SUPPRESS)
    kinds: dict[str, tuple[str, Any]] = {
        "batch_size": ("images in a batch", whole(1)),
        "epochs": ("passes over the training images; with --retrain: those of the model's own run", whole(1)),
        "lr": ("learning rate", number(0, 10, open_start=True)),
        "dropout_1": ("share dropped after the first convolution", number(0, 1)),
        "dropout_2": ("share dropped after the second convolution", number(0, 1)),
        "dropout_3": ("share dropped after the dense layer", number(0, 1)),
        "dense": ("units of the dense layer", whole(1)),
    }
    for name, (text, kind) in kinds.items():
        add(made, f"--{name}", text, DEFAULTS[name], type=kind)
    mode = made.add_mutually_exclusive_group()
    mode.add_argument(
        "--tune", action="store_true", default=False, help="search hyper-parameters by a sweep (default: no)"
    )
    mode.add_argument(
        "--retrain",
        action="store_true",
        default=False,
        help="train the model of WANDB_MODEL_RETRAIN further; only --epochs may change (default: no)",
    )
    add(made, "--max_sweep", "most runs of the sweep", 30, type=whole(1), default=30)
    add(
        made, "--sweep_config", "the sweep's YAML file", "sweep.yaml beside this file",
        type=Path, default=SWEEP_FILE,
    )  # fmt: skip
    made.add_argument(
        *spellings("--from_scratch"),
        action="store_true",
        default=False,
        help="with --retrain: start from fresh weights (default: go on from the trained ones)",
    )
    add(made, "--seed", "seed of weights, dropout and order", 42, type=whole(0, 2**32 - 1), default=42)
    return made


def hyper_given(given: argparse.Namespace) -> dict[str, Any]:
    """The hyper-parameters that stood on the command line."""
    return {name: value for name, value in vars(given).items() if name in DEFAULTS}


def check_retrain(given: argparse.Namespace) -> None:
    """Refuse hyper-parameters beside --retrain: they belong to the model."""
    if changed := [f"--{name}" for name in hyper_given(given) if name != "epochs"]:
        raise Problem(
            f"{', '.join(changed)}: with --retrain you should NOT change them, "
            "they come from the run that made the model. Only --epochs may be given"
        )


def main(argv: list[str] | None = None) -> int:
    """Exit status of `train.py`."""
    given = parser().parse_args(argv)

    def stage() -> None:
        if given.retrain:
            check_retrain(given)
        settings = begin(*NEEDED, *(["WANDB_MODEL_RETRAIN"] if given.retrain else []))
        name = "Tuning" if given.tune else "Retraining" if given.retrain else "Training"
        print(f"=== {name} pipeline ===", flush=True)
        from app.utils.tracking import insist_on_inputs  # start-up time: wandb

        insist_on_inputs(settings, "WANDB_MODEL_RETRAIN" if given.retrain else None)
        from app.utils import training  # start-up time: Keras

        if given.tune:
            training.tune(settings, hyper_given(given), given.seed, given.max_sweep, given.sweep_config)
        elif given.retrain:
            epochs = hyper_given(given).get("epochs")
            training.retrain(settings, epochs, given.seed, from_scratch=given.from_scratch)
        else:
            training.baseline(settings, hyper_given(given), given.seed)
        print("=== Finished ===")

    return ended(stage)


if __name__ == "__main__":
    sys.exit(main())
