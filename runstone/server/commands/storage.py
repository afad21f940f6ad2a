"""`runstone storage` and `runstone retention ...`: who holds how much, and what may go."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.filesize import decimal
from rich.table import Table

from runstone.actions.access import find_project
from runstone.actions.retention_rule import plan, rule_of, set_rule
from runstone.domain.errors import Invalid
from runstone.domain.retention import parse_rule
from runstone.domain.viewer import COMMAND_LINE, Access
from runstone.server.commands.common import Database, DataDir, settings_of, store_of
from runstone.server.printing import errors_shown, out

retention = typer.Typer(
    no_args_is_help=True, help="Retention: what a project lets go of old versions, runs and media."
)
Home = Annotated[str, typer.Argument(metavar="ENTITY/PROJECT", help="The project.", show_default=False)]
KINDS = {
    "run files": ("run_file",),
    "history": ("segment", "tail"),
    "artifacts": ("version", "manifest", "upload"),
}


def storage(data_dir: DataDir = None, db: Database = None) -> None:
    """Show what each project holds, by kind."""
    with errors_shown(), store_of(settings_of(data_dir, db)) as store, store.reading() as reads:
        rows = reads.bytes_by_project(COMMAND_LINE)
        names = {row.id: f"{row.entity_name}/{row.project_name}" for row in rows}
        found = {(row.id, row.kind): int(row.size_bytes) for row in reads.bytes_by_kind(COMMAND_LINE)}
        tails = reads.tail_bytes_by_project(COMMAND_LINE)
        found.update({(project_id, "tail"): size for project_id, size in tails.items()})
        stored = {row.id: (int(row.size_bytes), int(row.own_bytes)) for row in rows}
        totals = {key: stored.get(key, (0, 0))[0] + tails.get(key, 0) for key in stored.keys() | tails.keys()}
        table = Table("project", *KINDS, "all", "shared", box=None)
        for column in table.columns[1:]:
            column.justify = "right"
        for key in sorted(totals, key=lambda one: (-totals[one], one)):
            sizes = [sum(found.get((key, one), 0) for one in kinds) for kinds in KINDS.values()]
            size, own = stored.get(key, (0, 0))
            shown = [decimal(one) if one else "" for one in (*sizes, totals[key], size - own)]
            table.add_row(names.get(key, f"project {key}"), *shown)
        out.print(table)
        owned = reads.owned_bytes(COMMAND_LINE)
        shared = owned - sum(own for _, own in stored.values())
        out.print(
            f"All projects together: {decimal(owned + sum(tails.values()))}, of which {decimal(shared)} are "
            "shared by several and count once."
        )
        out.print(f"Waiting for collection: {decimal(reads.unowned_bytes())}")


@retention.command("show")
def show(home: Home, data_dir: DataDir = None, db: Database = None) -> None:
    """Show a project's rule and what it would let go now."""
    entity, project = _names(home)
    with errors_shown(), store_of(settings_of(data_dir, db)) as store, store.reading() as reads:
        row = find_project(reads, COMMAND_LINE, entity, project, Access.READ)
        rule = rule_of(row)
        if rule is None:
            out.print(f"{home} has no rule: nothing goes by itself. Set one: runstone retention set {home}")
            return
        going = plan(reads, COMMAND_LINE, row.id, rule, datetime.now(UTC))
        out.print(rule)
        for one in going.versions:
            out.print(
                f"  {one.name}   {one.type_name}   {decimal(one.size_bytes)}   {one.created_at:%Y-%m-%d}"
            )
        for losing in going.media:
            out.print(f"  media of run {losing.name}   {losing.files} files   {decimal(losing.size_bytes)}")
        for run in going.runs:
            out.print(f"  run {run.name}   {run.display_name}   ended {run.ended_at:%Y-%m-%d}")
        files = sum(losing.files for losing in going.media)
        also = f", and {files} media of {len(going.media)} runs" if going.media else ""
        also += f", and {len(going.runs)} runs" if going.runs else ""
        out.print(
            f"{len(going.versions)} versions would go{also}: frees {decimal(going.frees_bytes)}, "
            f"{decimal(going.stays_bytes)} stay since something else needs them."
        )


@retention.command("set")
def set_(
    home: Home,
    keep_last: Annotated[int, typer.Option(help="How many of the newest versions stay.")] = 1,
    keep_best: Annotated[int, typer.Option(help="How many of the best by --metric stay.")] = 0,
    metric: Annotated[str, typer.Option(help="Metric of the run that made the version.")] = "",
    maximize: Annotated[bool, typer.Option(help="Larger is better.")] = False,
    older_than_days: Annotated[float, typer.Option(help="Younger versions stay.")] = 0,
    type_: Annotated[
        list[str] | None, typer.Option("--type", help="Artifact types; all if left out.")
    ] = None,
    media_older_than_days: Annotated[
        float | None,
        typer.Option(
            help="Older media of runs go, unless the run is tagged or of the best; left out: never."
        ),
    ] = None,
    runs_older_than_days: Annotated[
        float | None,
        typer.Option(
            help="Runs that ended longer ago go as a whole, unless tagged, of the best, or the makers of an "
            "aliased or linked version; left out: never."
        ),
    ] = None,
    data_dir: DataDir = None,
    db: Database = None,
) -> None:
    """Give a project a rule. Aliased and linked versions always stay; versions and runs that go can come
    back."""
    entity, project = _names(home)
    given = {
        "keep_last": keep_last,
        "keep_best": keep_best,
        "metric": metric,
        "maximize": maximize,
        "older_than_days": older_than_days,
        "types": type_ or [],
        "media_older_than_days": media_older_than_days,
        "runs_older_than_days": runs_older_than_days,
    }
    with errors_shown(), store_of(settings_of(data_dir, db)) as store:
        rule = parse_rule(given)
        with store.reading() as reads:
            row = find_project(reads, COMMAND_LINE, entity, project, Access.MANAGE)
        set_rule(store, COMMAND_LINE, row.id, rule, datetime.now(UTC))
    show(home, data_dir, db)


@retention.command("off")
def off(home: Home, data_dir: DataDir = None, db: Database = None) -> None:
    """Take a project's rule away."""
    entity, project = _names(home)
    with errors_shown(), store_of(settings_of(data_dir, db)) as store:
        with store.reading() as reads:
            row = find_project(reads, COMMAND_LINE, entity, project, Access.MANAGE)
        set_rule(store, COMMAND_LINE, row.id, None, datetime.now(UTC))
        out.print(f"{home} has no rule now: nothing goes by itself.")


def _names(home: str) -> tuple[str, str]:
    entity, slash, project = home.partition("/")
    if not slash or not entity or not project:
        with errors_shown():
            raise Invalid(f"project {home!r}: expected ENTITY/PROJECT, like lab/mnist.")
    return entity, project
