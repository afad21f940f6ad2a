"""The hyper-parameters: names, defaults, and which one wins."""

from collections.abc import Mapping
from typing import Any

DEFAULTS: dict[str, int | float] = {
    "batch_size": 64,
    "epochs": 5,
    "lr": 0.01,
    "dropout_1": 0.2,
    "dropout_2": 0.2,
    "dropout_3": 0.2,
    "dense": 128,
}
KINDS = {name: type(value) for name, value in DEFAULTS.items()}


def chosen(*layers: Mapping[str, Any]) -> dict[str, int | float]:
    """Defaults overlaid by each layer in turn; other keys and None are passed over.

    Numbers come back with the kind of the default: a sweep may send `64.0` for a layer's size.
    """
    merged = dict(DEFAULTS)
    for layer in layers:
        for name, kind in KINDS.items():
            if layer.get(name) is not None:
                merged[name] = kind(layer[name])
    return merged
