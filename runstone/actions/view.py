"""Reports, workspaces and custom charts: stored exactly as they come, changed by those who may write."""

import json
import secrets
import string
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from runstone.actions.access import find_entity, find_project_by_id, require_entity_member
from runstone.actions.project import project_for_writing
from runstone.domain.errors import Conflict, Denied, Invalid, NotFound, TooLarge
from runstone.domain.ids import EntityId, ProjectId, ViewId
from runstone.domain.viewer import Access, Viewer
from runstone.store.opening import Store
from runstone.store.writes import Transaction

LARGEST_SPEC = 64 << 20
CHART_ACCESS = ("PRIVATE", "PUBLIC")
_ALPHABET = string.ascii_lowercase + string.digits


def save_view(
    store: Store,
    viewer: Viewer,
    now: datetime,
    *,
    view_id: int | None = None,
    revision: int | None = None,
    entity_name: str | None = None,
    project_name: str | None = None,
    ends_drafts: bool = False,
    **values: Any,
) -> tuple[ViewId, bool]:
    """Make a view, or change the one of that id or of that project, type and name.

    `values` are columns: type, name, display_name, description, spec (JSON text, kept to the
    letter), created_using, locked, parent_id. Those left out stay. Returns the id and
    whether the view is new. With `revision`, raises `Conflict` when the view is another one by now.
    With `ends_drafts` the viewer's own drafts of it go in the same transaction.
    """
    given = {name: value for name, value in values.items() if value is not None}
    _check_spec(given.get("spec"))

    def change(tx: Transaction) -> tuple[ViewId, bool]:
        present = _present(tx, viewer, view_id)
        if present is None:
            if not project_name:
                raise Invalid("view: expected projectName, or the id of a view to change.")
            home = project_for_writing(tx, viewer, entity_name, project_name, now)
            given.setdefault("type", "runs")
            given.setdefault("name", new_view_name())
            same = tx.views_of_project(viewer, home.id, kind=given["type"], name=given["name"], limit=1)
            present = same[0] if same else None
        if present is None:
            made = tx.insert_view(ProjectId(home.id), now, user_id=viewer.user_id, **given)
            told = {"name": given.get("display_name") or given["name"], "type": given["type"]}
            tx.record(viewer, "create_view", "view", made, now, project_id=home.id, **told)
            tx.changed("view", project_id=home.id, noun_id=made)
            return made, True
        _require_editor(tx, viewer, present)
        if revision is not None and present.revision != revision:
            raise Conflict(
                f"{present.display_name or present.name} was changed by somebody else since you opened it "
                f"(revision {present.revision}, yours is {revision}). Look at theirs, or save a copy."
            )
        tx.update_view(present.id, now, **given)
        tx.record(
            viewer, "save_view", "view", present.id, now, project_id=present.project_id, **_told(present)
        )
        tx.changed("view", project_id=present.project_id, noun_id=present.id)
        for draft in tx.drafts_of(viewer, present.id) if ends_drafts else []:
            if draft.user_id == viewer.user_id:
                _hide(tx, viewer, draft, now)
        return ViewId(present.id), False

    return store.write(change)


def delete_view(
    store: Store, viewer: Viewer, view_id: int, now: datetime, *, delete_drafts: bool = False
) -> int:
    """Hide a view, with its drafts when asked; returns how many drafts are left. Raises `NotFound`."""

    def change(tx: Transaction) -> int:
        row = _present(tx, viewer, view_id)
        assert row is not None
        _require_editor(tx, viewer, row)
        drafts = tx.drafts_of(viewer, row.id)
        for one in [row, *(drafts if delete_drafts else [])]:
            _hide(tx, viewer, one, now)
        return 0 if delete_drafts else len(drafts)

    return store.write(change)


def create_chart(
    store: Store,
    viewer: Viewer,
    entity_name: str | None,
    name: str,
    now: datetime,
    *,
    display_name: str,
    chart_type: str,
    access: str,
    spec: str,
) -> int:
    """Keep a custom chart (a Vega specification as JSON text) for an entity; returns its id."""
    _check_spec(spec)
    if not name or len(name) > 128 or "/" in name:
        raise Invalid(f"chart name {name!r}: expected 1 to 128 characters without a slash.")
    if access.upper() not in CHART_ACCESS:
        raise Invalid(f"chart access {access!r}: expected one of {', '.join(CHART_ACCESS)}.")
    if chart_type.lower() != "vega2":
        raise Invalid(f"chart type {chart_type!r}: expected vega2, the only kind there is.")

    def change(tx: Transaction) -> int:
        owner = find_entity(tx, viewer, entity_name)
        require_entity_member(viewer, EntityId(owner.id), owner.name)
        if tx.custom_chart(viewer, owner.name, name) is not None:
            raise Conflict(f"chart {owner.name}/{name} exists already. Choose another name.")
        made = tx.insert_custom_chart(
            owner.id,
            name,
            now,
            display_name=display_name,
            chart_type=chart_type.lower(),
            access=access.upper(),
            spec=spec,
        )
        tx.record(viewer, "create_chart", "chart", made, now, name=name)
        return made

    return store.write(change)


def new_view_name() -> str:
    """A random name as clients make them: 12 characters a-z0-9."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(12))


def _told(row: Row[Any]) -> dict[str, str]:
    return {"name": row.display_name or row.name, "type": row.type}


def _hide(tx: Transaction, viewer: Viewer, row: Row[Any], now: datetime) -> None:
    tx.update_view(row.id, now, deleted_at=now)
    tx.record(viewer, "delete_view", "view", row.id, now, project_id=row.project_id, **_told(row))
    tx.changed("view", project_id=row.project_id, noun_id=row.id)


def _check_spec(spec: str | None) -> None:
    if spec is None:
        return
    if len(spec) > LARGEST_SPEC:
        raise TooLarge(f"spec of {len(spec)} characters: expected at most {LARGEST_SPEC}.")
    try:
        json.loads(spec)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"spec: expected JSON as text ({error}).") from None


def _present(tx: Transaction, viewer: Viewer, view_id: int | None) -> Row[Any] | None:
    if view_id is None:
        return None
    row = tx.view(viewer, view_id)
    if row is None:
        raise NotFound(
            "That report or workspace was not found. It may have been deleted, or you have no access."
        )
    return row


def _require_editor(tx: Transaction, viewer: Viewer, row: Row[Any]) -> None:
    home = find_project_by_id(tx, viewer, row.project_id, Access.WRITE)
    if row.locked and row.user_id != viewer.user_id and Access.MANAGE not in tx.project_access(viewer, home):
        raise Denied(
            f"{row.display_name or row.name} is locked by {row.username}. Save a copy under another name."
        )
