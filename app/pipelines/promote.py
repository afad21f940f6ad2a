"""Register a model: link the best run's model of a sweep, or a named version, under an alias."""

import argparse
import sys

from app.utils.arguments import add
from app.utils.problems import ended
from app.utils.settings import begin


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--sweep", help="id of the sweep whose best model it is (default: the newest sweep)")
    which.add_argument("--artifact", help="a version, for example CNN_model:v3 or CNN_model:latest")
    add(parser, "--collection", "name of the registered model", "MNIST_CNN", default="MNIST_CNN")
    add(parser, "--alias", "its alias there", "candidate", default="candidate")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Exit status of `promote.py`."""
    given = parse(argv)

    def stage() -> None:
        settings = begin("WANDB_API_KEY", "WANDB_PROJECT", "WANDB_ENTITY")
        print("=== Promotion pipeline ===", flush=True)
        from app.utils.promotion import promote  # start-up time: wandb

        promote(
            settings,
            sweep=given.sweep,
            artifact=given.artifact,
            collection=given.collection,
            alias=given.alias,
        )
        print("=== Finished ===")

    return ended(stage)


if __name__ == "__main__":
    sys.exit(main())
