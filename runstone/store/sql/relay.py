"""Changes told from process to process, by PostgreSQL's own messages.

What a process has committed is sent a moment later in one message, not in the transaction
itself: PostgreSQL lets only one transaction with a message commit at a time, which would hold up
ingest. A process that dies within that moment keeps its last news to itself, so a message is a
hint to read, never a fact to rely on.
"""

import json
import logging
import secrets
import threading
from collections.abc import Callable

import psycopg
from sqlalchemy import func, make_url, select
from sqlalchemy.exc import DBAPIError

from runstone.store.changes import Change
from runstone.store.sql.database import Database

logger = logging.getLogger("runstone.changes")

CHANNEL = "runstone_changes"
TOGETHER_S = 0.2  # changes of this long travel as one message
LOOK_S = 1.0  # how long a wait may last before the end of the server is noticed
AGAIN_S = 2.0  # after a lost connection
MOST_WAITING = 5000
MOST_BYTES = 7900  # PostgreSQL takes 8000
OWN_BUSINESS = frozenset({"job"})  # work that waits is found by its table; news of it wake everybody


class Relay:
    """Sends this process' changes and delivers those of others until it is closed."""

    def __init__(self, database: Database, deliver: Callable[[list[Change]], None]) -> None:
        self._database, self._deliver = database, deliver
        self._own = secrets.token_hex(6)
        self._waiting: dict[Change, None] = {}
        self._lock = threading.Lock()
        self._wake, self._closed = threading.Event(), threading.Event()
        self.listening = threading.Event()  # set once others' changes reach us
        self._threads = [
            threading.Thread(target=self._send_forever, name="changes-out", daemon=True),
            threading.Thread(target=self._listen_forever, name="changes-in", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def send(self, changes: list[Change]) -> None:
        """Tell the other processes soon. Returns at once."""
        with self._lock:
            for change in changes:
                if change.noun not in OWN_BUSINESS and len(self._waiting) < MOST_WAITING:
                    self._waiting[change] = None
        self._wake.set()

    def close(self) -> None:
        """Send what waits, and stop listening."""
        self._closed.set()
        self._wake.set()
        for thread in self._threads:
            thread.join()

    def _send_forever(self) -> None:
        while not self._closed.is_set():
            self._wake.wait()
            self._closed.wait(TOGETHER_S)
            self._wake.clear()
            with self._lock:
                waiting, self._waiting = list(self._waiting), {}
            try:
                self._send(waiting)
            except DBAPIError as error:
                logger.warning("changes could not be told to other processes: %s", error.orig)

    def _send(self, changes: list[Change]) -> None:
        messages = packed(self._own, changes)
        if not messages:
            return
        with self._database.engine.connect() as conn, conn.begin():
            for message in messages:
                conn.execute(select(func.pg_notify(CHANNEL, message)))

    def _listen_forever(self) -> None:
        place = make_url(self._database.url).set(drivername="postgresql")
        address = place.render_as_string(hide_password=False)
        while not self._closed.is_set():
            try:
                with psycopg.connect(address, autocommit=True, connect_timeout=10) as conn:
                    conn.execute(f"LISTEN {CHANNEL}")
                    self.listening.set()
                    while not self._closed.is_set():
                        for message in conn.notifies(timeout=LOOK_S):
                            self._receive(message.payload)
            except psycopg.Error as error:
                self.listening.clear()
                logger.warning("changes of other processes can't be heard: %s", error)
                self._closed.wait(AGAIN_S)

    def _receive(self, text: str) -> None:
        sender, changes = unpacked(text)
        if sender != self._own:
            self._deliver(changes)


def packed(sender: str, changes: list[Change]) -> list[str]:
    """Changes as messages that are short enough."""
    messages: list[str] = []
    words: list[str] = []
    size = len(sender) + 6
    for change in changes:
        word = json.dumps([change.noun, change.project_id, change.noun_id, change.detail[:200]])
        if words and size + len(word) + 2 > MOST_BYTES:
            messages.append(f'["{sender}", {", ".join(words)}]')
            words, size = [], len(sender) + 6
        words.append(word)
        size += len(word) + 2
    if words:
        messages.append(f'["{sender}", {", ".join(words)}]')
    return messages


def unpacked(text: str) -> tuple[str, list[Change]]:
    """Sender and changes of a message; nothing for what another version may have said."""
    try:
        sender, *rows = json.loads(text)
        return str(sender), [Change(*row) for row in rows]
    except (ValueError, TypeError):
        return "", []
