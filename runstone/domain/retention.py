"""Which versions of a collection, which runs and which of their media may go: a rule over what is known."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from runstone.domain.errors import Invalid

MOST_KEPT = 100_000


@dataclass(frozen=True, slots=True)
class Rule:
    """What is kept: the last `keep_last`, the best `keep_best` by `metric`, and what is younger than
    `older_than_days`. `types` names the artifact types it is for, all when empty, logged tables included.
    A version with an alias of its own, or linked somewhere, is always kept.

    Files that runs logged below `media/`, pictures and tables alike, go once they are older than
    `media_older_than_days`; None: they stay as long as their run. Those of a run that has a tag, still runs
    or is among the best `keep_best` are kept.

    Runs that ended more than `runs_older_than_days` ago go as a whole; None: none does. The same are kept,
    and those that made a version which is held.
    """

    keep_last: int = 1
    keep_best: int = 0
    metric: str = ""
    maximize: bool = False
    older_than_days: float = 0
    types: tuple[str, ...] = ()
    media_older_than_days: float | None = None
    runs_older_than_days: float | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A committed version as the rule sees it; `value` is its run's last value of the rule's metric."""

    id: int
    number: int
    created_at: datetime
    held: bool  # it has an alias other than `latest`, or is linked somewhere
    value: float | None = None


@dataclass(frozen=True, slots=True)
class OldRun:
    """A run that is old, or has old media, as the rule sees it; `value` is its last value of the rule's
    metric."""

    id: int
    held: bool  # it has a tag, still runs, or something that is kept relies on it
    value: float | None = None


def parse_rule(given: dict[str, Any]) -> Rule:
    """A rule from plain values. Raises `Invalid` with everything that is wrong."""
    problems = []
    rule = Rule(
        keep_last=given.get("keep_last", 1),
        keep_best=given.get("keep_best", 0),
        metric=given.get("metric", ""),
        maximize=given.get("maximize", False),
        older_than_days=given.get("older_than_days", 0),
        types=tuple(given.get("types", ())),
        media_older_than_days=given.get("media_older_than_days"),
        runs_older_than_days=given.get("runs_older_than_days"),
    )
    for name, value in (("keep_last", rule.keep_last), ("keep_best", rule.keep_best)):
        if not 0 <= value <= MOST_KEPT:
            problems.append(f"{name} {value}: expected a whole number from 0 to {MOST_KEPT}")
    if not 0 <= rule.older_than_days < math.inf:
        problems.append(f"older_than_days {rule.older_than_days}: expected a number from 0 on")
    for name, days in (
        ("media_older_than_days", rule.media_older_than_days),
        ("runs_older_than_days", rule.runs_older_than_days),
    ):
        if days is not None and not 0 <= days < math.inf:
            problems.append(f"{name} {days}: expected a number from 0 on, or none")
    if rule.keep_best and not rule.metric:
        problems.append("metric: expected the name of a metric, since keep_best is given")
    if problems:
        raise Invalid("retention rule: " + "; ".join(problems) + ".")
    return rule


def going(rule: Rule, versions: Sequence[Candidate], now: datetime) -> list[int]:
    """Ids of the versions of one collection that the rule lets go, oldest first."""
    ordered = sorted(versions, key=lambda one: one.number)
    kept = {one.id for one in ordered if one.held}
    kept.update(one.id for one in ordered[max(0, len(ordered) - rule.keep_last) :])
    kept.update(_best(rule, [(one.id, one.value) for one in ordered]))
    young = now - timedelta(days=rule.older_than_days)
    return [one.id for one in ordered if one.id not in kept and one.created_at <= young]


def going_runs(rule: Rule, runs: Sequence[OldRun]) -> list[int]:
    """Ids of those of these old runs, or runs with old media, that the rule lets go, oldest first."""
    ordered = sorted(runs, key=lambda one: one.id)
    kept = {one.id for one in ordered if one.held}
    kept.update(_best(rule, [(one.id, one.value) for one in ordered]))
    return [one.id for one in ordered if one.id not in kept]


def _best(rule: Rule, values: Sequence[tuple[int, float | None]]) -> list[int]:
    """The ids of the best by the rule's metric, of (id, value); of equal ones the first."""
    scored = [(value, one) for one, value in values if value is not None and math.isfinite(value)]
    scored.sort(key=lambda pair: -pair[0] if rule.maximize else pair[0])
    return [one for _, one in scored[: rule.keep_best]]
