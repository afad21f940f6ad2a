"""Points of a space as rows of numbers, the form in which the model compares them.

Each searched parameter is one axis. Numbers lie at their position on the unit interval;
values without order are indexes that are only equal or different; an axis that does not
apply to a point has a fixed place of its own, so that it adds no distance among such points.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from runstone.domain.distribution import Categorical, Constant, Json, Numeric, canonical, is_number
from runstone.domain.space import Arguments, Space

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ABSENT = 0.5
ABSENT_CATEGORY = -1.0
UNKNOWN_CATEGORY = -2.0
_MOST_STEPS = 4_096
_MARGIN = 1.0


@dataclass(frozen=True)
class Axis:
    """One searched parameter.

    kind: `float` moves freely in [0, 1], `step` on `places` in it, `category` on indexes.
    places: allowed positions, rising; None for a float. values: the value at each place.
    gate: axis and index of the choice that switches this one on, None if it always applies.
    """

    number: int
    kind: Literal["float", "step", "category"]
    places: Floats | None = None
    values: tuple[Json, ...] | None = None
    gate: tuple[int, int] | None = None

    @property
    def absent(self) -> float:
        """Where the axis stands for points to which it does not apply."""
        return ABSENT_CATEGORY if self.kind == "category" else ABSENT


class Encoding:
    """Translation between arguments and rows of one number per axis."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.axes: list[Axis] = []
        of_parameter: dict[int, int] = {}
        self._never: set[int] = set()
        gates: dict[int, tuple[int, int] | None] = {}
        searched = set(space.searched)
        for i, parameter in enumerate(space.parameters):
            gate: tuple[int, int] | None = None
            condition = parameter.condition
            if condition is not None:
                parent = condition.parent
                if parent in self._never:
                    self._never.add(i)
                elif parent in of_parameter:
                    index = _index_of(space, parent, condition.value)
                    if index is None:
                        self._never.add(i)
                    else:
                        gate = (of_parameter[parent], index)
                elif _only_value(space, parent) == condition.value:
                    gate = gates.get(parent)
                else:
                    self._never.add(i)
            gates[i] = gate
            if i in searched and i not in self._never:
                of_parameter[i] = len(self.axes)
                self.axes.append(_axis(i, parameter.distribution, gate))
        self._of_parameter = of_parameter
        self.is_category: Bools = np.array([a.kind == "category" for a in self.axes], dtype=bool)
        self.is_float: Bools = np.array([a.kind == "float" for a in self.axes], dtype=bool)

    @property
    def size(self) -> int:
        """Number of axes."""
        return len(self.axes)

    @property
    def is_discrete(self) -> bool:
        """No axis moves freely."""
        return not bool(self.is_float.any())

    def row(self, arguments: Arguments) -> tuple[Floats, int]:
        """The row of a point, and how many axes that should have a value have none we can read."""
        values, present = self.space.read(arguments)
        row = np.empty(self.size)
        missing = 0
        for k, axis in enumerate(self.axes):
            place = _place(self.space.parameters[axis.number].distribution, values[axis.number])
            if present[axis.number] and place is not None:
                row[k] = place
                continue
            row[k] = axis.absent
            gate = axis.gate
            missing += gate is None or row[gate[0]] == self._gate_place(gate)
        return row, missing

    def arguments(self, row: Sequence[float] | Floats) -> dict[str, Any]:
        """The point nearest to a row, as nested arguments."""
        values: list[Json | None] = []
        present: list[bool] = []
        for i, parameter in enumerate(self.space.parameters):
            here = self.space.active(i, values, present)
            present.append(here)
            if not here:
                values.append(None)
                continue
            k = self._of_parameter.get(i)
            d = parameter.distribution
            if isinstance(d, Constant):
                values.append(d.value)
            elif k is None:
                assert isinstance(d, Categorical)
                values.append(d.values[0])
            else:
                values.append(self.value(self.axes[k], float(row[k])))
        return self.space.arguments(values, present)

    def from_unit(self, positions: Floats) -> Floats:
        """Rows of valid points from positions in [0, 1), one row each."""
        rows = np.array(positions, dtype=float)
        for k, axis in enumerate(self.axes):
            if axis.places is None:
                continue
            d = self.space.parameters[axis.number].distribution
            if isinstance(d, Categorical) and d.probabilities is not None:
                edges = np.cumsum(d.probabilities)
                index = np.searchsorted(edges, rows[:, k], side="right").clip(0, d.size - 1)
            else:
                index = np.floor(rows[:, k] * len(axis.places)).astype(int).clip(0, len(axis.places) - 1)
                if axis.kind == "step" and isinstance(d, Numeric):
                    index = _nearest(axis.places, rows[:, k])
            rows[:, k] = axis.places[index]
        return self.gated(rows)

    def snapped(self, rows: Floats) -> Floats:
        """Rows moved to the nearest valid point, in a new array."""
        rows = np.array(rows, dtype=float)
        for k, axis in enumerate(self.axes):
            if axis.places is None:
                np.clip(rows[:, k], 0.0, 1.0, out=rows[:, k])
            else:
                rows[:, k] = axis.places[_nearest(axis.places, rows[:, k])]
        return self.gated(rows)

    def gated(self, rows: Floats) -> Floats:
        """Axes that do not apply moved to their place for that; changes `rows` and returns it.

        An axis that was absent and now applies starts in the middle, or at its first value.
        """
        for k, axis in enumerate(self.axes):
            if axis.gate is None:
                continue
            on = rows[:, axis.gate[0]] == self._gate_place(axis.gate)
            rows[~on, k] = axis.absent
            if axis.kind == "category":
                lost = on & (rows[:, k] < 0)
                rows[lost, k] = 0.0
            elif axis.places is not None:
                rows[on, k] = axis.places[_nearest(axis.places, rows[on, k])]
        return rows

    def applies(self, row: Floats) -> Bools:
        """Which axes apply to a valid row."""
        return np.array(
            [a.gate is None or row[a.gate[0]] == self._gate_place(a.gate) for a in self.axes], dtype=bool
        )

    def count(self, limit: int) -> int | None:
        """Number of points without regard to conditions (an upper bound), None above `limit`."""
        total = 1
        for axis in self.axes:
            if axis.places is None:
                return None
            total *= len(axis.places)
            if total > limit:
                return None
        return total

    def all_rows(self) -> Floats:
        """Every point of a discrete space once; call it after `count` allowed it."""
        grids = np.meshgrid(*[a.places for a in self.axes if a.places is not None], indexing="ij")
        rows = np.stack([g.ravel() for g in grids], axis=1) if grids else np.empty((1, 0))
        if any(a.gate is not None for a in self.axes):
            rows = np.unique(self.gated(rows), axis=0)
        return rows

    def _gate_place(self, gate: tuple[int, int]) -> float:
        places = self.axes[gate[0]].places
        assert places is not None
        return float(places[gate[1]])

    def value(self, axis: Axis, place: float) -> Json:
        """The parameter's value nearest to a place on its axis."""
        d = self.space.parameters[axis.number].distribution
        if axis.places is None:
            assert isinstance(d, Numeric)
            return d.ppf(place)
        assert axis.values is not None
        return axis.values[int(_nearest(axis.places, np.array([place]))[0])]


def distances(rows: Floats, here: Floats, category: Bools) -> Floats:
    """Euclidean distance of each row to one point; categories that differ count 1."""
    difference = rows - here
    squared = np.where(category, difference != 0, difference * difference)
    out: Floats = np.sqrt(squared.sum(axis=1))
    return out


def closest(rows: Floats, category: Bools) -> float:
    """The smallest squared distance between two of the rows, infinite for fewer than two."""
    if len(rows) < 2:
        return float("inf")
    difference = rows[:, None, :] - rows[None, :, :]
    squared = np.where(category, difference != 0, difference * difference).sum(axis=2)
    return float(squared[np.triu_indices(len(rows), 1)].min())


def _axis(number: int, d: Constant | Categorical | Numeric, gate: tuple[int, int] | None) -> Axis:
    assert not isinstance(d, Constant)
    if isinstance(d, Categorical):
        if d.ordered:
            places = (np.arange(d.size) + 0.5) / d.size
            return Axis(number, "step", places, d.values, gate)
        return Axis(number, "category", np.arange(d.size, dtype=float), d.values, gate)
    cells = d.cells(_MOST_STEPS) if d.is_discrete else None
    if cells is None:
        return Axis(number, "float", gate=gate)
    pairs = sorted((d.cdf(v), v) for v in cells)
    return Axis(number, "step", np.array([p for p, _ in pairs]), tuple(v for _, v in pairs), gate)


def _place(d: Constant | Categorical | Numeric, value: Json | None) -> float | None:
    """Where a value lies on its axis, None if it cannot be read as one."""
    if isinstance(d, Categorical):
        index = d.index(value)
        if d.ordered:
            return None if index is None else (index + 0.5) / d.size
        return UNKNOWN_CATEGORY if index is None else float(index)
    if isinstance(d, Constant) or not is_number(value):
        return None
    assert value is not None
    place = d.cdf(value)
    return min(max(place, -_MARGIN), 1.0 + _MARGIN) if place == place else None  # noqa: PLR0124 - NaN


def _nearest(places: Floats, wanted: Floats) -> NDArray[np.intp]:
    """Index of the nearest of rising `places` for each wanted one."""
    if len(places) == 1:
        return np.zeros(len(wanted), dtype=np.intp)
    return np.searchsorted(0.5 * (places[1:] + places[:-1]), wanted)


def _index_of(space: Space, parent: int, text: str) -> int | None:
    d = space.parameters[parent].distribution
    if not isinstance(d, Categorical):
        return None
    return next((i for i, v in enumerate(d.values) if canonical(v) == text), None)


def _only_value(space: Space, number: int) -> str:
    d = space.parameters[number].distribution
    if isinstance(d, Constant):
        return canonical(d.value)
    assert isinstance(d, Categorical)
    return canonical(d.values[0])
