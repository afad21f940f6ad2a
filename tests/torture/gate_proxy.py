"""An HTTP proxy between real clients and a server that dies: a gate, and a memory of each 200.

While the gate is shut, requests wait at it. What the server was asked when it died is answered by
nothing: the connection closes, as it does without a proxy.
"""

import gzip
import http.client
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.torture.fault_proxy import Passing, served_by

STREAM = re.compile(r"/files/([^/]+)/([^/]+)/([^/]+)/file_stream\Z")
SUMMARY = "wandb-summary.json"
Line = tuple[str, str, int]  # run, stream by the contract's name, number


@dataclass
class Gate:
    """The gate, and all that went through it."""

    acknowledged: dict[Line, str] = field(default_factory=dict)
    uncertain: dict[Line, list[str]] = field(default_factory=dict)  # sent after that, without a 200 so far
    posts: dict[str, int] = field(default_factory=dict)  # acknowledged ones by run
    cut: int = 0
    refused: list[str] = field(default_factory=list)
    _under_way: int = 0
    _arrivals: int = 0
    _unanswered: set[int] = field(default_factory=set)  # by arrival
    _open: threading.Event = field(default_factory=threading.Event)
    _begun: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self) -> None:
        """Let through what waits and what comes."""
        self._open.set()

    def until_answered(self, timeout_s: float) -> None:
        """Wait for the answers to all that has arrived so far, so that nobody is cut again and again."""
        last, deadline = self._arrivals, time.monotonic() + timeout_s
        while min(self._unanswered.copy(), default=last + 1) <= last and time.monotonic() < deadline:
            time.sleep(0.01)

    def shut(self) -> None:
        """Hold whatever comes from now on."""
        self._open.clear()

    def next_request(self, timeout_s: float) -> None:
        """Wait until the next request is on its way to the server."""
        self._begun.clear()
        self._begun.wait(timeout_s)

    def settle(self) -> None:
        """Wait until nothing is on its way any more. Only with the gate shut."""
        while self._under_way:
            time.sleep(0.005)

    def may_be(self, line: Line) -> list[str]:
        """What a line may say now: what was acknowledged last, or what was sent after that."""
        known = [self.acknowledged[line]] if line in self.acknowledged else []
        return known + self.uncertain.get(line, [])

    def enter(self, lines: dict[Line, str]) -> int:
        """A request goes to the server, as soon as the gate is open; its number."""
        with self._lock:
            self._arrivals += 1
            arrival = self._arrivals
            self._unanswered.add(arrival)
        while True:
            self._open.wait()
            with self._lock:
                if not self._open.is_set():
                    continue
                self._under_way += 1
                for line, text in lines.items():
                    self.uncertain.setdefault(line, []).append(text)
                self._begun.set()
                return arrival

    def leave(
        self, arrival: int, run: str | None, lines: dict[Line, str], status: int | None, told: str = ""
    ) -> None:
        """It was answered, or cut (`status` None)."""
        with self._lock:
            self._under_way -= 1
            self._unanswered.discard(arrival)
            if status is None:
                self.cut += 1
            elif status == 200 and run is not None:
                self.posts[run] = self.posts.get(run, 0) + 1
                self.acknowledged.update(lines)
                for line in lines:
                    self.uncertain.pop(line, None)
            elif run is not None or status >= 500:
                self.refused.append(told)


@contextmanager
def gated(port: int) -> Iterator[tuple[str, Gate]]:
    """The address of a proxy to a server on this machine, and its gate, shut at first."""
    gate = Gate()

    class Handler(Passing):
        place = ("127.0.0.1", port)

        def pass_on(self) -> None:
            body = self.body()
            named = STREAM.match(self.path) if self.command == "POST" else None
            run = named[3] if named else None
            lines = lines_of(run, body, self.headers.get("content-encoding")) if run else {}
            arrival = gate.enter(lines)
            try:
                status, headers, said = self.ask(body)
            except (OSError, http.client.HTTPException):
                gate.leave(arrival, run, lines, None)
                self.close_connection = True
                return
            gate.leave(arrival, run, lines, status, f"{self.command} {self.path}: {status} {said[:500]!r}")
            self.hand_on(status, headers, said)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = pass_on

    with served_by(Handler) as address:
        yield address, gate


def lines_of(run: str, body: bytes, encoding: str | None) -> dict[Line, str]:
    """The numbered lines in a message."""
    message = json.loads(gzip.decompress(body) if encoding == "gzip" else body)
    return {
        (run, stream, part["offset"] + i): text
        for stream, part in (message.get("files") or {}).items()
        if stream != SUMMARY
        for i, text in enumerate(part["content"])
    }
