"""The classifier: its layers, its files, its seeds, what is logged while it learns. One import of Keras."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.utils.hyperparameters import DEFAULTS
from app.utils.problems import Problem
from app.utils.tracking import folder

pytestmark = pytest.mark.slow

KEYS = {
    "epoch/epoch", "epoch/loss", "epoch/val_loss", "epoch/sparse_categorical_accuracy",
    "epoch/val_sparse_categorical_accuracy", "epoch/learning_rate",
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _keras() -> None:
    """TensorFlow warns at its import and in its conversions; that is its business."""
    import warnings

    warnings.simplefilter("ignore")


def few(count: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """Images that are easily told apart."""
    y = np.arange(count) % 10
    X = np.full((count, 28, 28, 1), -0.5, np.float32)
    for at, label in enumerate(y):
        X[at, 2 * label : 2 * label + 4, 4:20] = 0.5
    return X, y


def built(seed: int = 1, **hyper: Any) -> Any:
    """A fresh model."""
    import keras

    from app.models.cnn import build_cnn

    keras.utils.set_random_seed(seed)
    return build_cnn({**DEFAULTS, "lr": 0.001, **hyper})


@pytest.mark.filterwarnings("ignore")
def test_c20_d8_the_model_is_the_one_described() -> None:
    model = built(dropout_1=0.3, dropout_2=0.4, dropout_3=0.5)
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds == [
        "Conv2D", "MaxPooling2D", "Dropout", "Conv2D", "MaxPooling2D", "Dropout", "Flatten", "Dense",
        "Dropout", "Dense",
    ]  # fmt: skip
    first, second = model.layers[0], model.layers[3]
    assert (first.filters, first.kernel_size, second.filters, second.kernel_size) == (32, (5, 5), 64, (5, 5))
    assert [layer.rate for layer in model.layers if type(layer).__name__ == "Dropout"] == [0.3, 0.4, 0.5]
    assert (model.layers[7].units, model.layers[9].units) == (128, 10)
    assert model.layers[9].activation.__name__ == "softmax"
    assert model.count_params() == 454_922
    assert type(model.optimizer).__name__ == "Adam"
    assert float(model.optimizer.learning_rate) == pytest.approx(0.001)
    assert model.loss == "sparse_categorical_crossentropy"
    X, y = few(8)
    assert set(model.evaluate(X, y, return_dict=True, verbose=0)) == {"loss", "sparse_categorical_accuracy"}


@pytest.mark.filterwarnings("ignore")
def test_d14_one_seed_makes_one_model() -> None:
    first, again, other = (built(seed).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("removed", ["", "CNN_model.keras", "CNN_model.h5"])
def test_c34_d13_d26_training_goes_on_from_the_files(tmp_path: Path, removed: str) -> None:
    from app.models.files import load_model, save_model

    X, y = few()
    model = built()
    model.fit(X, y, epochs=3, verbose=0)
    before = model.predict(X, verbose=0)
    steps = int(model.optimizer.iterations)
    loss = model.evaluate(X, y, return_dict=True, verbose=0)["loss"]
    save_model(model, tmp_path)
    if removed:
        (tmp_path / removed).unlink()
    again = load_model(tmp_path, 0.001)
    assert np.allclose(again.predict(X, verbose=0), before, atol=1e-6)
    assert float(again.optimizer.learning_rate) == pytest.approx(0.001)
    # The file that keeps the optimiser is preferred; from the other one its moments begin anew.
    assert int(again.optimizer.iterations) == (0 if removed == "CNN_model.keras" else steps)
    again.fit(X, y, epochs=3, verbose=0)
    assert again.evaluate(X, y, return_dict=True, verbose=0)["loss"] < loss


def test_a_model_without_files_is_told(tmp_path: Path) -> None:
    from app.models.files import load_model

    with pytest.raises(Problem, match=r"neither CNN_model\.keras nor CNN_model\.h5"):
        load_model(tmp_path, 0.001)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("text", "said"), [(None, "No such file"), ("a: [", "while parsing"), ("- 1", "a mapping")]
)
def test_a_sweep_file_that_is_none_is_told(tmp_path: Path, text: str | None, said: str) -> None:
    from app.utils.training import read_sweep

    path = tmp_path / "sweep.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(Problem, match=f"--sweep_config .*{said}"):
        read_sweep(path)


def test_d16_parallel_runs_have_folders_of_their_own() -> None:
    with folder() as first, folder() as second:
        assert first != second
        assert first.is_dir()
    assert not first.exists()
    assert not second.exists()


@pytest.mark.filterwarnings("ignore")
def test_c22_d12_both_loggers_log_the_same_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """wandb's own callback where it works, ours elsewhere, by the real client without a server."""
    import wandb
    from wandb.integration.keras import WandbMetricsLogger

    from app.utils.callbacks import NeutralMetricsLogger, metrics_logger

    monkeypatch.setenv("WANDB_DIR", str(tmp_path))
    monkeypatch.setenv("WANDB_MODE", "offline")
    X, y = few(32)
    seen = {}
    for kind in (WandbMetricsLogger, NeutralMetricsLogger):
        with wandb.init(project="keys") as run:
            callback = metrics_logger(run) if kind is WandbMetricsLogger else NeutralMetricsLogger(run)
            assert type(callback) is kind
            built().fit(X, y, epochs=2, verbose=0, validation_data=(X, y), callbacks=[callback])
            seen[kind] = {
                name: value for name, value in dict(run.summary).items() if name.startswith("epoch/")
            }
    wandb.teardown()
    theirs, ours = seen.values()
    assert set(theirs) == set(ours) == KEYS
    assert theirs == pytest.approx(ours, abs=1e-4)


def test_the_backend_can_be_chosen_and_is_tensorflow_by_default() -> None:
    code = "import os, app; print(os.environ['KERAS_BACKEND'])"
    for given, expected in (({}, "tensorflow"), ({"KERAS_BACKEND": "jax"}, "jax")):
        environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**environment, **given},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == expected
