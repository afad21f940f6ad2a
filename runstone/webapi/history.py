"""What runs have logged: keys and exact rows."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from runstone.domain.errors import Invalid
from runstone.domain.history import INTERNAL, KIND_NAMES, Kind, json_object
from runstone.domain.metric import step_key_of
from runstone.domain.run import defined_metrics
from runstone.webapi.requests import Asked
from runstone.webapi.run import plain, run_named
from runstone.webapi.series import MOST_RUNS, STREAMS, StreamName, check_keys, visible_runs

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
        rows = visible_runs(ask, reads, wanted.entity, wanted.project, wanted.runs, ())
        kinds = reads.key_kinds(rows, STREAMS[wanted.stream])
        for row in rows:
            metrics = defined_metrics(json_object(row.config, "config"))
            for name, kind in kinds[row.id].items():
                if name in INTERNAL or (ask.viewer.scope is not None and not ask.viewer.scope.has_key(name)):
                    continue
                line = found.get(name)
                if line is None:
                    line = found[name] = KeyLine(name=name, kinds=[], runs=0, step_key=None)
                # A run that has not said it doesn't take the axis from those that have.
                line.step_key = line.step_key or step_key_of(name, metrics)
                line.runs += 1
                line.kinds = sorted(set(line.kinds) | set(kind_names(kind)))
    return KeyList(keys=list(found.values()))


def kind_names(kind: Kind) -> list[str]:
    """A key's kinds as words; media in short."""
    return [KIND_NAMES[one] for one in Kind if one in kind]


class RowList(BaseModel):
    """Exact rows in the order of steps. `cursor` asks for those behind them, null at the end; `more` says the
    same. `damaged` tells in words which rows are left out since their file is damaged."""

    rows: list[dict[str, Any]]
    more: bool
    cursor: str | None
    damaged: list[str]


@router.get("/runs/{entity}/{project}/{run}/rows")
def rows(
    ask: Asked,
    entity: str,
    project: str,
    run: str,
    key: Annotated[list[str], Query(min_length=1, max_length=100)],
    min_step: int | None = None,
    max_step: Annotated[int | None, Query(description="Rows from this step on are left out.")] = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 1000,
) -> RowList:
    """Rows that have at least one of the keys, cut to `_step` and these keys."""
    after = _place_of(cursor) if cursor else None
    check_keys(ask, key)
    with ask.store.reading() as reads:
        row = run_named(ask, reads, entity, project, run)
        found = reads.rows_page(row, key, after=after, lo=min_step, hi=max_step, limit=limit + 1)
    more = len(found) > limit
    last = found[limit - 1] if more else None
    return RowList(
        rows=[plain(one) for _, one in found[:limit]],
        more=more,
        cursor=None if last is None else f"{last[1]['_step']}.{last[0]}",
        damaged=reads.damaged,
    )


def _place_of(cursor: str) -> tuple[int, int]:
    step, _, line = cursor.partition(".")
    try:
        return int(step), int(line)
    except ValueError:
        raise Invalid(f"cursor {cursor!r:.80}: expected STEP.LINE, as an answer gave it.") from None
