"""POST /files/{entity}/{project}/{run}/file_stream: all that a running client streams."""

import asyncio
import zlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runstone.actions.history import Post, receive
from runstone.domain.errors import Busy, Invalid, RunstoneError, TooLarge
from runstone.domain.history import Chunk, Stream, read_json
from runstone.store.opening import Store
from runstone.wire.plain import Plain
from runstone.wire.sharing import writer_named

LARGEST_BYTES = 256 << 20
STREAMS = {
    "wandb-history.jsonl": Stream.HISTORY,
    "wandb-events.jsonl": Stream.SYSTEM,
    "output.log": Stream.CONSOLE,
}
SUMMARY = "wandb-summary.json"
DERIVES_SUMMARY = "x-wandb-server-side-derived-summary"
LAST_LINE = 2**53  # beyond it numbers of JSON are not exact


def filestream_route(store: Store, clock: Callable[[], datetime]) -> Route:
    """The route of this door."""

    async def post(request: Request) -> Response:
        viewer = request.state.viewer
        if not viewer.signed_in:
            return _refuse(401, request.state.refusal)
        names = request.path_params
        try:
            body = await _body(request)
            derives = DERIVES_SUMMARY in request.headers
            message = read_post(body, writer_named(request.headers), derives_summary=derives)
            answer = await asyncio.wrap_future(
                receive(store, viewer, names["entity"], names["project"], names["run"], message, clock())
            )
        except Busy as error:
            return _refuse(error.status, error.message, {"Retry-After": str(error.retry_after_s)})
        except RunstoneError as error:
            return _refuse(error.status, error.message)
        return Response(
            orjson.dumps({"exitcode": None, "limits": {}, "stopped": answer.stopped}),
            media_type="application/json",
        )

    return Route("/files/{entity}/{project}/{run}/file_stream", Plain(post), methods=["POST"])


async def _body(request: Request) -> bytes:
    body = await request.body()
    if len(body) > LARGEST_BYTES:
        raise TooLarge(f"file_stream body of {len(body)} bytes: expected at most {LARGEST_BYTES}.")
    if request.headers.get("content-encoding", "").lower() != "gzip":
        return body
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        plain = unpacker.decompress(body, LARGEST_BYTES)
    except zlib.error as error:
        raise Invalid(f"file_stream body: expected gzip as its header says ({error}).") from None
    if unpacker.unconsumed_tail:
        raise TooLarge(f"file_stream body over {LARGEST_BYTES} bytes when unpacked.")
    return plain


def read_post(body: bytes, writer: str | None = None, *, derives_summary: bool = False) -> Post:
    """A message from its JSON. Raises `Invalid`."""
    message = _parsed(body or b"{}")
    if not isinstance(message, dict):
        raise Invalid(f"file_stream body: expected a JSON object, got {type(message).__name__}.")
    files = message.get("files") or {}
    if not isinstance(files, dict):
        raise Invalid("file_stream body: `files` must be an object of streams by name.")
    chunks, summary = [], None
    for name, part in files.items():
        offset, content = _part(name, part)
        if name == SUMMARY:
            summary = content[-1] if content else None
        elif name in STREAMS and content:
            chunks.append(Chunk(STREAMS[name], offset, tuple(content)))
    uploaded = message.get("uploaded") or []
    if not isinstance(uploaded, list):
        raise Invalid("file_stream body: `uploaded` must be a list of file names.")
    exit_code = message.get("exitcode")
    failed = bool(message.get("failed"))
    complete = bool(message.get("complete")) or failed
    return Post(
        chunks=tuple(chunks),
        summary=summary,
        exit_code=_exit_code(exit_code, failed) if complete else None,
        preempting=bool(message.get("preempting")),
        uploaded=tuple(str(one) for one in uploaded),
        writer=writer,
        derives_summary=derives_summary,
    )


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        try:
            return read_json(body.decode())  # clients in Python may send half of a surrogate pair
        except (ValueError, RecursionError):
            raise Invalid(f"file_stream body: expected JSON ({error}).") from None


def _exit_code(value: Any, failed: bool) -> int:
    return value if isinstance(value, int) else 1 if failed else 0


def _part(name: str, part: Any) -> tuple[int, list[str]]:
    if not isinstance(part, dict):
        raise Invalid(f"file_stream body: files[{name!r}] must be an object with `offset` and `content`.")
    offset, content = part.get("offset", 0), part.get("content") or []
    if not isinstance(offset, int) or not 0 <= offset <= LAST_LINE or not isinstance(content, list):
        raise Invalid(f"file_stream body: files[{name!r}]: expected a line number and a list of lines.")
    return offset, [line if isinstance(line, str) else orjson.dumps(line).decode() for line in content]


def _refuse(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps({"error": message}), status, headers, media_type="application/json")
