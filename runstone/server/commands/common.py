"""What commands beside a server share: the store of a data directory, the server's address."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from runstone.actions.user import Membership, membership
from runstone.domain.errors import Invalid
from runstone.domain.viewer import Role
from runstone.server.data_directory import known_address
from runstone.server.settings import Settings, settings_from
from runstone.store.opening import Store, opened

DataDir = Annotated[
    Path | None,
    typer.Option(help="Data directory of the server. Environment: RUNSTONE_DATA_DIR", show_default=False),
]
Database = Annotated[
    str | None,
    typer.Option("--db", help="Database address. Environment: RUNSTONE_DB", show_default=False),
]

Members = Annotated[
    list[str] | None,
    typer.Option(
        help="NAME or NAME:ROLE, as often as needed; roles: viewer reads, member writes (the default), "
        "admin manages.",
        metavar="NAME[:ROLE]",
    ),
]


def members_of(words: list[str] | None) -> list[Membership]:
    """Memberships from `NAME` or `NAME:ROLE`. Raises `Invalid` for an unknown role."""
    pairs = (one.partition(":") for one in words or [])
    return [membership(name, role or Role.MEMBER.value) for name, _, role in pairs]


def settings_of(data_dir: Path | None, db: str | None) -> Settings:
    """The settings a command needs, like the server's."""
    return settings_from({"data_dir": data_dir, "db": db})


@contextmanager
def store_of(settings: Settings) -> Iterator[Store]:
    """The store of a data directory that a server has set up before. Raises `Invalid` when there is none."""
    if settings.uses_sqlite and not settings.db and not (settings.data_dir / "runstone.db").exists():
        raise Invalid(
            f"There is no Runstone data in {settings.data_dir.absolute()}. Run the command where the server "
            "was started, or name its directory: --data-dir DIRECTORY"
        )
    with opened(settings.db_url, settings.blobs_url, settings.s3) as store:
        yield store


def address_of(settings: Settings) -> str:
    """Where people reach the server of these settings."""
    return (
        settings.public_url
        or known_address(settings.data_dir)
        or f"http://127.0.0.1:{settings.port or Settings.model_fields['port'].default}"
    )
