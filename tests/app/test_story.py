"""The whole story against a live server, told once and read back by `wandb.Api()`.

Ada of the team lab prepares data, trains, tunes, promotes, retrains, promotes, evaluates.
"""

import json
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import wandb
import yaml

from app.utils.settings import NAMES
from tests.app.stages import Desk, Done, invite, key_of, quick_desk
from tests.live import LiveServer, live_server

pytestmark = pytest.mark.slow

HOME = "lab/MNIST"
ACCURACY = "sparse_categorical_accuracy"
HYPER = ("batch_size", "epochs", "lr", "dropout_1", "dropout_2", "dropout_3", "dense")
RUNS = 3
WRONG_SWEEP = """
method: bayess
metric: {name: epoch/val_loss, goal: minimize}
parameters: {lr: {min: 2.0, max: 1.0}, dense: {values: []}}
"""


@dataclass
class Story:
    """What was done, and a client to read it back."""

    server: LiveServer
    desk: Desk
    api: wandb.Api
    early: dict[str, Done] = field(default_factory=dict)
    done: dict[str, Done] = field(default_factory=dict)
    log: str = ""  # of the server, when the last stage had ended

    def runs(self, job_type: str) -> list[Any]:
        """Runs of one kind, oldest first."""
        return list(self.api.runs(HOME, filters={"jobType": job_type}, order="+created_at"))

    def one(self, job_type: str) -> Any:
        """The first run of a kind."""
        return self.runs(job_type)[0]

    def model(self, alias: str) -> Any:
        """A version of the registered model."""
        return self.api.artifact(f"lab/model-registry/MNIST_CNN:{alias}")

    @property
    def sweep(self) -> Any:
        """The sweep that was run."""
        return self.api.sweep(f"{HOME}/{self.one('tuning').sweep_name}")


def tell(story: Story) -> None:
    """Every stage, at small sizes."""
    desk, done = story.desk, story.done
    early = {
        "train": ("train",), "tune": ("train", "--tune"), "retrain": ("train", "--retrain"),
        "promote": ("promote",), "evaluate": ("evaluate",), "report": ("report",),
    }  # fmt: skip
    with ThreadPoolExecutor(2) as pool:
        for name, result in zip(early, pool.map(lambda one: desk.run(*one), early.values()), strict=True):
            story.early[name] = result
    done["data_prep"] = desk.well("data_prep", "--data_source", "digits")
    done["again"] = desk.well("data_prep", "--data_source", "digits", "--fraction", "100")
    done["alone"] = desk.well("data_prep", "--data_source", "digits", "--fraction", "20", WANDB_ENTITY="")
    # The client measures the machine each 15 s, and such a short stage may be over by then.
    often = {"WANDB__STATS_SAMPLING_INTERVAL": "1"}
    done["train"] = desk.well("train", "--lr", "0.001", "--epochs", "2", **often)
    # The sweep chooses `dense` itself: 32 would be seen.
    search = ("--tune", "--max_sweep", str(RUNS), "--epochs", "1", "--dense", "32")
    done["tune"] = desk.well("train", *search, WANDB_CACHE_DIR=str(desk.home / "empty"))
    done["candidate"] = desk.well("promote")
    wrong = desk.home / "wrong.yaml"
    wrong.write_text(WRONG_SWEEP)
    story.done["bad sweep"] = desk.run("train", "--tune", "--sweep_config", str(wrong))
    done["other split"] = desk.well("data_prep", "--data_source", "digits", "--seed", "7")
    done["retrain"] = desk.well("train", "--retrain", "--epochs", "2")
    done["to_evaluate"] = desk.well("promote", "--artifact", "CNN_model:latest", "--alias", "to_evaluate")
    done["evaluate"] = desk.well("evaluate")
    done["report"] = desk.well("report")
    desk.write_settings()
    unset = dict.fromkeys(NAMES, "")
    done["without images"] = desk.well("evaluate", "--no-generate-images", **unset)
    done["report again"] = desk.well("report", **unset)
    story.log = story.server.log


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The story, told."""
    directory = tmp_path_factory.mktemp("story")
    with (
        live_server(directory) as server,
        quick_desk(server, directory / "ada") as desk,
        pytest.MonkeyPatch.context() as patch,
    ):
        invite(server)
        for name, value in desk.environment().items():
            if name != "PATH":
                patch.setenv(name, value)
        made = Story(server, desk, wandb.Api(timeout=120))
        tell(made)
        yield made
        wandb.teardown()


def test_c04_out_of_order_the_message_says_what_comes_first(story: Story) -> None:
    said = {name: done.err.strip().splitlines()[-1] for name, done in story.early.items()}
    assert {name: done.status for name, done in story.early.items()} == dict.fromkeys(said, 2)
    for name in ("train", "tune"):
        assert said[name].startswith("ERROR: no split-data:latest in MNIST, run data_prep.py first")
    assert said["promote"].startswith("ERROR: no sweep in MNIST, run train.py --tune first (")
    for name, variable in (
        ("retrain", "WANDB_MODEL_RETRAIN"),
        ("evaluate", "WANDB_MODEL_EVAL"),
        ("report", "WANDB_MODEL_EVAL"),
    ):
        assert said[name].startswith(f"ERROR: {variable}: there is no model lab/model-registry/MNIST_CNN:")
        assert "promote.py make one" in said[name]
    assert story.api.artifact(f"{HOME}/split-data:v0")  # and afterwards all went well


def test_a_wrong_sweep_file_is_refused_with_all_its_mistakes(story: Story) -> None:
    done = story.done["bad sweep"]
    assert done.status == 2
    for words in (
        "ERROR: --sweep_config ",
        "wrong.yaml: ",
        "method: ",
        "parameters.lr: ",
        "parameters.dense",
    ):
        assert words in done.err
    assert "Traceback" not in done.err


def test_c50_every_stage_begins_and_ends_with_its_lines(story: Story) -> None:
    titles = {
        "data_prep": "Data preparation", "train": "Training", "tune": "Tuning", "retrain": "Retraining",
        "candidate": "Promotion", "evaluate": "Evaluation", "report": "Report",
    }  # fmt: skip
    for name, title in titles.items():
        lines = story.done[name].out.splitlines()
        assert lines[0].startswith(f"Logging to {story.server.base_url}, project MNIST ("), name
        assert lines[1] == f"=== {title} pipeline ===", name
        assert lines[-1] == "=== Finished ===", name


def test_c08_data_prep_needs_no_entity(story: Story) -> None:
    assert story.api.artifact("ada/MNIST/split-data:v0").metadata["fraction_percent"] == 20


def test_c09_c14_the_run_of_the_data(story: Story) -> None:
    run = story.one("data-split")
    assert run.state == "finished"
    for line in ("train: 1257 images", "val: 360 images", "test: 180 images"):
        assert line in story.done["data_prep"].out.splitlines()
    assert run.summary["same_images"] == 0
    assert run.summary["same_images_share"] == 0


def test_c11_the_dataset(story: Story, tmp_path: Path) -> None:
    import numpy as np

    artifact = story.api.artifact(f"{HOME}/split-data:v0")
    assert (artifact.type, sorted(artifact.manifest.entries)) == ("dataset", ["split-data.npz"])
    assert artifact.description
    sizes = {"train": 1257, "val": 360, "test": 180}
    for name, size in sizes.items():
        assert artifact.metadata[f"X_{name} shape"] == [size, 28, 28, 1]
        assert artifact.metadata[f"y_{name} shape"] == [size]
    assert artifact.metadata["source"] == "digits"
    with np.load(Path(artifact.download(str(tmp_path))) / "split-data.npz", allow_pickle=False) as held:
        assert {name: len(held[f"y_{name}"]) for name in sizes} == sizes
        assert held["X_train"].min() == -0.5
        assert held["X_train"].max() <= 0.5


def test_c12_the_picture_of_the_labels(story: Story, tmp_path: Path) -> None:
    from PIL import Image

    run = story.one("data-split")
    logged = run.summary["labels_distribution"]
    assert logged["_type"] == "image-file"
    assert logged["caption"] == "rescaled_labels_distribution"
    with run.file(logged["path"]).download(str(tmp_path)) as file:
        path = file.name
    with Image.open(path) as image:
        assert image.size == (logged["width"], logged["height"]) == (640, 400)


def test_c13_the_table_of_the_split(story: Story, tmp_path: Path) -> None:
    table = read_table(story, story.one("data-split"), "split_table", tmp_path)
    assert table["columns"] == ["label", "stage"]
    stages = [row[1] for row in table["data"]]
    assert {name: stages.count(name) for name in ("train", "val", "test")} == {
        "train": 1257, "val": 360, "test": 180,
    }  # fmt: skip
    assert {row[0] for row in table["data"]} == set(range(10))


def test_c15_equal_data_make_no_version_and_latest_moves_with_others(story: Story) -> None:
    versions = list(story.api.artifacts("dataset", f"{HOME}/split-data"))
    assert sorted(one.version for one in versions) == ["v0", "v1"]
    made = [[one.name for one in run.logged_artifacts() if one.type == "dataset"]
            for run in story.runs("data-split")]  # fmt: skip
    assert made == [["split-data:v0"], ["split-data:v0"], ["split-data:v1"]]
    assert {one.version: "latest" in one.aliases for one in versions} == {"v0": False, "v1": True}


def test_c18_c22_the_run_of_the_training(story: Story) -> None:
    run = story.one("training")
    assert (run.state, run.user.username) == ("finished", "ada")
    expected = {
        "batch_size": 64, "epochs": 2, "lr": 0.001, "dropout_1": 0.2, "dropout_2": 0.2, "dropout_3": 0.2,
        "dense": 128, "seed": 42,
    }  # fmt: skip
    assert dict(run.config) == expected
    rows = list(run.scan_history())
    assert [row["epoch/epoch"] for row in rows] == [0, 1]
    for row in rows:
        assert {"epoch/loss", "epoch/val_loss", f"epoch/{ACCURACY}", f"epoch/val_{ACCURACY}"} <= set(row)
        assert row["epoch/learning_rate"] == pytest.approx(0.001)
    assert rows[1]["epoch/loss"] < rows[0]["epoch/loss"]
    assert run.summary["epoch/val_loss"] == rows[1]["epoch/val_loss"]
    sampled = run.history(keys=["epoch/val_loss"], x_axis="epoch/epoch", pandas=False)
    assert [row["epoch/val_loss"] for row in sampled] == [row["epoch/val_loss"] for row in rows]
    system = run.history(stream="events", pandas=False)
    assert any(name.startswith("system.cpu") for row in system for name in row)


def test_c19_d9_the_training_used_the_dataset_itself(story: Story) -> None:
    run = story.one("training")
    assert [one.name for one in run.used_artifacts()] == ["split-data:v0"]
    assert {one.job_type for one in story.api.runs(HOME)} == {
        "data-split", "training", "tuning", "retraining", "evaluation",
    }  # fmt: skip
    users = {one.id for one in story.api.artifact(f"{HOME}/split-data:v0").used_by()}
    assert {run.id, *(one.id for one in story.runs("tuning"))} <= users


def test_c21_d11_the_model(story: Story) -> None:
    run = story.one("training")
    (model,) = [one for one in run.logged_artifacts() if one.type == "model"]
    assert (model.name, sorted(model.manifest.entries)) == (
        "CNN_model:v0", ["CNN_model.h5", "CNN_model.keras"],
    )  # fmt: skip
    assert model.description
    assert model.metadata == dict(run.config)


def test_c23_pages_of_runs_and_reports_answer(story: Story) -> None:
    urls = [story.one("training").url, *(report.url for report in story.api.reports(HOME))]
    assert len(urls) == 4
    with httpx.Client(auth=("api", key_of("ada")), trust_env=False) as http:
        assert {http.get(url).status_code for url in urls} == {200}


def report_titled(story: Story, title: str) -> Any:
    """A report of the project, read back by the library that wrote it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it uses validators that Pydantic calls old
        import wandb_workspaces.reports.v2 as wr

        (url,) = [one.url for one in story.api.reports(HOME) if one.display_name == title]
        return wr.Report.from_url(url)


def grids(report: Any) -> list[Any]:
    """The report's grids of panels."""
    return [block for block in report.blocks if type(block).__name__ == "PanelGrid"]


def chosen(name: str, value: str | list[str]) -> str:
    """A filter of runs as the library reads it back."""
    return f'Metric("{name}") {"in" if isinstance(value, list) else "=="} {value!r}'


def test_c51_three_reports_and_a_second_call_renews_them(story: Story) -> None:
    titles = ("Data and baseline", "Tuning", "Evaluation")
    reports = {one.display_name: one for one in story.api.reports(HOME)}
    assert sorted(reports) == sorted(titles)
    for title in titles:
        said = f"Report {title}: {reports[title].url}"
        assert said in story.done["report"].out.splitlines()
        assert said in story.done["report again"].out.splitlines()
        assert grids(report_titled(story, title))


def test_c51_the_report_of_the_data_and_the_baseline(story: Story) -> None:
    report = report_titled(story, "Data and baseline")
    texts = " ".join(block.text for block in report.blocks if hasattr(block, "text"))
    for words in (
        "split-data:v0",
        "source `digits`",
        "| training | 1,257 | 69.9% |",
        "| test | 180 | 10.0% |",
    ):
        assert words in texts
    baseline = story.one("training")
    assert f"loss {baseline.summary['epoch/val_loss']:.4f}" in texts
    assert "| lr | 0.001 |" in texts
    data, curves = grids(report)
    assert data.runsets[0].filters == chosen("ID", story.runs("data-split")[0].id)
    assert data.panels[0].media_keys == ["labels_distribution"]
    assert data.panels[1].table_name == "split_table"
    assert curves.runsets[0].filters == chosen("JobType", "training")
    assert [one.name for one in curves.panels[0].y] == ["epoch/loss", "epoch/val_loss"]
    logged = {name for row in baseline.scan_history() for name in row}
    assert {one.name for panel in curves.panels for one in [panel.x, *panel.y]} <= logged


def test_c29_c30_c51_the_report_of_the_sweep(story: Story) -> None:
    report = report_titled(story, "Tuning")
    (grid,) = grids(report)
    assert grid.runsets[0].filters == chosen("Sweep", story.sweep.id)
    kinds = [type(panel).__name__ for panel in grid.panels]
    assert kinds[:3] == ["ParallelCoordinatesPlot", "ParameterImportancePlot", "ScatterPlot"]
    axes = [column.metric.name for column in grid.panels[0].columns]
    assert axes == [*story.sweep.config["parameters"], "epoch/val_loss"]
    best = story.model("candidate").logged_by()
    (text,) = [block.text for block in report.blocks if hasattr(block, "text")]
    assert best.url in text
    assert f"| dense | 64, 128 | {best.config['dense']} |" in text
    assert "| lr | 0.0001 to 0.01, by its logarithm |" in text


def test_c51_c54_the_report_of_the_evaluation(story: Story) -> None:
    report = report_titled(story, "Evaluation")
    newest = story.runs("evaluation")[-1]
    seen = newest.summary
    texts = "\n".join(block.text for block in report.blocks if hasattr(block, "text"))
    val, test = seen[f"val_{ACCURACY}"], seen[f"test_{ACCURACY}"]
    assert f"| accuracy | {val:.2%} | {test:.2%} | {test - val:+.2%} |" in texts
    assert f"| loss | {seen['val_loss']:.4f} | {seen['test_loss']:.4f} |" in texts
    figures, wrong, every, curves = grids(report)
    for grid in (figures, wrong, every):
        assert grid.runsets[0].filters == chosen("ID", newest.id)
    assert [[one.name for one in panel.metrics] for panel in figures.panels[:2]] == [
        ["val_loss", "test_loss"], [f"val_{ACCURACY}", f"test_{ACCURACY}"],
    ]  # fmt: skip
    assert figures.panels[2].media_keys == ["confusion_matrices"]
    for grid in (wrong, every):
        assert [panel.table_name for panel in grid.panels] == ["val_table", "test_table"]
    (stored,) = [one.spec for one in story.api.reports(HOME) if one.display_name == "Evaluation"]
    panels = [block["metadata"]["panelBankSectionConfig"]["panels"] for block in stored["blocks"]
              if block["type"] == "panel-grid"]  # fmt: skip
    table = panels[1][0]["config"]["panel2Config"]["panelConfig"]["tableState"]["preFilterFunction"]
    assert table["fromOp"]["name"] == "number-notEqual"
    sides = [table["fromOp"]["inputs"][side]["fromOp"]["inputs"]["key"]["val"] for side in ("lhs", "rhs")]
    assert sides == ["val_true", "val_pred"]
    before, after = story.model("candidate").logged_by().id, story.one("retraining").id
    assert curves.runsets[0].filters == chosen("ID", [before, after])


def test_c24_c25_c28_d21_the_sweep(story: Story) -> None:
    sweep = story.sweep
    written = yaml.safe_load((Path(__file__).parents[2] / "app/pipelines/sweep.yaml").read_text())
    assert sweep.config["parameters"] == written["parameters"]
    assert sweep.config["metric"] == written["metric"]
    assert (sweep.config["method"], sweep.config["run_cap"]) == ("bayes", RUNS)
    assert sweep.state.upper() == "FINISHED"
    assert len(sweep.runs) == RUNS
    assert f"Sweep {sweep.id}: {RUNS} runs, 0 failed, state FINISHED" in story.done["tune"].out


def test_c26_c27_c31_the_runs_of_the_sweep(story: Story) -> None:
    runs = story.runs("tuning")
    assert {one.id for one in runs} == {one.id for one in story.sweep.runs}
    for run in runs:
        assert (run.state, run.config["epochs"]) == ("finished", 1)
        assert run.config["dense"] in {64, 128}  # the sweep wins over the flag
        assert run.config["batch_size"] in {64, 128}
        assert 1e-4 <= run.config["lr"] <= 1e-2
        assert [one.type for one in run.logged_artifacts()].count("model") == 1
        (model,) = [one for one in run.logged_artifacts() if one.type == "model"]
        assert {name: model.metadata[name] for name in HYPER} == {name: run.config[name] for name in HYPER}
    assert len({run.config["lr"] for run in runs}) == RUNS


def test_c29_c30_parameters_and_results_of_the_sweep_come_back_together(story: Story) -> None:
    with httpx.Client(base_url=story.server.base_url, auth=("api", key_of("ada")), trust_env=False) as http:
        answer = http.get(f"/api/sweeps/{HOME}/{story.sweep.id}/trials").raise_for_status().json()
    by_run = {one["run"]: one for one in answer["trials"]}
    for run in story.sweep.runs:
        trial = by_run[run.id]
        assert trial["value"] == run.summary["epoch/val_loss"]
        assert {name: run.config[name] for name in trial["params"]} == trial["params"]


def test_d10_the_dataset_is_fetched_once(story: Story) -> None:
    """By the search, whose cache is empty, for all its runs; who made the data has them already."""
    fetched = [line for line in story.log.splitlines() if " GET " in line and "split-data.npz" in line]
    assert len(fetched) == 1


def test_c32_the_best_model_is_the_candidate(story: Story) -> None:
    best = min(story.runs("tuning"), key=lambda run: run.summary["epoch/val_loss"])
    candidate = story.model("candidate")
    (made,) = [one for one in best.logged_artifacts() if one.type == "model"]
    assert (candidate.version, candidate.digest) == ("v0", made.digest)
    assert candidate.qualified_name in {
        "lab/model-registry/MNIST_CNN:v0",
        "lab/model-registry/MNIST_CNN:candidate",
    }
    assert story.model("v0").digest == made.digest
    assert candidate.logged_by().id == best.id
    assert "lab/model-registry/MNIST_CNN:v0, alias candidate" in story.done["candidate"].out


def test_c34_c38_d27_retraining_takes_the_hyper_parameters_of_the_model(story: Story) -> None:
    run, best = story.one("retraining"), story.model("candidate").logged_by()
    expected = {name: best.config[name] for name in HYPER}
    assert dict(run.config) == {
        **expected,
        "epochs": 2,
        "seed": 42,
        "model_id": "MNIST_CNN:candidate",
    }  # fmt: skip  (D27: and nothing else)


def test_c35_c36_d15_retraining_in_the_lineage(story: Story) -> None:
    run = story.one("retraining")
    assert (run.state, run.tags) == ("finished", ["candidate"])
    used = {one.type: one for one in run.used_artifacts()}
    assert used["dataset"].name == "split-data:v0"  # not v1, the latest: its test images may be known
    assert used["model"].digest == story.model("candidate").digest
    assert "was trained on split-data:v0, and split-data:" in story.done["retrain"].out


def test_c37_d26_retraining_goes_on_and_makes_the_next_version(story: Story) -> None:
    run, before = story.one("retraining"), story.model("candidate").logged_by()
    assert [one.name for one in run.logged_artifacts() if one.type == "model"] == [f"CNN_model:v{RUNS + 1}"]
    rows = list(run.scan_history())
    assert len(rows) == 2
    assert rows[0]["epoch/loss"] < before.summary["epoch/loss"]


def test_c39_c52_the_retrained_model_is_to_be_evaluated(story: Story) -> None:
    chosen = story.model("to_evaluate")
    assert chosen.version == "v1"
    assert chosen.logged_by().id == story.one("retraining").id
    assert f"CNN_model:v{RUNS + 1} is now lab/model-registry/MNIST_CNN:v1" in story.done["to_evaluate"].out


def test_c41_c42_c47_the_runs_of_the_evaluation(story: Story) -> None:
    retrained = story.one("retraining")
    for run in story.runs("evaluation"):
        assert (run.state, run.tags) == ("finished", ["evaluate"])
        used = {one.type: one for one in run.used_artifacts()}
        assert used["dataset"].name == "split-data:v0"
        assert used["model"].digest == story.model("to_evaluate").digest
        assert dict(run.config) == {
            **{name: retrained.config[name] for name in HYPER}, "model_id": "MNIST_CNN:to_evaluate",
        }  # fmt: skip


def test_c43_evaluation_metrics_agree_with_training_and_tables(story: Story, tmp_path: Path) -> None:
    run = story.one("evaluation")
    trained = story.one("retraining").summary
    assert run.summary["val_loss"] == pytest.approx(trained["epoch/val_loss"], rel=1e-3)
    assert run.summary[f"val_{ACCURACY}"] == pytest.approx(trained[f"epoch/val_{ACCURACY}"], abs=0.01)
    assert run.summary["test_loss"] > 0
    for name in ("val", "test"):
        table = read_table(story, run, f"{name}_table", tmp_path / name)
        right = sum(row[1] == row[2] for row in table["data"])
        assert run.summary[f"{name}_{ACCURACY}"] == pytest.approx(right / len(table["data"]), abs=1e-6)


def test_c44_confusion_matrices(story: Story) -> None:
    logged = story.one("evaluation").summary["confusion_matrices"]
    assert (logged["_type"], logged["count"]) == ("images/separated", 2)
    assert logged["captions"] == ["val_cm", "test_cm"]


def test_c45_c48_c54_tables_with_their_images(story: Story, tmp_path: Path) -> None:
    import numpy as np
    from PIL import Image

    run = story.one("evaluation")
    dataset = Path(story.api.artifact(f"{HOME}/split-data:v0").download(str(tmp_path / "data")))
    for name, rows in (("val", 360), ("test", 180)):
        artifact, folder = download_table(story, run, f"{name}_table", tmp_path / name)
        table = json.loads((folder / f"{name}_table.table.json").read_text())
        assert table["columns"] == ["image", f"{name}_true", f"{name}_pred"]
        assert len(table["data"]) == rows
        with np.load(dataset / "split-data.npz") as held:
            X, y = held[f"X_{name}"], held[f"y_{name}"]
        assert [row[1] for row in table["data"]] == y.tolist()
        for at in (0, rows // 2, rows - 1):
            with Image.open(folder / table["data"][at][0]["path"]) as image:
                assert np.array_equal(np.asarray(image), np.rint((X[at, ..., 0] + 0.5) * 255))
        assert artifact.size < rows * 1000
        wrong = [row for row in table["data"] if row[1] != row[2]]
        assert 0 < len(wrong) < rows or run.summary[f"{name}_{ACCURACY}"] == 1


def test_c46_without_images_the_tables_have_two_columns(story: Story, tmp_path: Path) -> None:
    with_images, without = story.runs("evaluation")
    for name in ("val", "test"):
        plain = read_table(story, without, f"{name}_table", tmp_path / "plain")
        full = read_table(story, with_images, f"{name}_table", tmp_path / "full")
        assert plain["columns"] == [f"{name}_true", f"{name}_pred"]
        assert plain["data"] == [row[1:] for row in full["data"]]


def test_c49_bars_are_shown(story: Story) -> None:
    assert "images: 100%" in story.done["evaluate"].err
    assert "images:" not in story.done["without images"].err
    assert "epochs: 100%" in story.done["train"].err
    assert f"sweep: 100%|{'#' * 5}" in story.done["tune"].err


def test_console_and_files_come_back(story: Story, tmp_path: Path) -> None:
    run = story.one("evaluation")
    names = {one.name for one in run.files()}
    assert {
        "config.yaml",
        "output.log",
        "wandb-metadata.json",
        "wandb-summary.json",
        "requirements.txt",
    } <= names
    with run.file("output.log").download(str(tmp_path)) as file:
        text = file.read()
    assert f"test: loss {run.summary['test_loss']:.4f}" in text
    metadata = run.metadata
    assert metadata["program"].endswith("evaluate.py")
    with run.file("config.yaml").download(str(tmp_path)) as file:
        assert yaml.safe_load(file.read())["model_id"]["value"] == "MNIST_CNN:to_evaluate"


def test_c53_from_the_evaluation_back_to_the_dataset(story: Story) -> None:
    """Dataset, sweep run, candidate, retraining, retrained model, evaluation: one chain."""
    evaluation = story.one("evaluation")
    model = next(one for one in evaluation.used_artifacts() if one.type == "model")
    retraining = model.logged_by()
    assert retraining.job_type == "retraining"
    candidate = next(one for one in retraining.used_artifacts() if one.type == "model")
    tuning = candidate.logged_by()
    assert (tuning.job_type, tuning.sweep_name) == ("tuning", story.sweep.id)
    dataset = next(one for one in tuning.used_artifacts() if one.type == "dataset")
    preparation = dataset.logged_by()
    assert (dataset.name, preparation.job_type) == ("split-data:v0", "data-split")
    assert {run.id for run in story.runs("evaluation")} <= {run.id for run in dataset.used_by()}
    assert evaluation.id in {run.id for run in story.model("to_evaluate").used_by()}


def test_a_second_person_downloads_the_candidate_and_a_stranger_can_not(story: Story, tmp_path: Path) -> None:
    name = "lab/model-registry/MNIST_CNN:candidate"
    ben = wandb.Api(api_key=key_of("ben"), overrides={"base_url": story.server.base_url})
    folder = Path(ben.artifact(name).download(str(tmp_path / "ben")))
    assert sorted(path.name for path in folder.iterdir()) == ["CNN_model.h5", "CNN_model.keras"]
    assert (folder / "CNN_model.h5").read_bytes().startswith(b"\x89HDF")
    eve = wandb.Api(api_key=key_of("eve"), overrides={"base_url": story.server.base_url})
    for wanted in (name, f"{HOME}/CNN_model:v1"):
        with pytest.raises((wandb.errors.CommError, ValueError)):
            eve.artifact(wanted)
    with pytest.raises((wandb.errors.CommError, ValueError)):
        len(eve.runs(HOME))


def test_c52_an_alias_moves_without_bytes(story: Story) -> None:
    """Last: it changes what the others read."""
    blobs = story.server.directory / "data" / "blobs" / "e"  # what clients sent; the server writes beside
    before = {path for path in blobs.rglob("*") if path.is_file()}
    assert len(before) > 500
    story.desk.well("promote", "--artifact", f"CNN_model:v{RUNS + 1}", "--alias", "candidate")
    assert story.model("candidate").version == "v1"
    assert sorted(story.model("v1").aliases)[:2] == ["candidate", "latest"]
    assert "candidate" not in story.model("v0").aliases
    assert {path for path in blobs.rglob("*") if path.is_file()} == before


def download_table(story: Story, run: Any, key: str, folder: Path) -> tuple[Any, Path]:
    """The artifact that holds a logged table, and its folder."""
    (artifact,) = [one for one in run.logged_artifacts() if one.name.startswith(f"run-{run.id}-{key}:")]
    return artifact, Path(artifact.download(str(folder / run.id / key)))


def read_table(story: Story, run: Any, key: str, folder: Path) -> dict[str, Any]:
    """A logged table as it was written."""
    _, path = download_table(story, run, key, folder)
    table: dict[str, Any] = json.loads((path / f"{key}.table.json").read_text())
    return table
