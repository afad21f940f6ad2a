"""`runstone migrate` on real data, killed again and again on its way."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from runstone.actions.sign_in import set_up, viewer_of_key
from runstone.domain.errors import Conflict
from runstone.domain.history import Stream
from runstone.domain.ids import ProjectId
from runstone.domain.viewer import COMMAND_LINE
from runstone.store.opening import Store, opened
from tests.artifacts import log_version
from tests.conftest import ADMIN_KEY, NOW, s3_options
from tests.live import live_server
from tests.writer import Writer, row
from tools.object_store import ObjectStore

pytestmark = pytest.mark.slow

RUNS, ROWS, FILES = 12, 400, 200
KILLS = (1, 1, 2, 3, 3, 4)  # how many steps each start may go
# Runs the command, and kills it in the step after so many or within 20 ms of it. Watching the
# database from outside misses steps on a busy machine, up to the last one.
DYING = """
import os, random, signal, sys, threading, time
from runstone.store.sql import moving

steps, write = int(sys.argv.pop(1)), moving.write_mark

def counted(conn, mark):
    global steps
    write(conn, mark)
    steps -= 1
    if steps == -1:
        delay = random.uniform(0, 0.02)
        threading.Timer(delay, os.kill, (os.getpid(), signal.SIGKILL)).start()
    elif steps < -2:
        time.sleep(60)  # it has gone far enough

moving.write_mark = counted
from runstone.server.cli import main
main()
"""


def fill(directory: Path) -> None:
    """An installation with sealed and unsealed history, console lines, files and versions."""
    with opened(f"sqlite:///{directory / 'runstone.db'}", str(directory / "blobs")) as store:
        set_up(store, ADMIN_KEY, NOW)
        with store.reading() as reads:
            admin = viewer_of_key(reads, ADMIN_KEY)
        for number in range(RUNS):
            writer = Writer(store, admin, f"run-{number}", entity="admin")
            writer.send(0, [row(i, loss=1 / (i + 1), name=f"ä{i}") for i in range(ROWS)])
            writer.send(0, [f"line {i}" for i in range(50)], Stream.CONSOLE)
            if number % 2:
                writer.seal()
            writer.send(ROWS, [row(ROWS + i, loss=i) for i in range(20)])
        files = {f"f{i}": os.urandom(200) for i in range(FILES)}
        log_version(store, admin, files, entity_name="admin", project_name="p")


def told(store: Store) -> dict[str, Any]:
    """What a person sees of it."""
    found: dict[str, Any] = {}
    with store.reading() as reads:
        project = reads.project(COMMAND_LINE, "admin", "p")
        assert project is not None
        for number in range(RUNS):
            run = reads.run(COMMAND_LINE, ProjectId(project.id), f"run-{number}")
            assert run is not None
            found[run.name] = (reads.rows(run), reads.console(run), run.state, run.heartbeat_at)
        version = reads.version(COMMAND_LINE, 1)
        assert version is not None
        found["version"] = version.state
        for entry in reads.entries(COMMAND_LINE, 1):
            found[entry.path] = store.blobs.read(entry.addr)
    return found


def migrate(
    directory: Path, database: str, s3: ObjectStore, place: str, steps: int = 0
) -> "subprocess.Popen[str]":
    """The command; with `steps` it dies shortly after so many."""
    command = ["migrate", "--data-dir", str(directory), "--to-db", database, "--to-blobs", place]
    start = ["-c", DYING, str(steps)] if steps else ["-m", "runstone"]
    return subprocess.Popen(
        [sys.executable, *start, *command],
        env={"PATH": os.environ["PATH"], **s3.settings(), "RUNSTONE_BLOBS": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_move_that_is_killed_goes_on(database: str, s3: ObjectStore, tmp_path: Path) -> None:
    fill(tmp_path)
    place = f"s3://{s3.bucket}/{tmp_path.name}"
    stages = [stage_of_death(migrate(tmp_path, database, s3, place, steps), database) for steps in KILLS]
    with pytest.raises(Conflict, match="not finished"), opened(database, place, s3_options(s3)):
        pass  # no server starts on half an installation
    process = migrate(tmp_path, database, s3, place)
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert "Moved and compared" in said
    print("killed at", stages)
    assert len(set(stages)) > 3
    with opened(f"sqlite:///{tmp_path / 'runstone.db'}", str(tmp_path / "blobs")) as source:
        wanted = told(source)
    with opened(database, place, s3_options(s3)) as target:
        assert told(target) == wanted
        with target.reading() as reads:
            admin = viewer_of_key(reads, ADMIN_KEY)
        Writer(target, admin, "afterwards", entity="admin").send(
            0, [row(0, a=1)]
        )  # ids go on behind the old ones
        log_version(target, admin, {"new": b"new"}, entity_name="admin", project_name="p")
    again = migrate(tmp_path, database, s3, place)
    said, _ = again.communicate(timeout=120)
    assert again.returncode == 2
    assert "moved there already" in said


def stage_of_death(process: "subprocess.Popen[str]", database: str) -> str:
    """Where it was when it was killed."""
    said, _ = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL, said
    return str(json.loads(mark_in(database))["stage"])


def mark_in(database: str) -> str:
    engine = create_engine(database.replace("postgresql://", "postgresql+psycopg://"))
    try:
        with engine.connect() as conn:
            return str(
                conn.execute(text("SELECT value FROM setting WHERE name = 'migration'")).scalar() or ""
            )
    finally:
        engine.dispose()


def test_refused_moves(database: str, s3: ObjectStore, tmp_path: Path) -> None:
    place = f"s3://{s3.bucket}/{tmp_path.name}"
    with live_server(tmp_path):
        process = migrate(tmp_path / "data", database, s3, place)
        said, _ = process.communicate(timeout=120)
        assert (process.returncode, "Another Runstone server uses the data directory" in said) == (2, True), (
            said
        )
    with opened(database, str(tmp_path / "other")) as store:
        set_up(store, ADMIN_KEY, NOW)
    process = migrate(tmp_path / "data", database, s3, place)
    said, _ = process.communicate(timeout=120)
    assert (process.returncode, "holds data of its own" in said) == (2, True), said


def test_a_damaged_object_is_named(database: str, s3: ObjectStore, tmp_path: Path) -> None:
    fill(tmp_path)
    hurt = next(path for path in (tmp_path / "blobs" / "e").rglob("*") if path.is_file())
    hurt.write_bytes(b"x" * hurt.stat().st_size)
    process = migrate(tmp_path, database, s3, f"s3://{s3.bucket}/{tmp_path.name}")
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 2
    assert hurt.name in said
    assert "Traceback" not in said
