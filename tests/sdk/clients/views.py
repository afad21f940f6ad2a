"""Reports, workspaces and custom charts come back as they were saved."""

import json
from pathlib import Path

import wandb
import wandb_workspaces.reports.v2 as wr
import wandb_workspaces.workspaces as ws
from common import ME, check, end, same, step
from wandb_workspaces._graphql import execute_graphql

PROJECT = "shown"


def plain(value):
    """A model's dump without what is absent: the client reads absent lists as empty ones."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items() if inner not in (None, [], {})}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


with wandb.init(project=PROJECT) as run:
    for i in range(3):
        run.log({"loss": 1 / (i + 1), "acc": i})

step("a report", "upsertView", "SpecificReport", "ProjectInternalId", "GetProjects", "CreateProject")
report = wr.Report(
    project=PROJECT,
    entity=ME,
    title="What came out",
    description="all of it",
    width="fixed",
    blocks=[
        wr.TableOfContents(),
        wr.H1("One"),
        wr.P(["words, ", wr.Link("a link", "https://example.org"), " and ", wr.InlineLatex("e^x")]),
        wr.UnorderedList(["a", "b"]),
        wr.CheckedList([wr.CheckedListItem("done", checked=True)]),
        wr.CodeBlock("print(1)", language="python"),
        wr.MarkdownBlock("**bold**"),
        wr.LatexBlock("a^2"),
        wr.CalloutBlock("look"),
        wr.HorizontalRule(),
        wr.Image("https://example.org/a.png", caption="far"),
        wr.WeaveBlockSummaryTable(ME, PROJECT, "answers"),
        wr.WeaveBlockArtifactVersionedFile(ME, PROJECT, "model", "v0", "all.table.json"),
        wr.WeaveBlockArtifact(ME, PROJECT, "model", "lineage"),
        wr.PanelGrid(
            runsets=[wr.Runset(ME, PROJECT, name="all", filters="Config('lr') > 0.1")],
            panels=[
                wr.LinePlot(x="Step", y=["loss"], smoothing_factor=0.5, layout=wr.Layout(0, 0, 8, 6)),
                wr.BarPlot(metrics=["acc"]),
                wr.ScatterPlot(x="loss", y="acc"),
                wr.ScalarChart(metric="loss", groupby_aggfunc="max"),
                wr.ParallelCoordinatesPlot(columns=[wr.ParallelCoordinatesPlotColumn("c::lr")]),
                wr.ParameterImportancePlot(with_respect_to="loss"),
                wr.RunComparer(),
                wr.MediaBrowser(media_keys=["image"]),
                wr.MarkdownPanel("words"),
                wr.CustomChart(query={"summary": ["loss"]}),
            ],
        ),
    ],
)
report.save()
again = wr.Report.from_url(report.url)
same((again.title, again.description), ("What came out", "all of it"))
sent = report._to_model().spec.model_dump(by_alias=True)
seen = wr.Report.from_url(report.url, as_model=True).spec.model_dump(by_alias=True)
same(seen["width"], "fixed")
same([one.get("type") for one in seen["blocks"]], [one.get("type") for one in sent["blocks"]])
same(plain(seen), plain(sent))
report.title = "What really came out"
report.save()
same(wr.Report.from_url(report.url).title, "What really came out")

step("reports of a project, drafts apart", "ProjectViews")
draft = wr.Report(project=PROJECT, entity=ME, title="Not yet")
draft.save(draft=True)
found = wandb.Api().reports(f"{ME}/{PROJECT}")
same([one.display_name for one in found], ["What really came out"])
stored = json.loads(found[0].spec) if isinstance(found[0].spec, str) else found[0].spec
same(stored["width"], "fixed")

step("unknown parts of a view come back too", "upsertView")
upsert = """
mutation upsertView($id: ID, $spec: String) {
  upsertView(input: {id: $id, spec: $spec}) { view { id spec } inserted }
}
"""
read = "query SpecificReport($reportId: ID!) { view(id: $reportId) { id spec type } }"
strange = json.dumps(
    {"version": 99, "blocks": [{"type": "from-the-future", "children": [1, None, "Ü"]}], "z": 1, "a": 2}
)
api = wandb.Api()
view_id = execute_graphql(api, upsert, {"id": report.id, "spec": strange})["upsertView"]["view"]["id"]
same(execute_graphql(api, read, {"reportId": view_id})["view"]["spec"], strange)

step("blocks that the pages write, and one that asks in a way nobody knows", "upsertView")
blocks = [one["block"] for one in json.loads(Path(__file__).with_name("embedded_blocks.json").read_text())]
ask = {"panelConfig": {"exp": {"fromOp": {"name": "from-the-future", "inputs": {"n": [1.5, None]}}}}}
blocks.append({"type": "weave-panel", "children": [{"text": ""}], "config": ask})
execute_graphql(api, upsert, {"id": report.id, "spec": json.dumps({"version": 5, "blocks": blocks})})
for _ in range(2):
    again = wr.Report.from_url(report.url)
    table, file, artifact, unknown = again.blocks
    same(table, wr.WeaveBlockSummaryTable("lab", "digits", "val_table"))
    same(file, wr.WeaveBlockArtifactVersionedFile("lab", "digits", "answers", "v0", "all.table.json"))
    same(artifact, wr.WeaveBlockArtifact("lab", "digits", "model", "lineage"))
    same(unknown.config, ask)
    again.save()

step("delete", "deleteView")
report.delete()
same(len(wandb.Api().reports(f"{ME}/{PROJECT}")), 0)

step("a workspace", "UpsertView2", "View")
space = ws.Workspace(
    entity=ME,
    project=PROJECT,
    name="mine",
    sections=[
        ws.Section(
            name="losses",
            is_open=True,
            panels=[wr.LinePlot(x="Step", y=["loss"]), wr.BarPlot(metrics=["acc"])],
        )
    ],
    settings=ws.WorkspaceSettings(x_axis="_step", smoothing_type="gaussian", smoothing_weight=20, max_runs=7),
    runset_settings=ws.RunsetSettings(query="a", order=[ws.Ordering(ws.Summary("loss"), ascending=True)]),
)
space.save()
again = ws.Workspace.from_url(space.url)
same(again.name, "mine")
same(
    plain(again._to_model().spec.model_dump(by_alias=True)),
    plain(space._to_model().spec.model_dump(by_alias=True)),
)
space.name = "ours"
space.save()
same(ws.Workspace.from_url(space.url).name, "ours")

step("a custom chart", "CreateCustomChart")
name = wandb.Api().create_custom_chart(
    entity=ME,
    name="ours",
    display_name="Ours",
    spec_type="vega2",
    access="private",
    spec={"mark": "bar", "future": 1},
)
same(name, f"{ME}/ours")
check(ME in name)
end()
