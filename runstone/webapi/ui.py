"""The built UI: one document for all of its pages, and its files for ever.

A server without it (`runstone/static` is made by the build) answers page addresses with
plain pages.
"""

import json
import re
from functools import lru_cache
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from runstone.domain.errors import NotFound

STATIC = Path(__file__).parent.parent / "static"
_MARK = (Path(__file__).parent / "templates" / "mark.svg").read_bytes()

# The page that people wait for, and what draws it.
_WORKSPACE = re.compile(r"/[^/]+/(?!registry/)[^/]+/?\Z")
_WORKSPACE_SOURCE = "src/features/workspace/workspace.tsx"
_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; font-src 'self'; connect-src 'self'; frame-src 'self'; object-src 'none'; "
    "base-uri 'self'; form-action 'self'"
)
_COMPRESSIBLE = {".js", ".css", ".svg", ".json"}


def _document() -> str | None:
    path = STATIC / "index.html"
    try:
        return _text(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return None


def _preloads(manifest: Path) -> list[str]:
    """Links to what the workspace needs beside the document's own scripts, of which the browser would hear
    only after those have run. They ask as the scripts will: what is asked in two ways is fetched twice."""
    try:
        return _links(manifest, manifest.stat().st_mtime_ns)
    except FileNotFoundError:
        return []


@lru_cache(maxsize=1)
def _links(manifest: Path, changed_ns: int) -> list[str]:
    parts = json.loads(manifest.read_text())
    wanted, known, files = [_WORKSPACE_SOURCE], {"index.html"}, dict[str, str]()
    while wanted:
        name = wanted.pop()
        if name in known or name not in parts:
            continue
        known.add(name)
        wanted += parts[name].get("imports", [])
        files[parts[name]["file"]] = "modulepreload"
        files.update(dict.fromkeys(parts[name].get("css", []), "preload"))
    of_document = set((_document() or "").split('"'))
    return [
        f'<link rel="{rel}" crossorigin href="./{file}"{" as=style" if rel == "preload" else ""}>'
        for file, rel in files.items()
        if f"./{file}" not in of_document
    ]


@lru_cache(maxsize=1)
def _text(path: Path, changed_ns: int) -> str:
    """The document as it was at that time: a build that replaces it is seen without a restart."""
    return path.read_text()


def built() -> bool:
    """Whether the UI is built. It draws every page that names a thing (`web/src/app/router.tsx`)."""
    return _document() is not None


def ui_document(request: Request, title: str, plain: str, framing: str) -> Response:
    """The UI's document, with the HTML to show where no scripts run and who may frame it."""
    document = _document()
    assert document is not None, "the UI is not built"
    # All addresses in the document are relative to the server's own path, whatever page it is.
    base = urlsplit(request.state.base_url).path.rstrip("/") + "/"
    early = (
        "".join(_preloads(STATIC / ".vite" / "manifest.json"))
        if _WORKSPACE.match(request.scope["path"])
        else ""
    )
    body = (
        document.replace("<head>", f'<head><base href="{escape(base)}">', 1)
        .replace("</head>", f"{early}</head>", 1)
        .replace("<title>Runstone</title>", f"<title>{escape(title)}</title>", 1)
        .replace("</body>", f"<noscript>{plain}</noscript></body>", 1)
    )
    return HTMLResponse(
        body,
        headers={
            "Content-Security-Policy": _POLICY + framing,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
        },
    )


def static_routes() -> list[BaseRoute]:
    """The UI's files. Their names carry a digest of their content, so they never change."""

    def send(request: Request) -> Response:
        name = request.path_params["name"]
        path = (STATIC / "static" / name.replace("\0", "?")).resolve()
        if not path.is_relative_to(STATIC / "static") or not path.is_file():
            raise NotFound(f"{request.url.path} was not found: this server has no such file.")
        lasting = "-" in path.stem
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable" if lasting else "no-cache",
            "X-Content-Type-Options": "nosniff",
            "Vary": "Accept-Encoding",
        }
        packed = path.with_name(path.name + ".gz")
        media_type = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}.get(path.suffix)
        if (
            path.suffix in _COMPRESSIBLE
            and "gzip" in request.headers.get("accept-encoding", "")
            and packed.is_file()
        ):
            return FileResponse(
                packed, headers={**headers, "Content-Encoding": "gzip"}, media_type=media_type
            )
        return FileResponse(path, headers=headers, media_type=media_type)

    def icon(request: Request) -> Response:
        headers = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}
        return Response(_MARK, headers=headers, media_type="image/svg+xml")

    return [
        Route("/static/{name:path}", send, methods=["GET"]),
        Route("/favicon.ico", icon, methods=["GET"]),
    ]
