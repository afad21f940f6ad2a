"""Addresses that carry their own permission: signed, expiring, valid without other credentials.

A link says what may be moved (one file of one run, one object), for whom and until when.
The person is part of it: the byte routes look up that person's rights again when the
link is used, so a right that was taken away is gone from every link handed out before.
Links are absolute and start with the address under which this client reached us.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from itsdangerous import BadSignature, URLSafeSerializer

from runstone.domain.errors import Denied
from runstone.store.history_files import HistoryFile

LINK_PREFIX = "/files/@/"  # no entity's name begins with @
UPLOAD_LIFETIME = timedelta(hours=24)
DOWNLOAD_LIFETIME = timedelta(hours=6)


class Purpose(StrEnum):
    """What a link may be used for. The values are short: they travel in every address."""

    PUT_RUN_FILE = "pr"
    GET_RUN_FILE = "gr"
    PUT_BLOB = "pb"
    GET_BLOB = "gb"
    PUT_MANIFEST = "pm"
    GET_HISTORY = "gh"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a link allows: `subject` is the list of ids and names that the purpose needs.

    `user_id` is the person who got the link, None for nobody (public projects).
    """

    purpose: Purpose
    subject: tuple[Any, ...]
    user_id: int | None


@lru_cache(maxsize=8)
def _serializer(secret: bytes) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="runstone.link", signer_kwargs={"digest_method": sha256})


def read_token(secret: bytes, token: str, now: datetime) -> Grant:
    """The grant of a token. Raises `Denied` when it was changed, is not ours, or is too old."""
    try:
        purpose, user_id, expires_s, *subject = _serializer(secret).loads(token)
        grant = Grant(Purpose(purpose), tuple(subject), user_id)
        expires_at = datetime.fromtimestamp(expires_s, UTC)
    except (BadSignature, ValueError, TypeError):
        raise Denied(
            "This link was not made by this server, or was changed on its way. Ask for the file again."
        ) from None
    if now > expires_at:
        raise Denied(f"This link was valid until {expires_at:%Y-%m-%d %H:%M} UTC. Ask for the file again.")
    return grant


@dataclass(frozen=True, slots=True)
class Links:
    """Makes links for one request: its address, its person, its time.

    Names are only shown at the end of the address, for people and for clients that name a
    file after it; what counts is in the token.
    """

    base_url: str
    secret: bytes
    user_id: int | None
    now: datetime

    def run_file_upload(self, run_id: int, name: str) -> str:
        """Where to PUT one file of a run."""
        return self._link(Purpose.PUT_RUN_FILE, UPLOAD_LIFETIME, name, run_id, name)

    def run_file(self, run_id: int, name: str) -> str:
        """Where to GET one file of a run, as it is at that moment."""
        return self._link(Purpose.GET_RUN_FILE, DOWNLOAD_LIFETIME, name, run_id, name)

    def blob_upload(self, version_id: int, md5: str, name: str) -> str:
        """Where to PUT one file of a version that is being made; `md5` is hex, other bytes are refused."""
        return self._link(Purpose.PUT_BLOB, UPLOAD_LIFETIME, name, version_id, md5)

    def manifest_upload(self, manifest_id: int, md5: str, name: str) -> str:
        """Where to PUT the manifest of a version; `md5` is hex, or empty when it was not announced."""
        return self._link(Purpose.PUT_MANIFEST, UPLOAD_LIFETIME, name, manifest_id, md5)

    def blob(self, version_id: int, blob_id: int, name: str) -> str:
        """Where to GET one object that belongs to a version."""
        return self._link(Purpose.GET_BLOB, DOWNLOAD_LIFETIME, name, version_id, blob_id, name)

    def history_file(self, run_id: int, file: HistoryFile, name: str) -> str:
        """Where to GET a part of a run's sealed history as Parquet."""
        subject = (run_id, file.first, file.last, file.end)
        return self._link(Purpose.GET_HISTORY, DOWNLOAD_LIFETIME, name, *subject)

    def _link(self, purpose: Purpose, lifetime: timedelta, name: str, *subject: Any) -> str:
        expires_s = int((self.now + lifetime).timestamp())
        token = _serializer(self.secret).dumps([purpose.value, self.user_id, expires_s, *subject])
        return f"{self.base_url}{LINK_PREFIX}{token}/{quote(name.rsplit('/', 1)[-1], safe='')}"
