"""Random points, drawn so that a slot's point depends on the seed and its number alone."""

from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np

from runstone.domain.distribution import Constant, Json, Numeric
from runstone.domain.space import Space, digest
from runstone.sweeps.trial import Outcome, Suggestion, Trial

_TRIES = 64
_ENUMERABLE = 20_000


def generator(seed: int, *stream: int) -> np.random.Generator:
    """A random generator that depends on `seed` and the `stream` numbers only."""
    return np.random.default_rng([seed & 0xFFFF_FFFF_FFFF_FFFF, *(s & 0xFFFF_FFFF for s in stream)])


def point(space: Space, positions: Sequence[float]) -> tuple[list[Json | None], list[bool]]:
    """Values and presence for one position in [0, 1) per parameter of the space."""
    values: list[Json | None] = []
    present: list[bool] = []
    for i, parameter in enumerate(space.parameters):
        here = space.active(i, values, present)
        d = parameter.distribution
        present.append(here)
        values.append((d.value if isinstance(d, Constant) else d.ppf(positions[i])) if here else None)
    return values, present


def visited_digests(space: Space, trials: Iterable[Trial]) -> dict[str, int]:
    """How often each point of the space occurs among trials, by digest."""
    counts: dict[str, int] = {}
    for trial in trials:
        if trial.params is None:
            continue
        text = digest(space.arguments(*space.read(trial.params)))
        counts[text] = counts.get(text, 0) + 1
    return counts


def is_finite(space: Space) -> bool:
    """Every parameter takes finitely many values."""
    return all(
        not isinstance(p.distribution, Numeric) or p.distribution.is_discrete for p in space.parameters
    )


def suggest(space: Space, trials: Sequence[Trial], seq: int, seed: int) -> Outcome:
    """A random point for slot `seq`; in a discrete space one not tried yet while any is left."""
    visited = visited_digests(space, trials)
    rng = generator(seed, seq, 0)
    count = len(space.parameters)
    for tries in range(_TRIES):
        params = space.arguments(*point(space, rng.random(count).tolist()))
        text = digest(params)
        if text not in visited:
            return Suggestion(params, text, info={"engine": "random", "n": len(trials)})
        if tries == 0:
            first = Suggestion(params, text, visited[text], {"engine": "random", "n": len(trials)})
    return _unvisited(space, visited, rng, len(trials)) or first


def _unvisited(space: Space, visited: dict[str, int], rng: np.random.Generator, n: int) -> Suggestion | None:
    """A cell of a small discrete space that nobody has tried, None if there is none."""
    from runstone.sweeps import grid  # noqa: PLC0415 - a sibling needed only here

    if not is_finite(space) or any(
        isinstance(p.distribution, Numeric) and p.distribution.cells(_ENUMERABLE) is None
        for p in space.parameters
    ):
        return None
    total = grid.size(space)
    if total > _ENUMERABLE:
        return None
    free = (c for c in grid.cells(space) if digest(c) not in visited)
    left = total - len(visited)
    params = next(islice(free, int(rng.integers(max(left, 1))), None), None)
    if params is None:
        return None
    return Suggestion(params, digest(params), info={"engine": "random", "n": n})
