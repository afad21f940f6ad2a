"""What several processes say of one run, put together: each knows only its own part of config and summary."""

import json
from collections.abc import Mapping
from typing import Any, TypeGuard

from runstone.domain.history import Stream, read_object
from runstone.domain.metric import merged_metrics
from runstone.domain.run import defined_metrics, own_part

COPY = "copy"  # instead of a name: `wandb sync` does not say which process it speaks for
LABEL = "/l:"  # stands between a measurement of the system and the label of who measured it
LONGEST_NAME = 128  # characters of the name that a client invents for itself


def merged(present: Mapping[str, Any], before: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """What is known after a process has spoken: `present` with what changed from `before`, what it said
    last, to `said`. What it only repeats takes nothing away that others have said since. Dicts are put
    together key by key, values of media (`_type`) are whole.
    """
    found = dict(present)
    for key, new in said.items():
        if key in before and before[key] == new:
            continue
        old = found.get(key)
        found[key] = merged(old, _inside(before.get(key)), new) if _open(old) and _open(new) else new
    for key, value in before.items():
        if key not in said and found.get(key) == value:
            del found[key]
    return found


def _open(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict) and "_type" not in value


def _inside(value: Any) -> dict[str, Any]:
    return value if _open(value) else {}


def merged_config(
    present: Mapping[str, Any], before: Mapping[str, Any], said: Mapping[str, Any]
) -> dict[str, Any]:
    """Configs as clients send them, put together like any values, and what define_metric said by names."""
    found = merged(present, before, said)
    new = defined_metrics(said)
    if new and (own := own_part(found)):
        metrics = merged_metrics(defined_metrics(present), new)
        found["_wandb"] = {**found["_wandb"], "value": {**own, "m": metrics}}
    return found


def label_in(stream: Stream, line: str) -> str | None:
    """What people call the process that has sent a line, where the line tells."""
    found = read_object(line) or {}
    if stream is Stream.CONSOLE:
        label = found.get("label")
        return label if isinstance(label, str) else None
    return next((key.split(LABEL, 1)[1] for key in found if LABEL in key), None)


def moment_of(row: Mapping[str, Any] | None) -> tuple[float, float] | None:
    """When a row was logged, by the clock and since its process began: two rows of a run don't have both in
    common. None for a row that does not tell."""
    known = row or {}
    at, since = known.get("_timestamp"), known.get("_runtime", 0.0)
    if not isinstance(at, int | float) or not isinstance(since, int | float):
        return None
    return float(at), float(since)


def with_step(line: str, step: int) -> str:
    """A row of a process that leaves counting to the server, with its `_step`; what is no object stays."""
    found = read_object(line)
    if found is None:
        return line
    if "_step" in found:
        return json.dumps({**found, "_step": step})
    return f'{{"_step":{step}{"," if found else ""}{line.lstrip()[1:]}'
