"""Rules for names of entities, projects and runs, and the sentence a broken rule gives."""

import difflib
import re
from collections.abc import Iterable

from runstone.domain.errors import Invalid

RESERVED_ENTITIES = frozenset(
    {
        *("api", "graphql", "files", "artifacts", "artifactsV2", "oidc", "sdk", "registry", "orgs", "links"),
        *("authorize", "login", "settings", "static", "healthz", "ready", "metrics"),
    }
)
RESERVED_PROJECTS = frozenset({"registry"})

_ENTITY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")
_PROJECT_FORBIDDEN = re.compile(r"[/\\#?%:\x00-\x1f]")
_RUN_FORBIDDEN = re.compile(r"[/\\#?%:\x00-\x1f]")


def check_entity_name(name: str, what: str = "user") -> str:
    """Return `name` when it may name a user, team or organization; raise `Invalid` otherwise."""
    if not _ENTITY.match(name):
        raise Invalid(
            f"{what} name {name!r} is not allowed: expected 1 to 64 letters, digits, '_', '-' or '.', "
            "beginning with a letter or digit. Choose another name."
        )
    if name in RESERVED_ENTITIES:
        raise Invalid(f"{what} name {name!r} is reserved for an address of this server. Choose another name.")
    return name


def check_project_name(name: str) -> str:
    """Return `name` when it may name a project; raise `Invalid` otherwise."""
    if not name or len(name) > 128 or _PROJECT_FORBIDDEN.search(name) or name.strip() != name:
        raise Invalid(
            f"project name {name!r} is not allowed: expected 1 to 128 characters without / \\ # ? % : and "
            "without blanks at either end. Rename the project in your script."
        )
    if name in RESERVED_PROJECTS:
        raise Invalid(
            f"project name {name!r} is reserved for an address of this server. Choose another name."
        )
    return name


def check_run_name(name: str) -> str:
    """Return `name` when it may be a run id; raise `Invalid` otherwise."""
    if not name or len(name) > 128 or _RUN_FORBIDDEN.search(name):
        raise Invalid(
            f"run id {name!r} is not allowed: expected 1 to 128 characters without / \\ # ? % :. "
            "Pass another id to wandb.init(id=...)."
        )
    return name


def similar(name: str, known: Iterable[str]) -> str:
    """`" Did you mean 'a' or 'b'?"` for known names close to `name`, else an empty string."""
    close = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    if not close:
        return ""
    return " Did you mean " + " or ".join(repr(one) for one in close) + "?"


def storable(text: str) -> str:
    """A text with what no database takes (a NUL character, half of a surrogate pair) replaced."""
    if text.isascii():
        return text.replace("\0", "\ufffd")
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
