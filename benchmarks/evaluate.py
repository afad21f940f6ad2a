"""Evaluation images: CPU and bytes for 2,101 of them, as `evaluate.py` writes them."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from app.utils.datasets import load_digits
from app.utils.drawing import write_digits

COUNTS = {"val": 1401, "test": 700}


def rows() -> Iterator[dict[str, Any]]:
    """Measure."""
    X = load_digits().X
    cpu_s, sizes = [], 0
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            chosen = {
                name: X[np.random.default_rng(count).integers(0, len(X), count)]
                for name, count in COUNTS.items()
            }
            began = time.process_time()
            paths = [path for name in COUNTS for path in write_digits(chosen[name], Path(folder), name)]
            cpu_s.append(time.process_time() - began)
            sizes = sum(path.stat().st_size for path in paths)
    yield {"id": "evaluate.images_cpu_s", "value": round(sorted(cpu_s)[1], 3), "unit": "s"}
    yield {"id": "evaluate.images_bytes", "value": sizes, "unit": "bytes"}
