"""`RUNSTONE_HISTORY_FILES=all`: the real client reads each sealed run from files, whatever was logged."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from runstone.actions.sign_in import set_up, viewer_of_key
from runstone.store.opening import opened
from tests.conftest import NOW
from tests.live import LiveServer, free_port
from tests.writer import Writer, row

pytestmark = pytest.mark.slow

N = 40
CLIENT = """
import json, wandb
run = wandb.Api().run("admin/p/r1")
done = run.download_history_exports("exports")
found = {"paths": [str(one) for one in done.paths], "live": done.contains_live_data}
found["errors"] = len(done.errors)
found["rows"] = list(run.scan_history())
found["late"] = list(run.scan_history(keys=["late"]))
print(json.dumps(found))
"""


def test_every_sealed_run_has_files_where_the_server_says_so(tmp_path: Path) -> None:
    server = LiveServer(tmp_path, {"history_files": "all"}, free_port())
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    picture = {"_type": "image-file", "path": "media/images/a.png"}
    with opened(f"sqlite:///{data / 'runstone.db'}", str(data / "blobs")) as store:
        set_up(store, server.admin_key, NOW)
        with store.reading() as reads:
            admin = viewer_of_key(reads, server.admin_key)
        writer = Writer(store, admin, entity="admin")
        writer.begin()
        late = [{"late": float(i)} if i >= N // 2 else {"picture": picture} for i in range(N)]
        writer.send(0, [row(i, loss=i / 2, nest={"x": i}, **late[i]) for i in range(N)])
        writer.post(exit_code=0)
        writer.seal()
    server.start()
    try:
        environment = {**server.client_environment(tmp_path / "home"), "PATH": os.environ["PATH"]}
        asked = [sys.executable, "-c", CLIENT]
        said = subprocess.run(
            asked, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
        )
    finally:
        server.stop()
    assert said.returncode == 0, said.stderr
    found = json.loads(said.stdout.splitlines()[-1])
    assert (len(found["paths"]), found["errors"], found["live"]) == (1, 0, False)
    table = pq.read_table(tmp_path / found["paths"][0])
    assert table["late"].to_pylist() == [one.get("late") for one in late]
    assert table["nest.x"].to_pylist() == list(range(N))
    assert [json.loads(one) for one in table["picture"].to_pylist()[: N // 2]] == [picture] * (N // 2)
    assert [(one["_step"], one["loss"], one["late"]) for one in found["rows"]] == [
        (i, i / 2, one.get("late")) for i, one in enumerate(late)
    ]
    assert [one["late"] for one in found["late"] if one["late"] is not None] == list(range(N // 2, N))
