"""These tests look at doors, not at databases: one kind is enough, and twice as fast."""

import pytest


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    """Address of a fresh SQLite database."""
    return sqlite_url
