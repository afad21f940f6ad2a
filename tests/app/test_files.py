"""What stands beside the programs: sweep, environments, example settings, this project's borders."""

import ast
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from app.utils.hyperparameters import DEFAULTS, chosen
from app.utils.settings import NAMES

ROOT = Path(__file__).parents[2]
APP = ROOT / "app"


LINUX = {"sys_platform": "linux", "platform_machine": "x86_64"}
MAC = {"sys_platform": "darwin", "platform_machine": "arm64"}


def requirements(lines: Iterable[str], system: dict[str, str]) -> dict[str, str]:
    """Exact versions by package, of those lines that count on Python 3.12 of a system."""
    found = [Requirement(line) for line in lines]
    here = {**system, "python_version": "3.12", "python_full_version": "3.12.9", "platform_system": ""}
    return {
        one.name.lower(): str(one.specifier)
        for one in found
        if one.marker is None or one.marker.evaluate(here)
    }


def locked() -> list[str]:
    """Lines of the locked requirements without their digests."""
    lines = (ROOT / "requirements" / "demo.txt").read_text().splitlines()
    return [line.rstrip(" \\") for line in lines if re.match(r"[A-Za-z0-9._-]+(\[.*\])?==", line)]


def test_c24_d1_d2_d20_the_sweep_searches_what_was_promised() -> None:
    sweep = yaml.safe_load((APP / "pipelines" / "sweep.yaml").read_text())
    assert sweep["method"] == "bayes"
    assert sweep["metric"] == {"name": "epoch/val_loss", "goal": "minimize"}
    assert sweep["parameters"] == {
        "lr": {"distribution": "log_uniform_values", "min": 1e-4, "max": 1e-2},
        "batch_size": {"values": [64, 128]},
        "dropout_1": {"values": [0.3, 0.4, 0.5]},
        "dropout_2": {"values": [0.3, 0.4, 0.5]},
        "dropout_3": {"values": [0.3, 0.4, 0.5]},
        "dense": {"values": [64, 128]},
    }
    assert set(sweep["parameters"]) <= set(DEFAULTS)
    assert "project" not in sweep  # D20
    assert "entity" not in sweep


def test_d5_another_sweep_file_can_be_given(tmp_path: Path) -> None:
    from app.pipelines.train import SWEEP_FILE, parser

    assert parser().parse_args([]).sweep_config == SWEEP_FILE == APP / "pipelines" / "sweep.yaml"
    other = str(tmp_path / "mine.yaml")
    assert str(parser().parse_args(["--sweep_config", other]).sweep_config) == other


def test_c01_the_example_names_every_variable() -> None:
    lines = (APP / ".env.example").read_text().splitlines()
    assert {line.partition("=")[0] for line in lines if "=" in line and not line.startswith("#")} == set(
        NAMES
    )


@pytest.mark.parametrize("system", [LINUX, MAC], ids=["linux", "mac"])
def test_d25_the_portable_environment_has_our_pins(system: dict[str, str]) -> None:
    environment = yaml.safe_load((APP / "environment.yaml").read_text())
    assert environment["name"] == "MLOps-with-wandb"
    python, tools, packages = environment["dependencies"]
    assert (python, tools) == ("python=3.12", "pip")
    source = (ROOT / "requirements" / "app.in").read_text().splitlines()
    wanted = requirements([line for line in source if line and not line.startswith("#")], system)
    pins = requirements(locked(), system)
    assert requirements(packages["pip"], system) == {name: pins[name] for name in wanted}


def test_c31_later_layers_win_and_numbers_keep_their_kind() -> None:
    """Sweep parameters lie over flags, flags over defaults."""
    flags, sweep = {"lr": 0.5, "epochs": 2, "dense": None}, {"lr": 0.001, "dense": 64.0, "other": 1}
    got = chosen(flags, sweep)
    assert got == {**DEFAULTS, "lr": 0.001, "epochs": 2, "dense": 64}
    assert type(got["dense"]) is int


def imported() -> Iterable[tuple[Path, str]]:
    """Every import of the reference project, by file."""
    for path in APP.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            yield from ((path, name) for name in names)


def test_d24_pictures_need_no_matplotlib() -> None:
    assert [path for path, name in imported() if name.split(".")[0] in {"matplotlib", "pylab"}] == []


def test_the_programs_know_public_packages_only() -> None:
    """Neither the server nor its tests; no tricks with the search path."""
    strangers = {"runstone", "tests", "tools"}
    assert [path for path, name in imported() if name.split(".")[0] in strangers] == []
    assert [path for path in APP.rglob("*.py") if "sys.path" in path.read_text()] == []
