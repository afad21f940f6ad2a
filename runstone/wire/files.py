"""Byte routes: signed PUT and GET of run files and artifact files, and the old download addresses.

Raw streaming in constant memory: a body is hashed piece by piece on its way to the disk,
and only bytes that are what the client announced become an object.
"""

import asyncio
import base64
import binascii
import mimetypes
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, TypeVar

import orjson
from sqlalchemy import Row
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from runstone.actions.blob import Small, receive_blob, receive_manifest, receive_run_file, receive_small
from runstone.domain.blob import md5_of
from runstone.domain.byte_range import wanted_part
from runstone.domain.errors import Denied, Invalid, NotFound, RunstoneError
from runstone.domain.ids import RunId, UserId
from runstone.domain.viewer import NOBODY, Viewer
from runstone.store.history_files import HistoryFile
from runstone.store.objects import Receiving, mismatch
from runstone.store.opening import Store
from runstone.wire.plain import Plain
from runstone.wire.receiving import Body
from runstone.wire.signing import LINK_PREFIX, Grant, Purpose, read_token

T = TypeVar("T")

PIECE_BYTES = 1 << 20
SMALL_BYTES = 64 << 10  # such files wait for each other and are kept together
TOGETHER = 256
DISK_WRITERS = 16
RECEIVERS = 32  # threads that wait for the disk; more of them make larger groups of commits
VIEWER_REMEMBERED_S = 5.0
VIEWERS_REMEMBERED = 1024
REDIRECT_S = 3600
REDIRECT_BYTES = 1 << 20  # smaller files cost less through this server than a second request

_MD5 = re.compile(r"[0-9a-f]{32}\Z")

OPEN_TO_ALL_PAGES = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, PUT, OPTIONS",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Expose-Headers": "ETag, Content-Length, Content-Range, Content-Type",
    "Access-Control-Max-Age": "3600",
}
# What people upload is shown, never trusted: no script of theirs runs on this server's address.
HARMLESS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data: 'self'",
}


class StoredFile(FileResponse):
    """A stored object as a response, with ranges, in large pieces."""

    chunk_size = PIECE_BYTES


def routes(store: Store, clock: Callable[[], datetime]) -> list[BaseRoute]:
    """All byte routes of this door."""
    return Files(store, clock).routes()


class Files:
    """The byte routes over one store."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self.store = store
        self.clock = clock
        self.pool = ThreadPoolExecutor(RECEIVERS, thread_name_prefix="files")
        self.disk = ThreadPoolExecutor(DISK_WRITERS, thread_name_prefix="disk")
        self._viewers: dict[int, tuple[float, Viewer]] = {}
        self._small: list[tuple[Grant, bytes, asyncio.Future[None]]] = []
        self._keeping: asyncio.Task[None] | None = None

    def routes(self) -> list[BaseRoute]:
        """Signed addresses and the two old forms of artifact downloads."""
        old = ["GET", "HEAD", "OPTIONS"]
        return [
            Route(LINK_PREFIX + "{token}/{name:path}", self._answering(self.signed), methods=["PUT", *old]),
            Route("/artifacts/{entity}/{md5}", self._answering(self.by_md5), methods=old),
            Route("/artifactsV2/{path:path}", self._answering(self.by_path), methods=old),
        ]

    def _answering(self, handle: Callable[[Request], Awaitable[Response]]) -> Plain:
        async def endpoint(request: Request) -> Response:
            if request.method == "OPTIONS":
                return Response(status_code=204, headers=OPEN_TO_ALL_PAGES)
            try:
                return await handle(request)
            except RunstoneError as error:
                return Response(
                    orjson.dumps({"error": error.message}),
                    error.status,
                    OPEN_TO_ALL_PAGES,
                    media_type="application/json",
                )

        return Plain(endpoint)

    async def signed(self, request: Request) -> Response:
        """PUT or GET /files/@/{token}/{name}."""
        grant = read_token(self.store.secret, request.path_params["token"], self.clock())
        if request.method != "PUT":
            return await self._in_thread(self._send_granted, request, grant)
        if grant.purpose not in (Purpose.PUT_BLOB, Purpose.PUT_MANIFEST, Purpose.PUT_RUN_FILE):
            raise Denied("This link is for downloading. Ask for an upload address.")
        length = request.headers.get("content-length", "")
        if grant.purpose is Purpose.PUT_BLOB and length.isdigit() and int(length) <= SMALL_BYTES:
            md5 = await self._receive_small(request, grant)
            return Response(status_code=200, headers={**OPEN_TO_ALL_PAGES, "ETag": f'"{md5}"'})
        upload = await self._in_thread(self.store.blobs.begin)
        try:
            await self._receive_body(request, upload)
        except BaseException:
            upload.abandon()
            raise
        await self._in_thread(self._keep, request, grant, upload)
        return Response(status_code=200, headers={**OPEN_TO_ALL_PAGES, "ETag": f'"{upload.md5}"'})

    async def by_md5(self, request: Request) -> Response:
        """GET /artifacts/{entity}/{md5}: the address of clients before storage layouts had versions."""
        return await self._in_thread(self._send_by_md5, request, request.path_params["md5"], "")

    async def by_path(self, request: Request) -> Response:
        """GET /artifactsV2/{region}/{entity}/.../{md5}[/{name}].

        Clients differ in what lies between (project, collection, version) and the oldest
        leave out the name; the md5 says which bytes, the viewer's rights say whether.
        """
        parts = request.path_params["path"].split("/")
        if len(parts) >= 4 and _MD5.match(parts[-2]):
            return await self._in_thread(self._send_by_md5, request, parts[-2], parts[-1])
        if len(parts) >= 4 and _MD5.match(parts[-1]):
            return await self._in_thread(self._send_by_md5, request, parts[-1], "")
        raise NotFound("Artifact address: expected /artifactsV2/REGION/ENTITY/.../MD5/NAME.")

    async def _in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.pool, work, *arguments)

    async def _receive_body(self, request: Request, upload: Receiving) -> None:
        """Hand the bytes on, in pieces, while the next ones arrive."""
        announced = request.headers.get("content-length", "")
        expected = int(announced) if announced.isdigit() else None
        body = Body(upload, self.pool, expected)
        try:
            async for piece in request.stream():
                await body.add(piece)
                body.take_from(request.scope)
            await body.finish()
        except BaseException:
            await body.stop()
            raise
        if expected is not None and expected != upload.size_bytes:
            raise Invalid(
                f"The upload announced {expected} bytes, {upload.size_bytes} arrived. Send the file again."
            )

    async def _receive_small(self, request: Request, grant: Grant) -> str:
        """Keep a small file together with those that arrive at the same time; its md5 (hex).

        Alone each would cost a transaction, which is many times the work on its bytes.
        """
        data = await request.body()
        md5, announced = md5_of(data), grant.subject[1]
        _refuse_other(request, md5)
        if md5 != announced:
            raise Invalid(mismatch(md5, len(data), announced))
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._small.append((grant, data, kept))
        if self._keeping is None:
            self._keeping = asyncio.create_task(self._keep_waiting())
        await kept
        return md5

    async def _keep_waiting(self) -> None:
        """Keep what waits, and what comes meanwhile."""
        while self._small:
            batch, self._small = self._small[:TOGETHER], self._small[TOGETHER:]
            outcomes: Sequence[BaseException | None]
            try:
                outcomes = await self._in_thread(self._keep_small, batch)
            except Exception as error:  # noqa: BLE001 - each of those who wait hears it and answers
                outcomes = [error] * len(batch)
            for (_, _, kept), problem in zip(batch, outcomes, strict=True):
                if kept.done():
                    continue  # its client is gone
                if problem is None:
                    kept.set_result(None)
                else:
                    kept.set_exception(problem)
        self._keeping = None

    # -- in a thread ---------------------------------------------------------------------------

    def _keep(self, request: Request, grant: Grant, upload: Any) -> None:
        viewer, now = self._viewer(grant.user_id), self.clock()
        try:
            _refuse_other(request, upload.md5)
        except Invalid:
            upload.abandon()
            raise
        subject, md5 = grant.subject[0], grant.subject[1]
        if grant.purpose is Purpose.PUT_BLOB:
            receive_blob(self.store, viewer, subject, md5, upload, now)
        elif grant.purpose is Purpose.PUT_MANIFEST:
            receive_manifest(self.store, viewer, subject, md5, upload, now)
        else:
            name = grant.subject[1]
            receive_run_file(self.store, viewer, subject, name, upload, now, mimetype=mimetype_of(name))

    def _keep_small(self, batch: Sequence[tuple[Grant, bytes, Any]]) -> Sequence[BaseException | None]:
        outcomes: list[BaseException | None] = [None] * len(batch)
        files: dict[int, Small] = {}
        for at, (grant, data, _) in enumerate(batch):
            try:
                files[at] = Small(self._viewer(grant.user_id), grant.subject[0], grant.subject[1], data)
            except RunstoneError as error:
                outcomes[at] = error
        refused = receive_small(self.store, list(files.values()), self.clock(), self.disk.map)
        for at, problem in zip(files, refused, strict=True):
            outcomes[at] = problem
        return outcomes

    def _send_granted(self, request: Request, grant: Grant) -> Response:
        viewer = self._viewer(grant.user_id)
        if grant.purpose is Purpose.GET_HISTORY:
            return self._send_history(request, viewer, *grant.subject)
        with self.store.reading() as reads:
            if grant.purpose is Purpose.GET_RUN_FILE:
                run_id, name = grant.subject
                row = reads.run_file_bytes(viewer, run_id, name)
            elif grant.purpose is Purpose.GET_BLOB:
                version_id, blob_id, name = grant.subject
                row = reads.version_bytes(viewer, version_id, blob_id)
            else:
                raise Denied("This link is for uploading. Ask for a download address.")
        lasting = grant.purpose is Purpose.GET_BLOB
        return self._send(request, row, name, lasting=lasting)

    def _send_history(
        self, request: Request, viewer: Viewer, run_id: int, first: int, last: int, end: int
    ) -> Response:
        """A part of a run's history. Clients ask for the length, then for ranges, and keep what they get."""
        with self.store.reading() as reads:
            row = reads.run_by_id(viewer, RunId(run_id))
            if row is None or row.epoch > 0:
                raise NotFound(
                    "This run's history was not found. The run was deleted or begun anew, or you have no "
                    "access to it."
                )
            data = reads.history_file(row, HistoryFile(first, last, end))
        part = wanted_part(request.headers.get("range"), len(data))
        headers = {**OPEN_TO_ALL_PAGES, **HARMLESS, **part.headers, "Cache-Control": "private, no-cache"}
        sent = b"" if request.method == "HEAD" else data[part.start : part.start + part.length]
        return Response(sent, part.status, headers, media_type="application/vnd.apache.parquet")

    def _send_by_md5(self, request: Request, md5: str, name: str) -> Response:
        with self.store.reading() as reads:
            row = reads.bytes_with_md5(request.state.viewer, md5.lower())
        return self._send(request, row, name, lasting=True)

    def _send(self, request: Request, row: Row[Any] | None, name: str, *, lasting: bool) -> Response:
        if row is None or not self.store.has(row.addr):
            raise NotFound(
                f"The file {name!r} was not found. It may have been deleted, or you have no access to it."
            )
        etag = f'"{row.md5 or row.addr}"'
        headers = {
            **OPEN_TO_ALL_PAGES,
            **HARMLESS,
            "ETag": etag,
            "Cache-Control": "private, max-age=31536000, immutable" if lasting else "private, no-cache",
        }
        if etag in [one.strip() for one in request.headers.get("if-none-match", "").split(",")]:
            return Response(status_code=304, headers=headers)
        media_type = mimetype_of(name)
        path = self.store.blobs.local_path(row.addr)
        if path is not None:
            return StoredFile(path, headers=headers, media_type=media_type)
        elsewhere = self.store.blobs.download_address(row.addr, name, self.clock(), REDIRECT_S)
        if elsewhere is not None and request.method == "GET" and row.size_bytes >= REDIRECT_BYTES:
            return RedirectResponse(elsewhere, 307, {**OPEN_TO_ALL_PAGES, "Cache-Control": "no-store"})
        part = wanted_part(request.headers.get("range"), row.size_bytes)
        headers.update(part.headers)
        if request.method == "HEAD":
            return Response(status_code=part.status, headers=headers, media_type=media_type)
        pieces = self.store.stream(row.addr, part.start, part.length)
        return StreamingResponse(pieces, part.status, headers, media_type)

    def _viewer(self, user_id: int | None) -> Viewer:
        """The person of a link, with the rights of now (remembered for a few seconds)."""
        if user_id is None:
            return NOBODY
        known = self._viewers.get(user_id)
        if known is not None and time.monotonic() - known[0] < VIEWER_REMEMBERED_S:
            return known[1]
        with self.store.reading() as reads:
            viewer = reads.viewer(UserId(user_id))
        if viewer is None:
            raise Denied("The person who got this link has no account any more.")
        if len(self._viewers) >= VIEWERS_REMEMBERED:
            self._viewers.clear()
        self._viewers[user_id] = (time.monotonic(), viewer)
        return viewer


def mimetype_of(name: str) -> str:
    """Type of a file by its name; unknown ones are plain bytes."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _refuse_other(request: Request, md5: str) -> None:
    """Raise `Invalid` where the header Content-MD5 names another md5 (hex) than the bytes have."""
    given = _content_md5(request)
    if given is not None and given != md5:
        raise Invalid(
            f"The bytes that arrived have md5 {md5}, Content-MD5 says {given}. Nothing was "
            "stored. Send the file again."
        )


def _content_md5(request: Request) -> str | None:
    """The header Content-MD5 in hex; None when it is absent or not a base64 md5."""
    given = request.headers.get("content-md5")
    if not given:
        return None
    try:
        raw = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw.hex() if len(raw) == 16 else None
