"""Runs with equal values taken together: how many they are, and figures of their numbers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

Cell = float | str | bool | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the numbers of one column in one group: `n` runs have one. `std` is that of the group itself,
    `stderr` is `std` over the root of `n`; all are None without a number."""

    n: int
    mean: float | None = None
    median: float | None = None
    low: float | None = None
    high: float | None = None
    std: float | None = None
    stderr: float | None = None
    total: float | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Runs (their ids) with the same values of the columns that they are grouped by."""

    key: tuple[Cell, ...]
    runs: tuple[int, ...]
    figures: Mapping[str, Figures]


def grouped(
    ids: Sequence[int], cells: Mapping[str, Sequence[Cell]], by: Sequence[str], over: Sequence[str]
) -> list[Group]:
    """Groups by the columns `by`, the largest first, then by their values; with figures of the columns
    `over`. A number and the boolean of the same size are different values."""
    keys = list(zip(*(cells[name] for name in by), strict=True)) if by else [()] * len(ids)
    places = [tuple(map(_place, key)) for key in keys]
    order = sorted(range(len(ids)), key=lambda i: places[i])
    groups = []
    for _, inside in groupby(order, key=lambda i: places[i]):
        rows = list(inside)
        groups.append(
            Group(
                key=keys[rows[0]],
                runs=tuple(ids[i] for i in rows),
                figures={name: figures_of([cells[name][i] for i in rows]) for name in over},
            )
        )
    return sorted(groups, key=lambda group: -len(group.runs))


def _place(cell: Cell) -> tuple[int, float, str]:
    """Numbers, booleans, texts, nothing."""
    if cell is None:
        return 3, 0, ""
    if isinstance(cell, str):
        return 2, 0, cell
    return (1 if isinstance(cell, bool) else 0), float(cell), ""


def figures_of(cells: Sequence[Cell]) -> Figures:
    """Figures of the numbers among these cells; booleans count as 0 and 1."""
    numbers = sorted(float(cell) for cell in cells if cell is not None and not isinstance(cell, str))
    n = len(numbers)
    if n == 0:
        return Figures(0)
    scale = max(abs(numbers[0]), abs(numbers[-1])) or 1.0  # sums of the largest numbers there are stay finite
    small = [number / scale for number in numbers]
    mean = min(max(math.fsum(small) / n, small[0]), small[-1])
    std = math.sqrt(math.fsum((one - mean) ** 2 for one in small) / n)
    middle = small[n // 2] if n % 2 else (small[n // 2 - 1] + small[n // 2]) / 2
    return Figures(
        n=n,
        mean=numbers[0] if n == 1 else mean * scale,
        median=numbers[n // 2] if n % 2 else middle * scale,
        low=numbers[0],
        high=numbers[-1],
        std=std * scale,
        stderr=std * scale / math.sqrt(n),
        total=math.fsum(small) * scale,
    )
