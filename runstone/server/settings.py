"""Every setting of the server, once: flag, environment name, default and meaning."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from runstone.domain.errors import Invalid


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
    grace_hours: int = Field(
        24, ge=0, description="Hours after which unreferenced bytes are removed for good."
    )

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
    def uses_sqlite(self) -> bool:
        """Whether the database is a file in a directory that one server owns."""
        return self.db_url.startswith("sqlite:")


# Values that may not stand on a command line, where every user of the machine can read them.
ENVIRONMENT_ONLY = frozenset({"admin_api_key"})


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
            name = str(problem["loc"][0])
            source = f"--{name.replace('_', '-')}" if name in given else f"RUNSTONE_{name.upper()}"
            lines.append(f"{source}={problem['input']!r}: {problem['msg']}")
        raise Invalid("; ".join(lines) + ". `runstone serve --help` lists all settings.") from None
