"""A process beside the server for work that would hold up its answers.

Started when there is something to do, ended after a while without. It speaks pickled messages
over its standard streams with its parent alone, and ends with it.
"""

import contextlib
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, BinaryIO

from runstone.domain.errors import Unavailable

QUIET_S = 30.0
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


class Child:
    """A child that runs `python -m MODULE`, whose `__main__` part calls `serve`; one question at a time."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._used = 0.0

    def ready(self) -> None:
        """Return when the child has loaded what it needs. Raises `Unavailable` when it cannot start."""
        with self._lock:
            self._started()

    def ask(self, *parts: Any) -> Any:
        """The answer to a question of several parts. Raises what the child raised, `Unavailable` if it died.

        Parts are written one by one, and other threads go on between them: cut large ones.
        """
        with self._lock:
            process = self._started()
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                for part in (len(parts), *parts):
                    pickle.dump(part, process.stdin, pickle.HIGHEST_PROTOCOL)
                process.stdin.flush()
                answer = pickle.load(process.stdout)  # noqa: S301 - our own child's words
            except (EOFError, OSError, ValueError, pickle.UnpicklingError) as error:
                self._end()
                raise Unavailable(f"The process of {self._module} ended unexpectedly ({error!r}).") from None
            self._used = time.monotonic()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def rest(self) -> None:
        """End the child when it has had nothing to do for a while."""
        with self._lock:
            if self._process is not None and time.monotonic() - self._used > QUIET_S:
                self._end()

    @property
    def is_alive(self) -> bool:
        """There is a process, busy or resting."""
        return self._process is not None

    def interrupt(self) -> None:
        """Kill the child over what it does now: whoever waits for that answer gets `Unavailable`."""
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._end()

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603 - a module of ours
                [sys.executable, "-m", self._module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, **_ONE_THREAD},
                start_new_session=True,  # Ctrl-C is for the parent, which ends its child itself
            )
            assert self._process.stdout is not None
            if self._process.stdout.read(1) != _READY:
                self._end()
                raise Unavailable(f"The process of {self._module} did not start. Its words are in the log.")
        return self._process

    def _end(self) -> None:
        if self._process is None:
            return
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what it had not read yet is lost with it
                    pipe.close()
        self._process.terminate()
        self._process.wait()
        self._process = None


_READY = b"+"


def serve(work: Callable[..., Any]) -> None:
    """In the child: answer whatever comes with `work(*parts)` until the parent closes the line."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    sink.write(_READY)
    sink.flush()
    while True:
        try:
            parts = _question(source)
        except EOFError:
            return
        try:
            answer: Any = work(*parts)
        except Exception as error:  # noqa: BLE001 - the parent raises it
            answer = error
        try:
            pickle.dump(answer, sink, pickle.HIGHEST_PROTOCOL)
            sink.flush()
        except BrokenPipeError:
            return  # the parent was killed


def _question(source: BinaryIO) -> list[Any]:
    count: int = pickle.load(source)  # noqa: S301 - our own parent's words
    return [pickle.load(source) for _ in range(count)]  # noqa: S301 - as above
