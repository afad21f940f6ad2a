"""Every tested wandb version against one server: scripts that log, read back and check."""

import pytest

from tests.sdk.conftest import House
from tests.sdk.environments import CLIENTS, Client

pytestmark = pytest.mark.slow

SCRIPTS = ("artifact", "lifecycle", "run", "session")
PAIRS = [(client, script) for script in SCRIPTS for client in reversed(CLIENTS) if client.fits]


@pytest.fixture(scope="session")
def matrix(house: House) -> House:
    """The house with every script of every version on its way."""
    for client, script in PAIRS:
        house.submit(client, script)
    return house


@pytest.mark.parametrize(
    ("client", "script"), PAIRS, ids=[f"{client.version}-{script}" for client, script in PAIRS]
)
def test_script_of_client(matrix: House, client: Client, script: str) -> None:
    """The script ends well: all that it has checked was as expected."""
    done = matrix.scripts[client.version, script].result()
    assert done.status == 0, done.output
