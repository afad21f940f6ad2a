"""`runstone storage` and `runstone retention` in a terminal."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from runstone.actions.blob import receive_run_file
from runstone.actions.sign_in import set_up, viewer_of_name
from runstone.server.cli import cli
from runstone.store.opening import opened
from tests.artifacts import log_version
from tests.conftest import NOW
from tests.writer import Writer


@pytest.fixture
def data(tmp_path: Path) -> str:
    """A data directory with two versions."""
    with opened(f"sqlite:///{tmp_path / 'runstone.db'}", str(tmp_path / "blobs")) as store:
        set_up(store, None, NOW)
        admin = viewer_of_name(store, "admin")
        for text in (b"one", b"two"):
            log_version(store, admin, {"a": text * 1000}, entity_name="admin")
        writer = Writer(store, admin, entity="admin", project="mnist")
        writer.begin()
        upload = store.blobs.begin()
        upload.write(b"png" * 700)
        receive_run_file(store, admin, writer.row().id, "media/images/a.png", upload, NOW)
        writer.post(exit_code=0)
    return str(tmp_path)


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, list(words))
    return done.exit_code, done.output


def test_storage_names_every_project(data: str) -> None:
    status, said = run("storage", "--data-dir", data)
    assert status == 0
    assert "admin/mnist" in said
    assert "Waiting for collection: 0 bytes" in said


def test_a_rule_is_shown_set_and_taken_away(data: str) -> None:
    status, said = run("retention", "show", "admin/mnist", "--data-dir", data)
    assert (status, "has no rule" in said) == (0, True)
    status, said = run("retention", "set", "admin/mnist", "--keep-last", "1", "--data-dir", data)
    assert (status, "1 versions would go" in said) == (0, True)
    assert "media of run" not in said
    more = ("--keep-last", "9", "--media-older-than-days", "1")
    status, said = run("retention", "set", "admin/mnist", *more, "--data-dir", data)
    assert "media of run r1   1 files   2.1 kB" in said
    assert "0 versions would go, and 1 media of 1 runs: frees 2.1 kB" in said
    status, said = run("retention", "set", "admin/mnist", "--keep-best", "1", "--data-dir", data)
    assert status == 2
    assert "metric: expected the name of a metric" in said
    status, said = run("retention", "off", "admin/mnist", "--data-dir", data)
    assert (status, "has no rule now" in said) == (0, True)


def test_a_strange_name_is_refused(data: str) -> None:
    for name, words in (("mnist", "expected ENTITY/PROJECT"), ("admin/nope", "was not found")):
        status, said = run("retention", "show", name, "--data-dir", data)
        assert status == 2
        assert words in said
