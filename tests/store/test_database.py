"""Writers at the same moment: who loses a race does its change again."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, func, select

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


def test_room_that_a_burst_has_left_goes_back_to_the_disk(db_url: str, tmp_path: Path) -> None:
    if not db_url.startswith("sqlite"):
        pytest.skip("PostgreSQL's own cleaning keeps free pages for later")
    path = Path(db_url.removeprefix("sqlite:///"))
    kept = {f"kept{i}": f"{i} " * 2000 for i in range(20)}

    def burst(conn: Connection) -> None:
        for i, (name, value) in enumerate(kept.items()):
            conn.execute(
                setting.insert(), [{"name": f"gone{i}-{j}", "value": "x" * 50_000} for j in range(10)]
            )
            conn.execute(setting.insert().values(name=name, value=value))

    with opened(db_url, str(tmp_path / "blobs")) as store:
        store.database.write(burst)
        store.database.write(lambda conn: conn.execute(delete(setting).where(setting.c.name.like("gone%"))))
        for i in range(40):
            store.database.write(
                lambda conn, i=i: conn.execute(setting.insert().values(name=f"w{i}", value=""))
            )  # type: ignore[misc]
        assert store.database.give_back() == 0, "not while others write"
        with ThreadPoolExecutor(1) as pool:
            given = pool.submit(store.database.give_back)
            store.database.write(
                lambda conn: conn.execute(setting.insert().values(name="between", value="x"))
            )
        assert given.result() > 1000
        assert store.database.give_back() == 0
    assert path.stat().st_size < 4 << 20
    with opened(db_url, str(tmp_path / "blobs")) as store, store.reading() as reads:
        found = {row.name: row.value for row in reads.conn.execute(select(setting))}
    assert "between" in found
    assert kept.items() <= found.items()
