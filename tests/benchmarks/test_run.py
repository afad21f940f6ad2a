"""The runner of the benchmarks: rows have one form, and replace rows of the same id alone."""

import json
from pathlib import Path

import pytest

from benchmarks import run

MACHINE = {"cpu": "Some", "cores": 2, "memory_gb": 8.0, "system": "Linux 6", "python": "3.12.1"}


def row(name: str, value: float) -> dict[str, object]:
    return {"id": name, "value": value, "unit": "s"}


def test_rows_replace_their_own_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "RESULTS", tmp_path / "results" / "latest.json")
    run.save("one", [row("a.s", 1), row("b.s", 2)], 61.2, 0.04)
    run.save("other", [row("b.s", 3), row("a.x", 4)], 2.5, 3.0)
    written = json.loads(run.RESULTS.read_text())
    assert [(one["id"], one["value"]) for one in written["rows"]] == [("a.s", 1), ("a.x", 4), ("b.s", 3)]
    assert written["machine"]["cores"] >= 1
    assert 0 < written["machine"]["python_s"] < 10
    assert 10 < written["machine"]["md5_mb_per_s"] < 100_000
    assert {one["machine"] for one in written["rows"]} == {run.name_of(written["machine"])}
    assert {one["commit"] for one in written["rows"]} == {run.commit()}
    assert written["flows"] == {"one": {"seconds": 61, "load": 0.0}, "other": {"seconds": 2, "load": 3.0}}


def test_a_row_keeps_where_and_of_what_it_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "RESULTS", tmp_path / "latest.json")
    monkeypatch.setattr(run, "commit", lambda: "first")
    monkeypatch.setattr(run, "machine", lambda: {**MACHINE, "python_s": 0.04})
    run.save("one", [row("a.s", 1), row("b.s", 2)], 1, 0)
    monkeypatch.setattr(run, "commit", lambda: "second")
    monkeypatch.setattr(run, "machine", lambda: {**MACHINE, "cpu": "Other", "python_s": 0.08})
    run.save("other", [row("b.s", 3)], 1, 0)
    written = json.loads(run.RESULTS.read_text())
    assert written["machine"]["cpu"] == "Other"
    assert [(one["id"], one["machine"], one["commit"]) for one in written["rows"]] == [
        ("a.s", "Some, 2 cores, 8.0 GB, Linux 6, Python 3.12.1", "first"),
        ("b.s", "Other, 2 cores, 8.0 GB, Linux 6, Python 3.12.1", "second"),
    ]


@pytest.mark.parametrize(("changes", "expected"), [("", "abc"), (" M runstone/x.py", "abc+changes")])
def test_the_commit_says_whether_the_program_is_it(
    monkeypatch: pytest.MonkeyPatch, changes: str, expected: str
) -> None:
    monkeypatch.setattr(run, "_git", lambda command, *_: "abc" if command == "rev-parse" else changes)
    assert run.commit.__wrapped__() == expected


@pytest.mark.parametrize(
    "bad",
    [{"id": "a"}, row("a", True), {"id": "a", "value": "1", "unit": "s"}, {"id": 1, "value": 1, "unit": "s"}],
)
def test_a_row_has_one_form(bad: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="expected id"):
        run.check(bad)


def test_every_flow_can_be_named() -> None:
    assert all(module.startswith("benchmarks.") for module in run.flows().values())
