"""Changes that a person makes of their own account, and the link that brings a new colleague in."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from runstone.actions.access import find_entity, require_signed_in
from runstone.actions.sign_in import digest_of, hash_password, new_token, viewer_of_user
from runstone.actions.user import Membership, parse_role, set_members
from runstone.domain.errors import Conflict, Denied, Invalid, Unauthenticated
from runstone.domain.ids import EntityId, UserId
from runstone.domain.naming import check_entity_name
from runstone.domain.viewer import Role, Viewer
from runstone.store.opening import Store
from runstone.store.writes import Transaction

INVITATION_LIFE = timedelta(days=7)
INVITATION = "invitation"


def change_account(
    store: Store, viewer: Viewer, now: datetime, *, name: str | None = None, email: str | None = None
) -> None:
    """Change the viewer's own name or e-mail address; None stays, an empty address is taken away."""
    require_signed_in(viewer)
    assert viewer.user_id is not None
    user_id = viewer.user_id
    if name is not None:
        check_person_name(name)
    if email and ("@" not in email or len(email) > 320):
        raise Invalid(f"e-mail address {email!r}: expected name@host.")
    values: dict[str, str | None] = {}
    if name is not None:
        values["name"] = name.strip()
    if email is not None:
        values["email"] = email or None

    def change(tx: Transaction) -> None:
        tx.update_user(user_id, **values)
        tx.record(viewer, "change_account", "user", user_id, now, changed=sorted(values))
        tx.changed("user", noun_id=user_id)

    store.write(change)


def check_person_name(name: str) -> str:
    """A person's name without blanks around it. Raises `Invalid` for none and for a very long one."""
    if not 1 <= len(name.strip()) <= 128:
        raise Invalid(f"name of {len(name.strip())} characters: expected 1 to 128.")
    return name.strip()


def change_password(store: Store, viewer: Viewer, current: str, new: str, now: datetime) -> None:
    """Set the viewer's own password. Whoever has one names it; a first one needs none before.

    Raises `Denied` for a wrong current password and `Invalid` for a short new one.
    """
    require_signed_in(viewer)
    assert viewer.user_id is not None
    user_id = viewer.user_id
    with store.reading() as reads:
        row = reads.user(viewer, viewer.username)
    if row is not None and row.password_hash:
        try:
            PasswordHasher().verify(row.password_hash, current)
        except (VerificationError, InvalidHashError):
            raise Denied("The current password is wrong. The password was not changed.") from None
    hashed = hash_password(new)

    def change(tx: Transaction) -> None:
        tx.update_user(user_id, password_hash=hashed)
        tx.record(viewer, "change_password", "user", user_id, now)

    store.write(change)


@dataclass(frozen=True, slots=True)
class Invitation:
    """A new colleague; `token` goes into `/login?token=...`, where they set name and password: once, within
    a week."""

    username: str
    token: str


def invite(
    store: Store, viewer: Viewer, team: str, username: str, role: str, now: datetime, email: str | None = None
) -> Invitation:
    """Make a person who is new here a member of a team, and a link with which they set their password.

    For administrators of the team or the server. Raises `Conflict` for a name that is taken: a
    person who is here already is added by name, and nobody gets a link into their account.
    """
    require_signed_in(viewer)
    check_entity_name(username)
    if email and "@" not in email:
        raise Invalid(f"e-mail address {email!r}: expected name@host.")
    given = Membership(username, parse_role(role))
    token = new_token()

    def change(tx: Transaction) -> Invitation:
        entity = find_entity(tx, viewer, team)
        if entity.kind != "team" or viewer.role_in(EntityId(entity.id)) is not Role.ADMIN:
            raise Denied(f"{viewer.username} does not manage {team}. Ask an administrator of {team}.")
        taken = tx.entity_named(viewer, username)
        if taken is not None:
            raise Conflict(
                f"{username!r} is the name of a {taken.kind} here. A person who has an account is added to "
                "the team by name; a new one needs another name."
            )
        user_id = tx.insert_user(username, now, email=email or None)
        set_members(tx, viewer, EntityId(entity.id), [given], now)
        if entity.organization_id is not None:
            owner = tx.organization_by_id(viewer, entity.organization_id)
            if owner is not None:
                set_members(tx, viewer, EntityId(owner.entity_id), [Membership(username, Role.MEMBER)], now)
        tx.insert_sign_in_link(
            digest_of(tx.secret, token), UserId(user_id), INVITATION, now + INVITATION_LIFE
        )
        tx.record(viewer, "invite", "team", entity.id, now, team=team, username=username, role=role)
        tx.changed("member", noun_id=entity.id)
        return Invitation(username, token)

    return store.write(change)


def accept_invitation(store: Store, token: str, name: str, password: str, now: datetime) -> Viewer:
    """Spend an invitation: its person has this name and password from now on, and is returned.

    Raises `Invalid` for a name or password that can't be, which leaves the invitation as it was, and
    `Unauthenticated` for one that is unknown, used or expired.
    """
    name, hashed = check_person_name(name), hash_password(password)

    def change(tx: Transaction) -> Viewer:
        row = tx.use_sign_in_link(digest_of(tx.secret, token), now)
        if row is None or row.purpose != INVITATION:
            raise Unauthenticated("This invitation is unknown, used or expired.")
        user_id = UserId(row.user_id)
        tx.update_user(user_id, name=name, password_hash=hashed)
        viewer = viewer_of_user(tx, user_id)
        tx.record(viewer, "accept_invitation", "user", user_id, now)
        return viewer

    return store.write(change)
