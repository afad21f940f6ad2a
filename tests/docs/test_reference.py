"""`docs/reference` says what the settings, commands and routes are now, and documents name real ones."""

import re
import subprocess
from pathlib import Path

import pytest
import typer

from runstone.server.cli import cli
from runstone.server.settings import Settings
from tools.write_reference import PAGES, REFERENCE, walk

ROOT = Path(__file__).parents[2]
LISTED = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
DOCUMENTS = subprocess.run(LISTED, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
COMMANDS = {words for words, _ in walk(typer.main.get_command(cli), ("runstone",))}
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", PAGES)
def test_reference_is_current(name: str) -> None:
    assert (REFERENCE / name).read_text() == PAGES[name](), f"docs/reference/{name} is old: make generated"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_name_real_things(name: str) -> None:
    text = (ROOT / name).read_text()
    for setting in set(re.findall(r"\bRUNSTONE_([A-Z][A-Z_]+)\b", text)):
        known = setting.lower() in Settings.model_fields or setting in OUTSIDE
        assert known, f"{name} names RUNSTONE_{setting}, which is no setting"
    code = re.findall(r"^```sh$(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    for line in "\n".join([*code, *re.findall(r"`([^`\n]+)`", text)]).splitlines():
        for call in re.findall(r"^\s*(runstone(?: [a-z-]+)+)", line):
            words = tuple(call.split())
            whole = any(words[: len(one)] == one or one[: len(words)] == words for one in COMMANDS)
            assert whole, f"{name} calls `{call}`, which is no command"
        for target in re.findall(r"^\s*make ([a-z][a-z-]*)", line):
            assert target in TARGETS, f"{name} calls `make {target}`, which the Makefile does not have"


# Read by the build, not by the server.
OUTSIDE = {"UI_DIST", "UI", "DEV_SERVER", "ROWS"}
