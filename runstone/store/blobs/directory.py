"""Objects as files of a directory, by content address: stream, hash, fsync, rename.

An object is never changed once it has its name. What is being received lies in `tmp/`
and is swept away at the next start.
"""

import contextlib
import errno
import hashlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from runstone.domain.errors import Invalid, StorageFull, Unavailable

PIECE_BYTES = 1 << 20
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Upload:
    """One object being received: `write` pieces, then `finish` under a name or `abandon`.

    Memory stays constant whatever the size. `md5` and `sha256` are hex digests of what
    came so far. `sha256` is only computed when asked for.
    """

    def __init__(self, root: Path, *, sha256: bool = False) -> None:
        self._root = root
        self._path = root / "tmp" / uuid.uuid4().hex
        self._file = _opening(self._path)
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256() if sha256 else None
        self.size_bytes = 0

    @property
    def md5(self) -> str:
        """Hex md5 of the bytes so far."""
        return self._md5.hexdigest()

    @property
    def sha256(self) -> str:
        """Hex sha256 of the bytes so far."""
        assert self._sha256 is not None
        return self._sha256.hexdigest()

    def write(self, piece: bytes) -> None:
        """Add bytes. Raises `StorageFull` when the disk has no room."""
        self._md5.update(piece)
        if self._sha256 is not None:
            self._sha256.update(piece)
        self.size_bytes += len(piece)
        try:
            self._file.write(piece)
        except OSError as error:
            self.abandon()
            raise _as_ours(error) from error

    def finish(self, addr: str, md5: str | None = None) -> None:
        """Make the object durable under `addr`. With `md5` (hex) given, refuse other content.

        Raises `Invalid` on a mismatch; nothing is kept then.
        """
        if md5 is not None and md5 != self.md5:
            self.abandon()
            raise Invalid(
                f"The bytes that arrived have md5 {self.md5} ({self.size_bytes} bytes), the upload announced "
                f"{md5}. Nothing was stored. Send the file again."
            )
        target = self._root / addr
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(self._path, target)
            _sync_directory(target.parent)
        except OSError as error:
            self.abandon()
            raise _as_ours(error) from error

    def abandon(self) -> None:
        """Throw away what came."""
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self._path.unlink()


class DirectoryBlobs:
    """The object store over a directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "tmp").mkdir(parents=True, exist_ok=True, mode=0o700)

    def begin(self, *, sha256: bool = False) -> Upload:
        """Start receiving one object."""
        return Upload(self.root, sha256=sha256)

    def path(self, addr: str) -> Path:
        """The file of an address, whether or not it is there."""
        return self.root / addr

    def put(self, addr: str, data: bytes) -> None:
        """Store bytes durably under an address; there already: nothing to do."""
        if self.path(addr).exists():
            return
        upload = self.begin()
        upload.write(data)
        upload.finish(addr)

    def read(self, addr: str, start: int = 0, length: int | None = None) -> bytes:
        """Bytes of an object. Raises KeyError when it is absent."""
        return b"".join(self.stream(addr, start, length))

    def stream(self, addr: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Bytes of an object in pieces of at most 1 MiB. Raises KeyError when it is absent."""
        try:
            file = self.path(addr).open("rb")
        except FileNotFoundError:
            raise KeyError(addr) from None
        with file:
            file.seek(start)
            left = length
            while left is None or left > 0:
                piece = file.read(PIECE_BYTES if left is None else min(PIECE_BYTES, left))
                if not piece:
                    return
                if left is not None:
                    left -= len(piece)
                yield piece

    def size(self, addr: str) -> int | None:
        """Length in bytes, None when absent."""
        try:
            return self.path(addr).stat().st_size
        except FileNotFoundError:
            return None

    def delete(self, addr: str) -> None:
        """Remove an object; absent is fine."""
        self.path(addr).unlink(missing_ok=True)

    def sweep_temporary(self, older_than_s: float, now_s: float) -> int:
        """Remove abandoned uploads; returns how many."""
        gone = 0
        for left in (self.root / "tmp").iterdir():
            with contextlib.suppress(FileNotFoundError):
                if now_s - left.stat().st_mtime > older_than_s:
                    left.unlink()
                    gone += 1
        return gone


def _opening(path: Path) -> BinaryIO:
    try:
        return path.open("wb", buffering=PIECE_BYTES)
    except OSError as error:
        raise _as_ours(error) from error


def _as_ours(error: OSError) -> Exception:
    if error.errno in _FULL:
        return StorageFull("The disk of this server is full. Free some space and send the file again.")
    return Unavailable(f"The server can't write just now ({error.strerror}). Try again in a moment.")


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
