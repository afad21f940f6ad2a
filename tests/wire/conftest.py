"""A client that speaks for Ben."""

import pytest
from starlette.testclient import TestClient

from runstone.store.opening import Store
from tests.conftest import People
from tests.web import client_of


@pytest.fixture
def ben(store: Store, people: People) -> TestClient:
    """A client of Ben."""
    return client_of(store, people.keys["ben"])
