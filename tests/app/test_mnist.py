"""The promised sizes, told with a file as large as MNIST: 4,899, 1,401 and 700 images."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import wandb

from tests.app.mnist import write_mnist
from tests.app.stages import Done, invite, quick_desk
from tests.live import live_server

pytestmark = pytest.mark.slow

SIZES = {"train": 4899, "val": 1401, "test": 700}


@dataclass
class Told:
    """What was done, and a client to read it back."""

    api: wandb.Api
    prepared: Done
    evaluated: Done


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Data preparation, the shortest training, evaluation."""
    directory = tmp_path_factory.mktemp("mnist")
    path = write_mnist(directory / "mnist.npz")
    with (
        live_server(directory) as server,
        quick_desk(server, directory / "ada") as desk,
        pytest.MonkeyPatch.context() as patch,
    ):
        invite(server)
        for name, value in desk.environment().items():
            if name != "PATH":
                patch.setenv(name, value)
        prepared = desk.well("data_prep", "--data_source", f"npz:{path}")
        desk.well("train", "--epochs", "1", "--batch_size", "256", "--lr", "0.001")
        desk.well("promote", "--artifact", "CNN_model:latest", "--alias", "to_evaluate")
        yield Told(wandb.Api(timeout=120), prepared, desk.well("evaluate"))
        wandb.teardown()


def test_c05_c10_c14_counts_of_ten_percent_of_mnist(told: Told) -> None:
    for name, count in SIZES.items():
        assert f"{name}: {count} images" in told.prepared.out.splitlines()
    assert "identical to an image of an earlier part" in told.prepared.out  # drawn from 1,797 images
    metadata = told.api.artifact("lab/MNIST/split-data:v0").metadata
    assert {name: metadata[f"y_{name} shape"][0] for name in SIZES} == SIZES
    assert (metadata["source"], metadata["fraction_percent"]) == ("npz:mnist.npz", 10)


def test_c13_c45_c48_tables_of_every_image_in_few_bytes(told: Told, tmp_path: Path) -> None:
    (run,) = told.api.runs("lab/MNIST", filters={"jobType": "evaluation"})
    pictures = 0
    for name in ("val", "test"):
        (artifact,) = [one for one in run.logged_artifacts() if f"-{name}_table:" in one.name]
        folder = Path(artifact.download(str(tmp_path / name)))
        table = json.loads((folder / f"{name}_table.table.json").read_text())
        assert len(table["data"]) == SIZES[name]
        files = [folder / row[0]["path"] for row in table["data"]]
        pictures += sum(file.stat().st_size for file in set(files))
    assert pictures <= 2_000_000
    (prepared,) = told.api.runs("lab/MNIST", filters={"jobType": "data-split"})
    assert prepared.summary["split_table"]["nrows"] == 7000


def test_c49_both_bars_are_shown(told: Told) -> None:
    for count in (1401, 700):
        assert f"{count}/{count} [" in told.evaluated.err
