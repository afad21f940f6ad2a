"""Trials as the model sees them: points with a loss, and points still open."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from runstone.domain.sweep import Metric
from runstone.sweeps.encoding import Encoding, Floats, distances
from runstone.sweeps.trial import Trial, TrialState

MOST = 200
MOST_PENDING = 64
_HALF = MOST // 2
_NEIGHBOURS = 3
_BESIDE = 0.1


@dataclass(frozen=True)
class Observed:
    """Data of a fit.

    x, loss: points and their losses (lower is better), imputed ones included. missing: axes
    per point without a readable value. trials: the trial of each point. pending: points
    without a loss. finite: number of trials with a value of their own. total: all trials.
    imputed: trials that ended without a value and count as the configuration says. unlucky:
    such trials among good neighbours, which count as never made.
    """

    x: Floats
    loss: Floats
    missing: Floats
    trials: tuple[Trial, ...]
    pending: Floats
    finite: int
    total: int
    imputed: int
    unlucky: int


def loss_of(trial: Trial, metric: Metric) -> float | None:
    """The trial's value as a loss, None without a finite value."""
    if trial.value is None or not math.isfinite(trial.value):
        return None
    return metric.goal.sign * float(trial.value)


def ordered(trials: Sequence[Trial]) -> list[Trial]:
    """Trials in an order that does not depend on the order given: prior runs last, by name."""
    return sorted(trials, key=lambda t: (t.prior, t.name if t.prior else "", t.seq, t.name, repr(t.params)))


def observe(encoding: Encoding, trials: Sequence[Trial], metric: Metric, seed: int) -> Observed:
    """Read trials into arrays; at most `MOST` of them, the best and an even choice of the others."""
    known = [t for t in trials if t.params is not None]
    done: list[tuple[float, Trial]] = []
    lacking: list[Trial] = []
    pending: list[Trial] = []
    for trial in known:
        loss = loss_of(trial, metric)
        if trial.state is TrialState.RUNNING:
            running = _running_loss(loss, metric)
            if running is None:
                pending.append(trial)
            else:
                done.append((running, trial))
        elif loss is None:
            lacking.append(trial)
        else:
            done.append((loss, trial))
    finite = len(done)
    failed = len(lacking)
    if done and lacking:
        if metric.impute == "worst":
            lacking = _to_blame(encoding, [t for _, t in done], lacking)
        value = _imputed([d for d in done if not math.isnan(d[0])], metric.impute)
        done += [(value, t) for t in lacking]
    if done and any(math.isnan(d[0]) for d in done):
        rest = [d for d in done if not math.isnan(d[0])]
        finite = len(rest)
        if rest and metric.impute_while_running != "false":
            value = _imputed(rest, metric.impute_while_running)
            done = [(value, t) if math.isnan(v) else (v, t) for v, t in done]
        else:
            pending += [t for v, t in done if math.isnan(v)]
            done = rest
    chosen = _chosen(done, seed)
    rows = [encoding.row(t.params or {}) for _, t in chosen]
    waiting = sorted(pending, key=lambda t: (t.seq, t.name))[-MOST_PENDING:]
    return Observed(
        x=np.array([r for r, _ in rows]).reshape(len(rows), encoding.size),
        loss=np.array([v for v, _ in chosen]),
        missing=np.array([m for _, m in rows], dtype=float),
        trials=tuple(t for _, t in chosen),
        pending=np.array([encoding.row(t.params or {})[0] for t in waiting]).reshape(-1, encoding.size),
        finite=finite,
        total=len(trials),
        imputed=len(lacking) if done else 0,
        unlucky=failed - len(lacking) if done else 0,
    )


def _running_loss(loss: float | None, metric: Metric) -> float | None:
    """Loss of a run that goes on: its own, NaN for one to fill in from the others, None if predicted."""
    if metric.impute_while_running == "false":
        return None
    if metric.impute_while_running == "latest":
        return loss
    return math.nan


def _to_blame(encoding: Encoding, good: list[Trial], bad: list[Trial]) -> list[Trial]:
    """Trials without a value whose point seems to be the cause: their neighbours failed too.

    All of the nearest, or most of them while no run right beside went well. A crash among runs
    that went well says nothing about the point; to take it for the worst loss would drive the
    search away from the best places, where most runs are made. So many are made there that
    even two of three neighbours crash by chance now and then.
    """
    if len(good) + len(bad) <= _NEIGHBOURS:
        return bad
    recent = sorted(bad, key=lambda t: (t.prior, t.seq, t.name))[-MOST:]
    near = sorted(good, key=lambda t: (t.prior, t.seq, t.name))[-2 * MOST :]
    rows = np.array([encoding.row(t.params or {})[0] for t in [*recent, *near]])
    failed = np.arange(len(rows)) < len(recent)
    kept = []
    for i, trial in enumerate(recent):
        apart = distances(rows, rows[i], encoding.is_category)
        apart[i] = math.inf
        nearest = np.argsort(apart, kind="stable")[:_NEIGHBOURS]
        fine = apart[nearest][~failed[nearest]]
        if not len(fine) or (2 * len(fine) < _NEIGHBOURS and fine.min() > _BESIDE):
            kept.append(trial)
    return kept


def _imputed(done: list[tuple[float, Trial]], how: str) -> float:
    losses = [v for v, _ in done]
    if how == "best":
        return min(losses)
    if how == "latest":
        own = [d for d in done if not d[1].prior] or done
        return max(own, key=lambda d: (d[1].seq, d[1].name))[0]
    return max(losses)


def _chosen(done: list[tuple[float, Trial]], seed: int) -> list[tuple[float, Trial]]:
    """All, or the best half of `MOST` and as many others picked by a hash of their number."""
    if len(done) > MOST:
        ranked = sorted(done, key=lambda d: (d[0], d[1].prior, d[1].seq, d[1].name))
        others = sorted(ranked[_HALF:], key=lambda d: (_scatter(d[1].seq, seed), d[1].name))
        done = ranked[:_HALF] + others[: MOST - _HALF]
    return sorted(done, key=lambda d: (d[1].prior, d[1].seq, d[1].name, d[0]))


def _scatter(number: int, seed: int) -> int:
    """A well mixed 32-bit number (the finaliser of MurmurHash3)."""
    h = (number * 0x9E3779B1 + seed) & 0xFFFFFFFF
    h ^= h >> 16
    h = (h * 0x85EBCA6B) & 0xFFFFFFFF
    h ^= h >> 13
    h = (h * 0xC2B2AE35) & 0xFFFFFFFF
    return h ^ (h >> 16)
