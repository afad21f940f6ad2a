"""The page about the search's quality says what was measured."""

import json

from benchmarks.sweeps.page import BARS, FIGURES, PAGE, SEEDS, page


def test_the_page_is_made_from_the_kept_figures() -> None:
    figures = json.loads(FIGURES.read_text())
    assert PAGE.read_text() == page(figures), "python -m benchmarks.sweeps.page writes it anew"


def test_a_missed_bar_and_a_better_rival_are_said() -> None:
    problem, mark = next(iter(BARS))
    figures = {"engine": "x", "regret": {f"{problem}/bayes": {str(mark): [1e6] * 20}}, "course": {}}
    text = page(figures)
    assert "**no**" in text
    assert "Optuna 5, TPE reaches" in text
    assert "0 of 20" in text


def test_many_seeds_decide_whether_a_bar_is_held_and_whether_a_rival_is_better() -> None:
    (problem, mark), bar = next(iter(BARS.items()))
    few = {f"{problem}/bayes": {str(mark): [2 * bar] * SEEDS}}

    def many_of(values: list[float]) -> dict[str, dict[str, list[float]]]:
        return {f"{problem}/bayes": {str(mark): values}}

    figures = {"engine": "x", "regret": few, "many": many_of([bar / 2] * 60 + [2 * bar] * 40), "course": {}}
    lines = page(figures).splitlines()
    row = next(line for line in lines if line.startswith(f"| {problem} | {mark} | {bar:g} |"))
    assert row.endswith("| yes |")
    better = f"- {problem} after {mark} trials: "
    assert not any(line.startswith(better) for line in lines)
    figures["many"] = many_of([1e6] * 100)
    lines = page(figures).splitlines()
    assert any(line.startswith(better) for line in lines)
    assert f"| the same, 100 seeds | {mark} | 1e+06 | 1e+06 | 1e+06 |  |" in lines
    assert f"| {2 * bar:.3g} | {bar / 2:.3g}, {bar / 2:.3g}, {2 * bar:.3g} |" in row


def test_the_cost_of_many_agents_and_a_rival_that_is_better_under_noise_are_said() -> None:
    regret = {
        "branin/bayes": {"30": [2.0] * 20, "50": [1.0] * 20},
        "branin/bayes/8 agents at once": {"50": [2.0] * 20},
        "branin/bayes/4 agents at once": {"50": [1.1] * 20},
        "branin/bayes/noise of 10 %": {"30": [1e6] * 20},
    }
    course = [2.0] * 40 + [1.5] * 5 + [1.0] * 5
    text = page({"engine": "x", "regret": regret, "course": {"branin": course}})
    assert "| 8 agents at once | 50 | 2.00 | 1.50 | 1.2 | **no** | 1.33 | **no** |" in text
    assert "| 4 agents at once | 50 | 1.10 | 1.00 | 1.2 | yes | 1.10 | yes |" in text
    assert "| 8 agents at once | branin | 50 | 2 | 2 | 2 | 1 | 2.00 | 1 |" in text
    assert "- branin after 30 trials with noise of 10 %: `sweeps` 0.3, bayes reaches" in text


def test_many_seeds_decide_what_agents_cost() -> None:
    key = "branin/bayes/8 agents at once"
    regret = {
        "branin/bayes": {"30": [2.0] * 20, "50": [1.0] * 20},
        key: {"50": [2.0] * 20, "100": [3.0] * 20},
    }
    figures = {
        "engine": "x",
        "regret": regret,
        "course": {"branin": [1.0] * 100},
        "many": {key: {"50": [4.0] * 100}},
        "many_course": {"branin": [8.0] * 43 + [4.0] * 7},
    }
    text = page(figures)
    assert "| 8 agents at once | 50 | 1.00 | 2.00 | 1.2 | yes | 0.50 | yes |" in text
    assert "| 8 agents at once | branin | 50 | 4 | 4 | 4 | 4 | 1.00 | 44 |" in text
    assert "| 8 agents at once | 100 | 3.00 | 1.00 | 1.2 | **no** | 3.00 | **no** |" in text
