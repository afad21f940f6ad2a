"""What runs have logged: keys, exact rows, console lines."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import Row

from runstone.actions.run import json_object
from runstone.domain.history import INTERNAL, KIND_NAMES, Kind
from runstone.domain.metric import step_key_of
from runstone.webapi.requests import Asked
from runstone.webapi.run import plain, run_named
from runstone.webapi.series import MOST_RUNS, STREAMS, StreamName, visible_runs

router = APIRouter(prefix="/api", tags=["history"])

MOST_ROWS = 10_000


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
        rows = visible_runs(ask, reads, wanted.entity, wanted.project, wanted.runs)
        kinds = reads.key_kinds(rows, STREAMS[wanted.stream])
        for row in rows:
            metrics = defined_metrics(row)
            for name, kind in kinds[row.id].items():
                if name in INTERNAL:
                    continue
                line = found.get(name)
                if line is None:
                    line = found[name] = KeyLine(
                        name=name, kinds=[], runs=0, step_key=step_key_of(name, metrics)
                    )
                line.runs += 1
                line.kinds = sorted(set(line.kinds) | set(kind_names(kind)))
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
