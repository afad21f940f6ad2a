"""Evaluate the model of WANDB_MODEL_EVAL on validation and test images."""

import argparse
import sys

from app.utils.arguments import spellings
from app.utils.problems import ended
from app.utils.settings import begin


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        *spellings("--generate_images"),
        action=argparse.BooleanOptionalAction,
        default=True,
        help="put the images into the tables (default: yes)",
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Exit status of `evaluate.py`."""
    given = parse(argv)

    def stage() -> None:
        settings = begin("WANDB_API_KEY", "WANDB_PROJECT", "WANDB_ENTITY", "WANDB_MODEL_EVAL")
        print("=== Evaluation pipeline ===", flush=True)
        from app.utils.tracking import insist_on_inputs  # start-up time: wandb

        insist_on_inputs(settings, "WANDB_MODEL_EVAL")
        from app.utils.evaluation import evaluate  # start-up time: Keras

        evaluate(settings, generate_images=given.generate_images)
        print("=== Finished ===")

    return ended(stage)


if __name__ == "__main__":
    sys.exit(main())
