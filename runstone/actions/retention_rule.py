"""Rules by which a project lets old versions and media go: kept, shown before they act, and carried out."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any

from sqlalchemy import Row

from runstone.actions.access import find_project_by_id
from runstone.actions.artifact import remove_version
from runstone.actions.run import json_object
from runstone.domain.artifact import LATEST, EdgeKind
from runstone.domain.ids import ProjectId, RunId
from runstone.domain.retention import Candidate, Logger, Rule, going, losing_media, parse_rule
from runstone.domain.run import ENDED, RunState
from runstone.domain.viewer import COMMAND_LINE, Access, Viewer
from runstone.store.opening import Store
from runstone.store.reads import Reads
from runstone.store.writes import Transaction

SETTING = "retention"


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


def planned(reads: Reads, viewer: Viewer, project_id: int, rule: Rule, now: datetime) -> list[Planned]:
    """What a rule would let go now, collection by collection. Changes nothing: the dry run."""
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


def planned_media(
    reads: Reads, viewer: Viewer, project_id: int, rule: Rule, now: datetime
) -> list[PlannedMedia]:
    """The runs whose media a rule would let go now, with what goes of each. Changes nothing."""
    before = _media_before(rule, now)
    if before is None:
        return []
    old = {
        run_id: list(rows)
        for run_id, rows in groupby(reads.old_media(viewer, project_id, before), lambda row: int(row.run_id))
    }
    runs = reads.runs_by_id(viewer, [RunId(one) for one in old])
    loggers = [
        Logger(
            one,
            held=bool(json.loads(row.tags)) or RunState(row.state) not in ENDED,
            value=_value(row, rule.metric) if rule.keep_best else None,
        )
        for one, row in runs.items()
    ]
    return [
        PlannedMedia(one, runs[RunId(one)].name, len(old[one]), sum(row.size_bytes for row in old[one]))
        for one in losing_media(rule, loggers)
    ]


def freed_by_rule(
    reads: Reads,
    viewer: Viewer,
    versions: Sequence[Planned],
    media: Sequence[PlannedMedia],
    rule: Rule,
    now: datetime,
) -> tuple[int, int]:
    """What a rule's versions and media together would free, and what would stay, needed elsewhere."""
    freed = reads.freed_by(
        viewer,
        versions=[one.id for one in versions],
        media_of=[one.run_id for one in media],
        media_before=_media_before(rule, now),
    )
    return freed.frees_bytes, freed.stays_bytes


def apply_rules(store: Store, now: datetime, go_on: Callable[[], bool] = lambda: True) -> int:
    """Delete what the rules of all projects let go; how many versions, and runs that lose media. Like
    deletions by hand those of versions can be undone within the grace. For the clock's door."""
    with store.reading() as reads:
        ruled = [
            (row.id, rule)
            for row in reads.visible_projects(COMMAND_LINE)
            if (rule := rule_of(row)) is not None
        ]
    gone = 0
    for project_id, rule in ruled:
        with store.reading() as reads:
            due = planned(reads, COMMAND_LINE, project_id, rule, now)
            media = planned_media(reads, COMMAND_LINE, project_id, rule, now)
        steps = [partial(_delete, one=one, now=now) for one in due]
        steps += [partial(_delete_media, project_id=project_id, rule=rule, one=one, now=now) for one in media]
        for step in steps:
            if not go_on():
                return gone
            gone += store.write(step)
    return gone


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


def _held(reads: Reads, viewer: Viewer, collection_id: int, ids: list[int]) -> set[int]:
    """Versions with an alias of their own or a link elsewhere."""
    places = reads.memberships_of_versions(viewer, ids)
    own = [place.id for every in places.values() for place in every]
    aliases = reads.aliases_of_memberships(viewer, own)
    held = set()
    for version_id, every in places.items():
        named = any(one.name != LATEST for place in every for one in aliases.get(place.id, []))
        if named or any(place.collection_id != collection_id for place in every):
            held.add(version_id)
    return held


def _values(reads: Reads, viewer: Viewer, ids: list[int], metric: str) -> dict[int, float]:
    """The metric of the run that made each version, where it is a number."""
    if not ids:
        return {}
    made = {
        one.version_id: one.run_id
        for one in reads.edges_of(viewer, versions=ids)
        if one.kind == EdgeKind.MADE.value
    }
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
