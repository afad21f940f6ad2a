"""The pipelines without TensorFlow: `make test-jax`, `make test-torch`, by hand: they build environments."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import wandb

from tests.app.stages import ROOT, Desk, invite
from tests.live import live_server

BACKEND = os.environ.get("BACKEND", "")  # jax | torch

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not BACKEND, reason="by hand: make test-jax and make test-torch build environments"),
]

KEYS = {
    "epoch/epoch", "epoch/loss", "epoch/val_loss", "epoch/sparse_categorical_accuracy",
    "epoch/val_sparse_categorical_accuracy", "epoch/learning_rate",
}  # fmt: skip


@pytest.fixture(scope="module")
def python() -> str:
    """An interpreter with the project's packages, the backend in place of TensorFlow."""
    target = ROOT / ".venvs" / f"{BACKEND}-py{sys.version_info[0]}{sys.version_info[1]}"
    lines = (ROOT / "requirements" / "app.in").read_text().splitlines()
    wanted = [line for line in lines if line and not line.startswith(("#", "tensorflow"))]
    pins = ["--constraint", str(ROOT / "requirements" / "demo.txt"), "--no-verify-hashes"]
    environment = {**os.environ, "UV_CACHE_DIR": str(ROOT / ".venvs" / "cache"), "UV_NO_CONFIG": "1"}
    environment.pop("VIRTUAL_ENV", None)
    uv, interpreter = [sys.executable, "-m", "uv"], str(target / "bin" / "python")
    if not Path(interpreter).exists():
        subprocess.run(
            [*uv, "venv", "--quiet", "--python", sys.executable, str(target)], env=environment, check=True
        )
    install = [*uv, "pip", "install", "--quiet", "--python", interpreter, *pins, *wanted, BACKEND]
    subprocess.run(install, env=environment, check=True)
    return interpreter


def test_c22_the_pipelines_run_without_tensorflow_and_log_the_same_keys(
    python: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with live_server(tmp_path) as server:
        invite(server)
        desk = Desk(server, tmp_path / "ada", python=python)
        for name, value in desk.environment().items():
            if name != "PATH":
                monkeypatch.setenv(name, value)
        desk.well("data_prep", "--data_source", "digits", "--fraction", "40")
        desk.well("train", "--epochs", "2", "--lr", "0.001", KERAS_BACKEND=BACKEND)
        desk.well("promote", "--artifact", "CNN_model:latest")
        desk.well("train", "--retrain", "--epochs", "1", KERAS_BACKEND=BACKEND)
        desk.well(
            "evaluate", "--no-generate-images", KERAS_BACKEND=BACKEND, WANDB_MODEL_EVAL="CNN_model:latest"
        )
        desk.well("train", "--tune", "--max_sweep", "2", "--epochs", "1", KERAS_BACKEND=BACKEND)
        api = wandb.Api(timeout=120)
        (trained,) = api.runs("lab/MNIST", filters={"jobType": "training"})
        for row in trained.scan_history():
            assert set(row) >= KEYS
        (retrained,) = api.runs("lab/MNIST", filters={"jobType": "retraining"})
        assert retrained.summary["epoch/loss"] < trained.summary["epoch/loss"]
        (evaluated,) = api.runs("lab/MNIST", filters={"jobType": "evaluation"})
        assert 0 < evaluated.summary["test_sparse_categorical_accuracy"] <= 1
        wandb.teardown()
