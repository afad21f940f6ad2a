"""An HTTP proxy with faults, in front of the real S3 server: slow, failing now and then, or away."""

import http.client
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


class Passing(BaseHTTPRequestHandler):
    """Takes a request with its body, asks another server, and hands its answer on."""

    protocol_version = "HTTP/1.1"
    place: tuple[str, int]

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def body(self) -> bytes:
        """The bytes that came with the request."""
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status, headers and body that the server behind answers."""
        line = http.client.HTTPConnection(*self.place, timeout=60)
        try:
            # Host stays as the client sent it: it belongs to signatures and to addresses.
            line.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in HOP_BY_HOP:
                    line.putheader(name, value)
            line.putheader("Content-Length", str(len(body)))
            line.endheaders(body)
            answer = line.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            line.close()

    def hand_on(self, status: int, headers: list[tuple[str, str]], said: bytes) -> None:
        """Answer the client as the server behind answered, if it still listens."""
        self.send_response(status)
        length = str(len(said))
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
            elif name.lower() == "content-length" and self.command == "HEAD":
                length = value
        self.send_header("Content-Length", length)
        try:
            self.end_headers()
            self.wfile.write(said)
        except ConnectionError:
            self.close_connection = True


@contextmanager
def served_by(handler: type[Passing]) -> Iterator[str]:
    """The address at which such a handler answers, on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Faults:
    """What goes wrong just now: seconds of delay, the share of requests that fail, everything 503."""

    delay_s: float = 0.0
    failing: float = 0.0
    away: bool = False
    requests: int = 0
    failed: int = 0
    numbers: random.Random = field(default_factory=lambda: random.Random(1))


@contextmanager
def faulty(endpoint: str) -> Iterator[tuple[str, Faults]]:
    """The address of a proxy to `endpoint`, and its faults, to be changed at any time."""
    faults = Faults()
    behind = urlsplit(endpoint)

    class Handler(Passing):
        place = (behind.hostname or "", behind.port or 80)

        def pass_on(self) -> None:
            body = self.body()
            faults.requests += 1
            time.sleep(faults.delay_s)
            if faults.away:
                self.refuse(503)
            elif faults.numbers.random() < faults.failing:
                faults.failed += 1
                if faults.numbers.random() < 0.5:
                    self.close_connection = True  # not a word
                else:
                    self.refuse(500)
            else:
                self.hand_on(*self.ask(body))

        def refuse(self, status: int) -> None:
            said = b"<Error><Code>SlowDown</Code><Message>later</Message></Error>"
            self.hand_on(status, [], b"" if self.command == "HEAD" else said)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = pass_on

    with served_by(Handler) as address:
        yield address, faults
