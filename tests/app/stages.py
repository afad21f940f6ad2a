"""Runs the programs of `app/pipelines` against a live server, each as a person would start it.

They run from a copy: the clone's own `app/.env` is its owner's.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from app.utils.settings import NAMES
from tests.live import LiveServer
from tests.nursery import STAGE, Nursery, nursery

ROOT = Path(__file__).parents[2]
STAGE_TIMEOUT_S = 900  # on a machine that has much else to do
PEOPLE = {"ada": "lab", "ben": "lab", "eve": ""}


def copy_checkout(target: Path) -> Path:
    """Copy what the demo needs, as git sees it: nothing that is ignored. Returns `target`."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard", "app", "runstone", "tools", "Makefile"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\0")  # fmt: skip
    for name in filter(None, listed):
        if (ROOT / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    return target


def key_of(person: str) -> str:
    """The key of a person on the test's server."""
    return person.ljust(40, "0")


def invite(server: LiveServer) -> None:
    """Make Ada and Ben of the team lab, and Eve, who is a stranger there."""
    with httpx.Client(
        base_url=f"{server.base_url}/api/admin", auth=("api", server.admin_key), trust_env=False
    ) as admin:
        for person in PEOPLE:
            given = {"api_key": key_of(person), "email": f"{person}@example.org"}
            admin.put(f"/users/{person}", json=given).raise_for_status()
        members = [{"username": person} for person, team in PEOPLE.items() if team]
        admin.put("/teams/lab", json={"members": members}).raise_for_status()


@dataclass(frozen=True)
class Done:
    """How a stage ended."""

    status: int
    out: str
    err: str
    seconds: float


@dataclass(frozen=True)
class Desk:
    """A person's place of work: a home, a key, a project."""

    server: LiveServer
    home: Path
    person: str = "ada"
    project: str = "MNIST"
    python: str = sys.executable
    nursery: Nursery | None = None  # where TensorFlow is loaded already

    def __post_init__(self) -> None:
        """Lay out the copy."""
        shutil.copytree(
            ROOT / "app", self.clone / "app", ignore=shutil.ignore_patterns("__pycache__", ".env"),
            dirs_exist_ok=True,
        )  # fmt: skip

    @property
    def clone(self) -> Path:
        """The folder with the programs."""
        return self.home / "clone"

    def write_settings(self) -> None:
        """Write `app/.env`, as its example is laid out."""
        values = {name: value for name, value in self.environment().items() if name in NAMES}
        (self.clone / "app" / ".env").write_text("".join(f"{name}={one}\n" for name, one in values.items()))

    def environment(self) -> dict[str, str]:
        """Settings of the stages as environment variables, and folders that nobody else uses."""
        base = self.server.client_environment(self.home, key_of(self.person))
        if "TMPDIR" in os.environ:
            base["TMPDIR"] = os.environ["TMPDIR"]
        return {
            **base,
            "WANDB_ENTITY": "lab",
            "WANDB_PROJECT": self.project,
            "WANDB_MODEL_RETRAIN": "MNIST_CNN:candidate",
            "WANDB_MODEL_EVAL": "MNIST_CNN:to_evaluate",
            "PYTHONPATH": str(self.clone),
            "KERAS_HOME": str(self.home / "keras"),
        }

    def run(self, stage: str, *argv: str, **more: str) -> Done:
        """Run a stage with its arguments to its end; `more` are variables that differ."""
        if self.nursery is not None:
            return self._forked(self.nursery, stage, argv, more)
        began = time.monotonic()
        done = subprocess.run(
            [self.python, f"app/pipelines/{stage}.py", *argv],
            cwd=self.clone,
            env={**self.environment(), **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=STAGE_TIMEOUT_S,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr, time.monotonic() - began)

    def _forked(self, nursery: Nursery, stage: str, argv: tuple[str, ...], more: dict[str, str]) -> Done:
        began = time.monotonic()
        environment = {**self.environment(), **more}
        with TemporaryDirectory() as logs:
            out, err = Path(logs) / "out", Path(logs) / "err"
            words = (f"app/pipelines/{stage}.py", *argv)
            status = nursery.begin(words, self.clone, environment, out, err).wait(STAGE_TIMEOUT_S)
            return Done(status, out.read_text(), err.read_text(), time.monotonic() - began)

    def well(self, stage: str, *argv: str, **more: str) -> Done:
        """Run a stage that must end well."""
        done = self.run(stage, *argv, **more)
        assert done.status == 0, f"{stage} {argv} ended with {done.status}\n{done.out}\n{done.err}"
        return done


@contextmanager
def quick_desk(server: LiveServer, home: Path) -> Iterator[Desk]:
    """A desk whose stages are forks of one process that has loaded TensorFlow: `make demo`, in its own test,
    starts each of them as a program."""
    plain = Desk(server, home)
    with nursery(STAGE, plain.environment()) as loaded:
        yield replace(plain, nursery=loaded)
