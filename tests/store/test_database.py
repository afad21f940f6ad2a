"""Writers at the same moment: who loses a race does its change again."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event
from types import SimpleNamespace

import pytest
from sqlalchemy import Connection, delete, event, func, select

from runstone.store.opening import opened
from runstone.store.schema import setting
from runstone.store.sql import database


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


def test_one_question_after_another_warms_one_connection(db_url: str, tmp_path: Path) -> None:
    if not db_url.startswith("sqlite"):
        pytest.skip("pages are in PostgreSQL's memory")
    together = Barrier(4)

    def ask(wait: bool) -> int:
        with store.database.reading() as conn:
            if wait:
                together.wait(30)
            return id(conn.connection.dbapi_connection)

    with opened(db_url, str(tmp_path / "blobs")) as store:
        with ThreadPoolExecutor(4) as pool:
            assert len(set(pool.map(ask, [True] * 4))) == 4
        assert len({ask(False) for _ in range(8)}) == 1


def test_a_slow_disk_is_waited_for_together(
    db_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not db_url.startswith("sqlite"):
        pytest.skip("PostgreSQL groups commits itself")
    commits = 0  # a second each, and nothing else takes any time
    monkeypatch.setattr(database, "time", SimpleNamespace(monotonic=lambda: float(commits)))
    gate = Event()

    def slow(conn: Connection) -> None:
        nonlocal commits
        commits += 1

    n = 8 * database.GROUP_SIZE
    with opened(db_url, str(tmp_path / "blobs")) as store:
        event.listen(store.database.engine, "commit", slow)
        first = store.database.write_soon(lambda conn: gate.wait())
        names = [f"w{i}" for i in range(n)]
        waiting = [
            store.database.write_soon(
                lambda conn, name=name: conn.execute(setting.insert(), {"name": name, "value": ""})
            )  # type: ignore[misc]
            for name in names
        ]
        gate.set()
        for one in (first, *waiting):
            one.result()
        with store.database.reading() as conn:
            found = conn.execute(select(setting.c.name).where(setting.c.name.in_(names))).all()
    assert len(found) == n
    assert commits == 3, "the first alone, a group of the usual size, then all that wait"


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
