"""Where images come from."""

from pathlib import Path

import numpy as np
import pytest

from app.utils import datasets
from app.utils.datasets import load
from app.utils.problems import Problem
from tests.live import free_port


def mnist_file(path: Path, train: int = 60, test: int = 10) -> Path:
    """A small file laid out like `mnist.npz`, black but for one pixel that tells the label."""
    path.parent.mkdir(parents=True, exist_ok=True)
    labels = (np.arange(train + test) % 10).astype(np.uint8)
    images = np.zeros((train + test, 28, 28), np.uint8)
    images[:, 3, 5] = 255
    np.savez(
        path,
        x_train=images[:train], y_train=labels[:train], x_test=images[train:], y_test=labels[train:],
    )  # fmt: skip
    return path


def test_c11_the_bundled_digits_are_like_mnist(tmp_path: Path) -> None:
    got = load("digits", tmp_path)
    assert (got.X.shape, got.X.dtype, got.y.shape) == ((1797, 28, 28, 1), np.float32, (1797,))
    assert got.source == "digits"
    assert got.X.min() == -0.5
    assert 0.45 < got.X.max() <= 0.5
    assert sorted(set(got.y.tolist())) == list(range(10))


def test_c11_a_file_of_mnist_is_joined_and_scaled(tmp_path: Path) -> None:
    path = mnist_file(tmp_path / "mine.npz")
    got = load(f"npz:{path}", tmp_path)
    assert (got.X.shape, got.source) == ((70, 28, 28, 1), "npz:mine.npz")
    assert (got.X.min(), got.X.max()) == (-0.5, 0.5)
    assert got.X[0, 3, 5, 0] == 0.5
    assert got.y[:12].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]


def test_the_cached_mnist_is_taken_without_a_network(tmp_path: Path) -> None:
    mnist_file(tmp_path / "mnist.npz")
    assert load("mnist", tmp_path).source == "mnist"
    assert load("auto", tmp_path).source == "mnist"


def test_auto_falls_back_to_the_digits_and_says_so_loudly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent(cache: Path) -> datasets.Dataset:
        raise Problem("the download failed (no network)")

    monkeypatch.setattr(datasets, "load_mnist", absent)
    assert load("auto", tmp_path).source == "digits"
    said = capsys.readouterr().err
    assert said.startswith("*** MNIST could not be had: the download failed (no network).")
    assert "npz:PATH" in said
    with pytest.raises(Problem, match="no network"):
        load("mnist", tmp_path)


def test_without_a_network_mnist_is_given_up_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "MNIST_URL", f"http://127.0.0.1:{free_port()}/mnist.npz")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(Problem, match=r"the download failed \(.*refused"):
        load("mnist", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_bring_your_own_images(tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    np.savez(path, X=np.full((20, 28, 28, 1), 255.0), y=np.arange(20) % 2)
    got = load(f"npz:{path}", tmp_path)
    assert (got.X.shape, float(got.X.max()), got.y.dtype) == ((20, 28, 28, 1), 0.5, np.int64)


GOOD_X = np.full((20, 28, 28), 200, np.uint8)
GOOD_Y = np.arange(20) % 10


@pytest.mark.parametrize(
    "arrays",
    [
        {"X": GOOD_X},
        {"X": GOOD_X[:, :8, :8], "y": GOOD_Y},
        {"X": GOOD_X[:19], "y": GOOD_Y},
        {"X": GOOD_X, "y": GOOD_Y + 1},
        {"X": GOOD_X, "y": GOOD_Y - 1},
        {"X": GOOD_X, "y": GOOD_Y / 2},
        {"X": GOOD_X / 255, "y": GOOD_Y},
        {"X": GOOD_X * 2.0, "y": GOOD_Y},
        {"X": np.full((20, 28, 28), np.nan), "y": GOOD_Y},
        {"X": GOOD_X[:0], "y": GOOD_Y[:0]},
        {"X": np.array([{"an": "object"}], dtype=object), "y": GOOD_Y},
        {"x_train": GOOD_X, "y_train": GOOD_Y},
    ],
)
def test_images_of_another_kind_are_refused_with_what_was_expected(
    tmp_path: Path, arrays: dict[str, np.ndarray]
) -> None:
    path = tmp_path / "own.npz"
    np.savez(path, **arrays)
    with pytest.raises(Problem, match=r"own\.npz: .*expected arrays x_train"):
        load(f"npz:{path}", tmp_path)


def test_what_is_not_there_or_not_a_source_is_named(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"--data_source npz:.*nothing\.npz: there is no such file"):
        load(f"npz:{tmp_path}/nothing.npz", tmp_path)
    with pytest.raises(Problem, match="--data_source cifar: expected auto, mnist, digits or npz:PATH"):
        load("cifar", tmp_path)
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"PK\x03\x04")
    with pytest.raises(Problem, match=r"broken\.npz: .*expected arrays"):
        load(f"npz:{broken}", tmp_path)
