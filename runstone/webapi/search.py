"""Search over everything that the viewer sees."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from runstone.webapi.pages import path_to, report_path
from runstone.webapi.requests import Asked

router = APIRouter(prefix="/api/search", tags=["search"])

OF_EACH = 8


class Hit(BaseModel):
    """One thing; `path` is its page, below the server's address."""

    kind: Literal["project", "registry", "run", "artifact", "sweep", "report"]
    title: str
    about: str
    path: str


class Hits(BaseModel):
    """At most eight of each kind."""

    hits: list[Hit]


@router.get("")
def search(ask: Asked, q: str) -> Hits:
    """Projects, registries, runs, artifacts, sweeps and reports whose name or text holds `q`."""
    text = q.strip()
    if not text:
        return Hits(hits=[])
    hits: list[Hit] = []
    with ask.store.reading() as reads:
        for row in reads.projects_matching(ask.viewer, text, OF_EACH):
            home = path_to(row.entity_name, row.project_name)
            kind: Literal["project", "registry"] = "project" if row.kind == "project" else "registry"
            path = home if kind == "project" else "/registry"
            hits.append(Hit(kind=kind, title=row.project_name, about=row.entity_name, path=path))
        for row in reads.runs_matching(ask.viewer, text, OF_EACH):
            hits.append(
                Hit(
                    kind="run",
                    title=row.display_name,
                    about=f"{row.entity_name}/{row.project_name} · {row.state}",
                    path=path_to(row.entity_name, row.project_name, "runs", row.name),
                )
            )
        for row in reads.collections_matching(ask.viewer, text, OF_EACH):
            linked = row.project_kind != "project"
            path = (
                path_to("registry", row.entity_name, row.project_name, row.name)
                if linked
                else path_to(row.entity_name, row.project_name, "artifacts", row.type_name, row.name)
            )
            about = f"{row.entity_name}/{row.project_name}"
            hits.append(Hit(kind="artifact", title=row.name, about=about, path=path))
        for row in reads.sweeps_matching(ask.viewer, text, OF_EACH):
            hits.append(
                Hit(
                    kind="sweep",
                    title=row.display_name or row.name,
                    about=f"{row.entity_name}/{row.project_name}",
                    path=path_to(row.entity_name, row.project_name, "sweeps", row.name),
                )
            )
        for row in reads.reports_matching(ask.viewer, text, OF_EACH):
            hits.append(
                Hit(
                    kind="report",
                    title=row.display_name or row.name,
                    about=f"{row.entity_name}/{row.project_name}",
                    path=report_path(row),
                )
            )
    return Hits(hits=hits)
