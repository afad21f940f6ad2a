"""Sampling and splitting: counts, shares of the classes, the file."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.utils.problems import Problem
from app.utils.splits import (
    STAGES,
    Split,
    Splits,
    read_splits,
    same_images,
    sample,
    shapes,
    split,
    write_splits,
)

SHARES = (70.0, 20.0, 10.0)


def numbered(count: int, classes: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Small images that tell their own number, and labels in turn. Shape (n, 1, 1, 1)."""
    X = (np.arange(count, dtype=np.float32) / count - 0.5).reshape(-1, 1, 1, 1)
    return X, np.arange(count) % classes


def sizes(parts: Splits) -> tuple[int, ...]:
    """How many examples are in each part."""
    return tuple(len(parts[name].y) for name in STAGES)


def test_c10_counts_of_ten_percent() -> None:
    X, y = sample(*numbered(70_000), 10, 42)
    assert len(y) == 7000
    assert sizes(split(X, y, SHARES, 42)) == (4899, 1401, 700)


def test_counts_of_the_bundled_digits() -> None:
    assert sizes(split(*numbered(1797), SHARES, 42)) == (1257, 360, 180)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(200, 600),
    st.sampled_from([(70.0, 20.0, 10.0), (60.0, 20.0, 20.0), (33.4, 33.3, 33.3), (80.0, 10.0, 10.0)]),
    st.integers(0, 5),
)
def test_c07_parts_are_stratified_disjoint_and_complete(
    count: int, shares: tuple[float, float, float], seed: int
) -> None:
    X, y = numbered(count)
    parts = split(X, y, shares, seed)
    everything = np.concatenate([parts[name].X.ravel() for name in STAGES])
    assert sorted(everything.tolist()) == sorted(X.ravel().tolist())
    for name, share in zip(STAGES, shares, strict=True):
        counts = np.bincount(parts[name].y, minlength=10)
        assert counts.min() > 0
        assert np.abs(counts - np.bincount(y) * share / 100).max() <= 2
    again = split(X, y, shares, seed)
    assert all(np.array_equal(parts[name].X, again[name].X) for name in STAGES)  # D14


def test_c05_a_sample_keeps_the_shares_of_the_classes() -> None:
    X = np.zeros((3000, 1, 1, 1), np.float32)
    y = np.repeat(np.arange(3), [2000, 700, 300])
    _, kept = sample(X, y, 10, 1)
    assert np.bincount(kept).tolist() == [200, 70, 30]


def test_d4_all_of_the_images_need_no_sampling() -> None:
    X, y = numbered(100)
    kept, labels = sample(X, y, 100, 1)
    assert kept is X
    assert labels is y


def test_d14_another_seed_makes_another_split() -> None:
    first, second = (split(*numbered(500), SHARES, seed) for seed in (1, 2))
    assert not np.array_equal(first["test"].X, second["test"].X)


@pytest.mark.parametrize(("count", "classes"), [(5, 5), (30, 10), (12, 10), (1, 1)])
def test_too_few_examples_are_told_as_such(count: int, classes: int) -> None:
    with pytest.raises(Problem, match=r"can't be split that way|has no example of class"):
        split(*numbered(count, classes), SHARES, 42)


def test_c14_identical_images_across_parts_are_counted_once_each() -> None:
    def part(*values: float) -> Split:
        X = np.array(values, np.float32).reshape(-1, 1, 1, 1)
        return Split(X, np.zeros(len(values), np.int64))

    parts = {"train": part(1, 1, 2), "val": part(1, 3), "test": part(3, 2, 4)}
    assert same_images(parts) == (3, 3 / 5)
    assert same_images({"train": part(1, 1), "val": part(2), "test": part(3)}) == (0, 0.0)


def test_c11_the_file_has_six_arrays_and_reads_without_pickle(tmp_path: Path) -> None:
    parts = split(*numbered(2500), SHARES, 42)
    path = write_splits(parts, tmp_path)
    assert path.name == "split-data.npz"
    with np.load(path, allow_pickle=False) as held:
        assert sorted(held) == ["X_test", "X_train", "X_val", "y_test", "y_train", "y_val"]
    again = read_splits(path)
    for name in STAGES:
        assert np.array_equal(again[name].X, parts[name].X)
        assert np.array_equal(again[name].y, parts[name].y)
        assert again[name].X.dtype == np.float32


def test_c11_metadata_tell_six_shapes() -> None:
    assert shapes(split(*numbered(1000), SHARES, 42)) == {
        "X_train shape": [699, 1, 1, 1], "y_train shape": [699],
        "X_val shape": [201, 1, 1, 1], "y_val shape": [201],
        "X_test shape": [100, 1, 1, 1], "y_test shape": [100],
    }  # fmt: skip


def test_c15_equal_parts_make_equal_bytes(tmp_path: Path) -> None:
    parts = split(*numbered(1000), SHARES, 42)
    files = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        files.append(write_splits(parts, tmp_path / name))
    assert files[0].read_bytes() == files[1].read_bytes()
    dates = {entry.date_time for entry in zipfile.ZipFile(files[0]).infolist()}
    assert dates == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 cut off"])
def test_another_file_is_not_taken_for_a_dataset(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "split-data.npz"
    path.write_bytes(content)
    with pytest.raises(Problem, match=r"split-data\.npz is not a split dataset"):
        read_splits(path)


def test_d18_pickled_objects_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "split-data.npz"
    objects = np.array([{"a": 1}], dtype=object)
    np.savez(path, **{f"{kind}_{name}": objects for kind in "Xy" for name in STAGES})
    with pytest.raises(Problem, match="allow_pickle=False"):
        read_splits(path)
