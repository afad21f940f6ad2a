"""`runstone backup`: whole at every moment, only what is new, and clear words when something is wrong."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from runstone.actions.blob import collect_blobs
from runstone.actions.repair import stored_streams, verify_stream
from runstone.actions.retention import free_runs
from runstone.actions.run import delete_run
from runstone.actions.sign_in import set_up, viewer_of_name
from runstone.domain.ids import RunId
from runstone.domain.viewer import COMMAND_LINE, Viewer
from runstone.server.cli import cli
from runstone.server.data_directory import owned
from runstone.store import backup
from runstone.store.opening import Store, opened
from runstone.store.sql.moving import differing_tables
from tests.artifacts import log_version
from tests.conftest import ADMIN_KEY, NOW
from tests.writer import Writer, row


@pytest.fixture
def data(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory with a run, partly sealed, and a version of two files."""
    directory = tmp_path / "data"
    directory.mkdir()
    (directory / "runstone.db").write_bytes(sqlite_template.read_bytes())
    monkeypatch.setenv("RUNSTONE_DATA_DIR", str(directory))
    with store_at(directory) as store:
        set_up(store, ADMIN_KEY, NOW)
        admin = admin_of(store)
        writer = Writer(store, admin, entity="admin")
        writer.begin()
        writer.send(0, [row(i, loss=i / 7) for i in range(50)])
        writer.seal()
        writer.send(50, [row(i, loss=i / 7) for i in range(50, 60)])
        log_version(store, admin, {"a": b"first", "b": b"second"}, entity_name="admin", project_name="p")
    return directory


@contextmanager
def store_at(directory: Path) -> Iterator[Store]:
    with opened(f"sqlite:///{directory}/runstone.db", str(directory / "blobs")) as store:
        yield store


def back_up(target: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["backup", str(target), *words])
    return done.exit_code, " ".join(done.output.split())


def files(directory: Path) -> dict[str, bytes]:
    found = (one for one in (directory / "blobs").rglob("*") if one.is_file())
    return {one.relative_to(directory).as_posix(): one.read_bytes() for one in found}


def the_same(one: Path, other: Path) -> bool:
    """Whether two data directories hold the same rows and files, and every stream is in order."""
    with store_at(one) as first, store_at(other) as second:
        wrong = [found for at in stored_streams(second, COMMAND_LINE) for found in verify_stream(second, at)]
        differing = differing_tables(first.database, second.database, lambda _: None)
    return not wrong and not differing and files(one) == files(other)


def admin_of(store: Store) -> Viewer:
    return viewer_of_name(store, "admin")


def test_the_copy_is_a_data_directory(data: Path, tmp_path: Path) -> None:
    status, told = back_up(tmp_path / "copy")
    assert (status, "4 files and the database. 4 files" in told) == (0, True), told
    assert the_same(data, tmp_path / "copy")
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o700
    assert sorted(os.listdir(tmp_path / "copy")) == ["blobs", "runstone.db", "server.lock"]
    status, told = back_up(tmp_path / "restored", "--data-dir", str(tmp_path / "copy"))
    assert (status, the_same(data, tmp_path / "restored")) == (0, True), told


def test_later_ones_copy_what_is_new_and_drop_what_nothing_needs(data: Path, tmp_path: Path) -> None:
    target, kept = tmp_path / "copy", tmp_path / "monday"
    back_up(target)
    shutil.copytree(target, kept, copy_function=os.link)  # as `cp -al` does
    before = files(kept)
    with store_at(data) as store:
        admin = admin_of(store)
        log_version(store, admin, {"c": b"third"}, entity_name="admin", project_name="p")
        with store.reading() as reads:
            project = reads.project(admin, "admin", "p")
            assert project is not None
            run = reads.run(admin, project.id, "r1")
        assert run is not None
        delete_run(store, admin, RunId(run.id), NOW)
        for years in (1, 2):
            later = NOW.replace(year=NOW.year + years)
            free_runs(store, later, timedelta(0))
            collect_blobs(store, later, timedelta(0))
    status, told = back_up(target)
    assert status == 0, told
    assert "2 files (" in told, told  # the file and its manifest
    assert " 0 bytes became free" not in told
    assert the_same(data, target)
    assert files(kept) == before
    with store_at(kept) as store:
        assert len(stored_streams(store, COMMAND_LINE)) == 1


def test_others_write_meanwhile(data: Path, tmp_path: Path) -> None:
    """Each copy has what was acknowledged before it began, whole."""
    target, ended = tmp_path / "copy", threading.Event()
    logged = 0
    with store_at(data) as store:
        writer = Writer(store, admin_of(store), "busy", entity="admin")
        writer.begin()

        def write() -> None:
            nonlocal logged
            while not ended.is_set():
                writer.send(logged, [row(i, loss=i) for i in range(logged, logged + 20)])
                logged += 20
                if logged % 100 == 0:
                    writer.seal()

        writing = threading.Thread(target=write)
        writing.start()
        try:
            for _ in range(3):
                acknowledged = logged
                assert back_up(target)[0] == 0
                with store_at(target) as copied:
                    streams = stored_streams(copied, COMMAND_LINE)
                    assert not [wrong for one in streams for wrong in verify_stream(copied, one)]
                    own = Writer(copied, admin_of(copied), "busy", entity="admin")
                    lines = [line for line, _ in own.rows()]
                    assert lines == list(range(len(lines)))
                    assert len(lines) >= acknowledged
        finally:
            ended.set()
            writing.join()


def one_file(directory: Path) -> Path:
    return next(directory / name for name, content in files(directory).items() if content == b"first")


def test_what_is_missing_is_named_and_all_else_copied(data: Path, tmp_path: Path) -> None:
    one_file(data).write_bytes(b"other")  # damaged, of the same length
    status, told = back_up(tmp_path / "copy")
    assert (status, "1 file is missing or damaged" in told, "/m/" in told) == (1, True, True), told
    assert len(files(tmp_path / "copy")) == 3
    with store_at(tmp_path / "copy") as store:
        assert len(stored_streams(store, COMMAND_LINE)) == 1


def test_a_damaged_copy_is_mended(data: Path, tmp_path: Path) -> None:
    back_up(tmp_path / "copy")
    one_file(tmp_path / "copy").write_bytes(b"other")
    assert back_up(tmp_path / "copy")[0] == 0
    assert not the_same(data, tmp_path / "copy")  # as long as the size is right it is left alone
    status, told = back_up(tmp_path / "copy", "--check")
    assert (status, "was damaged in the copy, and was copied again" in told) == (0, True), told
    assert the_same(data, tmp_path / "copy")


def broken_database(data: Path, _target: Path, _monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytearray((data / "runstone.db").read_bytes())
    content[8192:20000] = b"x" * (20000 - 8192)
    (data / "runstone.db").write_bytes(content)


def full_disk(_data: Path, _target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")._replace(free=1000)
    monkeypatch.setattr(backup.shutil, "disk_usage", lambda _: usage)


def other_things(_data: Path, target: Path, _monkeypatch: pytest.MonkeyPatch) -> None:
    (target / "thesis.tex").write_text("x")


def on_postgresql(_data: Path, _target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNSTONE_DB", "postgresql://somewhere/else")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (broken_database, ("is damaged", "The backup before is as it was")),
        (full_disk, ("1,000 bytes free", "the backup needs")),
        (other_things, ("holds other things (thesis.tex)",)),
        (on_postgresql, ("pg_dump", "copy the bucket after it")),
    ],
)
def test_what_can_not_be_leaves_the_copy_before(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[..., None], words: Any
) -> None:
    target = tmp_path / "copy"
    back_up(target)
    before = files(target), (target / "runstone.db").read_bytes()
    spoil(data, target, monkeypatch)
    status, told = back_up(target)
    assert status == 2, told
    assert [word for word in words if word not in told] == [], told
    assert (files(target), (target / "runstone.db").read_bytes()) == before
    assert not (target / "runstone.db.part").exists()


def test_a_database_at_a_place_of_its_own(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the file of that name that an earlier start may have left in the data directory."""
    (data / "runstone.db").rename(tmp_path / "elsewhere.db")
    shutil.copy(tmp_path / "elsewhere.db", data / "runstone.db")
    with opened(f"sqlite:///{tmp_path}/elsewhere.db", str(data / "blobs")) as store:
        log_version(store, admin_of(store), {"c": b"3"}, entity_name="admin", project_name="p")
    monkeypatch.setenv("RUNSTONE_DB", f"sqlite:///{tmp_path}/elsewhere.db")
    status, told = back_up(tmp_path / "copy")
    assert (status, "6 files and the database" in told) == (0, True), told
    (tmp_path / "own").mkdir()
    (tmp_path / "elsewhere.db").rename(tmp_path / "own" / "runstone.db")
    monkeypatch.setenv("RUNSTONE_DB", f"sqlite:///{tmp_path}/own/runstone.db")
    assert "lies in the data directory itself" in back_up(tmp_path / "own")[1]


def test_where_a_copy_may_not_be(data: Path, tmp_path: Path) -> None:
    assert "lies in the data directory itself" in back_up(data / "copy")[1]
    assert "lies in the data directory itself" in back_up(data)[1]
    target = tmp_path / "copy"
    back_up(target)
    with owned(target, exclusive=True):  # a server looks at it
        status, told = back_up(target)
    assert (status, "Another Runstone server uses" in told) == (2, True), told
    (target / "runstone.db.part").write_bytes(b"left by one that was killed")
    assert back_up(target)[0] == 0
    assert the_same(data, target)
    assert "There is no Runstone data" in back_up(target, "--data-dir", str(tmp_path / "nowhere"))[1]
