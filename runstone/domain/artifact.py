"""Rules of versions, collections and aliases: names, what `NAME:ALIAS` means, life times."""

import re
from dataclasses import dataclass
from enum import StrEnum

from runstone.domain.errors import Invalid

LATEST = "latest"
LONGEST_NAME = 128
TTL_INHERITED = -1  # as clients write "take the collection's"
TTL_NEVER = -2  # as clients write, and we store, "never expires"

_NAME = re.compile(r"[A-Za-z0-9_\-. ]+\Z")
_TAG = re.compile(r"[-\w]+( +[-\w]+)*\Z")
_NUMBER = re.compile(r"v(0|[1-9][0-9]{0,8})\Z")
_ANY_NUMBER = re.compile(r"v[0-9]+\Z")
_ALIAS_FORBIDDEN = re.compile(r"[/:\x00-\x1f]")


class VersionState(StrEnum):
    """Life of a version: being made, immutable, deleted (kept until the grace period ends)."""

    PENDING = "pending"
    COMMITTED = "committed"
    DELETED = "deleted"


class CollectionKind(StrEnum):
    """A sequence holds versions born in it, a portfolio versions linked to it."""

    SEQUENCE = "sequence"
    PORTFOLIO = "portfolio"


class EdgeKind(StrEnum):
    """Lineage: the run made the version, or used it."""

    MADE = "made"
    USED = "used"


def check_collection_name(name: str) -> str:
    """Return `name` when it may name a collection; raise `Invalid` otherwise."""
    return _check_name(name, "artifact name")


def check_type_name(name: str) -> str:
    """Return `name` when it may name an artifact type; raise `Invalid` otherwise."""
    return _check_name(name, "artifact type")


def _check_name(name: str, what: str) -> str:
    if not _NAME.match(name) or len(name) > LONGEST_NAME or name != name.strip():
        raise Invalid(
            f"{what} {name!r} is not allowed: expected 1 to {LONGEST_NAME} letters, digits, '_', '-', '.' or "
            "spaces inside. Choose another name."
        )
    return name


def check_alias(name: str) -> str:
    """Return `name` when it may be an alias that a person gives; raise `Invalid` otherwise."""
    if _ANY_NUMBER.match(name):
        raise Invalid(
            f"alias {name!r} is not allowed: v0, v1, v2 ... are the versions' own numbers, given by the "
            "server. Choose a name like 'candidate'."
        )
    if not name.strip() or len(name) > LONGEST_NAME or _ALIAS_FORBIDDEN.search(name):
        raise Invalid(
            f"alias {name!r} is not allowed: expected 1 to {LONGEST_NAME} characters without '/' and ':'. "
            "Choose another name."
        )
    return name


def check_tag(name: str) -> str:
    """Return `name` when it may tag a version or collection; raise `Invalid` otherwise."""
    if not _TAG.match(name) or len(name) > LONGEST_NAME:
        raise Invalid(
            f"tag {name!r} is not allowed: expected 1 to {LONGEST_NAME} letters, digits, '_', '-' and spaces "
            "inside. Choose another name."
        )
    return name


def number_of(alias: str) -> int | None:
    """The number in `v3`; None for any other alias."""
    found = _NUMBER.match(alias)
    return int(found[1]) if found else None


@dataclass(frozen=True, slots=True)
class VersionName:
    """`NAME:ALIAS` taken apart; without an alias it is `latest`."""

    collection: str
    alias: str


def parse_version_name(text: str) -> VersionName:
    """Read `NAME`, `NAME:ALIAS`, `NAME:v3`."""
    collection, colon, alias = text.partition(":")
    return VersionName(collection, alias if colon and alias else LATEST)


def stored_ttl(given: int | None) -> int | None:
    """A client's life time in seconds as we store it: None inherits, `TTL_NEVER` never expires.

    Raises `Invalid` for zero and other negative numbers.
    """
    if given is None or given == TTL_INHERITED:
        return None
    if given == TTL_NEVER or given > 0:
        return given
    raise Invalid(
        f"ttlDurationSeconds {given}: expected seconds above 0, {TTL_INHERITED} (as the collection) or "
        f"{TTL_NEVER} (never)."
    )
