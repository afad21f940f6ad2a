"""Changes of runs from tables and pages: one in place, or many at once."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from runstone.actions.run import RunChange, upsert_run
from runstone.actions.run_editing import delete_runs, group_runs, named_runs, stop_runs, tag_runs
from runstone.webapi.administration import Strict
from runstone.webapi.requests import Asked

router = APIRouter(prefix="/api/runs", tags=["runs"])


class RunBody(Strict):
    """What is left out stays."""

    display_name: str | None = Field(None, min_length=1, max_length=256)
    notes: str | None = Field(None, max_length=1 << 20)
    group: str | None = Field(None, max_length=256)
    tags: list[str] | None = Field(None, max_length=1000)


class BulkBody(Strict):
    """`runs` by their ids. `add` and `remove` are for tags, `group` for grouping."""

    act: Literal["tag", "group", "delete", "stop"]
    runs: list[str] = Field(max_length=10_000)
    add: list[str] = Field(default_factory=list, max_length=100)
    remove: list[str] = Field(default_factory=list, max_length=100)
    group: str = Field("", max_length=256)


class BulkAnswer(BaseModel):
    """How many runs changed; `deleted` are the numbers with which `POST /api/undo/run/{number}` brings
    them back."""

    changed: int
    deleted: list[int]


@router.patch("/{entity}/{project}/{run}")
def change(ask: Asked, entity: str, project: str, run: str, body: RunBody) -> BulkAnswer:
    """Change label, notes, group or tags of one run."""
    (one,) = named_runs(ask.store, ask.viewer, entity, project, [run])
    given = RunChange(
        run_id=one.id,
        display_name=body.display_name,
        notes=body.notes,
        group_name=body.group,
        tags=None if body.tags is None else tuple(body.tags),
    )
    upsert_run(ask.store, ask.viewer, given, ask.now)
    return BulkAnswer(changed=1, deleted=[])


@router.post("/{entity}/{project}/bulk")
def bulk(ask: Asked, entity: str, project: str, body: BulkBody) -> BulkAnswer:
    """Tag, group, delete or stop many runs."""
    runs = named_runs(ask.store, ask.viewer, entity, project, body.runs)
    if body.act == "delete":
        deleted = delete_runs(ask.store, ask.viewer, runs, ask.now)
        return BulkAnswer(changed=len(deleted), deleted=[int(one) for one in deleted])
    if body.act == "stop":
        changed = stop_runs(ask.store, ask.viewer, runs, ask.now)
    elif body.act == "group":
        changed = group_runs(ask.store, ask.viewer, runs, body.group, ask.now)
    else:
        changed = tag_runs(ask.store, ask.viewer, runs, body.add, body.remove, ask.now)
    return BulkAnswer(changed=changed, deleted=[])
