"""`runstone sweep local`: the search without a server, with real programs."""

import json
import os
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from runstone.domain.errors import Invalid
from runstone.server.cli import cli
from runstone.server.local_sweep import LocalSweep
from runstone.wire.offline import logged_rows

PROGRAM = """
import json, os, sys
given = dict(word.lstrip("-").split("=", 1) for word in sys.argv[1:])
with open(os.environ["RUNSTONE_ROWS"], "a") as rows:
    for epoch in range(3):
        rows.write(json.dumps({"epoch/loss": (float(given["x"]) - 0.3) ** 2 + 1 / (1 + epoch)}) + "\\n")
sys.exit(given["kind"] == "bad")
"""
CONFIG = """
method: bayes
metric: {name: loss, goal: minimize}
parameters: {x: {min: 0.0, max: 1.0}, kind: {values: [good, bad]}}
command: ["${interpreter}", train.py, "${args}"]
run_cap: %d
"""


def command(*words: str) -> Result:
    return CliRunner().invoke(cli, ["sweep", "local", *words])


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


def trials(directory: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (directory / "trials.jsonl").read_text().splitlines()]


def test_it_searches_goes_on_and_can_be_extended(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(PROGRAM)
    config = tmp_path / "tune.yaml"
    config.write_text(CONFIG % 7)
    first = command("tune.yaml", "--runs", "2")
    assert first.exit_code == 0, first.output
    assert "ended: 2 runs made" in first.stdout
    second = command("tune.yaml", "--jobs", "2")
    assert "going on after 2 runs" in second.stdout
    assert "run_cap of 7 reached" in second.stdout
    assert "trust " in second.stdout
    assert "at least 8 are needed" in " ".join(second.stdout.split())
    config.write_text(CONFIG % 8)
    assert "run_cap of 8 reached" in command("tune.yaml").stdout
    found = trials(tmp_path / "tune")
    assert sorted(one["seq"] for one in found) == list(range(8))
    assert {one["state"] for one in found} == {"finished", "failed"}
    assert all((one["state"] == "failed") == (one["params"]["kind"] == "bad") for one in found)
    assert len({json.dumps(one["params"]) for one in found}) == 8
    assert found[-1]["info"]["engine"] == "model"


def test_a_grid_ends_with_its_last_cell_and_laggards_are_stopped(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(
        textwrap.dedent("""
            import json, os, sys, time
            given = dict(word.lstrip("-").split("=", 1) for word in sys.argv[1:])
            quick = given["a"] != "3"
            for epoch in range(300):
                with open(os.environ["RUNSTONE_ROWS"], "a") as rows:
                    rows.write(json.dumps({"loss": float(given["a"])}) + "\\n")
                time.sleep(0 if quick else 0.2)
        """)
    )
    text = (
        "method: grid\nmetric: {name: loss}\nparameters: {a: {values: [1, 3]}}\nprogram: train.py\n"
        "early_terminate: {type: hyperband, min_iter: 2, eta: 3}\n"
    )
    sweep = LocalSweep(text, tmp_path / "out", tmp_path)
    assert sweep.run(None, 1, lambda trial, value: None) == "every point of the grid has been tried"
    assert [(one["params"]["a"], one["state"]) for one in trials(tmp_path / "out")] == [
        (1, "finished"),
        (3, "stopped"),
    ]


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("${args}", ["--a=1", "--b=True", "--c=False", "--d=[1, 2]"]),
        ("${args_no_hyphens}", ["a=1", "b=True", "c=False", "d=[1, 2]"]),
        ("${args_no_boolean_flags}", ["--a=1", "--b", "--d=[1, 2]"]),
        ("${args_no_equals}", ["--a", "1", "--b", "True", "--c", "False", "--d", "[1, 2]"]),
        ("${args_json}", ['{"a": 1, "b": true, "c": false, "d": [1, 2]}']),
        ("${args_append_hydra}", ["+a=1", "+b=True", "+c=False", "+d=[1, 2]"]),
        ("${envvar:RUNSTONE_TEST_WORD}", ["here"]),
        ("plain", ["plain"]),
    ],
)
def test_commands_are_written_as_agents_write_them(
    word: str, written: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNSTONE_TEST_WORD", "here")
    text = json.dumps({"method": "grid", "parameters": {"a": {"value": 1}}, "command": [word]})
    sweep = LocalSweep(text, tmp_path / "out", tmp_path)
    assert sweep.command({"a": 1, "b": True, "c": False, "d": [1, 2]}, tmp_path) == written


def test_what_cannot_work_is_said(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("method: bayes\nparameters: {x: {min: 3}}\n")
    bad = command("bad.yaml")
    assert bad.exit_code == 2
    assert "parameters.x.max" in bad.stderr
    assert "metric" in bad.stderr
    assert "can't be read" in command("missing.yaml").stderr
    (tmp_path / "none.yaml").write_text("{method: random, parameters: {x: {value: 3}}, run_cap: 1}")
    assert "program" in command("none.yaml").stderr
    LocalSweep(CONFIG % 3, tmp_path / "kept", tmp_path)
    with pytest.raises(Invalid, match="another metric"):
        LocalSweep(CONFIG.replace("name: loss", "name: accuracy") % 3, tmp_path / "kept", tmp_path)


def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "run.wandb"
    path.write_bytes(b":W&B\x00\x00\x00")
    assert list(logged_rows(path)) == []
    path.write_bytes(b":W&B\x00\x00\x00" + b"\x00" * 5 + b"\x10\x01ab")
    assert list(logged_rows(path)) == []
