"""Addresses of an S3 bucket that carry their own permission (AWS Signature Version 4 in the query).

Own code since the client library signs no headers: an upload's Content-MD5 has to be part of
the signature, so that the bucket itself refuses other bytes than those announced.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"
LONGEST_S = 7 * 24 * 3600  # what S3 accepts


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for one bucket with one pair of keys. `session_token` belongs to keys that expire.

    `base` is the bucket's address: `https://host/bucket` or `https://bucket.host`.
    """

    base: str
    region: str
    access_key: str
    secret_key: str
    session_token: str = ""

    def url(
        self,
        method: str,
        path: str,
        now: datetime,
        lifetime_s: int,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> str:
        """The address of an object for this method until `lifetime_s` from now.

        `path` is `/key`, not quoted; `/` is the bucket itself. A request must send exactly these
        `headers`; others may come along.
        """
        place = urlsplit(self.base)
        stamp = now.strftime("%Y%m%dT%H%M%SZ")
        scope = f"{stamp[:8]}/{self.region}/s3/aws4_request"
        sent = {"host": place.netloc, **{name.lower(): value for name, value in (headers or {}).items()}}
        names = sorted(sent)
        values = {
            **(query or {}),
            "X-Amz-Algorithm": ALGORITHM,
            "X-Amz-Credential": f"{self.access_key}/{scope}",
            "X-Amz-Date": stamp,
            "X-Amz-Expires": str(min(lifetime_s, LONGEST_S)),
            "X-Amz-SignedHeaders": ";".join(names),
        }
        if self.session_token:
            values["X-Amz-Security-Token"] = self.session_token
        text = "&".join(f"{_quoted(name)}={_quoted(values[name])}" for name in sorted(values))
        where = quote(place.path.rstrip("/") + path, safe="/-_.~")
        request = "\n".join(
            [
                method,
                where,
                text,
                *(f"{name}:{' '.join(sent[name].split())}" for name in names),
                "",
                ";".join(names),
                "UNSIGNED-PAYLOAD",
            ]
        )
        signature = hmac.new(
            self._key(stamp[:8]),
            "\n".join([ALGORITHM, stamp, scope, hashlib.sha256(request.encode()).hexdigest()]).encode(),
            hashlib.sha256,
        ).hexdigest()
        return f"{place.scheme}://{place.netloc}{where}?{text}&X-Amz-Signature={signature}"

    def _key(self, day: str) -> bytes:
        key = f"AWS4{self.secret_key}".encode()
        for word in (day, self.region, "s3", "aws4_request"):
            key = hmac.new(key, word.encode(), hashlib.sha256).digest()
        return key


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")
