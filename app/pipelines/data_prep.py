"""Prepare the data: sample, split, and log them as the artifact `split-data`."""

import argparse
import os
import sys
from pathlib import Path

from app.utils.arguments import add, shares, whole
from app.utils.problems import ended
from app.utils.settings import Settings, begin

FRACTION = 10
SHARES = ["70", "20", "10"]


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Arguments of the command line; wrong ones end the program with status 2."""
    parser = argparse.ArgumentParser(description=__doc__)
    add(
        parser,
        "--fraction",
        "percentage of the images to use, 1 to 100",
        f"{FRACTION}; 100 for the bundled digits, which are few",
        type=whole(1, 100),
    )
    add(
        parser,
        "--train_val_test_size",
        "percentages of training, validation and test images; they sum to 100",
        " ".join(SHARES),
        nargs="+",
        default=SHARES,
        metavar="PERCENT",
    )
    add(
        parser,
        "--data_source",
        "auto (MNIST from the cache or the network, else the bundled digits), mnist, digits or npz:PATH",
        "auto",
        default="auto",
    )
    add(parser, "--seed", "seed of sampling and splitting", 42, type=whole(0, 2**32 - 1), default=42)
    given = parser.parse_args(argv)
    try:
        given.train_val_test_size = shares(given.train_val_test_size)
    except ValueError as error:
        parser.error(str(error))
    return given


def keras_cache() -> Path:
    """Where Keras keeps its datasets."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "datasets"


def prepare(settings: Settings, given: argparse.Namespace) -> None:
    """Load, split, log."""
    # Start-up time: --help shows without these.
    from app.utils.datasets import load
    from app.utils.preparation import log_splits
    from app.utils.splits import sample, split

    dataset = load(given.data_source, keras_cache())
    percent = given.fraction or (100 if dataset.source == "digits" else FRACTION)
    X, y = sample(dataset.X, dataset.y, percent, given.seed)
    parts = split(X, y, given.train_val_test_size, given.seed)
    for name, part in parts.items():
        print(f"{name}: {len(part.y)} images", flush=True)
    log_splits(settings, parts, percent=percent, source=dataset.source, seed=given.seed)


def main(argv: list[str] | None = None) -> int:
    """Exit status of `data_prep.py`."""
    given = parse(argv)

    def stage() -> None:
        settings = begin("WANDB_API_KEY", "WANDB_PROJECT")
        print("=== Data preparation pipeline ===", flush=True)
        prepare(settings, given)
        print("=== Finished ===")

    return ended(stage)


if __name__ == "__main__":
    sys.exit(main())
