"""These tests look at doors, not at databases: one kind is enough, and twice as fast."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def db_url(tmp_path: Path, sqlite_template: Path) -> str:
    """Address of a fresh, migrated SQLite database."""
    shutil.copy(sqlite_template, tmp_path / "runstone.db")
    return f"sqlite:///{tmp_path / 'runstone.db'}"
