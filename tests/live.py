"""A real server process for tests: `with live_server(tmp_path, heartbeat_timeout_s=5) as server: ...`."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import httpx

START_TIMEOUT_S = 90.0


class Process(Protocol):
    """What is asked of a server's process."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int, /) -> None: ...
    def kill(self) -> None: ...


class Beginner(Protocol):
    """Begins `runstone serve` in another way than by a program of its own."""

    def begin(
        self, argv: Sequence[str], directory: Path, environment: Mapping[str, str], out: Path
    ) -> Process: ...


@dataclass
class LiveServer:
    """One `runstone serve`, its data under `directory/data`, its output in `directory/server.log`."""

    directory: Path
    settings: dict[str, str]
    port: int
    admin_key: str = field(default_factory=lambda: secrets.token_hex(20))
    process: Process | None = None
    program: tuple[str, ...] = ("-m", "runstone")  # what Python runs as the `runstone` command
    environment: dict[str, str] = field(default_factory=dict)
    beginner: Beginner | None = None

    @property
    def base_url(self) -> str:
        """The address that clients use."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """Everything the server has printed so far."""
        path = self.directory / "server.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def launch(self) -> Process:
        """Start the process without waiting for an answer."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("RUNSTONE_", "WANDB_"))
        }
        environment.update(
            RUNSTONE_DATA_DIR=str(self.directory / "data"),
            RUNSTONE_PORT=str(self.port),
            RUNSTONE_ADMIN_API_KEY=self.admin_key,
            PYTHONUNBUFFERED="1",
            **{f"RUNSTONE_{name.upper()}": value for name, value in self.settings.items()},
            **self.environment,
        )
        if self.beginner is not None:
            log = self.directory / "server.log"
            self.process = self.beginner.begin(("runstone", "serve"), self.directory, environment, log)
            return self.process
        with (self.directory / "server.log").open("ab") as stream:
            self.process = subprocess.Popen(
                [sys.executable, *self.program, "serve"],
                env=environment,
                cwd=self.directory,
                stdout=stream,
                stderr=stream,
            )
        return self.process

    def start(self) -> None:
        """Start the process and wait until it answers."""
        self.launch()
        self.until_it_answers()

    def until_it_answers(self) -> None:
        """Wait for a process that was launched."""
        assert self.process is not None
        deadline = time.monotonic() + START_TIMEOUT_S
        # One that loads no certificates: to read them at each attempt takes as long as the start itself.
        client = httpx.Client(base_url=self.base_url, timeout=5, trust_env=False, verify=False)
        with client:
            self._until_it_answers(client, deadline)

    def _until_it_answers(self, client: httpx.Client, deadline: float) -> None:
        assert self.process is not None
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}:\n{self.log}")
            try:
                if client.get("/healthz").status_code < 500:
                    return
            except httpx.TransportError:
                pass
            if time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the server did not answer within {START_TIMEOUT_S} s:\n{self.log}")
            time.sleep(0.05)

    def stop(self) -> int:
        """End it politely (SIGTERM) and return its exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """End it without a word (SIGKILL)."""
        return self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop politely and start again on the same data and port."""
        self.stop()
        self.start()

    def client_environment(self, home: Path, key: str | None = None) -> dict[str, str]:
        """Environment of a wandb client of this server that writes nothing outside `home`."""
        home.mkdir(parents=True, exist_ok=True)
        return {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(home),
            "WANDB_BASE_URL": self.base_url,
            "WANDB_API_KEY": key or self.admin_key,
            "WANDB_DIR": str(home),
            "WANDB_CACHE_DIR": str(home / "cache"),
            "WANDB_CONFIG_DIR": str(home / "config"),
            "WANDB_DATA_DIR": str(home / "data"),
            "WANDB_ERROR_REPORTING": "false",
            "WANDB_SILENT": "false",
            "NO_PROXY": "127.0.0.1,localhost",
            "PYTHONUNBUFFERED": "1",
        }

    def _end(self, number: signal.Signals) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise RuntimeError(f"the server did not stop within 30 s:\n{self.log}") from None


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def live_server(directory: Path, **settings: object) -> Iterator[LiveServer]:
    """A running server with the given settings (names of `Settings`), stopped at the end."""
    server = LiveServer(directory, {name: str(value) for name, value in settings.items()}, free_port())
    server.start()
    try:
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop()
