"""The list of a version's files: reading, merging, digest, writing. Version 1 of the clients' format.

Entries keep every field as it came (unknown ones too), so a merged manifest says what its
parts said.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runstone.domain.errors import Invalid

FORMAT_VERSION = 1
_DIGEST_HEAD = b"wandb-artifact-manifest-v1\n"
_MD5_BYTES = 16


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a version, or a reference to something outside.

    `digest` is as the manifest says: base64 md5 of a file; ETag, address or whatever the
    client found for a reference. `md5` is the hex md5 of a file, None for a reference.
    """

    path: str
    digest: str
    size_bytes: int
    ref: str | None
    md5: str | None
    extra: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """A parsed manifest. `contents` maps a path to its entry's JSON object, as it came."""

    contents: dict[str, dict[str, Any]]
    head: dict[str, Any]

    def entries(self) -> Iterator[Entry]:
        """All entries, sorted by path. Raises `Invalid` for the first that breaks the format."""
        for path in sorted(self.contents):
            yield _entry(path, self.contents[path])

    @property
    def digest(self) -> str:
        """Hex md5 that identifies the content: the same files, the same digest."""
        found = hashlib.md5(_DIGEST_HEAD, usedforsecurity=False)
        for path in sorted(self.contents):
            found.update(f"{path}:{self.contents[path].get('digest', '')}\n".encode())
        return found.hexdigest()

    def merged(self, additions: "Manifest") -> "Manifest":
        """This manifest with the additions' entries over it."""
        return Manifest({**self.contents, **additions.contents}, {**self.head, **additions.head})

    def text(self) -> bytes:
        """The manifest as clients read it."""
        return json.dumps({**self.head, "contents": self.contents}, separators=(",", ":")).encode()


def parse_manifest(data: bytes) -> Manifest:
    """Read a manifest's bytes. Raises `Invalid` for anything that is not one."""
    try:
        document = json.loads(data)
    except ValueError as error:
        raise Invalid(
            f"manifest of {len(data)} bytes: expected JSON ({error}). The upload may be truncated; log the "
            "artifact again."
        ) from None
    contents = document.get("contents") if isinstance(document, dict) else None
    if not isinstance(contents, dict) or not all(isinstance(one, dict) for one in contents.values()):
        raise Invalid('manifest: expected an object with "contents": {path: {"digest": ...}}.')
    if document.get("version") != FORMAT_VERSION:
        raise Invalid(
            f"manifest version {document.get('version')!r}: this server knows version {FORMAT_VERSION}."
        )
    return Manifest(contents, {key: value for key, value in document.items() if key != "contents"})


def _entry(path: str, given: dict[str, Any]) -> Entry:
    digest, ref, size = given.get("digest"), given.get("ref"), given.get("size")
    if not path or not isinstance(digest, str):
        raise Invalid(f'manifest entry {path!r}: expected a path and a "digest" as text.')
    if ref is not None and not isinstance(ref, str):
        raise Invalid(f'manifest entry {path!r}: expected "ref" as text, got {type(ref).__name__}.')
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 0):
        raise Invalid(f'manifest entry {path!r}: expected "size" in bytes, got {size!r}.')
    extra = given.get("extra")
    return Entry(
        path=path,
        digest=digest,
        size_bytes=size or 0,
        ref=ref,
        md5=None if ref is not None else md5_hex(digest, f"manifest entry {path!r}"),
        extra=extra if isinstance(extra, dict) and extra else None,
    )


def md5_hex(digest: str, what: str) -> str:
    """A base64 md5, as clients write it, in hex. Raises `Invalid`, naming `what`, for anything else."""
    try:
        raw = base64.b64decode(digest, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != _MD5_BYTES:
        raise Invalid(
            f"{what}: expected an md5 of 16 bytes in base64, like 1B2M2Y8AsgTpgAmY7PhCfg==, got {digest!r}."
        )
    return raw.hex()
