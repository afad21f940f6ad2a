"""Command lines of the stages: flags, defaults, spellings, refusals.

In `tests/app`, cNN is a numbered promise of the project's description and dNN a mistake to avoid.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.pipelines import data_prep, evaluate, promote, report, train

ROOT = Path(__file__).parents[2]
HYPER = {
    "batch_size": 64, "epochs": 5, "lr": 0.01, "dropout_1": 0.2, "dropout_2": 0.2, "dropout_3": 0.2,
    "dense": 128,
}  # fmt: skip


def train_parse(argv: list[str]) -> Any:
    """Parse as train.py does."""
    return train.parser().parse_args(argv)


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BASE_URL", "API_KEY", "ENTITY", "PROJECT", "MODEL_RETRAIN", "MODEL_EVAL"):
        monkeypatch.delenv(f"WANDB_{name}", raising=False)


def test_c03_help_of_every_program_shows_defaults_without_any_variable(
    capsys: pytest.CaptureFixture[str],
) -> None:
    mains = {
        "data_prep": data_prep.main, "train": train.main, "evaluate": evaluate.main, "promote": promote.main,
        "report": report.main,
    }  # fmt: skip
    for name, main in mains.items():
        with pytest.raises(SystemExit) as ended:
            main(["--help"])
        said = " ".join(capsys.readouterr().out.split())
        assert ended.value.code == 0, name
        assert "(default: " in said or name == "report", name  # it has no flag
        if name == "train":
            for flag, default in HYPER.items():
                assert f"--{flag}" in said
                assert f"(default: {default})" in said
            assert "(default: 30)" in said
        if name == "data_prep":
            assert "(default: 70 20 10)" in said
            assert "(default: 10; 100 for the bundled digits, which are few)" in said


@pytest.mark.parametrize("program", ["data_prep.py", "data-prep.py"])
def test_c03_d5_a_program_runs_as_a_file_and_under_both_names(program: str) -> None:
    path = str(ROOT / "app" / "pipelines" / program)
    done = subprocess.run(
        [sys.executable, path, "--help"], cwd=ROOT, env={}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "--fraction" in done.stdout


def test_c03_a_program_runs_as_a_module() -> None:
    words = [sys.executable, "-m", "app.pipelines.evaluate", "--help"]
    done = subprocess.run(words, cwd=ROOT, env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--no-generate_images" in done.stdout


def test_c05_fraction_is_ten_percent_unless_the_data_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    from app.utils import datasets, preparation
    from app.utils.settings import Settings

    logged: list[tuple[int, int]] = []

    def load(source: str, cache: Path) -> datasets.Dataset:
        y = np.arange(2000) % 10
        return datasets.Dataset(np.zeros((2000, 28, 28, 1), np.float32), y, source)

    def log(settings: Settings, parts: Any, *, percent: int, source: str, seed: int) -> None:
        logged.append((percent, sum(len(part.y) for part in parts.values())))

    monkeypatch.setattr(datasets, "load", load)
    monkeypatch.setattr(preparation, "log_splits", log)
    for argv in (["--data_source", "mnist"], ["--data_source", "digits"], ["--fraction", "50"]):
        data_prep.prepare(Settings({}, {}), data_prep.parse(argv))
    assert logged == [(10, 200), (100, 2000), (50, 1000)]


@pytest.mark.parametrize("text", ["0", "101", "ten", "12.5", "-3"])
def test_c05_fraction_is_a_whole_percentage(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        data_prep.parse(["--fraction", text])
    assert ended.value.code == 2
    assert "expected a whole number of at least 1 and at most 100" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ([], (70, 20, 10)),
        (["--train_val_test_size", "60", "20", "20"], (60, 20, 20)),
        (["--train_val_test_size", "60 20 20"], (60, 20, 20)),
        (["--train-val-test-size", "60,20,20"], (60, 20, 20)),
        (["--train_val_test_size", "60,", "20,", "20"], (60, 20, 20)),
        (["--train_val_test_size", "33.4", "33.3", "33.3"], (33.4, 33.3, 33.3)),
    ],
)
def test_c06_d3_shares_come_in_three_forms(argv: list[str], expected: tuple[float, ...]) -> None:
    assert data_prep.parse(argv).train_val_test_size == expected


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["60", "20"], "expected three numbers, for example 70 20 10"),
        (["60", "20", "10", "10"], "expected three numbers"),
        (["60", "20", "x"], "expected three numbers"),
        (["60", "20", "30"], "the shares sum to 110, expected 100"),
        (["100", "0", "0"], "every share must be above 0"),
        (["120", "-10", "-10"], "every share must be above 0"),
        (["nan", "20", "10"], "every share must be above 0"),
    ],
)
def test_c06_wrong_shares_are_refused_with_the_reason(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        data_prep.parse(["--train_val_test_size", *words])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_c16_train_has_every_flag_with_its_default() -> None:
    from app.utils.hyperparameters import DEFAULTS

    given = train_parse([])
    assert DEFAULTS == HYPER
    assert train.hyper_given(given) == {}  # absent, so that an explicit value can be told from a default
    assert (given.tune, given.retrain, given.max_sweep, given.seed) == (False, False, 30, 42)
    argv = [word for name, value in HYPER.items() for word in (f"--{name}", str(value))]
    assert train.hyper_given(train_parse(argv)) == HYPER


def test_d8_dense_is_a_whole_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert type(train_parse(["--dense", "64"]).dense) is int
    with pytest.raises(SystemExit):
        train_parse(["--dense", "64.5"])
    assert "expected a whole number of at least 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv",
    [
        ["--lr", "0"],
        ["--lr", "-1"],
        ["--lr", "nan"],
        ["--dropout_1", "1"],
        ["--dropout_2", "-0.1"],
        ["--epochs", "0"],
        ["--batch_size", "0"],
        ["--max_sweep", "0"],
        ["--tune", "--retrain"],  # D22
    ],
)
def test_c16_d22_impossible_values_end_with_status_2(argv: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        train_parse(argv)
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("parse", "flag", "more"),
    [
        (data_prep.parse, "--train_val_test_size", ["60", "20", "20"]),
        (data_prep.parse, "--data_source", ["digits"]),
        (train_parse, "--batch_size", ["7"]),
        (train_parse, "--dropout_1", ["0.5"]),
        (train_parse, "--max_sweep", ["3"]),
        (train_parse, "--sweep_config", ["other.yaml"]),
        (train_parse, "--from_scratch", []),
        (evaluate.parse, "--generate_images", []),
        (evaluate.parse, "--no-generate_images", []),
    ],
)
def test_c46_d6_both_spellings_of_a_flag_mean_the_same(
    parse: Callable[[list[str]], Any], flag: str, more: list[str]
) -> None:
    other = "--" + flag[2:].replace("_", "-")
    assert other != flag
    assert vars(parse([flag, *more])) == vars(parse([other, *more]))
    assert vars(parse([flag, *more])) != vars(parse([])) or flag == "--generate_images"


def test_c46_images_are_made_unless_switched_off() -> None:
    assert evaluate.parse([]).generate_images is True
    assert evaluate.parse(["--no-generate-images"]).generate_images is False


@pytest.mark.parametrize("flag", [name for name in HYPER if name != "epochs"])
def test_c38_retrain_refuses_every_hyper_parameter_but_epochs(
    flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    value = "1" if flag in {"batch_size", "dense"} else "0.1"
    assert train.main(["--retrain", f"--{flag}", value]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"ERROR: --{flag}: ")
    assert "you should NOT change them" in said


def test_c38_d7_retrain_takes_epochs_even_at_the_default_value() -> None:
    given = train_parse(["--retrain", "--epochs=5"])
    train.check_retrain(given)
    assert train.hyper_given(given) == {"epochs": 5}


def test_promote_takes_a_sweep_or_a_version() -> None:
    given = promote.parse([])
    assert (given.sweep, given.artifact, given.collection, given.alias) == (
        None, None, "MNIST_CNN", "candidate",
    )  # fmt: skip
    with pytest.raises(SystemExit):
        promote.parse(["--sweep", "abc", "--artifact", "CNN_model:v1"])
