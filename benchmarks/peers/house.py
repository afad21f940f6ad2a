"""What the peers have in common: an environment of their own, a server that is watched, and the load."""

import fcntl
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.live import free_port

ROOT = Path(__file__).resolve().parents[2]
VENVS = ROOT / ".venvs"
READY_S, TIMES = 600.0, 9
# Of the load of our own flows; peers that need minutes for it get fewer rows of the same form.
INGEST_ROWS, INGEST_KEYS, BATCH_ROWS = 16_384, 8, 1024
CHART_STEPS, POINTS = 1_000_000, 1500
RUNS, RUN_STEPS = 100, 1000
TABLE_RUNS, PAGE = 10_000, 50
FILES, FILE_BYTES = 1000, 600

Row = dict[str, Any]


@dataclass(frozen=True)
class Peer:
    """A program with pins in `requirements/peers/NAME.txt`, installed into `.venvs/peer-NAME`."""

    name: str

    @property
    def requirements(self) -> Path:
        """Its versions with their digests."""
        return ROOT / "requirements" / "peers" / f"{self.name}.txt"

    @property
    def directory(self) -> Path:
        """Where it is installed."""
        return VENVS / f"peer-{self.name}"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.directory / "bin" / "python"

    @property
    def pinned(self) -> str:
        """Its own version."""
        lines = self.requirements.read_text().splitlines()
        return next(line.split("==")[1].split()[0] for line in lines if line.startswith(f"{self.name}=="))

    def install(self) -> None:
        """Make the environment, unless it is there."""
        VENVS.mkdir(exist_ok=True)
        with (VENVS / f"{self.directory.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            stamp = self.directory / "requirements.txt"
            if stamp.exists() and stamp.read_text() == self.requirements.read_text():
                return
            print(f"  installing {self.name} {self.pinned} ...", flush=True)
            shutil.rmtree(self.directory, ignore_errors=True)
            _uv("venv", "--quiet", "--python", sys.executable, str(self.directory))
            _uv(
                "pip", "install", "--quiet", "--python", str(self.python),
                "--require-hashes", "-r", str(self.requirements),
            )  # fmt: skip
            shutil.copy(self.requirements, stamp)

    def run(self, script: str, *words: str, **environment: str) -> str:
        """What a script prints in its environment. Raises `RuntimeError` when it fails."""
        command = [str(self.python), "-c", script, *words]
        done = subprocess.run(
            command, env=surroundings(environment), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{self.name}: {done.stdout[-2000:]}{done.stderr[-4000:]}")
        return done.stdout


def _uv(*words: str) -> None:
    environment = dict(os.environ, UV_CACHE_DIR=str(VENVS / "cache"), UV_NO_CONFIG="1")
    environment.pop("VIRTUAL_ENV", None)
    subprocess.run([sys.executable, "-m", "uv", *words], env=environment, check=True)


def surroundings(more: dict[str, str]) -> dict[str, str]:
    """An environment in which nobody calls home or uses a proxy."""
    quiet = {"DO_NOT_TRACK": "1", "MLFLOW_DISABLE_TELEMETRY": "true", "HF_HUB_OFFLINE": "1"}
    return {**os.environ, **quiet, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", **more}


@dataclass
class Watched:
    """A server that runs: where it answers, and what it has spent."""

    url: str
    process: psutil.Process
    http: httpx.Client

    @property
    def cpu_s(self) -> float:
        """CPU seconds of it and its children, ended ones included."""
        own = self.process.cpu_times()
        living = [one.cpu_times() for one in self.process.children(recursive=True)]
        ended = own.children_user + own.children_system
        return own.user + own.system + ended + sum(one.user + one.system for one in living)


@contextmanager
def watched(words: list[str], ready: str, log: Path, **environment: str) -> Iterator[Watched]:
    """A server process; `{port}` in its words becomes a free port, `ready` is a path that it answers."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [word.replace("{port}", str(port)) for word in words],
            env=surroundings(environment), stdout=output, stderr=output,
        )  # fmt: skip
    try:
        with httpx.Client(base_url=url, timeout=600, trust_env=False) as http:
            deadline = time.monotonic() + READY_S
            while True:
                try:
                    if http.get(ready).status_code < 500:
                        break
                except httpx.TransportError:
                    time.sleep(0.2)
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{words[0]} did not answer:\n{log.read_text()[-3000:]}")
            yield Watched(url, psutil.Process(process.pid), http)
    finally:
        children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for one in psutil.wait_procs(children, timeout=10)[1]:
            one.kill()


def median_ms(ask: Callable[[], object]) -> float:
    """Milliseconds of a request that was asked once before."""
    ask()
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        ask()
        times.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(times), 1)


def row(name: str, value: float, unit: str) -> Row:
    """A figure."""
    return {"id": name, "value": round(value, 3), "unit": unit}


def write_files(folder: Path) -> Path:
    """Small files of different bytes."""
    folder.mkdir()
    for at in range(FILES):
        (folder / f"{at:05}.bin").write_bytes(os.urandom(FILE_BYTES))
    return folder


def own_version() -> str:
    """Ours."""
    return version("runstone")
