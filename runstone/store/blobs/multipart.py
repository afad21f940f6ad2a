"""Uploads in parts, as far as S3's own words are needed for them: begin, list, finish, give up.

The parts themselves are sent by clients, to addresses signed here. Requests go out over the
standard library: they are few, small, and need nothing that the object library offers.
"""

import http.client
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener
from xml.etree import ElementTree

from runstone.domain.errors import Invalid, Unavailable
from runstone.store.blobs.signing import Signer

WAIT_S = 60
VALID_S = 900
LISTED_AT_ONCE = 1000
TRIES = 3


class _NoRedirects(HTTPRedirectHandler):
    """A signature holds for one address."""

    def redirect_request(self, *_: object) -> None:
        """Follow none."""


_opener = build_opener(ProxyHandler(), _NoRedirects())


def begin_upload(signer: Signer, path: str) -> str:
    """Start an upload in parts of the object at `path`; its id."""
    answer = _ask(signer, "POST", path, {"uploads": ""})
    return _text(answer, "UploadId")


def finish_upload(signer: Signer, path: str, upload_id: str, parts: Sequence[tuple[int, str]]) -> None:
    """Make one object of the parts, (number, entity tag) each. Raises `Invalid` when some are missing."""
    root = ElementTree.Element("CompleteMultipartUpload")
    for number, tag in sorted(parts):
        part = ElementTree.SubElement(root, "Part")
        ElementTree.SubElement(part, "PartNumber").text = str(number)
        ElementTree.SubElement(part, "ETag").text = f'"{tag.strip(chr(34))}"'
    answer = _ask(signer, "POST", path, {"uploadId": upload_id}, ElementTree.tostring(root))
    if _text(answer, "ETag", ""):
        return
    # S3 begins its answer before it knows the outcome: an error may come with status 200.
    raise Unavailable(f"The bucket could not finish the upload ({_text(answer, 'Code', 'no reason given')}).")


def abort_upload(signer: Signer, path: str, upload_id: str) -> None:
    """Give up one upload: its parts are dropped. Absent is fine."""
    _ask(signer, "DELETE", path, {"uploadId": upload_id})


def abort_old_uploads(signer: Signer, prefix: str, older_than_s: float, now_s: float) -> int:
    """Give up uploads in parts below `prefix` that were begun long ago; how many."""
    gone = 0
    marker: dict[str, str] = {}
    while True:
        query = {"uploads": "", "prefix": prefix, "max-uploads": str(LISTED_AT_ONCE), **marker}
        page = ElementTree.fromstring(_ask(signer, "GET", "/", query))  # noqa: S314 - our own bucket's words
        names = {child.tag.rpartition("}")[2]: child.text or "" for child in page}
        for child in page:
            if child.tag.rpartition("}")[2] != "Upload":
                continue
            one = {part.tag.rpartition("}")[2]: part.text or "" for part in child}
            began = datetime.fromisoformat(one["Initiated"].replace("Z", "+00:00"))
            if now_s - began.timestamp() > older_than_s:
                abort_upload(signer, f"/{one['Key']}", one["UploadId"])
                gone += 1
        if names.get("IsTruncated") != "true":
            return gone
        marker = {
            "key-marker": names.get("NextKeyMarker", ""),
            "upload-id-marker": names.get("NextUploadIdMarker", ""),
        }


def _ask(signer: Signer, method: str, path: str, query: Mapping[str, str], body: bytes = b"") -> bytes:
    for attempt in range(TRIES):
        url = signer.url(method, path, datetime.now(UTC), VALID_S, query=query)
        request = Request(url, method=method, data=body if method == "POST" else None)  # noqa: S310 - the endpoint is a setting
        try:
            with _opener.open(request, timeout=WAIT_S) as answer:
                return bytes(answer.read())
        except HTTPError as error:
            with error:
                said = error.read()
            if error.code == http.client.NOT_FOUND and method == "DELETE":
                return b""
            if error.code < 500:
                raise Invalid(
                    f"The bucket refused the upload in parts ({_text(said, 'Code', str(error.code))}: "
                    f"{_text(said, 'Message', '')}). Log the artifact again."
                ) from None
        except (TimeoutError, URLError, http.client.HTTPException, ConnectionError):
            if attempt == TRIES - 1:
                break
    raise Unavailable("The bucket does not answer just now. Try again in a moment.")


def _text(document: bytes, name: str, default: str | None = None) -> str:
    """The text of the first element of that name, whatever its namespace."""
    try:
        for one in ElementTree.fromstring(document).iter():  # noqa: S314 - our own bucket's words
            if one.tag.rpartition("}")[2] == name:
                return one.text or ""
    except ElementTree.ParseError:
        pass
    if default is None:
        raise Unavailable(f"The bucket's answer has no {name}. Is it an S3 service?")
    return default
