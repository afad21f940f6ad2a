"""Every law and every kind of bad input names tests, and they are there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "explanation" / "laws.md").read_text()
ROWS = [line.strip("| ").split(" | ") for line in re.findall(r"^\| (?!---).*\|$", PAGE, re.MULTILINE)]
NAMED = {row[0]: re.findall(r"`(tests/[\w/.]+)::(\w+)`", row[-1]) for row in ROWS if row[-1] != "Tests"}


@cache
def names_in(path: str) -> frozenset[str]:
    """Names of a module's tests."""
    tree = ast.parse((ROOT / path).read_text())
    return frozenset(one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef))


def test_all_ten_laws_are_there() -> None:
    assert [name for name in NAMED if name.isdigit()] == [str(number) for number in range(1, 11)]


@pytest.mark.parametrize("row", NAMED)
def test_named_tests_are_there(row: str) -> None:
    assert NAMED[row]
    assert [f"{path}::{name}" for path, name in NAMED[row] if name not in names_in(path)] == []
