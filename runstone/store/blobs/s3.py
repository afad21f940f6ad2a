"""Objects in an S3-compatible bucket: AWS, Swift, MinIO, Ceph and their like.

Reads, writes and listings go through obstore, which repeats what failed in passing. What it
can't do is signed here: uploads whose Content-MD5 the bucket checks.
"""

import base64
import hashlib
import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from runstone.domain.errors import Invalid, StorageFull, Unavailable
from runstone.store.blobs.directory import FULL
from runstone.store.blobs.multipart import abort_old_uploads, abort_upload, begin_upload, finish_upload
from runstone.store.blobs.options import S3Options
from runstone.store.blobs.signing import Signer
from runstone.store.objects import PIECE_BYTES, Direct, Piece, SideBySide, Stored, mismatch

if TYPE_CHECKING:
    from obstore.store import S3Config

logger = logging.getLogger("runstone.blobs")

IN_MEMORY_BYTES = 4 << 20  # a larger upload waits in a temporary file for its address
PART_BYTES = 16 << 20
MOST_PARTS = 10_000
LISTED_AT_ONCE = 1000
TRIES = 6
TRYING_S = 25  # shorter than the patience of clients, who then hear 503 and come again


class S3Upload:
    """One object being received: in memory while it is small, else in a temporary file of this machine,
    since its address may follow from its content. Nothing is in the bucket before `finish`."""

    def __init__(self, blobs: "S3Blobs") -> None:
        self._blobs = blobs
        self._file = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - closed by `abandon`
            IN_MEMORY_BYTES, prefix="runstone-upload-"
        )
        self._md5 = hashlib.md5(usedforsecurity=False)
        self.size_bytes = 0

    @property
    def md5(self) -> str:
        """Hex md5 of the bytes so far."""
        return self._md5.hexdigest()

    def write(self, piece: Piece) -> None:
        """Add bytes. Raises `StorageFull` when the temporary directory has no room."""
        self.hash(piece)
        self.keep(piece)

    def hash(self, piece: Piece) -> None:
        """Count bytes in for `md5`."""
        self._md5.update(piece)

    def keep(self, piece: Piece) -> None:
        """Add bytes to the file. Raises as `write` does."""
        self.size_bytes += len(piece)
        try:
            self._file.write(piece)
        except OSError as error:
            self.abandon()
            if error.errno in FULL:
                raise StorageFull(
                    f"The temporary directory of this server ({tempfile.gettempdir()}) is full. Free some "
                    "space and send the file again."
                ) from error
            raise Unavailable(
                f"The server can't write just now ({error.strerror}). Try again in a moment."
            ) from error

    def finish(self, addr: str, md5: str | None = None) -> None:
        """Put the object into the bucket under `addr`. With `md5` (hex) given, refuse other content."""
        try:
            if md5 is not None and md5 != self.md5:
                raise Invalid(mismatch(self.md5, self.size_bytes, md5))
            self._file.seek(0)
            self._blobs.send(addr, self._file, self.size_bytes)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Throw away what came."""
        self._file.close()


class S3Blobs:
    """The object store over one bucket, below a prefix. `url` is `s3://bucket/prefix`."""

    def __init__(self, url: str, options: S3Options) -> None:
        place = urlsplit(url)
        self.bucket, prefix = place.netloc, place.path.strip("/")
        if not self.bucket:
            raise Invalid(f"blob address {url!r}: expected s3://BUCKET/PREFIX. Set --blobs (RUNSTONE_BLOBS).")
        self._prefix = f"{prefix}/" if prefix else ""
        self._options = options
        self._store = _opened(self.bucket, prefix, options)
        self._signer = self._public_signer = None
        if options.access_key:
            self._signer = _signer(self.bucket, options, options.endpoint)
            self._public_signer = _signer(self.bucket, options, options.public_endpoint or options.endpoint)
        # Keys of a machine's role change by the hour and are not ours to see: then every byte passes here.
        self.direct = self._public_signer is not None and not options.proxy

    # -- bytes ---------------------------------------------------------------------------------

    def begin(self) -> S3Upload:
        """Start receiving one object."""
        return S3Upload(self)

    def put(self, addr: str, data: bytes) -> None:
        """Store bytes. There already: they are the same, and are written again."""
        with self._speaking("write"):
            self._store.put(addr, data, use_multipart=False)

    def put_all(self, objects: Mapping[str, bytes], side_by_side: SideBySide = map) -> None:
        """Store many objects."""
        for _ in side_by_side(self.put, objects, objects.values()):
            pass

    def send(self, addr: str, file: Any, size_bytes: int) -> None:
        """Store what a file holds, large ones in parts."""
        part = max(PART_BYTES, -(-size_bytes // MOST_PARTS))
        with self._speaking("write"):
            if size_bytes <= part:
                self._store.put(addr, file.read(), use_multipart=False)
            else:
                self._store.put(addr, file, use_multipart=True, chunk_size=part, max_concurrency=3)

    def read(self, addr: str, start: int = 0, length: int | None = None) -> bytes:
        """Bytes of an object. Raises KeyError when it is absent."""
        return b"".join(self.stream(addr, start, length))

    def stream(self, addr: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Bytes of an object in pieces. Raises KeyError when it is absent."""
        if length == 0:
            return
        if length is not None:
            asked: Any = {"range": (start, start + length)}
        else:
            asked = {"range": {"offset": start}} if start else {}
        with self._speaking("read"):
            try:
                for piece in self._store.get(addr, options=asked).stream(min_chunk_size=PIECE_BYTES):
                    yield bytes(piece)
            except FileNotFoundError:
                raise KeyError(addr) from None

    def size(self, addr: str) -> int | None:
        """Length in bytes, None when absent."""
        with self._speaking("read"):
            try:
                return int(self._store.head(addr)["size"])
            except FileNotFoundError:
                return None

    def delete(self, addr: str) -> None:
        """Remove an object; absent is fine."""
        with self._speaking("delete"):
            try:
                self._store.delete(addr)
            except FileNotFoundError:
                return

    def objects(self) -> Iterator[list[Stored]]:
        """Every object, in pages."""
        with self._speaking("list"):
            for page in self._store.list(chunk_size=LISTED_AT_ONCE):
                yield [Stored(one["path"], one["size"], one["last_modified"]) for one in page]

    def sweep_temporary(self, older_than_s: float, now_s: float) -> int:
        """Give up uploads in parts that nobody finished; how many."""
        if self._signer is None:
            return 0
        return abort_old_uploads(self._signer, self._prefix, older_than_s, now_s)

    def check(self) -> None:
        """Raise `Unavailable` unless the bucket answers and knows our keys."""
        with self._speaking("read"):
            for _ in self._store.list("e/0/", chunk_size=1):
                break

    # -- uploads in parts ----------------------------------------------------------------------

    def begin_parts(self, addr: str) -> str | None:
        """Start an upload in parts; its id."""
        return begin_upload(self._signer, f"/{self._prefix}{addr}") if self.direct and self._signer else None

    def part_address(
        self, addr: str, upload_id: str, number: int, md5: str, now: datetime, lifetime_s: int
    ) -> Direct:
        """A presigned PUT of one part."""
        assert self._public_signer is not None
        headers, query = _md5_header(md5), {"partNumber": str(number), "uploadId": upload_id}
        path = f"/{self._prefix}{addr}"
        url = self._public_signer.url("PUT", path, now, lifetime_s, headers=headers, query=query)
        return Direct(url, headers)

    def finish_parts(self, addr: str, upload_id: str, parts: Sequence[tuple[int, str]]) -> None:
        """Make the object of its parts."""
        assert self._signer is not None
        finish_upload(self._signer, f"/{self._prefix}{addr}", upload_id, parts)

    def abort_parts(self, addr: str, upload_id: str) -> None:
        """Drop the parts."""
        assert self._signer is not None
        abort_upload(self._signer, f"/{self._prefix}{addr}", upload_id)

    # -- addresses for clients -----------------------------------------------------------------

    def local_path(self, addr: str) -> Path | None:
        """None: objects are not files here."""
        return None

    def upload_address(self, addr: str, md5: str, now: datetime, lifetime_s: int) -> Direct | None:
        """A presigned PUT; the bucket refuses bytes of another md5, and requests without the header."""
        if not self.direct or self._public_signer is None:
            return None
        headers = _md5_header(md5)
        url = self._public_signer.url("PUT", f"/{self._prefix}{addr}", now, lifetime_s, headers=headers)
        return Direct(url, headers)

    def download_address(self, addr: str, name: str, now: datetime, lifetime_s: int) -> str | None:
        """A presigned GET."""
        if not self.direct or self._public_signer is None:
            return None
        shown = f"attachment; filename*=UTF-8''{quote(name.rsplit('/', 1)[-1], safe='')}"
        query = {"response-content-disposition": shown, "response-content-type": "application/octet-stream"}
        return self._public_signer.url("GET", f"/{self._prefix}{addr}", now, lifetime_s, query=query)

    @contextmanager
    def _speaking(self, act: str) -> Iterator[None]:
        """Turn the library's errors into ours. An absent object is the caller's to tell."""
        try:
            yield
        except FileNotFoundError:
            raise
        except (BaseError, OSError) as error:
            if not _refused(error):
                logger.warning("the bucket %s does not answer: %s", self.bucket, _first_line(error))
                raise Unavailable(
                    f"The bucket {self.bucket} does not answer just now ({act}). Try again in a moment."
                ) from error
            logger.error("the bucket %s refuses our keys: %s", self.bucket, _first_line(error))
            raise Unavailable(
                f"The bucket {self.bucket} refuses this server's keys ({act}). The administrator has to mend "
                "RUNSTONE_S3_ACCESS_KEY, RUNSTONE_S3_SECRET_KEY or the bucket's policy; then try again."
            ) from error


def _md5_header(md5: str) -> dict[str, str]:
    return {"Content-MD5": base64.b64encode(bytes.fromhex(md5)).decode()}


def _refused(error: BaseException) -> bool:
    """Whether the bucket knows us and says no: for a listing the library has no error of its own."""
    return isinstance(error, PermissionDeniedError | UnauthenticatedError) or "403 Forbidden" in str(error)


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0][:500]


def _opened(bucket: str, prefix: str, options: S3Options) -> S3Store:
    config: S3Config = {
        "region": options.region,
        "virtual_hosted_style_request": not options.path_style,
    }
    if options.endpoint:
        place = urlsplit(options.endpoint)
        # For addresses by host name the library wants the bucket in the endpoint.
        host = place.netloc if options.path_style else f"{bucket}.{place.netloc}"
        config["endpoint"] = f"{place.scheme}://{host}{place.path}"
    if options.access_key:
        config["access_key_id"], config["secret_access_key"] = options.access_key, options.secret_key
    if options.session_token:
        config["session_token"] = options.session_token
    return S3Store(
        bucket,
        prefix=prefix or None,
        config=config,
        client_options={
            "allow_http": options.endpoint.startswith("http://"),
            "timeout": timedelta(minutes=10),  # of one whole request: a large part on a slow line
            "read_timeout": timedelta(seconds=TRYING_S),
            "connect_timeout": timedelta(seconds=5),
        },
        retry_config={
            "max_retries": TRIES,
            "retry_timeout": timedelta(seconds=TRYING_S),
            "backoff": {
                "init_backoff": timedelta(milliseconds=100),
                "max_backoff": timedelta(seconds=5),
                "base": 2,
            },
        },
    )


def _signer(bucket: str, options: S3Options, endpoint: str) -> Signer:
    place = urlsplit(endpoint or f"https://s3.{options.region}.amazonaws.com")
    if options.path_style:
        base = f"{place.scheme}://{place.netloc}{place.path.rstrip('/')}/{bucket}"
    else:
        base = f"{place.scheme}://{bucket}.{place.netloc}{place.path.rstrip('/')}"
    return Signer(base, options.region, options.access_key, options.secret_key, options.session_token)
