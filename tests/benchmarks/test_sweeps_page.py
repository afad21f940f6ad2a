"""The page about the search's quality says what was measured."""

import json

from benchmarks.sweeps.page import BARS, FIGURES, PAGE, page


def test_the_page_is_made_from_the_kept_figures() -> None:
    figures = json.loads(FIGURES.read_text())
    assert PAGE.read_text() == page(figures), "python -m benchmarks.sweeps.page writes it anew"


def test_a_missed_bar_and_a_better_rival_are_said() -> None:
    problem, mark = next(iter(BARS))
    figures = {"engine": "x", "regret": {f"{problem}/bayes": {str(mark): [1e6] * 20}}}
    text = page(figures)
    assert "**no**" in text
    assert "Optuna 5, TPE reaches" in text
    assert "0 of 20" in text
