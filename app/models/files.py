"""A model as files, written and read so that training can go on."""

import logging
from pathlib import Path

import keras

from app.models.cnn import compiled
from app.utils.problems import Problem

KERAS_FILE = "CNN_model.keras"
H5_FILE = "CNN_model.h5"


def save_model(model: keras.Model, directory: Path) -> list[Path]:
    """Write both files into `directory` and return their paths.

    `.keras` goes first: saving to `.h5` strips the optimiser from the live model's configuration.
    """
    paths = [directory / KERAS_FILE, directory / H5_FILE]
    log = logging.getLogger("absl")
    before = log.level
    log.setLevel(logging.ERROR)  # Keras calls `.h5` legacy at every save; `.keras` lies beside it
    try:
        for path in paths:
            model.save(path)
    finally:
        log.setLevel(before)
    return paths


def load_model(directory: Path, lr: float) -> keras.Model:
    """The model of `directory`, ready to train on; `.keras` is preferred since it keeps the optimiser.

    From `.h5` alone the model is compiled again with `lr`: its stored optimiser does not fit a
    reloaded model (Keras 3.15), so Adam's moments start anew.
    """
    if (directory / KERAS_FILE).exists():
        return keras.saving.load_model(directory / KERAS_FILE)
    if (directory / H5_FILE).exists():
        return compiled(keras.saving.load_model(directory / H5_FILE, compile=False), lr)
    raise Problem(f"the model artifact has neither {KERAS_FILE} nor {H5_FILE}")
