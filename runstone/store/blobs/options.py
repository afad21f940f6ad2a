"""How a bucket is reached, apart from the library that reaches it: settings need only this."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class S3Options:
    """How a bucket is reached. Without keys, those of the machine's own role are used.

    `endpoint` is empty for AWS. `public_endpoint` is what clients use where it differs from
    what this server uses. `proxy`: clients can't reach the bucket, every byte comes and goes
    through this server.
    """

    endpoint: str = ""
    public_endpoint: str = ""
    region: str = "us-east-1"
    access_key: str = ""
    secret_key: str = ""
    session_token: str = ""
    path_style: bool = True
    proxy: bool = False
