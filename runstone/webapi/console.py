"""What programs printed: pages of lines, what is new, searching."""

from collections.abc import Iterator, Sequence
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse

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
    text: Annotated[str, Query(min_length=1, max_length=1000)],
    regex: bool = False,
    start: Annotated[int, Query(ge=0)] = 0,
    most: Annotated[int, Query(ge=1, le=MOST_MATCHES)] = 200,
) -> ConsoleMatches:
    """Lines from `start` on that contain a text, whatever its case, or with `regex` a regular expression.

    Very long consoles are searched piece by piece: go on at `next`, also after no match.
    """
    wanted = pattern_of(text, "text") if regex else text
    with ask.store.reading() as reads:
        row = run_named(ask, reads, entity, project, run)
        found = reads.console_search(row, wanted, start, most, regex=regex)
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
    return [ConsoleLine(number=one.number, timestamp=one.at, level=one.level, line=one.text) for one in lines]
