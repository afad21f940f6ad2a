"""Objects as files of a directory, by content address: stream, hash, fsync, rename.

An object is never changed once it has its name. What is being received lies in `tmp/`
and is swept away at the next start.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path

from runstone.domain.errors import Invalid, NotSupported, StorageFull, Unavailable
from runstone.store.objects import PIECE_BYTES, Direct, Piece, SideBySide, Stored, mismatch

AHEAD_BYTES = 32 << 20
PAST_CACHE_BYTES = 1 << 20  # so much at once goes to the disk itself; less would keep it waiting
BLOCK_BYTES = 4096  # of which such writes are multiples
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
PARTS = "This server takes each file in one piece; there is no upload in parts."


class Upload:
    """One object being received: `write` pieces, then `finish` under a name or `abandon`.

    Memory stays constant whatever the size. `md5` is the hex digest of what
    came so far.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._path = root / "tmp" / uuid.uuid4().hex
        self._file = _opening(self._path)
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._on_its_way = 0
        self._past_cache, self._can_pass = False, hasattr(os, "O_DIRECT")
        self.size_bytes = 0

    @property
    def md5(self) -> str:
        """Hex md5 of the bytes so far."""
        return self._md5.hexdigest()

    def write(self, piece: Piece) -> None:
        """Add bytes. Raises `StorageFull` when the disk has no room."""
        self.hash(piece)
        self.keep(piece)

    def hash(self, piece: Piece) -> None:
        """Count bytes in for `md5`."""
        self._md5.update(piece)

    def keep(self, piece: Piece) -> None:
        """Add bytes to the file. Raises as `write` does."""
        rest = memoryview(piece)
        try:
            while rest:
                written = self._write_some(rest)
                self.size_bytes += written
                rest = rest[written:]
            if self.size_bytes - self._on_its_way >= AHEAD_BYTES:
                self._start_writing()
        except OSError as error:
            self.abandon()
            raise _as_ours(error) from error

    def _write_some(self, piece: memoryview) -> int:
        """Write as much as goes at once; how much that was.

        Large aligned pieces go past the system's cache: nobody reads them soon, and to copy them there and
        out again takes as much of a processor as a third of the hashing. What the file system or the place
        of the piece in memory does not allow goes through the cache.
        """
        self._pass_cache(
            self._can_pass
            and len(piece) >= PAST_CACHE_BYTES
            and len(piece) % BLOCK_BYTES == self.size_bytes % BLOCK_BYTES == 0
        )
        try:
            return self._file.write(piece)
        except OSError as error:
            if not self._past_cache or error.errno != errno.EINVAL:
                raise
        self._can_pass = False
        self._pass_cache(False)
        return self._file.write(piece)

    def _pass_cache(self, wanted: bool) -> None:
        """Let the next write go past the system's cache, or through it."""
        if wanted == self._past_cache:
            return
        flags = fcntl.fcntl(self._file, fcntl.F_GETFL)
        try:
            fcntl.fcntl(self._file, fcntl.F_SETFL, flags | os.O_DIRECT if wanted else flags & ~os.O_DIRECT)
            self._past_cache = wanted
        except OSError as error:
            if not wanted or error.errno != errno.EINVAL:
                raise
            self._can_pass = False

    def _start_writing(self) -> None:
        """Let the disk begin with what the cache holds, so that `finish` waits for the last part only."""
        if not self._past_cache and hasattr(os, "posix_fadvise"):
            length = self.size_bytes - self._on_its_way
            os.posix_fadvise(self._file.fileno(), self._on_its_way, length, os.POSIX_FADV_DONTNEED)
        self._on_its_way = self.size_bytes

    def finish(self, addr: str, md5: str | None = None) -> None:
        """Make the object durable under `addr`. With `md5` (hex) given, refuse other content.

        Raises `Invalid` on a mismatch; nothing is kept then.
        """
        if md5 is not None and md5 != self.md5:
            self.abandon()
            raise Invalid(mismatch(self.md5, self.size_bytes, md5))
        target = self._root / addr
        try:
            os.fsync(self._file.fileno())
            self._file.close()
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(self._path, target)
        except OSError as error:
            self.abandon()
            raise _as_ours(error) from error
        _sync_directory(target.parent)

    def abandon(self) -> None:
        """Throw away what came."""
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self._path.unlink()


class DirectoryBlobs:
    """The object store over a directory. `root` is that directory."""

    direct = False

    def __init__(self, root: Path) -> None:
        self.root = root
        self._root, self._passing = str(root), str(root / "tmp")
        (root / "tmp").mkdir(parents=True, exist_ok=True, mode=0o700)

    def begin(self) -> Upload:
        """Start receiving one object."""
        return Upload(self.root)

    def local_path(self, addr: str) -> Path:
        """The file of an address, whether or not it is there."""
        return self.root / addr

    def upload_address(self, addr: str, md5: str, now: datetime, lifetime_s: int) -> Direct | None:
        """None: bytes come through this server."""
        return None

    def begin_parts(self, addr: str) -> str | None:
        """None, as above."""
        return None

    def part_address(
        self, addr: str, upload_id: str, number: int, md5: str, now: datetime, lifetime_s: int
    ) -> Direct:
        """Never asked for: no upload in parts is begun."""
        raise NotSupported(PARTS)

    def finish_parts(self, addr: str, upload_id: str, parts: Sequence[tuple[int, str]]) -> None:
        """Raises `NotSupported`: none was begun."""
        raise NotSupported(PARTS)

    def abort_parts(self, addr: str, upload_id: str) -> None:
        """Raises `NotSupported`, as above."""
        raise NotSupported(PARTS)

    def download_address(self, addr: str, name: str, now: datetime, lifetime_s: int) -> str | None:
        """None: bytes go through this server."""
        return None

    def check(self) -> None:
        """Raise `Unavailable` unless the directory is there."""
        if not self.root.is_dir():
            raise Unavailable(f"The directory of files {self.root} is gone. Is its disk mounted?")

    def put(self, addr: str, data: bytes) -> None:
        """Store bytes durably under an address; there already: nothing is written."""
        self.put_all({addr: data})

    def put_all(self, objects: Mapping[str, bytes], side_by_side: SideBySide = map) -> None:
        """The same for many objects: names in one directory wait for the disk together, once. Those of
        objects that are there already do, too: another thread may have given them but now."""
        for _ in side_by_side(self._place, objects, objects.values()):
            pass
        for folder in {self.local_path(addr).parent for addr in objects}:
            _sync_directory(folder)

    def _place(self, addr: str, data: bytes) -> None:
        """Make bytes durable and give them their name. Of small files paths as objects would take as long as
        the writing."""
        target = f"{self._root}/{addr}"
        if os.path.exists(target):
            return
        passing = f"{self._passing}/{uuid.uuid4().hex}"
        try:
            with open(passing, "wb", buffering=0) as file:
                written = file.write(data)
                while written < len(data):
                    written += file.write(data[written:])
                os.fsync(file.fileno())
            try:
                os.replace(passing, target)
            except FileNotFoundError:
                self.local_path(addr).parent.mkdir(parents=True, exist_ok=True)
                os.replace(passing, target)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.unlink(passing)
            raise _as_ours(error) from error

    def read(self, addr: str, start: int = 0, length: int | None = None) -> bytes:
        """Bytes of an object. Raises KeyError when it is absent."""
        return b"".join(self.stream(addr, start, length))

    def stream(self, addr: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Bytes of an object in pieces of at most 1 MiB. Raises KeyError when it is absent."""
        try:
            file = self.local_path(addr).open("rb")
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
            return os.stat(f"{self._root}/{addr}").st_size
        except FileNotFoundError:
            return None

    def delete(self, addr: str) -> None:
        """Remove an object; absent is fine."""
        self.local_path(addr).unlink(missing_ok=True)

    def objects(self) -> Iterator[list[Stored]]:
        """Every object, a directory at a time."""
        for folder, folders, names in os.walk(self.root):
            place = Path(folder)
            if place == self.root:
                folders[:] = [one for one in folders if one != "tmp"]
            found = []
            for name in names:
                with contextlib.suppress(FileNotFoundError):
                    about = (place / name).stat()
                    addr = (place / name).relative_to(self.root).as_posix()
                    changed_at = datetime.fromtimestamp(about.st_mtime, UTC)
                    found.append(Stored(addr, about.st_size, changed_at))
            if found:
                yield found

    def sweep_temporary(self, older_than_s: float, now_s: float) -> int:
        """Remove abandoned uploads; returns how many."""
        gone = 0
        for left in (self.root / "tmp").iterdir():
            with contextlib.suppress(FileNotFoundError):
                if now_s - left.stat().st_mtime > older_than_s:
                    left.unlink()
                    gone += 1
        return gone


def _opening(path: Path) -> FileIO:
    try:
        return path.open("wb", buffering=0)
    except OSError as error:
        raise _as_ours(error) from error


def _as_ours(error: OSError) -> Exception:
    if error.errno in FULL:
        return StorageFull("The disk of this server is full. Free some space and send the file again.")
    return Unavailable(f"The server can't write just now ({error.strerror}). Try again in a moment.")


def _sync_directory(path: Path) -> None:
    try:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise _as_ours(error) from error
