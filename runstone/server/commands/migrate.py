"""`runstone migrate`: a SQLite installation to PostgreSQL, its files to a bucket or another directory."""

from typing import Annotated

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from runstone.domain.errors import Invalid
from runstone.server.commands.common import DataDir, settings_of
from runstone.server.data_directory import owned
from runstone.server.printing import err, errors_shown, out
from runstone.store.moving import Place, moving_between


def migrate(
    to_db: Annotated[str, typer.Option(help="Address of an empty PostgreSQL database.", metavar="URL")],
    to_blobs: Annotated[
        str, typer.Option(help="Where the files go: s3://BUCKET/PREFIX or a directory.", metavar="URL")
    ],
    data_dir: DataDir = None,
) -> None:
    """Move an installation from SQLite and a directory to PostgreSQL and S3.

    Stop the server first. The source stays as it is. A move that broke off goes on where it was when
    the command is run again; at its end every row and every file has been compared by digest.
    """
    with errors_shown():
        settings = settings_of(data_dir, None)
        if not settings.uses_sqlite or not (settings.data_dir / "runstone.db").exists():
            raise Invalid(
                f"There is no SQLite installation in {settings.data_dir.absolute()}. Name its directory: "
                "--data-dir DIRECTORY (and unset RUNSTONE_DB)."
            )
        source = Place(settings.db_url, settings.blobs_url, settings.s3)
        with (
            owned(settings.data_dir, exclusive=True),
            moving_between(source, Place(to_db, to_blobs, settings.s3)) as move,
        ):
            resumed = move.mark["after"] != "" or move.mark["stage"] != "objects"
            if resumed:
                out.print("An earlier move broke off; going on where it was.", markup=False)
            with Progress(
                TextColumn("{task.description:8}"),
                BarColumn(),
                DownloadColumn(),
                TimeRemainingColumn(),
                console=err,
            ) as bar:
                task = bar.add_task("files", total=move.object_bytes)
                objects = move.copy_objects(lambda n: bar.advance(task, n))
            with Progress(
                TextColumn("{task.description:8}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                console=err,
            ) as bar:
                rows = bar.add_task("rows", total=move.rows)
                move.copy_rows(lambda n: bar.advance(rows, n))
                compared = bar.add_task("compare", total=2 * move.rows)
                move.verify(lambda n: bar.advance(compared, n))
        out.print(
            f"Moved and compared: {move.rows} rows, {move.object_bytes} bytes of files ({objects} files "
            "copied now). Start the server on the new place with the same settings, and keep the old "
            "directory until you have looked at it:",
            markup=False,
        )
        out.print(f"  RUNSTONE_DB=... RUNSTONE_BLOBS={to_blobs} runstone serve", markup=False)
