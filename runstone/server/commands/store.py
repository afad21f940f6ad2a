"""`runstone store ...`: check what is stored, make derived data again."""

from collections.abc import Iterator
from typing import Annotated, TypeVar

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from runstone.actions.repair import rebuild_stream, stored_streams, verify_stream
from runstone.domain.viewer import COMMAND_LINE
from runstone.server.commands.common import Database, DataDir, settings_of, store_of
from runstone.server.printing import err, errors_shown, out

store = typer.Typer(no_args_is_help=True, help="What is stored: check it, make derived data again.")

T = TypeVar("T")


def _with_progress(what: str, things: list[T]) -> Iterator[T]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err) as progress:
        yield from progress.track(things, description=what)


@store.command("verify")
def verify(
    repair: Annotated[
        bool, typer.Option("--repair", help="Make wrong derived data again from the segments.")
    ] = False,
    data_dir: DataDir = None,
    db: Database = None,
) -> None:
    """Read every segment and compare what is derived from it. Ends with status 1 when something is wrong."""
    with errors_shown():
        left = 0
        with store_of(settings_of(data_dir, db)) as opened:
            streams = stored_streams(opened, COMMAND_LINE)
            for row in _with_progress("checking streams", streams):
                for finding in verify_stream(opened, row, repair=repair):
                    left += not finding.repaired
                    done = " Made again." if finding.repaired else ""
                    out.print(f"{finding.where}: {finding.what}{done}", markup=False)
        if left:
            hint = "" if repair else " Derived data is made again by: runstone store verify --repair"
            err.print(
                f"{left} things are wrong.{hint} A damaged segment can only come back from a backup; all "
                "else stays readable.",
                markup=False,
            )
            raise typer.Exit(1)
        out.print(f"{len(streams)} streams are in order.", markup=False)


@store.command("rebuild-series")
def rebuild_series(data_dir: DataDir = None, db: Database = None) -> None:
    """Make what charts are drawn from again, from the segments."""
    with errors_shown():
        with store_of(settings_of(data_dir, db)) as opened:
            rows = stored_streams(opened, COMMAND_LINE)
            left = [row for row in _with_progress("rebuilding", rows) if not rebuild_stream(opened, row)]
        for row in left:
            where = f"{row.entity_name}/{row.project_name}/{row.run_name}"
            err.print(f"{where} was left as it is: see runstone store verify", markup=False)
        out.print(f"{len(rows) - len(left)} streams were made again.", markup=False)
        if left:
            raise typer.Exit(1)
