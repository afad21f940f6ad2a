"""What the pages share: addresses, instants, and how an absent thing is told.

Somebody who is not signed in is sent to the sign-in form and back; for everybody else a
hidden thing looks like an absent one.
"""

import base64
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from sqlalchemy import Row
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse

from runstone.domain.errors import NotFound, RunstoneError, Unauthenticated
from runstone.domain.naming import RESERVED_ENTITIES, similar
from runstone.store.reads import Reads
from runstone.webapi.html import Link
from runstone.webapi.requests import Ask

MOST_SHOWN = 200


def path_to(*names: str) -> str:
    """A path of this server from names that may hold anything."""
    return "/" + "/".join(quote(name, safe="") for name in names)


def led(request: Request, path: str, **query: str) -> RedirectResponse:
    """To the page of this server that shows what an address names which W&B's own pages have."""
    kept = {**({"jupyter": "true"} if request.query_params.get("jupyter") == "true" else {}), **query}
    return RedirectResponse(f"{request.state.base_url}{path}{'?' if kept else ''}{urlencode(kept)}", 302)


def tab_of(section: str, tabs: frozenset[str]) -> dict[str, str]:
    """What follows a thing's address on W&B's pages (`files/media/a.png`), as our pages take it."""
    tab, _, rest = section.partition("/")
    if tab not in tabs:
        return {}
    return {"tab": tab, **({"file": rest} if tab == "files" and rest else {})}


def report_path(row: Row[Any]) -> str:
    """The page of a report, as clients print it: its title, and its id (base64, padding left out)."""
    view_id = base64.b64encode(f"View:{row.id}".encode()).decode().rstrip("=")
    slug = "-".join((row.display_name or row.name).replace("/", " ").split())
    return path_to(row.entity_name, row.project_name, "reports", f"{slug}--{view_id}")


def instant(at: datetime | None) -> str:
    """An instant as people read it."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"


def facts(*pairs: tuple[str, Any]) -> list[tuple[str, str]]:
    """The pairs that have something to say."""
    return [(name, str(value)) for name, value in pairs if value not in (None, "")]


def values_of(document: str, most: int = 60) -> list[tuple[str, str]]:
    """The first values of a JSON object, as texts. Anything nested is shown as JSON."""
    parsed = json.loads(document or "{}")
    if not isinstance(parsed, dict):
        return []
    shown = [(key, value) for key, value in parsed.items() if not key.startswith("_")]
    return [(key, _short(value)) for key, value in shown[:most]]


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 300 else text[:300] + "..."


def absent(ask: Ask, what: str, name: str, known: Iterable[str] = ()) -> RunstoneError:
    """The error for a thing that is absent or hidden."""
    if not ask.viewer.signed_in:
        return Unauthenticated(f"{what} {name}: sign in to see it.")
    return NotFound(
        f"{what} {name} was not found.{similar(name.rpartition('/')[2], known)} Check the address, or ask "
        "for access."
    )


def require_page(entity: str) -> None:
    """Raise for a first part that is an address of this server, not anybody's name."""
    if entity in RESERVED_ENTITIES:
        raise HTTPException(404)


def project_of(reads: Reads, ask: Ask, entity: str, project: str) -> Row[Any]:
    """A visible project by names, else what `absent` gives."""
    require_page(entity)
    row = reads.project(ask.viewer, entity, project)
    if row is None:
        raise absent(ask, "project", f"{entity}/{project}", reads.project_names(ask.viewer, entity))
    return row


def project_link(row: Row[Any]) -> Link:
    """To a project."""
    return Link(row.name, path_to(row.entity_name, row.name), row.visibility)


def run_link(row: Row[Any]) -> Link:
    """To a run."""
    return Link(row.display_name, path_to(row.entity_name, row.project_name, "runs", row.name), row.state)


def sweep_link(row: Row[Any]) -> Link:
    """To a sweep."""
    path = path_to(row.entity_name, row.project_name, "sweeps", row.name)
    return Link(row.display_name or row.name, path, row.state)


def collection_link(row: Row[Any]) -> Link:
    """To a collection of versions."""
    path = path_to(row.entity_name, row.project_name, "artifacts", row.type_name, row.name)
    return Link(row.name, path, row.type_name)


def above_project(entity: str, project: str) -> list[Link]:
    """The way up from something in a project."""
    return [Link(entity, path_to(entity)), Link(project, path_to(entity, project))]
