"""`runstone user ...`: people of the server in a data directory."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from runstone.actions.sign_in import create_sign_in_link
from runstone.actions.user import delete_user, put_user
from runstone.domain.errors import NotFound
from runstone.domain.viewer import COMMAND_LINE
from runstone.server.commands.common import Database, DataDir, address_of, settings_of, store_of
from runstone.server.printing import errors_shown, out

user = typer.Typer(no_args_is_help=True, help="People: add, change, list, remove, sign in.")

Name = Annotated[str, typer.Argument(help="User name.", metavar="NAME")]


@user.command("put")
def put(
    name: Name,
    api_key: Annotated[
        str | None, typer.Option(help="A key of 40 characters or more; left out: a new person gets one.")
    ] = None,
    email: Annotated[str | None, typer.Option(help="E-mail address.")] = None,
    password: Annotated[
        bool, typer.Option("--password", help="Ask for a password to sign in with in the browser.")
    ] = False,
    admin: Annotated[
        bool | None, typer.Option("--admin/--no-admin", help="Whether the person administers the server.")
    ] = None,
    data_dir: DataDir = None,
    db: Database = None,
) -> None:
    """Make a person, or change the one there."""
    with errors_shown():
        secret = typer.prompt("Password", hide_input=True, confirmation_prompt=True) if password else None
        with store_of(settings_of(data_dir, db)) as store:
            done = put_user(
                store,
                COMMAND_LINE,
                name,
                datetime.now(UTC),
                api_key=api_key,
                email=email,
                password=secret,
                admin=admin,
            )
        out.print(f"{name} was {'made' if done.created else 'changed'}.", markup=False)
        if done.api_key is not None:
            out.print(f"API key, shown this once: {done.api_key}", markup=False)


@user.command("list")
def list_users(data_dir: DataDir = None, db: Database = None) -> None:
    """List everybody."""
    with errors_shown():
        table = Table("name", "e-mail", "administrator", "teams", box=None)
        with store_of(settings_of(data_dir, db)) as store, store.reading() as reads:
            for row in reads.all_users(COMMAND_LINE):
                viewer = reads.viewer(row.id)
                teams = [] if viewer is None else reads.entity_names(viewer)
                table.add_row(
                    row.username,
                    row.email or "",
                    "yes" if row.admin else "",
                    ", ".join(one for one in teams if one != row.username),
                )
        out.print(table)


@user.command("delete")
def delete(name: Name, data_dir: DataDir = None, db: Database = None) -> None:
    """Remove a person with their keys and their own projects."""
    with errors_shown():
        with store_of(settings_of(data_dir, db)) as store:
            if not delete_user(store, COMMAND_LINE, name, datetime.now(UTC)):
                raise NotFound(f"user {name!r} was not found. `runstone user list` shows all.")
        out.print(f"{name} was removed.", markup=False)


@user.command("link")
def link(name: Name, data_dir: DataDir = None, db: Database = None) -> None:
    """Print a sign-in link that works once, for a day."""
    with errors_shown():
        settings = settings_of(data_dir, db)
        with store_of(settings) as store:
            token = create_sign_in_link(store, name, datetime.now(UTC))
        out.print(f"{address_of(settings)}/login?token={token}", markup=False)
