"""Reports: written by the slash menu, kept as drafts, overwritten by nobody unasked, shared, taken away."""

import base64
import json
import re
import zlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.ui.conftest import Opener, window_of
from tests.ui.site import GALLERY, THEMES, Site, Window

pytestmark = pytest.mark.slow

AT = "/api/reports/lab/digits"


def chart(title: str, metric: str, x: int) -> dict[str, Any]:
    """A line panel as the public client stores it."""
    return {
        "__id__": title,
        "viewType": "Run History Line Plot",
        "config": {"metrics": [metric], "chartTitle": title, "xAxis": "epoch/epoch"},
        "layout": {"x": x, "y": 0, "w": 12, "h": 8},
    }


def of_optimizer(name: str, operation: str) -> dict[str, Any]:
    """A run set by the optimizer."""
    test = {"key": {"section": "config", "name": "optimizer"}, "op": operation, "value": "adam"}
    return {
        "name": name,
        "project": {"entityName": "lab", "name": "digits"},
        "filters": {"op": "OR", "filters": [{"op": "AND", "filters": [test]}]},
    }


UNKNOWN = {"type": "from-the-future", "deep": [1.5, {"none": None}]}
GRID = {
    "type": "panel-grid",
    "metadata": {
        "runSets": [of_optimizer("Adam", "="), of_optimizer("Others", "!=")],
        "panelBankSectionConfig": {"panels": [chart("Loss", "epoch/loss", 0)]},
    },
}


#: Three pixels wide.
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAMAAAABCAIAAACUgoPjAAAAEklEQVR4nGPkrsphYGBgYGAAAAc7APO7im9oAAAAAElFTkSuQmCC"
)


def sheets_of(pdf: bytes) -> list[str]:
    """The words on each page of a PDF as Chromium makes it: glyphs by their fonts' own tables."""
    objects: dict[int, tuple[bytes, bytes]] = {}
    for found in re.finditer(rb"(?s)\n(\d+) 0 obj\s(.*?)(endobj|stream\r?\n)", pdf):
        head, data = found[2], b""
        if found[3] != b"endobj":
            (length,) = re.findall(rb"/Length (\d+)", head)
            data = pdf[found.end() : found.end() + int(length)]
        objects[int(found[1])] = (head, zlib.decompress(data) if b"FlateDecode" in head else data)

    def glyphs(font: int) -> dict[bytes, str]:
        (table,) = re.findall(rb"/ToUnicode (\d+) 0 R", objects[font][0])
        known: dict[bytes, str] = {}
        for part in re.findall(rb"(?s)beginbfchar(.*?)endbfchar", objects[int(table)][1]):
            for code, text in re.findall(rb"<(\w+)>\s*<(\w+)>", part):
                known[code.upper()] = bytes.fromhex(text.decode()).decode("utf-16-be")
        for part in re.findall(rb"(?s)beginbfrange(.*?)endbfrange", objects[int(table)][1]):
            for first, last, text in re.findall(rb"<(\w+)>\s*<(\w+)>\s*<(\w+)>", part):
                for by in range(int(last, 16) - int(first, 16) + 1):
                    known[b"%04X" % (int(first, 16) + by)] = chr(int(text, 16) + by)
        return known

    fonts: dict[bytes, dict[bytes, str]] = {}
    for head, _ in objects.values():
        for part in re.findall(rb"(?s)/Font\s*<<(.*?)>>", head):
            for name, number in re.findall(rb"(/\w+) (\d+) 0 R", part):
                fonts[name] = glyphs(int(number))
    sheets = []
    for head, _ in objects.values():
        if not re.search(rb"/Type\s*/Page\b", head):
            continue
        (contents,) = re.findall(rb"/Contents (\d+) 0 R", head)
        words, font = "", b""
        for name, codes in re.findall(
            rb"(/\w+) [\d.]+ Tf|<(\w+)>(?=[^\[]*?(?:Tj|TJ))", objects[int(contents)][1]
        ):
            font = name or font
            words += "".join(
                fonts[font].get(codes[at : at + 4].upper(), "") for at in range(0, len(codes), 4)
            )
        sheets.append(words)
    return sheets


def made(site: Site, title: str, *blocks: dict[str, Any]) -> dict[str, Any]:
    """A report by the API."""
    with site.api() as api:
        answer = api.post(AT, json={"title": title, "spec": {"version": 5, "blocks": list(blocks)}})
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


def stored(site: Site, number: int) -> list[Any]:
    """Its blocks as they are stored."""
    with site.api() as api:
        blocks: list[Any] = api.get(f"{AT}/{number}").json()["spec"]["blocks"]
        return blocks


def slash(page: Page, word: str) -> None:
    """Choose a block from the menu that `/` opens."""
    page.keyboard.type(f"/{word}")
    expect(page.get_by_role("listbox", name="Blocks")).to_be_visible()
    page.keyboard.press("Enter")


def test_write_a_report_by_the_slash_menu(window: Window, site: Site) -> None:
    """Words of all kinds, a live panel; the draft is kept, and publishing shows it to readers."""
    page = window.open("/lab/digits/reports")
    page.get_by_role("button", name="New report").click()
    page.get_by_label("Title").fill("By hand")
    page.get_by_role("textbox", name="Text of the report").click()
    slash(page, "h1")
    page.keyboard.type("What came out")
    page.keyboard.press("Enter")
    for word, text, enters in (("quote", "as they say", 1), ("callout", "mind 7", 1), ("code", "1 + 1", 3)):
        slash(page, word)
        page.keyboard.type(text)
        for _ in range(enters):
            page.keyboard.press("Enter")
    slash(page, "contents")
    slash(page, "checks")
    page.keyboard.type("looked at the loss")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    slash(page, "panels")
    page.get_by_role("button", name="Add a panel").click()
    page.get_by_role("dialog").get_by_label("Metric 1").select_option("epoch/val_loss")
    page.get_by_role("dialog").get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("region", name="epoch/val_loss")).to_contain_text("points")
    expect(page.get_by_text("Draft kept")).to_be_visible()
    assert window.violations() == []
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", name="What came out")).to_be_visible()
    panel = page.get_by_role("region", name="epoch/val_loss")
    expect(panel).to_contain_text("all 100 points")
    expect(page.get_by_role("button", name="Edit", exact=True)).to_be_visible()
    panel.hover()
    page.keyboard.press("f")
    large = page.get_by_role("dialog", name="epoch/val_loss")
    expect(large).to_contain_text("all 100 points")
    page.reload()
    expect(large).to_contain_text("all 100 points")
    page.keyboard.press("Escape")
    expect(large).to_be_hidden()
    panel.get_by_role("link", name=re.compile("Open the runs")).click()
    expect(page).to_have_url(re.compile(r"/lab/digits\b"))
    with site.api() as api:
        (found,) = [one for one in api.get(AT).json()["reports"] if one["title"] == "By hand"]
    heading, *words, checks, grid = stored(site, found["id"])
    assert (heading["type"], heading["level"]) == ("heading", 1)
    kinds = [one["type"] for one in words]
    assert kinds == ["block-quote", "callout-block", "code-block", "table-of-contents"]
    assert checks["children"][0]["checked"] is False
    assert grid["metadata"]["panelBankSectionConfig"]["panels"][0]["config"]["metrics"] == ["epoch/val_loss"]


def block(page: Page, word: str) -> None:
    """Choose a block from the menu by the button above the text, on the line below the last one."""
    page.get_by_role("button", name="Block", exact=True).click()
    expect(page.get_by_role("listbox", name="Blocks")).to_be_visible()
    page.keyboard.type(word)
    page.keyboard.press("Enter")


def test_every_other_block_is_put_in_kept_and_taken_away(window: Window, site: Site) -> None:
    """Lists, line, Markdown, picture, table, artifact and lineage: with their data after a reload, in the
    editor again, and as Markdown."""
    report = made(site, "Blocks")
    window.expected.append("inline event handler")
    page = window.open(f"/lab/digits/reports/{report['slug']}?edit=true")
    page.get_by_role("textbox", name="Text of the report").click()
    for word, text in (("h2", "Part"), ("h3", "Small part")):
        slash(page, word)
        page.keyboard.type(text)
        page.keyboard.press("Enter")
    for word in ("bullet", "numbered"):
        slash(page, word)
        for text in (f"{word} one", f"{word} two"):
            page.keyboard.type(text)
            page.keyboard.press("Enter")
        page.keyboard.press("Enter")
    slash(page, "divider")
    block(page, "markdown")
    page.get_by_role("textbox", name="Markdown").fill("| a | b |\n|---|---|\n| 1 | **2** |")
    block(page, "image")
    image = page.locator('.piece[data-kind="image"]')
    file = {"name": "seven.png", "mimeType": "image/png", "buffer": PICTURE}
    image.locator("input[type=file]").set_input_files(file)
    image.get_by_label("Caption").fill("A seven")
    for word, kind, name, part in (
        ("predictions", "Table", "predictions", None),
        ("artifact", "Artifact", "digits-model", "metadata"),
        ("lineage", "Artifact", "digits-data", "lineage"),
    ):
        block(page, word)
        form = page.locator(".piece-form").filter(has=page.get_by_role("button", name="Show it"))
        form.get_by_label(kind).select_option(name)
        if part is not None:
            form.get_by_label("Part").select_option(part)
        form.get_by_role("button", name="Show it").click()
        expect(form).to_have_count(0)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("button", name="Edit", exact=True)).to_be_visible()
    page.reload()
    text = page.locator(".report-body")
    expect(text.locator("> h3")).to_have_text("Part")
    expect(text.locator("> h4")).to_have_text("Small part")
    expect(text.locator("ul > li")).to_have_text(["bullet one", "bullet two"])
    expect(text.locator("ol > li")).to_have_text(["numbered one", "numbered two"])
    expect(text.locator("hr")).to_have_count(1)
    expect(text.locator(".markdown td")).to_have_text(["1", "2"])
    expect(text.locator("figcaption")).to_have_text("A seven")
    picture = text.get_by_role("img", name="A seven")
    assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)") == 3
    embeds = text.locator(".embed")
    expect(embeds).to_have_count(3)
    expect(embeds.nth(0).locator(".tbl-count[data-count='60']")).to_be_visible()
    expect(embeds.nth(1)).to_contain_text("digits-model:v4")
    loss = site.tell("digits")["runs"][4]["rows"][-1]["epoch/val_loss"]
    expect(embeds.nth(1).locator("dd")).to_contain_text(f"{loss:.5g}")
    expect(embeds.nth(2).locator("[data-focus=true]")).to_contain_text("digits-data:v0")
    assert window.violations() == []
    window.shoot("report-blocks-light")
    kinds = [one["type"] for one in stored(site, report["id"])]
    lists = ["heading", "heading", "list", "list", "horizontal-rule"]
    assert kinds == [*lists, "markdown-block", "image", "weave-panel", "weave-panel", "weave-panel"]
    with page.expect_download() as saved:
        page.get_by_role("button", name="Markdown").click()
    parts = saved.value.path().read_text().strip().split("\n\n")
    assert parts[:7] == [
        "# Blocks",
        "### Part",
        "#### Small part",
        "- bullet one\n- bullet two",
        "1. numbered one\n2. numbered two",
        "---",
        "| a | b |\n|---|---|\n| 1 | **2** |",
    ]
    assert parts[7].startswith("![A seven](data:image/png;base64,")
    assert parts[8:] == [
        "*Table: predictions of lab/digits*",
        "*Artifact: lab/digits/digits-model*",
        "*Artifact: lab/digits/digits-data*",
    ]
    page.get_by_role("button", name="Edit", exact=True).click()
    expect(page.locator(".report-text .piece")).to_have_count(5)
    expect(page.locator(".report-text .piece .embed").last).to_contain_text("digits-data:v0")


def test_on_paper_nothing_is_cut(open_window: Opener, site: Site) -> None:
    """The button and the key draw all of it in the light theme first; in the PDF each panel's head and foot
    are on one sheet, the words are there, and no sheet is blank, also of a short report."""
    words = {"type": "paragraph", "children": [{"text": "As it went on paper."}]}
    grids = []
    for number in range(4):
        grid = json.loads(json.dumps(GRID))
        panels = [
            {**chart(f"Paper {number}{side}", "epoch/loss", x), "layout": {"x": x, "y": 0, "w": 12, "h": 15}}
            for side, x in (("a", 0), ("b", 12))
        ]
        grid["metadata"]["panelBankSectionConfig"]["panels"] = panels
        grids.append(grid)
    report = made(site, "For paper", words, *grids)
    window = open_window(theme="dark", height=700)
    page = window.open(f"/lab/digits/reports/{report['slug']}")
    expect(page.get_by_role("region", name="Paper 0a")).to_contain_text("all 101 points")
    watch = (
        "() => { window.print = () => { const count = (one) => document.querySelectorAll(one).length; "
        "const { theme } = document.documentElement.dataset; "
        "window.onPaper = [theme, count('.panel .u-over'), count('.skeleton')] } }"
    )
    page.evaluate(watch)
    page.get_by_role("button", name="Print or save as PDF").click()
    page.wait_for_function("() => window.onPaper !== undefined")
    assert page.evaluate("window.onPaper") == ["light", 8, 0]
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.get_by_role("region", name="Paper 0a")).to_contain_text("all 101 points")
    page.evaluate(watch)
    page.keyboard.press("Control+p")  # not the browser's own, which prints what happens to be drawn
    page.wait_for_function("() => window.onPaper !== undefined")
    assert page.evaluate("window.onPaper") == ["light", 8, 0]
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.set_viewport_size({"width": 1440, "height": 2600})
    expect(page.locator(".panel .u-over")).to_have_count(8)
    sheets = sheets_of(page.pdf())
    assert len(sheets) > 1
    assert all(sheets)  # none is blank
    assert "As it went on paper." in sheets[0]
    assert "".join(re.findall(r"Paper (\d[ab])", "".join(sheets))) == "0a0b1a1b2a2b3a3b"
    for sheet in sheets:
        assert sheet.count("all 101 points") == sheet.count("Paper ")
        assert "adam-0.003" in sheet
    assert "Markdown" not in "".join(sheets)  # nor any other button
    short = made(site, "One sheet", words)
    page = window.open(f"/lab/digits/reports/{short['slug']}")
    expect(page.get_by_text("As it went on paper.")).to_be_visible()
    assert len(sheets_of(page.pdf())) == 1


def test_all_run_sets_are_drawn_and_unknown_blocks_stay(window: Window, site: Site) -> None:
    """A change of the text sends back everything else as it came."""
    report = made(site, "Kept", {"type": "paragraph", "children": [{"text": "old words"}]}, UNKNOWN, GRID)
    page = window.open(f"/lab/digits/reports/{report['slug']}")
    expect(page.get_by_text("from-the-future")).to_be_visible()
    loss = page.get_by_role("region", name="Loss")
    expect(loss).to_contain_text("all 101 points")  # five runs of 20 epochs, and one that broke in the first
    for run_set in ("Adam", "Others"):
        expect(page.locator("summary", has_text=run_set)).to_contain_text("3 runs of lab/digits")
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_text("old words").click()
    page.keyboard.press("End")
    page.keyboard.type(" and new ones")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("button", name="Edit", exact=True)).to_be_visible()
    first, *rest = stored(site, report["id"])
    assert first == {"type": "paragraph", "children": [{"text": "old words and new ones"}]}
    assert json.dumps(rest) == json.dumps([UNKNOWN, GRID])
    with page.expect_download() as text:
        page.get_by_role("button", name="Markdown").click()
    assert text.value.path().read_text().startswith("# Kept\n\nold words and new ones\n")
    page.get_by_role("button", name="Clone").click()
    expect(page.get_by_role("heading", name="Kept (copy)")).to_be_visible()
    page.get_by_role("link", name="Reports", exact=True).last.click()
    page.get_by_role("row", name=re.compile(r"^Kept \(copy\)")).get_by_role("link").click()
    expect(page.get_by_text("old words and new ones")).to_be_visible()


def test_panels_are_moved_and_resized_by_keyboard_and_pointer(window: Window, site: Site) -> None:
    """One grows by Shift and an arrow key, the other is dragged over it and pushes it down."""
    grid = json.loads(json.dumps(GRID))
    charts = [chart("Loss", "epoch/loss", 0), chart("Validation", "epoch/val_loss", 12)]
    grid["metadata"]["panelBankSectionConfig"]["panels"] = charts
    report = made(site, "Arranged", grid)
    page = window.open(f"/lab/digits/reports/{report['slug']}?edit=true")
    loss = page.get_by_role("region", name="Loss", exact=True)
    expect(loss.get_by_role("list", name="Legend")).to_contain_text("adam-0.003")
    grip = page.get_by_role("button", name=re.compile("^Move Loss: arrow keys"))
    grip.focus()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowLeft")
    cell = page.locator(".report-cell", has=page.get_by_role("region", name="Validation", exact=True))
    expect(page.locator(".report-cell", has=loss)).to_have_css("grid-row-end", "span 9")
    other = page.get_by_role("button", name=re.compile("^Move Validation: arrow keys"))
    box, room = other.bounding_box(), page.locator(".report-grid").bounding_box()
    assert box is not None
    assert room is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - room["width"] / 2, y, steps=4)
    page.mouse.up()
    expect(cell).to_have_css("grid-column-start", "1")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("button", name="Edit", exact=True)).to_be_visible()
    (saved,) = stored(site, report["id"])
    places = [one["layout"] for one in saved["metadata"]["panelBankSectionConfig"]["panels"]]
    assert places == [{"x": 0, "y": 8, "w": 11, "h": 9}, {"x": 0, "y": 0, "w": 12, "h": 8}]


def test_the_second_writer_is_told_before_overwriting(window: Window, site: Site) -> None:
    """Ada writes; ben publishes meanwhile; ada sees it, and may still put hers over it."""
    report = made(site, "Two hands", {"type": "paragraph", "children": [{"text": "first"}]})
    page = window.open(f"/lab/digits/reports/{report['slug']}?edit=true")
    page.get_by_text("first").click()
    page.keyboard.press("End")
    page.keyboard.type(", ada")
    with site.api("ben") as api:
        spec = {"version": 5, "blocks": [{"type": "paragraph", "children": [{"text": "ben's"}]}]}
        api.put(f"{AT}/{report['id']}", json={"spec": spec}).raise_for_status()
    expect(page.get_by_role("alert")).to_contain_text("Somebody else has published")
    page.get_by_role("button", name="Publish mine over it").click()
    expect(page.get_by_role("button", name="Edit", exact=True)).to_be_visible()
    expect(page.get_by_text("first, ada")).to_be_visible()
    assert stored(site, report["id"])[0]["children"] == [{"text": "first, ada"}]


def test_a_shared_report_opens_without_cookies_until_it_is_revoked(open_window: Opener, site: Site) -> None:
    """Its panels are live, nothing beside it opens, and revoking ends it at once."""
    picked = {"fromOp": {"name": "pick", "inputs": {"obj": {}, "key": {"val": "predictions"}}}}
    grid = json.loads(json.dumps(GRID))
    grid["metadata"]["panelBankSectionConfig"]["panels"] += [
        {
            "viewType": "Weave",
            "config": {"panel2Config": {"exp": picked}},
            "layout": {"x": 12, "y": 0, "w": 12, "h": 10},
        },
        {
            "viewType": "Media Browser",
            "config": {"mediaKeys": ["examples"]},
            "layout": {"x": 0, "y": 10, "w": 12, "h": 8},
        },
    ]
    report = made(site, "For others", grid)
    ada = open_window("ada")
    page = ada.open(f"/lab/digits/reports/{report['slug']}")
    page.get_by_role("button", name="Share").click()
    page.get_by_label("How long the link works").select_option("Works for 30 days")
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_role("dialog").locator("pre").inner_text().strip().splitlines()[-1]
    with site.api() as api:
        (one,) = api.get(f"/api/views/{report['id']}/links").json()["links"]
    lasts = datetime.fromisoformat(one["expires_at"]) - datetime.fromisoformat(one["created_at"])
    assert lasts == timedelta(days=30)
    reader = open_window(None)
    reader.expected += ["401", "403", "404"]
    there = reader.page
    there.goto(link)
    expect(there.get_by_role("region", name="Loss")).to_contain_text("all 101 points")
    assert reader.page.context.cookies() == []
    expect(there.get_by_role("button", name=re.compile("^Search"))).to_have_count(0)
    there.get_by_role("button", name="More for Loss").click()
    there.get_by_role("menuitem", name="Copy link").click()
    expect(there.get_by_text("Link copied.")).to_be_visible()
    assert there.evaluate("navigator.clipboard.readText()") == f"{link}?panel=Loss"
    for part in ("predictions", "examples"):
        picture = there.get_by_role("region", name=part, exact=True).locator("img").first
        expect(picture).to_be_visible()
        assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)") == 28
    assert [one for one in reader.errors if "media" in one] == []
    token = link.rpartition("/")[2]
    for path in ("/api/runs/lab/digits/train0/console", f"/api/projects/lab/digits?share={token}"):
        assert there.request.get(site.server.base_url + path).status in (401, 403, 404)
    page.get_by_role("button", name="Revoke link 1").click()
    expect(page.get_by_text("The link opens nothing any more.")).to_be_visible()
    there.reload()
    expect(there.get_by_text("unknown, has expired or was revoked")).to_be_visible()


def test_the_file_opens_from_disk_with_its_data(
    window: Window, site: Site, browser: Browser, tmp_path: Path
) -> None:
    """One file without a network: the drawing, and every logged number."""
    table = {
        "viewType": "Media Browser",
        "config": {"mediaKeys": ["examples"]},
        "layout": {"x": 12, "y": 0, "w": 12, "h": 8},
    }
    grid = json.loads(json.dumps(GRID))
    grid["metadata"]["panelBankSectionConfig"]["panels"].append(table)
    report = made(site, "To take away", {"type": "heading", "level": 1, "children": [{"text": "Far"}]}, grid)
    page = window.open(f"/lab/digits/reports/{report['slug']}")
    expect(page.get_by_role("region", name="Loss")).to_contain_text("points")
    with page.expect_download() as downloading:
        page.get_by_role("button", name="HTML").click()
    path = tmp_path / "report.html"
    downloading.value.save_as(path)
    context = browser.new_context(offline=True)
    asked: list[str] = []
    there = context.new_page()
    there.on("request", lambda request: asked.append(request.url))
    there.goto(path.as_uri())
    expect(there.get_by_role("heading", name="Far")).to_be_visible()
    expect(there.locator("[data-panel] .panel-body svg")).to_be_visible()
    there.wait_for_load_state("load")
    widths = there.locator("img").evaluate_all("all => all.map(one => one.naturalWidth)")
    assert len(widths) >= 8
    assert all(widths), widths
    data = json.loads(
        there.locator("#runstone-data").inner_text() or there.locator("#runstone-data").text_content() or ""
    )
    assert data["spec"]["blocks"][0]["type"] == "heading"
    rows = site.tell("digits")["runs"][0]["rows"]
    numbers = data["data"][0]["csv"]
    assert all(repr(row["epoch/loss"]) in numbers for row in rows)
    assert [one for one in asked if not one.startswith(("file:", "data:"))] == []
    GALLERY.mkdir(parents=True, exist_ok=True)
    there.screenshot(path=GALLERY / "report-file.png", full_page=True)
    context.close()


def test_a_report_from_the_workspace(window: Window) -> None:
    """It begins with the runs and panels that are shown there."""
    page = window.open("/lab/digits?where=" + '[{"field":"config.optimizer","op":"=","value":"adam"}]')
    expect(page.get_by_role("region", name="epoch/loss, val_loss")).to_be_visible()
    page.get_by_role("button", name="Report from this workspace").click()
    expect(page.get_by_label("Title")).to_have_value("Report on digits")
    expect(page.get_by_role("region", name="epoch/loss, val_loss")).to_contain_text("all 120 points")
    expect(page.get_by_text("3 runs of lab/digits")).to_be_visible()


@pytest.mark.parametrize("theme", THEMES)
def test_pictures(browser: Browser, site: Site, theme: str) -> None:
    """A report as it is read and written, in both themes, without a serious finding."""
    known = next((told for name, told in site.told.items() if name == "picture report"), None)
    report = known or made(
        site, "Pictures", {"type": "heading", "level": 1, "children": [{"text": "One"}]}, GRID
    )
    site.told["picture report"] = report
    with window_of(browser, site, "ada", theme=theme) as window:
        page = window.open(f"/lab/digits/reports/{report['slug']}")
        expect(page.get_by_role("region", name="Loss")).to_contain_text("points")
        window.settle()
        window.shoot(f"report-{theme}")
        assert window.violations() == []
        page.get_by_role("button", name="Edit", exact=True).click()
        expect(page.get_by_role("button", name="Add a panel")).to_be_visible()
        window.settle()
        window.shoot(f"report-edit-{theme}")
        assert window.violations() == []
