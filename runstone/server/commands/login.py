"""`runstone login`: what `wandb login` would write, without copying a key by hand."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from runstone.actions.sign_in import create_key, viewer_of_name
from runstone.server.commands.common import Database, DataDir, address_of, settings_of, store_of
from runstone.server.printing import errors_shown, out
from runstone.server.wandb_login import netrc_path, settings_path, write_address, write_key


def login(
    username: Annotated[str, typer.Argument(help="Whose key to use.")] = "admin",
    host: Annotated[
        str | None, typer.Option(help="Address of the server; left out: the one of the data directory.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(help="A key to write; left out: a new one is made, which needs the data directory."),
    ] = None,
    data_dir: DataDir = None,
    db: Database = None,
) -> None:
    """Log wandb clients of this account in to the server, as `wandb login` would."""
    with errors_shown():
        settings = settings_of(data_dir, db)
        url = (host or address_of(settings)).rstrip("/")
        if key is None:
            with store_of(settings) as store:
                viewer = viewer_of_name(store, username)
                _, key = create_key(store, viewer, "runstone login", datetime.now(UTC))
        home = Path.home()
        write_key(netrc_path(home), url, key)
        write_address(settings_path(home), url)
    out.print(f"wandb logs to {url} now. Key written to {netrc_path(home)}")
