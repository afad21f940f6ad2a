"""The demo's server: one that is running already is used, else one is started and stopped again."""

import base64
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tools.demo_environment import Places
from tools.demo_memory import Memory, free_port, remember

START_S = 60.0
STOP_S = 30.0


class ServerProblem(Exception):
    """The server did not start; the text says why."""


@dataclass(frozen=True)
class Server:
    """Where the demo's server answers, and whether it was started here."""

    address: str
    ours: bool


def ask(address: str, key: str, path: str, body: object = None) -> Any:
    """The JSON answer of the server to this key. Never goes through a proxy. Raises `OSError`."""
    request = urllib.request.Request(address + path)
    token = base64.b64encode(f"api:{key}".encode()).decode()
    request.add_header("Authorization", f"Basic {token}")
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as answer:
        return json.loads(answer.read())


def knows_us(address: str, key: str) -> bool:
    """Whether the demo's own server answers at an address."""
    try:
        said = ask(address, key, "/graphql", {"query": "query Who { viewer { username } }"})
        return bool(said["data"]["viewer"]["username"] == "admin")
    except (OSError, ValueError, KeyError, TypeError):
        return False


@contextmanager
def serving(places: Places, memory: Memory, environment: Mapping[str, str]) -> Iterator[Server]:
    """The demo's server, which is stopped at the end when it was started here."""
    address = f"http://127.0.0.1:{memory.port}"
    if memory.port and knows_us(address, memory.key):
        yield Server(address, ours=False)
        return
    memory.port = free_port(memory.port)
    remember(places.own, memory)
    process = start(places, memory, environment)
    try:
        yield Server(f"http://127.0.0.1:{memory.port}", ours=True)
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def start(places: Places, memory: Memory, environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Start a server and wait until it answers. Raises `ServerProblem`."""
    log = places.logs / "server.log"
    settings = {
        "RUNSTONE_DATA_DIR": str(places.data),
        "RUNSTONE_PORT": str(memory.port),
        "RUNSTONE_ADMIN_API_KEY": memory.key,
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "runstone", "serve"],
            env={**environment, **settings},
            cwd=places.root,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C stops the stage first, then we stop the server
        )
    deadline = time.monotonic() + START_S
    while not knows_us(f"http://127.0.0.1:{memory.port}", memory.key):
        ended = process.poll() is not None
        if ended or time.monotonic() > deadline:
            process.kill()
            process.wait()
            said = log.read_text(encoding="utf-8", errors="replace").strip()[-2000:]
            why = "ended" if ended else f"did not answer within {START_S:.0f} s"
            raise ServerProblem(f"the server {why}; its log is {log}:\n{said}")
        time.sleep(0.1)
    return process
