"""Writes `docs/explanation/performance.md` from the results of benchmarks: figures, bounds, rivals.

    python tools/write_performance.py

`make bench` renews `benchmarks/results/latest.json`, with `PEERS=1` also `peers.json` beside it: figures of
other programs on the same machine and load, rows named `peers.PROGRAM.ID`.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.run import name_of  # noqa: E402 - found in the line above

RESULTS = ROOT / "benchmarks" / "results" / "latest.json"
PEERS = RESULTS.with_name("peers.json")
TARGET = ROOT / "docs" / "explanation" / "performance.md"
PEER = "peers."


@dataclass(frozen=True)
class Bound:
    """What a figure should be: at most, or at least, `value`."""

    what: str
    value: float
    at_least: bool = False

    def holds(self, value: float) -> bool:
        """Whether a figure is within it."""
        return value >= self.value if self.at_least else value <= self.value

    def better(self, one: float, other: float) -> bool:
        """Whether one figure is better than another."""
        return one > other if self.at_least else one < other

    @property
    def words(self) -> str:
        """As a table shows it."""
        return f"{'at least' if self.at_least else 'at most'} {self.value:g}"


BOUNDS: dict[str, Bound] = {
    "ingest.server_cpu_s_per_1M": Bound(
        "CPU of all processes per million values, until they are sealed", 1.0
    ),
    "ingest.bytes_per_point": Bound("bytes on disk per value, sealed, indexes and log included", 6),
    "ingest.posts_per_s": Bound("messages a second, each on disk before its answer", 1000, at_least=True),
    "chart.warm_ms.1k": Bound("a chart of a run of 1,000 steps", 10),
    "chart.warm_ms.1M": Bound("a chart of a run of 1,000,000 steps", 10),
    "chart.warm_ms.10M": Bound("a chart of a run of 10,000,000 steps", 10),
    "chart.cold_ms.10M": Bound("the first chart after a restart of the server, 10,000,000 steps", 30),
    "chart.spikes_kept": Bound(
        "lone extremes of ten that show in every window around them", 10, at_least=True
    ),
    "runs_chart.ms.100": Bound("one metric of 100 runs", 50),
    "runs_chart.ms.1000": Bound("one metric of 1,000 runs", 300),
    "run_table.ms.1k": Bound("a page of the table of 1,000 runs, filtered and sorted by a metric", 15),
    "run_table.ms.10k": Bound("a page of the table of 10,000 runs, filtered and sorted", 30),
    "run_table.ms.100k": Bound("the same of 100,000 runs", 60),
    "export.s_per_1M_rows": Bound("CPU of the server while a client reads a million rows", 2),
    "artifact.up_ratio_to_md5": Bound(
        "speed of an upload of 1 GiB, as a share of hashing it", 0.6, at_least=True
    ),
    "artifact.second_upload_bytes": Bound("bytes sent when somebody else uploads the same", 0),
    "artifact.small_files_per_s": Bound("small files uploaded a second", 800, at_least=True),
    "start.ready_s": Bound("from start to ready, with the demo's data", 1.5),
    "start.idle_mb": Bound("memory at rest, with the demo's data", 120),
    "live.p99_ack_s": Bound("the slowest of 100 acknowledgements, 1,000 live runs", 1),
    "live.lost_rows": Bound("lines lost or doubled among them", 0),
}


NO_PEERS: Mapping[str, Any] = {"peers": {}, "rows": []}


def page(document: Mapping[str, Any], peers: Mapping[str, Any] = NO_PEERS) -> str:
    """The page of a document of results, `peers` a document of those of other programs."""
    values = {row["id"]: row for row in (*document["rows"], *peers["rows"])}
    return "\n".join(
        [
            *_head(document["machine"]),
            *_figures(values),
            *_peers(values, peers),
            *_lost(values, document["machine"]["cores"]),
            *_rest(values),
            *_elsewhere(document["machine"], document["rows"]),
            *_flows(document.get("flows", {})),
        ]
    )


def _head(machine: Mapping[str, Any]) -> Iterator[str]:
    yield "<!-- Written by tools/write_performance.py; `make bench` renews it. -->"
    yield "# How fast it is, and where it is not\n"
    yield (
        f"Measured on {machine['cores']} cores ({machine['cpu']}), {machine['memory_gb']} GB of memory, "
        f"{machine['system']}, Python {machine['python']}; client, server and disk on that one machine. "
        "Times are medians. `make bench` measures again, `make bench FLOW=chart` one flow."
    )
    if "python_s" in machine:
        yield (
            f"\nA fixed loop in Python takes {machine['python_s']:.3g} s of CPU time on it "
            f"(`machine.python_s`) and one core hashes {machine['md5_mb_per_s']:,.0f} MB/s with md5 "
            "(`machine.md5_mb_per_s`): on a machine where these two are half as good, expect times twice as "
            "long and rates half as high."
        )


def _figures(values: Mapping[str, Any]) -> Iterator[str]:
    yield "\n## Figures and their bounds\n"
    yield "| what | measured | bound | within |"
    yield "| --- | ---: | ---: | --- |"
    for name, bound in BOUNDS.items():
        row = values.get(name)
        measured = "not measured" if row is None else _shown(row)
        within = "" if row is None else "yes" if bound.holds(row["value"]) else "**no**"
        yield f"| {bound.what} (`{name}`) | {measured} | {bound.words} | {within} |"


def _peers(values: Mapping[str, Any], peers: Mapping[str, Any]) -> Iterator[str]:
    names = sorted({name.split(".")[1] for name in values if name.startswith(PEER)})
    yield "\n## Beside others\n"
    if not names:
        yield "Not measured on this machine: `PEERS=1 make bench` installs and measures them."
        return
    yield (
        "The same load, each in its usual set-up, one after another on one machine. An empty cell is "
        "something that a program does not do.\n"
    )
    yield f"| what | Runstone | {' | '.join(names)} |"
    yield f"| --- | ---: |{' ---: |' * len(names)}"
    for name, bound in BOUNDS.items():
        others = [values.get(f"{PEER}{peer}.{name}") for peer in names]
        if any(others):
            cells = ["" if row is None else _shown(row) for row in (values.get(name), *others)]
            yield f"| {bound.what} | {' | '.join(cells)} |"
    yield ""
    for name, about in sorted(peers["peers"].items()):
        yield f"- `{name}` {about['version']}, begun at a load of {about['load']:g}. {about['how']}"


def _lost(values: Mapping[str, Any], cores: int) -> Iterator[str]:
    yield "\n## Where we lose\n"
    lines = []
    for name, bound in BOUNDS.items():
        row = values.get(name)
        if row is None:
            continue
        if not bound.holds(row["value"]):
            lines.append(f"- {bound.what}: {_shown(row)}, the bound is {bound.words}.")
        for peer, other in _others(values, name):
            if bound.better(other["value"], row["value"]):
                lines.append(f"- {bound.what}: {peer} has {_shown(other)}, we have {_shown(row)}.")
    yield from lines or ["Nowhere in this table."]
    yield from _about_uploads(values, cores)


def _about_uploads(values: Mapping[str, Any], cores: int) -> Iterator[str]:
    """Why an upload takes longer than hashing: what both sides do meanwhile, on the same cores."""
    rows = [values.get(f"artifact.up_{name}") for name in ("client_cpu_to_md5", "server_cpu_to_md5")]
    sink = values.get("artifact.up_ratio_to_md5.sink")
    if None in (*rows, sink) or sink is None:
        return
    client, server = (row["value"] for row in rows if row is not None)
    yield (
        f"\nAbout the upload of 1 GiB: client and server share {cores} cores here. While it sends, the "
        f"client hashes the file once more and copies it into its cache, which takes {client:g} times the "
        f"CPU time of one hashing; the server, which hashes and writes what comes, takes {server:g} times. "
        f"However they take turns, that allows {cores / (client + server):.2f} of the speed of hashing on "
        f"these cores. From a server that throws the bytes away, the same client gets {sink['value']:.2f}."
    )


def _others(values: Mapping[str, Any], name: str) -> Iterator[tuple[str, Any]]:
    for of, row in values.items():
        if of.startswith(PEER) and of.endswith(f".{name}"):
            yield of.split(".")[1], row


def _rest(values: Mapping[str, Any]) -> Iterator[str]:
    rest = [row for name, row in values.items() if name not in BOUNDS and not name.startswith(PEER)]
    if rest:
        yield "\n## Further figures\n"
        yield "| id | measured |"
        yield "| --- | ---: |"
        yield from (f"| `{row['id']}` | {_shown(row)} |" for row in rest)


def _elsewhere(machine: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Which rows are of another machine than the one that the page begins with, or of what commit."""
    named = [row for row in rows if "machine" in row]
    if not named:
        return
    here = name_of(machine)
    groups: dict[tuple[str, str], list[str]] = {}
    for row in sorted(named, key=lambda one: (one["machine"] != here, one["machine"], one["commit"])):
        groups.setdefault((row["machine"], row["commit"]), []).append(f"`{row['id']}`")
    yield "\n## Measured where, and of what\n"
    for (place, state), ids in groups.items():
        where = "this machine" if place == here else f"**another machine** ({place})"
        # The most need no list: they are what is left.
        most = len(ids) == max(map(len, groups.values()))
        yield f"- On {where}, commit {state}: {'all other figures' if most else ', '.join(ids)}."


def _flows(flows: Mapping[str, Any]) -> Iterator[str]:
    if flows:
        yield "\n## How long measuring takes\n"
        yield (
            "Seconds of each flow, and how busy the machine was with other things when it began (load over a "
            "minute; a figure measured at a load above 1 says little).\n"
        )
        yield "| flow | seconds | load before |"
        yield "| --- | ---: | ---: |"
        yield from (f"| {name} | {one['seconds']} | {one['load']:g} |" for name, one in flows.items())
    yield ""


def _shown(row: Mapping[str, Any]) -> str:
    value = row["value"]
    number = f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
    return f"{number} {row['unit']}"


def main(target: Path = TARGET) -> int:
    """Write the page."""
    if not RESULTS.exists():
        print(f"There are no results in {RESULTS.relative_to(ROOT)} yet: make bench", file=sys.stderr)
        return 2
    peers = json.loads(PEERS.read_text()) if PEERS.exists() else NO_PEERS
    target.write_text(page(json.loads(RESULTS.read_text()), peers))
    return 0


if __name__ == "__main__":
    sys.exit(main())
