"""A body on its way to the store: while more of it arrives, one thread hashes what came and another keeps it.

What came lies in a few buffers of fixed size, whatever the size of the body. While all of them wait for the
disk or the hash, no more is asked for, and so the client waits, too.
"""

import asyncio
import mmap
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from threading import Lock
from typing import Any

from starlette.types import Scope

from runstone.store.objects import Receiving

BUFFER_BYTES = 2 << 20
BUFFERS = 4
FLOW, TAKER = "runstone.flow", "runstone.taker"
FEW_BYTES = 64 << 10  # hashed and kept sooner than a thread is woken, and no disk is waited for


class Lane:
    """Work that is done in order, one at a time, by whichever thread of `pool` is free."""

    def __init__(self, pool: Executor) -> None:
        self._pool = pool
        self._waiting: deque[Callable[[], None]] = deque()
        self._lock = Lock()
        self._at_work = False

    def add(self, work: Callable[[], None]) -> None:
        """Do this after all that was added before. It raises nothing."""
        with self._lock:
            self._waiting.append(work)
            if self._at_work:
                return
            self._at_work = True
        self._pool.submit(self._go_on)

    def _go_on(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._at_work = False
                    return
                work = self._waiting.popleft()
            work()


class Body:
    """One body: `add` its pieces, then `finish`; after any failure `stop` before the upload is abandoned.

    `expected_bytes` is what the client announced, None where it did not.
    """

    def __init__(self, upload: Receiving, pool: Executor, expected_bytes: int | None) -> None:
        self._upload = upload
        self._hashing, self._keeping = Lane(pool), Lane(pool)
        self._loop = asyncio.get_running_loop()
        self._buffer_bytes = BUFFER_BYTES
        if expected_bytes is not None:
            self._buffer_bytes = max(1, min(BUFFER_BYTES, expected_bytes))
        self._made = 0
        self._empty: list[memoryview] = []
        self._filling: memoryview | None = None
        self._filled = 0
        self._rest: deque[memoryview] = deque()
        self._scope: Scope = {}
        self._flow: Any = None
        self._changed = asyncio.Event()
        self._problem: BaseException | None = None

    async def add(self, piece: bytes) -> None:
        """Take a piece in. Raises what hashing or keeping of earlier ones raised."""
        self._raise_problem()
        self._take(piece)
        while self._rest:
            await self._change()
            self._raise_problem()
            self._go_on()

    def take_from(self, scope: Scope) -> None:
        """Take the next pieces as they come, where the server knows how to; see `server/protocol.py`."""
        if FLOW in scope:
            self._scope, self._flow = scope, scope[FLOW]
            scope[TAKER] = self._take_while_well

    def _take_while_well(self, piece: bytes) -> bool:
        if self._problem is not None:
            return False
        self._take(piece)
        if self._rest:
            self._flow.pause_reading()
        return True

    def _take(self, piece: bytes) -> None:
        self._rest.append(memoryview(piece))
        self._go_on()

    def _go_on(self) -> None:
        """Fill buffers with what came, as far as there are empty ones."""
        while self._rest:
            if self._filling is None:
                self._filling = self._next_buffer()
                if self._filling is None:
                    return
            rest = self._rest[0]
            taken = rest[: self._buffer_bytes - self._filled]
            self._filling[self._filled : self._filled + len(taken)] = taken
            self._filled += len(taken)
            if len(taken) < len(rest):
                self._rest[0] = rest[len(taken) :]
            else:
                self._rest.popleft()
            if self._filled == self._buffer_bytes:
                self._pass_on(self._filling)

    async def finish(self) -> None:
        """Wait until every byte is hashed and kept. Raises what either raised."""
        while self._rest:
            self._raise_problem()
            await self._change()
        if self._filling is not None:
            if len(self._empty) == self._made - 1 and self._filled <= FEW_BYTES:
                self._raise_problem()
                self._upload.write(self._filling[: self._filled])
                self._empty.append(self._filling)
            else:
                self._pass_on(self._filling)
            self._filling = None
        await self._until_idle()
        self._raise_problem()
        self._release()

    async def stop(self) -> None:
        """Drop what still waits, and wait for the threads that are at it."""
        self._problem = self._problem or asyncio.CancelledError()
        self._rest.clear()
        if self._filling is not None:
            self._empty.append(self._filling)
            self._filling = None
        await self._until_idle()
        self._release()

    def _release(self) -> None:
        """Keep no memory: the connection remembers its last request until the next one."""
        self._empty.clear()
        self._made, self._flow = 0, None
        self._scope.pop(TAKER, None)

    def _next_buffer(self) -> memoryview | None:
        self._filled = 0
        if self._empty:
            return self._empty.pop()
        if self._made == BUFFERS:
            return None
        self._made += 1
        return memoryview(mmap.mmap(-1, self._buffer_bytes))  # begins at a page, as a disk wants it

    async def _until_idle(self) -> None:
        while len(self._empty) < self._made:
            await self._change()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _raise_problem(self) -> None:
        if self._problem is not None:
            raise self._problem

    def _pass_on(self, buffer: memoryview) -> None:
        data, self._filling = buffer[: self._filled], None
        todo = {"hash", "keep"}

        def done(what: str) -> None:
            # In the loop's thread, so that two that are done at the same time give the buffer back once.
            todo.remove(what)
            self._changed.set()
            if not todo:
                self._give_back(buffer)

        def work(what: str, do: Callable[[memoryview], None]) -> None:
            try:
                if self._problem is None:
                    do(data)
            except BaseException as error:  # noqa: BLE001 - raised again where the body is read
                self._problem = error
            self._loop.call_soon_threadsafe(done, what)

        self._hashing.add(partial(work, "hash", self._upload.hash))
        self._keeping.add(partial(work, "keep", self._upload.keep))

    def _give_back(self, buffer: memoryview) -> None:
        self._empty.append(buffer)
        if self._flow is not None:
            self._go_on()
            if not self._rest:
                self._flow.resume_reading()
