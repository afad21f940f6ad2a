"""Artifacts by the real client: many small files, one large file, and the same file from a colleague."""

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.live import LiveServer, free_port, live_server

SMALL_FILES, SMALL_BYTES = 4000, 600
LARGE_BYTES = 1 << 30
PIECE_BYTES = 1 << 20
PEOPLE = ("ada", "ben")
_PUT = re.compile(r" PUT /files/@/[^/ ]+/(\S+) 200 ")


def key_of(person: str) -> str:
    """A person's key."""
    return person.ljust(40, "0")


def invite(server: LiveServer) -> None:
    """A team of two."""
    with httpx.Client(
        base_url=f"{server.base_url}/api/admin", auth=("api", server.admin_key), trust_env=False
    ) as admin:
        for person in PEOPLE:
            given = {"api_key": key_of(person), "email": f"{person}@example.org"}
            admin.put(f"/users/{person}", json=given).raise_for_status()
        admin.put("/teams/lab", json={"members": [{"username": one} for one in PEOPLE]}).raise_for_status()


@contextmanager
def client_of(server: LiveServer, person: str, home: Path) -> Iterator[None]:
    """The environment of a person whose caches are empty."""
    given = {**server.client_environment(home, key_of(person)), "WANDB_SILENT": "true"}
    before = dict(os.environ)
    os.environ.update({name: value for name, value in given.items() if name not in ("PATH", "HOME")})
    try:
        yield
    finally:
        import wandb

        wandb.teardown()
        os.environ.clear()
        os.environ.update(before)


def cpu_s(process: psutil.Process) -> float:
    """CPU seconds of a process so far."""
    times = process.cpu_times()
    return float(times.user + times.system)


def log(name: str, path: Path, spent: dict[str, float] | None = None) -> float:
    """Log a file or folder as an artifact; seconds from the call to the committed version.

    The client has hashed it before: that is the user's machine at work, not ours. `spent` takes the CPU
    seconds meanwhile of each child of this process, by its name.
    """
    import wandb

    with wandb.init(entity="lab", project="bench", settings=wandb.Settings(x_disable_stats=True)) as run:
        artifact = wandb.Artifact(name, "dataset")
        if path.is_dir():
            artifact.add_dir(str(path), policy="immutable")
        else:
            artifact.add_file(str(path), policy="immutable")
        children = [(one.name(), one, cpu_s(one)) for one in psutil.Process().children()]
        began = time.perf_counter()
        run.log_artifact(artifact).wait()
        took = time.perf_counter() - began
        if spent is not None:
            spent.update({child: cpu_s(one) - before for child, one, before in children})
        return took


def write_small(folder: Path) -> Path:
    """Many files of different bytes."""
    folder.mkdir()
    for at in range(SMALL_FILES):
        (folder / f"{at:05}.bin").write_bytes(os.urandom(SMALL_BYTES))
    return folder


def write_large(path: Path) -> Path:
    """One file that nothing can make smaller."""
    with path.open("wb") as file:
        for _ in range(LARGE_BYTES // PIECE_BYTES):
            file.write(os.urandom(PIECE_BYTES))
    return path


def hashing_s(path: Path) -> float:
    """Seconds that the md5 of a file takes, its bytes in memory already."""
    began = time.perf_counter()
    with path.open("rb") as file:
        hashlib.file_digest(file, "md5")
    return time.perf_counter() - began


@contextmanager
def sink(directory: Path, md5: str) -> Iterator[LiveServer]:
    """A server that throws the bytes of a large file away: what the client reaches at best."""
    directory.mkdir()
    server = LiveServer(
        directory,
        {},
        free_port(),
        program=("-m", "benchmarks.sink"),
        environment={"PYTHONPATH": str(Path(__file__).parents[1]), "SINK_MD5": md5},
    )
    server.start()
    try:
        yield server
    finally:
        server.stop()


def server_name(server: LiveServer) -> str:
    """What the machine calls the server's process."""
    assert server.process is not None
    return str(psutil.Process(server.process.pid).name())


def bytes_put(said: str, sizes: dict[str, int]) -> int:
    """Bytes of uploads in a server's log, of those files whose sizes are given."""
    return sum(sizes.get(name, 0) for name in _PUT.findall(said))


def rows() -> Iterator[dict[str, Any]]:
    """Measure."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        small, large = write_small(root / "small"), write_large(root / "large.bin")
        sizes = {large.name: LARGE_BYTES}
        (root / "server").mkdir()
        with live_server(root / "server") as server:
            invite(server)
            with client_of(server, "ada", root / "ada"):
                took = log("small", small)
                yield {
                    "id": "artifact.small_files_per_s",
                    "value": round(SMALL_FILES / took, 1),
                    "unit": "files/s",
                }
                alone = min(hashing_s(large) for _ in range(3))
                hashing = time.process_time()
                hashing_s(large)
                hashing = time.process_time() - hashing
                spent: dict[str, float] = {}
                took = log("large", large, spent)
                yield {
                    "id": "artifact.up_ratio_to_md5",
                    "value": round(alone / took, 3),
                    "unit": "of the speed of md5",
                }
                for side, child in (("client", "wandb-core"), ("server", server_name(server))):
                    yield {
                        "id": f"artifact.up_{side}_cpu_to_md5",
                        "value": round(spent[child] / hashing, 2),
                        "unit": "of the CPU time of one hashing",
                    }
            before = len(server.log)
            assert bytes_put(server.log, sizes) == LARGE_BYTES
            with client_of(server, "ben", root / "ben"):
                log("again", large)
            yield {
                "id": "artifact.second_upload_bytes",
                "value": bytes_put(server.log[before:], sizes),
                "unit": "bytes",
            }
        with large.open("rb") as file:
            md5 = hashlib.file_digest(file, "md5").hexdigest()
        with sink(root / "sink", md5) as server:
            invite(server)
            with client_of(server, "ada", root / "ada-sink"):
                took = log("large", large)
        yield {
            "id": "artifact.up_ratio_to_md5.sink",
            "value": round(alone / took, 3),
            "unit": "of the speed of md5, by a server that keeps nothing",
        }
