"""Which parameters separate good runs from the rest, how sure that is, and which run to trust.

Importance is PED-ANOVA (Watanabe, Bansal, Hutter, "PED-ANOVA: Efficiently Quantifying
Hyperparameter Importance in Arbitrary Subspaces", 2023): the variance of the ratio between
the density of the best runs and that of all runs along one axis. Ours averages over several
depths of "best": a search that has converged leaves nothing to tell within its best tenth,
and much between its better half and the rest. What the same number would be by chance is
told by shuffling the losses, and is taken off; how far it might move with other runs is told
by drawing runs again (bootstrap).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runstone.domain.distribution import Json, canonical
from runstone.domain.sweep import Sweep
from runstone.sweeps.encoding import Axis, Encoding, Floats
from runstone.sweeps.model import fit_model
from runstone.sweeps.observed import loss_of, observe, ordered
from runstone.sweeps.sampling import generator
from runstone.sweeps.trial import Trial, TrialState

LEAST = 8
_CELLS = 48
_DEPTHS = (0.1, 0.25, 0.5)
_LEAST_TOP = 5
_SHUFFLES = 60
_RESAMPLES = 40
_SURE = 0.95
_MOST_VALUES = 30

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Weight:
    """Importance of a parameter: its share of what could be told apart (they sum to 1, or are all 0).

    spread: bootstrap standard deviation of the share. chance: probability that as large a
    difference arises by luck on some axis. best_values: what good runs have, for people.
    """

    name: str
    importance: float
    spread: float
    chance: float
    best_values: str


@dataclass(frozen=True)
class Correlation:
    """Pearson correlation of a parameter's position with the metric, and its bootstrap spread.

    value: JSON text of the choice for parameters without order (one row for each), else None.
    """

    name: str
    value: str | None
    correlation: float
    spread: float


@dataclass(frozen=True)
class Importance:
    """Answer for the page. `ranked` is False where the data do not tell the parameters apart."""

    runs: int
    weights: tuple[Weight, ...]
    correlations: tuple[Correlation, ...]
    ranked: bool
    sentence: str


@dataclass(frozen=True)
class Recommendation:
    """The run to trust: best by the model's mean, which lucky values move less.

    expected, low, high: what the model expects of a repetition, in the metric's unit.
    """

    trial: Trial
    expected: float
    low: float
    high: float


def importance(sweep: Sweep, trials: Sequence[Trial], seed: int = 0) -> Importance:
    """Importance and correlation of every searched parameter over ended trials with a value."""
    assert sweep.metric is not None, "a sweep without a metric has nothing to explain"
    encoding = Encoding(sweep.space)
    used: list[tuple[float, Trial]] = []
    for trial in ordered(trials):
        loss = loss_of(trial, sweep.metric)
        if loss is not None and trial.params is not None and trial.state is not TrialState.RUNNING:
            used.append((loss, trial))
    if not encoding.size:
        return Importance(
            len(used), (), (), False, "Every parameter has one value: there is nothing to compare."
        )
    if len(used) < LEAST:
        text = f"{len(used)} runs have a value of `{sweep.metric.name}`; at least {LEAST} are needed."
        return Importance(len(used), (), (), False, text)
    x = np.array([encoding.row(t.params or {})[0] for _, t in used])
    losses = np.array([v for v, _ in used])
    rng = generator(seed, len(used), 0x1A9)
    weights = _weights(encoding, x, losses, rng)
    correlations = _correlations(encoding, x, sweep.metric.goal.sign * losses, rng)
    ranked = any(w.chance < 1.0 - _SURE for w in weights)
    weights.sort(key=lambda w: (-w.importance, w.name))
    return Importance(
        len(used), tuple(weights), tuple(correlations), ranked, _sentence(weights, len(used), ranked)
    )


def recommend(sweep: Sweep, trials: Sequence[Trial], seed: int = 0) -> Recommendation | None:
    """The ended trial that the model expects to be best, None without at least two values."""
    assert sweep.metric is not None, "a sweep without a metric has no best run"
    encoding = Encoding(sweep.space)
    ended = [t for t in ordered(trials) if t.state is not TrialState.RUNNING]
    seen = observe(encoding, ended, sweep.metric, seed)
    if seen.finite < 2 or not encoding.size:
        return None
    with np.errstate(all="ignore"):
        try:
            model = fit_model(encoding, seen, seed)
        except (ArithmeticError, ValueError, np.linalg.LinAlgError):
            return None
        has_value = np.array([loss_of(t, sweep.metric) is not None for t in seen.trials])
        best = int(np.argmin(np.where(has_value, model.mean(seen.x), np.inf)))
        there = model.forecast(seen.x[best])
    sign = sweep.metric.goal.sign
    low, high = sorted((sign * there.low, sign * there.high))
    return Recommendation(seen.trials[best], sign * there.loss, low, high)


def _weights(encoding: Encoding, x: Floats, loss: Floats, rng: np.random.Generator) -> list[Weight]:
    n = len(loss)
    cells = [_cells(axis, x[:, k]) for k, axis in enumerate(encoding.axes)]
    tops = [max(math.ceil(depth * n), min(_LEAST_TOP, n // 2)) for depth in _DEPTHS]
    order = np.argsort(loss, kind="stable")
    shuffles = np.array([order, *(rng.permutation(n) for _ in range(_SHUFFLES))])
    counts = np.array([np.bincount(rng.integers(n, size=n), minlength=n) for _ in range(_RESAMPLES)], float)
    raw = np.zeros(encoding.size)
    again = np.zeros((_RESAMPLES, encoding.size))
    ahead = np.full((1 + _SHUFFLES, encoding.size), -np.inf)
    for top in tops:
        chosen = np.zeros(shuffles.shape, dtype=bool)
        np.put_along_axis(chosen, shuffles[:, :top], True, axis=1)
        gaps = _gaps(encoding, cells, chosen, None)
        expected, unit = gaps[1:].mean(axis=0), gaps[1:].std(axis=0) + 1e-12
        drawn = np.zeros(counts.shape, dtype=bool)
        drawn[:, order] = np.cumsum(counts[:, order], axis=1) <= top
        raw += gaps[0] - expected
        again += _gaps(encoding, cells, drawn, counts) - expected
        ahead = np.maximum(ahead, (gaps - expected) / unit)
    # An axis is compared with the luckiest of all axes and depths, in units of its own luck, since all
    # are looked at.
    luckiest = ahead[1:].max(axis=1)
    shares, moved = _shares(raw), np.array([_shares(row) for row in again])
    best = order[: tops[0]]
    found = []
    for k, axis in enumerate(encoding.axes):
        chance = float((1 + (luckiest >= ahead[0, k]).sum()) / (1 + _SHUFFLES))
        name = encoding.space.parameters[axis.number].name
        values = _best_values(encoding, axis, x[best, k])
        found.append(Weight(name, float(shares[k]), float(moved[:, k].std()), chance, values))
    return found


def _shares(raw: Floats) -> Floats:
    clipped = np.maximum(raw, 0.0)
    total = clipped.sum()
    out: Floats = clipped / total if total > 0 else clipped
    return out


def _cells(axis: Axis, column: Floats) -> Ints:
    """Cell of each run on an axis; the last cell stands for runs to which it does not apply."""
    if axis.kind == "category":
        assert axis.places is not None
        size = min(len(axis.places), _MOST_VALUES)
        index = column.astype(np.int64)
        return np.where(index < 0, size, np.minimum(index, size - 1))
    size = _CELLS if axis.places is None else min(len(axis.places), _CELLS)
    return np.floor(np.clip(column, 0.0, 1.0 - 1e-9) * size).astype(np.int64)


def _size(axis: Axis) -> int:
    if axis.kind == "category":
        assert axis.places is not None
        return min(len(axis.places), _MOST_VALUES) + 1
    return _CELLS if axis.places is None else min(len(axis.places), _CELLS)


def _gaps(encoding: Encoding, cells: list[Ints], tops: NDArray[np.bool_], counts: Floats | None) -> Floats:
    """Variance of the ratio of densities, per choice of the best runs (rows) and axis (columns)."""
    out = np.empty((len(tops), encoding.size))
    everyone = np.ones((1, tops.shape[1])) if counts is None else counts
    chosen = np.where(tops, everyone, 0.0)
    for k, axis in enumerate(encoding.axes):
        member = (cells[k][:, None] == np.arange(_size(axis))[None, :]).astype(float)
        p, q = _density(axis, everyone @ member), _density(axis, chosen @ member)
        out[:, k] = (p * (q / p - 1.0) ** 2).sum(axis=1)
    return out


def _density(axis: Axis, counts: Floats) -> Floats:
    """Smoothed shares of the cells, row by row; never zero. Bandwidth by Scott's rule, at least one cell."""
    total = np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    size = counts.shape[1]
    if axis.kind == "category":
        return np.asarray((counts + 1.0 / size) / (total + 1.0))
    places = (np.arange(size) + 0.5) / size
    mean = (counts * places).sum(axis=1, keepdims=True) / total
    sd = np.sqrt((counts * (places - mean) ** 2).sum(axis=1, keepdims=True) / total)
    width = np.maximum(1.06 * sd * total**-0.2, 1.0 / size)
    kernel = np.exp(-0.5 * ((places[:, None] - places[None, :]) / width[:, :, None]) ** 2)
    kernel /= kernel.sum(axis=1, keepdims=True)
    smooth = (kernel @ counts[:, :, None])[:, :, 0]
    return np.asarray((smooth + 1.0 / size) / (total + 1.0))


def _correlations(encoding: Encoding, x: Floats, y: Floats, rng: np.random.Generator) -> list[Correlation]:
    columns: list[Floats] = []
    labels: list[tuple[str, str | None]] = []
    for k, axis in enumerate(encoding.axes):
        parameter = encoding.space.parameters[axis.number]
        if axis.kind != "category":
            reverse = getattr(parameter.distribution, "reverse", False)
            columns.append(1.0 - x[:, k] if reverse else x[:, k])
            labels.append((parameter.name, None))
            continue
        assert axis.values is not None
        for i, value in enumerate(axis.values[:_MOST_VALUES]):
            columns.append((x[:, k] == i).astype(float))
            labels.append((parameter.name, canonical(value)))
    table = np.array(columns)
    counts = np.array(
        [np.bincount(rng.integers(len(y), size=len(y)), minlength=len(y)) for _ in range(_RESAMPLES)]
    )
    scale = max(float(np.abs(y).max()), 1e-300)
    measured = _pearson(table, y / scale, np.ones((1, len(y))))[0]
    again = _pearson(table, y / scale, counts.astype(float))
    return [
        Correlation(name, value, float(measured[i]), float(again[:, i].std()))
        for i, (name, value) in enumerate(labels)
    ]


def _pearson(table: Floats, y: Floats, counts: Floats) -> Floats:
    """Weighted correlation of each row of `table` with `y`, per row of `counts`; 0 where one is constant."""
    total = counts.sum(axis=1, keepdims=True)
    mean_x, mean_y = counts @ table.T / total, counts @ y[:, None] / total
    cov = counts @ (table * y).T / total - mean_x * mean_y
    var_x = counts @ (table * table).T / total - mean_x**2
    var_y = counts @ (y * y)[:, None] / total - mean_y**2
    under = np.sqrt(np.maximum(var_x, 0.0) * np.maximum(var_y, 0.0))
    out: Floats = np.where(under > 1e-12, cov / np.maximum(under, 1e-300), 0.0)
    return np.clip(out, -1.0, 1.0)


def _best_values(encoding: Encoding, axis: Axis, best: Floats) -> str:
    """What the best runs have, as a phrase: `between 0.001 and 0.004`, or `at "adam"`."""
    here = best[best != axis.absent] if axis.gate is not None or axis.kind == "category" else best
    if not len(here):
        return "not used"
    if axis.kind == "category":
        assert axis.values is not None
        index = int(np.argmax(np.bincount(here.astype(int).clip(0), minlength=1)))
        return f"at {canonical(axis.values[index])}"
    low, high = np.quantile(here, [0.1, 0.9], method="nearest")
    a, b = encoding.value(axis, float(low)), encoding.value(axis, float(high))
    if a == b:
        return f"at {_short(a)}"
    if isinstance(a, int | float) and isinstance(b, int | float) and a > b:
        a, b = b, a
    return f"between {_short(a)} and {_short(b)}"


def _short(value: Json) -> str:
    return f"{value:.3g}" if isinstance(value, float) else canonical(value)


def _sentence(weights: list[Weight], runs: int, ranked: bool) -> str:
    if not ranked:
        return f"With {runs} runs no parameter stands out from chance: their order here means nothing."
    first = next(w for w in weights if w.chance < 1.0 - _SURE)
    text = (
        f"`{first.name}` matters most ({100 * first.importance:.0f} % of what separates the best runs, "
        f"give or take {100 * first.spread:.0f}): the best runs have it {first.best_values}."
    )
    others = [w.name for w in weights if w is not first and w.chance < 1.0 - _SURE]
    if others:
        return text + " Then come " + ", ".join(f"`{name}`" for name in others[:3]) + "."
    return text + " No other parameter stands out from chance."
