"""Trains the networks behind the `digits` problem and writes digits_table.json (minutes of CPU).

Validation log-loss of scikit-learn's MLPClassifier after 5 epochs on its bundled digits, over
learning rate (20) x alpha (3) x batch (3) x width (3) x activation (2) = 1,080 trainings.
Run it in an environment with scikit-learn: `python benchmarks/sweeps/digits_table.py`.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np


def main() -> None:
    """Write the table beside this file."""
    from sklearn.datasets import load_digits
    from sklearn.metrics import log_loss
    from sklearn.model_selection import train_test_split
    from sklearn.neural_network import MLPClassifier

    warnings.filterwarnings("ignore")
    x, y = load_digits(return_X_y=True)
    x_train, x_val, y_train, y_val = train_test_split(x / 16.0, y, test_size=0.3, random_state=0, stratify=y)
    lrs = np.geomspace(1e-4, 0.3, 20).tolist()
    alphas = np.geomspace(1e-6, 1.0, 3).tolist()
    losses: dict[str, list[list[float]]] = {}
    for batch in (16, 32, 64):
        for width in (32, 64, 128):
            for activation in ("relu", "tanh"):
                rows = []
                for lr in lrs:
                    row = []
                    for alpha in alphas:
                        network = MLPClassifier(
                            (width,), activation=activation, alpha=alpha, batch_size=batch,
                            learning_rate_init=lr, max_iter=5, random_state=0,
                        )  # fmt: skip
                        network.fit(x_train, y_train)
                        row.append(round(float(log_loss(y_val, network.predict_proba(x_val))), 6))
                    rows.append(row)
                losses[f"{batch}-{width}-{activation}"] = rows
                print(batch, width, activation, min(map(min, rows)), file=sys.stderr)
    table = {"lr": lrs, "alpha": alphas, "losses": losses}
    (Path(__file__).parent / "digits_table.json").write_text(json.dumps(table) + "\n")


if __name__ == "__main__":
    main()
