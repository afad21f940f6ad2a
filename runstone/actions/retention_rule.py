"""Rules by which a project lets old versions, runs and media go: kept, shown before they act, carried out."""

import json
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any

from sqlalchemy import Row

from runstone.actions.access import find_project_by_id
from runstone.actions.artifact import remove_version
from runstone.domain.artifact import LATEST, EdgeKind
from runstone.domain.history import json_object
from runstone.domain.ids import ProjectId, RunId
from runstone.domain.retention import Candidate, OldRun, Rule, going, going_runs, parse_rule
from runstone.domain.run import ENDED, RunState
from runstone.domain.viewer import COMMAND_LINE, Access, Viewer
from runstone.store.opening import Store
from runstone.store.reads import Reads
from runstone.store.writes import Transaction

SETTING = "retention"
RUNS_AT_ONCE = 1000  # that go in one round; the next ones in the next


@dataclass(frozen=True, slots=True)
class Planned:
    """A version that a rule would let go."""

    id: int
    name: str
    type_name: str
    size_bytes: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PlannedMedia:
    """A run whose old media a rule would let go."""

    run_id: int
    name: str
    files: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """A run that a rule would let go as a whole."""

    run_id: int
    name: str
    display_name: str
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """What a rule would let go now; of its bytes `frees_bytes` go in the end, `stays_bytes` are needed
    elsewhere."""

    versions: list[Planned]
    media: list[PlannedMedia]
    runs: list[PlannedRun]
    frees_bytes: int
    stays_bytes: int


def rule_of(project_row: Row[Any]) -> Rule | None:
    """The rule of a project; None when nothing goes by itself."""
    given = json.loads(project_row.settings).get(SETTING)
    return None if given is None else parse_rule(given)


def set_rule(store: Store, viewer: Viewer, project_id: int, rule: Rule | None, now: datetime) -> None:
    """Give a project a rule, or take it away with None. For whoever manages the project."""
    given = None if rule is None else asdict(rule)
    if given is not None:
        parse_rule(given)

    def change(tx: Transaction) -> None:
        row = find_project_by_id(tx, viewer, project_id, Access.MANAGE)
        settings = json.loads(row.settings)
        settings.pop(SETTING, None)
        if given is not None:
            settings[SETTING] = given
        tx.update_project(ProjectId(row.id), now, settings=json.dumps(settings))
        tx.record(viewer, "set_retention", "project", row.id, now, project_id=row.id, rule=given)
        tx.changed("project", project_id=row.id, noun_id=row.id)

    store.write(change)


def plan(reads: Reads, viewer: Viewer, project_id: int, rule: Rule, now: datetime) -> Plan:
    """What a rule would let go now. Changes nothing: the dry run."""
    versions, media, runs = _going(reads, viewer, project_id, rule, now)
    freed = reads.freed_by(
        viewer,
        runs=[one.run_id for one in runs],
        versions=[one.id for one in versions],
        media_of=[one.run_id for one in media],
        media_before=_media_before(rule, now),
    )
    return Plan(versions, media, runs, freed.frees_bytes + freed.history_bytes, freed.stays_bytes)


def _going(
    reads: Reads, viewer: Viewer, project_id: int, rule: Rule, now: datetime
) -> tuple[list[Planned], list[PlannedMedia], list[PlannedRun]]:
    return (
        _versions(reads, viewer, project_id, rule, now),
        _media(reads, viewer, project_id, rule, now),
        _runs(reads, viewer, project_id, rule, now),
    )


def _versions(reads: Reads, viewer: Viewer, project_id: int, rule: Rule, now: datetime) -> list[Planned]:
    """Collection by collection."""
    found = []
    for line in reads.collections_of(viewer, project_id, kind="sequence"):
        if rule.types and line.type_name not in rule.types:
            continue
        places = reads.memberships(viewer, line.id)
        ids = [place.version_id for place in places]
        rows = reads.versions_by_id(viewer, ids)
        numbers = {place.version_id: place.number for place in places}
        values = _values(reads, viewer, ids, rule.metric) if rule.keep_best else {}
        held = _held(reads, viewer, line.id, ids)
        candidates = [
            Candidate(row.id, numbers[row.id], row.created_at, row.id in held, values.get(row.id))
            for row in rows.values()
        ]
        for one in going(rule, candidates, now):
            row = rows[one]
            name = f"{line.name}:v{numbers[one]}"
            found.append(Planned(one, name, line.type_name, row.size_bytes, row.created_at))
    return found


def _media(reads: Reads, viewer: Viewer, project_id: int, rule: Rule, now: datetime) -> list[PlannedMedia]:
    """The runs whose media would go, with what goes of each."""
    before = _media_before(rule, now)
    if before is None:
        return []
    old = {
        run_id: list(rows)
        for run_id, rows in groupby(reads.old_media(viewer, project_id, before), lambda row: int(row.run_id))
    }
    runs = reads.runs_by_id(viewer, [RunId(one) for one in old])
    return [
        PlannedMedia(one, runs[RunId(one)].name, len(old[one]), sum(row.size_bytes for row in old[one]))
        for one in going_runs(rule, _old_runs(rule, runs.values(), frozenset()))
    ]


def _runs(reads: Reads, viewer: Viewer, project_id: int, rule: Rule, now: datetime) -> list[PlannedRun]:
    """Oldest first, at most RUNS_AT_ONCE."""
    days = rule.runs_older_than_days
    if days is None:
        return []
    before = now - timedelta(days=days)
    # Those that are kept stand among them: as many more are looked at.
    rows = {
        int(row.id): row
        for row in reads.runs_ended_before(viewer, project_id, before, RUNS_AT_ONCE + rule.keep_best)
    }
    old = _old_runs(rule, rows.values(), _relied_on(reads, viewer, list(rows)))
    return [
        PlannedRun(one, rows[one].name, rows[one].display_name, rows[one].ended_at or rows[one].heartbeat_at)
        for one in going_runs(rule, old)[:RUNS_AT_ONCE]
    ]


def _old_runs(rule: Rule, rows: Iterable[Row[Any]], relied_on: Set[int]) -> list[OldRun]:
    return [
        OldRun(
            row.id,
            held=row.id in relied_on or bool(json.loads(row.tags)) or RunState(row.state) not in ENDED,
            value=_value(row, rule.metric) if rule.keep_best else None,
        )
        for row in rows
    ]


def _relied_on(reads: Reads, viewer: Viewer, runs: Sequence[int]) -> set[int]:
    """Those of the runs that made a version with an alias of its own or a link."""
    made = [
        (one.run_id, one.version_id)
        for one in reads.edges_of(viewer, runs=runs)
        if one.kind == EdgeKind.MADE.value
    ]
    held = _held(reads, viewer, None, sorted({version_id for _, version_id in made}))
    return {run_id for run_id, version_id in made if version_id in held}


def apply_rules(store: Store, now: datetime, go_on: Callable[[], bool] = lambda: True) -> int:
    """Delete what the rules of all projects let go; how many versions and runs, and runs that lose media.
    Like deletions by hand those of versions and runs can be undone within the grace. For the clock's door."""
    with store.reading() as reads:
        ruled = [
            (row.id, rule)
            for row in reads.visible_projects(COMMAND_LINE)
            if (rule := rule_of(row)) is not None
        ]
    gone = 0
    for project_id, rule in ruled:
        with store.reading() as reads:
            due, media, runs = _going(reads, COMMAND_LINE, project_id, rule, now)
        steps = [partial(_delete, one=one, now=now) for one in due]
        steps += [partial(_delete_run, one=one, now=now) for one in runs]
        steps += [partial(_delete_media, project_id=project_id, rule=rule, one=one, now=now) for one in media]
        for step in steps:
            if not go_on():
                return gone
            gone += store.write(step)
    return gone


def _delete_run(tx: Transaction, one: PlannedRun, now: datetime) -> bool:
    row = tx.run_by_id(COMMAND_LINE, RunId(one.run_id))
    if row is None or RunState(row.state) not in ENDED or json.loads(row.tags):
        return False  # it was tagged since it was planned, or goes on
    tx.update_run(RunId(row.id), now, deleted_at=now)
    tx.record(COMMAND_LINE, "retire_run", "run", row.id, now, project_id=row.project_id, name=row.name)
    tx.changed("run", project_id=row.project_id, noun_id=row.id)
    return True


def _delete_media(tx: Transaction, project_id: int, rule: Rule, one: PlannedMedia, now: datetime) -> bool:
    before = _media_before(rule, now)
    row = tx.run_by_id(COMMAND_LINE, RunId(one.run_id))
    if before is None or row is None or json.loads(row.tags):
        return False  # it was tagged since it was planned
    files = tx.old_media(COMMAND_LINE, project_id, before, one.run_id)
    for file in files:
        tx.delete_run_file(file.id)
    unneeded = {file.blob_id for file in files if not tx.run_has_blob(one.run_id, file.blob_id)}
    tx.disown_blobs("run_file", one.run_id, sorted(unneeded))
    tx.record(
        COMMAND_LINE,
        "retire_media",
        "run",
        one.run_id,
        now,
        project_id=project_id,
        name=one.name,
        files=len(files),
        size_bytes=sum(file.size_bytes for file in files),
    )
    tx.changed("run", project_id=project_id, noun_id=one.run_id)
    return bool(files)


def _media_before(rule: Rule, now: datetime) -> datetime | None:
    days = rule.media_older_than_days
    return None if days is None else now - timedelta(days=days)


def _delete(tx: Transaction, one: Planned, now: datetime) -> bool:
    row = tx.version(COMMAND_LINE, one.id)
    if row is None:
        return False
    places = tx.memberships_of_versions(COMMAND_LINE, [one.id]).get(one.id, [])
    if any(place.collection_id != row.collection_id for place in places):
        return False  # linked since it was planned
    remove_version(tx, row, places, now)
    tx.record(
        COMMAND_LINE, "retire_version", "version", one.id, now, project_id=row.project_id, name=one.name
    )
    return True


def _held(reads: Reads, viewer: Viewer, collection_id: int | None, ids: list[int]) -> set[int]:
    """Versions with an alias of their own or a link elsewhere: beyond their collection (None: than one)."""
    places = reads.memberships_of_versions(viewer, ids)
    aliases = reads.aliases_of_memberships(viewer, [place.id for every in places.values() for place in every])
    held = set()
    for version_id, every in places.items():
        named = any(one.name != LATEST for place in every for one in aliases.get(place.id, []))
        own = every[0].collection_id if every and collection_id is None else collection_id
        if named or any(place.collection_id != own for place in every):
            held.add(version_id)
    return held


def _values(reads: Reads, viewer: Viewer, ids: list[int], metric: str) -> dict[int, float]:
    """The metric of the run that made each version, where it is a number."""
    if not ids:
        return {}
    made = reads.makers(viewer, ids)
    runs = reads.runs_by_id(viewer, [RunId(one) for one in made.values()])
    found = {}
    for version_id, run_id in made.items():
        row = runs.get(run_id)
        value = None if row is None else _value(row, metric)
        if value is not None:
            found[version_id] = value
    return found


def _value(run_row: Row[Any], metric: str) -> float | None:
    """A run's last value of a metric, where it is a number."""
    value = json_object(run_row.summary, "summary").get(metric)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
