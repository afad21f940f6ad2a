"""`runstone team ...`: teams and who belongs to them."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from runstone.actions.team import delete_team, put_team, remove_team_member
from runstone.domain.errors import NotFound
from runstone.domain.viewer import COMMAND_LINE
from runstone.server.commands.common import Database, DataDir, Members, members_of, settings_of, store_of
from runstone.server.printing import errors_shown, out

team = typer.Typer(no_args_is_help=True, help="Teams: add, list, change members, remove.")

Name = Annotated[str, typer.Argument(help="Name of the team.", metavar="NAME")]


@team.command("put")
def put(
    name: Name,
    organization: Annotated[
        str | None, typer.Option(help="Owner of a new team; left out: the first organization.")
    ] = None,
    member: Members = None,
    data_dir: DataDir = None,
    db: Database = None,
) -> None:
    """Make a team, or add members to the one there."""
    with errors_shown():
        members = members_of(member)
        with store_of(settings_of(data_dir, db)) as store:
            _, made = put_team(store, COMMAND_LINE, name, organization, members, datetime.now(UTC))
        out.print(f"team {name} was {'made' if made else 'changed'}.", markup=False)


@team.command("list")
def list_teams(data_dir: DataDir = None, db: Database = None) -> None:
    """List teams with their members."""
    with errors_shown():
        table = Table("name", "organization", "members", box=None)
        with store_of(settings_of(data_dir, db)) as store, store.reading() as reads:
            for owner in reads.all_organizations(COMMAND_LINE):
                for row in reads.teams_of_organization(COMMAND_LINE, owner.id):
                    members = reads.members_of(COMMAND_LINE, row.id)
                    words = ", ".join(f"{one.username} ({one.role})" for one in members)
                    table.add_row(row.name, owner.name, words)
        out.print(table)


@team.command("remove")
def remove(
    name: Name,
    username: Annotated[str, typer.Argument(help="Who leaves.")],
    data_dir: DataDir = None,
    db: Database = None,
) -> None:
    """Take a person out of a team."""
    with errors_shown():
        with store_of(settings_of(data_dir, db)) as store:
            if not remove_team_member(store, COMMAND_LINE, name, username, datetime.now(UTC)):
                raise NotFound(f"{username!r} is not in team {name}. `runstone team list` shows who is.")
        out.print(f"{username} left team {name}.", markup=False)


@team.command("delete")
def delete(name: Name, data_dir: DataDir = None, db: Database = None) -> None:
    """Remove a team with its projects."""
    with errors_shown():
        with store_of(settings_of(data_dir, db)) as store:
            if not delete_team(store, COMMAND_LINE, name, datetime.now(UTC)):
                raise NotFound(f"team {name!r} was not found. `runstone team list` shows all.")
        out.print(f"team {name} was removed.", markup=False)
