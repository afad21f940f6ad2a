"""Small pictures by Pillow alone: labels, confusion, digits."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from app.utils.splits import Images, Labels

CLASSES = 10
INK, PAPER, BAR = (40, 40, 40), (255, 255, 255), (70, 110, 180)


def labels_histogram(y: Labels, percent: int) -> Image.Image:
    """Bars of the classes' counts, scaled up to the whole source (count x 100 / percent)."""
    counts = np.bincount(y, minlength=CLASSES) * 100 / percent
    width, height, left, foot, top = 640, 400, 20, 40, 40
    image = Image.new("RGB", (width, height), PAPER)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(14)
    step = (width - 2 * left) / CLASSES
    room = height - foot - top
    highest = max(float(counts.max()), 1.0)
    for label, count in enumerate(counts):
        x = left + label * step
        y_top = height - foot - room * count / highest
        draw.rectangle((x + 5, y_top, x + step - 5, height - foot), fill=BAR)
        draw.text((x + step / 2, y_top - 4), f"{count:.0f}", INK, font, anchor="mb")
        draw.text((x + step / 2, height - foot + 8), str(label), INK, font, anchor="mt")
    return image


def confusion(true: Labels, predicted: Labels) -> np.ndarray:
    """Counts (true class, predicted class), shape (10, 10)."""
    return np.bincount(true * CLASSES + predicted, minlength=CLASSES**2).reshape(CLASSES, CLASSES)


def confusion_picture(counts: np.ndarray, title: str) -> Image.Image:
    """The matrix as a picture: rows are true classes, columns predicted ones."""
    cell, margin = 44, 64
    side = margin + CLASSES * cell + 16
    image = Image.new("RGB", (side, side), PAPER)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(14)
    draw.text((side / 2, 10), f"{title}: true class down, predicted across", INK, font, anchor="mt")
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    for row in range(CLASSES):
        middle = margin + row * cell + cell / 2
        draw.text((margin - 16, middle), str(row), INK, font, anchor="mm")
        draw.text((middle, margin - 16), str(row), INK, font, anchor="mm")
        for column in range(CLASSES):
            x, y, share = margin + column * cell, margin + row * cell, float(shares[row, column])
            fill = tuple(int(255 + (part - 255) * share) for part in BAR)
            draw.rectangle((x, y, x + cell, y + cell), fill=fill, outline=(220, 220, 220))
            text = PAPER if share > 0.5 else INK
            draw.text((x + cell / 2, y + cell / 2), str(counts[row, column]), text, font, anchor="mm")
    return image


def write_digits(X: Images, directory: Path, prefix: str) -> Iterator[Path]:
    """Each image as a grey 28x28 PNG of its exact pixels, one after the other."""
    pixels = np.clip(np.rint((X[..., 0] + 0.5) * 255), 0, 255).astype(np.uint8)
    for at, one in enumerate(pixels):
        path = directory / f"{prefix}-{at:05}.png"
        Image.fromarray(one).save(path)
        yield path
