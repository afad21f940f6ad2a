"""The search of the demo is worth its time: what was measured over five seeds, with what is there now."""

import json
from statistics import median

from benchmarks.demo import KEPT, ROOT, SEEDS, depends_on


def test_the_best_run_of_the_search_beats_the_baseline_at_equal_epochs() -> None:
    kept = json.loads(KEPT.read_text())
    assert kept["depends_on"] == depends_on(), "make bench FLOW=demo measures it anew"
    assert len(kept["seeds"]) == len(SEEDS)
    best = median(one["best_loss"] for one in kept["seeds"])
    baseline = median(one["baseline_loss"] for one in kept["seeds"])
    assert best < baseline
    told = " ".join((ROOT / "app" / "README.md").read_text().split())
    assert f"{best:.3f} for the best run of the search, {baseline:.3f} for the baseline" in told
