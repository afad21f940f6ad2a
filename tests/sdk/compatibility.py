"""The page that says which operations which client version uses, from a recorded run of all of them."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.sdk.environments import CLIENTS
from tests.sdk.operations import MUST
from tests.sdk.recording import Call

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "compatibility.md"
OK, UNUSED, NOT_RUN = "ok", "not used", "not run"
# Whether a client asks these depends on how long something takes.
BY_CHANCE = frozenset({"RunStoppedStatus", "RunState", "ProbeServerCapabilities", "ProbeServerSettings"})
HEAD = """# Which client uses which operation

Written by `make compatibility` from a run of every tested client version against one recorded
server (`tests/sdk`). *ok*: the client asked, and the server did it, without an error. *not used*:
no test made this version ask, mostly because it uses another operation for the same purpose.
*not run*: the version does not run on the Python of the recorded run. **Bold** operations are those
that the server must have: a test fails when no client had them served.
"""


def served(calls: Iterable[Call]) -> dict[str, set[str]]:
    """Per version the GraphQL operations and byte routes that were answered well."""
    versions = {client.username: client.version for client in CLIENTS}
    found: dict[str, set[str]] = {}
    for call in calls:
        if call.good and call.user in versions and call.roots and call.operation not in ("?", "(no name)"):
            found.setdefault(versions[call.user], set()).add(call.operation)
    return found


def proved_by(outputs: Iterable[str]) -> set[str]:
    """The operations whose effect scripts have shown."""
    return {name for output in outputs for name in re.findall(r"^proved: (\S+)$", output, re.MULTILINE)}


def written(by_version: Mapping[str, set[str]], before: str) -> str:
    """The page. Cells that depend on chance, or on versions that did not run here, are those of `before`."""
    known = _cells(before)
    must = {name for names in MUST.values() for name in names}
    others = sorted({name for names in by_version.values() for name in names} | set(known))
    groups = {**MUST, "Others": tuple(name for name in others if name not in must)}
    lines = [HEAD]
    for group, names in groups.items():
        lines += [f"## {group}", "", _row("operation", [client.version for client in CLIENTS])]
        lines.append(_row("---", ["---"] * len(CLIENTS)))
        for name in names:
            cells = [_cell(name, client.version, by_version, known) for client in CLIENTS]
            lines.append(_row(f"**{name}**" if name in must else name, cells))
        lines.append("")
    return "\n".join(lines)


def _cell(name: str, version: str, by_version: Mapping[str, set[str]], known: Mapping[str, list[str]]) -> str:
    before = dict(zip([client.version for client in CLIENTS], known.get(name, ()), strict=False)).get(version)
    if version not in by_version:
        return before or NOT_RUN
    if name in by_version[version]:
        return OK
    return before if before == OK and name in BY_CHANCE else UNUSED


def _cells(page: str) -> dict[str, list[str]]:
    rows = re.findall(r"^\| \**(\w+)\** \| (.*) \|$", page, re.MULTILINE)
    return {name: cells.split(" | ") for name, cells in rows if name != "operation"}


def _row(first: str, cells: Iterable[str]) -> str:
    return f"| {' | '.join([first, *cells])} |"
