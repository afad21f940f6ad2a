"""The space a sweep searches: its parameters, which of them apply, and how a point is written.

A point is written as nested plain arguments, the way the training program sees them:
`{"lr": 0.1, "model": {"units": 64}}`. Inside, each parameter has a path of names; names may
hold dots of their own, so paths are tuples and never split on dots.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any

from runstone.domain.distribution import Categorical, Constant, Distribution, Json, canonical

Path = tuple[str, ...]
Arguments = Mapping[str, Any]


def dotted(path: Path) -> str:
    """A path as one text for people: names joined by dots, dots within a name escaped."""
    return ".".join(name.replace("\\", "\\\\").replace(".", "\\.") for name in path)


@dataclass(frozen=True)
class Condition:
    """The parameter applies only while parameter number `parent` has the value of this JSON text."""

    parent: int
    value: str


@dataclass(frozen=True)
class Parameter:
    """One thing to choose. Two parameters may share a path when different conditions rule them."""

    path: Path
    distribution: Distribution
    condition: Condition | None = None

    @property
    def name(self) -> str:
        """Its path as one text."""
        return dotted(self.path)


@dataclass(frozen=True)
class Space:
    """Parameters in the order of the configuration; a parent stands before its children."""

    parameters: tuple[Parameter, ...]

    @cached_property
    def searched(self) -> tuple[int, ...]:
        """Numbers of the parameters with more than one value."""
        return tuple(
            i
            for i, p in enumerate(self.parameters)
            if not isinstance(p.distribution, Constant)
            and not (isinstance(p.distribution, Categorical) and p.distribution.size == 1)
        )

    def arguments(self, values: Iterable[Json | None], present: Iterable[bool]) -> dict[str, Any]:
        """Nested arguments from one value per parameter; absent ones are left out."""
        nested: dict[str, Any] = {}
        for parameter, value, here in zip(self.parameters, values, present, strict=True):
            if not here:
                continue
            level = nested
            for name in parameter.path[:-1]:
                level = level.setdefault(name, {})
            level[parameter.path[-1]] = value
        return nested

    def active(self, number: int, values: list[Json | None], present: list[bool]) -> bool:
        """Whether parameter `number` applies, given the values of those before it."""
        condition = self.parameters[number].condition
        if condition is None:
            return True
        return present[condition.parent] and canonical(values[condition.parent]) == condition.value

    def read(self, arguments: Arguments) -> tuple[list[Json | None], list[bool]]:
        """Values and presence per parameter of nested `arguments`.

        Parameters whose condition does not hold are absent even if the arguments name them;
        missing ones are absent as well. A run's whole config may be passed.
        """
        values: list[Json | None] = []
        present: list[bool] = []
        for number, parameter in enumerate(self.parameters):
            found, value = _look_up(arguments, parameter.path)
            if found and isinstance(parameter.distribution, Categorical):
                index = parameter.distribution.index(value)
                if index is not None:
                    value = parameter.distribution.values[index]
            present.append(found and self.active(number, values, present))
            values.append(value if present[-1] else None)
        return values, present


def _look_up(arguments: Arguments, path: Path) -> tuple[bool, Json | None]:
    level: Any = arguments
    for name in path:
        if not isinstance(level, Mapping) or name not in level:
            return False, None
        level = level[name]
    return True, level


def digest(arguments: Arguments) -> str:
    """A short text that is equal exactly for equal arguments (128 bits of BLAKE2b, hex)."""
    return blake2b(canonical(dict(arguments)).encode(), digest_size=16).hexdigest()
