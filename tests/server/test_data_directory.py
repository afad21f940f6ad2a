"""The data directory: who may use it, and what is refused."""

import os
from pathlib import Path

import pytest

from runstone.domain.errors import Conflict, Invalid
from runstone.server.data_directory import (
    Mount,
    known_address,
    mount_of,
    owned,
    prepare,
    refuse_network_file_system,
    remember_address,
)


@pytest.mark.parametrize(
    ("kind", "options", "refused"),
    [
        ("ext4", "rw", False),
        ("apfs", "rw", False),
        ("overlay", "rw", False),
        ("9p", "rw,aname=/", False),
        ("9p", "rw,aname=drvfs;path=C:", True),
        ("nfs4", "rw", True),
        ("cifs", "rw", True),
        ("fuse.sshfs", "rw", True),
        ("LUSTRE", "rw", True),
    ],
)
def test_sqlite_stays_off_network_file_systems(
    tmp_path: Path, kind: str, options: str, refused: bool
) -> None:
    known = [Mount("/", "ext4"), Mount(str(tmp_path), kind, options)]
    if not refused:
        refuse_network_file_system(tmp_path / "data", known)
        return
    with pytest.raises(Invalid, match="network file system") as caught:
        refuse_network_file_system(tmp_path / "data", known)
    assert "--data-dir" in caught.value.message
    assert "postgresql" in caught.value.message


def test_the_deepest_mount_counts() -> None:
    known = [Mount("/", "ext4"), Mount("/home", "nfs"), Mount("/home/me/disk", "xfs")]
    assert mount_of(Path("/home/me/disk/data"), known) == known[2]
    assert mount_of(Path("/home/other"), known) == known[1]
    assert mount_of(Path("/homes"), known) == known[0]


def test_prepare_makes_it_private(tmp_path: Path) -> None:
    directory = tmp_path / "a" / "b"
    prepare(directory, sqlite=True)
    assert directory.stat().st_mode & 0o777 == 0o700


def test_prepare_refuses_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(Invalid, match="file of that name"):
        prepare(tmp_path / "data", sqlite=True)


def test_prepare_refuses_what_it_may_not_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may write everywhere, so a test can't rely on modes.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(Invalid, match="may not write there"):
        prepare(tmp_path / "data", sqlite=True)


def test_one_server_owns_it(tmp_path: Path) -> None:
    remember_address(tmp_path, "http://127.0.0.1:1234")
    with owned(tmp_path, exclusive=True):
        with (
            pytest.raises(Conflict, match=r"127\.0\.0\.1:1234") as caught,
            owned(tmp_path, exclusive=True),
        ):
            pass
        assert "--data-dir" in caught.value.message
    with owned(tmp_path, exclusive=True):
        pass


def test_servers_over_postgresql_share_it(tmp_path: Path) -> None:
    with owned(tmp_path, exclusive=False), owned(tmp_path, exclusive=False):
        pass


def test_the_address_is_remembered(tmp_path: Path) -> None:
    assert known_address(tmp_path) is None
    remember_address(tmp_path, "http://127.0.0.1:4321")
    assert known_address(tmp_path) == "http://127.0.0.1:4321"
    (tmp_path / "server.json").write_text("{}")
    assert known_address(tmp_path) is None
