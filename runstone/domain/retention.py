"""Which versions of a collection may go: a rule over what is known of each."""

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
    `older_than_days`. `types` names the artifact types it is for, all when empty, logged tables included;
    media are files of their run and go with it. A version with an alias of its own, or linked somewhere,
    is always kept.
    """

    keep_last: int = 1
    keep_best: int = 0
    metric: str = ""
    maximize: bool = False
    older_than_days: float = 0
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A committed version as the rule sees it; `value` is its run's last value of the rule's metric."""

    id: int
    number: int
    created_at: datetime
    held: bool  # it has an alias other than `latest`, or is linked somewhere
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
    )
    for name, value in (("keep_last", rule.keep_last), ("keep_best", rule.keep_best)):
        if not 0 <= value <= MOST_KEPT:
            problems.append(f"{name} {value}: expected a whole number from 0 to {MOST_KEPT}")
    if not 0 <= rule.older_than_days < math.inf:
        problems.append(f"older_than_days {rule.older_than_days}: expected a number from 0 on")
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
    if rule.keep_best:
        scored = [one for one in ordered if one.value is not None and math.isfinite(one.value)]
        sign = -1.0 if rule.maximize else 1.0
        scored.sort(key=lambda one: (sign * (one.value or 0.0), one.number))
        kept.update(one.id for one in scored[: rule.keep_best])
    young = now - timedelta(days=rule.older_than_days)
    return [one.id for one in ordered if one.id not in kept and one.created_at <= young]
