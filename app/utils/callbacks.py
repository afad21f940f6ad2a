"""Keras callbacks: metrics to wandb, progress to the terminal."""

from typing import Any

import keras
import wandb
from tqdm import tqdm


class NeutralMetricsLogger(keras.callbacks.Callback):
    """Logs the keys of wandb's `WandbMetricsLogger` on any backend."""

    def __init__(self, run: wandb.Run) -> None:
        """Metrics of each epoch go to `run`, over `epoch/epoch`."""
        super().__init__()
        self._run = run
        run.define_metric("epoch/epoch")
        run.define_metric("epoch/*", step_metric="epoch/epoch")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Log one row."""
        row = {f"epoch/{name}": float(value) for name, value in (logs or {}).items()}
        rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        self._run.log({**row, "epoch/epoch": epoch, "epoch/learning_rate": rate})


class EpochBar(keras.callbacks.Callback):
    """One bar over the epochs, with the newest losses beside it."""

    def __init__(self, epochs: int) -> None:
        """A bar of `epochs` steps."""
        super().__init__()
        self._bar = tqdm(total=epochs, desc="epochs", unit="epoch", ascii=True, ncols=100)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """One step on."""
        logs = logs or {}
        shown = {name: f"{logs[name]:.4f}" for name in ("loss", "val_loss") if name in logs}
        self._bar.set_postfix(shown, refresh=False)
        self._bar.update()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Leave the bar as it is."""
        self._bar.close()


class BatchBar(keras.callbacks.Callback):
    """One bar over the batches of `evaluate` and of `predict`, shown when they take over a second."""

    def __init__(self, name: str) -> None:
        """`name` stands in front of the bar."""
        super().__init__()
        self._name = name

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """A new bar."""
        self._bar = tqdm(
            total=self.params.get("steps"), desc=self._name, unit="batch", ascii=True, ncols=100, delay=1
        )

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """One step on."""
        self._bar.update()

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        """Leave the bar as it is."""
        self._bar.close()

    on_predict_begin, on_predict_batch_end, on_predict_end = on_test_begin, on_test_batch_end, on_test_end


def metrics_logger(run: wandb.Run) -> keras.callbacks.Callback:
    """wandb's own callback on TensorFlow, which it needs; ours, with the same keys, elsewhere."""
    if keras.backend.backend() == "tensorflow":
        from wandb.integration.keras import WandbMetricsLogger  # imports TensorFlow

        return WandbMetricsLogger()
    return NeutralMetricsLogger(run)
