"""What a run is: its states, how it got there, and the scalars that a table sorts by."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from runstone.domain.naming import storable

LONGEST_SORTED_TEXT = 256
DEEPEST_VALUE = 16
MOST_VALUES = 20_000


class RunState(StrEnum):
    """State of a run. `crashed` is the only one that this server decides by itself."""

    PENDING = "pending"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CRASHED = "crashed"
    KILLED = "killed"
    PREEMPTING = "preempting"
    PREEMPTED = "preempted"


ENDED = frozenset({RunState.FINISHED, RunState.FAILED, RunState.CRASHED, RunState.KILLED, RunState.PREEMPTED})
ALIVE = frozenset({RunState.RUNNING, RunState.PREEMPTING})

SHARED = "shared"  # the writer of a run that several processes write side by side

HEARTBEAT_LOST = "heartbeat lost"
PROCESS_GONE = "its process is gone, as its agent says"
STOPPED = "stopped on request"
PREEMPTED_CAUSE = "pre-empted by its host"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended: its state, and the cause as a person reads it (None for success)."""

    state: RunState
    cause: str | None


def ending_of(exit_code: int, *, stopped_by: str | None = None, preempting: bool = False) -> Ending:
    """The ending that an exit code stands for.

    255 is what clients send for an interrupt, 128 + n for signal n. A run that somebody
    was asked to stop and that then ended with an error was killed, not failed.
    """
    if exit_code == 0:
        return Ending(RunState.FINISHED, None)
    if preempting:
        return Ending(RunState.PREEMPTED, PREEMPTED_CAUSE)
    if stopped_by is not None:
        return Ending(RunState.KILLED, stopped_by)
    if exit_code == 255:
        return Ending(RunState.KILLED, "interrupted")
    if 128 < exit_code < 160:
        return Ending(RunState.KILLED, f"signal {exit_code - 128}")
    return Ending(RunState.FAILED, f"exit code {exit_code}")


@dataclass(frozen=True, slots=True)
class Branch:
    """Where a run goes on from: a run of its project by name, perhaps itself, after a step of its history."""

    run_name: str
    step: int


@dataclass(frozen=True, slots=True)
class Value:
    """One scalar of a run by its path (`config.lr`, `summary.val/acc`): a number or a text."""

    path: str
    num: float | None
    text: str | None


def values_of(config: Mapping[str, Any], summary: Mapping[str, Any]) -> list[Value]:
    """All scalars that runs are filtered and sorted by. Nested dicts join their keys with dots.

    Booleans count as 0 and 1 and keep their word; NaN and infinities keep their word only.
    The client's own keys (`_wandb`) are left out.
    """
    found = {value.path: value for value in _walk("config", config, 0)}
    found.update((value.path, value) for value in _walk("summary", summary, 0))
    return list(found.values())[:MOST_VALUES]


def _walk(path: str, value: Any, depth: int) -> Iterator[Value]:
    if isinstance(value, Mapping):
        if depth > DEEPEST_VALUE:
            return
        for key, inner in value.items():
            if not (depth == 0 and key == "_wandb"):
                yield from _walk(f"{path}.{storable(key)}", inner, depth + 1)
    elif isinstance(value, bool):
        yield Value(path, float(value), "true" if value else "false")
    elif isinstance(value, int | float):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            yield Value(path, number, None)
        else:
            yield Value(
                path, None, "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
            )
    elif isinstance(value, str):
        yield Value(path, None, storable(value[:LONGEST_SORTED_TEXT]))


def tags_text(tags: Iterable[str]) -> str:
    """Tags as they are stored: the one spelling that conditions search for."""
    return json.dumps(list(dict.fromkeys(tags)), ensure_ascii=False)


def plain_config(wire_config: Mapping[str, Any]) -> dict[str, Any]:
    """Config as the user wrote it: each entry's `value`, without the client's own keys."""
    return {
        key: entry["value"] if isinstance(entry, dict) and "value" in entry else entry
        for key, entry in wire_config.items()
        if key not in ("_wandb", "wandb_version")
    }


def own_part(wire_config: Mapping[str, Any]) -> dict[str, Any]:
    """The client's own part of a config, empty when there is none."""
    own = wire_config.get("_wandb")
    inner = own.get("value") if isinstance(own, dict) else None
    return inner if isinstance(inner, dict) else {}


def defined_metrics(wire_config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What define_metric said in a run, as the client sent it."""
    metrics = own_part(wire_config).get("m")
    return [one for one in metrics if isinstance(one, dict)] if isinstance(metrics, list) else []


_ADJECTIVES = (
    "amber brisk calm clear deep eager fair fine firm glad gold grand green keen kind light lively "
    "lucid merry mild neat new noble pale prime proud quick quiet rare ready rich ripe sharp silver "
    "smooth soft solid still stout strong sunny sure swift tidy true vivid warm wide wild wise "
)
_NOUNS = (
    "agate aspen basin beach birch bluff brook canyon cedar cliff cloud comet coral cove crag creek "
    "delta dune ember fern field fjord flint forest garnet glade grove harbor heath hill inlet "
    "island ivy jade lagoon lake larch ledge marsh meadow mesa moon moss oak opal peak pebble pine "
    "pond quartz reef ridge river rock shore slate spring star stone stream summit tide vale willow "
)


def friendly_name(ordinal: int, seed: int) -> str:
    """A label for a run that was given none: two words and its number in the project."""
    adjectives, nouns = _ADJECTIVES.split(), _NOUNS.split()
    index = seed % (len(adjectives) * len(nouns))
    return f"{adjectives[index % len(adjectives)]}-{nouns[index // len(adjectives)]}-{ordinal}"
