"""The right to change: found once, at the top of every action."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row

from runstone.domain.errors import Denied, NotFound, Unauthenticated
from runstone.domain.ids import EntityId, ProjectId
from runstone.domain.naming import similar
from runstone.domain.registry import protected_aliases
from runstone.domain.viewer import Access, Role, Viewer
from runstone.store.reads import Reads


def require_signed_in(viewer: Viewer) -> None:
    """Raise `Unauthenticated` for nobody."""
    if not viewer.signed_in:
        raise Unauthenticated(
            "You are not signed in. Give an API key of this server (wandb login --host ...)."
        )


def require_admin(viewer: Viewer) -> None:
    """Raise `Denied` unless the viewer administers this server."""
    require_signed_in(viewer)
    if not viewer.admin:
        raise Denied(f"{viewer.username} does not administer this server. Ask an administrator.")


def find_entity(reads: Reads, viewer: Viewer, name: str | None) -> Row[Any]:
    """The entity by name; None or an empty text is the viewer's own. Raises `NotFound` with similar names."""
    require_signed_in(viewer)
    wanted = name or viewer.entity_name
    row = reads.entity_named(viewer, wanted)
    if row is None:
        raise NotFound(
            f"entity {wanted!r} was not found on this server.{similar(wanted, reads.entity_names(viewer))} "
            f"You may log to: {', '.join(reads.entity_names(viewer))}."
        )
    return row


def find_project(
    reads: Reads, viewer: Viewer, entity_name: str | None, name: str, access: Access
) -> Row[Any]:
    """A project that the viewer has `access` to. Raises `NotFound` (also when hidden) or `Denied`."""
    entity_name = entity_name or viewer.entity_name
    row = reads.project(viewer, entity_name, name)
    if row is None:
        raise NotFound(
            f"project {entity_name}/{name} was not found."
            f"{similar(name, reads.project_names(viewer, entity_name))} Check the names, or ask for access."
        )
    require(reads, viewer, row, access)
    return row


def require_unprotected(
    reads: Reads, viewer: Viewer, project_id: int, aliases: Iterable[str], what: str
) -> None:
    """Raise `Denied` for an alias that the registry protects, unless the viewer manages it."""
    home = reads.project_by_id(viewer, ProjectId(project_id))
    kept = [] if home is None else [one for one in aliases if one in protected_aliases(home.settings)]
    if home is None or not kept or Access.MANAGE in reads.project_access(viewer, home):
        return
    raise Denied(
        f"{what}: the alias {kept[0]!r} is protected in {home.entity_name}/{home.name}; only those who "
        "manage this registry put it on and take it off. Ask one of them."
    )


def find_project_by_id(reads: Reads, viewer: Viewer, project_id: int, access: Access) -> Row[Any]:
    """The same by id."""
    row = reads.project_by_id(viewer, ProjectId(project_id))
    if row is None:
        raise NotFound("That project was not found. It may have been deleted, or you have no access.")
    require(reads, viewer, row, access)
    return row


def require(reads: Reads, viewer: Viewer, project_row: Row[Any], access: Access) -> None:
    """Raise `Denied` unless the viewer has `access` to the project of this row."""
    if access not in reads.project_access(viewer, project_row):
        who = viewer.username or "nobody (not signed in)"
        raise Denied(
            f"{who} has no {access.value} access to {project_row.entity_name}/{project_row.name}. "
            f"Ask an administrator of {project_row.entity_name}."
        )


def require_entity_member(viewer: Viewer, entity_id: EntityId, entity_name: str) -> None:
    """Raise `Denied` unless the viewer may create things in that entity."""
    if viewer.role_in(entity_id) not in (Role.MEMBER, Role.ADMIN):
        raise Denied(
            f"{viewer.username} may not create anything in {entity_name}. Ask an administrator of that team "
            "for the role member."
        )
