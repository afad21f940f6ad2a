"""What every place for objects keeps, on a directory and on a real S3 server; then the bucket's own."""

import errno
import fcntl
import mmap
import os
import resource
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.message import Message
from pathlib import Path

import pytest

from runstone.domain.errors import Invalid, StorageFull, Unavailable
from runstone.store.blobs import directory
from runstone.store.blobs.directory import DirectoryBlobs
from runstone.store.blobs.s3 import S3Blobs
from runstone.store.objects import Blobs
from tests.artifacts import md5_hex
from tests.conftest import s3_options
from tools.object_store import ObjectStore

BIG = 40 << 20  # more than one part
KINDS = ["directory", pytest.param("s3", marks=pytest.mark.slow)]


@pytest.fixture(params=KINDS)
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Blobs]:
    if request.param == "directory":
        yield DirectoryBlobs(tmp_path)
    else:
        yield bucket_of(request.getfixturevalue("s3"), tmp_path)


@pytest.fixture
def bucket(s3: ObjectStore, tmp_path: Path) -> S3Blobs:
    return bucket_of(s3, tmp_path)


def bucket_of(s3: ObjectStore, tmp_path: Path, **options: object) -> S3Blobs:
    return S3Blobs(f"s3://{s3.bucket}/{tmp_path.name}", s3_options(s3, **options))


def now() -> datetime:
    return datetime.now(UTC)


def ask(
    method: str, url: str, body: bytes | None = None, **headers: str
) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers of a plain request, as any client would send it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, body, named, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=60) as answer:
            return answer.status, answer.read(), _lower(answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), _lower(error.headers)


def _lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def test_bytes_come_back(blobs: Blobs) -> None:
    blobs.put("e/1/m/abc", b"hello world")
    blobs.put("e/1/m/abc", b"hello world")
    assert blobs.read("e/1/m/abc") == b"hello world"
    assert blobs.read("e/1/m/abc", 6) == b"world"
    assert blobs.read("e/1/m/abc", 1, 3) == b"ell"
    assert blobs.read("e/1/m/abc", 3, 0) == b""
    assert blobs.size("e/1/m/abc") == 11
    blobs.check()


def test_many_objects_at_once(blobs: Blobs) -> None:
    blobs.put("e/1/m/known", b"known")
    objects = {f"e/{i % 2}/m/{i}": bytes([i]) * i for i in range(9)}
    with ThreadPoolExecutor(4) as pool:
        blobs.put_all({**objects, "e/1/m/known": b"known"}, pool.map)
    assert {addr: blobs.read(addr) for addr in objects} == objects
    assert blobs.read("e/1/m/known") == b"known"


def test_names_of_many_objects_wait_for_the_disk_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = DirectoryBlobs(tmp_path)
    synced: list[str] = []
    sync = directory._sync_directory

    def noted(path: Path) -> None:
        synced.append(path.relative_to(tmp_path).as_posix())
        sync(path)

    monkeypatch.setattr(directory, "_sync_directory", noted)
    objects = {f"e/{i % 2}/m/{i}": b"x" for i in range(9)}
    blobs.put_all(objects)
    assert sorted(synced) == ["e/0/m", "e/1/m"]
    # Another thread may have named them an instant ago: whoever says they are kept has waited, too.
    synced.clear()
    blobs.put("e/1/m/3", b"x")
    assert synced == ["e/1/m"]


def test_absent_objects(blobs: Blobs) -> None:
    assert blobs.size("e/1/m/none") is None
    with pytest.raises(KeyError):
        blobs.read("e/1/m/none")
    with pytest.raises(KeyError):
        blobs.read("e/1/m/none", 1, 2)
    blobs.delete("e/1/m/none")


def test_an_empty_object(blobs: Blobs) -> None:
    blobs.put("e/1/m/empty", b"")
    assert blobs.read("e/1/m/empty") == b""
    assert blobs.size("e/1/m/empty") == 0


def test_listing_and_deleting(blobs: Blobs) -> None:
    before = now() - timedelta(minutes=5)
    names = {f"e/{i}/m/{i:032x}" for i in range(5)} | {"s/ab/abcd"}
    for name in names:
        blobs.put(name, name.encode())
    found = {one.addr: one for page in blobs.objects() for one in page}
    assert set(found) == names
    assert all(one.size_bytes == len(one.addr) and before < one.changed_at for one in found.values())
    blobs.delete("s/ab/abcd")
    assert {one.addr for page in blobs.objects() for one in page} == names - {"s/ab/abcd"}


@pytest.mark.parametrize("size", [0, 10, BIG])
def test_an_upload_becomes_an_object(blobs: Blobs, size: int) -> None:
    data = os.urandom(size)
    upload = blobs.begin()
    for start in range(0, size, 1 << 20):
        upload.write(data[start : start + (1 << 20)])
    addr = f"e/1/m/{upload.md5}"
    assert list(blobs.objects()) == []
    upload.finish(addr, md5_hex(data))
    assert (upload.md5, upload.size_bytes) == (md5_hex(data), size)
    assert blobs.size(addr) == size
    assert md5_hex(blobs.read(addr)) == upload.md5


@pytest.mark.parametrize("past_cache", ["as it can", "this place can't", "this memory can't"])
def test_large_pieces_go_past_the_cache_where_they_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, past_cache: str
) -> None:
    if past_cache == "this place can't":
        monkeypatch.setattr(fcntl, "fcntl", _refusing)
    blobs, data = DirectoryBlobs(tmp_path), os.urandom(5 << 20)
    aligned = memoryview(mmap.mmap(-1, len(data) + 1))
    at = 1 if past_cache == "this memory can't" else 0
    aligned[at : at + len(data)] = data
    upload, cut = blobs.begin(), 0
    for size in (2 << 20, 1 << 20, 100, 3996, 1 << 20, (1 << 20) - 5000, 904):
        upload.write(aligned[at + cut : at + cut + size])
        cut += size
    upload.finish("e/1/m/x", md5_hex(data))
    assert blobs.read("e/1/m/x") == data


def _refusing(file: object, command: int, flags: int = 0) -> int:
    if command == fcntl.F_SETFL:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    return os.O_WRONLY


@pytest.mark.parametrize("at", [0, 1])
def test_no_room_in_the_middle_of_a_piece(tmp_path: Path, at: int) -> None:
    """At the largest size of files that a process may write, the system writes a part, then nothing."""
    upload = DirectoryBlobs(tmp_path).begin()
    aligned = memoryview(mmap.mmap(-1, (2 << 20) + 1))[at : at + (2 << 20)]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((3 << 20) + 100, before[1]))
    try:
        upload.write(aligned)
        with pytest.raises(StorageFull):
            upload.write(aligned)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_other_bytes_are_refused(blobs: Blobs) -> None:
    upload = blobs.begin()
    upload.write(b"truncat")
    with pytest.raises(Invalid, match="Nothing was stored"):
        upload.finish("e/1/m/x", md5_hex(b"truncated"))
    assert list(blobs.objects()) == []


@pytest.mark.slow
def test_the_bucket_takes_only_the_announced_bytes(bucket: S3Blobs) -> None:
    data = b"weights"
    addr = f"e/7/m/{md5_hex(data)}"
    place = bucket.upload_address(addr, md5_hex(data), now(), 60)
    assert place is not None
    status, said, _ = ask("PUT", place.url, b"others!", **place.headers)
    assert (status, b"BadDigest" in said) == (400, True)
    assert ask("PUT", place.url, data)[0] == 403
    other = bucket.upload_address(addr, md5_hex(b"others!"), now(), 60)
    assert other is not None
    assert ask("PUT", place.url, b"others!", **other.headers)[0] == 403
    assert bucket.size(addr) is None
    assert ask("PUT", place.url, data, **place.headers)[0] == 200
    assert bucket.read(addr) == data


@pytest.mark.slow
def test_addresses_end(bucket: S3Blobs) -> None:
    bucket.put("e/7/m/a", b"one two")
    url = bucket.download_address("e/7/m/a", "ä b/ñ & c.txt", now(), 60)
    assert url is not None
    status, body, headers = ask("GET", url, Range="bytes=4-")
    assert (status, body) == (206, b"two")
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''%C3%B1%20%26%20c.txt"
    old = bucket.download_address("e/7/m/a", "a", now() - timedelta(minutes=5), 60)
    assert old is not None
    assert ask("GET", old)[0] == 403
    assert ask("GET", url.replace("/e/7/m/a", "/e/7/m/b"))[0] == 403


@pytest.mark.slow
def test_uploads_in_parts(bucket: S3Blobs) -> None:
    pieces = [os.urandom(5 << 20), b"the rest"]
    upload_id = bucket.begin_parts("e/7/m/parts")
    assert upload_id is not None
    tags = []
    for number, piece in enumerate(pieces, 1):
        place = bucket.part_address("e/7/m/parts", upload_id, number, md5_hex(piece), now(), 60)
        assert ask("PUT", place.url, b"x" + piece[1:], **place.headers)[0] == 400
        status, _, headers = ask("PUT", place.url, piece, **place.headers)
        assert status == 200
        tags.append((number, headers["etag"].strip('"')))
    assert bucket.size("e/7/m/parts") is None
    with pytest.raises(Invalid, match="refused the upload in parts"):
        bucket.finish_parts("e/7/m/parts", upload_id, [*tags, (3, "0" * 32)])
    bucket.finish_parts("e/7/m/parts", upload_id, tags)
    assert bucket.read("e/7/m/parts") == b"".join(pieces)


@pytest.mark.slow
def test_parts_of_an_upload_given_up_are_dropped(bucket: S3Blobs) -> None:
    upload_id = bucket.begin_parts("e/7/m/dropped")
    assert upload_id is not None
    place = bucket.part_address("e/7/m/dropped", upload_id, 1, md5_hex(b"piece"), now(), 60)
    status, _, headers = ask("PUT", place.url, b"piece", **place.headers)
    assert status == 200
    for _ in range(2):
        bucket.abort_parts("e/7/m/dropped", upload_id)
    with pytest.raises(Invalid, match="refused the upload in parts"):
        bucket.finish_parts("e/7/m/dropped", upload_id, [(1, headers["etag"].strip('"'))])
    assert ask("PUT", place.url, b"piece", **place.headers)[0] == 404
    assert bucket.sweep_temporary(0, now().timestamp() + 60) == 0


@pytest.mark.slow
def test_broken_off_uploads_are_given_up(bucket: S3Blobs) -> None:
    upload_id = bucket.begin_parts("e/7/m/left")
    assert upload_id is not None
    assert bucket.sweep_temporary(3600, now().timestamp()) == 0
    assert bucket.sweep_temporary(3600, now().timestamp() + 7200) == 1
    assert bucket.sweep_temporary(3600, now().timestamp() + 7200) == 0


@pytest.mark.slow
def test_without_a_way_to_the_bucket_all_bytes_come_through_us(s3: ObjectStore, tmp_path: Path) -> None:
    proxy = bucket_of(s3, tmp_path, proxy=True)
    assert not proxy.direct
    assert proxy.upload_address("e/1/m/a", md5_hex(b""), now(), 60) is None
    assert proxy.download_address("e/1/m/a", "a", now(), 60) is None
    assert proxy.begin_parts("e/1/m/a") is None
    proxy.put("e/1/m/a", b"there")
    assert proxy.read("e/1/m/a") == b"there"


@pytest.mark.slow
def test_wrong_keys_are_told_in_words(s3: ObjectStore, tmp_path: Path) -> None:
    options = s3_options(ObjectStore(s3.endpoint, s3.access_key, "wrong", s3.bucket))
    blobs = S3Blobs(f"s3://{s3.bucket}/{tmp_path.name}", options)
    for act in (blobs.check, lambda: blobs.put("e/1/m/a", b"x"), lambda: blobs.size("e/1/m/a")):
        with pytest.raises(Unavailable, match="refuses this server's keys"):
            act()
