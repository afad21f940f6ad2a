"""The viewer's own account: profile, password, keys."""

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from runstone.actions.access import require_signed_in
from runstone.actions.account import change_account, change_password
from runstone.actions.sign_in import create_key, revoke_key
from runstone.webapi.administration import Strict
from runstone.webapi.html import Link, Page, render_page
from runstone.webapi.pages import facts
from runstone.webapi.requests import Ask, Asked

router = APIRouter(prefix="/api/account", tags=["account"])
pages = APIRouter(include_in_schema=False)


class Key(BaseModel):
    """A living key. Only its first characters are known: the rest was shown once. When it was last used is
    noted to the hour."""

    id: int
    prefix: str
    description: str
    created_at: datetime
    last_used_at: datetime | None


class Account(BaseModel):
    """Who I am."""

    username: str
    name: str
    email: str | None
    admin: bool
    has_password: bool
    keys: list[Key]


class AccountBody(Strict):
    """What is left out stays."""

    name: str | None = None
    email: str | None = None


class PasswordBody(Strict):
    """`current` may be empty for whoever has no password yet."""

    current: str = ""
    new: str


class KeyBody(Strict):
    """What the key is for."""

    description: str = Field("", max_length=200)


class NewKey(BaseModel):
    """The key itself, shown this once."""

    id: int
    key: str


@router.get("")
def account(ask: Asked) -> Account:
    """The viewer's profile and keys."""
    return _account(ask)


@router.patch("")
def change(ask: Asked, body: AccountBody) -> Account:
    """Change one's own name or e-mail address."""
    change_account(ask.store, ask.viewer, ask.now, name=body.name, email=body.email)
    return _account(ask)


@router.post("/password", status_code=204)
def password(ask: Asked, body: PasswordBody) -> None:
    """Set one's own password."""
    change_password(ask.store, ask.viewer, body.current, body.new, ask.now)


@router.post("/keys", status_code=201)
def make_key(ask: Asked, body: KeyBody) -> NewKey:
    """Make a key for oneself."""
    made, key = create_key(ask.store, ask.viewer, body.description.strip() or "made in the browser", ask.now)
    return NewKey(id=made, key=key)


@router.delete("/keys/{key_id}", status_code=204)
def end_key(ask: Asked, key_id: int) -> None:
    """End one of one's keys; clients that use it are refused within seconds."""
    revoke_key(ask.store, ask.viewer, key_id, ask.now)


@pages.get("/settings")
def settings_page(request: Request, ask: Asked) -> Response:
    """The viewer's settings; without scripts, the profile and the way to the keys."""
    found = _account(ask)
    page = Page(
        found.username,
        "settings",
        facts=facts(("name", found.name), ("e-mail", found.email), ("API keys", len(found.keys))),
        lists=[("More", [Link("API keys", "/authorize")])],
    )
    return render_page(request, page)


def _account(ask: Ask) -> Account:
    require_signed_in(ask.viewer)
    assert ask.viewer.user_id is not None
    with ask.store.reading() as reads:
        row = reads.user(ask.viewer, ask.viewer.username)
        assert row is not None
        keys = reads.keys_of(ask.viewer.user_id)
    return Account(
        username=row.username,
        name=row.name,
        email=row.email,
        admin=row.admin,
        has_password=bool(row.password_hash),
        keys=[
            Key(
                id=one.id,
                prefix=one.prefix,
                description=one.description,
                created_at=one.created_at,
                last_used_at=one.last_used_at,
            )
            for one in keys
        ],
    )
