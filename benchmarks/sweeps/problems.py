"""Problems to search, each with its source. Needs numpy only, so that rivals can run it too.

Every problem has a `parameters` block as a sweep's configuration has it, a loss to minimise,
and the lowest loss possible, so that regret = loss - best.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Params = dict[str, Any]


@dataclass(frozen=True)
class Problem:
    """A named loss over a space. spread: range of typical losses, the unit of added noise."""

    name: str
    parameters: dict[str, Any]
    loss: Callable[[Params], float]
    best: float
    source: str
    spread: float


def _floats(names: list[str], low: float, high: float) -> dict[str, Any]:
    return {name: {"min": float(low), "max": float(high)} for name in names}


def _branin(p: Params) -> float:
    x, y = p["x"], p["y"]
    first = (y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6) ** 2
    return float(first + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10)


_H_ALPHA = np.array([1.0, 1.2, 3.0, 3.2])
_H_A = np.array(
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
)
_H_P = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)


def _hartmann6(p: Params) -> float:
    x = np.array([p[f"x{i}"] for i in range(6)])
    return float(-(_H_ALPHA * np.exp(-(_H_A * (x - _H_P) ** 2).sum(axis=1))).sum())


def _ackley(x: np.ndarray) -> float:
    return float(
        -20 * math.exp(-0.2 * math.sqrt(float((x**2).mean())))
        - math.exp(float(np.cos(2 * math.pi * x).mean()))
        + 20
        + math.e
    )


def _ackley5(p: Params) -> float:
    return _ackley(np.array([p[f"x{i}"] for i in range(5)]))


def _rosenbrock(x: float, y: float) -> float:
    return 100 * (y - x * x) ** 2 + (1 - x) ** 2


def _camel(x: float, y: float) -> float:
    return (4 - 2.1 * x * x + x**4 / 3) * x * x + x * y + (-4 + 4 * y * y) * y * y


def _beale(x: float, y: float) -> float:
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y * y) ** 2 + (2.625 - x + x * y**3) ** 2


_SURFACES = {"rosenbrock": _rosenbrock, "camel": _camel, "beale": _beale}


def _func2c(p: Params) -> float:
    second = {"r": "rosenbrock", "c": "camel"}.get(p["second"], "beale")
    return _SURFACES[p["first"]](p["x"], p["y"]) + _SURFACES[second](p["x"], p["y"])


def _rastrigin4(p: Params) -> float:
    x = np.array([p[f"x{i}"] for i in range(4)]) - 0.7
    return float(40 + (x * x - 10 * np.cos(2 * math.pi * x)).sum())


def _needle20(p: Params) -> float:
    """Four of twenty axes matter."""
    x = np.array([p[f"x{i:02d}"] for i in (3, 8, 11, 17)])
    centre = np.array([0.2, 0.7, 0.45, 0.85])
    return float((np.array([4.0, 3.0, 2.0, 1.0]) * (x - centre) ** 2).sum())


def _optimizers(p: Params) -> float:
    """Two branches with parameters of their own; the better one needs its momentum tuned."""
    lr = math.log10(p["lr"])
    depth = 0.02 * abs(p["layers"] - 4)
    if p["optimizer"] == "adam":
        return 0.30 + 0.08 * (lr + 3.0) ** 2 + 0.5 * (p["beta1"] - 0.9) ** 2 + depth
    good_lr = -1.0 - 1.5 * p["momentum"]
    return 0.22 + 0.10 * (lr - good_lr) ** 2 + 0.8 * (p["momentum"] - 0.85) ** 2 + depth


class _Digits:
    """Table of real trainings (see digits_table.py), interpolated in ln lr and ln alpha."""

    def __init__(self) -> None:
        table = json.loads((Path(__file__).parent / "digits_table.json").read_text())
        self.lr = np.log(np.array(table["lr"]))
        self.alpha = np.log(np.array(table["alpha"]))
        self.losses = {key: np.array(rows) for key, rows in table["losses"].items()}
        self.limits = (table["lr"][0], table["lr"][-1], table["alpha"][0], table["alpha"][-1])
        self.best = min(float(rows.min()) for rows in self.losses.values())

    def __call__(self, p: Params) -> float:
        rows = self.losses[f"{p['batch']}-{p['width']}-{p['activation']}"]
        i, u = self._between(self.lr, math.log(p["lr"]))
        j, v = self._between(self.alpha, math.log(p["alpha"]))
        low = rows[i, j] * (1 - v) + rows[i, j + 1] * v
        high = rows[i + 1, j] * (1 - v) + rows[i + 1, j + 1] * v
        return float(low * (1 - u) + high * u)

    @staticmethod
    def _between(grid: np.ndarray, x: float) -> tuple[int, float]:
        i = int(np.clip(np.searchsorted(grid, x) - 1, 0, len(grid) - 2))
        return i, float(np.clip((x - grid[i]) / (grid[i + 1] - grid[i]), 0.0, 1.0))


def problems() -> dict[str, Problem]:
    """All problems by name."""
    unit6 = _floats([f"x{i}" for i in range(6)], 0, 1)
    mixed = {
        "first": {"values": ["rosenbrock", "camel", "beale"]},
        "second": {"values": ["r", "c", "b1", "b2", "b3"]},
        **_floats(["x", "y"], -2, 2),
    }
    conditional = {
        "optimizer": {
            "values": ["adam", "sgd"],
            "parameters": {
                "adam": {"beta1": {"min": 0.5, "max": 0.999}},
                "sgd": {"momentum": {"min": 0.0, "max": 0.99}},
            },
        },
        "lr": {"distribution": "log_uniform_values", "min": 1e-5, "max": 1.0},
        "layers": {"min": 1, "max": 8},
    }
    digits = _Digits()
    found = [
        Problem("branin", {"x": {"min": -5.0, "max": 10.0}, "y": {"min": 0.0, "max": 15.0}}, _branin,
                0.39788735772973816, "Dixon and Szego, 1978", 100.0),
        Problem("hartmann6", unit6, _hartmann6, -3.32236801141551, "Dixon and Szego, 1978", 3.3),
        Problem("ackley5", _floats([f"x{i}" for i in range(5)], -5, 10), _ackley5, 0.0,
                "Ackley, 1987", 20.0),
        Problem("func2c", mixed, _func2c, -2.0632569, "after Ru et al., CoCaBO, 2020, without its divisors",
                60.0),
        Problem("digits", {
            "lr": {"distribution": "log_uniform_values", "min": digits.limits[0], "max": digits.limits[1]},
            "alpha": {"distribution": "log_uniform_values", "min": digits.limits[2], "max": digits.limits[3]},
            "batch": {"values": [16, 32, 64]}, "width": {"values": [32, 64, 128]},
            "activation": {"values": ["relu", "tanh"]},
        }, digits, digits.best, "1,080 trainings of an MLP on scikit-learn's digits", 1.0),
        Problem("rastrigin4", _floats([f"x{i}" for i in range(4)], -3, 3), _rastrigin4, 0.0,
                "Rastrigin, 1974; shifted by 0.7", 60.0),
        Problem("needle20", _floats([f"x{i:02d}" for i in range(20)], 0, 1), _needle20, 0.0,
                "our own: a bowl in 4 of 20 axes", 2.0),
        Problem("optimizers", conditional, _optimizers, 0.22, "our own: two branches of an optimiser", 1.0),
    ]  # fmt: skip
    return {p.name: p for p in found}
