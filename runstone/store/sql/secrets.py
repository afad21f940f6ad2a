"""The server's own random key: made once, kept in the database, so that N processes share it."""

import secrets

from sqlalchemy import Connection, select

from runstone.store.schema import setting
from runstone.store.sql.database import Database

_NAME = "secret"


def load_secret(database: Database) -> bytes:
    """The key (32 bytes), made at the first call for this database."""

    def make(conn: Connection) -> bytes:
        known = conn.execute(select(setting.c.value).where(setting.c.name == _NAME)).scalar()
        if known is None:
            known = secrets.token_hex(32)
            conn.execute(setting.insert().values(name=_NAME, value=known))
        return bytes.fromhex(known)

    return database.write(make)
