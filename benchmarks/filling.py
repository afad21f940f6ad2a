"""Runs put into a store by the server's own actions, without HTTP, for benchmarks of reading."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from runstone.actions.history import Post, receive
from runstone.actions.run import RunChange, upsert_run
from runstone.actions.seal import seal_stream
from runstone.domain.history import Chunk, Stream
from runstone.domain.viewer import COMMAND_LINE
from runstone.store.opening import Store

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = 16_384


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
