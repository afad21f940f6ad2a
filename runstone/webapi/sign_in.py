"""Signing in and out with a browser, and making keys for `wandb login`."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from runstone.actions.account import INVITATION, accept_invitation
from runstone.actions.sign_in import (
    create_key,
    digest_of,
    revoke_key,
    sign_in_with_password,
    use_sign_in_link,
    viewer_of_key,
    viewer_of_user,
)
from runstone.domain.errors import Invalid, Unauthenticated
from runstone.domain.ids import UserId
from runstone.domain.viewer import Viewer
from runstone.webapi.html import render
from runstone.webapi.requests import Ask, Asked, require_form_token
from runstone.webapi.sessions import SESSION_LIFE

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api", tags=["session"])


@router.get("/login")
def login_page(request: Request, ask: Asked, token: str = "", next: str = "/") -> Response:
    """The form; with the token of a one-time link, sign in at once, or with an invitation set a password."""
    if not token:
        return _form(request, next)
    if request.headers.get("sec-purpose", "").startswith("prefetch"):
        return Response(status_code=204)  # only a person may spend the link
    with ask.store.reading() as reads:
        link = reads.sign_in_link(digest_of(reads.secret, token))
    if link is not None and link.purpose == INVITATION and link.used_at is None and link.expires_at > ask.now:
        return _invited(request, ask, token, link.name)
    try:
        viewer = use_sign_in_link(ask.store, token, ask.now)
    except Unauthenticated:
        return _link_gone(request, ask, token)
    return _signed_in(request, ask, viewer, next)


@router.post("/login/invitation")
def take_invitation(
    request: Request,
    ask: Asked,
    token: Annotated[str, Form()],
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """Set the name and password of a person who was invited, and sign them in."""
    try:
        viewer = accept_invitation(ask.store, token, name, password, ask.now)
    except Invalid as error:
        return _invited(request, ask, token, name, problem=error.message)
    except Unauthenticated:
        return _link_gone(request, ask, token)
    return _signed_in(request, ask, viewer, "/")


@router.post("/login")
def login(
    request: Request,
    ask: Asked,
    username: Annotated[str, Form()],
    password: Annotated[str, Form()],
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Sign in with a password, or with an API key of that person."""
    try:
        viewer = _person(ask, username.strip(), password)
    except Unauthenticated as error:
        return _form(request, next, problem=error.message, username=username, status=401)
    return _signed_in(request, ask, viewer, next)


@router.post("/logout")
def logout(request: Request, ask: Asked, form_token: Annotated[str, Form()] = "") -> Response:
    """Sign this browser out."""
    require_form_token(ask, form_token)
    answer = RedirectResponse(request.state.base_url + "/login", 303)
    answer.delete_cookie(ask.sessions.cookie_name, path=_cookie_path(request))
    return answer


@api.delete("/session", status_code=204)
def sign_out(request: Request, ask: Asked) -> Response:
    """Sign this browser out. A page of another site can't: its request carries no session."""
    answer = Response(status_code=204)
    if ask.cookie is not None:
        answer.delete_cookie(ask.sessions.cookie_name, path=_cookie_path(request))
    return answer


@router.get("/authorize")
def authorize_page(request: Request, ask: Asked, signup: str = "") -> Response:
    """Where `wandb login` sends a person for a key."""
    if not ask.viewer.signed_in:
        if signup == "true":
            return render(request, "signup.html")
        return to_login(request)
    return _keys(request, ask)


@router.post("/authorize")
def authorize(
    request: Request,
    ask: Asked,
    description: Annotated[str, Form(max_length=200)] = "",
    form_token: Annotated[str, Form()] = "",
) -> Response:
    """Make a key and show it, this once."""
    require_form_token(ask, form_token)
    _, key = create_key(ask.store, ask.viewer, description.strip() or "made in the browser", ask.now)
    return _keys(request, ask, key)


@router.post("/authorize/revoke")
def revoke(
    request: Request,
    ask: Asked,
    key_id: Annotated[int, Form()],
    form_token: Annotated[str, Form()] = "",
) -> Response:
    """End a key."""
    require_form_token(ask, form_token)
    revoke_key(ask.store, ask.viewer, key_id, ask.now)
    return RedirectResponse(request.state.base_url + "/authorize", 303)


def to_login(request: Request) -> Response:
    """To the sign-in form, and back here after it."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"{request.state.base_url}/login?next={quote(here, safe='')}", 303)


def _person(ask: Ask, username: str, password: str) -> Viewer:
    try:
        return sign_in_with_password(ask.store, username, password)
    except Unauthenticated as refused:
        with ask.store.reading() as reads:
            try:
                viewer = viewer_of_key(reads, password)
            except Unauthenticated:
                raise refused from None
        if viewer.username != username:
            raise refused from None
        return viewer


def _form(
    request: Request, next: str, *, problem: str = "", username: str = "", status: int = 200
) -> Response:
    return render(request, "login.html", status, next=_inside(next), problem=problem, username=username)


def _invited(request: Request, ask: Ask, token: str, name: str, *, problem: str = "") -> Response:
    """Where a person who was invited sets name and password."""
    with ask.store.reading() as reads:
        link = reads.sign_in_link(digest_of(reads.secret, token))
        if link is None:
            return _link_gone(request, ask, token)
        entities = reads.entities_of(viewer_of_user(reads, UserId(link.user_id)))
    return render(
        request,
        "invitation.html",
        400 if problem else 200,
        token=token,
        username=link.username,
        # A name that nobody has chosen is the user name.
        name="" if name == link.username else name,
        teams=[one.name for one in entities if one.kind == "team"],
        problem=problem,
    )


def _link_gone(request: Request, ask: Ask, token: str) -> Response:
    """Why a one-time link does not work any more, and what to do."""
    with ask.store.reading() as reads:
        link = reads.sign_in_link(digest_of(reads.secret, token))
    return render(
        request,
        "link_gone.html",
        401,
        reason="unknown" if link is None else "used" if link.used_at is not None else "expired",
        invitation=link is not None and link.purpose == INVITATION,
    )


def _keys(request: Request, ask: Ask, key: str = "") -> Response:
    assert ask.viewer.user_id is not None
    with ask.store.reading() as reads:
        keys = reads.keys_of(ask.viewer.user_id)
    return render(request, "authorize.html", key=key, keys=keys)


def _inside(path: str) -> str:
    """`path` when it is one of this server's, else the first page: no sign-in leads to another site."""
    ok = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if ok else "/"


def _cookie_path(request: Request) -> str:
    from_host: str = request.state.base_url.split("://", 1)[-1]
    return "/" + from_host.partition("/")[2]


def _signed_in(request: Request, ask: Ask, viewer: Viewer, next: str) -> Response:
    answer = RedirectResponse(request.state.base_url + _inside(next), 303)
    answer.set_cookie(
        ask.sessions.cookie_name,
        ask.sessions.start(viewer, ask.now),
        max_age=int(SESSION_LIFE.total_seconds()),
        path=_cookie_path(request),
        secure=request.state.base_url.startswith("https:"),
        httponly=True,
        samesite="lax",
    )
    answer.headers["Referrer-Policy"] = "no-referrer"  # the address may hold a one-time token
    answer.headers["Cache-Control"] = "no-store"
    return answer
