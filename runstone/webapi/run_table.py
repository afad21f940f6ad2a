"""The table of runs in columns: pages, groups, which columns there are, and what tells runs apart."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from pydantic_core import to_json
from sqlalchemy import Row
from starlette.responses import Response

from runstone.actions.access import find_project
from runstone.domain.errors import Invalid
from runstone.domain.filter import COLUMNS, TIMES, exact_field
from runstone.domain.history import json_object
from runstone.domain.ids import ProjectId
from runstone.domain.run import plain_config
from runstone.domain.run_difference import differences, leaves
from runstone.domain.run_group import Figures, Group, grouped
from runstone.domain.viewer import Access
from runstone.webapi.requests import Asked
from runstone.webapi.run import RunQuery, RunSelection, plain, read_page
from runstone.webapi.run_filter import Filter

router = APIRouter(prefix="/api/runs", tags=["runs"])

MOST_COLUMNS = 200
MOST_LISTED = 5000
MOST_COMPARED = 1000
MOST_GROUPS = 1000
MOST_IN_GROUP = 1000

ColumnKind = Literal["number", "text", "boolean", "instant", "tags"]


class RunTableQuery(RunQuery):
    """A page of runs as columns, each named as in `/api/runs/columns`."""

    columns: list[str] = Field(max_length=MOST_COLUMNS)


class RunTable(BaseModel):
    """A page of runs. Lists are of equal length, one entry a run; a value that a run does not have is null,
    NaN and infinities are words, instants are ISO 8601 texts. `total` is not counted beyond 10,000:
    `total_capped` then says that there are more. `cursor` asks for the next page, null at the end."""

    ids: list[int]
    run_ids: list[str]
    names: list[str]
    ordinals: list[int]
    states: list[str]
    columns: dict[str, list[Any]]
    total: int
    total_capped: bool
    cursor: str | None


@router.post("/table", response_model=RunTable)
def table(ask: Asked, wanted: RunTableQuery) -> Response:
    """A page of runs in columns."""
    names = {name: exact_field(name) for name in wanted.columns}
    with ask.store.reading() as reads:
        page = read_page(ask, reads, wanted)
    fields = frozenset(names.values())
    documents = [_values(row, fields) for row in page.rows]
    found = {
        "ids": [row.id for row in page.rows],
        "run_ids": [row.name for row in page.rows],
        "names": [row.display_name for row in page.rows],
        "ordinals": [row.ordinal for row in page.rows],
        "states": [row.state for row in page.rows],
        "columns": {name: [one.get(field) for one in documents] for name, field in names.items()},
        "total": page.total,
        "total_capped": page.total_capped,
        "cursor": page.cursor,
    }
    # Checking each of many values again would cost more than reading them.
    return Response(to_json(found), media_type="application/json")


_FILTER: TypeAdapter[Filter] = TypeAdapter(Filter)


@router.get("", response_model=RunTable)
def table_of(
    ask: Asked,
    entity: str,
    project: str,
    column: Annotated[list[str], Query(max_length=MOST_COLUMNS)] = [],  # noqa: B006 - FastAPI copies it
    where: str | None = None,
    search: str | None = None,
    order: str = "-created_at",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: str | None = None,
) -> Response:
    """The same by an address; `where` is the UI's filter as JSON text."""
    try:
        tree = None if where is None else _FILTER.validate_json(where)
    except ValidationError as error:
        raise Invalid(f"where: {error.errors()[0]['msg']}. Expected a filter as JSON text.") from None
    wanted = RunTableQuery(
        entity=entity,
        project=project,
        columns=column,
        where=tree,
        search=search,
        order=order,
        limit=limit,
        cursor=cursor,
    )
    return table(ask, wanted)


class RunColumn(BaseModel):
    """A column that runs of a project have. `kinds` are what its values are (several, where scripts
    disagree); `low` and `high` span its numbers."""

    name: str
    section: Literal["run", "config", "summary"]
    kinds: list[ColumnKind]
    low: float | None = None
    high: float | None = None


class RunColumns(BaseModel):
    """Columns of runs themselves first, then those of config and summary by name. `more`: there are too many
    to list."""

    columns: list[RunColumn]
    more: bool


@router.get("/columns")
def columns(ask: Asked, entity: str, project: str) -> RunColumns:
    """Which columns the runs of a project have."""
    with ask.store.reading() as reads:
        owner = find_project(reads, ask.viewer, entity, project, Access.READ)
        found = reads.value_columns(ask.viewer, ProjectId(owner.id), MOST_LISTED + 1)
    own = [RunColumn(name=name, section="run", kinds=[_own_kind(name)]) for name in sorted(COLUMNS)]
    values = [
        RunColumn(
            name=one.path,
            section="config" if one.path.startswith("config.") else "summary",
            kinds=list(one.kinds),
            low=one.low,
            high=one.high,
        )
        for one in found[:MOST_LISTED]
    ]
    return RunColumns(columns=own + values, more=len(found) > MOST_LISTED)


class RunGroupsQuery(RunSelection):
    """Runs with equal values of the columns `by`, taken together; with figures of the columns `over`."""

    by: list[str] = Field(max_length=8)
    over: list[str] = Field([], max_length=50)
    limit: int = Field(100, ge=1, le=MOST_GROUPS)


class RunFigures(BaseModel):
    """Of one column in one group: `n` runs have a number there, the rest is null without one."""

    n: int
    mean: float | None
    median: float | None
    low: float | None
    high: float | None
    std: float | None
    stderr: float | None
    total: float | None


class RunGroup(BaseModel):
    """One group: its values of the columns `by`, how many runs it has, the first of them by id, and figures
    by column."""

    key: list[str | bool | float | list[str] | None]
    count: int
    runs: list[int]
    figures: dict[str, RunFigures]


class RunGroups(BaseModel):
    """Groups, the largest first. `groups_in_all` and `runs_in_all` count those not listed, too."""

    groups: list[RunGroup]
    groups_in_all: int
    runs_in_all: int


@router.post("/groups")
def groups(ask: Asked, wanted: RunGroupsQuery) -> RunGroups:
    """Groups of runs."""
    by, over = [exact_field(name) for name in wanted.by], [exact_field(name) for name in wanted.over]
    with ask.store.reading() as reads:
        owner = find_project(reads, ask.viewer, wanted.entity, wanted.project, Access.READ)
        ids, cells = reads.run_cells(
            ask.viewer, ProjectId(owner.id), wanted.condition(ask.now), list(dict.fromkeys([*by, *over]))
        )
    found = grouped(ids, cells, by, over)
    names = dict(zip(over, wanted.over, strict=True))
    return RunGroups(
        groups=[_group(one, by, names) for one in found[: wanted.limit]],
        groups_in_all=len(found),
        runs_in_all=len(ids),
    )


class RunDifferencesQuery(BaseModel):
    """Some runs of a project, by id."""

    entity: str
    project: str
    runs: list[int] = Field(max_length=MOST_COMPARED)


class RunDifference(BaseModel):
    """One entry of config, with its value in each run; null where it is absent."""

    name: str
    values: list[Any]


class RunDifferences(BaseModel):
    """Entries of config that are not the same in all of these runs, values in the order of `ids`."""

    ids: list[int]
    differences: list[RunDifference]


@router.post("/differences")
def config_differences(ask: Asked, wanted: RunDifferencesQuery) -> RunDifferences:
    """What tells runs apart."""
    with ask.store.reading() as reads:
        owner = find_project(reads, ask.viewer, wanted.entity, wanted.project, Access.READ)
        rows = reads.runs_by_id(ask.viewer, wanted.runs)
    ids = [one for one in dict.fromkeys(wanted.runs) if one in rows and rows[one].project_id == owner.id]
    found = differences([plain_config(_document(rows[one].config)) for one in ids])
    return RunDifferences(
        ids=ids, differences=[RunDifference(name=one.path, values=plain(list(one.values))) for one in found]
    )


def _own_kind(name: str) -> ColumnKind:
    if name in TIMES:
        return "instant"
    return "tags" if name == "tags" else "number" if name == "duration" else "text"


def _document(text: str) -> Mapping[str, Any]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return json_object(text, "document")
    return found if isinstance(found, dict) else {}


def _values(row: Row[Any], wanted: frozenset[str]) -> dict[str, Any]:
    """Values of a run's fields, as they were given."""
    found: dict[str, Any] = {}
    for part in ("config", "summary"):
        if not any(field.startswith(f"{part}.") for field in wanted):
            continue
        document = _document(getattr(row, part))
        shown = plain_config(document) if part == "config" else document
        for path, value in leaves(shown, part):
            if path in wanted:
                found[path] = plain(value)
    for field in wanted & COLUMNS:
        found[field] = _own(row, field)
    return found


_OWN = {"group": "group_name", "sweep": "sweep_name", "commit": "commit_hash"}


def _own(row: Row[Any], field: str) -> Any:
    if field == "duration":
        return ((row.ended_at or row.heartbeat_at) - row.created_at).total_seconds()
    if field == "tags":
        return json.loads(row.tags)
    value = getattr(row, _OWN.get(field, field))
    return value.isoformat() if isinstance(value, datetime) else value


def _group(group: Group, by: list[str], names: Mapping[str, str]) -> RunGroup:
    key = [
        json.loads(value) if field == "tags" and isinstance(value, str) else value
        for field, value in zip(by, group.key, strict=True)
    ]
    return RunGroup(
        key=key,
        count=len(group.runs),
        runs=list(group.runs[:MOST_IN_GROUP]),
        figures={name: _figures(group.figures[field]) for field, name in names.items()},
    )


def _figures(found: Figures) -> RunFigures:
    return RunFigures(
        n=found.n,
        mean=found.mean,
        median=found.median,
        low=found.low,
        high=found.high,
        std=found.std,
        stderr=found.stderr,
        total=found.total,
    )
