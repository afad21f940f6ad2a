"""The next point by a model of the losses seen so far.

Gaussian processes are fitted to the finished trials, runs that still go on are taken at the
model's own prediction (the "kriging believer" of Ginsbourger, Le Riche, Carraro, 2010), and
the point of largest expected improvement is handed out. Nothing in the data can make this
raise: where the model fails, a random point with a warning comes.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from runstone.domain.distribution import canonical
from runstone.domain.space import digest
from runstone.domain.sweep import Sweep
from runstone.sweeps import design, sampling
from runstone.sweeps.acquisition import Acquisition, candidates, polish
from runstone.sweeps.encoding import Encoding, Floats, distances
from runstone.sweeps.model import Model, fit_model
from runstone.sweeps.observed import Observed, loss_of, observe, ordered
from runstone.sweeps.trial import Outcome, Suggestion, Trial

_ENUMERABLE = 2_000
_CENTRES = 15
_STARTS = 16
_NEAREST = 3
_TOO_NEAR = 0.002


def suggest(sweep: Sweep, trials: Sequence[Trial], seq: int, seed: int) -> Outcome:
    """The point for slot `seq`: an initial design first, then by the model."""
    assert sweep.metric is not None, "parse() asks bayes for a metric"
    encoding = Encoding(sweep.space)
    if not encoding.size:
        return _plain(sweep, trials, seq, seed, "nothing to search: every parameter has one value")
    planned = design.count(sweep, encoding.size)
    trials = ordered(trials)
    seen = observe(encoding, trials, sweep.metric, seed)
    known_before = sum(1 for t in seen.trials if t.prior)
    if seq < planned and known_before < planned:
        row = design.points(encoding, planned, seed)[seq]
        info = {"engine": "initial design", "n": seen.finite, "point": seq + 1, "points": planned}
        first = hand_out(encoding, row[None, :], trials, info)
        return _plain(sweep, trials, seq, seed, None) if first is None else first
    if seen.finite < 2:
        return _plain(sweep, trials, seq, seed, "fewer than two trials have a value so far")
    try:
        with np.errstate(all="ignore"):
            return _by_model(sweep, encoding, seen, trials, seq, seed)
    except (ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
        return _plain(sweep, trials, seq, seed, f"the model failed ({type(error).__name__}: {error})")


def _plain(sweep: Sweep, trials: Sequence[Trial], seq: int, seed: int, warning: str | None) -> Outcome:
    found = sampling.suggest(sweep.space, trials, seq, seed)
    if warning is not None and isinstance(found, Suggestion):
        found.info["warnings"] = [warning]
    return found


def _by_model(
    sweep: Sweep, encoding: Encoding, seen: Observed, trials: Sequence[Trial], seq: int, seed: int
) -> Outcome:
    model = fit_model(encoding, seen, seed)
    acquisition = Acquisition([d.posterior for d in model.draws], [d.best for d in model.draws])
    info: dict[str, Any] = {"engine": "model", "n": len(seen.loss)}
    if encoding.count(_ENUMERABLE) is not None:
        rows = encoding.all_rows()
        order = np.argsort(-acquisition(rows), kind="stable")
        found = hand_out(encoding, rows[order], trials, info)
        if found is None:  # all tried: again where the model is best, to average noise out
            params = encoding.arguments(rows[int(np.argmin(model.mean(rows)))])
            found = Suggestion(params, digest(params), _repeats(params, trials), info)
            found.info["warnings"] = ["every point has been tried; the best one is measured again"]
    else:
        rng = sampling.generator(seed, seq, 1)
        found = hand_out(encoding, _ranked(encoding, model, acquisition, seen, rng), trials, info)
        if found is None:
            return _plain(sweep, trials, seq, seed, "every candidate of the model was tried before")
    found.info.update(explain(sweep, encoding, model, acquisition, seen, found.params))
    return found


def _ranked(
    encoding: Encoding, model: Model, acquisition: Acquisition, seen: Observed, rng: np.random.Generator
) -> Floats:
    """Candidates, best first: polished ones and, should all of those be taken, plain ones."""
    # Around runs that still run, too: a good one may be the best place known.
    known = np.vstack([seen.x, seen.pending])
    centres = encoding.snapped(known[np.argsort(model.mean(known), kind="stable")[:_CENTRES]])
    pool = candidates(encoding, centres, rng, 512, 32)
    order = np.argsort(-acquisition(pool), kind="stable")
    polished, values = polish(encoding, acquisition, _apart(pool[order[:64]], _STARTS))
    ranked = np.vstack([polished[np.argsort(-values, kind="stable")], pool[order[:256]]])
    if not len(seen.pending):
        return ranked
    # Next to a point that is being measured there is nothing to learn, however good it looks.
    near = np.array([distances(seen.pending, row, encoding.is_category).min() < _TOO_NEAR for row in ranked])
    return np.vstack([ranked[~near], ranked[near]])


def _apart(rows: Floats, count: int) -> Floats:
    """The first rows that are not nearly the same."""
    kept: list[Floats] = []
    for row in rows:
        if all(np.abs(row - other).max() > 0.02 for other in kept):
            kept.append(row)
        if len(kept) == count:
            break
    return np.array(kept)


def _repeats(params: dict[str, Any], trials: Sequence[Trial]) -> int:
    """How many trials have exactly these arguments."""
    same = (t.params for t in trials if t.params is not None and t.params == params)
    text = canonical(params)
    return sum(1 for p in same if canonical(dict(p)) == text)


def hand_out(
    encoding: Encoding, rows: Floats, trials: Sequence[Trial], info: dict[str, Any]
) -> Suggestion | None:
    """The first row that nobody has tried, None if all were."""
    own = [t for t in trials if not t.prior]
    visited = sampling.visited_digests(encoding.space, (t for t in trials if t.prior))
    for row in rows:
        params = encoding.arguments(row)
        text = digest(params)
        if text not in visited and not _repeats(params, own):
            return Suggestion(params, text, info=dict(info))
    return None


def explain(
    sweep: Sweep,
    encoding: Encoding,
    model: Model,
    acquisition: Acquisition,
    seen: Observed,
    params: dict[str, Any],
) -> dict[str, Any]:
    """Why this point, as JSON for people, in the metric's own unit.

    predicted: {value, low, high} as the model expects it, low and high one standard
    deviation away. log_ei: logarithm of the expected improvement, in standardised losses.
    best: predicted value at the best trial so far. draws: fits averaged. pending: open
    trials taken at their prediction. imputed: trials that ended without a value, as
    their neighbours did; unlucky: others without one, left out.
    nearest: the closest trials with their values, `distance` on the unit cube's scale.
    """
    metric = sweep.metric
    assert metric is not None
    sign = metric.goal.sign
    row = encoding.row(params)[0]
    here = model.forecast(row)
    best = model.forecast(seen.x[int(np.argmin(model.mean(seen.x)))])
    apart = distances(seen.x, row, encoding.is_category)
    nearest = [
        {
            "seq": None if seen.trials[i].prior else seen.trials[i].seq,
            "name": seen.trials[i].name,
            "value": None if (loss := loss_of(seen.trials[i], metric)) is None else sign * loss,
            "distance": round(float(apart[i]), 4),
        }
        for i in np.argsort(apart, kind="stable")[:_NEAREST]
    ]
    low, high = sorted((sign * here.low, sign * here.high))
    return {
        "predicted": {"value": sign * here.loss, "low": low, "high": high},
        "best": sign * best.loss,
        "log_ei": float(acquisition(row[None, :])[0]),
        "draws": len(model.draws),
        "pending": len(seen.pending),
        "imputed": seen.imputed,
        "unlucky": seen.unlucky,
        "nearest": nearest,
    }
