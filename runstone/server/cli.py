"""The `runstone` command: one file for each group of commands in `commands/`."""

import os

import typer

from runstone.server.commands.backup import backup
from runstone.server.commands.login import login
from runstone.server.commands.migrate import migrate
from runstone.server.commands.organization import organization
from runstone.server.commands.serve import serve_command
from runstone.server.commands.storage import retention, storage
from runstone.server.commands.store import store
from runstone.server.commands.sweep import sweep
from runstone.server.commands.team import team
from runstone.server.commands.user import user
from runstone.server.commands.version import version

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
cli.command("serve")(serve_command())
cli.command("login")(login)
cli.command("backup")(backup)
cli.command("migrate")(migrate)
cli.command("version")(version)
cli.add_typer(user, name="user")
cli.add_typer(organization, name="org")
cli.add_typer(team, name="team")
cli.add_typer(store, name="store")
cli.command("storage")(storage)
cli.add_typer(retention, name="retention")
cli.add_typer(sweep, name="sweep")


@cli.callback()
def root() -> None:
    """Runstone: experiment tracking, artifacts, sweeps and a registry for the wandb client."""
    # One thread for linear algebra: several are slower on small matrices and take cores from ingest.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.umask(0o077)  # whatever a command makes beside the data holds keys or a person's work


def main() -> None:
    """Entry point."""
    cli()
