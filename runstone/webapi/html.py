"""Plain pages: one template each, no script, nothing from outside, everything escaped."""

import base64
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from runstone.webapi.ui import built, ui_document

_TEMPLATES = Path(__file__).parent / "templates"
_STYLE = (_TEMPLATES / "plain.css").read_text()
THEMES = frozenset({"light", "dark", "contrast"})  # as the UI keeps a person's choice in a cookie
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

# The one style sheet is in the page and named by its hash; nothing else may run, load or frame.
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'"
)
# Templates without a form: nothing in them can be pressed by somebody who was led to something else.
_FRAMABLE = frozenset({"page.html", "message.html", "framed.html"})

_environment = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Link:
    """A text and where it leads: a path of this server without the address in front."""

    text: str
    path: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page that names one thing: what it is, its facts, and links to what belongs to it."""

    title: str
    kind: str
    above: list[Link] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    lists: list[tuple[str, list[Link]]] = field(default_factory=list)
    text: str = ""


def is_framed(request: Request) -> bool:
    """Whether a notebook shows this page inside its own."""
    return request.query_params.get("jupyter") == "true"


def framing(*, framed: bool) -> str:
    """What ends a policy: nobody may frame a page, or everybody may one that a notebook asks for.

    The latter by saying nothing: `*` would leave out a notebook that was saved as HTML and is opened from
    disk.
    """
    return "" if framed else "; frame-ancestors 'none'"


def _theme(request: Request) -> str:
    """The theme that was chosen in the UI, empty for the system's."""
    chosen = request.cookies.get("runstone_theme", "")
    return chosen if chosen in THEMES else ""


def _html(request: Request, template: str, **values: Any) -> str:
    return _environment.get_template(template).render(
        base=request.state.base_url,
        viewer=request.state.viewer,
        form_token=getattr(request.state, "form_token", ""),
        style=_STYLE,
        theme=_theme(request),
        **values,
    )


def render(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page from a template, with the headers that all of them carry.

    A notebook shows pages in a frame and says so: such a page has no forms that a click could be
    stolen for.
    """
    framed = is_framed(request) and template in _FRAMABLE
    return HTMLResponse(
        _html(request, template, layout="base.html", framed=framed, **values),
        status,
        {"Content-Security-Policy": _POLICY + framing(framed=framed), "Cache-Control": "no-store"},
    )


def render_page(request: Request, page: Page, status: int = 200) -> Response:
    """A `Page` as HTML: drawn by the UI where it is built, plain elsewhere.

    The UI's document carries the plain page for browsers that run no scripts.
    """
    framed = is_framed(request)
    if status == 200 and built():
        plain = _html(request, "page.html", layout="body.html", framed=framed, page=page)
        return ui_document(request, f"{page.title} ({page.kind}) - Runstone", plain, framing(framed=framed))
    return render(request, "page.html", status, page=page)
