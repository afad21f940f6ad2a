"""A real S3 server for tests and the scaled demo: OpenStack Swift from PyPI, no root, no container.

    with object_store(directory) as s3: ...      an empty bucket named `runstone`

Swift runs as four processes (about 240 MB together) in an environment of its own, below
`.venvs/` of the clone. It checks signatures, expiry and Content-MD5 as S3 does, which a mock
does not.
"""

import configparser
import fcntl
import hashlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENVS = ROOT / ".venvs"
# setuptools below 80 has pkg_resources, which PasteDeploy and Swift still import.
PACKAGES = ("swift==2.38.3", "keystonemiddleware==13.0.1", "eventlet==0.41.3", "setuptools<80")
BUCKET = "runstone"
START_S = 60.0
SERVERS = ("account", "container", "object", "proxy")

PIPELINES = {
    "account": "account-server",
    "container": "container-server",
    "object": "object-server",
    "proxy": "catch_errors gatekeeper listing_formats s3api tempauth copy slo proxy-logging proxy-server",
}


@dataclass(frozen=True)
class ObjectStore:
    """Where the S3 server answers and with which keys."""

    endpoint: str
    access_key: str
    secret_key: str
    bucket: str = BUCKET
    region: str = "us-east-1"

    def settings(self, prefix: str = "blobs", endpoint: str = "") -> dict[str, str]:
        """Environment of a Runstone server that keeps its files here (through a proxy at `endpoint`)."""
        return {
            "RUNSTONE_BLOBS": f"s3://{self.bucket}/{prefix}",
            "RUNSTONE_S3_ENDPOINT": endpoint or self.endpoint,
            "RUNSTONE_S3_REGION": self.region,
            "RUNSTONE_S3_ACCESS_KEY": self.access_key,
            "RUNSTONE_S3_SECRET_KEY": self.secret_key,
        }


class ObjectStoreFailed(Exception):
    """Swift could not be installed or did not start; the text says why."""


def environment_of() -> Path:
    """Where Swift's environment lies."""
    return VENVS / f"swift-py{sys.version_info[0]}{sys.version_info[1]}"


def installed() -> Path:
    """Swift's Python, installed when it was not. Safe to call from several processes."""
    VENVS.mkdir(exist_ok=True)
    directory = environment_of()
    wanted = hashlib.sha256("\n".join((*PACKAGES, sys.version, str(directory))).encode()).hexdigest()
    with (VENVS / f"{directory.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = directory / "stamp"
        if not (stamp.exists() and stamp.read_text() == wanted):
            shutil.rmtree(directory, ignore_errors=True)
            _run(sys.executable, "-m", "venv", "--without-pip", str(directory))
            _run(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", _python(), *PACKAGES)
            stamp.write_text(wanted)
    return Path(_python())


@contextmanager
def object_store(directory: Path, port: int = 0) -> Iterator[ObjectStore]:
    """A running S3 server with its data in `directory`, stopped at the end of the block.

    The same directory and port again give the same objects and keys. Raises `ObjectStoreFailed`.
    """
    python = installed()
    directory.mkdir(parents=True, exist_ok=True)
    keys = _keys(directory / "keys")
    ports = {"proxy": port or _free_port(), **{name: _free_port() for name in SERVERS[:3]}}
    _configure(directory, ports, keys)
    _make_rings(directory, ports, python)
    store = ObjectStore(f"http://127.0.0.1:{ports['proxy']}", f"runstone:{keys[0]}", keys[1])
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for name in SERVERS:
            with (directory / f"{name}.log").open("ab") as log:
                module = "obj" if name == "object" else name
                code = f"import sys; from swift.{module}.server import main; sys.argv[0] = 'swift'; main()"
                processes.append(
                    subprocess.Popen(
                        [str(python), "-c", code, str(directory / f"{name}.conf"), "-v"],
                        env=_environment(),
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                    )
                )
        _wait(store, directory, processes)
        yield store
    finally:
        for process in processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # each is the leader of a session of its own
        for process in processes:
            process.wait()


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "EVENTLET_NO_GREENDNS": "yes", "PYTHONUNBUFFERED": "1"}


def _keys(path: Path) -> tuple[str, str]:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(f"{secrets.token_hex(6)} {secrets.token_hex(20)}")
    user, key = path.read_text().split()
    return user, key


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _configure(directory: Path, ports: Mapping[str, int], keys: tuple[str, str]) -> None:
    (directory / "disks" / "d1").mkdir(parents=True, exist_ok=True)
    common = {
        "hash": {"swift-hash": {"swift_hash_path_suffix": "runstone", "swift_hash_path_prefix": "test"}},
        "policy": {"storage-policy:0": {"name": "one", "default": "yes"}},
    }
    _write(directory / "swift.conf", {**common["hash"], **common["policy"]})
    for name in SERVERS:
        default = {
            "bind_ip": "127.0.0.1",
            "bind_port": str(ports[name]),
            "workers": "0",
            "swift_dir": str(directory),
            "devices": str(directory / "disks"),
            "mount_check": "false",
            "user": _user(),
            "log_level": "ERROR",
            "log_address": str(directory / "no-syslog"),
        }
        sections = {"DEFAULT": default, "pipeline:main": {"pipeline": PIPELINES[name]}}
        if name == "proxy":
            sections.update(_proxy_sections(keys))
        else:
            sections[f"app:{name}-server"] = {"use": f"egg:swift#{name}"}
        _write(directory / f"{name}.conf", sections)


def _proxy_sections(keys: tuple[str, str]) -> dict[str, dict[str, str]]:
    filters = ("catch_errors", "gatekeeper", "listing_formats", "slo", "copy")
    sections = {f"filter:{name}": {"use": f"egg:swift#{name}"} for name in filters}
    sections["filter:proxy-logging"] = {"use": "egg:swift#proxy_logging"}
    sections["filter:tempauth"] = {
        "use": "egg:swift#tempauth",
        f"user_runstone_{keys[0]}": f"{keys[1]} .admin",
    }
    sections["filter:s3api"] = {"use": "egg:swift#s3api", "location": "us-east-1", "s3_acl": "no"}
    sections["app:proxy-server"] = {
        "use": "egg:swift#proxy",
        "account_autocreate": "true",
        "allow_account_management": "true",
    }
    return sections


def _user() -> str:
    import pwd  # noqa: PLC0415 - not on Windows, where this module is only imported

    return pwd.getpwuid(os.getuid()).pw_name


def _write(path: Path, sections: Mapping[str, Mapping[str, str]]) -> None:
    parser = configparser.RawConfigParser()
    for name, values in sections.items():
        if name != "DEFAULT":
            parser.add_section(name)
        for key, value in values.items():
            parser.set(name, key, value)
    path.touch(mode=0o600)
    with path.open("w") as file:
        parser.write(file)


def _make_rings(directory: Path, ports: Mapping[str, int], python: Path) -> None:
    """One device, one copy. The ports change from start to start, so the rings are made anew."""
    code = (
        "import sys; from swift.common.ring import RingBuilder\n"
        "for word in sys.argv[2:]:\n"
        "    name, port = word.split('=')\n"
        "    ring = RingBuilder(4, 1, 1)\n"
        "    ip, port = '127.0.0.1', int(port)\n"
        "    here = dict(ip=ip, port=port, replication_ip=ip, replication_port=port)\n"
        "    ring.add_dev(dict(here, id=0, region=1, zone=1, weight=1, device='d1', meta=''))\n"
        "    ring.rebalance()\n"
        "    ring.get_ring().save(f'{sys.argv[1]}/{name}.ring.gz')\n"
    )
    words = [f"{name}={ports[name]}" for name in ("account", "container", "object")]
    _run(str(python), "-W", "ignore", "-c", code, str(directory), *words)


def _wait(store: ObjectStore, directory: Path, processes: list["subprocess.Popen[bytes]"]) -> None:
    """Until the bucket could be made: signed in the way the server itself signs."""
    sys.path.insert(0, str(ROOT))
    from runstone.store.blobs.signing import Signer  # noqa: PLC0415 - this file also runs before an install

    signer = Signer(f"{store.endpoint}/{store.bucket}", store.region, store.access_key, store.secret_key)
    deadline, said = time.monotonic() + START_S, ""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline:
        for process in processes:
            if process.poll() is not None:
                raise ObjectStoreFailed(f"Swift ended with {process.returncode}: {_logs(directory)}")
        try:
            from datetime import UTC, datetime  # noqa: PLC0415

            url = signer.url("PUT", "/", datetime.now(UTC), 60)
            with opener.open(urllib.request.Request(url, method="PUT", data=b""), timeout=10):
                return
        except urllib.error.HTTPError as error:
            said = f"{error.code} {error.read()[:500]!r}"
            if error.code == 409:  # from an earlier start
                return
        except OSError as error:
            said = str(error)
        time.sleep(0.2)
    raise ObjectStoreFailed(f"Swift did not answer within {START_S:.0f} s ({said}): {_logs(directory)}")


def _logs(directory: Path) -> str:
    return "\n".join((directory / f"{name}.log").read_text(errors="replace")[-1500:] for name in SERVERS)


def _python() -> str:
    return str(environment_of() / "bin" / "python")


def _run(*words: str) -> None:
    environment = dict(os.environ, UV_CACHE_DIR=str(VENVS / "cache"), UV_NO_CONFIG="1")
    environment.pop("VIRTUAL_ENV", None)
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ObjectStoreFailed(
            f"{' '.join(words[:6])} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        )
