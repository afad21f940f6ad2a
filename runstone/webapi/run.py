"""Runs for tables, lists and the page of one."""

import base64
import json
import math
import mimetypes
import re
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Row

from runstone.actions.access import find_project
from runstone.actions.run import json_object, stop_run
from runstone.domain.errors import Invalid, NotFound
from runstone.domain.filter import All, Condition, Either, Test, parse_filter
from runstone.domain.ids import ProjectId, RunId
from runstone.domain.run import plain_config
from runstone.domain.viewer import Access
from runstone.store.reads import Reads
from runstone.webapi.requests import Ask, Asked

router = APIRouter(prefix="/api/runs", tags=["runs"])

LARGEST_PAGE = 1000
SEARCHED = ("display_name", "name", "group", "job_type", "tags", "notes")


class RunLine(BaseModel):
    """One run in a list. Values of config and summary are as the script gave them; NaN and infinities
    are words."""

    id: int
    run_id: str
    name: str
    ordinal: int
    state: str
    state_cause: str | None
    created_at: datetime
    heartbeat_at: datetime
    ended_at: datetime | None
    user: str | None
    group: str | None
    job_type: str | None
    tags: list[str]
    sweep: str | None
    config: dict[str, Any]
    summary: dict[str, Any]


class RunPage(BaseModel):
    """A page of runs; `cursor` asks for the next one, None at the end."""

    runs: list[RunLine]
    total: int
    cursor: str | None


class RunDetail(RunLine):
    """One run with everything about it."""

    notes: str | None
    host: str | None
    program: str | None
    repo: str | None
    commit: str | None
    exit_code: int | None
    stop_requested: bool
    metrics: list[dict[str, Any]] = Field(description="What define_metric said, as the client sent it.")
    may_write: bool


class RunQuery(BaseModel):
    """Which runs: `search` is a regular expression over names, group, job type, tags and notes; `filter`
    is a condition in MongoDB's notation; `order` such as `-summary_metrics.loss`."""

    entity: str
    project: str
    search: str | None = None
    filter: dict[str, Any] | None = None
    order: str = "-created_at"
    limit: int = Field(100, ge=1, le=LARGEST_PAGE)
    cursor: str | None = None


@router.post("/query")
def query(ask: Asked, wanted: RunQuery) -> RunPage:
    """Runs of a project, page by page."""
    offset = _offset(wanted.cursor)
    condition = _condition(wanted)
    with ask.store.reading() as reads:
        row = find_project(reads, ask.viewer, wanted.entity, wanted.project, Access.READ)
        project_id = ProjectId(row.id)
        found = reads.runs(
            ask.viewer, project_id, condition, order=wanted.order, offset=offset, limit=wanted.limit + 1
        )
        total = reads.run_count(ask.viewer, project_id, condition)
    more = len(found) > wanted.limit
    return RunPage(
        runs=[run_line(one) for one in found[: wanted.limit]],
        total=total,
        cursor=_cursor(offset + wanted.limit) if more else None,
    )


@router.get("/{entity}/{project}/{run}")
def detail(ask: Asked, entity: str, project: str, run: str) -> RunDetail:
    """One run."""
    with ask.store.reading() as reads:
        row = run_named(ask, reads, entity, project, run)
        access = reads.project_access(
            ask.viewer, find_project(reads, ask.viewer, entity, project, Access.READ)
        )
    own = json_object(row.config, "config").get("_wandb")
    inner = own.get("value") if isinstance(own, dict) else None
    metrics = inner.get("m") if isinstance(inner, dict) else None
    return RunDetail(
        **run_line(row).model_dump(),
        notes=row.notes or row.description,
        host=row.host,
        program=row.program,
        repo=row.repo,
        commit=row.commit_hash,
        exit_code=row.exit_code,
        stop_requested=row.stop_requested_at is not None,
        metrics=[one for one in metrics if isinstance(one, dict)] if isinstance(metrics, list) else [],
        may_write=Access.WRITE in access,
    )


class Done(BaseModel):
    """The change is committed."""

    done: bool = True


@router.post("/{entity}/{project}/{run}/stop")
def stop(ask: Asked, entity: str, project: str, run: str) -> Done:
    """Ask a live run to stop."""
    with ask.store.reading() as reads:
        row = run_named(ask, reads, entity, project, run)
    stop_run(ask.store, ask.viewer, RunId(row.id), ask.now)
    return Done()


def run_named(ask: Ask, reads: Reads, entity: str, project: str, name: str) -> Row[Any]:
    """A visible run by names. Raises `NotFound`."""
    found = find_project(reads, ask.viewer, entity, project, Access.READ)
    row = reads.run(ask.viewer, ProjectId(found.id), name)
    if row is None:
        raise NotFound(f"run {entity}/{project}/{name} was not found. It may have been deleted.")
    return row


def run_line(row: Row[Any]) -> RunLine:
    """A run's row as a line."""
    return RunLine(
        id=row.id,
        run_id=row.name,
        name=row.display_name,
        ordinal=row.ordinal,
        state=row.state,
        state_cause=row.state_cause,
        created_at=row.created_at,
        heartbeat_at=row.heartbeat_at,
        ended_at=row.ended_at,
        user=row.username,
        group=row.group_name,
        job_type=row.job_type,
        tags=[str(tag) for tag in json.loads(row.tags)],
        sweep=row.sweep_name,
        config=plain(plain_config(json_object(row.config, "config"))),
        summary=plain(
            {key: value for key, value in json_object(row.summary, "summary").items() if key != "_wandb"}
        ),
    )


def plain(value: Any) -> Any:
    """A value that every JSON reader takes: NaN and infinities become words."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


def mimetype_of(name: str) -> str:
    """The type of a file by its name."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _condition(wanted: RunQuery) -> Condition:
    parts: list[Condition] = [] if wanted.filter is None else [parse_filter(wanted.filter)]
    if wanted.search:
        try:
            re.compile(wanted.search)
        except re.error:
            pattern = "(?i)" + re.escape(wanted.search)
        else:
            pattern = "(?i)" + wanted.search
        parts.append(Either(tuple(Test(field, "regex", pattern) for field in SEARCHED)))
    return All(tuple(parts))


def _cursor(offset: int) -> str:
    return base64.urlsafe_b64encode(str(offset).encode()).decode()


def _offset(cursor: str | None) -> int:
    if not cursor:
        return 0
    try:
        return max(0, int(base64.urlsafe_b64decode(cursor)))
    except ValueError:
        raise Invalid(
            f"cursor {cursor!r} is not one of this server's. Ask for the first page anew."
        ) from None
