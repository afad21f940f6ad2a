"""`deploy/nginx.conf` and `deploy/Caddyfile` as they stand, but for names and ports: TLS, below a path, a
real client, a large file. And what else lies in `deploy/`, read by the tools that it is written for.

`LARGE_MB` sets the size of the file. What is not installed is skipped.
"""

import os
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.live import LiveServer, free_port
from tests.sdk.environments import NEWEST, built

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
LARGE_MB = int(os.environ.get("LARGE_MB") or 64)

SCRIPT = """
import os, sys, time, wandb
size = int(sys.argv[1]) << 20
with open("large.bin", "wb") as file:
    file.truncate(size)
    file.seek(size // 2)
    file.write(b"in the middle")
run = wandb.init(project="p", config={"lr": 0.1})
for i in range(20):
    run.log({"loss": 1 / (i + 1)})
artifact = wandb.Artifact("large", type="model")
artifact.add_file("large.bin")
began = time.perf_counter()
run.log_artifact(artifact).wait()
sent = time.perf_counter() - began
run.finish()
os.remove("large.bin")
api = wandb.Api()
read = api.run(f"{run.entity}/p/{run.id}")
assert [row["loss"] for row in read.scan_history()] == [1 / (i + 1) for i in range(20)]
assert read.url.startswith(os.environ["WANDB_BASE_URL"] + "/"), read.url
began = time.perf_counter()
place = api.artifact(f"{run.entity}/p/large:v0").download(root="back")
fetched = time.perf_counter() - began
with open(os.path.join(place, "large.bin"), "rb") as file:
    assert os.fstat(file.fileno()).st_size == size
    file.seek(size // 2)
    assert file.read(13) == b"in the middle"
print(f"all well: {sent:.1f} s up, {fetched:.1f} s down")
"""


def certified(directory: Path) -> tuple[Path, Path]:
    """A certificate of `localhost` that nobody else trusts, and its key."""
    certificate, key = directory / "site.pem", directory / "site.key"
    words = f"req -x509 -newkey rsa:2048 -nodes -days 2 -keyout {key} -out {certificate} -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(["openssl", *words.split(), *names], check=True, capture_output=True)
    return certificate, key


def example(name: str, changes: dict[str, str]) -> str:
    """A file of `deploy/` with names and ports of a test."""
    text = (ROOT / "deploy" / name).read_text()
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


@contextmanager
def running(words: list[str], directory: Path) -> Iterator[None]:
    """A process, ended with the block."""
    with (directory / "proxy.log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, env={**os.environ, "HOME": str(directory)})
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def nginx(directory: Path, server: LiveServer, port: int) -> Iterator[Path]:
    """nginx with our example; the certificate that it shows."""
    certificate, key = certified(directory)
    changes = {
        "server 127.0.0.1:8080;": f"server 127.0.0.1:{server.port};",
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "ml.example.org;": "localhost;",
        "/etc/ssl/ml.example.org.pem": str(certificate),
        "/etc/ssl/ml.example.org.key": str(key),
        "proxy_set_header Host $host;": "proxy_set_header Host $http_host;",  # this port is not the usual one
    }
    text = example("nginx.conf", changes)
    folders = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{name}_temp_path {directory}/{name};\n" for name in folders)
    (directory / "nginx.conf").write_text(
        f"{'user root;' if os.geteuid() == 0 else ''}\ndaemon off; worker_processes 1;\n"
        f"pid {directory}/nginx.pid;\n"
        f"error_log {directory}/proxy.log;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}{text}\n}}\n"
    )
    with running(["nginx", "-c", str(directory / "nginx.conf")], directory):
        yield certificate


@contextmanager
def caddy(directory: Path, server: LiveServer, port: int) -> Iterator[Path]:
    """Caddy with our example; the certificate that it shows."""
    certificate, key = certified(directory)
    changes = {
        "ml.example.org {": f"localhost:{port} {{\n\ttls {certificate} {key}",
        "127.0.0.1:8080": f"127.0.0.1:{server.port}",
    }
    options = "{\n\tadmin off\n\tauto_https disable_redirects\n}\n"
    (directory / "Caddyfile").write_text(options + example("Caddyfile", changes))
    with running(["caddy", "run", "--config", str(directory / "Caddyfile")], directory):
        yield certificate


@pytest.mark.parametrize("proxy", [nginx, caddy], ids=["nginx", "caddy"])
def test_a_client_through_a_proxy(
    tmp_path: Path, proxy: Callable[[Path, LiveServer, int], AbstractContextManager[Path]]
) -> None:
    needs(proxy.__name__, "openssl")
    port = free_port()
    address = f"https://localhost:{port}/runs"
    settings = {"public_url": address, "trusted_proxies": "127.0.0.1"}
    server = LiveServer(tmp_path, settings, free_port())
    server.start()
    try:
        with proxy(tmp_path, server, port) as certificate:
            context = ssl.create_default_context(cafile=str(certificate))
            with httpx.Client(
                verify=context, auth=("api", server.admin_key), timeout=60, trust_env=False
            ) as http:
                deadline = time.monotonic() + 60
                while True:
                    try:
                        assert http.get(f"{address}/ready").status_code == 200
                        break
                    except httpx.TransportError:
                        assert time.monotonic() < deadline, (tmp_path / "proxy.log").read_text()
                        time.sleep(0.1)
                said = run_client(server, tmp_path / "client", address, certificate)
                assert "all well" in said
                print(f"{proxy.__name__}, {LARGE_MB} MiB: {said.rpartition('all well: ')[2]}")
                live_pages_come_at_once(http, address)
        assert "Traceback" not in server.log
    finally:
        server.stop()


def needs(*programs: str) -> None:
    """Skip unless these are installed."""
    missing = [one for one in programs if not shutil.which(one)]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    needs("systemd-analyze")
    (tmp_path / "runstone.service").write_text(
        example("runstone.service", {"/opt/runstone/bin/runstone": shutil.which("true") or "/bin/true"})
    )
    words = ["systemd-analyze", "verify", str(tmp_path / "runstone.service")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_compose_takes_the_file() -> None:
    needs("docker-compose")
    words = ["docker-compose", "-f", str(ROOT / "deploy" / "compose.yaml"), "config"]
    given = {**os.environ, "RUNSTONE_SITE": "ml.example.org", "POSTGRES_PASSWORD": "secret"}
    done = subprocess.run(words, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "RUNSTONE_PUBLIC_URL: https://ml.example.org" in done.stdout
    del given["RUNSTONE_SITE"]
    assert (
        "RUNSTONE_SITE"
        in subprocess.run(words, env=given, capture_output=True, text=True, check=False).stderr
    )


def run_client(server: LiveServer, home: Path, address: str, certificate: Path) -> str:
    built(NEWEST)
    home.mkdir()
    environment = {
        **server.client_environment(home),
        "WANDB_BASE_URL": address,
        "SSL_CERT_FILE": str(certificate),
        "REQUESTS_CA_BUNDLE": str(certificate),
    }
    done = subprocess.run(
        [str(NEWEST.python), "-c", SCRIPT, str(LARGE_MB)],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def live_pages_come_at_once(http: httpx.Client, address: str) -> None:
    place = {"entity": "admin", "project": "p"}
    with http.stream("GET", f"{address}/api/stream", params=place) as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("retry")
        row = {"files": {"wandb-history.jsonl": {"offset": 0, "content": ['{"_step": 0, "a": 1}']}}}
        http.post(f"{address}/files/admin/p/live/file_stream", json=row).raise_for_status()
        assert any(line.startswith("data: ") and "history" in line for line in lines)
