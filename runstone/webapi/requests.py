"""What every route of this door may ask of its request."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from runstone.domain.errors import Denied
from runstone.domain.viewer import Viewer
from runstone.store.opening import Store
from runstone.webapi.sessions import Sessions


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: the store, who asks, when, at which address, and whether a browser's session says so."""

    store: Store
    sessions: Sessions
    viewer: Viewer
    now: datetime
    cookie: str | None
    base_url: str
    version: str


def ask_of(request: Request) -> Ask:
    """The request's `Ask`. The middleware in front has put viewer and cookie into its state."""
    app = request.app.state
    return Ask(
        app.store,
        app.sessions,
        request.state.viewer,
        app.clock(),
        request.state.cookie,
        request.state.base_url,
        request.app.version,
    )


Asked = Annotated[Ask, Depends(ask_of)]


def require_form_token(ask: Ask, token: str) -> None:
    """Raise `Denied` when a form of a signed-in browser does not carry its session's token."""
    if ask.cookie is not None and not ask.sessions.is_form_token(ask.cookie, token):
        raise Denied("This form is too old, or did not come from this server. Open the page again.")
