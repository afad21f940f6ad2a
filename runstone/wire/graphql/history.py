"""History, system measurements and console lines on the wire."""

import json
import math
from typing import Any

from ariadne import ObjectType, SchemaBindable
from graphql import GraphQLResolveInfo
from sqlalchemy import Row

from runstone.domain.errors import Invalid
from runstone.domain.history import RAW, Stream, evenly, number
from runstone.store.history import ConsoleLine, as_text, project_row
from runstone.wire.graphql.connections import offset_of, page, page_size
from runstone.wire.graphql.context import ask

run = ObjectType("Run")

BINDABLES: list[SchemaBindable] = [run]

DEFAULT_SAMPLES = 500


def _rows(
    row: Row[Any], info: GraphQLResolveInfo, stream: Stream, lo: float = -math.inf, hi: float = math.inf
) -> list[dict[str, Any]]:
    """Rows of a range of steps, read once in a request."""
    request = ask(info)
    return request.once(
        ("rows", row.id, stream, lo, hi),
        lambda: [one for _, one in request.reads.rows(row, stream, lo, hi)],
    )


def _range(min_step: int | None, max_step: int | None) -> tuple[float, float]:
    return -math.inf if min_step is None else min_step, math.inf if max_step is None else max_step


@run.field("history")
def resolve_history(
    row: Row[Any],
    info: GraphQLResolveInfo,
    min_step: int | None = None,
    max_step: int | None = None,
    samples: int | None = None,
) -> list[str]:
    """Rows as JSON texts: all of a range of steps, or evenly sampled ones."""
    found = _rows(row, info, Stream.HISTORY, *_range(min_step, max_step))
    if min_step is None and max_step is None:
        found = [found[i] for i in evenly(len(found), DEFAULT_SAMPLES if samples is None else samples)]
    return [as_text(one) for one in found]


@run.field("events")
def resolve_events(
    row: Row[Any],
    info: GraphQLResolveInfo,
    min_step: int | None = None,
    max_step: int | None = None,
    samples: int | None = None,
) -> list[str]:
    """System measurements as JSON texts, evenly sampled."""
    found = _rows(row, info, Stream.SYSTEM)
    return [as_text(found[i]) for i in evenly(len(found), DEFAULT_SAMPLES if samples is None else samples)]


@run.field("sampledHistory")
def resolve_sampled(
    row: Row[Any], info: GraphQLResolveInfo, specs: list[str], pack_version: int | None = None
) -> list[list[dict[str, Any]]]:
    """Per spec the rows that have all of its keys, evenly sampled."""
    return [_sampled(row, info, spec) for spec in specs]


def _sampled(row: Row[Any], info: GraphQLResolveInfo, text: str) -> list[dict[str, Any]]:
    try:
        spec = json.loads(text)
        keys = list(dict.fromkeys(str(key) for key in spec.get("keys") or ()))
        samples = int(spec.get("samples") or DEFAULT_SAMPLES)
        low, high = (None if at is None else int(at) for at in (spec.get("minStep"), spec.get("maxStep")))
    except (ValueError, AttributeError, TypeError, OverflowError):
        raise Invalid(f'specs: expected {{"keys": [...], "samples": n}}, got {text[:200]}') from None
    if low is not None and high is not None and samples == high - low + 1:
        high += 1  # clients from 0.28 on mean the last step itself: they ask for as many rows as there can be
    chosen = _rows(row, info, Stream.HISTORY, *_range(low, high))
    cut = [
        one for one in (project_row(whole, keys) if keys else whole for whole in chosen) if one is not None
    ]
    return [native(cut[i]) for i in evenly(len(cut), samples)]


def native(value: Any) -> Any:
    """A value as strict JSON: NaN and infinities become the words that clients know."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: native(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [native(inner) for inner in value]
    return value


@run.field("historyKeys")
def resolve_keys(
    row: Row[Any], info: GraphQLResolveInfo, filter: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """Every key with its kinds, last value and the last step."""
    request = ask(info)
    keys = request.reads.keys(row)
    return {
        "step": 0,
        "lastStep": request.reads.last_step(row),
        "sets": [],
        "keys": {
            name: {
                "typeCounts": [{"type": kind, "count": n} for kind, n in key.counts.items()],
                "monotonic": key.monotonic and number(key.last) is not None,
                "previousValue": native(key.last),
            }
            for name, key in keys.items()
            if name != RAW
        },
    }


@run.field("historyLineCount")
def resolve_history_count(row: Row[Any], info: GraphQLResolveInfo) -> int:
    """Lines accepted: where a resumed client goes on."""
    return ask(info).reads.line_count(row, Stream.HISTORY)


@run.field("eventsLineCount")
def resolve_events_count(row: Row[Any], info: GraphQLResolveInfo) -> int:
    """Lines accepted of system measurements."""
    return ask(info).reads.line_count(row, Stream.SYSTEM)


@run.field("logLineCount")
def resolve_log_count(row: Row[Any], info: GraphQLResolveInfo) -> int:
    """Lines accepted of the console."""
    return ask(info).reads.line_count(row, Stream.CONSOLE)


@run.field("historyTail")
def resolve_history_tail(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """The last row, as a JSON list of JSON texts."""
    return json.dumps(ask(info).reads.last_rows(row, Stream.HISTORY, 1))


@run.field("eventsTail")
def resolve_events_tail(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """The last system measurement, as a JSON list of JSON texts."""
    return json.dumps(ask(info).reads.last_rows(row, Stream.SYSTEM, 1))


@run.field("systemMetrics")
def resolve_system(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """The last system measurement as one JSON object."""
    last = ask(info).reads.last_rows(row, Stream.SYSTEM, 1)
    return last[0] if last else "{}"


@run.field("parquetHistory")
def resolve_parquet(
    row: Row[Any], info: GraphQLResolveInfo, live_keys: list[str] | None = None
) -> dict[str, Any]:
    """Files, when the whole history can be read from them; otherwise the step from which clients read page
    by page. Never both: see `store/history_files.py`."""
    request = ask(info)
    files = request.reads.history_files(row, every=request.every_history_file)
    if files:
        links = request.links
        names = (f"{row.name}_{i}.parquet" for i in range(len(files)))
        urls = [links.history_file(row.id, file, name) for file, name in zip(files, names, strict=True)]
        return {"parquet_urls": urls, "live_data": []}
    first = request.reads.first_step(row)
    return {"parquet_urls": [], "live_data": [] if first is None else [{"_step": first}]}


@run.field("logLines")
def resolve_log_lines(
    row: Row[Any],
    info: GraphQLResolveInfo,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
    use_improved_pagination: bool | None = None,
) -> dict[str, Any]:
    """Console lines: a page from a cursor on, or the last ones."""
    reads = ask(info).reads
    total = reads.console_count(row)
    offset, size = (max(0, total - last), last) if last is not None else (offset_of(after), page_size(first))
    cut = [_node(one) for one in reads.console(row, offset, size)]
    more = last is None and offset + size < total
    return page(cut, offset, more, total_count=total)


def _node(line: ConsoleLine) -> dict[str, Any]:
    return {
        "number": line.number,
        "timestamp": line.at,
        "level": line.level or "info",
        "label": line.label,
        "line": line.text,
    }
