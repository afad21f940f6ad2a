"""Every setting of the server, once: flag, environment name, default and meaning."""

from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


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
    log_level: str = Field("info", description="debug, info, warning or error.")
    log_format: str = Field("text", description="text for people, json for machines.")
    grace_hours: int = Field(
        24, ge=0, description="Hours after which unreferenced bytes are removed for good."
    )

    @field_validator("public_url")
    @classmethod
    def without_slash(cls, value: str) -> str:
        """No slash at the end."""
        return value.rstrip("/")

    @property
    def db_url(self) -> str:
        """The database address with its default filled in."""
        return self.db or f"sqlite:///{self.data_dir / 'runstone.db'}"

    @property
    def blobs_url(self) -> str:
        """The blob address with its default filled in."""
        return self.blobs or str(self.data_dir / "blobs")
