"""`deploy/nginx.conf` as it stands, but for names and ports: TLS, below a path, a real client, a large file.

`LARGE_MB` sets the size of the file.
"""

import os
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.live import LiveServer, free_port
from tests.sdk.environments import NEWEST, built

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (shutil.which("nginx") and shutil.which("openssl")), reason="needs nginx and openssl"
    ),
]

ROOT = Path(__file__).resolve().parents[2]
LARGE_MB = int(os.environ.get("LARGE_MB") or 64)

SCRIPT = """
import os, sys, wandb
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
run.log_artifact(artifact).wait()
run.finish()
os.remove("large.bin")
api = wandb.Api()
read = api.run(f"{run.entity}/p/{run.id}")
assert [row["loss"] for row in read.scan_history()] == [1 / (i + 1) for i in range(20)]
assert read.url.startswith(os.environ["WANDB_BASE_URL"] + "/"), read.url
place = api.artifact(f"{run.entity}/p/large:v0").download(root="back")
with open(os.path.join(place, "large.bin"), "rb") as file:
    assert os.fstat(file.fileno()).st_size == size
    file.seek(size // 2)
    assert file.read(13) == b"in the middle"
print("all well")
"""


@contextmanager
def nginx(directory: Path, server: LiveServer, port: int) -> Iterator[Path]:
    """nginx with our example; the certificate that it shows."""
    certificate, key = directory / "site.pem", directory / "site.key"
    words = f"req -x509 -newkey rsa:2048 -nodes -days 2 -keyout {key} -out {certificate} -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(["openssl", *words.split(), *names], check=True, capture_output=True)
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    for old, new in {
        "server 127.0.0.1:8080;": f"server 127.0.0.1:{server.port};",
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "ml.example.org;": "localhost;",
        "/etc/ssl/ml.example.org.pem": str(certificate),
        "/etc/ssl/ml.example.org.key": str(key),
        "proxy_set_header Host $host;": "proxy_set_header Host $http_host;",  # this port is not the usual one
    }.items():
        assert old in text, old
        text = text.replace(old, new)
    folders = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{name}_temp_path {directory}/{name};\n" for name in folders)
    (directory / "nginx.conf").write_text(
        f"{'user root;' if os.geteuid() == 0 else ''}\ndaemon off; worker_processes 1;\n"
        f"pid {directory}/nginx.pid;\n"
        f"error_log {directory}/nginx.log;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}{text}\n}}\n"
    )
    process = subprocess.Popen(["nginx", "-c", str(directory / "nginx.conf")], stderr=subprocess.PIPE)
    try:
        yield certificate
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_a_client_through_nginx(tmp_path: Path) -> None:
    port = free_port()
    address = f"https://localhost:{port}/runs"
    settings = {"public_url": address, "trusted_proxies": "127.0.0.1"}
    server = LiveServer(tmp_path, settings, free_port())
    server.start()
    try:
        with nginx(tmp_path, server, port) as certificate:
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
                        assert time.monotonic() < deadline, (tmp_path / "nginx.log").read_text()
                        time.sleep(0.1)
                said = run_client(server, tmp_path / "client", address, certificate)
                assert "all well" in said
                live_pages_come_at_once(http, address)
        assert "Traceback" not in server.log
    finally:
        server.stop()


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
