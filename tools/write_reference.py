"""Writes `docs/reference`: settings, commands and routes, from the things themselves.

    python tools/write_reference.py

A test compares what stands there with what this would write.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from runstone.server.cli import cli
from runstone.server.settings import ENVIRONMENT_ONLY, Settings
from runstone.webapi.app import described

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
WRITTEN = "<!-- Written by tools/write_reference.py; `make generated` renews it. -->"
OTHER_ROUTES = (
    ("GET", "/healthz", "The process answers."),
    ("GET", "/ready", "The database answers and files can be kept; else 503 with the reason."),
    ("GET", "/metrics", "Figures for Prometheus."),
    ("POST", "/graphql", "Everything of clients that is not bulk data."),
    ("POST", "/files/{entity}/{project}/{run}/file_stream", "What a running client streams."),
    ("PUT, GET", "/files/{token}/{name}", "Bytes, by signed address."),
    ("GET", "/artifacts/..., /artifactsV2/...", "Downloads by content, for clients whose address expired."),
)


def cell(text: str) -> str:
    """A text as one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    lines += ["| " + " | ".join(cell(one) for one in row) + " |" for row in rows]
    return "\n".join(lines)


def settings_page() -> str:
    """Every setting with its flag, environment name, default and meaning."""
    rows = []
    for name, field in Settings.model_fields.items():
        flag = "" if name in ENVIRONMENT_ONLY else f"`--{name.replace('_', '-')}`"
        default = "" if field.default in ("", None) else f"`{field.default}`"
        rows.append((flag, f"`RUNSTONE_{name.upper()}`", default, field.description or ""))
    return "\n".join(
        [
            "# Settings of `runstone serve`",
            "",
            WRITTEN,
            "",
            "A flag wins over its environment name, that over the default. Values that nobody else on the",
            "machine may read have no flag.",
            "",
            table(("Flag", "Environment", "Default", "Meaning"), rows),
            "",
        ]
    )


def walk(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each command below one, with the words that call it."""
    children = getattr(command, "commands", None)
    if not children:
        yield words, command
        return
    for name, child in children.items():
        yield from walk(child, (*words, name))


def commands_page() -> str:
    """Every command with its arguments and options."""
    parts = ["# Commands", "", WRITTEN, ""]
    for words, command in walk(typer.main.get_command(cli), ("runstone",)):
        parts += [f"## `{' '.join(words)}`", "", cell(command.help or ""), ""]
        if words[-1] == "serve":
            parts += ["Its flags are the [settings](settings.md).", ""]
            continue
        rows = []
        for one in command.params:
            option = one.param_type_name == "option"
            names = [*one.opts, *one.secondary_opts] if option else [one.metavar or one.name]
            rows.append((", ".join(f"`{name}`" for name in names), getattr(one, "help", None) or ""))
        if rows:
            parts += [table(("Argument", "Meaning"), rows), ""]
    return "\n".join(parts)


def routes_page() -> str:
    """Every route of `/api`, by noun, and those outside it."""
    parts = [
        "# Routes",
        "",
        WRITTEN,
        "",
        "Authentication: HTTP Basic with the user `api` and a key, or a browser's session. The whole",
        "description, with the shape of every answer, is served at `/api/openapi.json`.",
        "",
    ]
    groups: dict[str, list[tuple[str, ...]]] = {}
    for path, methods in described()["paths"].items():
        for method, one in methods.items():
            about = (one.get("description") or "").partition("\n\n")[0]
            noun = (one.get("tags") or ["other"])[0]
            groups.setdefault(noun, []).append((method.upper(), f"`{path}`", about))
    for noun, rows in sorted(groups.items()):
        heads = ("Method", "Path", "What")
        parts += [f"## {noun}", "", table(heads, sorted(rows, key=lambda row: (row[1], row[0]))), ""]
    outside = [(method, f"`{path}`", about) for method, path, about in OTHER_ROUTES]
    parts += ["## outside `/api`", "", table(("Method", "Path", "What"), outside), ""]
    return "\n".join(parts)


PAGES = {"settings.md": settings_page, "commands.md": commands_page, "routes.md": routes_page}


def main() -> int:
    """Write all pages."""
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
