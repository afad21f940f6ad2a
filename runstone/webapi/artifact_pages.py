"""Pages of artifacts and registries."""

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from sqlalchemy import Row
from starlette.responses import Response

from runstone.actions.access import require_signed_in
from runstone.domain.artifact import EdgeKind
from runstone.domain.ids import EntityId
from runstone.domain.registry import MODEL_REGISTRY, REGISTRY_PREFIX, ProjectKind
from runstone.store.reads import Reads
from runstone.webapi.html import Link, Page, render_page
from runstone.webapi.pages import (
    above_project,
    absent,
    collection_link,
    facts,
    instant,
    led,
    path_to,
    project_of,
    run_link,
    tab_of,
    values_of,
)
from runstone.webapi.requests import Ask, Asked

router = APIRouter(include_in_schema=False)

VERSION_TABS = frozenset({"metadata", "usage", "files", "lineage"})


@router.get("/{entity}/{project}/artifacts/{type_name}")
def type_page(request: Request, ask: Asked, entity: str, project: str, type_name: str) -> Response:
    """The collections of one type: among those of all types."""
    with ask.store.reading() as reads:
        home = project_of(reads, ask, entity, project)
        row = reads.artifact_type(ask.viewer, home.id, type_name)
        if row is None:
            known = [one.name for one in reads.artifact_types(ask.viewer, home.id)]
            raise absent(ask, "artifact type", f"{entity}/{project}/{type_name}", known)
    return led(request, path_to(entity, project, "artifacts"))


@router.get("/{entity}/{project}/artifacts/{type_name}/{name}")
def collection_page(
    request: Request, ask: Asked, entity: str, project: str, type_name: str, name: str
) -> Response:
    """A collection with its versions."""
    with ask.store.reading() as reads:
        row = _collection(reads, ask, entity, project, name)
        places = _place_links(reads, ask, row)
    return _collection_page(request, row, places)


@router.get("/{entity}/{project}/artifacts/{type_name}/{name}/{version}")
@router.get("/{entity}/{project}/artifacts/{type_name}/{name}/{version}/{section:path}")
def version_page(
    request: Request,
    ask: Asked,
    entity: str,
    project: str,
    type_name: str,
    name: str,
    version: str,
    section: str = "",
) -> Response:
    """A version, by `v3` or an alias; what W&B's pages have below it (files, metadata) leads to the tab."""
    with ask.store.reading() as reads:
        row = _collection(reads, ask, entity, project, name)
        if section:
            return led(
                request, f"{collection_link(row).path}/{quote(version)}", **tab_of(section, VERSION_TABS)
            )
        return _version_page(request, reads, ask, row, version)


@router.get("/registry")
def registries_page(request: Request, ask: Asked) -> Response:
    """Registries of all organizations that the viewer belongs to."""
    require_signed_in(ask.viewer)
    assert ask.viewer.user_id is not None
    with ask.store.reading() as reads:
        lists = [
            (owner.name, _registry_links(reads, ask, owner))
            for owner in reads.organizations_of(ask.viewer, ask.viewer.user_id)
        ]
    return render_page(request, Page("Registry", "registries by organization", lists=lists))


@router.get("/registry/{name}")
def registry_page(request: Request, ask: Asked, name: str) -> Response:
    """A registry by name, of the first of the viewer's organizations that has it."""
    require_signed_in(ask.viewer)
    assert ask.viewer.user_id is not None
    with ask.store.reading() as reads:
        for owner in reads.organizations_of(ask.viewer, ask.viewer.user_id):
            row = reads.project(ask.viewer, owner.entity_name, REGISTRY_PREFIX + name)
            if row is not None:
                return _registry_page(request, reads, ask, row, name)
    raise absent(ask, "registry", name)


@router.get("/registry/{entity}/{project}/{name}")
def registered_page(request: Request, ask: Asked, entity: str, project: str, name: str) -> Response:
    """One registered collection."""
    with ask.store.reading() as reads:
        row = _collection(reads, ask, entity, project, name)
        return _collection_page(request, row, _place_links(reads, ask, row))


@router.get("/orgs/{organization}/registry")
@router.get("/orgs/{organization}/registry/{name}")
def organization_registry_page(request: Request, ask: Asked, organization: str, name: str = "") -> Response:
    """A registry of an organization; with a `selectionPath`, one of its collections."""
    with ask.store.reading() as reads:
        owner = reads.organization_named(ask.viewer, organization) if ask.viewer.signed_in else None
        if owner is None:
            raise absent(ask, "organization", organization)
        if not name:
            links = _registry_links(reads, ask, owner)
            return render_page(request, Page(owner.name, "organization", lists=[("Registries", links)]))
        # Clients around 0.19 write the artifact's type where the registry's name belongs.
        chosen = request.query_params.get("selectionPath", "").split("/")
        project = chosen[1] if len(chosen) == 3 else REGISTRY_PREFIX + name
        row = reads.project(ask.viewer, owner.entity_name, project)
        if row is None:
            raise absent(ask, "registry", f"{organization}/{name}")
        return _registry_page(request, reads, ask, row, name)


@router.get("/{entity}/registry/model")
def model_registry_page(request: Request, ask: Asked, entity: str) -> Response:
    """The registered models of one entity; with a `selectionPath`, one of them."""
    with ask.store.reading() as reads:
        row = project_of(reads, ask, entity, MODEL_REGISTRY)
        return _registry_page(request, reads, ask, row, MODEL_REGISTRY)


def _registry_links(reads: Reads, ask: Ask, owner: Row[Any]) -> list[Link]:
    kinds = (ProjectKind.REGISTRY.value,)
    rows = reads.projects_of(ask.viewer, EntityId(owner.entity_id), kinds=kinds)
    names = [row.name.removeprefix(REGISTRY_PREFIX) for row in rows]
    return [Link(name, path_to("orgs", owner.name, "registry", name)) for name in names]


def _registry_page(request: Request, reads: Reads, ask: Ask, row: Row[Any], name: str) -> Response:
    """A registry, or the collection in it that clients name as `ENTITY/PROJECT/COLLECTION`."""
    wanted = request.query_params.get("selectionPath", "").rpartition("/")[2]
    if wanted:
        found = _collection(reads, ask, row.entity_name, row.name, wanted)
        version = request.query_params.get("version", "")
        if version:
            return led(request, f"{collection_link(found).path}/{quote(version)}")
        return led(request, path_to("registry", row.entity_name, row.name, found.name))
    links = [collection_link(one) for one in reads.collections_of(ask.viewer, row.id)]
    page = Page(
        name,
        "registry",
        above=[Link(row.entity_name, path_to(row.entity_name))],
        facts=facts(("description", row.description)),
        lists=[("Registered", links)],
    )
    return render_page(request, page)


def _collection(reads: Reads, ask: Ask, entity: str, project: str, name: str) -> Row[Any]:
    home = project_of(reads, ask, entity, project)
    row = reads.collection(ask.viewer, home.id, name)
    if row is None:
        known = [one.name for one in reads.collections_of(ask.viewer, home.id)]
        raise absent(ask, "artifact", f"{entity}/{project}/{name}", known)
    return row


def _place_links(reads: Reads, ask: Ask, row: Row[Any]) -> list[Link]:
    places = reads.memberships(ask.viewer, row.id)
    aliases = reads.aliases_of_memberships(ask.viewer, [one.id for one in places])
    return [
        Link(
            f"v{one.number}",
            f"{collection_link(row).path}/v{one.number}",
            ", ".join(alias.name for alias in aliases.get(one.id, [])),
        )
        for one in places
    ]


def _collection_page(request: Request, row: Row[Any], places: list[Link]) -> Response:
    page = Page(
        row.name,
        f"{row.type_name} artifact",
        above=above_project(row.entity_name, row.project_name),
        facts=facts(("description", row.description)),
        lists=[("Versions", places)],
    )
    return render_page(request, page)


def _version_page(request: Request, reads: Reads, ask: Ask, row: Row[Any], name: str) -> Response:
    place = reads.membership_by_alias(ask.viewer, row.id, name)
    version = None if place is None else reads.version(ask.viewer, place.version_id)
    if place is None or version is None:
        known = [one.text for one in _place_links(reads, ask, row)]
        raise absent(ask, "version", f"{row.entity_name}/{row.project_name}/{row.name}:{name}", known)
    runs = {
        kind: reads.runs_by_id(ask.viewer, reads.runs_of_version(ask.viewer, version.id, kind))
        for kind in EdgeKind
    }
    aliases = reads.aliases_of_memberships(ask.viewer, [place.id]).get(place.id, [])
    source = f"{version.entity_name}/{version.project_name}/{version.collection_name}:v{version.number}"
    page = Page(
        f"{row.name}:v{place.number}",
        f"{row.type_name} artifact",
        above=[*above_project(row.entity_name, row.project_name), collection_link(row)],
        facts=facts(
            ("aliases", ", ".join(one.name for one in aliases)),
            ("linked from", source if version.collection_id != row.id else ""),
            ("files", version.file_count),
            ("bytes", f"{version.size_bytes:,}"),
            ("digest", version.digest),
            ("description", version.description),
            ("made", instant(version.created_at)),
            *((f"metadata: {key}", value) for key, value in values_of(version.metadata or "")),
        ),
        lists=[
            ("Made by", [run_link(one) for one in runs[EdgeKind.MADE].values()]),
            ("Used by", [run_link(one) for one in runs[EdgeKind.USED].values()]),
        ],
    )
    return render_page(request, page)
