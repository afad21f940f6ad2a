"""What came out of the demo, read back from its server with the wandb client and shown as a table."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tools.demo_server import ask

ACCURACY = "sparse_categorical_accuracy"
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


def collect(address: str, key: str, path: str) -> Facts:
    """Follow the lineage back from the model that was evaluated. `path` is `entity/project`."""
    # It takes long and reads the environment, which has to be clean by then.
    import wandb  # noqa: PLC0415

    entity, project = path.split("/")
    api = wandb.Api()
    evaluated = api.artifact(f"{entity}/model-registry/MNIST_CNN:to_evaluate")
    candidate = api.artifact(f"{entity}/model-registry/MNIST_CNN:candidate")
    retraining, tuning = evaluated.logged_by(), candidate.logged_by()
    dataset = next(one for one in retraining.used_artifacts() if one.type == "dataset")
    evaluation = max(
        (run for run in evaluated.used_by() if run.job_type == "evaluation"), key=lambda run: run.created_at
    )
    measured = evaluation.summary
    trials = ask(address, key, f"/api/sweeps/{entity}/{project}/{tuning.sweep_name}/trials")["trials"]
    sweep = ask(address, key, f"/api/sweeps/{entity}/{project}/{tuning.sweep_name}")
    mine = next(one for one in trials if one["run"] == tuning.id)
    baselines = api.runs(path, filters={"jobType": "training"}, order="-created_at", per_page=1)
    counts = {
        name: shape[0]
        for name in PART_NAMES
        if isinstance(shape := dataset.metadata.get(f"y_{name} shape"), list | tuple)
    }
    return Facts(
        dataset=dataset.name,
        source=str(dataset.metadata.get("source")),
        counts=counts,
        baseline=of_epochs(baselines[0].summary) if len(baselines) else None,
        sweep=tuning.sweep_name,
        best_run=tuning.name,
        best_params=mine["params"] or {},
        metric=sweep["metric"]["used"],
        suggested=tuple(
            Suggested(one["seq"] + 1, (one["info"] or {}).get("engine", "?"), one["value"])
            for one in trials
            if one["seq"] is not None
        ),
        candidate=of_epochs(tuning.summary),
        retrained=of_epochs(retraining.summary),
        epochs=(int(tuning.config["epochs"]), int(retraining.config["epochs"])),
        val=Scores(measured["val_loss"], measured[f"val_{ACCURACY}"]),
        test=Scores(measured["test_loss"], measured[f"test_{ACCURACY}"]),
        models=tuple(
            sorted(
                f"{one.name} ({', '.join(sorted(one.aliases)) or 'no alias'})"
                for one in api.artifacts("model", f"{entity}/model-registry/MNIST_CNN")
            )
        ),
    )


def of_epochs(summary: Any) -> Scores:
    """Validation scores after the last epoch of a run."""
    return Scores(summary["epoch/val_loss"], summary[f"epoch/val_{ACCURACY}"])


def numbers(values: Sequence[int]) -> str:
    """`4`, `4 and 5`, `3, 5 and 6`."""
    words = [str(value) for value in values]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def scores(one: Scores) -> str:
    """Both figures of one measurement."""
    return f"loss {one.loss:.4f}, accuracy {one.accuracy:.2%}"


def searched(suggested: Sequence[Suggested]) -> str:
    """Which runs of the sweep the model suggested."""
    by_model = [one.number for one in suggested if one.engine == "model"]
    if not by_model:
        return f"none of {len(suggested)} runs"
    others = len(suggested) - len(by_model)
    return f"runs {numbers(by_model)} of {len(suggested)} (the first {others} spread over the space)"


def rows(facts: Facts) -> list[tuple[str, str]]:
    """Lines of the table: what, and how it came out."""
    parts = ", ".join(f"{facts.counts[name]} {PART_NAMES[name]}" for name in facts.counts)
    lines = [("dataset", f"{facts.dataset}, source {facts.source}: {parts}")]
    if facts.baseline is not None:
        lines.append(("baseline, validation", scores(facts.baseline)))
    params = ", ".join(f"{name} {short(value)}" for name, value in sorted(facts.best_params.items()))
    gap = facts.val.accuracy - facts.test.accuracy
    before, after = facts.epochs
    return [
        *lines,
        ("best run of the sweep", f"{facts.best_run} of sweep {facts.sweep}, by {facts.metric}"),
        ("  its parameters", params),
        ("  suggested by the model", searched(facts.suggested)),
        ("before retraining, validation", f"{scores(facts.candidate)} ({before} epochs)"),
        ("after retraining, validation", f"{scores(facts.retrained)} ({after} more epochs)"),
        ("evaluation, validation", scores(facts.val)),
        ("evaluation, test", f"{scores(facts.test)} (gap {gap * 100:+.2f} points)"),
        ("registered models", "\n".join(facts.models)),
    ]


def short(value: Any) -> str:
    """A parameter's value as a person would write it."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def render(facts: Facts) -> str:
    """The table as text of at most 100 columns."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for what, how in rows(facts):
        table.add_row(Text(what), Text(how))
    text = io.StringIO()
    Console(file=text, width=100, color_system=None).print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())
