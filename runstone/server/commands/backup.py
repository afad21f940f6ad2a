"""`runstone backup`: a copy of an embedded installation, made while its server runs."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from runstone.domain.errors import Invalid
from runstone.server.commands.common import DataDir, settings_of
from runstone.server.data_directory import ADDRESS_FILE, LOCK_FILE, owned, prepare
from runstone.server.printing import err, errors_shown, out
from runstone.store.backup import DATABASE, PART, backup_of
from runstone.store.opening import opened_blobs

SHOWN = 10


def backup(
    target: Annotated[Path, typer.Argument(help="Directory for the copy; kept up to date by later backups.")],
    check: Annotated[
        bool, typer.Option("--check", help="Read every file of the copy, also those that were there before.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Copy an embedded installation (SQLite and files) while its server runs.

    The copy is a data directory: look at it with `runstone serve --data-dir TARGET --port 8081`. A later
    backup into the same directory copies only what is new, and removes files that nothing needs any more.
    """
    with errors_shown():
        settings = settings_of(data_dir, None)
        source = Path(settings.db_url.removeprefix("sqlite:///"))
        if not settings.uses_sqlite:
            raise Invalid(
                "This installation is on PostgreSQL. Back it up with pg_dump or a base backup, and copy the "
                "bucket after it: see docs/guide/deploy.md, Backup and restore."
            )
        if not source.exists():
            raise Invalid(
                f"There is no Runstone data in {source.absolute().parent}. Name the directory of the server: "
                "--data-dir DIRECTORY"
            )
        _refuse_places(settings.data_dir, source, target)
        prepare(target, sqlite=False)
        with (
            owned(target, exclusive=True),
            backup_of(source, opened_blobs(settings.blobs_url, settings.s3), target) as made,
            Progress(
                TextColumn("{task.description:8}"),
                BarColumn(),
                DownloadColumn(),
                TimeRemainingColumn(),
                console=err,
            ) as bar,
        ):
            wanted = made.to_copy()
            task = bar.add_task("files", total=sum(row.size_bytes for row in wanted))
            made.copy(wanted, lambda n: bar.advance(task, n))
            if check:
                compared = bar.add_task("compare", total=sum(row.size_bytes for row in made.rows))
                damaged = made.compare(lambda n: bar.advance(compared, n))
                again = [row for row in made.rows if row.addr in set(damaged)]
                made.copy(again, lambda n: None)
                for addr in damaged:
                    err.print(f"{addr} was damaged in the copy, and was copied again.", markup=False)
            made.take_over()
            freed = made.prune()
        out.print(
            f"{target}: {len(made.rows) - len(made.missing):,} files and the database. {made.copied:,} files "
            f"({made.copied_bytes:,} bytes) were new, {freed:,} bytes became free.",
            markup=False,
        )
        if made.missing:
            n, shown = len(made.missing), ", ".join(made.missing[:SHOWN])
            what = "1 file is" if n == 1 else f"{n:,} files are"
            more = f" and {n - SHOWN:,} more" if n > SHOWN else ""
            err.print(
                f"{what} missing or damaged in {settings.blobs_url}, and so not in the copy: {shown}{more}. "
                "All else is.",
                markup=False,
            )
            raise typer.Exit(1)


def _refuse_places(data_dir: Path, source: Path, target: Path) -> None:
    here, there = data_dir.resolve(), target.resolve()
    if here == there or here in there.parents or (there / DATABASE) == source.resolve():
        raise Invalid(
            f"{target} lies in the data directory itself. Name a directory beside it, best on another disk."
        )
    if not target.exists():
        return
    strange = [one.name for one in target.iterdir() if one.name not in KNOWN]
    if strange:
        raise Invalid(
            f"{target} holds other things ({', '.join(sorted(strange)[:3])}). Name an empty directory, or "
            "that of a backup before."
        )


KNOWN = {
    *(DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", PART, f"{PART}-journal"),
    *("blobs", LOCK_FILE, ADDRESS_FILE),
}
