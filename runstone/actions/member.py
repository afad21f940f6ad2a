"""People and machines of a team, as the team's own administrators add them."""

import re
import secrets
from datetime import datetime

from runstone.actions.access import find_entity, require_admin, require_signed_in
from runstone.actions.team import put_team
from runstone.actions.user import Membership, PutUser, put_user
from runstone.domain.errors import Conflict, Denied, Invalid, NotFound
from runstone.domain.ids import EntityId, UserId
from runstone.domain.viewer import Role, Viewer
from runstone.store.opening import Store
from runstone.store.reads import Reads
from runstone.store.writes import Transaction


def create_user(store: Store, viewer: Viewer, email: str, admin: bool, now: datetime) -> PutUser:
    """Make a person of an e-mail address; the user name is its first part, with a number where taken.

    For administrators of the server. Raises `Conflict` when the address belongs to somebody.
    """
    require_admin(viewer)
    if "@" not in email:
        raise Invalid(f"e-mail address {email!r}: expected name@host.")
    with store.reading() as reads:
        if any(row.email == email for row in reads.users_matching(viewer, email)):
            raise Conflict(f"{email} belongs to a person of this server already.")
        username = _free_name(reads, viewer, email.partition("@")[0])
    return put_user(store, viewer, username, now, email=email, admin=admin)


def create_team(
    store: Store, viewer: Viewer, name: str, admin_username: str | None, now: datetime
) -> EntityId:
    """Make a team with one administrator, the viewer unless named. Raises `Conflict` for a taken name."""
    with store.reading() as reads:
        taken = reads.entity_named(viewer, name)
    if taken is not None:
        raise Conflict(f"team {name!r}: there is a {taken.kind} of that name. Choose another name.")
    members = [Membership(admin_username or viewer.username, Role.ADMIN)]
    return put_team(store, viewer, name, None, members, now)[0]


def invite_member(
    store: Store, viewer: Viewer, team: str, now: datetime, *, who: str, admin: bool = False
) -> UserId:
    """Make a known person a member of a team at once, by user name or e-mail address.

    Raises `NotFound` for somebody without an account and `Conflict` for a member.
    """
    with store.reading() as reads:
        entity = find_entity(reads, viewer, team)
        _require_manager(viewer, EntityId(entity.id), team)
        found = reads.users_matching(viewer, who)
        if not found:
            raise NotFound(
                f"{who} has no account on this server, which sends no mail. An administrator makes one: "
                "runstone user put NAME --email ADDRESS"
            )
        row = found[0]
        if row.id in {one.id for one in reads.members_of(viewer, EntityId(entity.id))}:
            raise Conflict(f"{row.username} is a member of {team} already.")
    role = Role.ADMIN if admin else Role.MEMBER
    put_team(store, viewer, team, None, [Membership(row.username, role)], now)
    return UserId(row.id)


def create_service_account(
    store: Store, viewer: Viewer, team: str, description: str, now: datetime
) -> UserId:
    """Make an account for a machine, a member of that team and of nothing else."""
    if not description.strip():
        raise Invalid("description of a service account: expected a few words, such as 'nightly training'.")

    def change(tx: Transaction) -> UserId:
        entity = find_entity(tx, viewer, team)
        _require_manager(viewer, EntityId(entity.id), team)
        name = _free_name(tx, viewer, f"{team}-{description}")
        made = tx.insert_user(name, now, service=True, name=description.strip())
        tx.set_member(EntityId(entity.id), made, Role.MEMBER, now)
        tx.record(viewer, "create_service_account", "user", made, now, team=team, username=name)
        tx.changed("member", noun_id=entity.id)
        return made

    return store.write(change)


def _require_manager(viewer: Viewer, entity_id: EntityId, name: str) -> None:
    require_signed_in(viewer)
    if viewer.role_in(entity_id) is not Role.ADMIN:
        raise Denied(f"{viewer.username} does not manage {name}. Ask an administrator of {name}.")


def _free_name(reads: Reads, viewer: Viewer, text: str) -> str:
    """A user name made of a text that nobody has yet."""
    base = re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")[:48] or "user"
    for name in (base, *(f"{base}-{number}" for number in range(2, 100))):
        if reads.entity_named(viewer, name) is None:
            return name
    return f"{base}-{secrets.token_hex(4)}"
