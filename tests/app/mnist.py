"""A stand-in for MNIST of its size: real small digits, enlarged, each shifted a little."""

from pathlib import Path

import numpy as np

from app.utils.datasets import load_digits

COUNT, TRAIN = 70_000, 60_000


def write_mnist(path: Path, seed: int = 0) -> Path:
    """Write a file laid out like `mnist.npz`, 70,000 grey images, and return it."""
    digits = load_digits()
    small = np.clip(np.rint((digits.X[..., 0] + 0.5) * 255), 0, 255).astype(np.uint8)
    rng = np.random.default_rng(seed)
    chosen = rng.integers(0, len(small), COUNT)
    images = small[chosen]
    for at, (down, right) in enumerate(rng.integers(-2, 3, (COUNT, 2))):
        images[at] = np.roll(images[at], (down, right), (0, 1))
    labels = digits.y[chosen].astype(np.uint8)
    np.savez(
        path,
        x_train=images[:TRAIN], y_train=labels[:TRAIN], x_test=images[TRAIN:], y_test=labels[TRAIN:],
    )  # fmt: skip
    return path
