"""`make demo` without its installation, in a copy of the checkout: failed, resumed, told again, stopped.

What it inherits leads everywhere but into the clone, and a trap stands where it leads.
"""

import os
import re
import shutil
import signal
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import wandb

from tests.app.stages import copy_checkout
from tools.demo_environment import Places, clean, of_pipelines
from tools.demo_memory import recall
from tools.demo_server import knows_us, serving
from tools.demo_stages import NAMES

pytestmark = pytest.mark.slow

TIMEOUT_S = 600
PLANTED = "import sys\nprint('the planted failure')\nsys.exit(3)\n"


class Trap(socketserver.ThreadingTCPServer):
    """Stands where hostile settings lead, and notes the first line of all that comes."""

    daemon_threads = True

    def __init__(self) -> None:
        """Listen."""
        self.caught: list[str] = []
        super().__init__(("127.0.0.1", 0), TrapHandler)

    @property
    def address(self) -> str:
        """As a URL."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class TrapHandler(socketserver.StreamRequestHandler):
    """One caller."""

    server: Trap

    def handle(self) -> None:
        """Note and refuse."""
        self.server.caught.append(self.rfile.readline(1000).decode("latin-1").strip())
        self.wfile.write(b"HTTP/1.1 502 Trap\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")


@dataclass
class Clone:
    """A copy of the checkout in a folder whose path is short enough for sockets."""

    root: Path
    trap: Trap
    said: dict[str, tuple[int, str, str]] = field(default_factory=dict)

    @property
    def places(self) -> Places:
        """Where its demo keeps what."""
        return Places(self.root / "clone")

    @property
    def strange(self) -> Path:
        """The folder that hostile settings name; it has to stay empty."""
        return self.root / "strange"

    def hostile(self) -> dict[str, str]:
        """What `make demo` might inherit."""
        elsewhere, lure = str(self.strange), self.trap.address
        folders = ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "WANDB_DIR")
        more = ("WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_DATA_DIR", "WANDB_ARTIFACT_DIR", "KERAS_HOME")
        return {
            "PATH": os.environ["PATH"],
            **dict.fromkeys((*folders, *more, "MPLCONFIGDIR", "RUNSTONE_DATA_DIR", "PYTHONPATH"), elsewhere),
            **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), lure),
            "WANDB_BASE_URL": lure, "WANDB_API_KEY": "f" * 40, "WANDB_ENTITY": "stray",
            "WANDB_PROJECT": "stray", "WANDB_MODE": "disabled", "WANDB_RUN_ID": "stray",
            "WANDB_RUN_GROUP": "stray", "WANDB_SWEEP_ID": "stray", "WANDB_MODEL_EVAL": "stray:v1",
            "RUNSTONE_PORT": "1", "RUNSTONE_DB": "postgresql://127.0.0.1:1/x", "KERAS_BACKEND": "jax",
            "PIP_TARGET": elsewhere, "PIP_USER": "1",
        }  # fmt: skip

    def start(self, *argv: str) -> "subprocess.Popen[str]":
        """The demo, as `tools/demo.py` starts it in the environment that it has made."""
        return subprocess.Popen(
            [sys.executable, "tools/demo_story.py", *argv],
            cwd=self.places.root,
            env=clean(self.hostile(), self.places),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # so that Ctrl-C reaches its stages and not these tests
        )

    def run(self, name: str, *argv: str) -> None:
        """Run the demo to its end and note what it said."""
        process = self.start(*argv)
        out, err = process.communicate(timeout=TIMEOUT_S)
        self.said[name] = (process.returncode, out, err)

    def interrupt(self, name: str, *argv: str, after: str) -> str:
        """Ctrl-C after a line that begins with `after`; returns the address the server had by then."""
        process = self.start(*argv)
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith(after):
                break
        if after.startswith("Serving"):
            lines.append(process.stdout.readline())
        address = f"http://127.0.0.1:{recall(self.places.own).port}"
        self.said[f"{name} while it runs"] = (0, "".join(lines), "")
        if after.startswith("Serving"):
            self.look(address, lines[-1].strip())
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=TIMEOUT_S)
        self.said[name] = (process.returncode, "".join(lines) + out, err)
        return address

    def look(self, address: str, link: str) -> None:
        """Follow the sign-in link as a browser would."""
        with httpx.Client(follow_redirects=True, trust_env=False, timeout=120) as browser:
            assert link.startswith(address)
            browser.get(link)
            session = browser.get(f"{address}/api/session")
            self.said["signed in"] = (session.status_code, session.text, "")

    def left_over(self) -> list[str]:
        """Command lines of processes that still work in the clone."""
        found = []
        for process in psutil.process_iter():
            try:
                if Path(process.cwd()).is_relative_to(self.root):
                    found.append(" ".join(process.cmdline()))
            except (psutil.Error, OSError):
                continue
        return found


@contextmanager
def copied() -> Iterator[Clone]:
    """The checkout as git sees it, without what is ignored."""
    root = Path(tempfile.mkdtemp(prefix="demo-"))
    trap = Trap()
    threading.Thread(target=trap.serve_forever, daemon=True).start()
    try:
        copy_checkout(root / "clone")
        made = Clone(root, trap)
        made.strange.mkdir()
        yield made
    finally:
        trap.shutdown()
        trap.server_close()
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="module")
def clone() -> Iterator[Clone]:
    """The demo, failed in its seventh stage, resumed, stopped early, and told a second time."""
    with copied() as made:
        evaluate = made.places.root / "app" / "pipelines" / "evaluate.py"
        good = evaluate.read_text()
        evaluate.write_text(PLANTED)
        made.run("failed", "--profile", "fast", "--wait", "0")
        evaluate.write_text(good)
        made.run("resumed", "--profile", "fast", "--wait", "0", "--from", "evaluate")
        made.interrupt("stopped", "--profile", "fast", after="[1/8] data_prep")
        made.interrupt("again", "--profile", "least", after="Serving until Ctrl-C")
        yield made


@pytest.fixture(scope="module")
def api(clone: Clone) -> Iterator[wandb.Api]:
    """A client of the demo's server, which is started once more."""
    places, memory = clone.places, recall(clone.places.own)
    environment = clean({"PATH": os.environ["PATH"]}, places)
    with serving(places, memory, environment) as server, pytest.MonkeyPatch.context() as patch:
        for name, value in of_pipelines(environment, server.address, memory.key).items():
            patch.setenv(name, value)
        yield wandb.Api(timeout=120)
        wandb.teardown()


def ended_well(clone: Clone, name: str) -> str:
    """What a run of the demo printed that had to end well."""
    status, out, err = clone.said[name]
    assert status == 0, f"{name}: {status}\n{out}\n{err}"
    return out


def test_a_failing_stage_stops_with_its_name_its_log_and_how_to_go_on(clone: Clone) -> None:
    status, out, err = clone.said["failed"]
    assert status == 1, out + err
    assert "Stage evaluate (evaluate) failed with status 3. Its last lines:" in err
    assert "    the planted failure" in err
    assert f"The whole log: {clone.places.logs / 'evaluate.log'}" in err
    assert err.rstrip().endswith("go on with: make demo FROM=evaluate PROFILE=fast")
    assert "[6/8] promote --alias to_evaluate: done in" in out
    assert "[8/8]" not in out


def test_it_goes_on_with_that_stage(clone: Clone) -> None:
    out = ended_well(clone, "resumed")
    places = [line for line in out.splitlines() if line.startswith("[")]
    assert [line.split(":")[0] for line in places[1::2]] == ["[1/2] evaluate", "[2/2] report"]


def test_the_table_names_everything_and_the_link_is_last(clone: Clone) -> None:
    out = ended_well(clone, "resumed")
    for words in (
        "split-data:v0, source digits: 1,257 train, 360 validation, 180 test", "best run of the sweep",
        "its parameters", "suggested by the model", "MNIST_CNN:v0 (candidate)",
        "MNIST_CNN:v1 (latest, to_evaluate)", "best of the sweep, before retraining", "after retraining",
        "gap", "Reports",
    ):  # fmt: skip
        assert words in out
    for title in ("Data and baseline", "Tuning", "Evaluation"):
        assert re.search(rf"^  {title} +http://127\.0\.0\.1:\d+/admin/MNIST/reports/", out, re.MULTILINE)
    *_, once, link = out.rstrip().splitlines()
    assert once == "and sign in within a day; this link works once:"
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/login\?token=\S+", link)


def test_serving_until_ctrl_c(clone: Clone) -> None:
    status, out, err = clone.said["again"]
    assert status == 130, out + err
    assert "Stopped. `make demo` starts again with the same data." in err
    assert "Traceback" not in err
    assert clone.said["signed in"][0] == 200
    assert '"admin"' in clone.said["signed in"][1]


def test_ctrl_c_in_a_stage_stops_it_and_the_server(clone: Clone) -> None:
    status, out, err = clone.said["stopped"]
    assert status == 130, out + err
    assert "Traceback" not in err
    assert "Stopped." in err


def test_nothing_goes_on_after_the_end(clone: Clone) -> None:
    memory = recall(clone.places.own)
    deadline = time.monotonic() + 120
    while (left := clone.left_over()) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert left == []
    assert not knows_us(f"http://127.0.0.1:{memory.port}", memory.key)


def test_nothing_was_written_outside_the_clone_and_nobody_else_was_called(clone: Clone) -> None:
    assert sorted(path.name for path in clone.root.iterdir()) == ["clone", "strange"]
    assert list(clone.strange.iterdir()) == []
    # Only the attempt to download MNIST may leave the machine.
    assert {line.split(":")[0] for line in clone.trap.caught} <= {"CONNECT storage.googleapis.com"}
    beside = {path.name for path in clone.places.root.iterdir()}
    assert beside == {"app", "runstone", "tools", "Makefile", "demo-data"}


def test_a_second_time_the_project_grows_and_the_dataset_stays(clone: Clone, api: wandb.Api) -> None:
    home = "admin/MNIST"
    assert [one.version for one in api.artifacts("dataset", f"{home}/split-data")] == ["v0"]
    kinds = [run.job_type for run in api.runs(home)]
    assert kinds.count("tuning") == 4 + 1
    for job_type in ("training", "retraining", "evaluation"):
        assert kinds.count(job_type) == 2, job_type
    models = {
        one.version: set(one.aliases) for one in api.artifacts("model", "admin/model-registry/MNIST_CNN")
    }
    assert sorted(models) == ["v0", "v1", "v2", "v3"]
    assert "candidate" in models["v2"]
    assert {"latest", "to_evaluate"} <= models["v3"]
    assert len(list(api.reports(home))) == 3
    assert [project.name for project in api.projects("admin") if project.name != "model-registry"] == [
        "MNIST"
    ]
    out = clone.said["again"][1]
    assert "MNIST_CNN:v2 (candidate)" in out
    assert "split-data:v0, source digits" in out


def test_system_metrics_are_there_even_for_short_stages(api: wandb.Api) -> None:
    run: Any = next(iter(api.runs("admin/MNIST", filters={"jobType": "training"})))
    rows = run.history(stream="events", pandas=False)
    assert any(name.startswith("system.cpu") for row in rows for name in row)


def test_the_settings_file_was_written_for_the_next_stages_by_hand(clone: Clone) -> None:
    memory = recall(clone.places.own)
    written = clone.places.settings_file.read_text()
    assert f"WANDB_API_KEY={memory.key}" in written
    assert set(memory.times("fast")) == set(NAMES)
