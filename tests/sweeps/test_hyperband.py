"""Who is stopped at a band, and who is not."""

import pytest

from runstone.domain.sweep import Goal, Hyperband, Metric
from runstone.domain.sweep_value import BandValue, Progress, fold_row
from runstone.sweeps.hyperband import Course, Savings, Verdict, course, savings, to_stop

RULE = Hyperband(eta=3.0, min_iter=2)


def run(name: str, losses: list[float], running: bool = True, rule: Hyperband = RULE) -> Course:
    progress = Progress()
    for loss in losses:
        fold_row(progress, {"loss": loss}, Metric("loss"), rule)
    return course(name, running, progress, "loss")


def stopped(rule: Hyperband, courses: list[Course], goal: Goal = Goal.MINIMIZE) -> list[str]:
    return [v.name for v in to_stop(rule, goal, courses)]


def test_a_run_alone_at_a_band_goes_on() -> None:
    assert stopped(RULE, [run("a", [9.0, 9.0])]) == []


def test_before_the_first_band_nobody_stops() -> None:
    assert stopped(RULE, [run("a", [1.0, 1.0]), run("b", [99.0])]) == []


def test_the_worse_ones_at_a_band_stop_with_figures() -> None:
    courses = [run(name, [v, v]) for name, v in (("a", 1.0), ("b", 2.0), ("c", 3.0))]
    (verdict,) = to_stop(RULE, Goal.MINIMIZE, courses)
    assert (verdict.name, verdict.band, verdict.value, verdict.threshold) == ("c", 2, 3.0, 2.0)
    assert stopped(RULE, courses, Goal.MAXIMIZE) == ["a"]


def test_ended_runs_set_the_bar_and_are_not_stopped() -> None:
    courses = [run(n, [v, v], running=False) for n, v in (("a", 1.0), ("b", 2.0), ("c", 9.0))]
    assert stopped(RULE, [*courses, run("d", [5.0, 5.0])]) == ["d"]


def test_strict_looks_at_the_band_and_lenient_at_the_best_before_it() -> None:
    good = [run(n, [4.0, 2.0], running=False) for n in "abc"]
    dipped = run("d", [1.0, 5.0])
    assert stopped(RULE, [*good, dipped]) == []
    assert stopped(Hyperband(3.0, min_iter=2, strict=True), [*good, dipped]) == ["d"]


def test_each_run_is_judged_at_its_own_highest_band() -> None:
    early = [run(f"e{i}", [1.0, 1.0], running=False) for i in range(3)]
    late = run("late", [5.0, 5.0, 1.0, 1.0, 1.0, 1.0])  # alone at band 6
    assert stopped(RULE, [*early, late]) == []


def test_a_batch_that_passes_several_bands_is_judged_at_each() -> None:
    bands = {2: BandValue(9, 9, 9), 6: BandValue(9, 9, 9)}
    good = Course("good", False, {2: BandValue(1, 1, 1)})
    rule = Hyperband(eta=3, min_iter=2)
    assert to_stop(rule, Goal.MINIMIZE, [good, Course("bad", True, bands)]) == [], "alone at its highest"
    fresh = Course("bad", True, bands, frozenset(bands))
    assert to_stop(rule, Goal.MINIMIZE, [good, fresh]) == [Verdict("bad", 2, 9, 1)]


def test_the_order_of_runs_changes_nothing() -> None:
    courses = [run(f"r{i}", [float(i * 7 % 10)] * 2) for i in range(10)]
    assert to_stop(RULE, Goal.MINIMIZE, courses) == to_stop(RULE, Goal.MINIMIZE, courses[::-1])


@pytest.mark.parametrize(
    ("ended", "finished", "saved"),
    [([], [10], 0), ([3, 4], [10, 12, 11], 15), ([3], [], 0), ([20], [10], 0)],
)
def test_savings(ended: list[int], finished: list[int], saved: int) -> None:
    assert savings(ended, finished) == Savings(len(ended), saved)
