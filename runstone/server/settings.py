"""Every setting of the server, once: flag, environment name, default and meaning."""

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from runstone.domain.errors import Invalid
from runstone.store.opening import S3Options


def _names(name: str, *usual: str) -> AliasChoices:
    """A setting's own names, then those under which other programs know it."""
    return AliasChoices(name, f"RUNSTONE_{name.upper()}", *usual)


class Settings(BaseSettings):
    """Settings of `runstone serve`. Each has an environment name `RUNSTONE_<NAME>` and a flag `--<name>`."""

    model_config = SettingsConfigDict(env_prefix="RUNSTONE_", extra="ignore")

    host: str = Field("127.0.0.1", description="Address to listen on; 0.0.0.0 for every network.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    data_dir: Path = Field(Path("runstone-data"), description="Where the database and all files are kept.")
    db: str = Field("", description="Database address; empty: SQLite in the data directory.")
    blobs: str = Field("", description="Where files are stored; empty: a folder in the data directory.")
    public_url: str = Field(
        "", description="The address that clients use, with its path; empty: the one of each request."
    )
    allowed_hosts: str = Field(
        "", description="Host names, separated by commas, that requests may name; empty: any."
    )
    trusted_proxies: str = Field(
        "", description="Addresses, separated by commas, whose X-Forwarded headers count."
    )
    admin_api_key: str = Field("", description="API key of the user admin; empty: made at first start.")
    heartbeat_timeout_s: int = Field(
        300, ge=5, description="Seconds without a heartbeat after which a run counts as crashed."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="How much is logged: debug, info, warning or error."
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="Form of the log lines: text for people, json for machines."
    )
    workers: int = Field(
        1, ge=1, le=64, description="Server processes on this machine; more than 1 needs PostgreSQL."
    )
    role: Literal["all", "server", "worker"] = Field(
        "all", description="What the processes do: server answers requests, worker does background work."
    )
    grace_hours: int = Field(
        24, ge=0, description="Hours after which unreferenced bytes are removed for good."
    )

    history_files: Literal["exact", "all"] = Field(
        "exact",
        description=(
            "Which sealed runs clients may read from Parquet files: exact, those whose rows come out just as "
            "page by page; all, others too, with None for what a row lacks and JSON text for media."
        ),
    )

    s3_endpoint: str = Field(
        "",
        validation_alias=_names("s3_endpoint", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
        description="Address of the S3 service for --blobs s3://...; empty: Amazon's.",
    )
    s3_public_endpoint: str = Field(
        "", description="Address of the S3 service for clients, where it is another one than for the server."
    )
    s3_region: str = Field(
        "us-east-1",
        validation_alias=_names("s3_region", "AWS_REGION", "AWS_DEFAULT_REGION"),
        description="Region of the bucket.",
    )
    s3_path_style: bool | None = Field(
        None, description="Bucket in the path, not in the host name; unset: with an own endpoint only."
    )
    s3_access_key: str = Field(
        "",
        validation_alias=_names("s3_access_key", "AWS_ACCESS_KEY_ID"),
        description="Access key of the bucket; empty: the machine's own role.",
    )
    s3_secret_key: str = Field(
        "",
        validation_alias=_names("s3_secret_key", "AWS_SECRET_ACCESS_KEY"),
        description="Secret key of the bucket.",
    )
    s3_session_token: str = Field(
        "",
        validation_alias=_names("s3_session_token", "AWS_SESSION_TOKEN"),
        description="Session token of keys that expire.",
    )
    blob_proxy: bool = Field(
        False, description="Send every byte through the server: for buckets that clients can't reach."
    )

    @field_validator("s3_endpoint", "s3_public_endpoint")
    @classmethod
    def http_address(cls, value: str) -> str:
        """An http address, or nothing."""
        address = urlsplit(value)
        if value and (address.scheme not in ("http", "https") or not address.netloc):
            raise ValueError("expected an address like https://s3.example.org")
        return value.rstrip("/")

    @model_validator(mode="after")
    def both_keys(self) -> Self:
        """Access key and secret key, or neither."""
        if bool(self.s3_access_key) != bool(self.s3_secret_key):
            raise ValueError("expected both RUNSTONE_S3_ACCESS_KEY and RUNSTONE_S3_SECRET_KEY, or neither")
        return self

    @field_validator("public_url")
    @classmethod
    def without_slash(cls, value: str) -> str:
        """An http address without a slash at the end, or nothing."""
        address = urlsplit(value)
        if value and (address.scheme not in ("http", "https") or not address.netloc):
            raise ValueError("expected an address like https://runs.example.org or http://host/path")
        return value.rstrip("/")

    @property
    def db_url(self) -> str:
        """The database address with its default filled in."""
        return self.db or f"sqlite:///{self.data_dir / 'runstone.db'}"

    @property
    def blobs_url(self) -> str:
        """The blob address with its default filled in."""
        return self.blobs or str(self.data_dir / "blobs")

    @property
    def s3(self) -> S3Options:
        """How the bucket of an s3:// address is reached."""
        own = bool(self.s3_endpoint)
        return S3Options(
            endpoint=self.s3_endpoint,
            public_endpoint=self.s3_public_endpoint,
            region=self.s3_region,
            access_key=self.s3_access_key,
            secret_key=self.s3_secret_key,
            session_token=self.s3_session_token,
            path_style=own if self.s3_path_style is None else self.s3_path_style,
            proxy=self.blob_proxy,
        )

    @property
    def uses_sqlite(self) -> bool:
        """Whether the database is a file in a directory that one server owns."""
        return self.db_url.startswith("sqlite:")


# Values that may not stand on a command line, where every user of the machine can read them.
ENVIRONMENT_ONLY = frozenset({"admin_api_key", "s3_access_key", "s3_secret_key", "s3_session_token"})


def settings_from(flags: dict[str, object]) -> Settings:
    """Settings from flags (names of fields; None: not given), then the environment, then the defaults.

    Raises `Invalid` that names every wrong value, where it came from and what was expected.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            name = str(problem["loc"][0]).lower().removeprefix("runstone_") if problem["loc"] else ""
            if not name:
                lines.append(str(problem["msg"]))
                continue
            source = f"--{name.replace('_', '-')}" if name in given else f"RUNSTONE_{name.upper()}"
            lines.append(f"{source}={problem['input']!r}: {problem['msg']}")
        raise Invalid("; ".join(lines) + ". `runstone serve --help` lists all settings.") from None
