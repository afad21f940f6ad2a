"""`runstone sweep ...`: a sweep on this machine, without a server."""

from pathlib import Path
from typing import Annotated

import typer

from runstone.domain.errors import Invalid
from runstone.server.printing import errors_shown, out

sweep = typer.Typer(no_args_is_help=True, help="Sweeps on this machine, without a server.")


@sweep.callback()
def root() -> None:
    """Sweeps on this machine, without a server."""


@sweep.command("local")
def local(
    config: Annotated[Path, typer.Argument(help="The sweep's YAML, with `program` or `command`.")],
    runs: Annotated[
        int | None, typer.Option(min=1, help="Runs to make now; left out: until it ends.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Runs at the same time.")] = 1,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Where trials are kept; left out: CONFIG without its ending.")
    ] = None,
) -> None:
    """Search as the server does, starting the program here; the same command goes on where it was left.

    What the program logs with wandb is read from its offline files; one without wandb appends
    lines of JSON, such as {"loss": 0.5}, to the file that RUNSTONE_ROWS names.
    """
    from runstone.server.local_sweep import LocalSweep, LocalTrial  # noqa: PLC0415 - start-up time

    with errors_shown():
        try:
            text = config.read_text()
        except OSError as error:
            raise Invalid(
                f"{config} can't be read: {error.strerror}. Give the path of a sweep's YAML."
            ) from None
        work = LocalSweep(text, directory or config.with_suffix(""), Path.cwd())
        metric = work.sweep.metric
        for warning in work.warnings:
            out.print(f"note: {warning}", markup=False)
        if work.trials:
            out.print(f"going on after {len(work.trials)} runs in {work.directory}", markup=False)

        def told(trial: LocalTrial, value: float | None) -> None:
            words = ", ".join(f"{name}={found}" for name, found in trial.params.items())
            reached = (
                "" if metric is None else f" {metric.name}={'nothing' if value is None else f'{value:.6g}'}"
            )
            out.print(f"run {trial.seq + 1} {trial.name} {trial.state}{reached}  {words}", markup=False)

        try:
            why = work.run(runs, jobs, told)
        except KeyboardInterrupt:
            out.print("stopped; the same command goes on from here", markup=False)
            raise typer.Exit(130) from None
        out.print(f"ended: {why}. Trials: {work.directory / 'trials.jsonl'}", markup=False)
        best = work.trusted()
        if best is not None and metric is not None:
            out.print(
                f"trust {best.trial.name}: {metric.name} should be {best.expected:.6g} "
                f"({best.low:.6g} to {best.high:.6g}), parameters {dict(best.trial.params or {})}",
                markup=False,
            )
        mattered = work.mattered()
        if mattered is not None:
            out.print(mattered.replace("`", ""), markup=False)
