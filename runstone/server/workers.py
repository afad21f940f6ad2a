"""Several server processes on one port: the parent holds the listening socket and keeps them alive.

The parent serves nothing itself. A process that dies is started again; connections wait in the
socket meanwhile. When the parent goes, however it goes, its children see their input end and
stop politely.
"""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import BinaryIO

from runstone.server.settings import Settings

logger = logging.getLogger("runstone.workers")

LOOK_S = 0.2
LONG_LIFE_S = 2.0  # a process that lived less is started again only after a pause
LONGEST_PAUSE_S = 5.0
STOP_S = 30.0


class Worker:
    """One child process, started again whenever it ends."""

    def __init__(self, number: int, settings: Settings, listener: socket.socket | None) -> None:
        self._number, self._settings, self._listener = number, settings, listener
        self._pause_s = 0.0
        self._due = 0.0
        self._start()

    def look(self) -> None:
        """Start it again if it has ended and its pause is over."""
        if self._due:
            if time.monotonic() >= self._due:
                self._start()
            return
        status = self._process.poll()
        if status is None:
            return
        lived = time.monotonic() - self._began
        self._pause_s = 0.0 if lived > LONG_LIFE_S else min(LONGEST_PAUSE_S, self._pause_s * 2 + 0.25)
        self._due = time.monotonic() + self._pause_s
        logger.warning(
            "process %d of the server ended with %d after %.0f s; it is started again",
            self._number,
            status,
            lived,
        )

    def stop(self) -> None:
        """Ask it to end: what is being answered still is."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def wait(self, deadline: float) -> None:
        """Wait for its end, and enforce it at the deadline."""
        try:
            self._process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _start(self) -> None:
        self._due = 0.0
        self._began = time.monotonic()
        descriptor = -1 if self._listener is None else self._listener.fileno()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "runstone.server.worker"],
            stdin=subprocess.PIPE,
            pass_fds=() if descriptor < 0 else (descriptor,),
            start_new_session=True,  # Ctrl-C is for the parent, which then asks its children
        )
        assert self._process.stdin is not None
        # Through the pipe, not the command line or the environment: settings hold keys.
        given = {"listener": descriptor, "settings": self._settings.model_dump(mode="json")}
        self._process.stdin.write(json.dumps(given).encode() + b"\n")
        self._process.stdin.flush()


def supervise(settings: Settings, listener: socket.socket | None) -> None:
    """Keep `settings.workers` processes running until a signal."""
    workers: list[Worker] = []
    try:
        for number in range(1, settings.workers + 1):
            workers.append(Worker(number, settings, listener))
        while True:
            time.sleep(LOOK_S)
            for worker in workers:
                worker.look()
    except KeyboardInterrupt:
        return
    finally:
        for worker in workers:
            worker.stop()
        deadline = time.monotonic() + STOP_S
        for worker in workers:
            worker.wait(deadline)


def given_by_parent(source: BinaryIO) -> tuple[Settings, socket.socket | None]:
    """In the child: what the parent wrote, and the socket that it shares."""
    given = json.loads(source.readline())
    descriptor = given["listener"]
    # Fields, not names in the environment: the parent has read that already.
    settings = Settings.model_validate(given["settings"])
    return settings, None if descriptor < 0 else socket.socket(fileno=descriptor)


def stop_with_parent(source: BinaryIO) -> None:
    """In the child: stop politely once the parent is gone."""

    def wait() -> None:
        source.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent", daemon=True).start()
