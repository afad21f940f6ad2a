"""Servers that are there at once: forks of one process that has loaded the program already.

A server that is killed again and again spends most of its lives on loading its program. Here a process
loads it once, and each server is a fork of that: `nursery(prelude)` gives a `Nursery`, whose servers
`LiveServer.launch` begins in place of a program of its own.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PROGRAM = """
import json, os, sys, threading

import runstone.server.serving
from runstone.server.cli import main

assert threading.active_count() == 1  # else a fork may hang
for line in sys.stdin:
    asked = json.loads(line)
    if "wait" in asked:
        _, status = os.waitpid(asked["wait"], 0 if asked["until_it_ends"] else os.WNOHANG)
        print(json.dumps(None if _ == 0 else os.waitstatus_to_exitcode(status)), flush=True)
        continue
    born = os.fork()
    if born:
        print(json.dumps(born), flush=True)
        continue
    log = os.open(asked["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for stream, to in ((0, os.open(os.devnull, os.O_RDONLY)), (1, log), (2, log)):
        os.dup2(to, stream)
    os.chdir(asked["directory"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv = ["runstone", "serve"]
    code = 1
    try:
        main()
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
"""


class Forked:
    """A server that was forked: what `LiveServer` asks of a process."""

    def __init__(self, nursery: "Nursery", pid: int) -> None:
        self._nursery = nursery
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit status, None while it runs."""
        return self._status(until_it_ends=False)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status once it has ended; there is no time limit, only the tests' own."""
        status = self._status(until_it_ends=True)
        assert status is not None
        return status

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End it without a word."""
        self.send_signal(signal.SIGKILL)

    def _status(self, *, until_it_ends: bool) -> int | None:
        if self.returncode is None:
            self.returncode = self._nursery.ask({"wait": self.pid, "until_it_ends": until_it_ends})
        return self.returncode


class Nursery:
    """The process that has loaded the program."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, request: Mapping[str, object]) -> int | None:
        """One request, one answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: int | None = json.loads(self._process.stdout.readline())
        return answer

    def begin(self, directory: Path, environment: Mapping[str, str], log: Path) -> Forked:
        """Begin `runstone serve` there."""
        pid = self.ask({"directory": str(directory), "environment": dict(environment), "log": str(log)})
        assert pid is not None
        return Forked(self, pid)


@contextmanager
def nursery(prelude: str = "") -> Iterator[Nursery]:
    """A process with the program loaded and `prelude` run; its servers end before it."""
    process = subprocess.Popen(
        [sys.executable, "-c", prelude + PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={k: v for k, v in os.environ.items() if not k.startswith(("RUNSTONE_", "WANDB_"))},
    )
    with process:
        yield Nursery(process)
