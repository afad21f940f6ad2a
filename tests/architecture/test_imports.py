"""The floor plan holds, and each of its contracts notices a breach planted in a copy."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = Path(sys.executable).parent / "lint-imports"


def lint(directory: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(LINT), "--no-cache", "--no-logo"], cwd=directory, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of everything that the contracts speak of."""
    copy = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / ".importlinter", copy)
    for name in ("runstone", "app"):
        shutil.copytree(
            ROOT / name,
            copy / name,
            ignore=lambda directory, names: [
                one for one in names if not (one.endswith(".py") or Path(directory, one).is_dir())
            ],
        )
    (copy / "app" / "sample.py").write_text("import wandb\n")
    return copy


def test_the_house_stands(house: Path) -> None:
    found = lint(house)
    assert found.returncode == 0, found.stdout
    assert "8 kept, 0 broken" in found.stdout


PLANTS = [
    ("Floors", "runstone/domain/planted.py", "import runstone.store.changes"),
    ("Floors", "runstone/wire/planted.py", "import runstone.webapi"),
    ("Floors", "runstone/store/planted.py", "import runstone.sweeps.grid"),
    ("Floors", "runstone/extra/__init__.py", "x = 1"),
    (
        "No import cycles",
        "runstone/store/changes.py",
        "import runstone.store.schema\nimport runstone.store.opening",
    ),
    ("Rules are pure", "runstone/domain/planted.py", "import sqlite3"),
    ("Rules are pure", "runstone/sweeps/planted.py", "from pathlib import Path"),
    ("Only the wire speaks GraphQL", "runstone/actions/planted.py", "import graphql"),
    ("do not know each other", "runstone/store/sql/planted.py", "import runstone.store.blobs.directory"),
    ("Backends are", "runstone/server/planted.py", "import runstone.store.sql.database"),
    ("Only actions change", "runstone/wire/planted.py", "import runstone.store.writes"),
    ("The reference project", "app/planted.py", "import runstone.domain.errors"),
]


@pytest.mark.parametrize(("contract", "path", "line"), PLANTS)
def test_a_breach_is_noticed(house: Path, contract: str, path: str, line: str) -> None:
    target = house / path
    before = target.read_text() if target.exists() else None
    target.parent.mkdir(exist_ok=True)
    target.write_text((before or "") + "\n" + line + "\n")
    try:
        found = lint(house)
    finally:
        if before is not None:
            target.write_text(before)
        elif target.name == "__init__.py":
            shutil.rmtree(target.parent)
        else:
            target.unlink()
    broken = [one for one in found.stdout.splitlines() if one.endswith("BROKEN")]
    said = found.stdout if "extra" in path else "\n".join(broken)
    assert found.returncode == 1
    assert contract in said, found.stdout
