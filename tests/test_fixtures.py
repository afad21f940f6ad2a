"""The ground that all other tests stand on."""

from pathlib import Path

import httpx
import pytest

from runstone.store.opening import Store
from tests.conftest import People
from tests.live import live_server


def test_people_have_their_roles(store: Store, people: People) -> None:
    assert people.ada.admin
    assert people.ben.role_in(people.lab) == "member"
    assert people.eve.role_in(people.lab) is None
    assert not people.nobody.signed_in


@pytest.mark.slow
def test_a_live_server_keeps_its_data_over_a_kill(tmp_path: Path) -> None:
    with live_server(tmp_path) as server:
        question = {"query": "query { viewer { username } }"}

        def ask() -> httpx.Response:
            return httpx.post(f"{server.base_url}/graphql", json=question, auth=("api", server.admin_key))

        assert ask().json()["data"]["viewer"]["username"] == "admin"
        server.kill()
        server.start()
        assert ask().json()["data"]["viewer"]["username"] == "admin"
