"""Links that open one report for whoever holds them, until they expire or are revoked."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from runstone.actions.access import find_project_by_id
from runstone.actions.sign_in import digest_of, new_token, viewer_of_user
from runstone.domain.errors import Invalid, NotFound
from runstone.domain.filter import All
from runstone.domain.history import TABLE_TYPES, json_object
from runstone.domain.ids import ProjectId, RunId, UserId, VersionId
from runstone.domain.reference import Reference, reference_of
from runstone.domain.report_shown import shown_by
from runstone.domain.run_order import parse_order
from runstone.domain.viewer import NOBODY, Access, Scope, Viewer
from runstone.store.opening import Store
from runstone.store.reads import Reads
from runstone.store.writes import Transaction

LONGEST_DAYS = 3650
MOST_RUNS = 500  # of one run set: as many as the page of a report draws
MOST_TABLE_RUNS = 200
MOST_REFERENCES = 1000  # of one version


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link opens: the report's row, and a viewer who reads what it shows and nothing else."""

    report: Row[Any]
    viewer: Viewer
    expires_at: datetime | None


def create_share_link(
    store: Store, viewer: Viewer, view_id: int, days: float | None, now: datetime
) -> tuple[int, str]:
    """Make a link to a report; its id, and the token, which is shown this once. None: until revoked.

    For those who may write in the project. The link opens no more than its maker may read.
    """
    if days is not None and not 0 < days <= LONGEST_DAYS:
        raise Invalid(
            f"days {days:g}: expected more than 0 and at most {LONGEST_DAYS}; leave it out for ever."
        )
    token = new_token()

    def change(tx: Transaction) -> int:
        row = _report(tx, viewer, view_id)
        find_project_by_id(tx, viewer, row.project_id, Access.WRITE)
        made = tx.insert_share_link(
            view_id,
            now,
            digest=digest_of(tx.secret, token),
            created_by=viewer.user_id,
            expires_at=None if days is None else now + timedelta(days=days),
        )
        told = {"name": row.display_name or row.name, "link": made, "days": days}
        tx.record(viewer, "share_view", "view", view_id, now, project_id=row.project_id, **told)
        return made

    return store.write(change), token


def revoke_share_link(store: Store, viewer: Viewer, view_id: int, link_id: int, now: datetime) -> None:
    """End a link at once. For those who may write in the project."""

    def change(tx: Transaction) -> None:
        row = _report(tx, viewer, view_id)
        find_project_by_id(tx, viewer, row.project_id, Access.WRITE)
        if not tx.revoke_share_link(view_id, link_id, now):
            raise NotFound("That link is not one of this report, or has been revoked.")
        told = {"name": row.display_name or row.name, "link": link_id}
        tx.record(viewer, "unshare_view", "view", view_id, now, project_id=row.project_id, **told)
        tx.changed("link", project_id=row.project_id, noun_id=view_id)

    store.write(change)


def open_share_link(reads: Reads, token: str, now: datetime) -> Opened | None:
    """What a token opens; None when it is unknown, revoked or expired, or its maker lost the right."""
    link = reads.share_link_of(digest_of(reads.secret, token), now)
    if link is None or link.created_by is None:
        return None
    maker = viewer_of_user(reads, UserId(link.created_by))
    report = reads.view(maker, link.view_id)
    if report is None:
        return None
    scope, projects = _scope(reads, maker, report)
    viewer = replace(NOBODY, username="a share link", shared=projects, scope=scope)
    return Opened(report, viewer, link.expires_at)


def _scope(reads: Reads, maker: Viewer, report: Row[Any]) -> tuple[Scope, frozenset[ProjectId]]:
    """What a report shows now, as far as the maker of its link may read it."""
    shown = shown_by(json.loads(report.spec))
    projects = {ProjectId(report.project_id)}
    runs: dict[int, Row[Any]] = {}
    for run_set in shown.run_sets:
        home = reads.project(
            maker, run_set.entity or report.entity_name, run_set.project or report.project_name
        )
        if home is None:
            continue
        projects.add(ProjectId(home.id))
        places = reads.run_positions(
            maker, ProjectId(home.id), run_set.condition, run_set.order, limit=MOST_RUNS
        )
        runs.update((one.id, one) for one in reads.runs_at(maker, places) if run_set.includes(one.name))
    for entity, project, key in shown.tables:
        home = reads.project(maker, entity, project)
        if home is None:
            continue
        projects.add(ProjectId(home.id))
        newest = reads.run_positions(
            maker, ProjectId(home.id), All(()), parse_order("-created_at"), limit=MOST_TABLE_RUNS
        )
        runs.update((one.id, one) for one in reads.runs_at(maker, newest) if _logged(one, key) is not None)
    versions = {
        found
        for one in runs.values()
        for key in shown.keys
        if (found := _table_version(reads, maker, one, key)) is not None
    }
    for entity, project, name in shown.versions:
        home = reads.project(maker, entity, project)
        place = None if home is None else reads.membership_named(maker, home.id, name)
        if home is not None and place is not None:
            projects.add(ProjectId(home.id))
            versions.add(VersionId(place.version_id))
    led = _led(reads, maker, versions)
    homes = (reads.version(maker, one) for one, _ in led)
    projects |= {ProjectId(one.project_id) for one in homes if one is not None}
    scope = Scope(
        runs=frozenset(RunId(one) for one in runs),
        versions=frozenset(versions),
        keys=frozenset(shown.keys),
        fields=None if shown.everything else frozenset(shown.fields),
        searches=frozenset(one.search for one in shown.run_sets if one.search is not None),
        led=led,
        importance=shown.importance,
    )
    return scope, frozenset(projects)


def _logged(run: Row[Any], key: str) -> dict[str, Any] | None:
    """The table that a run has logged under a key."""
    value = json_object(run.summary, "summary").get(key)
    return value if isinstance(value, dict) and value.get("_type") in TABLE_TYPES else None


def _table_version(reads: Reads, maker: Viewer, run: Row[Any], key: str) -> VersionId | None:
    """The version that holds a logged table whole, with its pictures."""
    table = _logged(run, key)
    reference = reference_of(str((table or {}).get("artifact_path") or ""))
    return None if reference is None else _referred(reads, maker, reference)


def _referred(reads: Reads, maker: Viewer, reference: Reference) -> VersionId | None:
    """The version that a reference leads to, where the maker of the link may read it."""
    number = reference.number
    if number is None:
        named = reads.client_named(maker, reference.owner)
        number = named.noun_id if named is not None and named.noun == "version" else None
    return None if number is None or reads.version(maker, number) is None else VersionId(number)


def _led(reads: Reads, maker: Viewer, versions: set[VersionId]) -> frozenset[tuple[VersionId, str]]:
    """Files of other versions that these refer to: a joined table may be made of tables that lie there."""
    found: set[tuple[VersionId, str]] = set()
    begun: dict[VersionId, set[str] | None] = dict.fromkeys(versions)
    while begun:
        version, paths = begun.popitem()
        for row in reads.references(maker, version, limit=MOST_REFERENCES):
            reference = reference_of(row.ref)
            if reference is None or (paths is not None and row.path not in paths):
                continue
            there = _referred(reads, maker, reference)
            if there is None or there in versions or (there, reference.path) in found:
                continue
            found.add((there, reference.path))
            begun[there] = {path for one, path in found if one == there}
    return frozenset(found)


def _report(tx: Transaction, viewer: Viewer, view_id: int) -> Row[Any]:
    row = tx.view(viewer, view_id)
    if row is None:
        raise NotFound("That report was not found. It may have been deleted, or you have no access.")
    return row
