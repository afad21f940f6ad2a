"""The door for wandb clients: every route outside `/api`, as one list."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from runstone.domain.errors import Invalid
from runstone.store.opening import Store
from runstone.wire.files import routes as file_routes
from runstone.wire.filestream import filestream_route
from runstone.wire.graphql.context import Ask
from runstone.wire.graphql.executor import Answer, execute, refusal
from runstone.wire.sharing import writer_named

LARGEST_GRAPHQL_BYTES = 64 << 20
EARLY_S = 8.0  # how long a question that came too early waits: the oldest clients hang up after 10 s
AGAIN_S = 0.2


def routes(
    store: Store, clock: Callable[[], datetime], *, every_history_file: bool = False
) -> list[BaseRoute]:
    """All routes of this door. The middleware in front has put `viewer`, `base_url` and `request_id`
    into the request's state."""

    async def graphql(request: Request) -> Response:
        """POST /graphql."""
        viewer = request.state.viewer
        if not viewer.signed_in:
            return _json(401, refusal(401, request.state.refusal).body)
        body = await request.body()
        if len(body) > LARGEST_GRAPHQL_BYTES:
            return _json(413, refusal(413, f"GraphQL body over {LARGEST_GRAPHQL_BYTES} bytes.").body)
        try:
            parsed = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            return _json(400, refusal(400, f"GraphQL body: expected JSON ({error}).").body)
        try:
            writer = writer_named(request.headers)
        except Invalid as error:
            return _json(error.status, refusal(error.status, error.message).body)
        ask = Ask(
            viewer=viewer,
            store=store,
            base_url=request.state.base_url,
            clock=clock,
            user_agent=request.headers.get("user-agent", ""),
            writer=writer,
            every_history_file=every_history_file,
        )
        answer = await _in_time(request, ask, parsed)
        headers = {} if answer.retry_after_s is None else {"Retry-After": str(answer.retry_after_s)}
        return _json(answer.status, answer.body, headers)

    async def telemetry(request: Request) -> Response:
        """POST /sdk/otel/v1/*: clients' measurements of themselves, without a key. Nothing is kept."""
        return Response(status_code=204)

    return [
        Route("/sdk/otel/v1/{kind}", telemetry, methods=["POST"]),
        Route("/graphql", graphql, methods=["POST"]),
        filestream_route(store, clock),
        *file_routes(store, clock),
    ]


async def _in_time(request: Request, ask: Ask, body: Any) -> Answer:
    """The answer; the same question is asked again, in no thread meanwhile, while it came too early."""
    until = time.monotonic() + EARLY_S
    while True:
        ask.too_early = False
        answer = await asyncio.to_thread(execute, ask, body, request.state.request_id)
        if not ask.too_early or time.monotonic() >= until or await request.is_disconnected():
            return answer
        await asyncio.sleep(AGAIN_S)


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, media_type="application/json")
