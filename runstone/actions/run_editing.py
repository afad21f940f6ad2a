"""What people change of runs in a table: labels, notes, tags, groups, many at once."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from runstone.actions.access import find_project
from runstone.actions.run import RunChange, delete_run, stop_run, upsert_run
from runstone.domain.errors import Invalid, NotFound
from runstone.domain.ids import ProjectId, RunId
from runstone.domain.run import ALIVE, RunState
from runstone.domain.viewer import Access, Viewer
from runstone.store.opening import Store

MOST_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Named:
    """A run by our id, with what a change of it needs to know."""

    id: RunId
    name: str
    state: RunState
    tags: tuple[str, ...]


def named_runs(store: Store, viewer: Viewer, entity: str, project: str, names: Sequence[str]) -> list[Named]:
    """Runs of a project that the viewer may change. Raises `NotFound` that names every absent one."""
    if len(names) > MOST_AT_ONCE:
        raise Invalid(f"{len(names)} runs at once: expected at most {MOST_AT_ONCE}. Take them in parts.")
    with store.reading() as reads:
        home = find_project(reads, viewer, entity, project, Access.WRITE)
        found = reads.runs_named(viewer, ProjectId(home.id), names)
    missing = [one for one in dict.fromkeys(names) if one not in found]
    if missing:
        shown = ", ".join(missing[:10]) + (" ..." if len(missing) > 10 else "")
        raise NotFound(f"{len(missing)} of these runs were not found in {entity}/{project}: {shown}.")
    return [
        Named(RunId(row.id), row.name, RunState(row.state), tuple(json.loads(row.tags)))
        for row in (found[one] for one in dict.fromkeys(names))
    ]


def tag_runs(
    store: Store,
    viewer: Viewer,
    runs: Sequence[Named],
    add: Sequence[str],
    remove: Sequence[str],
    now: datetime,
) -> int:
    """Put tags on runs and take others off; how many runs changed."""
    changed = 0
    for one in runs:
        tags = tuple(dict.fromkeys([tag for tag in one.tags if tag not in set(remove)] + list(add)))
        if tags != one.tags:
            upsert_run(store, viewer, RunChange(run_id=one.id, tags=tags), now)
            changed += 1
    return changed


def group_runs(store: Store, viewer: Viewer, runs: Sequence[Named], group: str, now: datetime) -> int:
    """Give runs a group; how many."""
    for one in runs:
        upsert_run(store, viewer, RunChange(run_id=one.id, group_name=group), now)
    return len(runs)


def delete_runs(store: Store, viewer: Viewer, runs: Sequence[Named], now: datetime) -> list[RunId]:
    """Delete runs, each to be undone by its id within the grace."""
    for one in runs:
        delete_run(store, viewer, one.id, now)
    return [one.id for one in runs]


def stop_runs(store: Store, viewer: Viewer, runs: Sequence[Named], now: datetime) -> int:
    """Ask those that live to stop; how many."""
    alive = [one for one in runs if one.state in ALIVE]
    for one in alive:
        stop_run(store, viewer, one.id, now)
    return len(alive)
