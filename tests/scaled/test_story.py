"""The unmodified client through three processes on PostgreSQL and S3: runs, resumes, artifacts, sign-in."""

import os
from pathlib import Path

import pytest

from tests.live import LiveServer
from tests.sdk.conftest import opened_house
from tests.sdk.environments import CLIENTS, NEWEST, Client

pytestmark = pytest.mark.slow

SCRIPTS = ("artifact", "lifecycle", "run", "session")
# All of them with SCALED_CLIENTS=all; the matrix on one process runs all versions anyway.
TESTED = CLIENTS if os.environ.get("SCALED_CLIENTS") == "all" else (NEWEST,)


def test_clients_see_one_server(scaled: LiveServer, tmp_path: Path) -> None:
    with opened_house(tmp_path, scaled) as house:
        pairs: list[tuple[Client, str]] = [(client, script) for client in TESTED for script in SCRIPTS]
        for client, script in pairs:
            house.submit(client, script)
        for client, script in pairs:
            done = house.scripts[client.version, script].result()
            assert done.status == 0, f"{client.version} {script}\n{done.output}"
    assert "Traceback" not in scaled.log, scaled.log
    # Artifact files went into the bucket without passing through the server.
    assert "PUT /files/@/" in scaled.log  # run files and manifests
