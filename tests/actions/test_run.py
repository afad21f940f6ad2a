"""Runs that many clients begin at the same moment."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from runstone.actions.run import RunChange, upsert_run
from runstone.store.opening import Store
from runstone.store.schema import run
from tests.conftest import NOW, People


def test_each_run_has_its_own_ordinal(store: Store, people: People) -> None:
    """It is the run's colour and part of its name, and is never given twice."""

    def begin(name: str) -> None:
        upsert_run(store, people.ben, RunChange(entity="lab", project="p", name=name), NOW)

    begin("first")
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(begin, [f"r{i}" for i in range(48)]))
    with store.reading() as reads:
        rows = reads.all(select(run.c.ordinal, run.c.display_name).order_by(run.c.ordinal))
    assert [row.ordinal for row in rows] == list(range(1, 50))
    assert [int(row.display_name.rpartition("-")[2]) for row in rows] == list(range(1, 50))
