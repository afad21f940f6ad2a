"""Pictures: what they show, how small they are."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.utils.drawing import BAR, PAPER, confusion, confusion_picture, labels_histogram, write_digits


def bar_heights(image: Image.Image) -> list[int]:
    """Height in pixels of each bar, seen near its left edge."""
    pixels = np.asarray(image)
    step = (image.width - 40) / 10
    columns = [int(20 + label * step + 8) for label in range(10)]
    return [int((pixels[:, x] == BAR).all(axis=1).sum()) for x in columns]


def test_c12_bars_are_in_proportion_and_of_the_whole_source(monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import ImageDraw

    written: list[str] = []
    text = ImageDraw.ImageDraw.text

    def spy(self: ImageDraw.ImageDraw, at: object, words: str, *more: object, **named: object) -> None:
        written.append(words)
        text(self, at, words, *more, **named)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", spy)
    y = np.repeat(np.arange(10), np.arange(10, 20))
    heights = bar_heights(labels_histogram(y, 10))
    assert written[::2] == [str(count * 10) for count in range(10, 20)]  # count x 100 / percent
    assert written[1::2] == [str(label) for label in range(10)]
    assert heights == sorted(heights)
    assert abs(heights[0] / heights[9] - 10 / 19) < 0.02


def test_d17_bars_of_large_data_are_not_clipped() -> None:
    small, large = (
        labels_histogram(np.repeat(np.arange(10), np.arange(1, 11) * size), 100) for size in (1, 5000)
    )
    assert bar_heights(small) == bar_heights(large)
    assert max(bar_heights(large)) < large.height - 40


def test_confusion_counts_true_against_predicted() -> None:
    counts = confusion(np.array([0, 0, 1, 9, 9, 9]), np.array([0, 1, 1, 9, 9, 4]))
    assert (counts.shape, counts.sum()) == ((10, 10), 6)
    assert (counts[0, 0], counts[0, 1], counts[1, 1], counts[9, 9], counts[9, 4]) == (1, 1, 1, 2, 1)


def test_a_cell_of_the_confusion_picture_is_as_dark_as_its_share() -> None:
    counts = np.zeros((10, 10), int)
    counts[2, 2], counts[3, 4] = 7, 1
    image = confusion_picture(counts, "val")

    def corner(row: int, column: int) -> tuple[int, ...]:
        return image.getpixel((64 + column * 44 + 4, 64 + row * 44 + 4))  # type: ignore[return-value]

    assert corner(2, 2) == BAR
    assert corner(3, 4) == BAR
    assert corner(0, 0) == PAPER


def test_c48_images_hold_the_exact_pixels_in_few_bytes(tmp_path: Path) -> None:
    grey = np.random.default_rng(0).integers(0, 256, (20, 28, 28)).astype(np.uint8)
    grey[0], grey[1] = 0, 255
    X = (grey.astype(np.float32) / 255 - 0.5)[..., None]
    paths = list(write_digits(X, tmp_path, "val"))
    assert [path.name for path in paths[:2]] == ["val-00000.png", "val-00001.png"]
    for path, pixels in zip(paths, grey, strict=True):
        with Image.open(path) as image:
            assert (image.mode, image.size) == ("L", (28, 28))
            assert np.array_equal(np.asarray(image), pixels)
    assert max(path.stat().st_size for path in paths) < 1000
