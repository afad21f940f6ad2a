"""The workflow's three reports. Their texts tell the figures of one lineage; their panels stay live."""

from collections.abc import Mapping, Sequence
from typing import Any

import wandb
import wandb_workspaces.reports.v2 as wr

from app.models import METRIC
from app.utils.lineage import Lineage, lineage_of
from app.utils.settings import Settings
from app.utils.splits import STAGES
from app.utils.tracking import hyper_of, project_path

PARTS = {"train": "training", "val": "validation", "test": "test"}
EPOCH = "epoch/epoch"
LOSS, ACCURACY = "epoch/val_loss", f"epoch/val_{METRIC}"
WIDTH = 24
NOTE = "Written by app/pipelines/report.py, which renews it at each call."


class Desk:
    """Makes reports of one project, and what they are made of."""

    def __init__(self, settings: Settings) -> None:
        """`settings` name the entity and the project."""
        assert settings.entity is not None
        self.entity, self.project = settings.entity, settings.project

    def report(self, title: str, blocks: Sequence[Any]) -> wr.Report:
        """A report that is not saved yet."""
        return wr.Report(
            entity=self.entity, project=self.project, title=title, description=NOTE, blocks=list(blocks)
        )

    def grid(self, name: str, which: str, panels: Sequence[Any], columns: Sequence[str] = ()) -> wr.PanelGrid:
        """Panels over the runs that a filter chooses; `columns` stand first in the list of runs."""
        runs = wr.Runset(
            entity=self.entity, project=self.project, name=name, filters=which, pinned_columns=list(columns)
        )
        return wr.PanelGrid(runsets=[runs], panels=list(panels))


def place(x: int, y: int, w: int, h: int = 8) -> wr.Layout:
    """Where a panel lies in a grid of 24 columns."""
    return wr.Layout(x=x, y=y, w=w, h=h)


def table(key: str, layout: wr.Layout) -> wr.WeavePanelSummaryTable:
    """The logged table of a key."""
    return wr.WeavePanelSummaryTable(table_name=key, layout=layout)


def unequal_rows(key: str, left: str, right: str, layout: wr.Layout) -> wr.WeavePanel:
    """Those rows of a logged table in which two columns differ.

    The filter has the form in which W&B's table panel keeps one that a person types.
    """

    def cell(column: str) -> dict[str, Any]:
        inputs = {
            "obj": {"nodeType": "var", "type": "any", "varName": "row"},
            "key": {"nodeType": "const", "type": "string", "val": column},
        }
        return {"nodeType": "output", "type": "number", "fromOp": {"name": "pick", "inputs": inputs}}

    differ = {"name": "number-notEqual", "inputs": {"lhs": cell(left), "rhs": cell(right)}}
    only = {"nodeType": "output", "type": "boolean", "fromOp": differ}
    config = table(key, layout)._to_model().config  # the panel without a filter, which the library writes
    config["panel2Config"]["panelConfig"] = {"tableState": {"preFilterFunction": only}}
    return wr.WeavePanel(config=config, layout=layout)


def curves(title: str, metrics: Sequence[str], layout: wr.Layout) -> wr.LinePlot:
    """Metrics over the epochs."""
    return wr.LinePlot(title=title, x=EPOCH, y=list(metrics), title_x="epoch", layout=layout)


def rows_of(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; every column but the first is set right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def link(name: str, thing: Any) -> str:
    """A Markdown link to the page of a run or version."""
    return f"[{name}]({thing.url})"


def short(value: object) -> str:
    """A value as a person would write it."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def measured(run: Any) -> str:
    """What a run of training reached on the validation images."""
    return f"loss {run.summary[LOSS]:.4f}, accuracy {run.summary[ACCURACY]:.2%}"


def data_and_baseline(desk: Desk, story: Lineage) -> wr.Report:
    """How the data were split, and the first model that is to be beaten."""
    metadata = story.dataset.metadata
    counts = {name: int(metadata[f"y_{name} shape"][0]) for name in STAGES}
    whole = sum(counts.values())
    same = story.preparation.summary.get("same_images", 0)
    blocks = [
        wr.MarkdownBlock(
            f"{link(story.dataset.name, story.dataset)} holds {whole:,} images of handwritten digits, source "
            f"`{metadata['source']}`. Each part has all ten classes in the same shares; {same} validation or "
            "test images are identical to an image of an earlier part.\n\n"
            + rows_of(
                ["part", "images", "share"],
                [[PARTS[name], f"{count:,}", f"{count / whole:.1%}"] for name, count in counts.items()],
            )
        ),
        desk.grid(
            "Data preparation",
            f"Metric('ID') == '{story.preparation.id}'",
            [
                wr.MediaBrowser(
                    title="Images of each class",
                    media_keys=["labels_distribution"],
                    num_columns=1,
                    layout=place(0, 0, 12, 10),
                ),
                table("split_table", place(12, 0, 12, 10)),
            ],
        ),
        wr.H1("Baseline"),
    ]
    if story.baseline is not None:
        given = [[name, short(value)] for name, value in hyper_of(story.baseline.config).items()]
        blocks.append(
            wr.MarkdownBlock(
                f"{link(story.baseline.name, story.baseline)}, the newest run of plain training, reached "
                f"{measured(story.baseline)} on the validation images with\n\n"
                + rows_of(["hyper-parameter", "value"], given)
            )
        )
    blocks.append(
        desk.grid(
            "Baselines",
            "Metric('JobType') == 'training'",
            [
                curves("Loss", ["epoch/loss", LOSS], place(0, 0, 12)),
                curves("Accuracy", [f"epoch/{METRIC}", ACCURACY], place(12, 0, 12)),
            ],
            [f"summary:{LOSS}", f"summary:{ACCURACY}", "config:lr.value"],
        )
    )
    return desk.report("Data and baseline", blocks)


def searched(parameter: Mapping[str, Any]) -> str:
    """What a sweep could choose for a parameter."""
    if "values" in parameter:
        return ", ".join(map(short, parameter["values"]))
    if "value" in parameter:
        return short(parameter["value"])
    words = f"{short(parameter.get('min'))} to {short(parameter.get('max'))}"
    return f"{words}, by its logarithm" if "log" in parameter.get("distribution", "") else words


def tuning(desk: Desk, story: Lineage, sweep: Any) -> wr.Report:
    """What the sweep searched, what mattered, what it found."""
    space, best = sweep.config["parameters"], story.tuning
    text = (
        f"Sweep {link(story.sweep, sweep)} searched for the best `{sweep.config['metric']['name']}` by the "
        f"method `{sweep.config['method']}`. Its best run, {link(best.name, best)}, reached "
        f"{measured(best)} in {best.config['epochs']} epochs"
    )
    if story.baseline is not None:
        text += f"; the baseline reached {measured(story.baseline)} in {story.baseline.config['epochs']}"
    found = [[name, searched(space[name]), short(best.config[name])] for name in space]
    axes = [
        wr.ParallelCoordinatesPlotColumn(metric=wr.Config(name), log=name == "lr" or None) for name in space
    ]
    return desk.report(
        "Tuning",
        [
            wr.MarkdownBlock(f"{text}.\n\n" + rows_of(["hyper-parameter", "searched", "best run"], found)),
            desk.grid(
                "Runs of the sweep",
                f"Metric('Sweep') == '{story.sweep}'",
                [
                    wr.ParallelCoordinatesPlot(
                        title="Hyper-parameters and validation loss",
                        columns=[
                            *axes, wr.ParallelCoordinatesPlotColumn(metric=wr.SummaryMetric(LOSS)),
                        ],
                        layout=place(0, 0, WIDTH, 10),
                    ),
                    wr.ParameterImportancePlot(with_respect_to=LOSS, layout=place(0, 10, 12)),
                    wr.ScatterPlot(
                        title="Learning rate and validation loss",
                        x=wr.Config("lr"),
                        y=wr.SummaryMetric(LOSS),
                        log_x=True,
                        layout=place(12, 10, 12),
                    ),
                    curves("Validation loss", [LOSS], place(0, 18, 12)),
                    curves("Validation accuracy", [ACCURACY], place(12, 18, 12)),
                ],
                [f"summary:{LOSS}", *(f"config:{name}.value" for name in space)],
            ),
        ],
    )  # fmt: skip


def evaluation(desk: Desk, story: Lineage) -> wr.Report:
    """Validation beside test, the wrong predictions, and what retraining brought."""
    seen = story.evaluation.summary
    compared = []
    for words, key, form in (("loss", "loss", "{:.4f}"), ("accuracy", METRIC, "{:.2%}")):
        val, test = seen[f"val_{key}"], seen[f"test_{key}"]
        signed = form.replace(":", ":+")
        compared.append([words, form.format(val), form.format(test), signed.format(test - val)])
    before, after = story.tuning, story.retraining
    mine = f"Metric('ID') == '{story.evaluation.id}'"
    return desk.report(
        "Evaluation",
        [
            wr.MarkdownBlock(
                f"{link(story.evaluated.name, story.evaluated)} on images it was not trained on, in the run "
                f"{link(story.evaluation.name, story.evaluation)}. The test images had no part in choosing "
                "it, so a large difference would mean that the choice fitted the validation images.\n\n"
                + rows_of(["", "validation", "test", "difference"], compared)
            ),
            desk.grid(
                "This evaluation",
                mine,
                [
                    wr.BarPlot(
                        title="Loss", metrics=["val_loss", "test_loss"], layout=place(0, 0, 12)
                    ),
                    wr.BarPlot(
                        title="Accuracy", metrics=[f"val_{METRIC}", f"test_{METRIC}"],
                        layout=place(12, 0, 12),
                    ),
                    wr.MediaBrowser(
                        title="Confusion", media_keys=["confusion_matrices"], num_columns=2,
                        layout=place(0, 8, WIDTH, 12),
                    ),
                ],
            ),
            wr.H1("Wrong predictions"),
            desk.grid(
                "This evaluation",
                mine,
                [
                    unequal_rows("val_table", "val_true", "val_pred", place(0, 0, 12, 12)),
                    unequal_rows("test_table", "test_true", "test_pred", place(12, 0, 12, 12)),
                ],
            ),
            wr.H1("All predictions"),
            desk.grid(
                "This evaluation",
                mine,
                [
                    table("val_table", place(0, 0, 12, 12)),
                    table("test_table", place(12, 0, 12, 12)),
                ],
            ),
            wr.H1("Retraining"),
            wr.MarkdownBlock(
                f"{link(before.name, before)} of the sweep reached {measured(before)} on the validation "
                f"images; {link(after.name, after)} went on from there and reached {measured(after)} after "
                f"{after.config['epochs']} more epochs."
            ),
            desk.grid(
                "Before and after",
                f"Metric('ID') in ['{before.id}', '{after.id}']",
                [
                    curves("Validation loss", [LOSS], place(0, 0, 12)),
                    curves("Validation accuracy", [ACCURACY], place(12, 0, 12)),
                ],
            ),
        ],
    )  # fmt: skip


def write_reports(settings: Settings) -> list[wr.Report]:
    """Save the three reports; one of the same title in the project is replaced, its link stays."""
    api, desk = wandb.Api(), Desk(settings)
    story = lineage_of(api, settings)
    home = project_path(settings)
    known = {one.display_name: one.id for one in api.reports(home)}
    made = [
        data_and_baseline(desk, story),
        tuning(desk, story, api.sweep(f"{home}/{story.sweep}")),
        evaluation(desk, story),
    ]
    for report in made:
        report.id = known.get(report.title, "")
        report.save()
    return made
