"""Which bytes of an object a request asks for, by its `Range` header, and how the answer says so."""

import re
from dataclasses import dataclass

from runstone.domain.errors import OutOfRange

_ONE = re.compile(r"bytes=(\d*)-(\d*)\Z")


@dataclass(frozen=True, slots=True)
class Part:
    """`length` bytes from `start` of an object of `total` bytes. `whole`: nothing smaller was asked for."""

    start: int
    length: int
    total: int
    whole: bool

    @property
    def status(self) -> int:
        """The HTTP status that announces it."""
        return 200 if self.whole else 206

    @property
    def headers(self) -> dict[str, str]:
        """The headers that announce it."""
        found = {"Accept-Ranges": "bytes", "Content-Length": str(self.length)}
        if not self.whole:
            found["Content-Range"] = f"bytes {self.start}-{self.start + self.length - 1}/{self.total}"
        return found


def wanted_part(header: str | None, total: int) -> Part:
    """The part a `Range` header asks for; everything without one, and for several ranges at once.

    Raises `OutOfRange` for a range that begins behind the end.
    """
    form = _ONE.match((header or "").replace(" ", ""))
    if form is None or form.groups() == ("", ""):
        return Part(0, total, total, whole=True)
    first, last = form.groups()
    if first:
        start, end = int(first), min(int(last), total - 1) if last else total - 1
    else:
        start, end = max(0, total - int(last)), total - 1
    if first and last and int(last) < int(first):
        return Part(0, total, total, whole=True)
    if start >= total or end < start:
        raise OutOfRange(f"Range {header}: the file has {total} bytes.")
    return Part(start, end - start + 1, total, whole=False)
