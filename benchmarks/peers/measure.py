"""Measure others beside us: `PEERS=1 make bench`, or `python -m benchmarks.peers.measure mlflow` one of them.

Each is installed into an environment of its own by pins with digests, and given the same synthetic load
in its usual set-up. Results go to `results/peers.json`, with ids of our own figures behind `peers.NAME.`.
"""

import argparse
import importlib
import json
import os
import sys
import time
from typing import Any

from benchmarks.peers.house import ROOT, Peer, Row
from benchmarks.run import check, machine, merge, name_of

NAMES = ("tensorboard", "trackio", "mlflow")
RESULTS = ROOT / "benchmarks" / "results" / "peers.json"


def measure(name: str) -> None:
    """Measure one of them and merge its rows into the results."""
    module = importlib.import_module(f"benchmarks.peers.{name}")
    peer: Peer = module.PEER
    peer.install()
    print(f"{name} {peer.pinned} ...", flush=True)
    about: dict[str, Any] = {
        "version": peer.pinned,
        "how": " ".join((module.__doc__ or "").split()),
        "load": round(os.getloadavg()[0], 1),
    }
    began = time.perf_counter()
    for one in module.rows():
        about["seconds"] = round(time.perf_counter() - began)
        save(name, about, check({**one, "id": f"peers.{name}.{one['id']}"}))
        print(f"  {one['id']:<40} {one['value']:>14,.4g} {one['unit']}", flush=True)
    print(f"{name}: {time.perf_counter() - began:.0f} s", flush=True)


def save(name: str, about: dict[str, Any], row: Row) -> None:
    """Merge one row into the results: what took minutes is not lost with what comes after it."""
    old = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    here = machine()
    document = {
        "machine": here,
        "peers": dict(sorted({**old.get("peers", {}), name: about}.items())),
        "rows": merge(old.get("rows", []), [{**row, "machine": name_of(here)}]),
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(document, indent=1) + "\n")


def main() -> int:
    """Measure the named ones, all by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="*", choices=[[], *NAMES], help=f"of {', '.join(NAMES)}")
    failed = []
    for name in parser.parse_args().name or NAMES:
        try:
            measure(name)
        except Exception as error:  # noqa: BLE001 - the others are measured all the same
            print(f"{name} failed: {error}", file=sys.stderr)
            failed.append(name)
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
