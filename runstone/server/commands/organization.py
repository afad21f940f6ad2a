"""`runstone org ...`: organizations, the owners of teams and registries."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from runstone.actions.organization import delete_organization, put_organization
from runstone.domain.errors import NotFound
from runstone.domain.viewer import COMMAND_LINE
from runstone.server.commands.common import Database, DataDir, Members, members_of, settings_of, store_of
from runstone.server.printing import errors_shown, out

organization = typer.Typer(no_args_is_help=True, help="Organizations: add, list, remove.")

Name = Annotated[str, typer.Argument(help="Name of the organization.", metavar="NAME")]


@organization.command("put")
def put(name: Name, member: Members = None, data_dir: DataDir = None, db: Database = None) -> None:
    """Make an organization, or add members to the one there."""
    with errors_shown():
        members = members_of(member)
        with store_of(settings_of(data_dir, db)) as store:
            _, made = put_organization(store, COMMAND_LINE, name, members, datetime.now(UTC))
        out.print(f"organization {name} was {'made' if made else 'changed'}.", markup=False)


@organization.command("list")
def list_organizations(data_dir: DataDir = None, db: Database = None) -> None:
    """List organizations with their teams."""
    with errors_shown():
        table = Table("name", "teams", box=None)
        with store_of(settings_of(data_dir, db)) as store, store.reading() as reads:
            for row in reads.all_organizations(COMMAND_LINE):
                teams = reads.teams_of_organization(COMMAND_LINE, row.id)
                table.add_row(row.name, ", ".join(one.name for one in teams))
        out.print(table)


@organization.command("delete")
def delete(name: Name, data_dir: DataDir = None, db: Database = None) -> None:
    """Remove an organization with its teams and their projects."""
    with errors_shown():
        with store_of(settings_of(data_dir, db)) as store:
            if not delete_organization(store, COMMAND_LINE, name, datetime.now(UTC)):
                raise NotFound(f"organization {name!r} was not found. `runstone org list` shows all.")
        out.print(f"organization {name} was removed.", markup=False)
