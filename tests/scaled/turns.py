"""One store made of several, as a client sees servers behind a balancer: each call goes to the next.

Whatever a test does with it must hold although no two steps meet the same process' memory.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from itertools import cycle
from typing import Any, TypeVar

from runstone.store.opening import S3Options, Store, opened
from runstone.store.reads import Reads
from runstone.store.writes import Transaction

T = TypeVar("T")


class Turns(Store):
    """A store that hands each reading and writing to another one."""

    def __init__(self, stores: Sequence[Store]) -> None:
        self._next = cycle(stores)
        first = stores[0]
        self.database, self.changes, self.secret = first.database, first.changes, first.secret

    @property
    def blobs(self) -> Any:  # type: ignore[override]
        """The next one's objects."""
        return next(self._next).blobs

    @contextmanager
    def reading(self) -> Iterator[Reads]:
        """Reads of the next one."""
        with next(self._next).reading() as reads:
            yield reads

    def write_soon(self, change: Callable[[Transaction], T]) -> "Future[T]":
        """A write of the next one."""
        return next(self._next).write_soon(change)


@contextmanager
def opened_in_turns(db_url: str, blobs_url: str, s3: S3Options, count: int) -> Iterator[Store]:
    """`count` stores of the same place as one."""
    with ExitStack() as stack:
        yield Turns([stack.enter_context(opened(db_url, blobs_url, s3)) for _ in range(count)])
