"""Every tested wandb version against one server: scripts that log, read back and check.

The whole run is recorded. From it comes `docs/reference/compatibility.md`, and a `MUST`
operation that no client has had served, or whose effect no script has shown, fails a test.
"""

import os
import sqlite3
from contextlib import closing

import httpx
import pytest

from tests.sdk.compatibility import PAGE, proved_by, served, written
from tests.sdk.conftest import House
from tests.sdk.environments import CLIENTS, NEWEST, Client
from tests.sdk.operations import MUST

pytestmark = pytest.mark.slow

ALL = tuple(client.version for client in CLIENTS)
# Scripts, longest first, and the versions that have what they are about.
SCRIPTS: dict[str, tuple[str, ...]] = {
    "cli": ("0.13.9", "0.16.6", "0.31.0"),
    "agents": ("0.13.9", "0.31.0"),
    "verify": ("0.16.6", "0.31.0"),
    "sweep": ALL,
    "lifecycle": ALL,
    "artifact": ALL,
    "run": ALL,
    "registry": ("0.22.3", "0.28.2", "0.31.0"),
    "shared": ("0.16.6", "0.19.11", "0.31.0"),
    "branch": ("0.16.6", "0.19.11", "0.31.0"),
    "views": ("0.31.0",),
    "refused": ("0.31.0",),
    "session": ALL,
}
PAIRS = [
    (client, script)
    for script, versions in SCRIPTS.items()
    for client in CLIENTS
    if client.fits and client.version in versions
]
IDS = [f"{client.version}-{script}" for client, script in PAIRS]


@pytest.fixture(scope="session")
def matrix(house: House, request: pytest.FixtureRequest) -> House:
    """The house with the scripts of every chosen test on their way."""
    wanted = [item.name for item in request.session.items]
    whole = any("[" not in name for name in wanted if name.startswith("test_"))
    for (client, script), name in zip(PAIRS, IDS, strict=True):
        if whole or any(f"[{name}]" in one for one in wanted):
            house.submit(client, script)
    return house


@pytest.mark.parametrize(("client", "script"), PAIRS, ids=IDS)
def test_script_of_client(matrix: House, client: Client, script: str) -> None:
    """The script ends well: all that it has checked was as expected."""
    done = matrix.scripts[client.version, script].result()
    assert done.status == 0, done.output


def alerts_of(matrix: House) -> set[str]:
    """People whose script's alert the server keeps, by its database."""
    database = matrix.directory / "data" / "runstone.db"
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            "SELECT DISTINCT user_account.username FROM alert JOIN run ON run.id = alert.run_id "
            "JOIN user_account ON user_account.id = run.user_id WHERE alert.title = 'Loss is high' "
            "AND alert.text = 'very high' AND lower(alert.severity) LIKE 'warn%'"
        )
        return {name for (name,) in rows}


def test_every_must_is_served_and_shown(matrix: House) -> None:
    """Each operation that the server must have was answered well to a real client, and its effect checked."""
    by_version = served(matrix.calls)
    shown = proved_by([one.result().output for one in matrix.scripts.values()])
    if alerts_of(matrix) >= {client.username for client in CLIENTS if client.fits}:
        shown.add("NotifyScriptableRunAlert")  # no client can read alerts back
    must = {name for names in MUST.values() for name in names}
    assert must - {name for names in by_version.values() for name in names} == set()
    assert must - shown == set()


def test_no_client_saw_a_defect(matrix: House) -> None:
    """No call ended with a server error."""
    for one in matrix.scripts.values():
        one.result()
    assert [call for call in matrix.calls if call.status >= 500 and call.status != 501] == []


def test_the_server_called_nobody(matrix: House) -> None:
    """Whatever clients asked for, it neither looked up nor called an address beyond this machine."""
    for one in matrix.scripts.values():
        one.result()
    outside = matrix.directory / "calls.jsonl.outside"
    assert (outside.read_text() if outside.exists() else "") == ""


READ_LEFT_BEHIND = """
import wandb
api = wandb.Api()
for found in (api.runs("lab/left-behind"), [api.run(f"lab/left-behind/{one}") for one in "ab"]):
    users = {one.id: (one.user.name, one.user.username, one.config["x"]) for one in found}
    assert users == {"a": ("leaver", "leaver", 1), "b": ("unknown", None, 1)}, users
"""


def test_runs_of_removed_accounts_stay_readable(house: House) -> None:
    """The newest client can't read a run of nobody, so there is somebody: who left, or an unknown person."""
    admin = ("api", house.server.admin_key)
    with httpx.Client(base_url=house.server.base_url, trust_env=False, timeout=60) as http:
        key = {"api_key": "l" * 40}
        assert http.put("/api/admin/users/leaver", json=key, auth=admin).status_code < 300
        members = {"members": [{"username": "leaver"}]}
        assert http.put("/api/admin/teams/lab", json=members, auth=admin).status_code < 300
        for name in "ab":
            given = {"name": name, "modelName": "left-behind", "entityName": "lab"}
            words = "mutation M($i: UpsertBucketInput!) { upsertBucket(input: $i) { inserted } }"
            made = {"i": {**given, "config": '{"x": {"value": 1}}'}}
            asked = {"query": words, "variables": made}
            assert http.post("/graphql", json=asked, auth=("api", "l" * 40)).status_code == 200
        assert http.delete("/api/admin/users/leaver", auth=admin).status_code < 300
    with closing(sqlite3.connect(house.directory / "data" / "runstone.db")) as connection, connection:
        connection.execute("UPDATE run SET user_id = NULL WHERE name = 'b'")
    done = house.run(NEWEST, [str(NEWEST.python), "-c", READ_LEFT_BEHIND], "left-behind")
    assert done.status == 0, done.output


def test_same_bytes_travel_once(matrix: House) -> None:
    """A file that is logged again, in the same collection or in another one, is not sent again."""
    for one in matrix.scripts.values():
        one.result()
    for client in CLIENTS:
        if client.fits:
            name = f"once-{client.username}.bin"
            sent = [
                call for call in matrix.calls if call.path.endswith(f"/{name}") and "PUT" in call.operation
            ]
            assert len(sent) == 1, client.version


def test_the_page_says_what_the_clients_saw(matrix: House) -> None:
    """`make compatibility` writes it anew."""
    for one in matrix.scripts.values():
        one.result()
    page = written(served(matrix.calls), PAGE.read_text() if PAGE.exists() else "")
    if os.environ.get("WRITE_COMPATIBILITY"):
        PAGE.write_text(page)
    assert PAGE.read_text() == page
