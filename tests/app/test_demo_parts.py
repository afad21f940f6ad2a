"""What `make demo` is made of: the environment it hands on, its memory, its bar, its words."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from runstone.domain.sweep_config import parse
from runstone.sweeps.suggest import suggest
from runstone.sweeps.trial import Suggestion, Trial
from tests.sweeps.trials import finished
from tools import demo, install
from tools.demo_environment import Places, clean, of_pipelines, write_settings_file
from tools.demo_memory import FILE, Memory, free_port, recall, remember
from tools.demo_progress import Estimate, Progress, clock
from tools.demo_stages import (
    NAMES,
    PROFILES,
    SIZES,
    Stage,
    data_arguments,
    resume_command,
    share_done,
    stages,
)
from tools.demo_summary import Facts, Scores, Suggested, measurements, rows, show

ROOT = Path(__file__).parents[2]
HOSTILE = {
    "HOME": "/somewhere/else", "TMPDIR": "/somewhere/tmp", "XDG_CACHE_HOME": "/somewhere/cache",
    "WANDB_BASE_URL": "https://api.wandb.ai", "WANDB_API_KEY": "f" * 40, "WANDB_MODE": "disabled",
    "WANDB_DIR": "/somewhere/wandb", "WANDB_RUN_ID": "mine", "wandb_project": "stray", "WANDB_SWEEP_ID": "s",
    "RUNSTONE_DB": "postgresql://elsewhere/", "RUNSTONE_HOST": "0.0.0.0", "PYTHONPATH": "/evil",
    "PYTHONSTARTUP": "/evil.py", "KERAS_BACKEND": "jax", "KERAS_HOME": "/somewhere/keras",
    "TF_CONFIG": "{}", "NETRC": "/somewhere/netrc", "MPLCONFIGDIR": "/somewhere/mpl",
}  # fmt: skip


def test_nothing_of_a_hostile_environment_is_handed_on(tmp_path: Path) -> None:
    got = clean({**HOSTILE, "PATH": "/bin", "LANG": "C"}, Places(tmp_path))
    assert (got["PATH"], got["LANG"]) == ("/bin", "C")
    assert not [value for value in got.values() if "somewhere" in value or "evil" in value]
    leading = [name for name in got if name.upper().startswith(("WANDB_", "RUNSTONE_", "KERAS_"))]
    for name in leading:
        assert got[name] == "false" or got[name].startswith(str(tmp_path)), name
    assert got["HOME"].startswith(str(tmp_path))
    pipelines = of_pipelines(got, "http://127.0.0.1:1", "k" * 40)
    assert pipelines["WANDB_BASE_URL"] == "http://127.0.0.1:1"
    assert (pipelines["WANDB_PROJECT"], pipelines["WANDB_API_KEY"]) == ("MNIST", "k" * 40)


@pytest.mark.parametrize("known", [{}, {"no_proxy": "corp.example"}, {"NO_PROXY": "corp.example, localhost"}])
def test_loopback_stays_out_of_proxies(tmp_path: Path, known: dict[str, str]) -> None:
    got = clean({"http_proxy": "http://proxy:3128", **known}, Places(tmp_path))
    for name in ("no_proxy", "NO_PROXY"):
        hosts = got[name].split(",")
        assert {"127.0.0.1", "localhost", "::1"} <= set(hosts)
        assert ("corp.example" in hosts) == bool(known)
        assert len(hosts) == len(set(hosts))
    assert got["http_proxy"] == "http://proxy:3128"  # MNIST may have to be downloaded through it


def test_pip_is_not_led_astray_and_keeps_its_index() -> None:
    inherited = {
        "PIP_TARGET": "/x", "PIP_USER": "1", "PIP_PREFIX": "/x", "PIP_REQUIRE_VIRTUALENV": "1",
        "PIP_CONSTRAINT": "/x", "PYTHONPATH": "/evil", "PYTHONHOME": "/evil", "PIP_LOG": "/x/log",
        "PIP_CACHE_DIR": "/x/cache", "TMPDIR": "/x/tmp", "RUSTUP_HOME": "/x/rust",
        "PIP_INDEX_URL": "https://index.example/simple", "PIP_CERT": "/etc/cert",
    }  # fmt: skip
    got = install.environment(inherited)
    assert (got["PIP_INDEX_URL"], got["PIP_CERT"]) == ("https://index.example/simple", "/etc/cert")
    assert got["PIP_NO_CACHE_DIR"] == "1"
    for name in (
        "PIP_TARGET",
        "PIP_USER",
        "PIP_PREFIX",
        "PIP_CONSTRAINT",
        "PIP_LOG",
        "PYTHONPATH",
        "PYTHONHOME",
    ):
        assert name not in got
    for name in ("TMPDIR", "RUSTUP_HOME", "npm_config_cache"):
        assert got[name].startswith(str(install.VENV))


def test_a_persons_settings_file_is_left_alone(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.settings_file.parent.mkdir()
    assert write_settings_file(places, "http://127.0.0.1:1", "a" * 40)
    assert places.settings_file.stat().st_mode & 0o077 == 0
    assert write_settings_file(places, "http://127.0.0.1:2", "b" * 40)  # its own is kept up to date
    assert "WANDB_BASE_URL=http://127.0.0.1:2" in places.settings_file.read_text()
    places.settings_file.write_text("WANDB_PROJECT=mine\n")
    assert not write_settings_file(places, "http://127.0.0.1:3", "c" * 40)
    assert places.settings_file.read_text() == "WANDB_PROJECT=mine\n"


def test_port_key_and_times_are_remembered(tmp_path: Path) -> None:
    first = recall(tmp_path)
    assert re.fullmatch("[0-9a-f]{40}", first.key)
    first.port, first.source = free_port(0), "digits"
    first.times("fast")["train"] = 9.5
    remember(tmp_path, first)
    again = recall(tmp_path)
    assert again == first
    assert free_port(again.port) == again.port
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"port": "x"}', '{"port": 1, "key": "k", "source": "", "seconds": 3}']
)
def test_a_spoiled_memory_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    assert recall(tmp_path).port == 0


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_tells_the_whole_story(profile: str) -> None:
    told = stages(profile, data_arguments(profile, "digits"))
    assert tuple(stage.name for stage in told) == NAMES
    for stage in told:
        assert (ROOT / "app" / "pipelines" / f"{stage.program}.py").exists()
    assert told[2].runs == SIZES[profile].sweep_runs


def test_profiles_are_as_large_as_described() -> None:
    readme = {stage.name: stage.arguments for stage in stages("readme", data_arguments("readme", "mnist"))}
    assert readme["data_prep"] == ("--data_source", "mnist", "--fraction", "10")
    assert readme["tune"] == ("--tune", "--max_sweep", "30", "--epochs", "5")
    assert readme["retrain"] == ("--retrain", "--epochs", "15")
    assert "--no-generate-images" in stages("fast")[6].arguments
    assert "--generate_images" in stages("demo")[6].arguments


def test_two_suggestions_of_the_demo_come_from_the_model() -> None:
    cap = SIZES["demo"].sweep_runs
    sweep = parse((ROOT / "app/pipelines/sweep.yaml").read_text() + f"\nrun_cap: {cap}\n").require()
    for seed in range(3):
        trials: list[Trial] = []
        engines = []
        for seq in range(cap):
            found = suggest(sweep, trials, seq, seed)
            assert isinstance(found, Suggestion)
            engines.append(found.info["engine"])
            trials.append(finished(seq, found.params, abs(found.params["lr"] - 0.002)))
        assert engines.count("model") >= 2, engines


def test_d23_the_demo_takes_another_learning_rate_and_the_readme_says_why() -> None:
    train = {stage.name: stage.arguments for stage in stages("demo")}["train"]
    assert train[-2:] == ("--lr", "0.001")
    told = (ROOT / "app" / "README.md").read_text()
    assert "0.01" in told
    assert "--lr 0.001" in told


def test_what_to_type_to_go_on() -> None:
    assert resume_command("retrain", "demo") == "make demo FROM=retrain"
    assert resume_command("tune", "fast") == "make demo FROM=tune PROFILE=fast"


SEARCH = Stage("tune", "train", ("--tune",), 10.0, runs=4, epochs=2)
TRAINING = Stage("train", "train", (), 10.0, runs=1, epochs=4)


@pytest.mark.parametrize(
    ("stage", "log", "share"),
    [
        (TRAINING, "starting", None),
        (TRAINING, "epochs:  25%|##   | 1/4 [00:01<00:03]", 0.25),
        (TRAINING, "epochs:  25%|#| 1/4 [0\repochs: 100%|####| 4/4 [0", 1.0),
        (SEARCH, "sweep:   0%|  | 0/4 [0\repochs:  50%|##  | 1/2 [0", 0.125),
        (SEARCH, "epochs: 100%|####| 2/2 [0\rsweep:  25%|#   | 1/4 [0", 0.25),
        (SEARCH, "sweep:  25%|#   | 1/4 [0\repochs:  50%|##  | 1/2 [0", 0.375),
        (SEARCH, "sweep: 100%|####| 4/4 [0", 1.0),
        (Stage("promote", "promote", (), 3.0), "epochs: 25%|#| 1/4 [0", None),
    ],
)
def test_how_far_a_stage_is_by_its_bars(stage: Stage, log: str, share: float | None) -> None:
    seen = share_done(stage, log)
    assert (seen and seen[0]) == share


def test_the_estimate_is_honest() -> None:
    """On a machine three times slower it says so soon, never jumps back, and ends at nothing left."""
    told = stages("demo")
    estimate = Estimate(told, {})
    whole = sum(one.expected_s for one in told)
    assert estimate.now(0, None)[1] == pytest.approx(whole)
    reached, clock_s = [0.0], 0.0
    for stage in told:
        took = stage.expected_s * 3
        for share in (0.25, 0.5, 0.75):
            done, left = estimate.now(took * share, share)
            reached.append(done)
            if stage.name in NAMES[2:]:
                assert left == pytest.approx(whole * 3 - clock_s - took * share, rel=0.5), stage.name
        estimate.finish(took)
        clock_s += took
    assert reached == sorted(reached)
    assert estimate.now(0, None) == (1.0, 0.0)


def test_a_stage_that_takes_longer_than_thought_never_promises_nothing() -> None:
    estimate = Estimate([TRAINING, SEARCH], {"train": 5.0})
    done, left = estimate.now(500, None)
    assert done < 0.5
    assert left >= 10


def test_progress_in_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress([TRAINING, SEARCH], {}) as progress:
        for stage in (TRAINING, SEARCH):
            progress.begin(stage)
            progress.at(5, (0.5, "run 2 of 4, epoch 1 of 2"))
            progress.at(5, (0.5, "run 2 of 4, epoch 2 of 2"))
            progress.done(10.0)
    assert capsys.readouterr().out.splitlines() == [
        "[1/2] train ... about 20 s left in all",
        "[1/2] train: done in 10 s",
        "[2/2] train --tune ... about 10 s left in all",
        "      run 2 of 4 ... about 5 s left in all",
        "[2/2] train --tune: done in 10 s",
    ]
    assert [clock(one) for one in (0.4, 59.6, 125)] == ["0 s", "1 min 00 s", "2 min 05 s"]


FACTS = Facts(
    dataset="split-data:v0",
    source="digits",
    counts={"train": 1257, "val": 360, "test": 180},
    baseline=Scores(0.0867, 0.9667),
    baseline_epochs=5,
    sweep="abcd1234",
    best_run="lucid-shore-8",
    best_params={"lr": 0.007931234, "batch_size": 128},
    metric="epoch/val_loss",
    suggested=tuple(Suggested(n, "model" if n > 3 else "sobol", 0.1) for n in range(1, 7)),
    candidate=Scores(0.1001, 0.9611),
    retrained=Scores(0.0494, 0.9833),
    epochs=(3, 10),
    val=Scores(0.0494, 0.9833),
    test=Scores(0.0853, 0.98),
    models=("MNIST_CNN:v0 (candidate)", "MNIST_CNN:v1 (latest, to_evaluate)"),
    reports=(("Tuning", "http://127.0.0.1:1/admin/MNIST/reports/" + "x" * 100),),
)


def test_the_table_says_what_came_out() -> None:
    said = dict(rows(FACTS))
    assert said["dataset"] == "split-data:v0, source digits: 1,257 train, 360 validation, 180 test"
    assert said["best run of the sweep"] == "lucid-shore-8 of sweep abcd1234, by epoch/val_loss"
    assert said["its parameters"] == "batch_size 128, lr 0.00793"
    assert said["suggested by the model"] == "runs 4, 5 and 6 of 6 (the first 3 spread over the space)"
    assert said["registered models"].splitlines() == list(FACTS.models)
    assert [line[2:] for line in measurements(FACTS)] == [
        ("5", "0.0867", "96.67%"),
        ("3", "0.1001", "96.11%"),
        ("3 + 10", "0.0494", "98.33%"),
        ("", "0.0494", "98.33%"),
        ("", "0.0853", "98.00%"),
        ("", "+0.0359", "-0.33 points"),
    ]


@pytest.mark.parametrize("terminal", [True, False])
def test_links_are_never_cut(terminal: bool, capsys: pytest.CaptureFixture[str]) -> None:
    show(FACTS, Console(force_terminal=terminal, width=80 if terminal else None, color_system=None))
    lines = capsys.readouterr().out.splitlines()
    assert any(line.endswith(FACTS.reports[0][1]) for line in lines)
    assert max(len(line) for line in lines if "http" not in line) <= (80 if terminal else 100)


def test_a_wrong_python_is_told_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Old(tuple[int, int, int]):
        major, minor = 3, 9

    monkeypatch.setattr(sys, "version_info", Old((3, 9, 1)))
    monkeypatch.setattr(sys, "version", "3.9.1 (main)")
    assert demo.main() == 2
    said = capsys.readouterr().err
    assert "Runstone needs Python 3.11, 3.12 or 3.13" in said
    assert "is 3.9.1" in said
    assert "make demo PYTHON=" in said
    ast.parse(Path(demo.__file__).read_text(), feature_version=(3, 6))  # an old one must get as far


@pytest.mark.parametrize(
    ("python", "said"),
    [
        ("", "Runstone needs Python 3.11, 3.12 or 3.13, and none was found here."),
        ("/no/python3.9", "/no/python3.9 is no Python that can be run here."),
    ],
)
def test_make_without_a_python_that_fits_says_so(python: str, said: str) -> None:
    done = subprocess.run(
        ["make", "demo", f"PYTHON={python}"], cwd=ROOT, env={"PATH": os.environ["PATH"]},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert said in done.stderr
    assert "make demo PYTHON=/path/to/python3.12" in done.stderr


@pytest.mark.parametrize(
    ("word", "value", "known"),
    [("--profile", "big", "readme"), ("--from", "x", "evaluate")],
)
def test_a_wrong_word_is_told_before_anything_is_installed(
    word: str, value: str, known: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["demo.py", word, value])
    monkeypatch.setattr(install, "install", lambda *_: pytest.fail("installed"))
    with pytest.raises(SystemExit) as ended:
        demo.main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert f"argument {word}: invalid choice: '{value}'" in said
    assert known in said.partition("choose from")[2]


def test_too_little_space_is_told_before_anything_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(install, "NEEDED_MB", {"demo": 10**9, "dev": 2 * 10**9})
    with pytest.raises(
        install.InstallFailed, match=r"Too little space for .*\.venv: 1000000000 MB are needed"
    ):
        install.say_space("demo")


def test_memory_is_plain_json(tmp_path: Path) -> None:
    remember(tmp_path, Memory(8080, "k", "digits", {"demo": {"train": 1.0}}))
    assert json.loads((tmp_path / FILE).read_text()) == {
        "port": 8080, "key": "k", "source": "digits", "seconds": {"demo": {"train": 1.0}},
    }  # fmt: skip
