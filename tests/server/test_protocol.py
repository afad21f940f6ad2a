"""Large bodies by the short way, through a real socket."""

import asyncio
import hashlib
import random
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from runstone.server.serving import configuration
from runstone.store.blobs.directory import DirectoryBlobs, Upload
from runstone.store.objects import Piece
from runstone.wire.receiving import BUFFER_BYTES, BUFFERS, TAKER, Body

SIZE = 20 << 20


class Slow(Upload):
    """An upload that keeps nothing until it may."""

    may = threading.Event()

    def keep(self, piece: Piece) -> None:
        """Wait, then keep."""
        self.may.wait(20)
        super().keep(piece)


class App:
    """Receives each body as the byte routes do, and says what it got. `received` counts its messages."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.pool = ThreadPoolExecutor(4)
        self.received = 0
        self.gone: list[type[BaseException]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def counted() -> object:
            self.received += 1
            return await receive()

        request = Request(scope, counted)  # type: ignore[arg-type]
        upload = Slow(self.root)
        body = Body(upload, self.pool, None)
        try:
            async for piece in request.stream():
                await body.add(piece)
                body.take_from(scope)
            await body.finish()
        except BaseException as error:
            self.gone.append(type(error))
            await body.stop()
            upload.abandon()
            raise
        assert TAKER not in scope
        await asyncio.to_thread(upload.finish, f"e/{upload.md5}", upload.md5)
        await Response(f"{upload.md5} {upload.size_bytes}")(scope, receive, send)


@contextmanager
def serving(app: App) -> Iterator[tuple[str, int]]:
    """A server of this application; its address."""
    config = configuration(app)
    config.lifespan = "off"
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield listener.getsockname()
    finally:
        server.should_exit = True
        thread.join(20)


def head(size: int) -> bytes:
    return b"PUT /x HTTP/1.1\r\nHost: box\r\nContent-Length: %d\r\n\r\n" % size


def answer(answers: BinaryIO) -> str:
    """The body of the next answer."""
    length = 0
    while line := answers.readline().strip().lower():
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return answers.read(length).decode()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    DirectoryBlobs(tmp_path)
    Slow.may.set()
    app = App(tmp_path)
    yield app
    app.pool.shutdown()


def test_bodies_arrive_whole_one_after_another_on_one_connection(app: App) -> None:
    chance = random.Random(1)
    bodies = [chance.randbytes(size) for size in (SIZE + 5, 3, BUFFER_BYTES, 0)]
    said = [f"{hashlib.md5(one, usedforsecurity=False).hexdigest()} {len(one)}" for one in bodies]
    with (
        serving(app) as address,
        socket.create_connection(address, 30) as sender,
        sender.makefile("rb") as answers,
    ):
        for one, expected in zip(bodies, said, strict=True):
            sender.sendall(head(len(one)) + one[:1000])
            time.sleep(0.01)
            sender.sendall(one[1000:])
            assert answer(answers) == expected
        # The application was asked a few times, not for every 64 KiB.
        assert app.received <= 4 * len(bodies)
        # Two that come at once.
        sender.sendall(b"".join(head(len(one)) + one for one in bodies[1:3]))
        assert [answer(answers), answer(answers)] == said[1:3]


def test_a_client_waits_for_a_slow_disk_and_may_leave(app: App) -> None:
    data = random.Random(2).randbytes(4 * SIZE)
    Slow.may.clear()
    with serving(app) as address, socket.create_connection(address, 30) as sender:
        sender.settimeout(0.5)
        sent = 0
        sender.sendall(head(len(data)))
        with suppress(TimeoutError):
            while sent < len(data):
                sent += sender.send(data[sent : sent + (1 << 20)])
        # What fits into the buffers, and what the system holds between us.
        assert BUFFERS * BUFFER_BYTES <= sent < len(data) - SIZE
        Slow.may.set()
        sender.settimeout(30)
        sender.sendall(data[sent : sent + SIZE])
        sender.close()
        deadline = time.monotonic() + 20
        while not app.gone and time.monotonic() < deadline:
            time.sleep(0.005)
    assert [one.__name__ for one in app.gone] == ["ClientDisconnect"]
    assert list((app.root / "tmp").iterdir()) == []
