"""The `runstone` command, run as a function in a directory of its own."""

import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from runstone.actions.history import Post, receive
from runstone.actions.seal import seal_stream
from runstone.actions.sign_in import set_up, viewer_of_key
from runstone.domain.history import Chunk, Stream
from runstone.domain.ids import RunId
from runstone.server.cli import cli
from runstone.store.opening import opened
from tests.conftest import ADMIN_KEY, NOW


@pytest.fixture
def data_dir(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory after its first start, named by the environment."""
    directory = tmp_path / "data"
    directory.mkdir()
    (directory / "runstone.db").write_bytes(sqlite_template.read_bytes())
    with opened(f"sqlite:///{directory}/runstone.db", str(directory / "blobs")) as store:
        set_up(store, ADMIN_KEY, NOW)
    monkeypatch.setenv("RUNSTONE_DATA_DIR", str(directory))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("NETRC", raising=False)
    return directory


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, list(words))


def test_every_setting_is_a_flag_or_said_to_be_environment_only() -> None:
    shown = run("serve", "--help").output
    for flag in ("--host", "--port", "--data-dir", "--db", "--blobs", "--public-url", "--workers"):
        assert flag in shown
    assert "--admin-api-key" not in shown


def test_version() -> None:
    assert run("version").output.strip()[0].isdigit()


def test_login_writes_what_wandb_reads(data_dir: Path, tmp_path: Path) -> None:
    netrc = tmp_path / "home" / ".netrc"
    netrc.parent.mkdir()
    netrc.write_text(
        "machine example.org\n  login me\n  password secret\nmachine 127.0.0.1:8080 login a password b\n"
    )
    settings = tmp_path / "home" / ".config" / "wandb" / "settings"
    settings.parent.mkdir(parents=True)
    settings.write_text("[default]\nentity = lab\n")
    done = run("login")
    assert done.exit_code == 0, done.output
    words = netrc.read_text().split()
    assert words[:6] == ["machine", "example.org", "login", "me", "password", "secret"]
    assert words[6:10] == ["machine", "127.0.0.1:8080", "login", "user"]
    assert len(words) == 12
    assert netrc.stat().st_mode & 0o077 == 0
    assert "entity = lab" in settings.read_text()
    assert "base_url = http://127.0.0.1:8080" in settings.read_text()
    with (
        opened(f"sqlite:///{data_dir}/runstone.db", str(data_dir / "blobs")) as store,
        store.reading() as reads,
    ):
        assert viewer_of_key(reads, words[-1]).username == "admin"


def test_login_refuses_to_rewrite_a_broken_netrc(data_dir: Path, tmp_path: Path) -> None:
    netrc = tmp_path / "home" / ".netrc"
    netrc.parent.mkdir()
    netrc.write_text("machin example.org\n")
    done = run("login")
    assert done.exit_code == 2
    assert "can't be read" in done.output
    assert netrc.read_text() == "machin example.org\n"


def test_login_of_somebody_unknown(data_dir: Path) -> None:
    done = run("login", "nobody")
    assert done.exit_code == 2
    assert "runstone user list" in done.output


def test_user_link_prints_an_address(data_dir: Path) -> None:
    done = run("user", "link", "admin")
    assert done.exit_code == 0
    assert done.output.startswith("http://127.0.0.1:8080/login?token=")


def test_a_command_without_data_says_where_it_looked(tmp_path: Path) -> None:
    done = run("user", "link", "admin", "--data-dir", str(tmp_path))
    assert done.exit_code == 2
    assert str(tmp_path) in done.output
    assert not list(tmp_path.iterdir())


def test_several_processes_need_postgresql(tmp_path: Path) -> None:
    done = run("serve", "--workers", "2", "--data-dir", str(tmp_path))
    assert done.exit_code == 2
    assert "postgresql://" in done.output


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("serve", "--port", str(port), "--data-dir", str(tmp_path / "data"))
    assert done.exit_code == 2
    assert f"Port {port}" in done.output
    assert "--port" in done.output


def test_a_wrong_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNSTONE_PORT", "http")
    done = run("serve", "--data-dir", str(tmp_path))
    assert done.exit_code == 2
    assert "RUNSTONE_PORT" in done.output


def test_people_and_teams_from_the_command_line(data_dir: Path) -> None:
    assert "API key, shown this once: " in run("user", "put", "dora", "--email", "d@example.org").output
    assert "dora was changed." in run("user", "put", "dora", "--admin").output
    assert run("org", "put", "institute").exit_code == 0
    assert (
        "was made"
        in run("team", "put", "birds", "--organization", "institute", "--member", "dora:admin").output
    )
    assert "was changed" in run("team", "put", "birds", "--member", "admin").output
    assert "dora (admin)" in run("team", "list").output
    assert "birds" in run("user", "list").output
    assert "institute" in run("org", "list").output
    assert "dora left" in run("team", "remove", "birds", "dora").output
    assert run("team", "delete", "birds").exit_code == 0
    assert run("org", "delete", "institute").exit_code == 0
    assert run("user", "delete", "dora").exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["user", "delete", "nobody"], "runstone user list"),
        (["user", "put", "api"], "reserved"),
        (["team", "put", "birds", "--member", "admin:owner"], "viewer, member, admin"),
        (["team", "delete", "birds"], "runstone team list"),
        (["org", "delete", "runstone"], "only organization"),
    ],
)
def test_refused_commands_say_why(data_dir: Path, words: list[str], said: str) -> None:
    done = run(*words)
    assert done.exit_code == 2
    assert said in done.output


def test_the_store_is_verified_and_rebuilt(data_dir: Path) -> None:
    with opened(f"sqlite:///{data_dir}/runstone.db", str(data_dir / "blobs")) as store:
        with store.reading() as reads:
            viewer = viewer_of_key(reads, ADMIN_KEY)
        chunk = Chunk(Stream.HISTORY, 0, tuple(f'{{"_step": {i}, "a": {i / 2}}}' for i in range(50)))
        receive(store, viewer, "admin", "p", "r1", Post((chunk,)), NOW).result()
        seal_stream(store, RunId(1), 0, Stream.HISTORY, NOW, everything=True)
    assert run("store", "verify").output.strip().endswith("1 streams are in order.")
    with closing(sqlite3.connect(data_dir / "runstone.db")) as database, database:
        database.execute("DELETE FROM series WHERE level = 0")
    found = run("store", "verify")
    assert found.exit_code == 1
    assert "admin/p/r1, history: the pyramid of 'a', level 0, part 0 is missing." in found.output
    repaired = run("store", "verify", "--repair")
    assert (repaired.exit_code, "is missing. Made again." in repaired.output) == (0, True)
    assert "1 streams were made again." in run("store", "rebuild-series").output
    (segment,) = (path for path in (data_dir / "blobs" / "s").rglob("*") if path.is_file())
    segment.unlink()
    damaged = run("store", "verify", "--repair")
    assert damaged.exit_code == 1
    assert "admin/p/r1, history: segment 0 (lines 0 to 49), file s/" in damaged.output
    assert run("store", "rebuild-series").exit_code == 1
