"""What define_metric says: which x axis a metric has, in the encoding that clients keep in the config."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

# Numbers of fields in the client's message.
NAME, GLOB, STEP_NAME, STEP_INDEX = "1", "2", "4", "5"


def step_key_of(key: str, metrics: Sequence[Mapping[str, Any]]) -> str | None:
    """The step metric of a key; an exact definition wins over a glob, a later one over an earlier."""
    found: str | None = None
    for metric in metrics:
        if _unescaped(metric.get(NAME)) == key:
            step = _step(metric, metrics)
            if step is not None:
                return step
        glob = metric.get(GLOB)
        if isinstance(glob, str) and fnmatchcase(key, _unescaped(glob) or ""):
            found = _step(metric, metrics) or found
    return None if found == key else found


def merged_metrics(
    known: Sequence[Mapping[str, Any]], said: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Definitions of several processes as one list: a later one of the same name or glob wins. Each list
    names step metrics by their place in it, so places are given anew."""
    found: dict[Any, dict[str, Any]] = {}
    steps: dict[Any, Any] = {}
    for metrics in (known, said):
        for metric in metrics:
            own = _own_name(metric)
            found[own] = {field: value for field, value in metric.items() if field != STEP_INDEX}
            index = metric.get(STEP_INDEX)
            steps[own] = None
            if isinstance(index, int) and 1 <= index <= len(metrics):
                steps[own] = _own_name(metrics[index - 1])
    places = {own: place for place, own in enumerate(found, 1)}
    for own, step in steps.items():
        if step is not None:
            found[own][STEP_INDEX] = places[step]
    return list(found.values())


def _own_name(metric: Mapping[str, Any]) -> tuple[Any, Any]:
    return metric.get(NAME), metric.get(GLOB)


def _step(metric: Mapping[str, Any], metrics: Sequence[Mapping[str, Any]]) -> str | None:
    name = metric.get(STEP_NAME)
    if isinstance(name, str) and name:
        return _unescaped(name)
    index = metric.get(STEP_INDEX)
    if isinstance(index, int) and 1 <= index <= len(metrics):
        return _unescaped(metrics[index - 1].get(NAME))
    return None


def _unescaped(name: Any) -> str | None:
    return name.replace("\\.", ".") if isinstance(name, str) and name else None
