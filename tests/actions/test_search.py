"""Asking the search: in a process of its own, within its time, and whatever happens to it."""

import json
import signal
import threading
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from runstone.actions import search
from runstone.actions.child import Child
from runstone.actions.question import Known, Question
from runstone.actions.search_child import cpu_limit
from runstone.domain.errors import Busy, Unavailable
from runstone.sweeps.trial import Suggestion

CONFIG = """
method: bayes
metric: {name: loss}
parameters: {x: {min: 0.0, max: 1.0}, y: {min: 0.0, max: 1.0}, kind: {values: [a, b]}}
"""


def row(**more: Any) -> Any:
    given = {"id": 1, "name": "s", "config_text": CONFIG, "metric_name": None, "seed": 7, "since_seq": 0}
    return SimpleNamespace(**{**given, **more})


def known(count: int) -> list[Known]:
    points = (json.dumps({"x": i / count, "y": i * 7 % count / count, "kind": "a"}) for i in range(count))
    return [(i, point, "finished", i / count, f"r{i}", False) for i, point in enumerate(points)]


def test_a_suggestion_costs_the_server_next_to_nothing() -> None:
    """What the server's own process spends cannot hold its event loop: a few messages, no arithmetic."""
    search.next_point(row(), known(20), 20)  # starts the process
    for count in (100, 1_000):
        trials = known(count)
        spent = []
        for seq in range(count, count + 5):
            before = time.process_time()
            found = search.next_point(row(), trials, seq)
            spent.append(time.process_time() - before)
            assert isinstance(found, Suggestion)
        assert found.info["engine"] in ("model", "random")
        assert min(spent) < 0.010, f"{count} trials: {min(spent) * 1000:.1f} ms"


def test_the_same_question_has_the_same_answer_in_a_fresh_process() -> None:
    asked = Search()
    try:
        question = Question("suggest", CONFIG, None, 7, 60, seq=30)
        first = asked.ask(question, known(30), 60)
        asked.close()
        assert asked.ask(question, known(30), 60) == first
    finally:
        asked.close()


def test_a_search_that_computes_too_long_is_ended_and_the_next_one_works() -> None:
    asked = Search()
    try:
        question = Question("suggest", CONFIG, None, 7, 60, seq=900)
        with pytest.raises(Busy, match=r"more than 0\.001 s of CPU time"):
            asked.ask(replace(question, cpu_limit_s=0.001), known(900), 60)
        assert not asked._child.is_alive, "half an import would spoil every later answer"
        assert isinstance(asked.ask(question, known(30), 60), Suggestion)
    finally:
        asked.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_limit_that_is_reached_in_a_finalizer_is_told_again() -> None:
    class Slow:
        def __del__(self) -> None:
            spend(0.1)

    def spend(seconds: float) -> None:
        until = time.process_time() + seconds
        while time.process_time() < until:
            pass

    def work() -> None:
        with cpu_limit(0.05):
            Slow()
            spend(1.0)

    with pytest.raises(Busy, match=r"more than 0\.05 s"):
        work()


def test_a_search_that_gets_no_core_is_waited_for_but_not_for_ever() -> None:
    asked = Search()
    try:
        question = Question("suggest", CONFIG, None, 7, 1, seq=30)
        expected = asked.ask(replace(question, cpu_limit_s=60), known(30), 60)  # loads what is loaded once
        process = asked._child._process
        assert process is not None
        process.send_signal(signal.SIGSTOP)
        threading.Timer(1.2, process.send_signal, [signal.SIGCONT]).start()
        assert asked.ask(question, known(30), 60) == expected
        process.send_signal(signal.SIGSTOP)
        with pytest.raises(Busy, match=r"more than 0\.1 s$"):
            asked.ask(question, known(30), 0.1)
    finally:
        asked.close()


def test_a_failing_search_gives_a_random_point_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> Any:
        raise Unavailable("gone")

    monkeypatch.setattr(search._search, "ask", fails)
    found = search.next_point(row(), known(30), 30)
    assert isinstance(found, Suggestion)
    assert found.info["engine"] == "random"
    assert "gone" in found.info["warnings"][-1]
    grid = search.next_point(row(config_text="{method: grid, parameters: {a: {values: [1, 2]}}}"), [], 1)
    assert isinstance(grid, Suggestion)
    assert grid.params == {"a": 2}


def test_a_child_that_does_not_start_is_said() -> None:
    child = Child("runstone.no_such_module")
    with pytest.raises(Unavailable, match="did not start"):
        child.ask(1)
    assert not child.is_alive


Search = search.Search
