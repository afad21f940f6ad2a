"""Changes of people, by administrators of the server."""

from dataclasses import dataclass
from datetime import datetime

from runstone.actions.access import require_admin
from runstone.actions.sign_in import add_key, check_key_form, digest_of, hash_password, new_key
from runstone.domain.errors import Conflict, Invalid, NotFound
from runstone.domain.ids import EntityId, UserId
from runstone.domain.naming import check_entity_name, similar
from runstone.domain.viewer import Role, Viewer
from runstone.store.opening import Store
from runstone.store.writes import Transaction


@dataclass(frozen=True, slots=True)
class PutUser:
    """What `put_user` did. `api_key` is a key made now, shown this once; None for a person who was there."""

    user_id: UserId
    created: bool
    api_key: str | None


def put_user(
    store: Store,
    viewer: Viewer,
    username: str,
    now: datetime,
    *,
    api_key: str | None = None,
    password: str | None = None,
    email: str | None = None,
    admin: bool | None = None,
    service: bool = False,
) -> PutUser:
    """Make a person, or change what is given of the one there. The same call twice equals once.

    A new person without a given key gets one. Raises `Invalid` for a bad name, key or password and
    `Conflict` when the name or the key belongs to somebody else.
    """
    require_admin(viewer)
    check_entity_name(username)
    if email is not None and ("@" not in email or len(email) > 320):
        raise Invalid(f"e-mail address {email!r}: expected name@host. Leave it out if there is none.")
    if api_key is not None:
        check_key_form(api_key)
    password_hash = None if password is None else hash_password(password)

    def change(tx: Transaction) -> PutUser:
        row = tx.user(viewer, username)
        made = None
        if row is None:
            _require_free(tx, viewer, username, "user")
            user_id = tx.insert_user(username, now, service=service)
            made = None if api_key is not None else new_key()
        else:
            user_id = UserId(row.id)
            if row.admin and admin is False:
                _require_another_admin(tx, user_id, username)
        given = {"password_hash": password_hash, "email": email, "admin": admin}
        tx.update_user(user_id, **{name: value for name, value in given.items() if value is not None})
        key = api_key or made
        if key is not None:
            _give_key(tx, user_id, username, key, now)
        changed = sorted(name for name, value in given.items() if value is not None)
        tx.record(viewer, "put_user", "user", user_id, now, username=username, changed=changed)
        tx.changed("user", noun_id=user_id)
        return PutUser(user_id, row is None, made)

    return store.write(change)


def delete_user(store: Store, viewer: Viewer, username: str, now: datetime) -> bool:
    """Remove a person with their keys and their own projects. False when there is no such person.

    What they did in teams stays, under their name. Raises `Conflict` for the last administrator.
    """
    require_admin(viewer)

    def change(tx: Transaction) -> bool:
        row = tx.user(viewer, username)
        if row is None:
            return False
        user_id = UserId(row.id)
        if row.admin:
            _require_another_admin(tx, user_id, username)
        tx.mark_user_deleted(user_id, now)
        tx.mark_entity_deleted(EntityId(row.entity_id), now)
        tx.record(viewer, "delete_user", "user", user_id, now, username=username)
        tx.changed("user", noun_id=user_id)
        return True

    return store.write(change)


def _give_key(tx: Transaction, user_id: UserId, username: str, key: str, now: datetime) -> None:
    add_key(tx, user_id, key, "given by an administrator", now)
    if tx.user_of_key(digest_of(tx.secret, key)) != user_id:
        raise Conflict(
            f"That API key belongs, or belonged, to somebody other than {username}. Give another key, or "
            "leave it out to have one made."
        )


def _require_another_admin(tx: Transaction, user_id: UserId, username: str) -> None:
    if not tx.admins_left(user_id):
        raise Conflict(
            f"{username} is the last administrator of this server. Make somebody else one first: "
            "runstone user put NAME --admin"
        )


def _require_free(tx: Transaction, viewer: Viewer, name: str, what: str) -> None:
    taken = tx.entity_named(viewer, name)
    if taken is not None:
        raise Conflict(f"{what} {name!r}: there is a {taken.kind} of that name. Choose another name.")


# -- members, for teams and organizations ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Membership:
    """One person's role, by name, as an administrator writes it."""

    username: str
    role: Role


def membership(username: str, role: str) -> Membership:
    """A membership from two texts. Raises `Invalid` for an unknown role."""
    return Membership(username, parse_role(role, f" of {username}"))


def parse_role(text: str, whose: str = "") -> Role:
    """A role from its name. Raises `Invalid` for an unknown one."""
    try:
        return Role(text)
    except ValueError:
        raise Invalid(
            f"role {text!r}{whose}: expected {', '.join(Role)} (a viewer reads, a member writes, an "
            "admin manages)."
        ) from None


def set_members(
    tx: Transaction, viewer: Viewer, entity_id: EntityId, members: list[Membership], now: datetime
) -> None:
    """Give people their roles in a team or organization, inside another action.

    Raises `NotFound` that names everybody who is unknown, before anything is changed.
    """
    rows = {one.username: tx.user(viewer, one.username) for one in members}
    unknown = sorted(name for name, row in rows.items() if row is None)
    if unknown:
        known = [row.username for row in tx.all_users(viewer)]
        raise NotFound(
            f"unknown user{'s' if len(unknown) > 1 else ''}: "
            + ", ".join(f"{name!r}{similar(name, known)}" for name in unknown)
            + ". `runstone user list` shows all."
        )
    for one in members:
        row = rows[one.username]
        assert row is not None
        tx.set_member(entity_id, UserId(row.id), one.role, now)


__all__ = ["Membership", "PutUser", "delete_user", "membership", "put_user", "set_members"]
