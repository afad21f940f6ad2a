"""Which running runs lag so far behind at an iteration that they should stop."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from runstone.domain.sweep import Goal, Hyperband
from runstone.domain.sweep_value import BandValue, Progress


@dataclass(frozen=True)
class Course:
    """A run's name, whether it still runs, and its values at the bands it has reached.

    fresh: bands reached since it was last judged: values come in batches, which may pass several.
    """

    name: str
    running: bool
    bands: Mapping[int, BandValue]
    fresh: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Verdict:
    """A run that is to stop, with the figures for the page: its value, the bar, the band."""

    name: str
    band: int
    value: float
    threshold: float


def course(
    name: str, running: bool, progress: Progress, metric_name: str, judged: Collection[int] | None = None
) -> Course:
    """The course of a run from its folded progress on `metric_name` (after the rescue).

    judged: bands at which it was judged before; left out, it is judged at its highest one only.
    """
    key = progress.keys.get(metric_name)
    bands = {} if key is None else key.bands
    return Course(name, running, bands, frozenset(() if judged is None else set(bands) - set(judged)))


@dataclass(frozen=True)
class Savings:
    """What stopping early spared: runs stopped, and iterations they would have gone on for."""

    runs_stopped: int
    iterations_saved: int


def savings(stopped: Sequence[int], finished: Sequence[int]) -> Savings:
    """Savings from the iterations that stopped and finished runs reached.

    A stopped run is taken to have gone as far as the median finished one; without any
    finished run nothing is known to be saved.
    """
    full = median(finished) if finished else 0.0
    return Savings(len(stopped), int(sum(max(full - count, 0.0) for count in stopped)))


def to_stop(rule: Hyperband, goal: Goal, courses: Sequence[Course]) -> list[Verdict]:
    """Running runs that are worse than the threshold at the highest band they have reached, or a fresh one.

    The threshold of a band is the value at place int(n/eta) among the n runs that have
    reached it, best first. Not strict: a run's best value up to the band counts for it,
    strict: the value at the band. A run alone at a band is never stopped.
    """
    verdicts: list[Verdict] = []
    thresholds: dict[int, float] = {}
    for this in sorted(courses, key=lambda c: c.name):
        if not this.running or not this.bands:
            continue
        for band in sorted({*this.fresh, max(this.bands)}):
            if band not in thresholds:
                losses = sorted(goal.sign * c.bands[band].value for c in courses if band in c.bands)
                thresholds[band] = losses[int(len(losses) / rule.eta)]
            at = this.bands[band]
            loss = goal.sign * at.value
            if not rule.strict:
                loss = min(loss, at.low if goal is Goal.MINIMIZE else -at.high)
            if loss > thresholds[band]:
                verdicts.append(Verdict(this.name, band, goal.sign * loss, goal.sign * thresholds[band]))
                break
    return verdicts
