"""`make dev`: a server that restarts when its code changes, the pages' development server, sample data.

Everything lies in `.dev/` of the clone; `rm -r .dev` begins anew. Ctrl-C ends all of it.
"""

import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from watchfiles import PythonFilter, run_process

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / ".dev"
PORT = 8765
ADDRESS = f"http://127.0.0.1:{PORT}"
KEY = "dev".ljust(40, "0")
PAGES = "http://127.0.0.1:5173"


def server_environment() -> dict[str, str]:
    """The server's settings, whatever the caller has exported."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RUNSTONE_", "WANDB_"))}
    kept.update(
        RUNSTONE_DATA_DIR=str(PLACE / "data"),
        RUNSTONE_PORT=str(PORT),
        RUNSTONE_ADMIN_API_KEY=KEY,
        RUNSTONE_LOG_LEVEL="warning",
    )
    return kept


def client_environment() -> dict[str, str]:
    """A wandb client that talks to this server and writes nothing outside `.dev`."""
    kept = server_environment()
    kept.update(
        WANDB_BASE_URL=ADDRESS,
        WANDB_API_KEY=KEY,
        WANDB_SILENT="true",
        NO_PROXY="127.0.0.1",
        no_proxy="127.0.0.1",
        HOME=str(PLACE / "home"),
        **{
            f"WANDB_{name}_DIR": str(PLACE / name.lower()) for name in ("CACHE", "CONFIG", "DATA", "ARTIFACT")
        },
        WANDB_DIR=str(PLACE),
    )
    return kept


def wait_until_ready() -> None:
    """Return when the server answers."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        try:
            opener.open(f"{ADDRESS}/ready", timeout=2).close()
            return
        except OSError:
            time.sleep(0.2)


def fill_and_tell() -> None:
    """Log sample data once, then say how to get in."""
    wait_until_ready()
    stamp = PLACE / "sampled"
    if not stamp.exists():
        print("Logging sample data (about a minute, once).", flush=True)
        command = [sys.executable, str(ROOT / "tools" / "sample_data.py")]
        done = subprocess.run(command, env=client_environment(), cwd=PLACE, check=False)
        if done.returncode == 0:
            stamp.touch()
    command = [sys.executable, "-m", "runstone", "user", "link", "admin"]
    link = subprocess.run(command, env=server_environment(), capture_output=True, text=True, check=False)
    print(f"\nServer {ADDRESS}   key {KEY}\nSign in: {link.stdout.strip()}", flush=True)
    print(f"Then the pages as you edit them: {PAGES}/admin/sample   (Ctrl-C ends everything)", flush=True)


def main() -> int:
    """Run until Ctrl-C; exit status."""
    for name in ("home", "cache", "config", "data", "artifact"):
        (PLACE / name).mkdir(parents=True, exist_ok=True)
    pages = None
    npm = shutil.which("npm")
    if npm is None or not (ROOT / "web" / "node_modules").exists():
        print("No Node on PATH: the pages are served as they were built last.", flush=True)
    else:
        pages = subprocess.Popen(
            [npm, "run", "dev", "--", "--host", "127.0.0.1", "--strictPort"],
            cwd=ROOT / "web",
            env={**os.environ, "RUNSTONE_DEV_SERVER": ADDRESS},
        )
    threading.Thread(target=fill_and_tell, daemon=True).start()
    os.environ.update(server_environment())
    try:
        run_process(
            ROOT / "runstone",
            target=f"{sys.executable} -m runstone serve",
            target_type="command",
            watch_filter=PythonFilter(extra_extensions=(".graphql", ".html")),
        )
    finally:
        if pages is not None:
            pages.terminate()
            pages.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
