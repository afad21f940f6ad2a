"""The `runstone` command."""

import typer
import uvicorn
from rich.console import Console

from runstone.actions.sign_in import set_up
from runstone.server.app import create_app, utc_now
from runstone.server.settings import Settings
from runstone.store.opening import opened

cli = typer.Typer(no_args_is_help=True, add_completion=False)
console = Console(stderr=True)


@cli.callback()
def root() -> None:
    """Runstone: experiment tracking, artifacts, sweeps and a registry for the wandb client."""


@cli.command()
def serve() -> None:
    """Start the server."""
    settings = Settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with opened(settings.db_url, settings.blobs_url) as store:
        key = set_up(store, settings.admin_api_key or None, utc_now())
        if key is not None:
            console.print(f"API key of admin: {key}")
        uvicorn.run(create_app(store, settings), host=settings.host, port=settings.port, log_level="warning")


def main() -> None:
    """Entry point."""
    cli()
