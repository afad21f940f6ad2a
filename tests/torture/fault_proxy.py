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
    place = urlsplit(endpoint)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
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
                self.forward(body)

        def refuse(self, status: int) -> None:
            said = b"<Error><Code>SlowDown</Code><Message>later</Message></Error>"
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else said)

        def forward(self, body: bytes) -> None:
            line = http.client.HTTPConnection(place.hostname or "", place.port or 80, timeout=60)
            try:
                # Host stays as the client sent it: it belongs to the signature.
                line.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    if name.lower() not in HOP_BY_HOP:
                        line.putheader(name, value)
                line.putheader("Content-Length", str(len(body)))
                line.endheaders(body)
                answer = line.getresponse()
                said = answer.read()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in HOP_BY_HOP:
                        self.send_header(name, value)
                length = answer.getheader("content-length") if self.command == "HEAD" else None
                self.send_header("Content-Length", length or str(len(said)))
                self.end_headers()
                self.wfile.write(said)
            finally:
                line.close()

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = pass_on

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", faults
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
