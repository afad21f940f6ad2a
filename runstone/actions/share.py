"""Links that open one report for whoever holds them, until they expire or are revoked."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from runstone.actions.access import find_project_by_id
from runstone.actions.sign_in import digest_of, new_token, viewer_of_user
from runstone.domain.errors import Invalid, NotFound
from runstone.domain.ids import ProjectId, UserId
from runstone.domain.viewer import NOBODY, Access, Viewer
from runstone.store.opening import Store
from runstone.store.reads import Reads
from runstone.store.writes import Transaction

LONGEST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link opens: the report's row, and a viewer who reads its projects and nothing else."""

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
        tx.record(viewer, "share_view", "view", view_id, now, project_id=row.project_id, link=made, days=days)
        return made

    return store.write(change), token


def revoke_share_link(store: Store, viewer: Viewer, view_id: int, link_id: int, now: datetime) -> None:
    """End a link at once. For those who may write in the project."""

    def change(tx: Transaction) -> None:
        row = _report(tx, viewer, view_id)
        find_project_by_id(tx, viewer, row.project_id, Access.WRITE)
        if not tx.revoke_share_link(view_id, link_id, now):
            raise NotFound("That link is not one of this report, or has been revoked.")
        tx.record(viewer, "unshare_view", "view", view_id, now, project_id=row.project_id, link=link_id)

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
    projects = {ProjectId(report.project_id)}
    for entity, name in named_projects(json.loads(report.spec)):
        row = reads.project(maker, entity or report.entity_name, name)
        if row is not None:
            projects.add(ProjectId(row.id))
    viewer = replace(NOBODY, username="a share link", shared=frozenset(projects))
    return Opened(report, viewer, link.expires_at)


def named_projects(spec: Any) -> Iterator[tuple[str, str]]:
    """Projects that the run sets of a report name: (entity or empty, project)."""
    if isinstance(spec, dict):
        for key, value in spec.items():
            if key == "project" and isinstance(value, dict) and isinstance(value.get("name"), str):
                yield str(value.get("entityName") or ""), value["name"]
            else:
                yield from named_projects(value)
    elif isinstance(spec, list):
        for one in spec:
            yield from named_projects(one)


def _report(tx: Transaction, viewer: Viewer, view_id: int) -> Row[Any]:
    row = tx.view(viewer, view_id)
    if row is None:
        raise NotFound("That report was not found. It may have been deleted, or you have no access.")
    return row
