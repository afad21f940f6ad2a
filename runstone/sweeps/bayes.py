"""The next point by a model of the losses seen so far.

A Gaussian process is fitted to the finished trials, runs that still go on are taken at the
model's own prediction, and the point of largest expected improvement is handed out. Nothing
in the data can make this raise: where the model fails, a random point with a warning comes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from runstone.domain.distribution import canonical
from runstone.domain.space import digest
from runstone.domain.sweep import Sweep
from runstone.sweeps import design, sampling
from runstone.sweeps.acquisition import Acquisition, candidates, polish
from runstone.sweeps.encoding import Encoding, Floats
from runstone.sweeps.gp import Likelihood, Posterior, Priors, fit, sample
from runstone.sweeps.observed import Observed, observe, ordered
from runstone.sweeps.trial import Outcome, Suggestion, Trial
from runstone.sweeps.warp import Warp

_ENUMERABLE = 2_000


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
        first = _hand_out(encoding, row[None, :], trials, {"engine": "initial design", "n": seen.finite})
        if first is not None:
            return first
        return _plain(sweep, trials, seq, seed, None)
    if seen.finite < 2:
        return _plain(sweep, trials, seq, seed, "fewer than two trials have a value so far")
    try:
        with np.errstate(all="ignore"):
            return _by_model(encoding, seen, trials, seq, seed, sweep)
    except (ArithmeticError, ValueError, np.linalg.LinAlgError) as error:
        return _plain(sweep, trials, seq, seed, f"the model failed ({type(error).__name__}: {error})")


def _plain(sweep: Sweep, trials: Sequence[Trial], seq: int, seed: int, warning: str | None) -> Outcome:
    found = sampling.suggest(sweep.space, trials, seq, seed)
    if warning is not None and isinstance(found, Suggestion):
        found.info["warnings"] = [warning]
    return found


@dataclass(frozen=True)
class Model:
    """Posteriors of a few draws of the hyper-parameters, pending points believed, and the incumbents.

    bests: per posterior, the lowest mean at any point tried.
    """

    posteriors: list[Posterior]
    bests: list[float]
    theta: Floats
    warp: Warp


def draws_for(n: int) -> int:
    """How many draws of the hyper-parameters to average: many while data are few and cheap."""
    if n <= 40:
        return 8
    return 4 if n <= 80 else 1


def fit_model(encoding: Encoding, seen: Observed, seed: int) -> Model:
    """The model of some data; depends on nothing but its arguments."""
    warp = Warp.of(seen.loss)
    y = warp.forward(seen.loss)
    extra = 0.1 * seen.missing if seen.missing.any() else None
    likelihood = Likelihood(seen.x, y, encoding.is_category, Priors.for_axes(encoding.size), extra)
    rng = sampling.generator(seed, len(y), 0xF17)
    starts = [likelihood.mean.copy(), likelihood.mean + 0.5 * rng.standard_normal(len(likelihood.mean))]
    starts[1][-1] = math.log(1e-2)
    best, _ = fit(likelihood, starts)
    count = draws_for(len(y))
    thetas = [best]
    if count > 1:
        sd = np.minimum(likelihood.sd, 1.0)
        thetas = sample(lambda t: likelihood(t)[0], best, sd, count, rng)
    posteriors, bests = [], []
    for theta in thetas:
        posterior = Posterior(seen.x, y, encoding.is_category, theta, extra)
        low = float(posterior.predict(seen.x)[0].min())
        if len(seen.pending):
            posterior = posterior.conditioned(seen.pending, theta, y)
        posteriors.append(posterior)
        bests.append(low)
    return Model(posteriors, bests, best, warp)


def _by_model(
    encoding: Encoding, seen: Observed, trials: Sequence[Trial], seq: int, seed: int, sweep: Sweep
) -> Outcome:
    model = fit_model(encoding, seen, seed)
    acquisition = Acquisition(model.posteriors, model.bests)
    rng = sampling.generator(seed, seq, 1)
    total = encoding.count(_ENUMERABLE)
    info: dict[str, Any] = {"engine": "gp", "n": len(seen.loss)}
    if total is not None:
        rows = encoding.all_rows()
        order = np.argsort(-acquisition(rows), kind="stable")
        found = _hand_out(encoding, rows[order], trials, info)
        if found is None:  # everything tried: again where the mean is best, to average noise out
            mean = np.mean([p.predict(rows)[0] for p in model.posteriors], axis=0)
            row = rows[int(np.argmin(mean))]
            params = encoding.arguments(row)
            text = digest(params)
            found = Suggestion(params, text, _repeats(params, trials), info | {"repeats": True})
    else:
        mean = np.mean([p.predict(seen.x)[0] for p in model.posteriors], axis=0)
        centres = encoding.snapped(seen.x[np.argsort(mean, kind="stable")[:15]])
        pool = candidates(encoding, centres, rng, 512, 32)
        scores = acquisition(pool)
        order = np.argsort(-scores, kind="stable")
        top = _apart(pool[order[:64]], 4)
        polished, values = polish(encoding, acquisition, top)
        ranked = np.vstack([polished[np.argsort(-values, kind="stable")], pool[order[:256]]])
        found = _hand_out(encoding, ranked, trials, info)
        if found is None:
            return _plain(sweep, trials, seq, seed, "every candidate of the model was tried before")
    _explain(found, encoding, model, acquisition, seen)
    return found


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
    text = canonical(params)
    return sum(
        1 for t in trials if t.params is not None and t.params == params and canonical(dict(t.params)) == text
    )


def _hand_out(
    encoding: Encoding, rows: Floats, trials: Sequence[Trial], info: dict[str, Any]
) -> Suggestion | None:
    """The first row that nobody has tried, None if all were."""
    prior = [t for t in trials if t.prior and t.params is not None]
    visited = {digest(encoding.space.arguments(*encoding.space.read(t.params or {}))) for t in prior}
    own = [t for t in trials if not t.prior]
    for row in rows:
        params = encoding.arguments(row)
        text = digest(params)
        if text not in visited and not _repeats(params, own):
            return Suggestion(params, text, info=dict(info))
    return None


def _explain(
    found: Suggestion, encoding: Encoding, model: Model, acquisition: Acquisition, seen: Observed
) -> None:
    """Figures for people: what the model expects at the point, in the metric's own units."""
    row = encoding.row(found.params)[0][None, :]
    moments = [p.predict(row) for p in model.posteriors]
    means = np.array([m[0][0] for m in moments])
    variances = np.array([m[1][0] for m in moments])
    mean = float(means.mean())
    sd = math.sqrt(float(variances.mean() + means.var()))
    found.info["predicted_loss"] = model.warp.backward(mean)
    found.info["log_ei"] = float(acquisition(row)[0])
    found.info["sd_z"] = sd
