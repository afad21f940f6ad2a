"""Which run of a sweep to trust."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from runstone.domain.sweep import Sweep
from runstone.sweeps.encoding import Encoding
from runstone.sweeps.model import fit_model
from runstone.sweeps.observed import loss_of, observe, ordered
from runstone.sweeps.trial import Trial, TrialState


@dataclass(frozen=True)
class Recommendation:
    """The run to trust: best by the model's mean, which lucky values move less.

    expected, low, high: what the model expects of a repetition, in the metric's unit.
    """

    trial: Trial
    expected: float
    low: float
    high: float


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
