"""Builds one environment for each wandb version that is tested, in `.venvs/` of the clone.

    .venv/bin/python tests/sdk/environments.py            all of them, two at a time
    .venv/bin/python tests/sdk/environments.py 0.31.0     one of them

An environment is built once: it is used again as long as its list of packages is the same.
Everything, the package cache included, stays inside the clone.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIRECTORY = ROOT / ".venvs"
OLD_CLIENTS = Path(__file__).parent / "old_clients"  # says itself what it is for
EVERYWHERE = ((3, 11), (3, 12), (3, 13))


@dataclass(frozen=True)
class Client:
    """One wandb version, what it needs beside itself, and the Python versions it runs on."""

    version: str
    packages: tuple[str, ...]
    pythons: tuple[tuple[int, int], ...] = EVERYWHERE

    @property
    def fits(self) -> bool:
        """Whether it runs on the Python of this process."""
        return sys.version_info[:2] in self.pythons

    @property
    def username(self) -> str:
        """The person as whom this version works on the test's server."""
        return f"client-{self.version.replace('.', '-')}"

    @property
    def directory(self) -> Path:
        """Where its environment lies."""
        return DIRECTORY / f"wandb-{self.version}-py{sys.version_info[0]}{sys.version_info[1]}"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.directory / "bin" / "python"

    @property
    def wandb(self) -> Path:
        """Its `wandb` command."""
        return self.directory / "bin" / "wandb"

    @property
    def settings(self) -> dict[str, str]:
        """What its interpreters are told in these tests, beside the address and the key."""
        return {"PYTHONPATH": str(OLD_CLIENTS)} if self.packages == OLD else {}

    @property
    def stamp(self) -> str:
        """A digest of everything that decides how the environment looks."""
        words = "\n".join((self.version, *self.packages, sys.version))
        return hashlib.sha256(words.encode()).hexdigest()


# The old clients predate numpy 2, protobuf 5 and the end of pkg_resources.
OLD = ("numpy<2", "setuptools<80", "protobuf<5", "pillow==12.0.0")
MIDDLE = ("numpy==2.2.6", "pillow==12.0.0", "protobuf<7")
BARS = ("tqdm==4.67.1", "plotly==6.3.0")  # what people use beside: progress bars and drawings
CLIENTS = (
    Client("0.13.9", OLD, ((3, 11),)),
    Client("0.16.6", OLD),
    Client("0.19.11", MIDDLE),
    Client("0.22.3", MIDDLE),
    Client("0.28.2", MIDDLE),
    Client("0.31.0", ("numpy==2.2.6", "pillow==12.0.0", "wandb-workspaces==0.4.13", *BARS)),
)
NEWEST = CLIENTS[-1]


def client(version: str) -> Client:
    """The client of one version. Raises `KeyError`."""
    return {one.version: one for one in CLIENTS}[version]


def built(one: Client) -> Client:
    """The client with its environment there, built if it was not. Safe to call from several processes."""
    DIRECTORY.mkdir(exist_ok=True)
    with (DIRECTORY / f"{one.directory.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = one.directory / "stamp"
        if not (stamp.exists() and stamp.read_text() == one.stamp):
            _build(one)
            stamp.write_text(one.stamp)
    return one


def _build(one: Client) -> None:
    shutil.rmtree(one.directory, ignore_errors=True)
    _uv("venv", "--quiet", "--python", sys.executable, str(one.directory))
    _uv("pip", "install", "--quiet", "--python", str(one.python), f"wandb=={one.version}", *one.packages)


def _uv(*words: str) -> None:
    environment = dict(os.environ, UV_CACHE_DIR=str(DIRECTORY / "cache"), UV_NO_CONFIG="1")
    environment.pop("VIRTUAL_ENV", None)
    done = subprocess.run(
        [sys.executable, "-m", "uv", *words], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"uv {' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def main(versions: list[str]) -> None:
    """Build the named environments, or all that fit this Python."""
    wanted = [client(one) for one in versions] or [one for one in CLIENTS if one.fits]
    with ThreadPoolExecutor(2) as pool:
        for one in pool.map(built, wanted):
            print(one.python)


if __name__ == "__main__":
    main(sys.argv[1:])
