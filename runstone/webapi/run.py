"""Runs for tables, lists and the page of one."""

import json
import math
import mimetypes
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Row

from runstone.actions.access import find_project
from runstone.actions.run import stop_run
from runstone.domain.errors import NotFound
from runstone.domain.filter import All, Condition, exact_field, fields_of, parse_filter, searched
from runstone.domain.history import json_object
from runstone.domain.ids import ProjectId, RunId
from runstone.domain.run import defined_metrics, own_part, plain_config
from runstone.domain.run_order import cursor_of, parse_order, position_of
from runstone.domain.viewer import Access, Scope, Viewer
from runstone.store.reads import Reads
from runstone.webapi.requests import Ask, Asked
from runstone.webapi.run_filter import Filter, condition_of

router = APIRouter(prefix="/api/runs", tags=["runs"])

LARGEST_PAGE = 1000
# What every shared run shows of itself.
OPEN_FIELDS = frozenset({"created_at", "display_name", "name", "state", "sweep"})
MOST_COUNTED = 10_000  # counting ends here: a page then says "10,000+"


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
    """A page of runs; `cursor` asks for the next one, None at the end. `total` is not counted beyond
    10,000: `total_capped` then says that there are more."""

    runs: list[RunLine]
    total: int
    total_capped: bool
    cursor: str | None


class BranchBody(BaseModel):
    """After which step of which run a run goes on: another one (null when that is gone), or itself."""

    run: str | None
    run_name: str | None
    step: int
    rewound: bool


class RunDetail(RunLine):
    """One run with everything about it."""

    notes: str | None
    branch: BranchBody | None = Field(description="Null for a run that began without any history.")
    processes: list[str] = Field(
        description="What the processes are called that write it side by side, the first first; none of an "
        "ordinary run."
    )
    host: str | None
    program: str | None
    repo: str | None
    commit: str | None
    exit_code: int | None
    stop_requested: bool
    metrics: list[dict[str, Any]] = Field(description="What define_metric said, as the client sent it.")
    charts: dict[str, Any] = Field(description="Charts of `wandb.plot` by name, as the client sent them.")
    class_labels: dict[str, dict[str, str]] = Field(
        description="Names of classes in masks and boxes, by `key/mask`."
    )
    may_write: bool


class RunSelection(BaseModel):
    """Which runs of a project: those that meet all that is given. `search` is a regular expression over
    names, group, job type, tags and notes; `where` is the UI's own filter; `filter` is a condition in
    MongoDB's notation."""

    entity: str
    project: str
    search: str | None = None
    where: Filter | None = None
    filter: dict[str, Any] | None = None

    def condition(self, now: datetime) -> Condition:
        """All of it as one condition. Raises `Invalid`."""
        parts: list[Condition] = []
        if self.filter is not None:
            parts.append(parse_filter(self.filter))
        if self.where is not None:
            parts.append(condition_of(self.where, now))
        if self.search:
            parts.append(searched(self.search))
        return All(tuple(parts))


class RunQuery(RunSelection):
    """A page of runs; `order` such as `-summary.loss`, several keys separated by commas."""

    order: str = "-created_at"
    limit: int = Field(100, ge=1, le=LARGEST_PAGE)
    cursor: str | None = None


@router.post("/query")
def query(ask: Asked, wanted: RunQuery) -> RunPage:
    """Runs of a project, page by page."""
    with ask.store.reading() as reads:
        page = read_page(ask, reads, wanted)
    return RunPage(
        runs=[run_line(one, ask.viewer) for one in page.rows],
        total=page.total,
        total_capped=page.total_capped,
        cursor=page.cursor,
    )


def _check_asked(scope: Scope, search: str | None, fields: Iterable[str]) -> None:
    """Whoever holds a share link asks by what the report itself asks by: a filter on anything else would tell
    of values that it does not show. Raises `NotFound`."""
    hidden = [name for name in fields if name not in OPEN_FIELDS and not scope.has_field(name)]
    if hidden or (search and search not in scope.searches):
        raise NotFound("The shared report does not show what this asks by. Sign in to see its project.")


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a page, how many runs there are in all (or that there are more), and where the next begins."""

    rows: list[Row[Any]]
    total: int
    total_capped: bool
    cursor: str | None


def read_page(ask: Ask, reads: Reads, wanted: RunQuery) -> Page:
    """The page that a query asks for."""
    owner = find_project(reads, ask.viewer, wanted.entity, wanted.project, Access.READ)
    project_id, condition = ProjectId(owner.id), wanted.condition(ask.now)
    keys = parse_order(wanted.order, exact_field)
    if ask.viewer.scope is not None:
        apart = wanted.model_copy(update={"search": None}).condition(ask.now)
        _check_asked(ask.viewer.scope, wanted.search, fields_of(apart) | {key.field for key in keys})
    after = None if not wanted.cursor else position_of(keys, wanted.cursor)
    found, total = reads.run_page(
        ask.viewer, project_id, condition, keys, after=after, limit=wanted.limit + 1, most=MOST_COUNTED + 1
    )
    return Page(
        rows=reads.runs_at(ask.viewer, found[: wanted.limit]),
        total=min(total, MOST_COUNTED),
        total_capped=total > MOST_COUNTED,
        cursor=cursor_of(keys, found[wanted.limit - 1]) if len(found) > wanted.limit else None,
    )


@router.get("/{entity}/{project}/{run}")
def detail(ask: Asked, entity: str, project: str, run: str) -> RunDetail:
    """One run."""
    with ask.store.reading() as reads:
        row = run_named(ask, reads, entity, project, run)
        access = reads.project_access(
            ask.viewer, find_project(reads, ask.viewer, entity, project, Access.READ)
        )
        branch = _branch(reads, ask.viewer, row)
        writers = reads.writers(row)
    config = json_object(row.config, "config")
    known = own_part(config)
    charts = known.get("visualize")
    if ask.viewer.scope is not None:
        return _shared_detail(ask.viewer, row, known)
    return RunDetail(
        **run_line(row, ask.viewer).model_dump(),
        notes=row.notes or row.description,
        branch=branch,
        processes=list(dict.fromkeys(one.label or one.name for one in writers)),
        host=row.host,
        program=row.program,
        repo=row.repo,
        commit=row.commit_hash,
        exit_code=row.exit_code,
        stop_requested=row.stop_requested_at is not None,
        metrics=defined_metrics(config),
        charts=plain(charts) if isinstance(charts, dict) else {},
        class_labels=class_labels(known),
        may_write=Access.WRITE in access,
    )


def _branch(reads: Reads, viewer: Viewer, row: Row[Any]) -> BranchBody | None:
    if row.branch_run_id is None:
        return None
    of = reads.run_by_id(viewer, RunId(row.branch_run_id))
    run, name = (None, None) if of is None else (of.name, of.display_name)
    return BranchBody(run=run, run_name=name, step=row.branch_step, rewound=row.branch_run_id == row.id)


def _shared_detail(viewer: Viewer, row: Row[Any], known: dict[str, Any]) -> RunDetail:
    """A run for whoever holds a share link: what its panels need, and nothing of where it ran."""
    return RunDetail(
        **run_line(row, viewer).model_dump(),
        notes=None,
        branch=None,
        processes=[],
        host=None,
        program=None,
        repo=None,
        commit=None,
        exit_code=None,
        stop_requested=False,
        metrics=[],
        charts={},
        class_labels=class_labels(known),
        may_write=False,
    )


def class_labels(known: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Names of classes by `key/mask`, out of what a client says about its media."""
    found: dict[str, dict[str, str]] = {}
    for kind in ("mask/class_labels", "bounding_box/class_labels"):
        group = known.get(kind)
        for name, one in (group if isinstance(group, dict) else {}).items():
            labels = one.get("value") if isinstance(one, dict) else None
            if isinstance(labels, dict):
                found[name.replace("_wandb_delimeter_", "/")] = {
                    str(number): str(label) for number, label in labels.items()
                }
    return found


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


def run_line(row: Row[Any], viewer: Viewer) -> RunLine:
    """A run's row as a line, with the values that this viewer sees."""
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
        config=plain(dict(_seen(viewer, "config", plain_config(json_object(row.config, "config"))))),
        summary=plain(
            {
                key: value
                for key, value in _seen(viewer, "summary", json_object(row.summary, "summary")).items()
                if key != "_wandb"
            }
        ),
    )


def _seen(viewer: Viewer, section: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values of a section, or of an object inside one, that this viewer sees."""
    scope = viewer.scope
    if scope is None:
        return values
    found: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{section}.{key}"
        if scope.has_field(name):
            found[key] = value
        elif isinstance(value, dict) and (inner := _seen(viewer, name, value)):
            found[key] = inner
    return found


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
