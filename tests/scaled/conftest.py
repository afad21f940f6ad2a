"""A scaled installation: PostgreSQL, S3, and as many server processes as a test asks for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import fresh_database
from tests.live import LiveServer, free_port
from tools.object_store import ObjectStore


@pytest.fixture
def database(postgres: str) -> Iterator[str]:
    """Address of a fresh PostgreSQL database."""
    with fresh_database(postgres) as url:
        yield url


@pytest.fixture
def scaled(database: str, s3: ObjectStore, tmp_path: Path) -> Iterator[LiveServer]:
    """A server of three processes on PostgreSQL and S3, not started yet; stopped at the end."""
    server = LiveServer(
        tmp_path,
        {"db": database, "workers": "3"},
        free_port(),
        environment=s3.settings(prefix=tmp_path.name),
    )
    yield server
    if server.process is not None and server.process.poll() is None:
        server.stop()
