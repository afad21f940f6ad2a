"""Who is asking: keys, passwords, one-time links, and the first start."""

import base64
import hashlib
import hmac
import secrets
import string
from datetime import datetime, timedelta
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from runstone.actions.access import require_signed_in
from runstone.domain.errors import Invalid, NotFound, Unauthenticated
from runstone.domain.ids import UserId
from runstone.domain.viewer import COMMAND_LINE, NOBODY, Role, Viewer
from runstone.store.opening import Store
from runstone.store.reads import Reads
from runstone.store.writes import Transaction

KEY_LENGTH = 40
KEY_ALPHABET = string.digits + string.ascii_lowercase
PREFIX_LENGTH = 6
LINK_LIFE = timedelta(hours=24)
USE_NOTED_EVERY = timedelta(hours=1)
DEFAULT_ORGANIZATION = "runstone"


def new_key() -> str:
    """A fresh API key: 40 characters 0-9a-z, the one form that every client version accepts."""
    return "".join(secrets.choice(KEY_ALPHABET) for _ in range(KEY_LENGTH))


def new_token() -> str:
    """A fresh secret for a link that works by itself."""
    return secrets.token_urlsafe(32)


def digest_of(secret: bytes, token: str) -> str:
    """HMAC-SHA256 of a key or link token with the server's secret, hex. Only this is stored."""
    return hmac.new(secret, token.encode(), hashlib.sha256).hexdigest()


def check_key_form(key: str) -> str:
    """Return a key that somebody wants to set when clients would accept it; raise `Invalid` otherwise."""
    plain = key.replace("-", "").replace("_", "")
    if len(key) < KEY_LENGTH or len(key) > 128 or not plain.isalnum() or not plain.isascii():
        raise Invalid(
            f"API key of {len(key)} characters: expected 40 to 128 letters, digits, '_' and '-'. "
            "Leave it out to have one made."
        )
    return key


def viewer_of_key(reads: Reads, key: str) -> Viewer:
    """The person of an API key. Raises `Unauthenticated` for an unknown or revoked key."""
    user_id = reads.user_of_key(digest_of(reads.secret, key))
    viewer = None if user_id is None else reads.viewer(user_id)
    if viewer is None:
        raise Unauthenticated("This API key is not known here.")
    return viewer


def key_use_is_noted(reads: Reads, key: str, now: datetime) -> bool:
    """Whether it is written down that this key is in use; see `note_key_use`."""
    return reads.key_used_since(digest_of(reads.secret, key), now - USE_NOTED_EVERY)


def note_key_use(store: Store, key: str, now: datetime) -> None:
    """Keep when a key was last used, to the hour: its owner sees which of them still serve. Nobody waits for
    it, and where nothing can be written just now it is left out: reads go on then."""
    digest = digest_of(store.secret, key)
    store.write_soon(lambda tx: tx.mark_key_used(digest, now))


def viewer_of_user(reads: Reads, user_id: UserId) -> Viewer:
    """A person by id, `NOBODY` when deleted."""
    return reads.viewer(user_id) or NOBODY


def viewer_of_name(store: Store, username: str) -> Viewer:
    """A person by user name, for the server's own command line. Raises `NotFound`."""
    with store.reading() as reads:
        row = reads.user(COMMAND_LINE, username)
        if row is None:
            raise NotFound(f"user {username!r} was not found. `runstone user list` shows all.")
        return viewer_of_user(reads, UserId(row.id))


def add_key(tx: Transaction, user_id: UserId, key: str, description: str, now: datetime) -> int | None:
    """Keep a key for a person inside another action. None when it is known already."""
    return tx.insert_key(user_id, digest_of(tx.secret, key), key[:PREFIX_LENGTH], description, now)


def create_key(store: Store, viewer: Viewer, description: str, now: datetime) -> tuple[int, str]:
    """Make a key for the viewer; returns its id and the key itself, which is shown this once."""
    require_signed_in(viewer)
    assert viewer.user_id is not None
    user_id, key = viewer.user_id, new_key()

    def change(tx: Transaction) -> int:
        made = add_key(tx, user_id, key, description, now)
        assert made is not None
        tx.record(viewer, "create_key", "key", made, now, description=description)
        return made

    return store.write(change), key


def revoke_key(store: Store, viewer: Viewer, key_id: int, now: datetime) -> None:
    """End one of the viewer's keys. Raises `NotFound` when it is not theirs."""
    require_signed_in(viewer)
    assert viewer.user_id is not None
    user_id = viewer.user_id

    def change(tx: Transaction) -> None:
        if not tx.revoke_key(key_id, user_id, now):
            raise NotFound("That key is not one of yours, or was revoked before.")
        tx.record(viewer, "revoke_key", "key", key_id, now)
        tx.changed("user", noun_id=user_id)

    store.write(change)


def hash_password(password: str) -> str:
    """Argon2 hash of a password. Raises `Invalid` for one under 8 characters."""
    if len(password) < 8:
        raise Invalid(f"password of {len(password)} characters: expected at least 8.")
    return PasswordHasher().hash(password)


def sign_in_with_password(store: Store, username: str, password: str) -> Viewer:
    """The person of a name and password. Raises `Unauthenticated`; the reason is never told apart."""
    with store.reading() as reads:
        row = reads.user(COMMAND_LINE, username)
        refused = Unauthenticated("User name or password is wrong.")
        try:
            PasswordHasher().verify(
                row.password_hash if row is not None and row.password_hash else _no_password(), password
            )
        except (VerificationError, InvalidHashError):
            raise refused from None
        if row is None or not row.password_hash:
            raise refused
        return viewer_of_user(reads, UserId(row.id))


@lru_cache(maxsize=1)
def _no_password() -> str:
    """Verified against when there is no such person, so that both answers take the same time. Made at
    the first need: hashing costs start-up time and memory."""
    return PasswordHasher().hash(base64.b64encode(secrets.token_bytes(24)).decode())


def create_sign_in_link(store: Store, username: str, now: datetime, purpose: str = "sign-in") -> str:
    """Make a one-time token for a person; it goes into `/login?token=...`. Raises `NotFound`.

    For administrators and the machine's own command line only: the caller checks that.
    """
    token = new_token()

    def change(tx: Transaction) -> None:
        row = tx.user(COMMAND_LINE, username)
        if row is None:
            raise NotFound(f"user {username!r} was not found. `runstone user list` shows all.")
        tx.insert_sign_in_link(digest_of(tx.secret, token), UserId(row.id), purpose, now + LINK_LIFE)

    store.write(change)
    return token


def use_sign_in_link(store: Store, token: str, now: datetime) -> Viewer:
    """Spend a one-time token. Raises `Unauthenticated` when it is unknown, spent or expired."""

    def change(tx: Transaction) -> Viewer:
        row = tx.use_sign_in_link(digest_of(tx.secret, token), now)
        if row is None:
            raise Unauthenticated(
                "This sign-in link is unknown, used or expired. Make a fresh one: runstone user link NAME"
            )
        return viewer_of_user(tx, UserId(row.user_id))

    return store.write(change)


def set_up(store: Store, admin_key: str | None, now: datetime) -> str | None:
    """First start: the user `admin` and the organization. Returns the admin's key when it was made now.

    With `admin_key` given, that key works for `admin` after every start.
    """

    def change(tx: Transaction) -> str | None:
        made = None
        tx.lock_alone()
        if not tx.users_exist():
            organization_id = tx.insert_organization(DEFAULT_ORGANIZATION, DEFAULT_ORGANIZATION, now)
            user_id = tx.insert_user("admin", now, admin=True)
            organization = tx.organization_by_id(NOBODY, organization_id)
            assert organization is not None
            tx.set_member(organization.entity_id, user_id, Role.ADMIN, now)
            made = admin_key or new_key()
            add_key(tx, user_id, made, "first start", now)
        elif admin_key is not None:
            row = tx.user(COMMAND_LINE, "admin")
            if row is not None:
                add_key(tx, UserId(row.id), admin_key, "RUNSTONE_ADMIN_API_KEY", now)
        return made

    if admin_key is not None:
        check_key_form(admin_key)
    return store.write(change)
