"""The reference project: handwritten digits, from data to an evaluated model, followed by wandb.

Importing anything of it picks the backend, which Keras reads once, at its own import.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow's start-up chatter; errors still show
