"""The wheel and the sdist carry everything that a server needs, the built pages included."""

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDED = (
    "runstone/server/cli.py",
    "runstone/wire/graphql/schema/artifact.graphql",
    "runstone/webapi/templates/login.html",
    "runstone/store/sql/migrations/versions/0001_first.py",
    "runstone/store/sql/migrations/versions/0002_branches.py",
    "runstone/static/index.html",
)

pytestmark = pytest.mark.slow


def test_packages_carry_all_that_is_needed(tmp_path: Path) -> None:
    if not (ROOT / "runstone" / "static" / "index.html").exists():
        pytest.fail("the pages are not built: make test does it")
    copy = tmp_path / "clone"
    left_out = shutil.ignore_patterns(".venv*", ".git", "node_modules", "*-data", ".*_cache", ".dev")
    shutil.copytree(ROOT, copy, ignore=left_out, symlinks=True)
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(tmp_path / "dist")],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert [one for one in NEEDED if one not in names] == []
    assert not [one for one in names if one.startswith(("app/", "tests/", "web/"))]
    (sdist,) = (tmp_path / "dist").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        packed = {one.partition("/")[2] for one in archive.getnames()}
    assert [one for one in NEEDED if one not in packed] == []
