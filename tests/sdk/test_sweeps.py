"""Sweeps of every kind worked off by the real agent, as a function and as a program, oldest and newest."""

from concurrent.futures import Future
from pathlib import Path

import pytest

from tests.sdk.conftest import HERE, Done, House
from tests.sdk.environments import CLIENTS, Client

pytestmark = pytest.mark.slow

KINDS = ("hyperband", "grid", "bayes", "conditional", "warm", "random", "program")
ENDS = [one for one in (CLIENTS[0], CLIENTS[-1]) if one.fits]
PAIRS = [(client, kind) for kind in KINDS for client in ENDS]


@pytest.fixture(scope="module")
def working(house: House, request: pytest.FixtureRequest) -> dict[tuple[str, str], "Future[Done]"]:
    """Every kind of every version that was asked for on its way: agents mostly wait between two runs."""
    script = str(Path(HERE) / "clients" / "sweeps.py")

    def work(client: Client, kind: str) -> Done:
        return house.run(client, [str(client.python), script, kind], f"{client.version}-sweeps-{kind}")

    asked = {item.name.partition("[")[2].rstrip("]") for item in request.session.items}
    return {
        (client.version, kind): house.pool.submit(work, client, kind)
        for client, kind in PAIRS
        if f"{client.version}-{kind}" in asked
    }


@pytest.mark.parametrize(("client", "kind"), PAIRS, ids=[f"{c.version}-{k}" for c, k in PAIRS])
def test_sweep_of_client(working: dict[tuple[str, str], "Future[Done]"], client: Client, kind: str) -> None:
    """The script ends well: all that it has checked was as expected."""
    done = working[client.version, kind].result()
    assert done.status == 0, done.output
