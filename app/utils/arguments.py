"""Command lines: both spellings of every flag, defaults in the help, checked values."""

import argparse
from collections.abc import Callable
from typing import Any


def spellings(flag: str) -> list[str]:
    """`--max_sweep` and `--max-sweep`."""
    return list(dict.fromkeys((flag, "--" + flag[2:].replace("_", "-"))))


def add(parser: argparse.ArgumentParser, flag: str, text: str, shown: object, **more: Any) -> None:
    """Add a flag in both spellings; `shown` is its default in the help, whatever is parsed."""
    parser.add_argument(*spellings(flag), dest=flag[2:], help=f"{text} (default: {shown})", **more)


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """A parser of whole numbers within bounds."""

    def parse(text: str) -> int:
        expected = f"a whole number of at least {least}" + ("" if most is None else f" and at most {most}")
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r}: expected {expected}") from None
        if value < least or (most is not None and value > most):
            raise argparse.ArgumentTypeError(f"{text}: expected {expected}")
        return value

    return parse


def number(least: float, below: float, *, open_start: bool = False) -> Callable[[str], float]:
    """A parser of numbers from `least` (not itself if `open_start`) to just under `below`."""

    def parse(text: str) -> float:
        expected = f"a number {'above' if open_start else 'from'} {least} and below {below}"
        try:
            value = float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r}: expected {expected}") from None
        if not least <= value < below or (open_start and value == least):
            raise argparse.ArgumentTypeError(f"{text}: expected {expected}")
        return value

    return parse


def shares(words: list[str]) -> tuple[float, float, float]:
    """Three percentages from `60 20 20`, `"60 20 20"` or `60,20,20`.

    Raises ValueError with the reason: not three numbers, one not above 0, or a sum that is not 100.
    """
    parts = " ".join(words).replace(",", " ").split()
    told = f"--train_val_test_size {' '.join(words)}"
    try:
        train, val, test = (float(part) for part in parts)
    except ValueError:
        raise ValueError(f"{told}: expected three numbers, for example 70 20 10") from None
    if not min(train, val, test) > 0:
        raise ValueError(f"{told}: every share must be above 0")
    if abs(train + val + test - 100) > 1e-6:
        raise ValueError(f"{told}: the shares sum to {train + val + test:g}, expected 100")
    return train, val, test
