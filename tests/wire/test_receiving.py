"""A body on its way: each byte is hashed and kept once, in order, in constant memory, whoever is slower."""

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from runstone.domain.errors import StorageFull
from runstone.store.objects import Piece
from runstone.wire import receiving
from runstone.wire.receiving import BUFFERS, Body


class Told:
    """An upload that remembers what it was told. `hash` and `keep` wait for their gates."""

    def __init__(self) -> None:
        self.hashed, self.kept = bytearray(), bytearray()
        self.may_hash, self.may_keep = Event(), Event()
        self.may_hash.set()
        self.may_keep.set()
        self.full = False
        self.at_it = self.size_bytes = 0

    @property
    def md5(self) -> str:
        return hashlib.md5(self.hashed, usedforsecurity=False).hexdigest()

    def write(self, piece: Piece) -> None:
        self.hash(piece)
        self.keep(piece)

    def hash(self, piece: Piece) -> None:
        self.at_it += 1
        self.may_hash.wait(20)
        self.hashed += piece
        self.at_it -= 1

    def keep(self, piece: Piece) -> None:
        if self.full:
            raise StorageFull("The disk of this server is full.")
        self.may_keep.wait(20)
        self.kept += piece
        self.size_bytes += len(piece)

    def finish(self, addr: str, md5: str | None = None) -> None:
        raise AssertionError("a body only hashes and keeps; its route does this")

    def abandon(self) -> None:
        raise AssertionError("a body only hashes and keeps; its route does this")


@pytest.fixture(autouse=True)
def small_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "BUFFER_BYTES", 1000)
    monkeypatch.setattr(receiving, "FEW_BYTES", 100)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - threads change it
            await asyncio.sleep(0.002)


@pytest.mark.parametrize("size", [0, 1, 99, 100, 1000, 1001, 4000, 150_050])
@pytest.mark.parametrize("announced", [True, False])
def test_every_byte_once_and_in_order(pool: ThreadPoolExecutor, size: int, announced: bool) -> None:
    chance = random.Random(size)
    data = chance.randbytes(size)

    async def receive(upload: Told) -> None:
        body, at = Body(upload, pool, size if announced else None), 0
        while at < size:
            piece = data[at : at + chance.choice([1, 7, 400, 3000, 9000])]
            await body.add(piece)
            at += len(piece)
            if chance.random() < 0.1:
                await asyncio.sleep(0)
        await body.finish()

    upload = Told()
    asyncio.run(receive(upload))
    assert bytes(upload.kept) == bytes(upload.hashed) == data


@pytest.mark.parametrize("slow", ["may_hash", "may_keep"])
def test_the_client_waits_while_a_thread_does(pool: ThreadPoolExecutor, slow: str) -> None:
    data = random.Random(2).randbytes(20_000)

    async def receive(upload: Told) -> None:
        body = Body(upload, pool, len(data))
        gate = getattr(upload, slow)
        gate.clear()
        sending = asyncio.create_task(body.add(data))
        other = upload.kept if slow == "may_hash" else upload.hashed
        await until(lambda: len(other) == BUFFERS * 1000)
        await asyncio.sleep(0.02)
        # No buffer is filled anew before both are done with it.
        assert (len(other), sending.done()) == (BUFFERS * 1000, False)
        gate.set()
        await sending
        await body.finish()

    upload = Told()
    asyncio.run(receive(upload))
    assert bytes(upload.kept) == bytes(upload.hashed) == data


def test_a_full_disk_is_told_at_once_and_no_thread_is_left(pool: ThreadPoolExecutor) -> None:
    async def receive(upload: Told) -> None:
        body = Body(upload, pool, None)
        upload.may_hash.clear()
        await body.add(b"x" * 3000)
        await until(lambda: len(upload.kept) == 3000 and upload.at_it == 1)
        upload.full = True
        with pytest.raises(StorageFull):
            await body.add(b"x" * 2000)
        stopping = asyncio.create_task(body.stop())
        await asyncio.sleep(0.02)
        assert not stopping.done()  # who closes the file now would close it under the thread
        upload.may_hash.set()
        await stopping

    upload = Told()
    asyncio.run(receive(upload))
    assert (len(upload.kept), len(upload.hashed), upload.at_it) == (3000, 1000, 0)


class Flow:
    """What holds a client up."""

    def __init__(self) -> None:
        self.paused = False

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


def with_server(
    pool: ThreadPoolExecutor, talk: Callable[[Body, Told, Flow, dict[str, object]], Awaitable[None]]
) -> Told:
    """A body whose server hands pieces over by itself."""
    upload, flow = Told(), Flow()
    scope: dict[str, object] = {receiving.FLOW: flow}

    async def go() -> None:
        body = Body(upload, pool, None)
        body.take_from(scope)
        await talk(body, upload, flow, scope)

    asyncio.run(go())
    return upload


def test_a_server_that_hands_pieces_over_is_held_up(pool: ThreadPoolExecutor) -> None:
    data = random.Random(3).randbytes(30_000)

    async def talk(body: Body, upload: Told, flow: Flow, scope: dict[str, object]) -> None:
        take = scope[receiving.TAKER]
        assert callable(take)
        upload.may_keep.clear()
        at = 0
        while at < len(data):
            assert take(data[at : at + 700])
            at += 700
            if flow.paused:
                assert at - len(upload.kept) < (BUFFERS + 1) * 1000
                upload.may_keep.set()
                await until(lambda: not flow.paused)
                upload.may_keep.clear()
        upload.may_keep.set()
        await body.finish()
        assert receiving.TAKER not in scope  # nothing of it outlives the request

    upload = with_server(pool, talk)
    assert bytes(upload.kept) == bytes(upload.hashed) == data


def test_a_server_that_hands_pieces_over_hears_of_a_full_disk(pool: ThreadPoolExecutor) -> None:
    async def talk(body: Body, upload: Told, flow: Flow, scope: dict[str, object]) -> None:
        take = scope[receiving.TAKER]
        assert callable(take)
        upload.full = True
        await until(lambda: not take(b"x" * 700))
        assert not flow.paused
        with pytest.raises(StorageFull):
            await body.add(b"x" * 700)
        await body.stop()

    assert with_server(pool, talk).size_bytes == 0
