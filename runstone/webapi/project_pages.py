"""Pages of people, teams, projects, runs, sweeps and reports."""

import base64
import binascii
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from sqlalchemy import Row
from starlette.responses import Response

from runstone.actions.access import require_signed_in
from runstone.domain.artifact import EdgeKind
from runstone.domain.filter import All, Test
from runstone.domain.ids import EntityId, ProjectId
from runstone.store.reads import Reads
from runstone.webapi.html import Link, Page, render_page
from runstone.webapi.pages import (
    MOST_SHOWN,
    above_project,
    absent,
    collection_link,
    facts,
    instant,
    led,
    path_to,
    project_link,
    project_of,
    report_path,
    require_page,
    run_link,
    sweep_link,
    tab_of,
    values_of,
)
from runstone.webapi.requests import Ask, Asked

router = APIRouter(include_in_schema=False)

SECTIONS = frozenset({"", "table", "tables", "overview", "settings", "sweeps", "artifacts", "reports"})
# Sections of W&B's pages and where the same is here. Those of no page here lead to the project.
ELSEWHERE = {"runs": "table", "jobs": "artifacts", "reportlist": "reports"}
MOST_DIGITS = 18  # all numbers of so many digits fit into a database
RUN_TABS = frozenset({"overview", "system", "logs", "files", "code", "artifacts"})


@router.get("/")
def first_page(request: Request, ask: Asked) -> Response:
    """The viewer's entities and their projects."""
    require_signed_in(ask.viewer)
    with ask.store.reading() as reads:
        lists = [
            (row.name, [project_link(one) for one in reads.projects_of(ask.viewer, EntityId(row.id))])
            for row in reads.entities_of(ask.viewer)
        ]
    return render_page(request, Page(ask.viewer.username, "signed in as", lists=lists))


@router.get("/{entity}")
def entity_page(request: Request, ask: Asked, entity: str) -> Response:
    """A person or team and the visible projects."""
    require_page(entity)
    with ask.store.reading() as reads:
        row = reads.entity_named(ask.viewer, entity)
        if row is None and (report := _report_named(reads, ask, entity)) is not None:
            return led(request, report_path(report))
        found = [] if row is None else reads.projects_of(ask.viewer, EntityId(row.id))
    if row is None or (not found and not ask.viewer.signed_in):
        raise absent(ask, "user or team", entity)
    return render_page(
        request, Page(entity, row.kind, lists=[("Projects", [project_link(one) for one in found])])
    )


@router.get("/{entity}/{project}")
@router.get("/{entity}/{project}/{section}")
def project_page(request: Request, ask: Asked, entity: str, project: str, section: str = "") -> Response:
    """A project and its sections (table, sweeps, artifacts, reports ...); others lead to one of these."""
    with ask.store.reading() as reads:
        if project == "projects" and not section and reads.project(ask.viewer, entity, project) is None:
            return led(request, path_to(entity))
        report = _report_named(reads, ask, section or project)
        if report is not None and reads.project(ask.viewer, entity, project) is None:
            return led(request, report_path(report))
        row = project_of(reads, ask, entity, project)
        if section not in SECTIONS:
            place = ELSEWHERE.get(section)
            return led(request, path_to(entity, project, *([place] if place else [])))
        runs = reads.runs(ask.viewer, ProjectId(row.id), All(()), order="-created_at", limit=MOST_SHOWN)
        sweeps = reads.sweeps_of_project(ask.viewer, row.id, limit=MOST_SHOWN)
        collections = reads.collections_of(ask.viewer, row.id)
        reports = reads.views_of_project(ask.viewer, row.id, kind="runs", limit=MOST_SHOWN)
    page = Page(
        project,
        "project" if not section else f"project, {section}",
        above=[Link(entity, path_to(entity))],
        facts=facts(
            ("visibility", row.visibility),
            ("description", row.description),
            ("made", instant(row.created_at)),
        ),
        lists=[
            ("Runs", [run_link(one) for one in runs]),
            ("Sweeps", [sweep_link(one) for one in sweeps]),
            ("Artifacts", [collection_link(one) for one in collections]),
            ("Reports", [_report_link(one) for one in reports]),
        ],
    )
    return render_page(request, page)


@router.get("/{entity}/{project}/runs/{run_id}")
@router.get("/{entity}/{project}/runs/{run_id}/{section:path}")
def run_page(
    request: Request, ask: Asked, entity: str, project: str, run_id: str, section: str = ""
) -> Response:
    """A run; what W&B's pages have below it (files, logs, system ...) leads to the tab."""
    with ask.store.reading() as reads:
        home = project_of(reads, ask, entity, project)
        row = reads.run(ask.viewer, ProjectId(home.id), run_id)
        if row is None:
            raise absent(ask, "run", f"{entity}/{project}/{run_id}")
        if section:
            return led(request, path_to(entity, project, "runs", run_id), **tab_of(section, RUN_TABS))
        made = reads.versions_of_run(ask.viewer, row.id, EdgeKind.MADE)
        used = reads.versions_of_run(ask.viewer, row.id, EdgeKind.USED)
    above = above_project(entity, project)
    if row.sweep_name is not None:
        above.append(Link(row.sweep_name, path_to(entity, project, "sweeps", row.sweep_name)))
    page = Page(
        row.display_name,
        "run",
        above=above,
        facts=facts(
            ("id", row.name),
            ("state", row.state + (f" ({row.state_cause})" if row.state_cause else "")),
            ("by", row.username),
            ("group", row.group_name),
            ("job type", row.job_type),
            ("program", row.program),
            ("host", row.host),
            ("started", instant(row.created_at)),
            ("ended", instant(row.ended_at)),
            ("notes", row.notes),
            *((f"summary: {key}", value) for key, value in values_of(row.summary)),
        ),
        lists=[
            ("Artifacts made", [version_link(one) for one in made]),
            ("Artifacts used", [version_link(one) for one in used]),
        ],
    )
    return render_page(request, page)


@router.get("/{entity}/{project}/sweeps/{name}")
def sweep_page(request: Request, ask: Asked, entity: str, project: str, name: str) -> Response:
    """A sweep with its runs."""
    with ask.store.reading() as reads:
        home = project_of(reads, ask, entity, project)
        row = reads.sweep_named(ask.viewer, home.id, name)
        if row is None:
            raise absent(ask, "sweep", f"{entity}/{project}/{name}", reads.sweep_names(ask.viewer, home.id))
        runs = reads.runs(
            ask.viewer,
            ProjectId(home.id),
            Test("sweep", "eq", name),
            order="-created_at",
            limit=MOST_SHOWN,
        )
    page = Page(
        row.display_name or row.name,
        "sweep",
        above=above_project(entity, project),
        facts=facts(
            ("id", row.name),
            ("state", row.state),
            ("description", row.description),
            ("method", row.method),
            ("made", instant(row.created_at)),
        ),
        lists=[("Runs", [run_link(one) for one in runs])],
    )
    return render_page(request, page)


@router.get("/{entity}/{project}/reports/{slug:path}")
def report_page(request: Request, ask: Asked, entity: str, project: str, slug: str) -> Response:
    """A report, by an address that ends with `--` and its id.

    Clients put titles into addresses as they are. So the id may stand after a `?`, and is cut off
    by a `#`: then the title's beginning has to tell, where it means one report alone.
    """
    number = report_number(slug.rpartition("--")[2])
    moved = number is None or "/" in slug
    if number is None:
        number = report_number(request.url.query.rpartition("--")[2])
    with ask.store.reading() as reads:
        home = project_of(reads, ask, entity, project)
        row = None if number is None else reads.view(ask.viewer, number)
        if not slug:
            return led(request, path_to(entity, project, "reports"))
        if number is None:
            every = reads.views_of_project(ask.viewer, home.id, kind="runs", limit=MOST_SHOWN)
            begun = [one for one in every if (one.display_name or "").replace(" ", "-").startswith(slug)]
            row = begun[0] if len(begun) == 1 else None
    if row is None or row.project_id != home.id:
        raise absent(ask, "report", f"{entity}/{project}/{slug}")
    if moved:
        return led(request, report_path(row))
    page = Page(
        row.display_name or row.name,
        "report",
        above=above_project(entity, project),
        facts=facts(("description", row.description), ("changed", instant(row.updated_at))),
    )
    return render_page(request, page)


# Last, for it begins as everything does.
@router.get("/{entity}/{project}/{section}/{rest:path}--{code}")
def printed_report(request: Request, ask: Asked, entity: str, code: str) -> Response:
    """A report whose title is a path: clients print nothing before a title that begins with a slash."""
    require_page(entity)
    with ask.store.reading() as reads:
        report = _report_named(reads, ask, f"--{code}")
    if report is None:
        raise HTTPException(404)
    return led(request, report_path(report))


def _report_named(reads: Reads, ask: Ask, last: str) -> Row[Any] | None:
    """The report whose id ends an address: clients print nothing before a title that begins with a slash."""
    number = report_number(last.rpartition("--")[2])
    return None if number is None else reads.view(ask.viewer, number)


def report_number(text: str) -> int | None:
    """The number in a report's id (base64 of `View:7`, padding left out); None for anything else."""
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    kind, _, number = plain.partition(":")
    known = kind == "View" and number.isascii() and number.isdigit() and len(number) <= MOST_DIGITS
    return int(number) if known else None


def _report_link(row: Row[Any]) -> Link:
    return Link(row.display_name or row.name, report_path(row))


def version_link(row: Row[Any]) -> Link:
    """To a version."""
    path = path_to(row.entity_name, row.project_name, "artifacts", row.type_name, row.collection_name)
    return Link(f"{row.collection_name}:v{row.number}", f"{path}/v{row.number}", row.type_name)
