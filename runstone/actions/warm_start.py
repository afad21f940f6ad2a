"""Runs that a sweep builds on: named ones, those of other sweeps, those that meet a filter.

They are chosen once, when the sweep is made or extended, and kept by their ids: what the search
knows changes only with the sweep's own runs.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from runstone.actions.access import find_project, require
from runstone.domain.errors import Invalid, NotFound
from runstone.domain.filter import parse_filter
from runstone.domain.ids import ProjectId, RunId, SweepId
from runstone.domain.naming import similar
from runstone.domain.sweep import WarmStart
from runstone.domain.viewer import Access, Viewer
from runstone.store.writes import Transaction


def attach_prior_runs(
    tx: Transaction, viewer: Viewer, project: Row[Any], sweep_id: SweepId, text: str | None, now: datetime
) -> None:
    """Attach what a client's `priorRunsFilters` asks for: named runs, or those that meet a filter.

    Raises `NotFound` for a named run that is not there, `Invalid` for a text that is no filter.
    """
    document = _document(text)
    if not document:
        return
    require(tx, viewer, project, Access.WRITE)
    names = _names(document)
    if names is None:
        condition = parse_filter(document)
        found: Iterable[Row[Any]] = tx.runs(viewer, ProjectId(project.id), condition, limit=WarmStart.MOST)
    else:
        by_name = tx.runs_named(viewer, ProjectId(project.id), names)
        missing = [name for name in names if name not in by_name]
        if missing:
            raise NotFound(
                f"prior runs {', '.join(missing)} were not found in {project.entity_name}/{project.name}. "
                "Give ids of runs of the sweep's own project."
            )
        found = by_name.values()
    for row in found:
        tx.add_prior_run(sweep_id, row.id)
        if row.sweep_id is None:  # so that it is listed among the sweep's runs
            tx.update_run(RunId(row.id), now, sweep_id=sweep_id)


def attach_warm_start(
    tx: Transaction, viewer: Viewer, project: Row[Any], sweep_id: SweepId, wanted: WarmStart
) -> None:
    """Attach the runs that a configuration's `warm_start` names. Raises `NotFound` for an unknown sweep."""
    found: dict[int, Row[Any]] = {}
    for address in wanted.sweeps:
        home, name = _home(tx, viewer, project, address)
        row = tx.sweep_named(viewer, home.id, name)
        if row is None:
            raise NotFound(
                f"warm_start.sweeps: sweep {address!r} was not found."
                f"{similar(name, tx.sweep_names(viewer, home.id))} "
                "Give an id, PROJECT/ID or ENTITY/PROJECT/ID."
            )
        if row.id == sweep_id:
            continue
        trials = [slot.run_id for slot in tx.slots(viewer, row.id) if slot.run_id is not None]
        found.update(tx.runs_by_id(viewer, trials))
        found.update((one.id, one) for one in tx.prior_runs(viewer, row.id))
    if wanted.filter is not None:
        condition = parse_filter(wanted.filter)
        rows = tx.runs(viewer, ProjectId(project.id), condition, order="-created_at", limit=wanted.limit)
        found.update((one.id, one) for one in rows if one.sweep_id != sweep_id)
    for row in sorted(found.values(), key=lambda one: one.id, reverse=True)[: wanted.limit]:
        tx.add_prior_run(sweep_id, row.id)


def _home(tx: Transaction, viewer: Viewer, project: Row[Any], address: str) -> tuple[Row[Any], str]:
    """The project of a sweep's address, and its short id."""
    *before, name = address.split("/")
    if not before:
        return project, name
    entity = before[0] if len(before) > 1 else project.entity_name
    return find_project(tx, viewer, entity, before[-1], Access.READ), name


def _document(text: str | None) -> Any:
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError as error:
        raise Invalid(f"priorRunsFilters: expected JSON ({error}).") from None


def _names(document: Any) -> list[str] | None:
    """Run names of a filter `{"$or": [{"name": ...}]}`, None for any other."""
    options = document.get("$or") if isinstance(document, dict) and len(document) == 1 else None
    if not isinstance(options, list) or not options:
        return None
    names = [one["name"] for one in options if isinstance(one, dict) and set(one) == {"name"}]
    return names if len(names) == len(options) and all(isinstance(one, str) for one in names) else None
