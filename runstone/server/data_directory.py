"""The data directory: made private, owned by one server, never on a network file system.

`server.json` in it says where the running (or last) server answers, so that commands
beside the server can print whole addresses.
"""

import fcntl
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from runstone.domain.errors import Conflict, Invalid

ADDRESS_FILE = "server.json"
LOCK_FILE = "server.lock"

# SQLite needs locks and shared memory that these do not give: a database there gets damaged.
NETWORK_FILE_SYSTEMS = frozenset(
    {
        *("nfs", "nfs3", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afpfs", "afs", "webdav", "davfs"),
        *("ncpfs", "lustre", "gpfs", "beegfs", "ceph", "glusterfs", "ocfs2", "orangefs", "pvfs2", "panfs"),
        *("fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs", "fuse.rclone", "fuse.gcsfuse"),
        *("fuse.beegfs", "fuse.goofys", "fuse.blobfuse2", "fuse.davfs", "osxfuse", "macfuse"),
    }
)


@dataclass(frozen=True, slots=True)
class Mount:
    """One mounted file system: where, of which type, with which options."""

    point: str
    kind: str
    options: str = ""


def mounts() -> list[Mount]:
    """All mounted file systems of this machine."""
    import psutil  # noqa: PLC0415 - start-up time: only `serve` needs it

    return [Mount(one.mountpoint, one.fstype, one.opts) for one in psutil.disk_partitions(all=True)]


def mount_of(path: Path, known: list[Mount]) -> Mount | None:
    """The mount that holds `path`: the one with the longest matching point."""
    place = path.resolve()
    holding = [one for one in known if place.is_relative_to(one.point)]
    return max(holding, key=lambda one: len(one.point), default=None)


def refuse_network_file_system(directory: Path, known: list[Mount]) -> None:
    """Raise `Invalid` when a SQLite database in `directory` would lie on a network file system."""
    mount = mount_of(directory, known)
    if mount is None:
        return
    windows_drive = mount.kind == "9p" and "aname=drvfs" in mount.options  # WSL's view of C:
    if mount.kind.lower() in NETWORK_FILE_SYSTEMS or windows_drive:
        raise Invalid(
            f"The data directory {directory} lies on a network file system ({mount.kind}, mounted at "
            f"{mount.point}). SQLite databases get damaged there. Choose a directory on a local disk "
            "(--data-dir), or keep the database in PostgreSQL (--db postgresql://...); files may stay on the "
            "network disk with --blobs."
        )


def prepare(directory: Path, *, sqlite: bool) -> None:
    """Make the directory (0700) and check that it can be used. Raises `Invalid`."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    except (FileExistsError, NotADirectoryError):
        raise Invalid(f"--data-dir {directory}: there is a file of that name. Choose a directory.") from None
    except OSError as error:
        raise Invalid(
            f"--data-dir {directory}: the directory can't be made ({error.strerror}). Choose another, or "
            "change the rights of the one above."
        ) from None
    if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        raise Invalid(
            f"--data-dir {directory}: this user may not write there. Choose another directory, or change "
            "its owner: chown -R $USER DIRECTORY"
        )
    if directory.stat().st_uid == os.getuid():
        directory.chmod(stat.S_IRWXU)
    if sqlite:
        refuse_network_file_system(directory, mounts())


@contextmanager
def owned(directory: Path, *, exclusive: bool) -> Iterator[None]:
    """Hold the directory for one server. Raises `Conflict` when another server has it.

    Not exclusive (PostgreSQL): any number of servers may use it together. The lock belongs to
    the process, so it is gone when the process is, however it ended.
    """
    handle = os.open(directory / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                f"Another Runstone server uses the data directory {directory}"
                f"{_where(directory)}. A SQLite directory has one server: stop that one, choose another "
                "--data-dir, or use PostgreSQL for several servers (--db postgresql://...)."
            ) from None
        yield
    finally:
        os.close(handle)


def _where(directory: Path) -> str:
    address = known_address(directory)
    return "" if address is None else f" (it answers at {address})"


def remember_address(directory: Path, url: str) -> None:
    """Note where this server answers."""
    path = directory / ADDRESS_FILE
    path.touch(mode=0o600)
    path.write_text(json.dumps({"url": url, "pid": os.getpid()}))


def known_address(directory: Path) -> str | None:
    """Where the server of this directory answers, or did last; None when none ever ran."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        return str(json.loads((directory / ADDRESS_FILE).read_text())["url"])
    return None
