"""The web UI in a headless Chromium: how soon it paints, how smoothly it moves, how much it weighs.

A server is filled with 50 runs of 24 metrics, 100,000 small runs, and a sweep of 1,000 trials; pages
are then opened in fresh profiles. Medians of five where a page is opened, frames where one moves.
Budgets are those of the UI's brief for two cores without a GPU. What was filled is kept for the next time.
"""

import json
import os
import re
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.filling import served
from benchmarks.runs_table import put_runs
from runstone.actions.history import Post, receive
from runstone.actions.run import RunChange, upsert_run
from runstone.actions.seal import seal_stream
from runstone.actions.sign_in import viewer_of_name
from runstone.actions.sweep import create_sweep
from runstone.actions.user import put_user
from runstone.domain.history import Chunk, Stream
from runstone.domain.viewer import COMMAND_LINE
from runstone.store.opening import Store
from tests.ui.chromium import flags, found_or_installed
from tests.ui.site import PASSWORD, Site
from tools.build_ui import entry_kb

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "runstone" / "static"
TIMES = 5
RUNS, METRICS, STEPS = 50, 24, 1500
TABLE_RUNS = int(os.environ.get("TABLE_RUNS") or 100_000)
LIVE_POINTS = 12
TRIALS = 1000
BRUSH_MOVES = 120
SWEEP = """
method: random
metric: {name: loss, goal: minimize}
parameters:
  lr: {distribution: log_uniform_values, min: 1.0e-4, max: 1.0e-1}
  batch: {values: [16, 32, 64, 128]}
  dropout: {min: 0.0, max: 0.6}
  width: {min: 8, max: 512}
  depth: {values: [1, 2, 3, 4]}
  decay: {min: 0.0, max: 0.1}
"""
WAIT_MS = 120_000
NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
FRAMES = """(seconds) => new Promise((done) => {
    const times = [];
    const start = performance.now();
    const step = (now) => {
        times.push(now);
        if (now - start < seconds * 1000) requestAnimationFrame(step);
        else done((times.length - 1) / ((times[times.length - 1] - times[0]) / 1000));
    };
    requestAnimationFrame(step);
})"""
# When the first chart was in sight; the driver hears of it only after the page has drawn all others, too.
FIRST_CHART = """new MutationObserver((_changes, watcher) => {
    if (document.querySelector('[role="img"] canvas') === null) return;
    watcher.disconnect();
    requestAnimationFrame(() => setTimeout(() => { window.first_chart = performance.now(); }));
}).observe(document, {childList: true, subtree: true});"""


def rows() -> Iterator[dict[str, Any]]:
    """All figures of the flow."""
    yield {"id": "ui.entry_js_kb", "value": entry_kb(STATIC), "unit": "KB gzip"}
    with served("ui", fill, RUNS, METRICS, STEPS, TABLE_RUNS, TRIALS, SWEEP) as server:
        site = Site(server, server.directory)
        site.invite()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=found_or_installed(), args=flags())
            yield from measured(browser, site)
            browser.close()


def fill(store: Store) -> None:
    """Ada, and everything of hers that is looked at."""
    put_user(store, COMMAND_LINE, "ada", NOW, password=PASSWORD)
    fill_curves(store)
    fill_sweep(store)
    put_runs(store, "ada", "many", TABLE_RUNS)


def fill_curves(store: Store) -> None:
    """50 finished runs of 24 metrics and 1,500 steps in ada/curves."""
    ada = viewer_of_name(store, "ada")
    for number in range(RUNS):
        change = RunChange(
            entity="ada", project="curves", name=f"run{number}", config=f'{{"lr": {{"value": {number}}}}}'
        )
        run_id, _ = upsert_run(store, ada, change, NOW + timedelta(seconds=number))
        lines = [
            json.dumps(
                {
                    "_step": step,
                    "_timestamp": step,
                    **{
                        f"m{key:02}": 2 ** (-step / 400) + (step * (key + 3) * (number + 7) % 97) / 900
                        for key in range(METRICS)
                    },
                }
            )
            for step in range(STEPS)
        ]
        post = Post(chunks=(Chunk(Stream.HISTORY, 0, tuple(lines)),))
        receive(store, ada, "ada", "curves", f"run{number}", post, NOW).result()
        upsert_run(store, ada, RunChange(run_id=run_id, state="finished"), NOW)
        seal_stream(store, run_id, 0, Stream.HISTORY, NOW, everything=True)


def fill_sweep(store: Store) -> None:
    """A sweep of 1,000 finished trials of six parameters in ada/swept."""
    ada = viewer_of_name(store, "ada")
    create_sweep(store, ada, "ada", "swept", SWEEP, NOW)
    with store.reading() as reads:
        project = reads.project(ada, "ada", "swept")
        assert project is not None
        (sweep,) = reads.sweeps_of_project(ada, project.id)
    for number in range(TRIALS):
        values = {
            "lr": 10 ** (-4 + number % 97 / 32),
            "batch": (16, 32, 64, 128)[number % 4],
            "dropout": number % 61 / 100,
            "width": 8 + number * 7 % 505,
            "depth": 1 + number % 3,
            "decay": number % 11 / 100,
        }
        change = RunChange(
            entity="ada",
            project="swept",
            name=f"t{number}",
            sweep=sweep.name,
            config=json.dumps({key: {"value": value} for key, value in values.items()}),
            summary=json.dumps({"loss": 0.1 + values["dropout"] + number * 13 % 101 / 101}),
        )
        run_id, _ = upsert_run(store, ada, change, NOW)
        upsert_run(store, ada, RunChange(run_id=run_id, state="finished"), NOW)


def measured(browser: Browser, site: Site) -> Iterator[dict[str, Any]]:
    """What the pages do."""
    site.cookies["ada"] = signed_in(browser, site)
    first_paint, first_chart, all_charts, heaps = [], [], [], []
    for turn in range(TIMES):
        print(f"  workspace, {turn + 1} of {TIMES}", flush=True)
        page = window(browser, site)
        page.add_init_script(FIRST_CHART)
        page.goto(f"{site.server.base_url}/ada/curves")
        page.wait_for_function(
            "() => document.querySelectorAll('.panel .u-over').length >= 24", timeout=WAIT_MS
        )
        all_charts.append(page.evaluate("performance.now()"))
        page.wait_for_function("() => window.first_chart !== undefined", timeout=WAIT_MS)
        first_chart.append(page.evaluate("window.first_chart"))
        first_paint.append(
            page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        )
        session = page.context.new_cdp_session(page)
        session.send("HeapProfiler.collectGarbage")
        heaps.append(page.evaluate("performance.memory.usedJSHeapSize") / 1e6)
        page.context.close()
    yield {"id": "ui.first_paint_ms", "value": round(statistics.median(first_paint)), "unit": "ms"}
    yield {"id": "ui.first_chart_ms", "value": round(statistics.median(first_chart)), "unit": "ms"}
    yield {"id": "ui.charts24x50_ms", "value": round(statistics.median(all_charts)), "unit": "ms"}
    yield {"id": "ui.heap_mb", "value": round(statistics.median(heaps), 1), "unit": "MB"}
    for name, unit, measure in (
        ("pan_fps", "frames/s", pan),
        ("table100k_scroll_fps", "frames/s", scroll),
        ("parcoords1000_brush_ms", "ms", brush),
        ("live_p95_ms", "ms", live),
    ):
        print(f"  {name}", flush=True)
        yield {"id": f"ui.{name}", "value": measure(browser, site), "unit": unit}


def signed_in(browser: Browser, site: Site) -> Any:
    """Ada's cookies."""
    return site.signed_in(browser, "ada")


def window(browser: Browser, site: Site) -> Page:
    """A fresh profile in which ada is signed in."""
    context = browser.new_context(storage_state=site.cookies["ada"], viewport={"width": 1440, "height": 2600})
    context.set_default_timeout(WAIT_MS)
    return context.new_page()


def pan(browser: Browser, site: Site) -> float:
    """Frames a second while the cursor moves over one panel of 50 runs and all others follow it."""
    page = window(browser, site)
    page.goto(f"{site.server.base_url}/ada/curves")
    page.wait_for_function("() => document.querySelectorAll('.panel .u-over').length >= 24", timeout=WAIT_MS)
    box = page.locator(".u-over").first.bounding_box()
    assert box is not None
    page.evaluate(
        """({x, y, width, height}) => {
            const over = document.querySelector('.u-over');
            let at = 0;
            const move = () => {
                at = (at + 3) % width;
                const here = {clientX: x + at, clientY: y + height / 2, bubbles: true};
                over.dispatchEvent(new MouseEvent('mousemove', here));
                requestAnimationFrame(move);
            };
            over.dispatchEvent(new MouseEvent('mouseenter', {clientX: x, clientY: y + height / 2}));
            requestAnimationFrame(move);
        }""",
        box,
    )
    rate: float = page.evaluate(FRAMES, 4)
    page.context.close()
    return round(rate, 1)


def scroll(browser: Browser, site: Site) -> float:
    """Frames a second while the table of 100,000 runs is scrolled by 160 pixels a frame."""
    page = window(browser, site)
    page.goto(f"{site.server.base_url}/ada/many/table")
    page.wait_for_function(
        r"""() => /[0-9]\+? runs$/.test(document.querySelector('.tools [role=status]')?.textContent)
            && document.querySelectorAll('.rt-head .rt-cell').length > 5
            && document.querySelectorAll('.rt-row').length > 20""",
        timeout=WAIT_MS,
    )
    page.evaluate(
        """() => {
            const grid = document.querySelector('.grid');
            const step = () => { grid.scrollTop += 160; requestAnimationFrame(step); };
            requestAnimationFrame(step);
        }"""
    )
    rate: float = page.evaluate(FRAMES, 4)
    page.context.close()
    return round(rate, 1)


def brush(browser: Browser, site: Site) -> float:
    """The median time between two frames while a range is dragged along an axis of 1,000 trials."""
    page = window(browser, site)
    with site.api("ada") as api:
        (sweep,) = api.get("/api/sweeps/ada/swept").raise_for_status().json()
    page.goto(f"{site.server.base_url}/ada/swept/sweeps/{sweep['name']}")
    axis = page.locator(".axis-line").first
    whole = f'[aria-label="Parallel coordinates of {TRIALS} runs"]'
    page.wait_for_selector(whole, timeout=WAIT_MS)
    box = axis.bounding_box()
    assert box is not None
    x, top, height = box["x"] + box["width"] / 2, box["y"] + 4, box["height"] - 8
    page.mouse.move(x, top)
    page.mouse.down()
    page.evaluate(
        """() => {
            window.frames_seen = [];
            const step = (now) => { window.frames_seen.push(now); requestAnimationFrame(step); };
            requestAnimationFrame(step);
        }"""
    )
    for number in range(BRUSH_MOVES):
        page.mouse.move(x, top + height * (0.2 + 0.7 * (number % 40) / 40))
    times: list[float] = page.evaluate("window.frames_seen")
    page.mouse.up()
    page.context.close()
    return round(statistics.median(b - a for a, b in pairwise(times)), 1)


def live(browser: Browser, site: Site) -> float:
    """From a point that the server has acknowledged to the number in sight, the 95th percentile."""
    page = window(browser, site)
    page.goto(f"{site.server.base_url}/ada/curves")
    page.wait_for_selector('[role="img"] canvas', timeout=WAIT_MS)
    page.get_by_text("Live", exact=True).wait_for()
    foot = page.locator(".panel-foot").first
    foot.get_by_text(" points").wait_for()
    shown = int(re.sub(r"\D", "", foot.inner_text()))  # earlier measurements have left theirs
    first, waits = shown - (RUNS - 1) * STEPS, []
    with site.api("ada") as api:
        for number in range(LIVE_POINTS):
            line = json.dumps({"_step": first + number, "_timestamp": STEPS, "m00": 0.5})
            body = {"files": {"wandb-history.jsonl": {"offset": first + number, "content": [line]}}}
            api.post("/files/ada/curves/run49/file_stream", json=body).raise_for_status()
            sent = time.perf_counter()
            page.wait_for_function(
                "(text) => document.querySelector('.panel-foot').textContent.includes(text)",
                arg=f"{shown + number + 1:,} points",
                timeout=WAIT_MS,
            )
            waits.append((time.perf_counter() - sent) * 1000)
        api.post("/files/ada/curves/run49/file_stream", json={"exitcode": 0}).raise_for_status()
    page.context.close()
    return round(statistics.quantiles(waits, n=20)[-1])


if __name__ == "__main__":
    for row in rows():
        print(json.dumps(row))
