"""Where the images come from: MNIST, scikit-learn's small digits, or a file of one's own."""

import socket
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.utils.problems import Problem
from app.utils.splits import NOT_READ, Images, Labels, opened

SIDE = 28
MNIST_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"  # where Keras has it from
DOWNLOAD_TIMEOUT_S = 10
DIGITS_NOTICE = """\
*** MNIST could not be had: {reason}.
*** Using scikit-learn's bundled digits instead: 1,797 real 8x8 images, enlarged to 28x28.
*** Results are not those of MNIST; `source` in the metadata of the dataset says so.
*** To use MNIST: --data_source npz:PATH/TO/mnist.npz, or try again with a network."""


@dataclass(frozen=True)
class Dataset:
    """Grey images (n, 28, 28, 1) in [-0.5, 0.5], labels (n,) from 0 to 9, and their source."""

    X: Images
    y: Labels
    source: str


def load(source: str, cache: Path) -> Dataset:
    """Images from `auto`, `mnist`, `digits` or `npz:PATH`. `cache` is the folder of Keras datasets."""
    if source == "digits":
        return load_digits()
    if source == "mnist":
        return load_mnist(cache)
    if source.startswith("npz:"):
        return load_npz(Path(source.removeprefix("npz:")).expanduser())
    if source != "auto":
        raise Problem(f"--data_source {source}: expected auto, mnist, digits or npz:PATH")
    try:
        return load_mnist(cache)
    except Problem as problem:
        print(DIGITS_NOTICE.format(reason=problem), file=sys.stderr, flush=True)
        return load_digits()


def load_mnist(cache: Path) -> Dataset:
    """MNIST from the cache, else downloaded there."""
    path = cache / "mnist.npz"
    if not path.exists():
        try:
            with _network_timeout(DOWNLOAD_TIMEOUT_S):
                # Keras takes seconds to import: not before there is somebody to download from.
                urllib.request.urlopen(urllib.request.Request(MNIST_URL, method="HEAD")).close()
                import keras

                keras.datasets.mnist.load_data(str(path.resolve()))
        except Exception as error:  # noqa: BLE001 - Keras passes on whatever its download raises
            raise Problem(f"the download failed ({error})") from None
    return Dataset(*_arrays(path), "mnist")


def load_digits() -> Dataset:
    """scikit-learn's digits, enlarged smoothly."""
    from PIL import Image
    from sklearn.datasets import load_digits as bundled  # start-up time of the other sources

    small, labels = bundled(return_X_y=True)
    large = [
        np.asarray(
            Image.fromarray((one.reshape(8, 8) * (255 / 16)).astype(np.uint8)).resize(
                (SIDE, SIDE), Image.Resampling.BICUBIC
            )
        )
        for one in small
    ]
    return Dataset(scaled(np.stack(large)), labels.astype(np.int64), "digits")


def load_npz(path: Path) -> Dataset:
    """Images of one's own, in a file laid out like `mnist.npz`, or with arrays `X` and `y`."""
    if not path.is_file():
        raise Problem(f"--data_source npz:{path}: there is no such file")
    return Dataset(*_arrays(path), f"npz:{path.name}")


def scaled(images: "np.ndarray[Any, Any]") -> Images:
    """Grey levels 0..255 as (n, 28, 28, 1) in [-0.5, 0.5]."""
    result: Images = (images.astype(np.float32) / 255 - 0.5).reshape(-1, SIDE, SIDE, 1)
    return result


def _arrays(path: Path) -> tuple[Images, Labels]:
    """Images and labels of an npz file, the parts of MNIST joined."""
    expected = (
        "expected arrays x_train, y_train, x_test, y_test (as in mnist.npz) or X and y; images "
        f"(n, {SIDE}, {SIDE}) with grey levels 0 to 255, labels (n,) from 0 to 9"
    )
    try:
        with opened(path) as held:
            if "x_train" in held:
                X = np.concatenate([held["x_train"], held["x_test"]])
                y = np.concatenate([held["y_train"], held["y_test"]])
            else:
                X, y = held["X"], held["y"]
    except NOT_READ as error:
        raise Problem(f"{path.name}: {error}; {expected}") from None
    right = (
        X.shape in {(len(y), SIDE, SIDE), (len(y), SIDE, SIDE, 1)}
        and y.ndim == 1
        and len(y) > 0
        and np.issubdtype(y.dtype, np.integer)
        and np.issubdtype(X.dtype, np.number)
        and 0 <= y.min() <= y.max() <= 9
        and X.min() >= 0
        and 1 < X.max() <= 255
    )
    if not right:
        raise Problem(f"{path.name}: images {X.shape} {X.dtype}, labels {y.shape} {y.dtype}; {expected}")
    return scaled(X), y.astype(np.int64)


@contextmanager
def _network_timeout(seconds: float) -> Iterator[None]:
    """A time-out for sockets of code that offers none."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
