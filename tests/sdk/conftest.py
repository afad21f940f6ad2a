"""One recorded server for all clients, a person for each version, and a pool that runs their scripts."""

import os
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.live import LiveServer, free_port
from tests.sdk.environments import CLIENTS, Client, built
from tests.sdk.recording import Call, recorded

HERE = Path(__file__).parent
SCRIPT_TIMEOUT_S = 900  # on a machine that has much else to do
AT_ONCE = 4  # clients mostly wait, for servers and for their own timers


@dataclass(frozen=True)
class Done:
    """How a client's script ended."""

    status: int
    output: str
    seconds: float


@dataclass
class House:
    """The recorded server and everything needed to run clients against it."""

    server: LiveServer
    directory: Path
    pool: ThreadPoolExecutor
    scripts: dict[tuple[str, str], "Future[Done]"] = field(default_factory=dict)

    @property
    def calls(self) -> list[Call]:
        """Every call so far."""
        return recorded(self.directory / "calls.jsonl")

    def environment(self, client: Client, home: str) -> dict[str, str]:
        """Environment of one process of a client, with a HOME of its own."""
        given = self.server.client_environment(self.directory / "homes" / home, key_of(client))
        for name in ("WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_DATA_DIR"):  # 0.16 expects them there
            Path(given[name]).mkdir(exist_ok=True)
        if "TMPDIR" in os.environ:
            given["TMPDIR"] = os.environ["TMPDIR"]
        return {
            **given,
            **client.settings,
            "PATH": f"{client.directory / 'bin'}:{given['PATH']}",
            "CLIENT_NAME": client.username,
            "ADMIN_KEY": self.server.admin_key,
            "CLIENT_SCRIPTS": str(HERE / "clients"),
            "GIT_AUTHOR_NAME": "a",
            "GIT_AUTHOR_EMAIL": "a@example.org",
            "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a@example.org",
        }

    def run(self, client: Client, words: list[str], home: str, **more: str) -> Done:
        """Run a program to its end in the client's environment; its working directory is the home."""
        built(client)
        start = time.monotonic()
        environment = {**self.environment(client, home), **more}
        try:
            done = subprocess.run(
                words,
                env=environment,
                cwd=environment["HOME"],
                capture_output=True,
                text=True,
                timeout=SCRIPT_TIMEOUT_S,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired as late:
            said = b"".join(one for one in (late.stdout, late.stderr) if isinstance(one, bytes))
            output = f"{said.decode(errors='replace')}\nstill running after {late.timeout} s"
            return Done(124, output, time.monotonic() - start)
        return Done(done.returncode, done.stdout + done.stderr, time.monotonic() - start)

    def script(self, client: Client, name: str, *words: str) -> Done:
        """Run `clients/<name>.py` in the client's environment."""
        path = HERE / "clients" / f"{name}.py"
        return self.run(client, [str(client.python), str(path), *words], f"{client.version}-{name}")

    def submit(self, client: Client, name: str) -> None:
        """Have a script run as soon as there is room."""
        self.scripts[client.version, name] = self.pool.submit(self.script, client, name)


def key_of(client: Client) -> str:
    """The API key of a version's person, 40 characters as old clients insist."""
    return client.username.replace("-", "").ljust(40, "0")


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The recorded server, with a person for each version, all of them in the team `lab`."""
    with opened_house(tmp_path_factory.mktemp("sdk")) as made:
        yield made


@contextmanager
def opened_house(directory: Path, server: LiveServer | None = None) -> Iterator[House]:
    """A recorded server in a directory, or another one that is not running yet, stopped at the end."""
    server = server or LiveServer(
        directory,
        {},
        free_port(),
        program=(str(HERE / "recording.py"),),
        environment={"RECORDING": str(directory / "calls.jsonl")},
    )
    server.start()
    try:
        with httpx.Client(
            base_url=f"{server.base_url}/api/admin", auth=("api", server.admin_key), trust_env=False
        ) as admin:
            for one in CLIENTS:
                given = {"api_key": key_of(one), "email": f"{one.username}@example.org"}
                admin.put(f"/users/{one.username}", json=given).raise_for_status()
            members = [{"username": one.username} for one in CLIENTS]
            admin.put("/teams/lab", json={"members": members}).raise_for_status()
            # Who may make teams of their own.
            managers = [{"username": one.username, "role": "admin"} for one in CLIENTS]
            admin.put("/organizations/runstone", json={"members": managers}).raise_for_status()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            made = House(server, directory, pool)
            yield made
            pool.shutdown(cancel_futures=True)
    finally:
        server.stop()
