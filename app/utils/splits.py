"""Sampling and splitting labelled images, class by class in the same shares."""

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import train_test_split
from tqdm import tqdm

from app.utils.problems import Problem

Images = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
NOT_READ = (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error)
STAGES = ("train", "val", "test")
FILE = "split-data.npz"
PIECE = 1000  # examples written between two steps of the bar
BEGINNING = (1980, 1, 1, 0, 0, 0)  # of time in a zip file; today's date would change the bytes


@dataclass(frozen=True)
class Split:
    """One part: images (n, 28, 28, 1) in [-0.5, 0.5] and labels (n,)."""

    X: Images
    y: Labels


Splits = dict[str, Split]


def sample(X: Images, y: Labels, percent: int, seed: int) -> tuple[Images, Labels]:
    """`percent` of the examples, stratified over classes; 100 changes nothing."""
    if percent == 100:
        return X, y
    kept, _ = _parted(np.arange(len(y)), y, {"train_size": percent / 100}, seed)
    return X[kept], y[kept]


def split(X: Images, y: Labels, shares: tuple[float, float, float], seed: int) -> Splits:
    """Train, validation and test parts with all classes in each.

    Sizes are scikit-learn's: 7,000 by 70/20/10 gives 4,899, 1,401 and 700.
    """
    train, val, test = shares
    order = np.arange(len(y))
    train_at, rest = _parted(order, y, {"test_size": 1 - train / 100}, seed)
    test_at, val_at = _parted(rest, y[rest], {"test_size": val / (val + test)}, seed)
    parts = {"train": train_at, "val": val_at, "test": test_at}
    present = set(np.unique(y).tolist())
    for name, at in parts.items():
        if absent := sorted(present - set(y[at].tolist())):
            raise Problem(
                f"the {name} part ({len(at)} examples) has no example of class "
                f"{', '.join(map(str, absent))}; use a larger --fraction or share"
            )
    return {name: Split(X[at], y[at]) for name, at in parts.items()}


def _parted(at: npt.NDArray[Any], y: Labels, size: dict[str, float], seed: int) -> Any:
    """Two stratified halves of `at`, whose labels are `y`."""
    try:
        return train_test_split(at, stratify=y, random_state=seed, **size)
    except ValueError as error:
        raise Problem(f"{len(y)} examples can't be split that way: {error}") from None


def same_images(splits: Splits) -> tuple[int, float]:
    """How many validation and test images also stand in an earlier part, and their share of those two."""
    seen: set[bytes] = set()
    twice = later = 0
    for name in STAGES:
        prints = [image.tobytes() for image in splits[name].X]
        if name != "train":
            twice += sum(one in seen for one in prints)
            later += len(prints)
        seen.update(prints)
    return twice, twice / max(later, 1)


def write_splits(splits: Splits, directory: Path) -> Path:
    """The file of all parts. Same parts, same bytes: artifacts tell versions by content."""
    path = directory / FILE
    arrays: dict[str, npt.NDArray[Any]] = {f"X_{name}": splits[name].X for name in STAGES}
    arrays.update({f"y_{name}": splits[name].y for name in STAGES})
    size = sum(array.nbytes for array in arrays.values())
    # What np.savez_compressed writes, piece by piece: all of MNIST takes half a minute.
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file,
        tqdm(total=size, desc="writing", unit="B", unit_scale=True, ascii=True, ncols=100, delay=1) as bar,
    ):
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", BEGINNING)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with file.open(entry, "w", force_zip64=True) as stream:
                np.lib.format.write_array_header_1_0(stream, np.lib.format.header_data_from_array_1_0(array))
                for at in range(0, len(array), PIECE):
                    piece = array[at : at + PIECE]
                    stream.write(piece.tobytes())
                    bar.update(piece.nbytes)
    return path


@contextmanager
def opened(path: Path) -> Iterator[Mapping[str, npt.NDArray[Any]]]:
    """The arrays of an npz file by name. Raises `NOT_READ` for what is none; unpickles nothing."""
    with path.open("rb") as file:
        held = np.load(file, allow_pickle=False)
        if not isinstance(held, Mapping):
            raise ValueError("a single array; expected a file of named arrays")
        yield held


def read_splits(path: Path) -> Splits:
    """Parts as `write_splits` wrote them. Raises `Problem` for anything else."""
    try:
        with opened(path) as held:
            return {name: Split(held[f"X_{name}"], held[f"y_{name}"]) for name in STAGES}
    except NOT_READ as error:
        raise Problem(f"{path.name} is not a split dataset: {error}") from None


def shapes(splits: Splits) -> dict[str, list[int]]:
    """The six shapes, as metadata of the dataset."""
    found = {}
    for name in STAGES:
        found[f"X_{name} shape"] = list(splits[name].X.shape)
        found[f"y_{name} shape"] = list(splits[name].y.shape)
    return found
