"""Alerts: what a script wants a person to know now."""

from datetime import datetime, timedelta

from runstone.actions.access import find_project
from runstone.domain.errors import NotFound
from runstone.domain.ids import ProjectId, RunId
from runstone.domain.viewer import Access, Viewer
from runstone.store.opening import Store
from runstone.store.writes import Transaction


def send_alert(
    store: Store,
    viewer: Viewer,
    entity_name: str | None,
    project_name: str,
    run_name: str,
    title: str,
    text: str,
    now: datetime,
    *,
    severity: str = "INFO",
    wait_ms: int = 0,
) -> int:
    """Keep an alert of a run; returns its id.

    One with the same title within `wait_ms` milliseconds counts as a repetition of the
    first. Raises `NotFound` or `Denied`.
    """

    def change(tx: Transaction) -> int:
        project = find_project(tx, viewer, entity_name, project_name, Access.WRITE)
        row = tx.run(viewer, ProjectId(project.id), run_name)
        if row is None:
            raise NotFound(f"run {run_name!r} was not found in {project.entity_name}/{project.name}.")
        run_id = RunId(row.id)
        since = now - timedelta(milliseconds=wait_ms)
        for one in tx.alerts(viewer, run_id):
            if one.title == title and wait_ms > 0 and one.created_at > since:
                tx.repeat_alert(one.id, now)
                return int(one.id)
        made = tx.insert_alert(run_id, now, title=title, text=text, severity=severity)
        tx.changed("alert", project_id=project.id, noun_id=run_id, detail=title)
        return made

    return store.write(change)
