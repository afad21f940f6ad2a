"""Share links: made and revoked by those who write, opened by whoever holds them."""

import json
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from runstone.actions.share import create_share_link, open_share_link, revoke_share_link
from runstone.domain.errors import NotFound
from runstone.webapi.administration import Strict
from runstone.webapi.html import Page, render_page
from runstone.webapi.requests import Asked

router = APIRouter(prefix="/api", tags=["sharing"])
pages = APIRouter(include_in_schema=False)


class LinkBody(Strict):
    """`days` left out: until it is revoked."""

    days: float | None = None


class NewLink(BaseModel):
    """The address, shown this once: only its digest is kept."""

    id: int
    link: str


class LinkLine(BaseModel):
    """A living link, or one that has expired and was not revoked."""

    id: int
    created_by: str | None
    created_at: datetime
    expires_at: datetime | None


class LinkList(BaseModel):
    """Links of a report, newest first."""

    links: list[LinkLine]


class SharedReport(BaseModel):
    """A report opened by a link. Requests for its data carry the token in `X-Runstone-Share`, and media
    addresses in `?share=`."""

    id: int
    title: str
    description: str | None
    author: str | None
    entity: str
    project: str
    updated_at: datetime
    expires_at: datetime | None
    spec: Any


@router.get("/views/{number}/links")
def links(ask: Asked, number: int) -> LinkList:
    """Share links of a report."""
    with ask.store.reading() as reads:
        if reads.view(ask.viewer, number) is None:
            raise NotFound("That report was not found. It may have been deleted, or you have no access.")
        rows = reads.share_links(ask.viewer, number)
    return LinkList(
        links=[
            LinkLine(id=one.id, created_by=one.username, created_at=one.created_at, expires_at=one.expires_at)
            for one in rows
        ]
    )


@router.post("/views/{number}/links", status_code=201)
def share(ask: Asked, number: int, body: LinkBody) -> NewLink:
    """Make a link that opens one report without signing in."""
    made, token = create_share_link(ask.store, ask.viewer, number, body.days, ask.now)
    return NewLink(id=made, link=f"{ask.base_url}/links/{token}")


@router.delete("/views/{number}/links/{link_id}", status_code=204)
def revoke(ask: Asked, number: int, link_id: int) -> Response:
    """End a link at once."""
    revoke_share_link(ask.store, ask.viewer, number, link_id, ask.now)
    return Response(status_code=204)


@router.get("/shared/{token}")
def shared(ask: Asked, token: str) -> SharedReport:
    """The report that a link opens."""
    with ask.store.reading() as reads:
        found = open_share_link(reads, token, ask.now)
    if found is None:
        raise NotFound("This link is unknown, has expired or was revoked. Ask its sender for a new one.")
    row = found.report
    return SharedReport(
        id=row.id,
        title=row.display_name or row.name,
        description=row.description,
        author=row.username,
        entity=row.entity_name,
        project=row.project_name,
        updated_at=row.updated_at,
        expires_at=found.expires_at,
        spec=json.loads(row.spec),
    )


@pages.get("/links/{token}")
def shared_page(request: Request, ask: Asked, token: str) -> Response:
    """The page that a link opens."""
    with ask.store.reading() as reads:
        found = open_share_link(reads, token, ask.now)
    if found is None:
        raise NotFound("This link is unknown, has expired or was revoked. Ask its sender for a new one.")
    row = found.report
    return render_page(request, Page(row.display_name or row.name, "report"))
