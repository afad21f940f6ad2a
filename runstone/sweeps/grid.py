"""Every cell once, in the order of the configuration; the last parameter turns fastest.

A cell is a function of its number alone, so two servers never hand out the same one.
Conditional parameters multiply only the cells in which they apply.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from runstone.domain.distribution import Categorical, Constant, Distribution, Json
from runstone.domain.space import Space, digest
from runstone.sweeps.trial import Exhausted, Outcome, Suggestion, Trial, TrialState, Wait


def choices(distribution: Distribution) -> list[Json]:
    """The values that a grid gives a parameter; a continuous one is refused when parsing."""
    if isinstance(distribution, Constant):
        return [distribution.value]
    if isinstance(distribution, Categorical):
        return list(distribution.values)
    lattice = distribution.lattice
    assert lattice is not None, "parse() lets only listable parameters into a grid"
    return list(lattice)


def size(space: Space) -> int:
    """Number of cells."""
    return _count(space, 0, [], [])


def cells(space: Space) -> Iterator[dict[str, Any]]:
    """All cells in order, as nested arguments."""
    for number in range(size(space)):
        yield cell(space, number)


def cell(space: Space, number: int) -> dict[str, Any]:
    """Cell `number` (from 0) as nested arguments; costs parameters x values, not cells."""
    values: list[Json | None] = []
    present: list[bool] = []
    for i in range(len(space.parameters)):
        if not space.active(i, values, present):
            values.append(None)
            present.append(False)
            continue
        for value in choices(space.parameters[i].distribution):
            below = _count(space, i + 1, [*values, value], [*present, True])
            if number < below:
                values.append(value)
                present.append(True)
                break
            number -= below
        else:
            raise IndexError("grid cell number out of range")
    return space.arguments(values, present)


def suggest(space: Space, trials: Sequence[Trial], seq: int, since_seq: int = 0) -> Outcome:
    """The cell with the number of slot `seq`; where that was tried, the first that nobody has.

    Whatever was tried counts: prior runs, points of older configurations, other slots. Claims
    without a point yet are taken to get the first free cells too, in their order.
    """
    total = size(space)
    visited = {_digest_in(space, t) for t in trials if t.params is not None} - {None}
    chosen: int | None = seq - since_seq
    assert chosen is not None
    if not (0 <= chosen < total) or digest(cell(space, chosen)) in visited:
        before = sum(1 for t in trials if t.params is None and t.seq < seq)
        free = (n for n in range(total) if digest(cell(space, n)) not in visited)
        left = list(islice(free, before + 1))
        chosen = left[before] if len(left) > before else None
        if chosen is None and left:
            return Wait("the last cells of the grid are being handed out")
    if chosen is None:
        if any(t.state is TrialState.RUNNING and t.params is not None and not t.prior for t in trials):
            return Wait("every cell of the grid is handed out; some still run")
        return Exhausted(f"all {total} cells of the grid have been tried")
    params = cell(space, chosen)
    text = digest(params)
    return Suggestion(params, text, info={"engine": "grid", "cell": chosen, "cells": total, "n": len(trials)})


def _digest_in(space: Space, trial: Trial) -> str | None:
    """Digest of a trial's point when it is complete in this space, else None."""
    assert trial.params is not None
    values, present = space.read(trial.params)
    for i in range(len(space.parameters)):
        if space.active(i, values, present) and not present[i]:
            return None
    return digest(space.arguments(values, present))


def _count(space: Space, start: int, values: list[Json | None], present: list[bool]) -> int:
    """Number of cells below the choices made for parameters before `start`."""
    total = 1
    for i in range(start, len(space.parameters)):
        here = space.active(i, values, present)
        if here and _has_children(space, i):
            options = choices(space.parameters[i].distribution)
            return total * sum(_count(space, i + 1, [*values, v], [*present, True]) for v in options)
        if here:
            total *= len(choices(space.parameters[i].distribution))
        values = [*values, None]
        present = [*present, here]
    return total


def _has_children(space: Space, number: int) -> bool:
    return any(p.condition is not None and p.condition.parent == number for p in space.parameters)
