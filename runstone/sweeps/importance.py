"""Which parameters separate good runs from the rest, and how sure that is.

Importance is PED-ANOVA (`pedanova`). Where nobody chose the points by earlier losses, of the
runs themselves: what the same number would be by chance is told by shuffling the losses, and is
taken off; how far it might move with other runs is told by drawing runs again (bootstrap). The
runs of a search by a model are no even choice, so there it is that of functions which explain
the runs (`evidence`), drawn again and again, each axis by the probability that it matters.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from runstone.domain.distribution import Json, canonical
from runstone.domain.sweep import Method, Sweep
from runstone.sweeps import pedanova
from runstone.sweeps.encoding import Axis, Encoding, Floats
from runstone.sweeps.evidence import weigh
from runstone.sweeps.observed import loss_of, ordered
from runstone.sweeps.sampling import generator
from runstone.sweeps.trial import Trial, TrialState

LEAST = 8
_SHUFFLES = 60
# Of few runs more orders cost nothing, and what the luckiest of them reach is known better.
_FEW_RUNS, _SHUFFLES_OF_FEW = 256, 200
_RESAMPLES = 40
_SURE = 0.95


@dataclass(frozen=True)
class Weight:
    """Importance of a parameter: its share of what could be told apart (they sum to 1, or are all 0).

    spread: standard deviation of the share, over runs or functions drawn again. chance:
    probability that as large a difference arises by luck on some axis; of a search by a model,
    that the parameter has no effect. best_values: what good runs have, for people.
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
    rows = [encoding.row(t.params or {}) for _, t in used]
    x, missing = np.array([row for row, _ in rows]), np.array([lacking for _, lacking in rows], float)
    losses = np.array([v for v, _ in used])
    rng = generator(seed, len(used), 0x1A9)
    # Runs that are as good come in an order by lot: in that of a grid, the first have the first values.
    order = np.lexsort((rng.permutation(len(losses)), losses))
    equal = losses.max() <= losses.min()
    judged: _Judged | None = None
    if not equal:
        judged = (
            _by_evidence(encoding, x, losses, missing, rng)
            if sweep.method is Method.BAYES
            else _by_runs(encoding, x, order, rng)
        )
    weights = _weights(encoding, x, order, judged or _nothing(encoding.size))
    correlations = _correlations(encoding, x, sweep.metric.goal.sign * losses, rng)
    ranked = any(w.chance < 1.0 - _SURE for w in weights)
    weights.sort(key=lambda w: (-w.importance, w.name))
    sentence = tell(weights, len(used), ranked)
    if equal:
        sentence = f"All {len(used)} runs are as good: nothing tells the parameters apart."
    elif judged is None:
        sentence = f"No model explains the values of these {len(used)} runs, so nothing is ranked."
    return Importance(len(used), tuple(weights), tuple(correlations), ranked, sentence)


@dataclass(frozen=True)
class _Judged:
    """Per axis: its share, how far that may be off, and the probability that it only seems to matter."""

    share: Floats
    spread: Floats
    chance: Floats


def _nothing(axes: int) -> _Judged:
    return _Judged(np.zeros(axes), np.zeros(axes), np.ones(axes))


def _by_runs(encoding: Encoding, x: Floats, order: pedanova.Ints, rng: np.random.Generator) -> _Judged:
    """Of runs whose points nobody chose by earlier losses: the best against all, and losses shuffled.

    order: indexes of the runs, the best first.
    """
    n = len(order)
    count = _SHUFFLES_OF_FEW if n <= _FEW_RUNS else _SHUFFLES
    places = pedanova.Places(encoding, x)
    shuffles = np.array([order, *(rng.permutation(n) for _ in range(count))])
    counts = np.array([np.bincount(rng.integers(n, size=n), minlength=n) for _ in range(_RESAMPLES)], float)
    raw = np.zeros(encoding.size)
    again = np.zeros((_RESAMPLES, encoding.size))
    ahead = np.full((1 + count, encoding.size), -np.inf)
    for top in pedanova.tops(n):
        gaps = places.gaps(pedanova.first_of(shuffles, top))
        expected = gaps[1:].mean(axis=0)
        drawn = np.zeros(counts.shape, dtype=bool)
        drawn[:, order] = np.cumsum(counts[:, order], axis=1) <= top
        raw += gaps[0] - expected
        again += places.gaps(drawn, counts) - expected
        ahead = np.maximum(ahead, (gaps - gaps.mean(axis=0)) / (gaps.std(axis=0) + 1e-12))
    # An axis is compared with the luckiest of all axes and depths, in units of its own luck, since all
    # are looked at. The true order counts among the shuffled ones there: measured by them alone, it
    # would be ahead too easily.
    luckiest = ahead[1:].max(axis=1)
    chance = (1 + (luckiest[:, None] >= ahead[0]).sum(axis=0)) / (1 + count)
    return _Judged(pedanova.shares(raw), pedanova.shares(again).std(axis=0), chance)


def _by_evidence(
    encoding: Encoding, x: Floats, loss: Floats, missing: Floats, rng: np.random.Generator
) -> _Judged | None:
    """Of runs that a model chose: functions that explain them, and how likely each axis is to matter.

    None where no process fits the runs.
    """
    try:
        with np.errstate(all="ignore"):
            found = weigh(encoding, x, loss, missing, rng)
    except (ArithmeticError, ValueError, np.linalg.LinAlgError):
        return None
    if found is None or not np.isfinite(found.odds).all():
        return None
    matters = 1.0 / (1.0 + np.exp(-np.clip(found.odds, -500.0, 500.0)))
    count, n = found.losses.shape
    places = pedanova.Places(encoding, found.rows)
    order = np.argsort(found.losses, axis=1, kind="stable")
    order = np.vstack([order, *(rng.permutation(n) for _ in range(_SHUFFLES))])
    raw = np.zeros((count, encoding.size))
    for top in pedanova.tops(n):
        gaps = places.gaps(pedanova.first_of(order, top))
        raw += gaps[:count] - gaps[count:].mean(axis=0)
    raw = matters * np.maximum(raw, 0.0)
    return _Judged(pedanova.shares(raw.mean(axis=0)), pedanova.shares(raw).std(axis=0), 1.0 - matters)


def _weights(encoding: Encoding, x: Floats, order: pedanova.Ints, judged: _Judged) -> list[Weight]:
    best = order[: pedanova.tops(len(order))[0]]
    return [
        Weight(
            encoding.space.parameters[axis.number].name,
            float(judged.share[k]),
            float(judged.spread[k]),
            float(judged.chance[k]),
            _best_values(encoding, axis, x[best, k]),
        )
        for k, axis in enumerate(encoding.axes)
    ]


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
        for i, value in enumerate(axis.values[: pedanova.MOST_VALUES]):
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


def tell(weights: list[Weight], runs: int, ranked: bool) -> str:
    """One plain sentence or two about weights, the largest first."""
    if not ranked:
        return f"With {runs} runs no parameter stands out from chance: their order here means nothing."
    sure = [w for w in weights if w.chance < 1.0 - _SURE]
    first, others = sure[0], [f"`{w.name}`" for w in sure[1:4]]
    larger = [f"`{w.name}`" for w in weights if w.importance > first.importance][:3]
    text = (
        f"`{first.name}` matters{'' if larger else ' most'} ({100 * first.importance:.0f} % of what "
        f"separates the best runs, give or take {100 * first.spread:.0f}): the best runs have it "
        f"{first.best_values}."
    )
    if others:
        text += f" Then come {', '.join(others)}."
    if larger:
        return f"{text} {', '.join(larger)} may matter more, or not at all: that is not sure yet."
    return text if others else f"{text} No other parameter stands out from chance."
