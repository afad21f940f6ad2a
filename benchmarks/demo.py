"""The demo: how long it takes, what its model is worth, and whether its search beats its baseline.

`demo.seconds` is the real thing, programs and server, without the installation. The others repeat the
demo's work for five seeds without a server: split, baseline, the search by our own engine with as many
epochs as the baseline, more epochs for the best model, test images. What came of each seed is kept in
demo_search.json with what it depends on; a test compares both with the project.
"""

import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SEEDS = range(5)
KEPT = Path(__file__).parent / "demo_search.json"
MEANT = ("app/models/cnn.py", "app/pipelines/sweep.yaml")


def told(profile: str, root: Path) -> float:
    """Tell the demo in a copy of the checkout below `root`, which is left there; seconds it took."""
    from tests.app.stages import copy_checkout
    from tools.demo_environment import Places, clean

    clone = copy_checkout(root / "clone")
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "tools/demo_story.py", "--profile", profile, "--wait", "0"],
        cwd=clone, env=clean(os.environ, Places(clone)), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    return time.perf_counter() - began


def depends_on() -> dict[str, Any]:
    """What the search's result follows from, apart from the engine: sizes, and digests of files."""
    from tools.demo_stages import SIZES

    size = SIZES["demo"]
    digests = {name: hashlib.sha256((ROOT / name).read_bytes()).hexdigest()[:16] for name in MEANT}
    return {"runs": size.sweep_runs, "epochs": size.sweep_epochs, "files": digests}


@dataclass(frozen=True)
class Outcome:
    """Of one seed: validation loss of the baseline, of the search's best and of each of its runs in order, at
    as many epochs, and the accuracy on the test images after retraining."""

    baseline_loss: float
    best_loss: float
    losses: list[float]
    test_accuracy: float


def played(seed: int) -> Outcome:
    """One demo's work."""
    import keras

    from app.models import METRIC
    from app.models.cnn import build_cnn
    from app.utils.datasets import load_digits
    from app.utils.hyperparameters import chosen
    from app.utils.splits import split
    from runstone.domain.sweep_config import parse
    from runstone.sweeps.suggest import suggest
    from runstone.sweeps.trial import Suggestion, Trial, TrialState
    from tools.demo_stages import SIZES

    size = SIZES["demo"]
    digits = load_digits()
    data = split(digits.X, digits.y, (70.0, 20.0, 10.0), seed)

    def fitted(model: Any, batch_size: int, epochs: int) -> float:
        train, val = data["train"], data["val"]
        seen = model.fit(
            train.X, train.y, batch_size=batch_size, epochs=epochs, validation_data=(val.X, val.y), verbose=0
        )
        return float(seen.history["val_loss"][-1])

    def fresh(hyper: dict[str, Any]) -> Any:
        keras.backend.clear_session()
        keras.utils.set_random_seed(seed)
        return build_cnn(hyper)

    baseline = fitted(fresh(chosen({"lr": 0.001})), 64, size.sweep_epochs)
    text = (ROOT / "app" / "pipelines" / "sweep.yaml").read_text()
    sweep = parse(f"{text}\nrun_cap: {size.sweep_runs}\n").require()
    trials: list[Trial] = []
    best: tuple[float, Any, int] | None = None
    for seq in range(size.sweep_runs):
        found = suggest(sweep, trials, seq, seed)
        assert isinstance(found, Suggestion)
        hyper = chosen(found.params)
        model = fresh(hyper)
        loss = fitted(model, int(hyper["batch_size"]), size.sweep_epochs)
        trials.append(Trial(seq, found.params, TrialState.FINISHED, loss))
        if best is None or loss < best[0]:
            best = loss, model, int(hyper["batch_size"])
    assert best is not None
    loss, model, batch_size = best
    losses = [round(one.value, 4) for one in trials if one.value is not None]
    fitted(model, batch_size, size.retrain_epochs)
    test = model.evaluate(data["test"].X, data["test"].y, return_dict=True, verbose=0)
    return Outcome(round(baseline, 4), round(loss, 4), losses, round(float(test[METRIC]), 4))


def played_all() -> list[Outcome]:
    """The work of every seed, kept."""
    outcomes = []
    for seed in SEEDS:
        outcomes.append(played(seed))
        print(f"  seed {seed}: {outcomes[-1]}", flush=True)
    document = {"depends_on": depends_on(), "seeds": [asdict(one) for one in outcomes]}
    KEPT.write_text(json.dumps(document, indent=1) + "\n")
    return outcomes


def rows() -> Iterator[dict[str, Any]]:
    """Measure."""
    with tempfile.TemporaryDirectory(prefix="demo-") as name:
        yield {"id": "demo.seconds", "value": round(told("demo", Path(name)), 1), "unit": "s"}
    outcomes = played_all()
    of: dict[str, list[float]] = {
        "demo.test_accuracy": [one.test_accuracy for one in outcomes],
        "demo.baseline_val_loss": [one.baseline_loss for one in outcomes],
        "demo.sweep_val_loss": [one.best_loss for one in outcomes],
    }
    for name, values in of.items():
        yield {
            "id": name,
            "value": round(statistics.median(values), 4),
            "unit": "share" if name.endswith("accuracy") else "loss",
            "least": round(min(values), 4),
            "most": round(max(values), 4),
        }
    wins = sum(one.best_loss < one.baseline_loss for one in outcomes)
    yield {"id": "demo.sweep_wins", "value": wins, "unit": f"of {len(outcomes)} seeds"}
