"""Who is asking, with rights. No read and no change exists without one."""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from runstone.domain.ids import EntityId, ProjectId, RunId, UserId, VersionId


class Role(StrEnum):
    """Role of a person in a team or organization: viewer reads, member writes, admin manages."""

    VIEWER = "viewer"
    MEMBER = "member"
    ADMIN = "admin"


class Visibility(StrEnum):
    """Who sees a project.

    Restricted: people added to it, and the entity's administrators. Private: the entity's
    members. Open: everybody signed in, who may also log. Public: everybody.
    """

    RESTRICTED = "restricted"
    PRIVATE = "private"
    OPEN = "open"
    PUBLIC = "public"


class Access(StrEnum):
    """What one viewer may do with one project."""

    READ = "read"
    WRITE = "write"
    MANAGE = "manage"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a share link opens inside the projects of its report, and nothing beside it.

    `keys` are keys of the history, `fields` values such as `config.lr` and `summary.loss`; None
    stands for all of them. `searches` are those of the report's run sets. `led` are paths in other
    versions that a table of these versions refers to: they open with their media, the rest doesn't.
    `importance`: the report says what mattered in the sweep of its runs.
    """

    runs: frozenset[RunId]
    versions: frozenset[VersionId]
    keys: frozenset[str]
    fields: frozenset[str] | None
    searches: frozenset[str] = frozenset()
    led: frozenset[tuple[VersionId, str]] = frozenset()
    importance: bool = False

    def has_key(self, name: str) -> bool:
        """Whether a key of the history is shown. Steps and times always are."""
        return name.startswith("_") or name in self.keys

    def has_field(self, name: str) -> bool:
        """Whether a value of config or summary is shown: it, or one that it lies in."""
        if self.fields is None or name in self.fields:
            return True
        return any(name.startswith(f"{one}.") for one in self.fields)

    def has_file(self, name: str) -> bool:
        """Whether a run's file is media of a shown key; clients put key and step into its name."""
        return any(
            re.match(rf"media/(?:[^/]+/)+?{re.escape(key)}_\d+_[0-9a-f]+\.", name) for key in self.keys
        )


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person (or nobody) and the entities this person belongs to.

    `user_id` is None for nobody: such a viewer reads public projects alone.
    `roles` holds the person's own entity (as admin), each team, and the entity of each
    organization. `admin` is an administrator of the whole server. `shared` are projects that
    a share link opens for reading, whoever holds it, as far as `scope` goes.
    """

    user_id: UserId | None
    username: str = ""
    entity_id: EntityId | None = None
    entity_name: str = ""
    admin: bool = False
    roles: dict[EntityId, Role] = field(default_factory=dict)
    shared: frozenset[ProjectId] = frozenset()
    scope: Scope | None = None

    @property
    def signed_in(self) -> bool:
        """True for a known person."""
        return self.user_id is not None

    def role_in(self, entity_id: EntityId) -> Role | None:
        """The person's role in an entity; an administrator of the server has `admin` everywhere."""
        if self.admin:
            return Role.ADMIN
        return self.roles.get(entity_id)

    def may(self, access: Access, entity_id: EntityId, visibility: Visibility) -> bool:
        """Whether this viewer has `access` to a project of that entity and visibility."""
        role = self.role_in(entity_id)
        if access is Access.MANAGE or visibility is Visibility.RESTRICTED:
            return role is Role.ADMIN
        if access is Access.WRITE:
            return role in (Role.MEMBER, Role.ADMIN) or (self.signed_in and visibility is Visibility.OPEN)
        return (
            role is not None
            or visibility is Visibility.PUBLIC
            or (self.signed_in and visibility is Visibility.OPEN)
        )


NOBODY = Viewer(user_id=None)

# Whoever may run commands on the server's own data directory. Audit rows show it as user 0.
COMMAND_LINE = Viewer(user_id=UserId(0), username="command line", admin=True)
