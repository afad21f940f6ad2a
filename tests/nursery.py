"""Programs that are there at once: forks of one process that has loaded what takes them long.

A server that is killed again and again, and a stage that trains for a second, spend most of their lives on
loading their libraries. Here a process loads those once (`nursery(prelude)`), and each program is a fork of
it that runs as `python -m module` or `python file.py` would: its own arguments, environment, folder, files
for what it prints, and exit status.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

SERVER = "import runstone.server.serving\n"  # what `runstone serve` loads
# What the pipelines load beside wandb; TensorFlow's start-up chatter is no failure.
STAGE = "import os; os.environ['TF_CPP_MIN_LOG_LEVEL'] = '2'; import keras, sklearn.datasets\n"
PROGRAM = """
import gc, json, os, runpy, sys, threading

assert threading.active_count() == 1  # else a fork may hang
gc.freeze()  # what was loaded lives as long as this: its programs' collections need not look at it
for line in sys.stdin:
    asked = json.loads(line)
    if "ended" in asked:
        born, status = os.waitpid(asked["ended"], os.WNOHANG)
        print(json.dumps(None if born == 0 else os.waitstatus_to_exitcode(status)), flush=True)
        continue
    born = os.fork()
    if not born:
        break
    print(json.dumps(born), flush=True)
else:
    sys.exit()
out, err = (os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600) for path in asked["logs"])
for stream, to in ((0, os.open(os.devnull, os.O_RDONLY)), (1, out), (2, err)):
    os.dup2(to, stream)
os.chdir(asked["directory"])
os.environ.clear()
os.environ.update(asked["environment"])
name, *_ = sys.argv = asked["argv"]
sys.path[0] = os.path.dirname(os.path.abspath(name)) if asked["file"] else asked["directory"]
sys.path[1:1] = [one for one in asked["environment"].get("PYTHONPATH", "").split(os.pathsep) if one]
if asked["file"]:
    runpy.run_path(name, run_name="__main__")
else:
    runpy.run_module(name, run_name="__main__", alter_sys=True)
"""


class Forked:
    """A program that was forked: what is asked of a process."""

    def __init__(self, nursery: "Nursery", pid: int) -> None:
        self._nursery = nursery
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit status, None while it runs."""
        if self.returncode is None:
            self.returncode = self._nursery.ask({"ended": self.pid})
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status once it has ended. Raises `subprocess.TimeoutExpired`."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            time.sleep(0.02)
        return status

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End it without a word."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """The process that has loaded what the programs need. Safe to use from several threads."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._lock = threading.Lock()

    def ask(self, request: Mapping[str, object]) -> int | None:
        """One request, one answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            answer: int | None = json.loads(self._process.stdout.readline())
        return answer

    def begin(
        self,
        argv: Sequence[str],
        directory: Path,
        environment: Mapping[str, str],
        out: Path,
        err: Path | None = None,
    ) -> Forked:
        """Begin the module or the file `argv[0]` in a folder; what it prints is added to `out` and `err`."""
        pid = self.ask({
            "argv": list(argv), "file": argv[0].endswith(".py"), "directory": str(directory),
            "environment": dict(environment), "logs": [str(out), str(err or out)],
        })  # fmt: skip
        assert pid is not None
        return Forked(self, pid)


@contextmanager
def nursery(prelude: str, environment: Mapping[str, str] | None = None) -> Iterator[Nursery]:
    """A process that has run `prelude`; its programs end before it."""
    if environment is None:
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("RUNSTONE_", "WANDB_"))}
    process = subprocess.Popen(
        [sys.executable, "-c", prelude + PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    with process:
        yield Nursery(process)
