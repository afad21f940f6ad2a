"""From logged rows to the one number a search needs, folded row by row as they arrive.

The state is small (a few numbers per candidate key), serialises to JSON and never needs
old rows again, so it is kept up to date at ingest and a suggestion reads no history.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from runstone.domain.distribution import is_number
from runstone.domain.sweep import Goal, Hyperband, Metric

PREFIXES = ("epoch/", "batch/", "train/", "eval/")
"""What callbacks put before a metric's name, and people leave out of a sweep's configuration."""


def candidates(metric_name: str) -> tuple[str, ...]:
    """Keys that may hold the metric: its own name first, then the same behind another prefix."""
    base = metric_name
    for prefix in PREFIXES:
        if metric_name.startswith(prefix):
            base = metric_name.removeprefix(prefix)
    names = [metric_name, base, *(prefix + base for prefix in PREFIXES)]
    return tuple(dict.fromkeys(name for name in names if name))


@dataclass
class BandValue:
    """A key at one band: the value logged there and the extremes up to there."""

    value: float
    low: float
    high: float


@dataclass
class KeyProgress:
    """What one key has logged: count of finite values, extremes, the last one, bands."""

    count: int = 0
    low: float = math.inf
    high: float = -math.inf
    last: float = math.nan
    bands: dict[int, BandValue] = field(default_factory=dict)

    def best(self, goal: Goal) -> float | None:
        """Best finite number so far, None if there was none."""
        if self.low > self.high:
            return None
        return self.low if goal is Goal.MINIMIZE else self.high


@dataclass
class Progress:
    """What a run has logged of the sweep's metric and of the keys that may stand for it."""

    rows: int = 0
    keys: dict[str, KeyProgress] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """JSON form; `from_json` gives the same state back."""
        return {
            "rows": self.rows,
            "keys": {
                name: {
                    "count": k.count,
                    "range": [k.low, k.high] if k.low <= k.high else None,
                    "last": k.last if k.count else None,
                    "bands": {str(b): [v.value, v.low, v.high] for b, v in sorted(k.bands.items())},
                }
                for name, k in sorted(self.keys.items())
            },
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> "Progress":
        """The state that `to_json` wrote; None or {} is a fresh one."""
        progress = cls()
        if not data:
            return progress
        progress.rows = int(data["rows"])
        for name, k in data["keys"].items():
            low, high = k["range"] or (math.inf, -math.inf)
            progress.keys[name] = KeyProgress(
                count=int(k["count"]),
                low=low,
                high=high,
                last=math.nan if k["last"] is None else k["last"],
                bands={int(b): BandValue(*v) for b, v in k["bands"].items()},
            )
        return progress


def fold_row(
    progress: Progress, row: Mapping[str, Any], metric: Metric, rule: Hyperband | None = None
) -> None:
    """Take one history row into `progress`; constant work, nothing raises for odd data."""
    progress.rows += 1
    for name in candidates(metric.name):
        value = number_at(row, name)
        if value is None:
            continue
        key = progress.keys.setdefault(name, KeyProgress())
        key.count += 1
        key.low, key.high, key.last = min(key.low, value), max(key.high, value), value
        if rule is not None and rule.is_band(key.count):
            key.bands[key.count] = BandValue(value, key.low, key.high)


def fold_summary(progress: Progress, summary: Mapping[str, Any], metric: Metric) -> None:
    """Take a run's summary into `progress`: it may improve the best, it is no iteration."""
    for name in candidates(metric.name):
        value = number_at(summary, name, metric.goal)
        if value is not None:
            key = progress.keys.setdefault(name, KeyProgress())
            key.low, key.high = min(key.low, value), max(key.high, value)


def number_at(row: Mapping[str, Any], name: str, goal: Goal | None = None) -> float | None:
    """The finite number under `name`, also when dots in it lead into nested objects.

    With `goal` (summaries), an object like `{"min": 0.1}` gives its entry for that goal.
    """
    found: Any = row.get(name)
    if found is None and "." in name:
        found = row
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    if goal is not None and isinstance(found, Mapping):
        ends = ("best", "min", "last") if goal is Goal.MINIMIZE else ("best", "max", "last")
        found = next((found[e] for e in ends if is_number(found.get(e))), None)
    return float(found) if found is not None and is_number(found) else None


def value_of(progress: Progress, metric_name: str, goal: Goal) -> float | None:
    """Value of a run: the best finite number of the metric, None without one."""
    key = progress.keys.get(metric_name)
    return None if key is None else key.best(goal)


@dataclass(frozen=True)
class MetricChoice:
    """The key that is optimised, and a warning if it is not the configured one."""

    name: str
    warning: str | None = None


def choose_metric(metric: Metric, runs: Iterable[Progress]) -> MetricChoice:
    """The configured metric, or the key that evidently stands for it.

    The rescue happens only when runs have logged rows, none of them has the configured name,
    and exactly one other candidate occurs.
    """
    seen: set[str] = set()
    logged = False
    for progress in runs:
        logged = logged or progress.rows > 0
        seen.update(name for name, k in progress.keys.items() if k.low <= k.high)
    if not logged or metric.name in seen:
        return MetricChoice(metric.name)
    others = [name for name in candidates(metric.name) if name in seen]
    if len(others) == 1:
        return MetricChoice(others[0], f"`{metric.name}` is never logged, optimising `{others[0]}`")
    if others:
        listed = ", ".join(f"`{name}`" for name in others)
        return MetricChoice(
            metric.name,
            f"`{metric.name}` is never logged; {listed} could stand for it. Name one of them in `metric`.",
        )
    return MetricChoice(
        metric.name,
        f"`{metric.name}` is never logged so far; until it is, points are chosen without a model. "
        "Log it, or name another key in `metric`.",
    )
