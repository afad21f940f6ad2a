"""Measure: `make bench`, or `make bench FLOW=ingest` for one flow.

A flow is a module `benchmarks/NAME.py`, or `benchmarks/NAME/rows.py`, with a function `rows()`
that yields rows `{"id": "flow.what_unit", "value": number, "unit": text}`. Each flow runs in a
process of its own, so that none is warm from another. What it measures replaces rows of the
same id in `results/latest.json`; everything else in there stays. Each row names the machine and the
commit that it was measured on. How long a flow took, how busy the machine was when it began and how
fast it is stand there too.
"""

import argparse
import functools
import hashlib
import importlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "latest.json"
LOOPS, HASHED_BYTES, ROUNDS = 200_000, 32 << 20, 5
NOT_FLOWS = frozenset({"run", "__init__"})
# What a figure hangs on: not the results themselves, nor documents.
MEASURED = ("runstone", "web/src", "app", "tools", "benchmarks/*.py", "benchmarks/*/*.py", "requirements")

Row = dict[str, Any]


def flows() -> dict[str, str]:
    """Module to import by name of the flow."""
    found = {
        path.stem: f"benchmarks.{path.stem}"
        for path in sorted(HERE.glob("*.py"))
        if path.stem not in NOT_FLOWS and "def rows(" in path.read_text()
    }
    found.update(
        {path.parent.name: f"benchmarks.{path.parent.name}.rows" for path in sorted(HERE.glob("*/rows.py"))}
    )
    return found


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    cpu = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line
        ]
        cpu = names[0] if names else cpu
    return {
        "system": f"{platform.system()} {platform.release()}",
        "cpu": cpu,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "python": platform.python_version(),
        **speed(),
    }


def name_of(machine: Mapping[str, Any]) -> str:
    """A machine in a row's few words. Nothing in it differs from one measurement to the next."""
    parts = (machine["cpu"], f"{machine['cores']} cores", f"{machine['memory_gb']} GB", machine["system"])
    return ", ".join((*parts, f"Python {machine['python']}"))


@functools.cache
def commit() -> str:
    """The commit that is measured, `+changes` behind it where the program differs; `unknown` without git."""
    try:
        found = _git("rev-parse", "--short=10", "HEAD")
        return found + ("+changes" if _git("status", "--porcelain", "--", *MEASURED) else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*words: str) -> str:
    asked = ["git", *words]
    return subprocess.run(asked, cwd=HERE.parent, capture_output=True, text=True, check=True).stdout.strip()


@functools.cache
def speed() -> dict[str, float]:
    """How fast this machine is at the two things that most figures hang on: `python_s`, CPU seconds of a
    fixed loop in Python, and `md5_mb_per_s`, millions of bytes that one core hashes in a second. The best of
    some: what else the machine does meanwhile is not meant."""
    data = bytes(HASHED_BYTES)
    md5_s = min(_cpu_s(lambda: hashlib.md5(data, usedforsecurity=False)) for _ in range(ROUNDS))
    return {
        "python_s": round(min(_cpu_s(_loop) for _ in range(ROUNDS)), 4),
        "md5_mb_per_s": round(HASHED_BYTES / 1e6 / md5_s, 1),
    }


def _loop() -> dict[str, int]:
    """Integers, texts and a dictionary, as a server has them."""
    found: dict[str, int] = {}
    for i in range(LOOPS):
        name = f"k{i % 997}"
        found[name] = found.get(name, 0) + i * i % 7
    return found


def _cpu_s(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def check(row: Row) -> Row:
    """Return a row when it has the agreed form; raise ValueError otherwise."""
    good = (
        set(row) >= {"id", "value", "unit"}
        and isinstance(row["id"], str)
        and isinstance(row["value"], int | float)
        and not isinstance(row["value"], bool)
        and isinstance(row["unit"], str)
    )
    if not good:
        raise ValueError(f"row {row!r}: expected id (text), value (number) and unit (text)")
    return row


def merge(old: list[Row], new: list[Row]) -> list[Row]:
    """Old rows with those of the same id replaced, new ones added, in the order of their ids."""
    by_id = {row["id"]: row for row in old}
    by_id.update({row["id"]: row for row in new})
    return [by_id[name] for name in sorted(by_id)]


def measure(module: str, out: Path) -> None:
    """In the child: run one flow and write its rows."""
    rows = [check(dict(row)) for row in importlib.import_module(module).rows()]
    out.write_text(json.dumps(rows))


def run(name: str, module: str) -> list[Row]:
    """Run one flow in a child process."""
    print(f"{name} ...", flush=True)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "rows.json"
        command = [sys.executable, "-m", "benchmarks.run", "--child", module, str(out)]
        subprocess.run(command, cwd=HERE.parent, check=True)
        rows: list[Row] = json.loads(out.read_text())
    print(f"{name}: {time.perf_counter() - began:.0f} s")
    for row in rows:
        print(f"  {row['id']:<40} {row['value']:>14,.4g} {row['unit']}", flush=True)
    return rows


def save(name: str, rows: list[Row], seconds: float, load: float) -> None:
    """Merge the rows of a flow into the results."""
    old = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    flow = {"seconds": round(seconds), "load": round(load, 1)}
    here = machine()
    rows = [{**row, "machine": name_of(here), "commit": commit()} for row in rows]
    document = {
        "machine": here,
        "flows": dict(sorted({**old.get("flows", {}), name: flow}.items())),
        "rows": merge(old.get("rows", []), rows),
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(document, indent=1) + "\n")


def main() -> None:
    """Run the flows of the command line, all by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flow", nargs="*", help=f"of {', '.join(flows())}")
    parser.add_argument("--child", nargs=2, metavar=("MODULE", "OUT"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        measure(given.child[0], Path(given.child[1]))
        return
    known = flows()
    unknown = [name for name in given.flow if name not in known]
    if unknown:
        parser.error(f"no flow {', '.join(unknown)}; there are {', '.join(known)}")
    failed = []
    for name in given.flow or known:
        load, began = os.getloadavg()[0], time.perf_counter()
        try:
            rows = run(name, known[name])
            save(name, rows, time.perf_counter() - began, load)
        except subprocess.CalledProcessError:
            failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")
    print(f"written to {RESULTS.relative_to(HERE.parent)}")


if __name__ == "__main__":
    main()
