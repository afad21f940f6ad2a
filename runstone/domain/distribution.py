"""What values one sweep parameter may take, and how they lie on the unit interval.

Every numeric distribution maps both ways between a value and a position `u` in [0, 1):
`ppf(u)` gives the value, `cdf(value)` the position (the middle of the cell for integers
and quantised values). The search works on positions only, so that a learning rate on a log
scale and a dropout on a linear one look alike to it.

The definitions follow the public configuration reference of W&B sweeps; quantised results
are clamped to their limits, and `u` = 0 is the first value, never one below it.
"""

import json
import math
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import Any, Literal

Json = Any
"""A JSON value: null, boolean, number, text, list or object."""

Scale = Literal["linear", "log", "normal", "log_normal", "beta"]

_EDGE = 1e-9
_STANDARD = NormalDist()
_MAX_EXPONENT = 700.0
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(value: Json) -> str:
    """The JSON text by which two parameter values are compared: sorted keys, no spaces.

    A float that is a whole number keeps its `.0`, so 1 and 1.0 differ, as they do for the
    program that receives them.
    """
    return _ENCODER.encode(value)


def is_number(value: object) -> bool:
    """True for a finite int or float; booleans are not numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an int beyond the range of floats
        return False


@dataclass(frozen=True)
class Constant:
    """One value, always the same."""

    value: Json


@dataclass(frozen=True)
class Categorical:
    """One of a list of JSON values.

    `probabilities` (same length, sum 1) weigh random draws only. `ordered` says that
    neighbours in the list resemble each other, which the model then makes use of.
    """

    values: tuple[Json, ...]
    probabilities: tuple[float, ...] | None = None
    ordered: bool = False

    @property
    def size(self) -> int:
        """Number of values."""
        return len(self.values)

    def index(self, value: Json) -> int | None:
        """Where `value` stands in the list, None if it is not there.

        Numbers that are equal but of another type (1 and 1.0) count as the same when no
        exact match exists: a client's JSON round trip may turn one into the other.
        """
        exact = self._indices.get(canonical(value))
        if exact is not None:
            return exact
        if is_number(value):
            for i, v in enumerate(self.values):
                if is_number(v) and v == value:
                    return i
        return None

    @cached_property
    def _indices(self) -> dict[str, int]:
        """First place of each value by its text: histories of thousands of runs are looked up."""
        return {canonical(v): i for i, v in reversed(list(enumerate(self.values)))}

    def ppf(self, u: float) -> Json:
        """The value whose cell holds `u`; cells are as wide as the probabilities."""
        return self.values[self.cell(u)]

    def cell(self, u: float) -> int:
        """Index of the value whose cell holds `u`."""
        if self.probabilities is None:
            return min(max(int(u * self.size), 0), self.size - 1)
        total, last = 0.0, 0
        for i, p in enumerate(self.probabilities):
            if p <= 0:
                continue
            total, last = total + p, i
            if u < total:
                return i
        return last


@dataclass(frozen=True)
class Numeric:
    """A number on a scale, within `low`..`high` (infinite for the normal family).

    q: lattice step; results are the nearest multiple of it, clamped to the limits.
    integer: results are ints (uniform over ints, or `q` is an int).
    reverse: `u` runs from high to low (the inverse-log family).
    mu, sigma: of the normal, or of the logarithm for `log_normal`. a, b: of the beta.
    """

    scale: Scale
    low: float = -math.inf
    high: float = math.inf
    q: float | None = None
    integer: bool = False
    reverse: bool = False
    mu: float = 0.0
    sigma: float = 1.0
    a: float = 1.0
    b: float = 1.0

    def ppf(self, u: float) -> int | float:
        """The value at position `u` in [0, 1]."""
        if self._is_plain_int:
            return int(self.low) + min(max(int(u * self._count_int), 0), self._count_int - 1)
        u = 1.0 - u if self.reverse else u
        x = self._inverse(min(max(u, 0.0), 1.0))
        if self.q is None:
            return min(max(x, self.low), self.high)
        return self._on_lattice(x)

    def cdf(self, value: float) -> float:
        """Position of `value`, in [0, 1] for values within the limits.

        Outside the limits the uniform and log scales go on beyond 0 and 1, so that a run
        of an overlapping space still says something; the others saturate.
        """
        if self._is_plain_int:
            return (float(value) - self.low + 0.5) / self._count_int
        if self.q is None:
            u = self._forward(float(value))
        else:
            lower, upper = self._cell_edges(float(value))
            u = 0.5 * (self._forward(lower) + self._forward(upper))
        return 1.0 - u if self.reverse else u

    def cells(self, limit: int = 1_000_000) -> list[int | float] | None:
        """All values in rising order if they are finitely many and at most `limit`, else None."""
        if self._is_plain_int:
            if self._count_int > limit:
                return None
            return list(range(int(self.low), int(self.high) + 1))
        if self.q is None or not (math.isfinite(self.low) and math.isfinite(self.high)):
            return None
        first, last = round(self.low / self.q), round(self.high / self.q)
        if last - first + 1 > limit:
            return None
        values: list[int | float] = []
        for k in range(first, last + 1):
            v = self._on_lattice(k * self.q)
            if not values or v > values[-1]:
                values.append(v)
        return values

    @property
    def lattice(self) -> list[int | float] | None:
        """Values of a grid search: multiples of `q` from `low` on; `high` only if it is one of them."""
        if self._is_plain_int:
            return self.cells()
        if self.q is None or not (math.isfinite(self.low) and math.isfinite(self.high)):
            return None
        steps = math.floor((self.high - self.low) / self.q + 1e-9)
        return [self._tidy(self.low + k * self.q) for k in range(min(steps, 1_000_000) + 1)]

    @property
    def is_discrete(self) -> bool:
        """Takes only values of a lattice."""
        return self._is_plain_int or self.q is not None

    @property
    def _is_plain_int(self) -> bool:
        return self.integer and self.scale == "linear" and self.q is None

    @property
    def _count_int(self) -> int:
        return int(self.high) - int(self.low) + 1

    def _tidy(self, x: float) -> int | float:
        if self.integer and float(x).is_integer():
            return int(x)
        return float(f"{x:.12g}")

    def _on_lattice(self, x: float) -> int | float:
        assert self.q is not None
        x = self._tidy(round(x / self.q) * self.q)
        if self.low <= x <= self.high:
            return x
        limit = min(max(x, self.low), self.high)
        return int(limit) if self.integer and float(limit).is_integer() else limit

    def _cell_edges(self, value: float) -> tuple[float, float]:
        """The interval of values that the lattice rounds to `value`."""
        assert self.q is not None
        if not self.low <= value <= self.high:
            return value, value
        lower = (math.floor(value / self.q + 0.5 + 1e-9) - 0.5) * self.q
        upper = (math.ceil(value / self.q - 0.5 - 1e-9) + 0.5) * self.q
        if value <= self.low:  # the clamp sends everything up to the next multiple here
            lower = self.low
        if value >= self.high:
            upper = self.high
        return max(lower, self.low), min(upper, self.high)

    def _inverse(self, u: float) -> float:
        if self.scale == "linear":
            return self.low + u * (self.high - self.low)
        if self.scale == "log":
            low, high = math.log(self.low), math.log(self.high)
            return math.exp(low + u * (high - low))
        u = min(max(u, _EDGE), 1.0 - _EDGE)
        if self.scale == "beta":
            from scipy.special import betaincinv  # noqa: PLC0415 - start-up time and memory

            return float(betaincinv(self.a, self.b, u))
        x = self.mu + self.sigma * _STANDARD.inv_cdf(u)
        return x if self.scale == "normal" else math.exp(min(max(x, -_MAX_EXPONENT), _MAX_EXPONENT))

    def _forward(self, x: float) -> float:
        if self.scale == "linear":
            return (x - self.low) / (self.high - self.low)
        if self.scale == "log":
            if x <= 0:
                return -math.inf
            low, high = math.log(self.low), math.log(self.high)
            return (math.log(x) - low) / (high - low)
        if self.scale == "beta":
            from scipy.special import betainc  # noqa: PLC0415 - start-up time and memory

            return float(betainc(self.a, self.b, min(max(x, 0.0), 1.0)))
        if self.scale == "log_normal":
            if x <= 0:
                return 0.0
            x = math.log(x)
        return _STANDARD.cdf((x - self.mu) / self.sigma)


Distribution = Constant | Categorical | Numeric
