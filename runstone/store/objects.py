"""What the store asks of the place where objects lie: content by address, immutable once there.

Two places keep this contract: a directory and an S3 bucket. All calls block. What a place
can't do just now is `Unavailable`, no room is `StorageFull`; clients try again after both.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

PIECE_BYTES = 1 << 20

Piece = bytes | memoryview


@dataclass(frozen=True, slots=True)
class Stored:
    """One object of a listing. `changed_at` is the UTC instant at which it was last written."""

    addr: str
    size_bytes: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Direct:
    """An address to which a client sends bytes without us. It must send exactly these headers along."""

    url: str
    headers: dict[str, str]


class Receiving(Protocol):
    """One object being received: `write` pieces, then `finish` under a name or `abandon`.

    Memory stays constant whatever the size. `md5` is the hex digest of what came
    so far. `write` is `hash` and `keep`; two threads may do these two at the same time,
    each for all pieces in their order.
    """

    size_bytes: int

    @property
    def md5(self) -> str:
        """Hex md5 of the bytes so far."""
        ...

    def write(self, piece: Piece) -> None:
        """Add bytes. Raises `StorageFull` when the disk has no room."""
        ...

    def hash(self, piece: Piece) -> None:
        """Count bytes in for `md5`."""
        ...

    def keep(self, piece: Piece) -> None:
        """Count bytes in for `size_bytes`, and for what `finish` makes durable. Raises as `write` does."""
        ...

    def finish(self, addr: str, md5: str | None = None) -> None:
        """Make the object durable under `addr`. With `md5` (hex) given, refuse other content.

        Raises `Invalid` on a mismatch; nothing is kept then.
        """
        ...

    def abandon(self) -> None:
        """Throw away what came."""
        ...


SideBySide = Callable[[Callable[..., Any], Iterable[Any], Iterable[Any]], Iterable[Any]]


class Blobs(Protocol):
    """A place for objects. The same address twice is the same object.

    `direct`: clients may send and fetch bytes without this server.
    """

    direct: bool

    def begin(self) -> Receiving:
        """Start receiving one object whose address may only be known at its end."""
        ...

    def put(self, addr: str, data: bytes) -> None:
        """Store bytes durably."""
        ...

    def put_all(self, objects: Mapping[str, bytes], side_by_side: SideBySide = map) -> None:
        """The same for many objects by address. `side_by_side` is a `map` that may store several at once."""
        ...

    def read(self, addr: str, start: int = 0, length: int | None = None) -> bytes:
        """Bytes of an object from `start`, `length` of them (None: to the end). KeyError if absent."""
        ...

    def stream(self, addr: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """The same in pieces of about 1 MiB. KeyError if absent, when the first piece is asked for."""
        ...

    def size(self, addr: str) -> int | None:
        """Length in bytes, None when absent."""
        ...

    def delete(self, addr: str) -> None:
        """Remove an object; absent is fine."""
        ...

    def objects(self) -> Iterator[list[Stored]]:
        """Every object, in pages. What comes or goes meanwhile may be in it or not."""
        ...

    def sweep_temporary(self, older_than_s: float, now_s: float) -> int:
        """Remove uploads that broke off; how many."""
        ...

    def check(self) -> None:
        """Raise `Unavailable` unless objects can be reached."""
        ...

    def local_path(self, addr: str) -> Path | None:
        """The file of an address, whether or not it is there; None where objects are not files of this
        machine."""
        ...

    def upload_address(self, addr: str, md5: str, now: datetime, lifetime_s: int) -> Direct | None:
        """Where a client may send the bytes with this md5 (hex) by itself: the place refuses all others.
        None where bytes come through this server."""
        ...

    def begin_parts(self, addr: str) -> str | None:
        """Start an upload in parts by a client; its id. None as above."""
        ...

    def part_address(
        self, addr: str, upload_id: str, number: int, md5: str, now: datetime, lifetime_s: int
    ) -> Direct:
        """Where a client may send one part of an upload that was begun: bytes of this md5 (hex) alone."""
        ...

    def finish_parts(self, addr: str, upload_id: str, parts: Sequence[tuple[int, str]]) -> None:
        """Make one object of the parts, (number, entity tag) each. Raises `Invalid` when some are missing."""
        ...

    def abort_parts(self, addr: str, upload_id: str) -> None:
        """Give an upload in parts up: what came of it is dropped. Absent is fine."""
        ...

    def download_address(self, addr: str, name: str, now: datetime, lifetime_s: int) -> str | None:
        """Where a client may fetch an object by itself, as a file called `name`. None as above."""
        ...


def mismatch(actual: str, size_bytes: int, announced: str) -> str:
    """The words for bytes that are not what was announced (hex md5s)."""
    return (
        f"The bytes that arrived have md5 {actual} ({size_bytes} bytes), the upload announced {announced}. "
        "Nothing was stored. Send the file again."
    )
