"""Writers at the same moment: who loses a race does its change again."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import Connection, func, select

from runstone.store.opening import opened
from runstone.store.schema import setting


def test_two_make_the_same_row(db_url: str, tmp_path: Path) -> None:
    def make(conn: Connection) -> bool:
        known = conn.execute(select(setting.c.value).where(setting.c.name == "race")).scalar()
        if known is None:
            conn.execute(setting.insert().values(name="race", value="made"))
        return known is None

    with opened(db_url, str(tmp_path / "a")) as one, opened(db_url, str(tmp_path / "b")) as other:
        with ThreadPoolExecutor(8) as pool:
            stores = [one] * 4 + [other] * 4 if not one.database.is_sqlite else [one] * 8
            made = list(pool.map(lambda store: store.database.write(make), stores))
        assert made.count(True) == 1
        with one.database.reading() as conn:
            count = conn.execute(select(func.count()).where(setting.c.name == "race")).scalar()
        assert count == 1
