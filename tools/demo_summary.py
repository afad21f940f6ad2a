"""What came out of the demo, read back from its server with the wandb client and shown as a table."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tools.demo_server import ask

ACCURACY = "sparse_categorical_accuracy"
WIDTH = 100
PART_NAMES = {"train": "train", "val": "validation", "test": "test"}


@dataclass(frozen=True)
class Suggested:
    """One run of the sweep: its number, where its point came from, its loss (None: it has none)."""

    number: int
    engine: str
    value: float | None


@dataclass(frozen=True)
class Scores:
    """Loss and accuracy (0 to 1) on one part of the data."""

    loss: float
    accuracy: float


@dataclass(frozen=True)
class Facts:
    """What the table says."""

    dataset: str
    source: str
    counts: dict[str, int]
    baseline: Scores | None
    baseline_epochs: int
    sweep: str
    best_run: str
    best_params: dict[str, Any]
    metric: str
    suggested: tuple[Suggested, ...]
    candidate: Scores
    retrained: Scores
    epochs: tuple[int, int]
    val: Scores
    test: Scores
    models: tuple[str, ...]
    reports: tuple[tuple[str, str], ...]


def collect(address: str, key: str, path: str) -> Facts:
    """Follow the lineage back from the model that was evaluated. `path` is `entity/project`."""
    # They take long, and read the environment, which has to be clean by then.
    import wandb  # noqa: PLC0415

    from app.utils.lineage import lineage_of  # noqa: PLC0415
    from app.utils.settings import ENV_FILE, read_settings  # noqa: PLC0415

    api = wandb.Api()
    story = lineage_of(api, read_settings(os.environ, ENV_FILE))
    measured, dataset, tuning = story.evaluation.summary, story.dataset, story.tuning
    home = f"/api/sweeps/{path}/{story.sweep}"
    sweep, trials = ask(address, key, home), ask(address, key, f"{home}/trials")["trials"]
    mine = next(one for one in trials if one["run"] == tuning.id)
    counts = {
        name: shape[0]
        for name in PART_NAMES
        if isinstance(shape := dataset.metadata.get(f"y_{name} shape"), list | tuple)
    }
    baseline = story.baseline
    return Facts(
        dataset=dataset.name,
        source=str(dataset.metadata.get("source")),
        counts=counts,
        baseline=of_epochs(baseline.summary) if baseline else None,
        baseline_epochs=int(baseline.config["epochs"]) if baseline else 0,
        sweep=story.sweep,
        best_run=tuning.name,
        best_params=mine["params"] or {},
        metric=sweep["metric"]["used"],
        suggested=tuple(
            Suggested(one["seq"] + 1, (one["info"] or {}).get("engine", "?"), one["value"])
            for one in trials
            if one["seq"] is not None
        ),
        candidate=of_epochs(tuning.summary),
        retrained=of_epochs(story.retraining.summary),
        epochs=(int(tuning.config["epochs"]), int(story.retraining.config["epochs"])),
        val=Scores(measured["val_loss"], measured[f"val_{ACCURACY}"]),
        test=Scores(measured["test_loss"], measured[f"test_{ACCURACY}"]),
        models=tuple(
            f"{one.name} ({', '.join(sorted(one.aliases)) or 'no alias'})"
            for one in sorted(
                api.artifacts("model", f"{path.partition('/')[0]}/model-registry/MNIST_CNN"),
                key=lambda one: int(one.version.removeprefix("v")),
            )
        ),
        reports=tuple(reversed([(one.display_name, one.url) for one in api.reports(path)])),  # oldest first
    )


def of_epochs(summary: Any) -> Scores:
    """Validation scores after the last epoch of a run."""
    return Scores(summary["epoch/val_loss"], summary[f"epoch/val_{ACCURACY}"])


def numbers(values: Sequence[int]) -> str:
    """`4`, `4 and 5`, `3, 5 and 6`."""
    words = [str(value) for value in values]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def searched(suggested: Sequence[Suggested]) -> str:
    """Which runs of the sweep the model suggested."""
    by_model = [one.number for one in suggested if one.engine == "model"]
    if not by_model:
        return f"none of {len(suggested)} runs"
    others = len(suggested) - len(by_model)
    return f"runs {numbers(by_model)} of {len(suggested)} (the first {others} spread over the space)"


def rows(facts: Facts) -> list[tuple[str, str]]:
    """Lines of the first table: what, and how it came out."""
    parts = ", ".join(f"{count:,} {PART_NAMES[name]}" for name, count in facts.counts.items())
    params = ", ".join(f"{name} {short(value)}" for name, value in sorted(facts.best_params.items()))
    return [
        ("dataset", f"{facts.dataset}, source {facts.source}: {parts}"),
        ("best run of the sweep", f"{facts.best_run} of sweep {facts.sweep}, by {facts.metric}"),
        ("its parameters", params),
        ("suggested by the model", searched(facts.suggested)),
        ("registered models", "\n".join(facts.models)),
    ]


def measurements(facts: Facts) -> list[tuple[str, str, str, str, str]]:
    """Lines of the second table: which model, on which part, epochs, loss, accuracy."""

    def line(model: str, part: str, epochs: str, one: Scores) -> tuple[str, str, str, str, str]:
        return model, part, epochs, f"{one.loss:.4f}", f"{one.accuracy:.2%}"

    before, after = facts.epochs
    loss, accuracy = facts.test.loss - facts.val.loss, facts.test.accuracy - facts.val.accuracy
    baseline = [] if facts.baseline is None else [
        line("baseline", "validation", str(facts.baseline_epochs), facts.baseline)
    ]  # fmt: skip
    return [
        *baseline,
        line("best of the sweep, before retraining", "validation", str(before), facts.candidate),
        line("after retraining", "validation", f"{before} + {after}", facts.retrained),
        line("evaluated", "validation", "", facts.val),
        line("evaluated", "test", "", facts.test),
        ("gap", "test - validation", "", f"{loss:+.4f}", f"{accuracy * 100:+.2f} points"),
    ]


def short(value: Any) -> str:
    """A parameter's value as a person would write it."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def framed(console: Console, *head: str) -> Table:
    """An empty table that suits the output: lines and colours on a terminal, columns elsewhere."""
    table = Table(
        box=box.ROUNDED if console.is_terminal else None,
        show_header=bool(head),
        header_style="bold",
        pad_edge=console.is_terminal,
        padding=(0, 1) if console.is_terminal else (0, 2, 0, 0),
    )
    for at, name in enumerate(head):
        table.add_column(name, justify="right" if at > 1 else "left")
    return table


def show(facts: Facts, console: Console) -> None:
    """Print what came out of the demo, at most 100 columns wide; links go whole, whatever the width."""
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    what = framed(console)
    what.add_column(style="bold")
    for name, how in rows(facts):
        what.add_row(Text(name), Text(how))
    scored = framed(console, "model", "images", "epochs", "loss", "accuracy")
    lines = measurements(facts)
    for at, line in enumerate(lines):
        scored.add_row(*map(Text, line), style="bold cyan" if at == len(lines) - 1 else "")
    console.print(what)
    console.print()
    console.print(scored)
    if facts.reports:
        console.print("\nReports", style="bold")
        wide = max(len(title) for title, _ in facts.reports)
        for title, url in facts.reports:
            console.print(f"  {title:<{wide}}  {url}", soft_wrap=True, highlight=False, markup=False)
