"""What changes in a project, as server-sent events: the pages then ask for what they show."""

import asyncio
import json
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from runstone.actions.access import find_project
from runstone.domain.viewer import Access
from runstone.store.changes import Change
from runstone.webapi.requests import Ask, Asked

router = APIRouter(prefix="/api", tags=["live"])

QUIET_S = 15.0  # a comment this often keeps proxies from closing the line
TOGETHER_S = 0.25  # changes of this long travel as one event
MOST_WAITING = 1000


@router.get("/stream", response_class=StreamingResponse)
async def stream(request: Request, ask: Asked, entity: str, project: str) -> StreamingResponse:
    """Events `{"noun", "ids"}` of one project, a few a second at most."""
    project_id = await run_in_threadpool(_project_id, ask, entity, project)
    return StreamingResponse(
        _events(request, ask, project_id),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _project_id(ask: Ask, entity: str, project: str) -> int:
    with ask.store.reading() as reads:
        return int(find_project(reads, ask.viewer, entity, project, Access.READ).id)


async def _events(request: Request, ask: Ask, project_id: int) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    waiting: asyncio.Queue[Change] = asyncio.Queue(MOST_WAITING)

    def offer(change: Change) -> None:
        if not waiting.full():
            waiting.put_nowait(change)

    def on_change(change: Change) -> None:
        if change.project_id == project_id:
            loop.call_soon_threadsafe(offer, change)

    stop = ask.store.changes.watch(on_change)
    try:
        yield "retry: 2000\n\n"
        while not await request.is_disconnected():
            try:
                first = await asyncio.wait_for(waiting.get(), QUIET_S)
            except TimeoutError:
                yield ": quiet\n\n"
                continue
            await asyncio.sleep(TOGETHER_S)
            nouns: dict[str, set[int]] = {first.noun: {first.noun_id or 0}}
            while not waiting.empty():
                change = waiting.get_nowait()
                nouns.setdefault(change.noun, set()).add(change.noun_id or 0)
            for noun, ids in nouns.items():
                yield f"data: {json.dumps({'noun': noun, 'ids': sorted(ids)})}\n\n"
    finally:
        stop()
