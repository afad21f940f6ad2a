"""The page of one run: facts, media, log, files, code, artifacts, and the frame inside a notebook."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Locator, expect

from runstone.actions.history import Post, receive
from runstone.actions.rewind import rewind_run
from runstone.actions.run import RunChange, upsert_run
from runstone.actions.seal import seal_stream
from runstone.actions.sign_in import viewer_of_name
from runstone.domain.history import Chunk, Stream
from runstone.domain.run import Branch
from runstone.store.opening import opened
from tests.ui.conftest import Opener
from tests.ui.site import Site, Window

pytestmark = pytest.mark.slow

RUN = "/lab/digits/runs/train1"


def test_overview_tells_what_the_run_was(window: Window, site: Site) -> None:
    """Config and summary to the digit, inputs, outputs, command."""
    page = window.open(f"{RUN}?tab=overview")
    config = site.tell("digits")["runs"][1]["config"]
    for name, value in config.items():
        expect(page.get_by_text(name, exact=True)).to_be_visible()
        expect(page.locator("dd").filter(has_text=re.compile(f"^{value}$")).first).to_be_visible()
    expect(page.get_by_text(re.compile(r'project="digits", fork_from="train1\?_step=\d+"'))).to_be_visible()
    flow = page.get_by_label("Inputs and outputs")
    expect(flow.get_by_role("link", name="digits-data:v0")).to_be_visible()
    expect(flow.get_by_role("link", name="digits-model:v1")).to_be_visible()
    expect(flow).to_contain_text("candidate")
    expect(page.get_by_label("Environment")).to_contain_text("Python")


def test_failed_run_says_why(window: Window) -> None:
    """State, cause, and the last line of its log."""
    page = window.open("/lab/digits/runs/broken")
    expect(page.get_by_text("exit code 1").first).to_be_visible()
    page.get_by_role("tab", name="Logs").click()
    expect(page.get_by_role("log")).to_contain_text("ValueError: loss is not finite")


def test_images_follow_the_step(window: Window) -> None:
    """The slider changes pictures and captions; a picture opens large and arrows lead on."""
    page = window.open(RUN)
    panel = page.get_by_role("region", name="examples")
    expect(panel.get_by_text("digit 3", exact=True)).to_be_visible()
    panel.get_by_label("Step of examples").focus()
    page.keyboard.press("Home")
    expect(panel.get_by_text("digit 3, epoch 0")).to_be_visible()
    panel.get_by_role("button", name="Show digit 3, epoch 0 large").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("img", name="digit 3, epoch 0")).to_be_visible()
    dialog.get_by_role("group").focus()
    page.keyboard.press("ArrowRight")
    expect(dialog.get_by_role("img", name="digit 4, epoch 0")).to_be_visible()


def test_boxes_and_masks_lie_over_the_picture(window: Window) -> None:
    """Both are drawn, and each can be switched off."""
    page = window.open(RUN)
    panel = page.get_by_role("region", name="segmentation")
    panel.scroll_into_view_if_needed()
    canvas = panel.locator("canvas")
    painted = """(wanted) => {
        const canvas = document.querySelector('section[aria-label="segmentation"] canvas, '
            + '[role="region"][aria-label="segmentation"] canvas');
        if (canvas === null || canvas.width === 0 || canvas.height === 0) return false;
        const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        return data.some((value, i) => i % 4 === 3 && value > 0) === wanted;
    }"""
    expect(canvas).to_be_attached()
    page.wait_for_function(painted, arg=True)
    for layer in ("prediction", "ground_truth"):
        panel.get_by_role("button", name=layer, exact=True).click()
    page.wait_for_function(painted, arg=False)


def test_pictures_of_several_runs_stand_side_by_side(window: Window, site: Site) -> None:
    """Four runs under their names and in their colours, each with its own pictures of the same step."""
    page = window.open("/lab/digits?panels=examples")
    panel = page.get_by_role("region", name="examples", exact=True)
    panel.hover()
    panel.get_by_role("button", name="Compare examples of several runs").click()
    expect(panel.locator(".media-name")).to_have_text(
        ["rmsprop-0.001", "sgd-0.03", "adam-0.001", "adam-0.003"]
    )
    panel.get_by_label("Step of examples").fill("1")
    sources = panel.get_by_role("img", name="digit 3, epoch 5")
    expect(sources).to_have_count(4)
    with site.api() as api:
        for source, run in zip(sources.all(), ("train4", "train3", "train2", "train1"), strict=True):
            number = api.get(f"/api/runs/lab/digits/{run}").json()["id"]
            expect(source).to_have_attribute(
                "src", re.compile(rf"/api/media/run/{number}/media/images/examples_5_")
            )
            expect(source).to_have_js_property("naturalWidth", 28)
    window.shoot("media-beside-light")


def cells(matrix: Locator) -> list[list[str]]:
    """The texts of a matrix, row by row."""
    return [row.get_by_role("cell").all_inner_texts() for row in matrix.locator("tbody tr").all()]


def test_other_media(window: Window) -> None:
    """Sound and film that play, HTML in a frame of no origin, histograms, and the charts of wandb.plot."""
    page = window.open(RUN)
    for name in ("tone", "strokes", "notes", "weights", "confusion_table", "precision_recall_table"):
        page.get_by_role("region", name=name, exact=True).scroll_into_view_if_needed()
    plays = """async (one) => {
        one.muted = true;
        await one.play();
        await new Promise((done) => one.addEventListener('timeupdate', () => one.currentTime > 0 && done()));
        one.pause();
        one.currentTime = 0.55;
        await new Promise((done) => one.addEventListener('seeked', done));
        return [one.duration, one.currentTime, one.videoWidth ?? 0];
    }"""
    for label, kind, wide in (("440 Hz", "audio", 0), ("ten strokes", "videos", 56)):
        medium = page.get_by_label(label, exact=True)
        expect(medium).to_have_attribute("src", re.compile(f"/api/media/run/.*/media/{kind}/"))
        assert medium.evaluate(plays) == [1, 0.55, wide]
    frame = page.get_by_role("region", name="notes").locator("iframe")
    expect(frame).to_have_attribute("sandbox", "allow-scripts")
    expect(frame.content_frame.locator("#said")).to_have_text("Trained on digits.")
    expect(page.get_by_role("region", name="weights").locator("canvas")).to_be_visible()
    expect(page.get_by_role("region", name="precision_recall_table").locator("canvas")).to_be_visible()
    matrix = page.get_by_role("region", name="confusion_table")
    expect(matrix.get_by_text(re.compile(r"of 60 right"))).to_be_visible()
    counts = [[int(one or 0) for one in row] for row in cells(matrix)]
    assert sum(map(sum, counts)) == 60
    assert [sum(row) for row in counts] == [
        6
    ] * 10  # rows are the true classes, of which the story has six each
    matrix.get_by_label("shares of the true class").check()
    assert cells(matrix) == [[f"{n / 6 * 100:.0f}" if n else "" for n in row] for row in counts]


def test_plotly_figure_is_drawn_in_the_colours_of_the_page(open_window: Opener) -> None:
    """The figure of the client, without code made from text: the page's policy would refuse it and say so."""
    page = open_window(theme="dark").open(f"{RUN}?panel=media:confidence")
    figure = page.get_by_role("dialog").locator(".figure")
    expect(figure.locator(".bars path")).to_have_count(10)
    title = figure.locator(".gtitle")
    expect(title).to_have_text("Predicted and true")
    ink = page.evaluate("() => getComputedStyle(document.documentElement).getPropertyValue('--fg-2').trim()")
    parts = [int(ink[i : i + 2], 16) for i in (1, 3, 5)]
    expect(title).to_have_css("fill", f"rgb({parts[0]}, {parts[1]}, {parts[2]})")


def test_media_are_saved_linked_and_read_by_python(window: Window, site: Site) -> None:
    """The menu of each panel: files to save, a link to it alone, and lines that the real client runs."""
    page = window.open(RUN)

    def chosen(name: str, item: str) -> Locator:
        panel = page.get_by_role("region", name=name, exact=True)
        panel.scroll_into_view_if_needed()
        expect(panel.locator(".skeleton")).to_have_count(0)
        panel.get_by_role("button", name=f"More for {name}").click()
        return page.get_by_role("menuitem", name=item)

    with page.expect_download() as saved:
        chosen("examples", "Save as PNG").click()
    assert saved.value.path().read_bytes().startswith(b"\x89PNG")
    with page.expect_download() as saved:
        chosen("confidence", "Save as CSV").click()
    rows = saved.value.path().read_text().splitlines()
    assert rows[0] == "trace,x,y"
    assert sum(int(row.rpartition(",")[2]) for row in rows[1:] if row.startswith("predicted,")) == 60
    with page.expect_download() as saved:
        chosen("weights", "Save as CSV").click()
    counts = [row.split(",") for row in saved.value.path().read_text().splitlines()[1:]]
    assert sum(int(row[3]) for row in counts if row[0] == "0") == 500
    names = ("examples", "confidence", "weights", "predictions")
    lines = [window.copied(chosen(name, "Copy as Python")) for name in names]
    lines += ["print('title', figure['layout']['title']['text'])", "print('rows', len(rows))"]
    printed = site.run_python("\n".join(lines))
    assert printed.count("media/images/examples_20_") == 8
    assert "title Predicted and true" in printed
    assert printed.count("'_type': 'histogram'") == 21
    assert "rows 60" in printed
    link = window.copied(chosen("examples", "Copy link"))
    page.goto(link)
    expect(page.get_by_role("dialog").get_by_role("img", name="digit 7")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_log_is_searched(window: Window) -> None:
    """Find, next, only these lines."""
    page = window.open(f"{RUN}?tab=logs")
    page.get_by_label("Find in the log").fill("epoch 1")
    expect(page.get_by_text("1 of 10")).to_be_visible()
    page.get_by_role("button", name="Next line found").click()
    expect(page.get_by_text("2 of 10")).to_be_visible()
    page.get_by_role("button", name="Only these").click()
    expect(page.locator(".log-line")).to_have_count(10)
    page.get_by_role("button", name="Timestamps").click()
    expect(page.locator(".log-stamp").first).to_have_text(re.compile(r"\d{4}-\d\d-\d\d"))


LINES, TOGETHER = 1_000_000, 100_000


def print_lines(site: Site) -> None:
    """The run lab/long/long that has printed `LINES` lines, one of them with a word of its own."""
    data, now = site.directory / "data", datetime(2026, 3, 1, tzinfo=UTC)
    with opened(f"sqlite:///{data / 'runstone.db'}", str(data / "blobs")) as store:
        ada = viewer_of_name(store, "ada")
        run_id, _ = upsert_run(store, ada, RunChange(entity="lab", project="long", name="long"), now)
        for start in range(0, LINES, TOGETHER):
            lines = [f"batch {number}" for number in range(start, start + TOGETHER)]
            if start == LINES // 2:
                lines[7] += " needle"
            post = Post(chunks=(Chunk(Stream.CONSOLE, start, tuple(lines)),))
            receive(store, ada, "lab", "long", "long", post, now).result()
            while seal_stream(store, run_id, 0, Stream.CONSOLE, now, everything=True):
                pass
        receive(store, ada, "lab", "long", "long", Post(exit_code=0), now).result()
        while seal_stream(store, run_id, 0, Stream.CONSOLE, now, everything=True):
            pass


def test_a_fork_names_what_it_goes_on_from(window: Window, site: Site) -> None:
    """A link to the other run among the facts; the chart has both parts; a rewound run says so."""
    data, now = site.directory / "data", datetime(2026, 3, 1, tzinfo=UTC)
    with opened(f"sqlite:///{data / 'runstone.db'}", str(data / "blobs")) as store:
        ada = viewer_of_name(store, "ada")

        def log(name: str, first: int, **more: Branch) -> None:
            change = RunChange(entity="lab", project="grown", name=name, display_name=f"the {name}", **more)
            upsert_run(store, ada, change, now)
            lines = tuple(f'{{"_step": {step}, "loss": {1 / (1 + step)}}}' for step in range(first, 1500))
            post = Post(chunks=(Chunk(Stream.HISTORY, first, lines),), exit_code=0)
            receive(store, ada, "lab", "grown", name, post, now).result()

        log("trunk", 0)
        log("twig", 1200, branch=Branch("trunk", 1199))
        rewind_run(store, ada, "lab", "grown", Branch("trunk", 1399), now)
    page = window.open("/lab/grown/runs/twig")
    expect(page.get_by_text("all 1,500 points")).to_be_visible()
    page.get_by_role("tab", name="Overview").click()
    expect(page.get_by_text("the trunk, forked after step 1,199")).to_be_visible()
    window.shoot("fork")
    page.get_by_role("link", name="the trunk").click()
    page.get_by_role("tab", name="Overview").click()
    expect(page.get_by_text("itself, rewound to step 1,399")).to_be_visible()
    page.get_by_role("tab", name="Charts").click()
    expect(page.get_by_text("all 1,400 points")).to_be_visible()


def test_a_run_of_several_processes(window: Window, site: Site) -> None:
    """Lines say who printed them, those of one can be read alone; charts stand over time; those of
    the machine have a line for each process."""
    begin = """mutation UpsertBucket($i: UpsertBucketInput!) { upsertBucket(input: $i) { bucket { id } } }"""
    ranks = [f"rank {rank}" for rank in (10, 2, 0)]
    with site.api() as api:
        for rank in ranks:
            sharing = {"X-WANDB-USE-ASYNC-FILESTREAM": "true", "X-WANDB-CLIENT-ID": f"client of {rank}"}
            run = {"name": "ddp", "modelName": "nodes", "entityName": "lab", "host": "box"}
            api.post(
                "/graphql", json={"query": begin, "variables": {"i": run}}, headers=sharing
            ).raise_for_status()
            times = [1000.0 + i for i in range(30)]
            rows = [{"_timestamp": at, f"loss of {rank}": 1 / (at - 999)} for at in times]
            figures = [{"_timestamp": at, f"system.cpu/l:{rank}": at % 7} for at in times]
            lines = [{"ts": "2026-03-01T10:00:00", "content": f"batch {i}", "label": rank} for i in range(30)]
            parts = {"wandb-history.jsonl": rows, "wandb-events.jsonl": figures, "output.log": lines}
            files = {
                name: {"offset": 0, "content": [json.dumps(one) for one in part]}
                for name, part in parts.items()
            }
            api.post(
                "/files/lab/nodes/ddp/file_stream", json={"files": files}, headers=sharing
            ).raise_for_status()
    page = window.open("/lab/nodes/runs/ddp")
    expect(page.get_by_text("all 30 points")).to_have_count(3)
    expect(page.get_by_role("img", name="loss of rank 0: 1 line over time")).to_be_visible()
    page.get_by_role("tab", name="Overview").click()
    expect(page.get_by_text("3 processes: rank 0, rank 2, rank 10")).to_be_visible()
    page.get_by_role("tab", name="System").click()
    expect(page.get_by_text("all 90 points")).to_have_count(1)
    page.get_by_role("tab", name="Logs").click()
    expect(page.get_by_text("90 lines")).to_be_visible()
    expect(page.locator(".log-process").last).to_have_text("rank 0")
    window.shoot("processes")
    page.get_by_label("Process").select_option("rank 2")
    expect(page.get_by_text("30 of 90 lines")).to_be_visible()
    page.get_by_role("button", name="Follow").click()
    numbers = page.locator(".log-number")
    expect(numbers.first).to_have_text("31")
    page.get_by_label("Find in the log").fill("batch 17")
    expect(page.get_by_text("1 of 1", exact=True)).to_be_visible()
    expect(page.locator('[data-current="true"] .log-number')).to_have_text("48")
    page.get_by_role("button", name="Only these").click()
    expect(numbers).to_have_count(1)
    page.get_by_label("Process").select_option("All 3 processes")
    expect(numbers).to_have_count(3)


def test_log_of_a_million_lines(window: Window, site: Site) -> None:
    """It opens at its end, a jump to a quarter and to its start shows lines, and a word in it is found."""
    print_lines(site)
    page = window.open("/lab/long/runs/long?tab=logs")
    log = page.get_by_role("log")
    expect(log.get_by_text("batch 999999", exact=True)).to_be_attached()
    page.get_by_role("button", name="Follow").click()
    for share, line in ((0.25, "batch 250010"), (0, "batch 0")):
        log.evaluate("(log, share) => { log.scrollTop = log.scrollHeight * share; }", share)
        expect(log.get_by_text(line, exact=True)).to_be_attached()
    assert log.locator(".log-line").count() < 200
    page.get_by_label("Find in the log").fill("needle")
    expect(page.get_by_text("1 of 1", exact=True)).to_be_visible()
    page.get_by_label("Find in the log").press("Enter")
    expect(log.locator('[data-current="true"]')).to_contain_text("batch 500007 needle")


def said(*texts: str, offset: int = 0) -> dict[str, object]:
    """Lines that a run has printed, one a second, as its client sends them."""
    lines = [f"2026-03-01T10:00:{offset + i:02}.000000 {text}" for i, text in enumerate(texts)]
    return {"files": {"output.log": {"offset": offset, "content": lines}}}


def test_log_follows_until_somebody_reads(window: Window, site: Site) -> None:
    """New lines come by themselves and the end stays in sight; who scrolls up is left in peace. Colours,
    errors and instants are as they were printed, and the file is the whole of it, long before the end."""
    talk = "/files/lab/long/talking/file_stream"
    begin = """mutation UpsertBucket($i: UpsertBucketInput!) { upsertBucket(input: $i) { bucket { id } } }"""
    run = {"name": "talking", "modelName": "long", "entityName": "lab"}
    with site.api() as api:
        made = api.post("/graphql", json={"query": begin, "variables": {"i": run}}).json()
        assert "errors" not in made
        first = [f"batch {one}" for one in range(50)]
        first[47:50] = ["\x1b[32mgreen\x1b[0m", "plain", "red"]
        message = said(*first)
        message["files"]["output.log"]["content"][49] = "ERROR 2026-03-01T10:00:49.000000 red"  # type: ignore[index]
        api.post(talk, json=message).raise_for_status()
        page = window.open("/lab/long/runs/talking?tab=logs")
        log = page.get_by_role("log")
        expect(log.locator('[data-colour="green"]')).to_have_text("green")
        expect(log.locator('[data-level="error"]')).to_contain_text("red")
        page.get_by_role("button", name="Timestamps").click()
        expect(log.locator(".log-line", has_text="plain").locator(".log-stamp")).to_have_text(
            "2026-03-01 10:00:48"
        )
        follow = page.get_by_role("button", name="Follow")
        expect(follow).to_have_attribute("aria-pressed", "true")
        api.post(talk, json=said("the fiftieth", offset=50)).raise_for_status()
        expect(log.get_by_text("the fiftieth")).to_be_in_viewport()
        log.hover()
        page.mouse.wheel(0, -5000)
        expect(follow).to_have_attribute("aria-pressed", "false")
        expect(log.get_by_text("batch 0", exact=True)).to_be_in_viewport()
        api.post(talk, json=said("the last", offset=51)).raise_for_status()
        expect(page.get_by_text("52 lines")).to_be_visible()
        expect(log.get_by_text("batch 0", exact=True)).to_be_in_viewport()
        follow.click()
        expect(log.get_by_text("the last")).to_be_in_viewport()
        with page.expect_download() as saved:
            page.get_by_label("Download the whole log").click()
        printed = [*first[:47], "\x1b[32mgreen\x1b[0m", "plain", "red", "the fiftieth", "the last"]
        assert saved.value.path().read_text().splitlines() == printed
        api.post(talk, json={"complete": True, "exitcode": 0}).raise_for_status()


def test_files_and_code(window: Window, site: Site) -> None:
    """A file is previewed by its address; folders lead to others, which are saved as they were kept; the
    logged code is read in place; what a commit does not say is shown as changed lines."""
    page = window.open(f"{RUN}?tab=files&file=config.yaml")
    expect(page.locator(".preview-text")).to_contain_text("learning_rate")
    for folder in ("media", "images"):
        page.get_by_role("button", name=folder, exact=True).click()
    page.get_by_role("button", name=re.compile(r"^examples_0_")).first.click()
    preview = page.locator("img.preview")
    expect(preview).to_have_js_property("naturalWidth", 28)
    with page.expect_download() as saved, site.api() as api:
        page.get_by_role("link", name="Download").click()
        assert saved.value.path().read_bytes() == api.get(str(preview.get_attribute("src"))).content
    page.get_by_label("Folder").get_by_role("button", name="files").click()
    expect(page.get_by_role("button", name="config.yaml")).to_be_visible()
    page.get_by_role("tab", name="Code").click()
    page.get_by_role("button", name="first.py").click()
    expect(page.locator(".source")).to_contain_text("Somebody's first script")
    page = window.open("/lab/digits/runs/broken?tab=code")
    expect(page.locator(".code-page pre").first).to_contain_text(
        "git clone https://git.example/lab/digits.git"
    )
    expect(page.locator(".code-page pre").first).to_contain_text(re.compile(r"git checkout [0-9a-f]{40}"))
    diff = page.locator(".diff")
    expect(diff.locator('[data-kind="less"]')).to_have_text(["-rate = 0.01"])
    expect(diff.locator('[data-kind="more"]')).to_have_text(["+rate = 0.03"])
    expect(diff.locator('[data-kind="place"]')).to_have_count(1)
    window.shoot("run-code-light")


def test_hostile_media_do_nothing(window: Window, site: Site) -> None:
    """Names, notes, pages and tables of somebody who means harm are shown and act on nothing."""
    site.tell("hostile")
    window.expected += [
        "Content Security Policy",
        "sandboxed",
        "Blocked script execution",
        "Unsafe attempt",
        r"404 .*/x\)$",
    ]
    at = "/lab/hostile/runs/hostile"
    page = window.open(at)
    expect(page.get_by_role("heading", level=1)).to_contain_text("run <img src=x onerror=")
    frame = page.get_by_role("region", name="page", exact=True).locator("iframe").content_frame
    expect(frame.locator("#said")).to_have_text("refused refused refused refused refused")
    row = page.get_by_role("region", name="rows").locator(".tbl-row").first
    expect(row).to_contain_text("<img src=x onerror=")
    page = window.open(f"{at}?tab=overview")
    expect(page.locator(".markdown h1")).to_contain_text("Read me")
    assert page.locator(".markdown :is(script, svg, [onerror], [onload], a[href^=javascript])").count() == 0
    page = window.open(f"{at}?tab=files&file=drawing.svg")
    expect(page.locator("img.preview")).to_have_js_property("naturalWidth", 120)
    page.get_by_role("button", name="<img src=x").click()
    expect(page.locator(".preview-text")).to_have_text("plain words")
    page = window.open("/lab/hostile/table")
    expect(page.get_by_role("link", name="run <img src=x")).to_be_visible()
    assert "taken" not in page.title()


@contextmanager
def notebooks_at(directory: Path) -> Iterator[int]:
    """A server of saved notebooks, as Jupyter's is: its port."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(directory))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_notebook_shows_a_run_in_a_frame(open_window: Opener, tmp_path: Path) -> None:
    """As the client writes it into a notebook: the run alone, its numbers, a way out. From another site, and
    from a file, the browser keeps the sign-in back: a sentence says so and leads to the page."""
    window, nobody = open_window(), open_window(None)
    src = f"{window.base_url}{RUN}?jupyter=true"
    # What `wandb.Run.to_html` gives.
    frame = f"<iframe src='{src}' style='border:none;width:100%;height:420px;'></iframe>"
    (tmp_path / "notebook.html").write_text(frame)
    for one in (window, nobody):
        one.page.route("**/notebook.html", lambda route: route.continue_())
    with notebooks_at(tmp_path) as port:
        page = window.page
        page.goto(f"http://127.0.0.1:{port}/notebook.html")  # to browsers a site is a host, with any port
        inside = page.frame_locator("iframe")
        expect(inside.get_by_role("heading", name="adam-0.003")).to_be_visible()
        expect(inside.get_by_role("region", name="epoch/loss, val_loss")).to_contain_text("all 40 points")
        expect(inside.get_by_role("banner")).to_be_hidden()
        expect(inside.get_by_role("navigation", name="Pages of the project")).to_be_hidden()
        window.shoot("notebook-light")
        inside.get_by_role("tab", name="Logs").click()
        expect(inside.get_by_role("log")).to_contain_text("epoch 19")
        out = inside.get_by_role("link", name="Open in Runstone")
        expect(out).to_have_attribute("href", f"{window.base_url}{RUN}?tab=logs")
        window.expected.append("401")
        for elsewhere in (f"http://localhost:{port}/notebook.html", (tmp_path / "notebook.html").as_uri()):
            page.goto(elsewhere)
            expect(inside.get_by_role("heading", name="You are not signed in here")).to_be_visible()
            expect(inside.locator("main")).to_contain_text("belongs to another site than Runstone")
            with page.expect_popup() as opened:
                inside.get_by_role("link", name="Open it in a tab").click()
            expect(opened.value.get_by_role("banner")).to_be_visible()
            expect(opened.value.get_by_role("heading", name="adam-0.003")).to_be_visible()
            opened.value.close()
        nobody.expected.append("401")
        nobody.page.goto(f"http://127.0.0.1:{port}/notebook.html")
        told = nobody.page.frame_locator("iframe")
        expect(told.locator("main")).to_contain_text("in a tab, then load the notebook again")
        nobody.shoot("notebook-nobody-light")
        with nobody.page.expect_popup() as opened:
            told.get_by_role("link", name="Open it in a tab").click()
        expect(opened.value.get_by_label("User name")).to_be_visible()
