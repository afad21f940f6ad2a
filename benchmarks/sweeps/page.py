"""Writes docs/explanation/sweeps-benchmark.md from what was played.

`python -m benchmarks.sweeps.page` collects the results of the present engine into figures.json
(per problem, method and number of trials, one regret per seed) and writes the page from that
and from the rivals' figures. A test compares the page with what this would write.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.sweeps.measure_rivals import kept
from benchmarks.sweeps.play import RESULTS, Game, Played, played_before, reporting_seeds, source_digest
from benchmarks.sweeps.problems import problems

HERE = Path(__file__).parent
FIGURES = HERE / "figures.json"
PAGE = HERE.parents[1] / "docs" / "explanation" / "sweeps-benchmark.md"
SEEDS = 20
MANY_SEEDS = 100
"""At `MANY_MARKS`: where half of the sweeps find the right choices, or one of many valleys, and half
don't, the median of 20 is drawn by lot."""
MANY_MARKS = (30, 50)
MARKS = (30, 100)
KEPT_MARKS = (30, 50, 100)
RIVALS = {
    "sweeps": "`sweeps` 0.3, bayes",
    "optuna-tpe": "Optuna 5, TPE",
    "optuna-gp": "Optuna 5, GP",
    "random": "random",
}
BARS = {
    ("func2c", 30): 0.36, ("branin", 30): 0.017, ("hartmann6", 30): 0.26, ("hartmann6", 100): 0.05,
    ("ackley5", 30): 4.2, ("ackley5", 100): 1.65, ("digits", 30): 0.0082, ("digits", 100): 0.0062,
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A way in which sweeps are harder.

    name: in ids of rows. changes: to a `Game`. mark: trials after which it is told in detail.
    bar: of its cost. marks: trials after which the cost is told, the last being a game's length.
    """

    name: str
    label: str
    changes: dict[str, Any]
    mark: int
    bar: float | None = None
    marks: tuple[int, ...] = ()

    @property
    def trials(self) -> int:
        """Length of a game."""
        return max(self.mark, *self.marks, 0)

    def missing(self, mark: int) -> int:
        """How many results of `mark` trials the search has not when it chooses the last point."""
        return int(self.changes.get("agents", 1)) - 1 + round(mark * float(self.changes.get("crashes", 0)))


KINDS = (
    Kind("parallel4", "4 agents at once", {"agents": 4}, 50, 1.2, (30, 50, 100)),
    Kind("parallel8", "8 agents at once", {"agents": 8}, 50, 1.2, (30, 50, 100)),
    Kind("crashes20", "20 % of the trials crash", {"crashes": 0.2}, 50, 1.3, (30, 50, 100)),
    Kind("noise10", "noise of 10 %", {"noise": 0.1}, 30),
    Kind("noise30", "noise of 30 %", {"noise": 0.3}, 30),
)

Figures = dict[str, Any]


def collect() -> Figures:
    """Regrets of the present engine, of every group of games that is complete.

    course: medians of one agent after each trial. many, many_course: the same over `MANY_SEEDS` seeds.
    """
    known = played_before(RESULTS / f"{source_digest()}.jsonl")
    regret, course = _collected(known, SEEDS, KEPT_MARKS, ("bayes", "random"))
    many, many_course = _collected(known, MANY_SEEDS, MANY_MARKS, ("bayes",))
    return {
        "engine": source_digest(),
        "regret": regret,
        "course": course,
        "many": many,
        "many_course": many_course,
    }


def _collected(
    known: dict[Game, Played], count: int, marks: tuple[int, ...], methods: tuple[str, ...]
) -> tuple[dict[str, dict[str, list[float]]], dict[str, list[float]]]:
    """Regrets over `count` seeds of groups that are complete, and medians of one agent after each trial."""
    regret, course = {}, {}
    for problem in problems():
        for method in methods:
            for label, kind in {"": {}, **{one.label: one.changes for one in KINDS}}.items():
                games = [_longest(known, problem, seed, method, kind) for seed in reporting_seeds(count)]
                done = [one for one in games if one is not None]
                if len(done) < len(games):
                    continue
                shortest = min(len(one.regret) for one in done)
                key = "/".join((problem, method, label) if label else (problem, method))
                regret[key] = {
                    str(mark): [float(f"{one.regret[mark - 1]:.6g}") for one in done]
                    for mark in marks
                    if mark <= shortest
                }
                if not kind and method == "bayes":
                    medians = np.median([one.regret[:shortest] for one in done], axis=0)
                    course[problem] = [float(f"{v:.6g}") for v in medians]
    return regret, course


def many_of(figures: Figures, key: str, mark: int) -> list[float] | None:
    """Regrets over `MANY_SEEDS` seeds of what `key` names, None where only `SEEDS` were played."""
    found: list[float] | None = figures.get("many", {}).get(key, {}).get(str(mark))
    return found


def _judged(figures: Figures, key: str, mark: int) -> tuple[list[float] | None, list[float]]:
    """Regrets of what `key` names by as many seeds as there are, and medians of one agent by these."""
    problem = key.partition("/")[0]
    many, course = many_of(figures, key, mark), figures.get("many_course", {}).get(problem, [])
    if many is not None and len(course) >= mark:
        return many, course
    return figures["regret"].get(key, {}).get(str(mark)), figures["course"].get(problem, [])


def _longest(
    known: dict[Game, Played], problem: str, seed: int, method: str, kind: dict[str, Any]
) -> Played | None:
    for trials in (100, 50, 30):
        played = known.get(Game(problem, trials, seed, method, **kind))
        if played is not None:
            return played
    return None


def page(figures: Figures) -> str:
    """The page's text."""
    return "\n".join(_lines(figures)) + "\n"


def _lines(figures: Figures) -> Iterator[str]:
    yield "# How good the search is"
    yield ""
    yield "<!-- Written by benchmarks/sweeps/page.py from figures.json and rivals.json. -->"
    yield ""
    yield (
        "Regret is the lowest true loss so far minus the lowest possible one. Each figure is over "
        f"{SEEDS} seeds: median, and the quartiles around it. Our seeds follow from a digest of the "
        f"engine's source (`{figures['engine']}`), so that it cannot be tuned to them; rivals have seeds of "
        "their own, each in an environment of its own, with their defaults. A win is a seed of ours that "
        "beats the seed of the rival in the same place of the list."
    )
    yield ""
    yield "## Bars"
    yield ""
    yield (
        f"Over {SEEDS} seeds and, after {MARKS[0]} trials, over {MANY_SEEDS} (the first {SEEDS} among "
        "them), by which a bar is held or not, and others are better or not: on func2c about half of the "
        f"sweeps have found the right pair of choices by then, so that the median of {SEEDS} falls to either "
        "side."
    )
    yield ""
    many_seeds = f"{MANY_SEEDS} seeds: quartile, median, quartile"
    yield f"| problem | trials | bar | {SEEDS} seeds | {many_seeds} | held |"
    yield "| --- | ---: | ---: | ---: | --- | --- |"
    for (problem, mark), bar in BARS.items():
        ours = figures["regret"].get(f"{problem}/bayes", {}).get(str(mark))
        if ours is not None:
            value = float(np.median(ours))
            many = many_of(figures, f"{problem}/bayes", mark)
            spread = ""
            if many is not None:
                low, middle, high = np.quantile(many, [0.25, 0.5, 0.75])
                spread = f"{_number(float(low))}, {_number(float(middle))}, {_number(float(high))}"
            held = "yes" if (value if many is None else middle) <= bar else "**no**"
            yield f"| {problem} | {mark} | {bar:g} | {_number(value)} | {spread} | {held} |"
    yield ""
    yield from _worse(figures)
    for name, problem in problems().items():
        if f"{name}/bayes" in figures["regret"]:
            yield f"## {name}"
            yield ""
            yield f"{problem.source}."
            yield ""
            yield from _table(figures, name)
    yield from _kinds(figures)
    yield "`make bench FLOW=sweeps` measures all of it again, and goes on where it was stopped."


def _series(figures: Figures, problem: str, mark: int) -> dict[str, list[float]]:
    """Regrets by searcher, ours first."""
    rivals = kept()
    found = {"Runstone, bayes": figures["regret"][f"{problem}/bayes"].get(str(mark))}
    for key, label in RIVALS.items():
        if key == "random":
            found[label] = figures["regret"].get(f"{problem}/random", {}).get(str(mark))
        else:
            found[label] = rivals.get(f"{key}/{problem}/0", {}).get(str(mark))
    return {label: values for label, values in found.items() if values}


def _table(figures: Figures, problem: str) -> Iterator[str]:
    yield "| searcher | trials | first quartile | median | third quartile | our wins |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for mark in MARKS:
        series = _series(figures, problem, mark)
        ours = series.get("Runstone, bayes")
        for label, values in series.items():
            if ours is None:
                continue
            low, middle, high = (_number(float(v)) for v in np.quantile(values, [0.25, 0.5, 0.75]))
            wins = ""
            if values is not ours:
                wins = f"{sum(a < b for a, b in zip(ours, values, strict=False))} of {len(ours)}"
            yield f"| {label} | {mark} | {low} | {middle} | {high} | {wins} |"
            many = many_of(figures, f"{problem}/bayes", mark) if values is ours else None
            if many is not None:
                low, middle, high = (_number(float(v)) for v in np.quantile(many, [0.25, 0.5, 0.75]))
                yield f"| the same, {MANY_SEEDS} seeds | {mark} | {low} | {middle} | {high} |  |"
    yield ""


def _worse(figures: Figures) -> Iterator[str]:
    """Where another searcher has the better median."""
    found = []
    for problem in problems():
        if f"{problem}/bayes" not in figures["regret"]:
            continue
        for mark in MARKS:
            series = _series(figures, problem, mark)
            ours = series.pop("Runstone, bayes", None)
            ours = many_of(figures, f"{problem}/bayes", mark) or ours
            for label, values in series.items():
                if ours is not None and np.median(values) < np.median(ours):
                    theirs, own = _number(float(np.median(values))), _number(float(np.median(ours)))
                    found.append(f"- {problem} after {mark} trials: {label} reaches {theirs}, ours {own}.")
    for kind in KINDS:
        for problem in problems():
            ours = figures["regret"].get(f"{problem}/bayes/{kind.label}", {}).get(str(kind.mark))
            rival = _hosted(problem, kind)
            if ours and rival is not None and "noise" in kind.changes and rival < np.median(ours):
                found.append(
                    f"- {problem} after {kind.mark} trials with {kind.label}: {RIVALS['sweeps']} reaches "
                    f"{_number(rival)}, ours {_number(float(np.median(ours)))}."
                )
    yield "## Where another one is better"
    yield ""
    yield from found or ["By the median, on none of these problems."]
    yield ""


def _hosted(problem: str, kind: Kind) -> float | None:
    """Median regret of `sweeps` 0.3, under the noise of a kind if it has any."""
    marks = kept().get(f"sweeps/{problem}/{kind.changes.get('noise', 0):g}", {})
    values = marks.get(str(kind.mark))
    return float(np.median(values)) if values else None


def costs(figures: Figures, kind: Kind, mark: int) -> tuple[float, float] | None:
    """What a kind costs, and what the results that are missing alone would cost: geometric means.

    Each problem counts with the ratio of two medians: over games of this kind, or of one agent
    after as many trials fewer as results are missing, to that of one agent.
    """
    ratios, bounds = [], []
    for problem in problems():
        values, course = _judged(figures, f"{problem}/bayes/{kind.label}", mark)
        if values and len(course) >= mark:
            plain = max(course[mark - 1], 1e-12)
            ratios.append(max(float(np.median(values)), 1e-12) / plain)
            bounds.append(max(course[mark - 1 - kind.missing(mark)], 1e-12) / plain)
    if not ratios:
        return None
    return float(np.exp(np.mean(np.log(ratios)))), float(np.exp(np.mean(np.log(bounds))))


def _kinds(figures: Figures) -> Iterator[str]:
    summary = []
    for kind in KINDS:
        for mark in kind.marks:
            found = costs(figures, kind, mark)
            if found is not None and kind.bar is not None:
                ratio, missing = found
                held, level = ("yes" if one <= kind.bar else "**no**" for one in (ratio, ratio / missing))
                summary.append(
                    f"| {kind.label} | {mark} | {ratio:.2f} | {missing:.2f} | {kind.bar:g} | {held} "
                    f"| {ratio / missing:.2f} | {level} |"
                )
    rows = [row for kind in KINDS for row in _details(figures, kind)]
    if not rows:
        return
    yield "## Agents at once, crashes, noise"
    yield ""
    yield (
        f"Regret over {MANY_SEEDS} seeds with agents and crashes after {' and '.join(map(str, MANY_MARKS))} "
        f"trials, else over {SEEDS}, beside the median of one agent without any of it by the same seeds. "
        "True losses count. With n agents a point is chosen without the last n - 1 results, and the first"
        " n + 1 points without a model. *Results missing* is what that alone costs: the same ratio for "
        "one agent without crashes who has made n - 1 trials fewer, or a fifth fewer. The bar is meant "
        "after as many trials; beside it stands the ratio to one agent with as many results, which is the"
        " first by the second. Regret falls by orders of magnitude towards the end of a sweep, so a few "
        "trials more or less are a large ratio; the trials of one agent that lead to the same median say "
        "how much is lost in time. The last column is the median of `sweeps` 0.3, under the same noise "
        "where there is noise, with one agent otherwise."
    )
    yield ""
    yield (
        "| what | trials | geometric mean of the ratios | results missing | bar | held "
        "| with as many results | held so |"
    )
    yield "| --- | ---: | ---: | ---: | ---: | --- | ---: | --- |"
    yield from summary
    yield ""
    yield (
        "| what | problem | trials | quartile 1 | median | quartile 3 | without | ratio | as one agent after "
        "| `sweeps` |"
    )
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    yield from rows
    yield ""


def _details(figures: Figures, kind: Kind) -> Iterator[str]:
    """A kind's row for each problem."""
    for problem in problems():
        values, course = _judged(figures, f"{problem}/bayes/{kind.label}", kind.mark)
        if not values or len(course) < kind.mark:
            continue
        low, middle, high = (float(v) for v in np.quantile(values, [0.25, 0.5, 0.75]))
        plain = course[kind.mark - 1]
        rival = _hosted(problem, kind)
        after = next((n for n, regret in enumerate(course, 1) if regret <= middle), None)
        cells = [
            *(kind.label, problem, str(kind.mark), _number(low), _number(middle), _number(high)),
            *(_number(plain), f"{middle / max(plain, 1e-12):.2f}", "" if after is None else str(after)),
            "" if rival is None else _number(rival),
        ]
        yield f"| {' | '.join(cells)} |"


def _number(value: float) -> str:
    return f"{value:.3g}"


def write() -> None:
    """Collect what was played and write the page."""
    figures = collect()
    FIGURES.write_text(json.dumps(figures, indent=0, sort_keys=True) + "\n")
    PAGE.write_text(page(figures))


if __name__ == "__main__":
    write()
