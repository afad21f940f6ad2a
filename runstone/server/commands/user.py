"""`runstone user ...`: people of the server in a data directory."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from runstone.actions.sign_in import create_sign_in_link
from runstone.server.commands.common import Database, DataDir, address_of, settings_of, store_of
from runstone.server.printing import errors_shown, out

user = typer.Typer(no_args_is_help=True, help="People: add, list, change, remove, sign in.")

Name = Annotated[str, typer.Argument(help="User name.", metavar="NAME")]


@user.command("link")
def link(name: Name, data_dir: DataDir = None, db: Database = None) -> None:
    """Print a sign-in link that works once, for a day."""
    with errors_shown():
        settings = settings_of(data_dir, db)
        with store_of(settings) as store:
            token = create_sign_in_link(store, name, datetime.now(UTC))
        out.print(f"{address_of(settings)}/login?token={token}", markup=False)
