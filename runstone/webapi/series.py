"""Lines to draw: panels of many runs, what is new in them, figures over groups of runs."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import orjson
from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Row
from starlette.responses import Response

from runstone.actions.access import find_project
from runstone.domain.errors import Invalid, NotFound
from runstone.domain.history import Stream
from runstone.domain.viewer import Access
from runstone.store.live import Cursor
from runstone.store.reads import Reads
from runstone.webapi.frame import MEDIA_TYPE, Frame
from runstone.webapi.requests import Ask, Asked

if TYPE_CHECKING:
    from runstone.store.charts import Line, Read
    from runstone.store.live import GroupLine

router = APIRouter(prefix="/api", tags=["series"])

MOST_RUNS = 1000
MOST_PANELS = 64
MOST_KEYS = 100
ARRAYS = orjson.OPT_SERIALIZE_NUMPY  # NaN becomes null
StreamName = Literal["history", "system"]
STREAMS = {"history": Stream.HISTORY, "system": Stream.SYSTEM}
FRAME: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A frame: the text RSF1, the length of a header (32 bits, little-endian), the header "
        "as JSON, then the arrays, from a multiple of 8 bytes on. An array in the header is "
        '{"type": "f8" | "f4" | "i4", "at": bytes behind the header, "n": numbers}.',
        "content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
    }
}


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


class StreamCursor(BaseModel):
    """How far the rows of a run go; `/api/series/fresh` tells what has come since."""

    epoch: int
    line: int


class SeriesReceipt(BaseModel):
    """One run's line in a panel: `n` rows are covered, `nonfinite` of them not drawn (NaN, infinities).
    `exact`: each point is one row. `level` is that of the pyramid it was read from, 0 for rows themselves."""

    run: int
    key: str
    n: int
    points: int
    exact: bool
    nonfinite: int
    level: int
    cursor: StreamCursor


class SeriesLine(SeriesReceipt):
    """A line with its receipt. `mean` holds the values when `exact`, else bucket means between `low` and
    `high`; null stands for NaN and infinities."""

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
    panels = [
        {
            "series": [
                {
                    **receipt,
                    "x": line.x,
                    "mean": line.mean,
                    "low": None if line.exact else line.low,
                    "high": None if line.exact else line.high,
                }
                for receipt, line in lines
            ]
        }
        for lines in _panels(ask, wanted)
    ]
    # Numbers go straight to JSON: checking each again would cost more than reading them.
    return Response(orjson.dumps({"panels": panels}, option=ARRAYS), media_type="application/json")


@router.post("/series/frame", response_class=Response, responses=FRAME)
def series_frame(ask: Asked, wanted: SeriesQuery) -> Response:
    """The same as one binary frame. Its header has the receipts, each with the arrays `x` (f8), `mean` (f4)
    and, unless exact, `low` and `high` (f4)."""
    frame = Frame()
    panels = []
    for lines in _panels(ask, wanted):
        shown = []
        for receipt, line in lines:
            arrays = {"x": frame.add(line.x, "f8"), "mean": frame.add(line.mean, "f4")}
            if not line.exact:
                arrays.update(low=frame.add(line.low, "f4"), high=frame.add(line.high, "f4"))
            shown.append({**receipt, **arrays})
        panels.append({"series": shown})
    return Response(frame.body({"panels": panels}), media_type=MEDIA_TYPE)


def _panels(ask: Ask, wanted: SeriesQuery) -> "list[list[tuple[dict[str, Any], Line]]]":
    """Receipt and line of each series of each panel."""
    panels = []
    with ask.store.reading() as reads:
        for panel in wanted.panels:
            rows = visible_streams(ask, reads, panel.entity, panel.project, panel.runs, (panel.key, panel.x))
            stream = STREAMS[panel.stream]
            epochs = {row.id: row.epoch for row in rows}
            lines = reads.series(rows, [panel.key], panel.x, panel.lo, panel.hi, panel.points, stream)
            panels.append(
                [(_receipt(run_id, key, line, epochs[run_id]), line) for (run_id, key), line in lines.items()]
            )
    return panels


def _receipt(run_id: int, key: str, line: "Line", epoch: int) -> dict[str, Any]:
    return {
        "run": run_id,
        "key": key,
        "n": line.n,
        "points": int(line.x.size),
        "exact": line.exact,
        "nonfinite": line.nonfinite,
        "level": line.level,
        "cursor": {"epoch": epoch, "line": line.end},
    }


class FreshQuery(BaseModel):
    """What has come since, by the cursors of `/api/series`."""

    entity: str
    project: str
    keys: list[str] = Field(max_length=MOST_KEYS)
    x: str = "_step"
    stream: StreamName = "history"
    after: dict[int, StreamCursor] = Field(max_length=MOST_RUNS)


class FreshSeries(BaseModel):
    """Rows of one key that are new, one point each."""

    key: str
    x: list[float]
    values: list[float | None]


class FreshRun(BaseModel):
    """One run with news. `reset`: what is shown of it is to be read again as a whole."""

    run: int
    cursor: StreamCursor
    reset: bool
    series: list[FreshSeries]


class FreshAnswer(BaseModel):
    """Runs with news; the others have none."""

    runs: list[FreshRun]


@router.post("/series/fresh", response_model=FreshAnswer)
def fresh(ask: Asked, wanted: FreshQuery) -> Response:
    """Points that runs have gained since they were read."""
    after = {run_id: Cursor(one.epoch, one.line) for run_id, one in wanted.after.items()}
    with ask.store.reading() as reads:
        rows = visible_streams(
            ask, reads, wanted.entity, wanted.project, list(after), (*wanted.keys, wanted.x)
        )
        found = reads.fresh_over(rows, after, wanted.keys, wanted.x, STREAMS[wanted.stream])
    runs = [
        {
            "run": run_id,
            "cursor": {"epoch": news.cursor.epoch, "line": news.cursor.line},
            "reset": news.reset,
            "series": [_points(key, curve) for key, curve in curves.items()],
        }
        for run_id, (news, curves) in found.items()
    ]
    return Response(orjson.dumps({"runs": runs}, option=ARRAYS), media_type="application/json")


def _points(key: str, read: "Read") -> dict[str, Any]:
    return {"key": key, "x": read.curve.x, "values": read.curve.mean}


class GroupPanel(BaseModel):
    """One metric over groups of runs (lists of ids), on a grid of at most `cells` cells over `x`."""

    entity: str
    project: str
    groups: list[list[int]] = Field(max_length=100)
    key: str
    x: str = "_step"
    stream: StreamName = "history"
    lo: float | None = None
    hi: float | None = None
    cells: int = Field(200, ge=1, le=1000)


class GroupQuery(BaseModel):
    """Several such panels in one request."""

    panels: list[GroupPanel] = Field(max_length=MOST_PANELS)


@router.post("/series/groups", response_class=Response, responses=FRAME)
def series_groups(ask: Asked, wanted: GroupQuery) -> Response:
    """Figures over the runs of each group as one binary frame.

    The header is `{"panels": [{"groups": [...]}]}`, a group being its receipt (`runs`, `rows`,
    `nonfinite`, `exact`, `level`, `points`) with the arrays `x` (f8), `mean`, `median`, `low`,
    `high`, `std`, `stderr` (f4) and `n` (i4: how many runs). Each run counts once in a cell,
    with the mean of its rows there; cells without a run are left out.
    """
    frame = Frame()
    panels = []
    with ask.store.reading() as reads:
        for panel in wanted.panels:
            ids = list(dict.fromkeys(one for group in panel.groups for one in group))
            if len(ids) > MOST_RUNS:
                raise Invalid(f"groups: {len(ids)} runs; at most {MOST_RUNS} are possible in one panel.")
            found = visible_streams(ask, reads, panel.entity, panel.project, ids, (panel.key, panel.x))
            rows = {row.id: row for row in found}
            groups = [[rows[one] for one in group if one in rows] for group in panel.groups]
            lines = reads.group_lines(
                groups, panel.key, panel.x, panel.lo, panel.hi, panel.cells, STREAMS[panel.stream]
            )
            panels.append({"groups": [_group(frame, line) for line in lines]})
    return Response(frame.body({"panels": panels}), media_type=MEDIA_TYPE)


def _group(frame: Frame, line: "GroupLine") -> dict[str, Any]:
    figures = {
        name: frame.add(getattr(line, name), "f4")
        for name in ("mean", "median", "low", "high", "std", "stderr")
    }
    return {
        "runs": line.runs,
        "rows": line.rows,
        "nonfinite": line.nonfinite,
        "exact": line.exact,
        "level": line.level,
        "points": int(line.x.size),
        "x": frame.add(line.x, "f8"),
        **figures,
        "n": frame.add(line.n, "i4"),
    }


def check_keys(ask: Ask, keys: Iterable[str]) -> None:
    """Raise `NotFound` for keys that the viewer's share link does not show."""
    scope = ask.viewer.scope
    hidden = [] if scope is None else [key for key in keys if not scope.has_key(key)]
    if hidden:
        raise NotFound(f"The shared report does not show {', '.join(hidden)}. Sign in to see its project.")


def visible_runs(
    ask: Ask, reads: Reads, entity: str, project: str, ids: Sequence[int], keys: Iterable[str]
) -> list[Row[Any]]:
    """Visible runs by id, in the order of `ids`, of a project and of others that the viewer reads: a report
    draws runs of several projects in one panel. Raises `NotFound` where the project is not visible, or one of
    the keys that are asked for."""
    _check(ask, reads, entity, project, keys)
    found = reads.runs_by_id(ask.viewer, ids)
    return [found[one] for one in dict.fromkeys(ids) if one in found]


def visible_streams(
    ask: Ask, reads: Reads, entity: str, project: str, ids: Sequence[int], keys: Iterable[str]
) -> list[Row[Any]]:
    """The same with no more of each run than reads of its streams go by."""
    _check(ask, reads, entity, project, keys)
    found = reads.streams_to_read(ask.viewer, ids)
    return [found[one] for one in dict.fromkeys(ids) if one in found]


def _check(ask: Ask, reads: Reads, entity: str, project: str, keys: Iterable[str]) -> None:
    check_keys(ask, keys)
    find_project(reads, ask.viewer, entity, project, Access.READ)
