"""Bytes for the pages: files of runs and versions by name. What people upload is shown, never trusted."""

from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Request
from pydantic import BaseModel
from sqlalchemy import Row
from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse

from runstone.domain.artifact import EdgeKind
from runstone.domain.byte_range import wanted_part
from runstone.domain.errors import NotFound
from runstone.domain.ids import RunId
from runstone.domain.reference import reference_of
from runstone.store.reads import Reads
from runstone.webapi.requests import Ask, Asked
from runstone.webapi.run import mimetype_of, run_named

router = APIRouter(prefix="/api", tags=["files"])

# No script of an uploaded page runs on this server's address: it has an origin of its own.
SANDBOX = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
        "img-src data: blob:; font-src data:; media-src data: blob:"
    ),
}
MOST_FILES = 10_000


class FileLine(BaseModel):
    """One file of a run."""

    name: str
    size_bytes: int
    mimetype: str | None
    updated_at: datetime


class FileList(BaseModel):
    """Files by name; `total` counts all of them."""

    files: list[FileLine]
    total: int


@router.get("/runs/{entity}/{project}/{run}/files")
def files(ask: Asked, entity: str, project: str, run: str) -> FileList:
    """Files of a run."""
    with ask.store.reading() as reads:
        row = run_named(ask, reads, entity, project, run)
        found = reads.run_files(ask.viewer, row.id, limit=MOST_FILES)
        total = reads.run_file_count(ask.viewer, row.id)
    return FileList(
        files=[
            FileLine(
                name=one.name, size_bytes=one.size_bytes, mimetype=one.mimetype, updated_at=one.updated_at
            )
            for one in found
        ],
        total=total,
    )


@router.get("/runs/{entity}/{project}/{run}/files/{name:path}", response_class=FileResponse)
def file(request: Request, ask: Asked, entity: str, project: str, run: str, name: str) -> Response:
    """One file of a run as it is now."""
    with ask.store.reading() as reads:
        row = run_named(ask, reads, entity, project, run)
        return sent(request, ask, reads.run_file_bytes(ask.viewer, row.id, name), name, lasting=False)


@router.get("/media/run/{run_id}/{name:path}", response_class=FileResponse)
def run_media(request: Request, ask: Asked, run_id: int, name: str) -> Response:
    """A media file of a run. A table's images are not among the run's own files: they lie in the version
    that the client logged with the table."""
    with ask.store.reading() as reads:
        if reads.run_by_id(ask.viewer, RunId(run_id)) is None:
            raise NotFound("That run was not found. It may have been deleted, or you have no access.")
        scope = ask.viewer.scope
        own = (
            None
            if scope is not None and not scope.has_file(name)
            else reads.run_file_bytes(ask.viewer, run_id, name)
        )
        found = own or _of_versions(ask, reads, run_id, name)
        return sent(request, ask, found, name, lasting=name.startswith("media/"))


@router.get("/media/version/{version_id}/{name:path}", response_class=FileResponse)
def version_media(request: Request, ask: Asked, version_id: int, name: str) -> Response:
    """A file of a version."""
    with ask.store.reading() as reads:
        return _held(request, ask, reads, version_id, name)


class Folder(BaseModel):
    """Paths of the files below a folder of a version."""

    paths: list[str]


@router.get("/media/folder/{kind}/{owner}/{folder:path}")
def folder(ask: Asked, kind: Literal["version", "client"], owner: str, folder: str) -> Folder:
    """What lies below a folder of a version, by the version's number or by its client's name for it."""
    with ask.store.reading() as reads:
        numbered = kind == "version" and owner.isdecimal()
        version_id = int(owner) if numbered else _client_version(ask, reads, owner)
        if reads.version(ask.viewer, version_id) is None:
            raise _no_version()
        found = reads.entries(ask.viewer, version_id, under=folder, limit=MOST_FILES)
    return Folder(paths=[one.path for one in found])


@router.get("/media/client/{client_id}/{name:path}", response_class=FileResponse)
def client_media(request: Request, ask: Asked, client_id: str, name: str) -> Response:
    """A file of the version that its client named itself: so rows of history point at logged tables."""
    with ask.store.reading() as reads:
        return _held(request, ask, reads, _client_version(ask, reads, client_id), name)


def _client_version(ask: Ask, reads: Reads, client_id: str) -> int:
    """The version that a client named itself. Raises `NotFound`."""
    named = reads.client_named(ask.viewer, client_id)
    if named is None or named.noun != "version":
        raise _no_version()
    return int(named.noun_id)


def _no_version() -> NotFound:
    return NotFound("That version was not found. It may have been deleted, or you have no access.")


def _held(request: Request, ask: Ask, reads: Reads, version_id: int, name: str) -> Response:
    """A file of a version; what refers to another version's file leads there, since the paths inside of a
    table are those of the version that holds it."""
    row = reads.entry(ask.viewer, version_id, name)
    led = None if row is None or row.addr is not None else reference_of(row.ref)
    if led is None:
        return sent(request, ask, row, name, lasting=True)
    number = _client_version(ask, reads, led.owner) if led.number is None else led.number
    # Relative to this address, since the server may stand below a path of its own.
    up = "../" * (request.url.path.rpartition("/api/media/")[2].count("/"))
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{up}version/{number}/{quote(led.path)}{query}", headers=dict(SANDBOX))


def _of_versions(ask: Ask, reads: Reads, run_id: int, name: str) -> Row[Any] | None:
    for version in reads.versions_of_run(ask.viewer, run_id, EdgeKind.MADE):
        found = reads.entry(ask.viewer, version.id, name)
        if found is not None and found.addr is not None:
            return found
    return None


def sent(request: Request, ask: Ask, row: Row[Any] | None, name: str, *, lasting: bool) -> Response:
    """A stored object as a response with ranges and an entity tag. Raises `NotFound`."""
    if row is None or row.addr is None or not ask.store.has(row.addr):
        raise NotFound(f"The file {name!r} was not found. It may have been deleted, or you have no access.")
    etag = f'"{row.md5 or row.addr}"'
    headers = {
        **SANDBOX,
        "ETag": etag,
        "Cache-Control": "private, max-age=31536000, immutable" if lasting else "private, no-cache",
    }
    if etag in [one.strip() for one in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)
    media_type = mimetype_of(name)
    path = ask.store.blobs.local_path(row.addr)
    if path is not None:
        return FileResponse(path, headers=headers, media_type=media_type)
    # Through this server, never from the bucket: the pages' policy lets them speak to us alone.
    part = wanted_part(request.headers.get("range"), row.size_bytes)
    headers.update(part.headers)
    pieces = ask.store.stream(row.addr, part.start, part.length)
    return StreamingResponse(pieces, part.status, headers, media_type)
