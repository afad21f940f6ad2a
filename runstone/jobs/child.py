"""A process beside the server that makes segments, so that parsing never holds up an answer.

Started when there is something to seal, ended after a while without. It speaks pickled
messages over its standard streams with its parent alone, and ends with it.
"""

import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import BinaryIO

from runstone.domain.errors import Unavailable
from runstone.store.segments import Sealed, seal

QUIET_S = 30.0


class SealProcess:
    """The child, one piece of work at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._used = 0.0

    def __call__(self, line0: int, texts: Sequence[str], step: int) -> Sealed:
        """Make a segment. Raises `Unavailable` when the child died over it."""
        with self._lock:
            process = self._started()
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                pickle.dump((line0, list(texts), step), process.stdin, pickle.HIGHEST_PROTOCOL)
                process.stdin.flush()
                answer = pickle.load(process.stdout)  # noqa: S301 - our own child's words
            except (EOFError, BrokenPipeError, pickle.UnpicklingError) as error:
                self._end()
                raise Unavailable(f"The process that seals ended unexpectedly ({error!r}).") from None
            self._used = time.monotonic()
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, Sealed)
        return answer

    def rest(self) -> None:
        """End the child when it has had nothing to do for a while."""
        with self._lock:
            if self._process is not None and time.monotonic() - self._used > QUIET_S:
                self._end()

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._end()

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "runstone.jobs.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for the parent, which ends its child itself
            )
        return self._process

    def _end(self) -> None:
        if self._process is None:
            return
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.terminate()
        self._process.wait()
        self._process = None


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """In the child: seal whatever comes until the parent closes the line."""
    while True:
        try:
            line0, texts, step = pickle.load(source)  # noqa: S301 - our own parent's words
        except EOFError:
            return
        try:
            answer: Sealed | Exception = seal(line0, texts, step)
        except Exception as error:  # noqa: BLE001 - the parent raises it
            answer = error
        try:
            pickle.dump(answer, sink, pickle.HIGHEST_PROTOCOL)
            sink.flush()
        except BrokenPipeError:
            return  # the parent was killed


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
