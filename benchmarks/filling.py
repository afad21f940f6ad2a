"""Stores filled by the server's own actions, without HTTP, for benchmarks of reading.

Ten million rows take minutes to make, so what was made is kept in `.bench/` of the clone (or in
`BENCH_DATA`) and used again, until the code that makes it or the form on disk changes.
"""

import hashlib
import inspect
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from runstone.actions.history import Post, receive
from runstone.actions.run import RunChange, upsert_run
from runstone.actions.seal import seal_stream
from runstone.domain.history import Chunk, Stream
from runstone.domain.viewer import COMMAND_LINE
from runstone.store.opening import Store, opened
from tests.live import LiveServer, live_server

ROOT = Path(__file__).parents[1]
KEPT = Path(os.environ.get("BENCH_DATA") or ROOT / ".bench")
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = 16_384


@contextmanager
def served(name: str, fill: Callable[[Store], None], *sizes: object) -> Iterator[LiveServer]:
    """A running server over what `fill` puts into an empty store, from an earlier call if there was one.

    `sizes` are the constants that `fill` reads from the environment.
    """
    place = KEPT / name
    stamp, wanted = place / "made", _recipe(fill, sizes)
    if not (stamp.exists() and stamp.read_text() == wanted):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        print(f"  filling {place} ...", end="", flush=True)
        began = time.perf_counter()
        with live_server(place):
            pass  # the first start makes the database and its administrator
        with opened(f"sqlite:///{place / 'data' / 'runstone.db'}", str(place / "data" / "blobs")) as store:
            fill(store)
        stamp.write_text(wanted)
        print(f" {time.perf_counter() - began:.0f} s", flush=True)
    with live_server(place) as server:
        yield server


def _recipe(fill: Callable[[Store], None], sizes: tuple[object, ...]) -> str:
    """Digest of everything that decides what a filled store looks like."""
    digest = hashlib.sha256(repr((sizes, inspect.getsource(fill), inspect.getsource(log_run))).encode())
    store = ROOT / "runstone" / "store"
    for path in (store / "schema.py", *sorted((store / "series").glob("*.py"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def log_run(
    store: Store, project: str, name: str, n: int, values: Callable[[int, int], list[dict[str, Any]]]
) -> None:
    """A finished, sealed run of `n` rows; `values(start, end)` gives the metrics of some of them."""
    with store.reading() as reads:
        admin = reads.user(COMMAND_LINE, "admin")
        viewer = None if admin is None else reads.viewer(admin.id)
    assert viewer is not None
    run_id, _ = upsert_run(store, viewer, RunChange(entity="admin", project=project, name=name), BEGAN)
    for start in range(0, n, BATCH):
        rows = values(start, min(n, start + BATCH))
        lines = tuple(
            json.dumps({"_step": step, "_timestamp": 1.76e9 + step / 4, "_runtime": step / 4, **row})
            for step, row in enumerate(rows, start)
        )
        post = Post(chunks=(Chunk(Stream.HISTORY, start, lines),))
        now = BEGAN + timedelta(seconds=start / 4)
        receive(store, viewer, "admin", project, name, post, now).result()
        seal_stream(store, run_id, 0, Stream.HISTORY, BEGAN)
    end = BEGAN + timedelta(seconds=n / 4)
    receive(store, viewer, "admin", project, name, Post(exit_code=0), end).result()
    seal_stream(store, run_id, 0, Stream.HISTORY, end, everything=True)
