"""Write the three reports: data and baseline, tuning, evaluation of the model of WANDB_MODEL_EVAL."""

import argparse
import sys

from app.utils.problems import ended
from app.utils.settings import begin


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Arguments of the command line: none but `--help`."""
    return argparse.ArgumentParser(description=__doc__).parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Exit status of `report.py`."""
    parse(argv)

    def stage() -> None:
        settings = begin("WANDB_API_KEY", "WANDB_PROJECT", "WANDB_ENTITY", "WANDB_MODEL_EVAL")
        print("=== Report pipeline ===", flush=True)
        from app.utils.reports import write_reports  # start-up time: wandb

        for report in write_reports(settings):
            print(f"Report {report.title}: {report.url}")
        print("=== Finished ===")

    return ended(stage)


if __name__ == "__main__":
    sys.exit(main())
