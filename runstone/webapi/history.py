"""What runs have logged: keys, exact rows, series ready to draw, console lines."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import Row
from starlette.responses import Response

from runstone.actions.access import find_project
from runstone.actions.run import json_object
from runstone.domain.errors import Invalid
from runstone.domain.history import INTERNAL, KIND_NAMES, Kind, Stream
from runstone.domain.metric import step_key_of
from runstone.domain.viewer import Access
from runstone.store.reads import Reads
from runstone.webapi.requests import Ask, Asked
from runstone.webapi.run import plain, run_named

if TYPE_CHECKING:
    from runstone.store.charts import Line

router = APIRouter(prefix="/api", tags=["history"])

MOST_RUNS = 1000
MOST_PANELS = 64
MOST_ROWS = 10_000
ARRAYS = orjson.OPT_SERIALIZE_NUMPY  # NaN becomes null
StreamName = Literal["history", "system"]
STREAMS = {"history": Stream.HISTORY, "system": Stream.SYSTEM}


class KeysQuery(BaseModel):
    """Which runs' keys."""

    entity: str
    project: str
    runs: list[int] = Field(max_length=MOST_RUNS)
    stream: StreamName = "history"


class KeyLine(BaseModel):
    """One key of some runs. `step_key` is the x axis that define_metric gave it."""

    name: str
    kinds: list[str]
    runs: int
    step_key: str | None


class KeyList(BaseModel):
    """Keys in the order in which they were first logged."""

    keys: list[KeyLine]


@router.post("/keys")
def keys(ask: Asked, wanted: KeysQuery) -> KeyList:
    """Every key that these runs have logged."""
    found: dict[str, KeyLine] = {}
    with ask.store.reading() as reads:
        for row in _runs(ask, reads, wanted.entity, wanted.project, wanted.runs):
            metrics = defined_metrics(row)
            for name, key in reads.keys(row, STREAMS[wanted.stream]).items():
                if name in INTERNAL:
                    continue
                line = found.get(name)
                if line is None:
                    line = found[name] = KeyLine(
                        name=name, kinds=[], runs=0, step_key=step_key_of(name, metrics)
                    )
                line.runs += 1
                line.kinds = sorted(set(line.kinds) | set(kind_names(key.kind)))
    return KeyList(keys=list(found.values()))


def kind_names(kind: Kind) -> list[str]:
    """A key's kinds as words; media in short."""
    return [KIND_NAMES[one] for one in Kind if one in kind]


def defined_metrics(row: Row[Any]) -> list[dict[str, Any]]:
    """What define_metric said in a run, as the client sent it."""
    own = json_object(row.config, "config").get("_wandb")
    inner = own.get("value") if isinstance(own, dict) else None
    metrics = inner.get("m") if isinstance(inner, dict) else None
    return [one for one in metrics if isinstance(one, dict)] if isinstance(metrics, list) else []


class Panel(BaseModel):
    """One metric of many runs, over `x` (`_step`, `_timestamp`, `_relative` seconds, or a key) between `lo`
    and `hi`, in at most `points` points a run."""

    entity: str
    project: str
    runs: list[int] = Field(max_length=MOST_RUNS)
    key: str
    x: str = "_step"
    stream: StreamName = "history"
    lo: float | None = None
    hi: float | None = None
    points: int = Field(500, ge=2, le=4000)


class SeriesQuery(BaseModel):
    """Several panels in one request."""

    panels: list[Panel] = Field(max_length=MOST_PANELS)


class SeriesLine(BaseModel):
    """One run's line, with its receipt. `mean` holds the values when `exact`, else bucket means between `low`
    and `high`; null stands for NaN and infinities. `n` rows are covered, `nonfinite` of them not drawn.
    `level` is that of the pyramid it was read from, 0 for rows themselves."""

    run: int
    key: str
    n: int
    exact: bool
    nonfinite: int
    level: int
    x: list[float]
    mean: list[float | None]
    low: list[float | None] | None
    high: list[float | None] | None


class PanelSeries(BaseModel):
    """The lines of one panel."""

    series: list[SeriesLine]


class SeriesAnswer(BaseModel):
    """Panels in the order of the question."""

    panels: list[PanelSeries]


@router.post("/series", response_model=SeriesAnswer)
def series(ask: Asked, wanted: SeriesQuery) -> Response:
    """Lines of many panels, each at most as long as it is wide. No extreme is ever lost."""
    panels = []
    with ask.store.reading() as reads:
        for panel in wanted.panels:
            rows = _runs(ask, reads, panel.entity, panel.project, panel.runs)
            lines = reads.series(
                rows, [panel.key], panel.x, panel.lo, panel.hi, panel.points, STREAMS[panel.stream]
            )
            panels.append({"series": [_line(run_id, key, line) for (run_id, key), line in lines.items()]})
    # Numbers go straight to JSON: checking each again would cost more than reading them.
    return Response(orjson.dumps({"panels": panels}, option=ARRAYS), media_type="application/json")


def _line(run_id: int, key: str, line: "Line") -> dict[str, Any]:
    return {
        "run": run_id,
        "key": key,
        "n": line.n,
        "exact": line.exact,
        "nonfinite": line.nonfinite,
        "level": line.level,
        "x": line.x,
        "mean": line.mean,
        "low": None if line.exact else line.low,
        "high": None if line.exact else line.high,
    }


class RowList(BaseModel):
    """Exact rows in the order of steps; `more` says that there are further ones."""

    rows: list[dict[str, Any]]
    more: bool


@router.get("/runs/{entity}/{project}/{run}/rows")
def rows(
    ask: Asked,
    entity: str,
    project: str,
    run: str,
    key: Annotated[list[str], Query(min_length=1, max_length=100)],
    min_step: int = 0,
    limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 1000,
) -> RowList:
    """Rows that have at least one of the keys, cut to `_step` and these keys."""
    with ask.store.reading() as reads:
        row = run_named(ask, reads, entity, project, run)
        found = [
            {"_step": one["_step"], **{name: one[name] for name in key if name in one}}
            for _, one in reads.rows(row, lo=min_step)
            if any(name in one for name in key)
        ]
    return RowList(rows=[plain(one) for one in found[:limit]], more=len(found) > limit)


class ConsoleLine(BaseModel):
    """One printed line."""

    number: int
    timestamp: str | None
    level: str | None
    line: str


class ConsolePage(BaseModel):
    """Lines of the console; `total` counts all of them."""

    lines: list[ConsoleLine]
    total: int


@router.get("/runs/{entity}/{project}/{run}/console")
def console(
    ask: Asked,
    entity: str,
    project: str,
    run: str,
    start: Annotated[int | None, Query(ge=0)] = None,
    last: Annotated[int, Query(ge=1, le=20_000)] = 5000,
) -> ConsolePage:
    """Lines from `start` on, or the last ones."""
    with ask.store.reading() as reads:
        row = run_named(ask, reads, entity, project, run)
        total = reads.console_count(row)
        cut = reads.console(row, max(0, total - last) if start is None else start, last)
    return ConsolePage(
        lines=[
            ConsoleLine(number=one.number, timestamp=one.at, level=one.level, line=one.text) for one in cut
        ],
        total=total,
    )


def _runs(ask: Ask, reads: Reads, entity: str, project: str, ids: Sequence[int]) -> list[Row[Any]]:
    """Visible runs of a project by id, in the order of `ids`. Raises `Invalid` for runs of another one."""
    owner = find_project(reads, ask.viewer, entity, project, Access.READ)
    found = reads.runs_by_id(ask.viewer, ids)
    if any(row.project_id != owner.id for row in found.values()):
        raise Invalid(f"runs: expected ids of runs of {entity}/{project}.")
    return [found[one] for one in ids if one in found]
