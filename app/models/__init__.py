"""Keras models and their files."""

METRIC = "sparse_categorical_accuracy"
