"""Tells the whole story: data, training, search, promotion, retraining, evaluation, reports."""

import argparse

from tools.demo_stages import NAMES, PROFILES, SIZES


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """Arguments as `make demo` passes them."""
    parser = argparse.ArgumentParser(prog="demo.py", description=__doc__)
    profiles = "{" + ",".join(PROFILES) + "}"
    parser.add_argument(
        "--profile", choices=tuple(SIZES), metavar=profiles, default="demo", help="how much of everything"
    )
    parser.add_argument("--from", dest="first", choices=("", *NAMES), default="", help="stage to begin with")
    parser.add_argument("--wait", choices=("0", "1"), default="1", help="1: serve until Ctrl-C; 0: end")
    parser.add_argument("--scaled", choices=("0", "1"), default="0", help="1: on PostgreSQL and S3")
    return parser.parse_args(argv)
