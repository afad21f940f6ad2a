"""The convolutional classifier."""

from collections.abc import Mapping
from typing import Any

import keras

from app.models import METRIC

CLASSES = 10
IMAGE_SHAPE = (28, 28, 1)


def build_cnn(hyper: Mapping[str, Any]) -> keras.Model:
    """A fresh compiled model: images (batch, 28, 28, 1) to probabilities (batch, 10)."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input(IMAGE_SHAPE),
            layers.Conv2D(32, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(hyper["dropout_1"]),
            layers.Conv2D(64, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(hyper["dropout_2"]),
            layers.Flatten(),
            layers.Dense(hyper["dense"], activation="relu"),
            layers.Dropout(hyper["dropout_3"]),
            layers.Dense(CLASSES, activation="softmax"),
        ],
        name="CNN",
    )
    return compiled(model, hyper["lr"])


def compiled(model: keras.Model, lr: float) -> keras.Model:
    """The model with a fresh Adam optimiser, its loss and its metric."""
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=lr),
        loss="sparse_categorical_crossentropy",
        metrics=[METRIC],
    )
    return model
