"""Sign-ins of browsers: a signed cookie that only this server can make and read.

The cookie holds no right by itself. It names a person, and stops counting when it is old,
when the person is gone, and when the password changes. Its name differs between servers,
so that two on one machine (cookies ignore ports) do not sign each other out.
"""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from runstone.domain.ids import UserId
from runstone.domain.viewer import COMMAND_LINE, Viewer
from runstone.store.opening import Store
from runstone.store.reads import Reads

SESSION_LIFE = timedelta(days=30)


class Sessions:
    """Makes and reads session cookies of one server."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._serializer = URLSafeSerializer(
            store.secret, salt="runstone.session", signer_kwargs={"digest_method": hashlib.sha256}
        )
        self.cookie_name = "runstone_" + self._digest("cookie name")[:8]

    def _digest(self, text: str) -> str:
        return hmac.new(self._store.secret, text.encode(), hashlib.sha256).hexdigest()

    def start(self, viewer: Viewer, now: datetime) -> str:
        """A cookie value that signs this person in from now on."""
        assert viewer.user_id is not None
        with self._store.reading() as reads:
            mark = self._password_mark(reads, viewer.username)
        return str(self._serializer.dumps([viewer.user_id, int(now.timestamp()), mark, secrets.token_hex(8)]))

    def viewer(self, cookie: str, now: datetime) -> Viewer | None:
        """The person of a cookie value, None when it does not count (any more). Blocking."""
        try:
            user_id, since_s, mark, _ = self._serializer.loads(cookie)
            since = datetime.fromtimestamp(since_s, UTC)
        except (BadSignature, ValueError, TypeError):
            return None
        if now - since > SESSION_LIFE:
            return None
        with self._store.reading() as reads:
            viewer = reads.viewer(UserId(user_id))
            if viewer is None or not hmac.compare_digest(mark, self._password_mark(reads, viewer.username)):
                return None
        return viewer

    def form_token(self, cookie: str) -> str:
        """What a form of this session must send back: another site can't read it, so can't forge one."""
        return self._digest("form:" + cookie)

    def is_form_token(self, cookie: str, token: str) -> bool:
        """Whether `token` belongs to this session."""
        return hmac.compare_digest(self.form_token(cookie), token)

    def _password_mark(self, reads: Reads, username: str) -> str:
        row = reads.user(COMMAND_LINE, username)
        return self._digest("password:" + ((row.password_hash or "") if row is not None else ""))[:16]
