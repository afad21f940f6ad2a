"""The page of figures says what was measured, what was not, and where others are better."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.run import name_of
from tools import write_performance

MACHINE = {"cores": 2, "cpu": "Some CPU", "memory_gb": 8.0, "system": "Linux 6", "python": "3.12.1"}


def row(name: str, value: float, unit: str = "ms") -> dict[str, Any]:
    return {"id": name, "value": value, "unit": unit}


def test_figures_bounds_and_rivals() -> None:
    text = write_performance.page(
        {
            "machine": MACHINE,
            "rows": [
                row("chart.warm_ms.1k", 4.25),
                row("runs_chart.ms.1000", 350),
                row("ingest.posts_per_s", 1500, "posts/s"),
                row("sweep.something", 7, "points"),
            ],
            "flows": {"chart": {"seconds": 61, "load": 0.4}},
        },
        {
            "peers": {"fast": {"version": "1.2", "load": 0.2, "how": "Out of the box."}},
            "rows": [
                row("peers.fast.chart.warm_ms.1k", 3),
                row("peers.slow.chart.warm_ms.1k", 90.5),
                row("peers.slow.ingest.posts_per_s", 20, "posts/s"),
            ],
        },
    )
    assert "2 cores (Some CPU)" in text
    assert "machine.python_s" not in text  # results from before it was measured
    assert "| a chart of a run of 1,000 steps (`chart.warm_ms.1k`) | 4.25 ms | at most 10 | yes |" in text
    assert "| one metric of 1,000 runs (`runs_chart.ms.1000`) | 350 ms | at most 300 | **no** |" in text
    assert "(`start.ready_s`) | not measured |" in text
    assert "| a chart of a run of 1,000 steps | 4.25 ms | 3 ms | 90.5 ms |" in text
    lost = text.partition("## Where we lose")[2].partition("##")[0]
    assert lost.strip().splitlines() == [
        "- a chart of a run of 1,000 steps: fast has 3 ms, we have 4.25 ms.",
        "- one metric of 1,000 runs: 350 ms, the bound is at most 300.",
    ]
    assert "| `sweep.something` | 7 points |" in text
    assert "- `fast` 1.2, begun at a load of 0.2. Out of the box." in text
    assert "| chart | 61 | 0.4 |" in text


def test_how_fast_the_machine_is_is_said() -> None:
    machine = {**MACHINE, "python_s": 0.04321, "md5_mb_per_s": 612.3}
    text = write_performance.page({"machine": machine, "rows": []})
    assert "takes 0.0432 s of CPU time on it (`machine.python_s`)" in text
    assert "hashes 612 MB/s with md5 (`machine.md5_mb_per_s`)" in text


def test_rows_of_another_machine_or_commit_are_named() -> None:
    here, there = name_of(MACHINE), name_of({**MACHINE, "cpu": "Other CPU"})
    rows = [
        {**row("chart.warm_ms.1k", 4), "machine": here, "commit": "new"},
        {**row("chart.warm_ms.1M", 4), "machine": here, "commit": "new"},
        {**row("start.ready_s", 1), "machine": here, "commit": "old"},
        {**row("demo.seconds", 200), "machine": there, "commit": "new"},
    ]
    text = write_performance.page({"machine": MACHINE, "rows": rows})
    said = text.partition("## Measured where, and of what")[2].partition("##")[0]
    assert said.strip().splitlines() == [
        "- On this machine, commit new: all other figures.",
        "- On this machine, commit old: `start.ready_s`.",
        f"- On **another machine** ({there}), commit new: `demo.seconds`.",
    ]
    assert "Measured where" not in write_performance.page({"machine": MACHINE, "rows": [row("a.s", 1)]})


def test_the_page_is_that_of_the_results(tmp_path: Path) -> None:
    if not write_performance.RESULTS.exists():
        pytest.skip("no results are kept here yet")
    write_performance.main(tmp_path / "page.md")
    assert write_performance.TARGET.read_text() == (tmp_path / "page.md").read_text()


def test_what_an_upload_costs_both_sides_is_said() -> None:
    rows = [
        row("artifact.up_ratio_to_md5", 0.4, "of the speed of md5"),
        row("artifact.up_client_cpu_to_md5", 1.5, "times"),
        row("artifact.up_server_cpu_to_md5", 2.5, "times"),
        row("artifact.up_ratio_to_md5.sink", 1.25, "of the speed of md5"),
    ]
    text = write_performance.page({"machine": MACHINE, "rows": rows})
    assert "share 2 cores" in text
    assert "that allows 0.50 of the speed" in text
    assert "gets 1.25." in text
