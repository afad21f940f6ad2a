"""Settings: which variables a stage needs, where they come from, what it says first."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.pipelines import data_prep, evaluate, promote, report, train
from app.utils import settings as module
from app.utils.problems import Problem, Unreachable, ended
from app.utils.settings import NAMES, Settings, begin, first_line, insist_on_answer, read_settings
from tests.live import free_port

ALL = {
    "WANDB_BASE_URL": "http://127.0.0.1:8080",
    "WANDB_API_KEY": "k" * 40,
    "WANDB_ENTITY": "lab",
    "WANDB_PROJECT": "MNIST",
    "WANDB_MODEL_RETRAIN": "MNIST_CNN:candidate",
    "WANDB_MODEL_EVAL": "MNIST_CNN:to_evaluate",
}
BASE = {"WANDB_API_KEY", "WANDB_PROJECT"}
# What each stage needs: the main function, its arguments, the variables.
NEEDS: dict[str, tuple[Callable[[list[str]], int], list[str], set[str]]] = {
    "c08 data_prep": (data_prep.main, [], BASE),
    "c17 train": (train.main, [], BASE | {"WANDB_ENTITY"}),
    "c17 tune": (train.main, ["--tune"], BASE | {"WANDB_ENTITY"}),
    "c33 retrain": (train.main, ["--retrain"], BASE | {"WANDB_ENTITY", "WANDB_MODEL_RETRAIN"}),
    "promote": (promote.main, [], BASE | {"WANDB_ENTITY"}),
    "c40 evaluate": (evaluate.main, [], BASE | {"WANDB_ENTITY", "WANDB_MODEL_EVAL"}),
    "report": (report.main, [], BASE | {"WANDB_ENTITY", "WANDB_MODEL_EVAL"}),
}


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place for `app/.env`, and no variable set."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / ".env"
    monkeypatch.setattr(module, "ENV_FILE", file)
    return file


def write(file: Path, values: dict[str, str]) -> None:
    """Write an `.env` file."""
    file.write_text("# a comment\n" + "".join(f"{name}={value}\n" for name, value in values.items()))


def test_c01_every_variable_is_read_from_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    write(file, ALL)
    read = read_settings({}, file)
    assert dict(read.values) == ALL
    assert set(read.sources.values()) == {"app/.env"}


def test_c01_the_environment_wins_and_empty_counts_as_unset(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    write(file, ALL)
    read = read_settings({"WANDB_PROJECT": "other", "WANDB_ENTITY": "  ", "WANDB_MODE": "offline"}, file)
    assert read.project == "other"
    assert read.sources["WANDB_PROJECT"] == "the environment"
    assert read.entity == "lab"
    assert read.sources["WANDB_ENTITY"] == "app/.env"
    assert set(read.values) == set(ALL)


def test_c01_quotes_and_dollars_in_the_file_are_plain_text(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text('export WANDB_PROJECT="My project"\nWANDB_ENTITY=${HOME}x\n')
    read = read_settings({}, file)
    assert (read.project, read.entity) == ("My project", "${HOME}x")


def test_c01_begin_hands_the_file_to_wandb(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(env_file, {**ALL, "WANDB_BASE_URL": ""})
    handed: dict[str, str] = {}
    monkeypatch.setattr(module.os, "environ", handed)
    begin(*ALL.keys() - {"WANDB_BASE_URL"})
    assert handed == {name: value for name, value in ALL.items() if name != "WANDB_BASE_URL"}


@pytest.mark.parametrize("stage", NEEDS)
def test_c02_c08_c17_c33_c40_d19_a_missing_variable_is_named_alone_with_status_2(
    stage: str, env_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main, argv, needed = NEEDS[stage]
    assert main(argv) == 2
    said = capsys.readouterr()
    assert said.out == ""
    lines = said.err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("ERROR: You need to set ")
    assert {name for name in NAMES if name in lines[0]} == needed
    for missing in sorted(needed):
        for name in needed - {missing}:
            monkeypatch.setenv(name, ALL[name])
        monkeypatch.delenv(missing, raising=False)
        assert main(argv) == 2
        line = capsys.readouterr().err
        assert {name for name in NAMES if name in line} == {missing}


@pytest.mark.parametrize(
    ("outside", "inside", "said"),
    [
        (ALL, {}, "http://127.0.0.1:8080, project MNIST (all settings from the environment)"),
        ({}, ALL, "http://127.0.0.1:8080, project MNIST (all settings from app/.env)"),
        (
            {"WANDB_BASE_URL": "http://10.0.0.1"},
            ALL,
            "http://10.0.0.1, project MNIST (WANDB_BASE_URL from the environment, the rest from app/.env)",
        ),
        (
            {},
            {"WANDB_API_KEY": "k", "WANDB_PROJECT": "p"},
            "https://api.wandb.ai, project p (all settings from app/.env)",
        ),
    ],
)
def test_the_first_line_says_where_it_logs_to_and_what_came_from_where(
    tmp_path: Path, outside: dict[str, str], inside: dict[str, str], said: str
) -> None:
    file = tmp_path / ".env"
    write(file, inside)
    assert first_line(read_settings(outside, file)) == f"Logging to {said}"


def test_an_absent_server_is_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    assert ended(lambda: insist_on_answer(address)) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"ERROR: nobody answers at {address} (")
    assert "WANDB_BASE_URL" in said
    with pytest.raises(Unreachable, match="unknown url type"):
        insist_on_answer("127.0.0.1")


def test_offline_nobody_has_to_answer(env_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {**ALL, "WANDB_BASE_URL": f"http://127.0.0.1:{free_port()}", "WANDB_MODE": "offline"}
    monkeypatch.setattr(module.os, "environ", given)
    assert isinstance(begin("WANDB_PROJECT"), Settings)
    given["WANDB_MODE"] = "online"
    with pytest.raises(Unreachable):
        begin("WANDB_PROJECT")


def test_d19_problems_go_to_stderr_and_change_the_status(capsys: pytest.CaptureFixture[str]) -> None:
    from wandb.errors import CommError

    def problem() -> None:
        raise Problem("mend this")

    def refused() -> None:
        raise CommError("key unknown")

    assert [ended(problem), ended(refused), ended(lambda: None)] == [2, 1, 0]
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "ERROR: mend this\nERROR: key unknown\n")
