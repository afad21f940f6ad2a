"""What programs printed: pages of lines, what is new, searching."""

from collections.abc import Iterator, Sequence
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response, StreamingResponse

from runstone.domain.errors import Invalid
from runstone.domain.filter import pattern_of
from runstone.store.history import ConsoleLine as Line
from runstone.webapi.requests import Asked
from runstone.webapi.run import run_named

router = APIRouter(prefix="/api/runs/{entity}/{project}/{run}/console", tags=["console"])

MOST_LINES = 20_000
MOST_MATCHES = 1000


class ConsoleLine(BaseModel):
    """One printed line, colours (ANSI codes) and all."""

    number: int
    timestamp: str | None
    level: str | None
    label: str | None = Field(description="What people call the process that printed it, where several do.")
    line: str


class ConsolePage(BaseModel):
    """Lines of the console; `total` counts all of them. `cursor` asks `console/news` for what is new or
    rewritten; another `epoch` in its answer says that the run began anew. `damaged` tells in words which
    lines are left out since their file is damaged."""

    lines: list[ConsoleLine]
    total: int
    cursor: int
    epoch: int
    damaged: list[str]


class ConsoleMatches(BaseModel):
    """Lines that match; `next` is the number to go on from, null at the end."""

    lines: list[ConsoleLine]
    next: int | None


class PrintedBy(BaseModel):
    """Where the lines of one of several processes lie: ranges `[first line, number of lines]` in order."""

    label: str
    ranges: list[tuple[int, int]]


class Processes(BaseModel):
    """Who has printed what; nobody for an ordinary run."""

    processes: list[PrintedBy]


@router.get("/processes")
def console_processes(ask: Asked, entity: str, project: str, run: str) -> Processes:
    """Which lines each of the processes has printed that write a run side by side."""
    with ask.store.reading() as reads:
        row = run_named(ask, reads, entity, project, run)
        writers = reads.writers(row)
        printed = reads.printed_by(writers)
    found: dict[str, list[tuple[int, int]]] = {}
    for one in writers:  # a process that was started again has its label once more
        found.setdefault(one.label or one.name, []).extend(printed[one.id])
    return Processes(processes=[PrintedBy(label=label, ranges=sorted(found[label])) for label in found])


@router.get("")
def console(
    ask: Asked,
    entity: str,
    project: str,
    run: str,
    start: Annotated[int | None, Query(ge=0)] = None,
    last: Annotated[int, Query(ge=1, le=MOST_LINES)] = 5000,
) -> ConsolePage:
    """Lines from `start` on, or the last ones."""
    with ask.store.reading() as reads:
        row = run_named(ask, reads, entity, project, run)
        total = reads.console_count(row)
        found = reads.console(row, max(0, total - last) if start is None else start, last)
        return ConsolePage(
            lines=_lines(found),
            total=total,
            cursor=reads.console_arrivals(row),
            epoch=row.epoch,
            damaged=reads.damaged,
        )


@router.get("/news")
def console_news(
    ask: Asked,
    entity: str,
    project: str,
    run: str,
    cursor: Annotated[int, Query(ge=0)],
    total: Annotated[int, Query(ge=0)],
    most: Annotated[int, Query(ge=1, le=MOST_LINES)] = 5000,
) -> ConsolePage:
    """Lines that are new or rewritten since a page with this `cursor` and `total`; of more than `most` the
    last ones."""
    with ask.store.reading() as reads:
        row = run_named(ask, reads, entity, project, run)
        news = reads.console_news(row, cursor, total, most)
    return ConsolePage(
        lines=_lines(news.lines),
        total=news.total,
        cursor=news.arrivals,
        epoch=row.epoch,
        damaged=reads.damaged,
    )


@router.get("/search")
def console_search(
    ask: Asked,
    entity: str,
    project: str,
    run: str,
    text: Annotated[str, Query(max_length=1000)] = "",
    label: str | None = None,
    regex: bool = False,
    start: Annotated[int, Query(ge=0)] = 0,
    most: Annotated[int, Query(ge=1, le=MOST_MATCHES)] = 200,
) -> ConsoleMatches:
    """Lines from `start` on that contain a text, whatever its case, or with `regex` a regular expression;
    with `label` only what that one of several processes printed.

    Very long consoles are searched piece by piece: go on at `next`, also after no match.
    """
    if not text and label is None:
        raise Invalid("console/search: expected a text, or the label of a process.")
    wanted = pattern_of(text, "text") if regex else text
    with ask.store.reading() as reads:
        row = run_named(ask, reads, entity, project, run)
        found = reads.console_search(row, wanted, start, most, regex=regex, label=label)
    return ConsoleMatches(lines=_lines(found.lines), next=found.go_on)


@router.get("/text", response_class=StreamingResponse)
def console_text(ask: Asked, entity: str, project: str, run: str) -> Response:
    """All lines as a text file, also of a run that still prints or never came to its end: the client's own
    `output.log` is there only after it."""
    with ask.store.reading() as reads:
        row = run_named(ask, reads, entity, project, run)
        total = reads.console_count(row)

    def pieces() -> Iterator[str]:
        for start in range(0, total, MOST_LINES):
            with ask.store.reading() as reads:
                found = reads.console(row, start, min(MOST_LINES, total - start))
            yield "".join(f"{one.text}\n" for one in found)

    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(run, safe='')}.log",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(pieces(), headers=headers, media_type="text/plain; charset=utf-8")


def _lines(lines: Sequence[Line]) -> list[ConsoleLine]:
    return [
        ConsoleLine(number=one.number, timestamp=one.at, level=one.level, label=one.label, line=one.text)
        for one in lines
    ]
