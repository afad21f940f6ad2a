"""Runs in their table and on their page: changed in place, many at once, by keys, in a narrow window."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.ui.conftest import Opener
from tests.ui.site import Site, Window, becomes

pytestmark = pytest.mark.slow

CHART = '[role="img"][aria-label^="epoch/loss, val_loss:"]'


def test_name_and_tags_are_changed_in_their_cells_by_keys(window: Window, site: Site) -> None:
    """`e` opens the name, Tab goes on to the tags; Escape drops; undo brings the old one back."""
    page = window.open("/lab/digits/table?cols=tags,notes")
    grid = page.get_by_role("grid", name="Runs")
    expect(grid.get_by_role("link", name="sgd-0.03")).to_be_visible()
    grid.press("ArrowDown")
    grid.press("e")
    page.keyboard.press("Tab")
    page.get_by_label("Tags, with commas").fill("odd, second look")
    page.keyboard.press("Enter")
    expect(grid.get_by_text("odd, second look")).to_be_visible()
    with site.api() as api:
        becomes(lambda: api.get("/api/runs/lab/digits/broken").json()["tags"], ["odd", "second look"])
        page.get_by_role("button", name="Undo").click()
        expect(grid.get_by_text("odd, second look")).to_be_hidden()
        becomes(lambda: api.get("/api/runs/lab/digits/broken").json()["tags"], [])
    grid.press("e")
    page.get_by_label("Name", exact=True).fill("not this")
    page.keyboard.press("Escape")
    expect(grid.get_by_role("link", name="diverged")).to_be_visible()
    expect(grid).to_be_focused()


def test_columns_are_chosen(window: Window) -> None:
    """Found by name, on and off by keys; the address keeps them, "Reset" shows what the page would choose."""
    page = window.open("/lab/digits/table")
    heads = page.get_by_role("columnheader")
    expect(page.get_by_role("columnheader", name="optimizer")).to_be_visible()
    first = heads.all_inner_texts()
    page.get_by_role("button", name=re.compile("^Columns")).click()
    page.get_by_label("Find columns").fill("host")
    page.get_by_role("checkbox", name=re.compile("^host")).press("Space")
    expect(page.get_by_role("columnheader", name="host")).to_be_visible()
    page.get_by_label("Find columns").fill("optim")
    page.get_by_role("checkbox", name=re.compile("optimizer")).press("Space")
    expect(page.get_by_role("columnheader", name="optimizer")).to_be_hidden()
    page.reload()
    expect(page.get_by_role("columnheader", name="host")).to_be_visible()
    expect(page.get_by_role("columnheader", name="optimizer")).to_be_hidden()
    page.get_by_role("button", name=re.compile("^Columns")).click()
    page.get_by_role("button", name="Reset").click()
    expect(page.get_by_role("columnheader", name="optimizer")).to_be_visible()
    assert heads.all_inner_texts() == first


def test_many_runs_at_once(window: Window) -> None:
    """Chosen runs are tagged, shown in charts, deleted and brought back, at once and later."""
    page = window.open("/lab/digits/table?q=^adam")
    grid = page.get_by_role("grid", name="Runs")
    page.get_by_role("checkbox", name="Choose all loaded runs").check()
    bulk = page.get_by_role("form", name="Chosen runs")
    expect(bulk).to_contain_text("3 chosen")
    bulk.get_by_label("Tag or group").fill("keep")
    bulk.get_by_role("button", name="Add tag").click()
    expect(grid.get_by_text(re.compile("keep"))).to_have_count(3)
    bulk.get_by_role("button", name="Remove tag").click()
    expect(grid.get_by_text(re.compile("keep"))).to_have_count(0)
    bulk.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No run matches")).to_be_visible()
    news = page.get_by_role("status").filter(has_text="lost the tag")
    expect(news.get_by_role("button", name="Undo")).to_have_count(0)  # there is nothing to put it on
    page.get_by_role("status").filter(has_text="deleted").get_by_role("button", name="Undo").click()
    expect(grid.get_by_role("link", name="adam-0.01")).to_be_visible()
    page.get_by_role("checkbox", name="Choose adam-0.01").check()
    bulk.get_by_role("button", name="Delete").click()
    expect(grid.get_by_role("link", name="adam-0.01")).to_be_hidden()
    page.get_by_role("link", name="Overview").click()
    page.get_by_role("button", name="Bring adam-0.01 back").click()
    expect(page.get_by_text("adam-0.01 came back.")).to_be_visible()
    expect(page.get_by_role("region", name="Deleted lately")).to_be_hidden()
    page = window.open("/lab/digits/table?q=^adam")
    page.get_by_role("checkbox", name="Choose adam-0.003").check()
    page.get_by_role("checkbox", name="Choose adam-0.001").check()
    page.get_by_role("link", name="Show in charts").click()
    expect(page.locator('[role="img"][aria-label^="epoch/loss, val_loss: 4 lines"]')).to_be_visible()


def test_run_is_described_on_its_page(window: Window, site: Site) -> None:
    """Name, tag and notes in place; the notes are Markdown that can do nothing."""
    window.expected.append("inline event handler")
    page = window.open("/lab/digits/runs/train2?tab=overview")
    page.get_by_role("button", name="Edit name of the run").click()
    page.get_by_label("name of the run", exact=True).fill("renamed")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="renamed")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="renamed")).to_be_hidden()
    page.get_by_role("button", name="Edit notes of the run").click()
    page.get_by_label("notes of the run", exact=True).fill(
        "**Why**: <b onclick=boom()>b</b><script>boom()</script>"
    )
    page.keyboard.press("Control+Enter")
    expect(page.locator(".markdown strong")).to_have_text("Why")
    page.get_by_role("button", name="Add: tag of the run").click()
    page.get_by_label("New: tag of the run").fill("seen")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Take seen off").click()
    expect(page.get_by_text("The run lost the tag seen.")).to_be_visible()
    with site.api() as api:
        run = "/api/runs/lab/digits/train2"
        becomes(lambda: api.get(run).json()["tags"], [])
        notes = "**Why**: <b onclick=boom()>b</b><script>boom()</script>"
        becomes(lambda: api.get(run).json()["notes"], notes)
        api.patch("/api/runs/lab/digits/train2", json={"notes": ""}).raise_for_status()


def tagged(page: Page, tag: str) -> None:
    """Put a tag on the run of this page."""
    page.get_by_role("button", name="Add: tag of the run").click()
    page.get_by_label("New: tag of the run").fill(tag)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=f"Take {tag} off")).to_be_visible()


def test_each_of_two_changes_in_a_row_arrives_and_is_answered(window: Window, site: Site) -> None:
    """The second tag comes while the first is on its way: both are kept, both are told of, lists follow."""
    page = window.open("/lab/digits/table?cols=tags&q=adam-0.01")
    expect(page.get_by_role("link", name="adam-0.01")).to_be_visible()
    page.get_by_role("link", name="adam-0.01").click()
    held: list[Route] = []

    def hold_first(route: Route) -> None:
        if route.request.method == "PATCH" and not held:
            held.append(route)
        else:
            route.continue_()

    page.route("**/api/runs/lab/digits/*", hold_first)
    with page.expect_request(lambda asked: asked.method == "PATCH"):
        tagged(page, "early")
    tagged(page, "late")
    held[0].continue_()
    for tag in ("early", "late"):
        expect(page.get_by_text(f"The run is tagged {tag}.")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("grid", name="Runs")).to_contain_text("early, late")
    path = "/api/runs/lab/digits/" + held[0].request.url.rpartition("/")[2]
    with site.api() as api:
        *before, early, late = api.get(path).json()["tags"]
        assert (early, late) == ("early", "late")
        api.patch(path, json={"tags": before}).raise_for_status()


def test_keys_move_runs_and_steps(window: Window) -> None:
    """`j` lights the next run, `x` hides it; `[` shows the media of the step before."""
    page = window.open("/lab/digits")
    chart = page.locator(CHART)
    expect(chart).to_have_attribute("aria-label", re.compile("11 lines"))
    page.keyboard.press("j")
    expect(page.locator('.run-row[data-lit="true"]')).to_contain_text("diverged")
    page.keyboard.press("x")
    expect(chart).to_have_attribute("aria-label", re.compile("10 lines"))
    page.keyboard.press("x")
    expect(chart).to_have_attribute("aria-label", re.compile("11 lines"))
    step = page.get_by_label("Step of examples")
    step.scroll_into_view_if_needed()
    last = step.get_attribute("aria-valuetext")
    page.keyboard.press("[")
    expect(step).not_to_have_attribute("aria-valuetext", last or "")
    page.keyboard.press("]")
    expect(step).to_have_attribute("aria-valuetext", last or "")


def test_runs_are_a_drawer_in_a_narrow_window(open_window: Opener) -> None:
    """Closed at first; what it hides is hidden in the charts; nothing is wider than the window."""
    page = open_window(width=390, height=800).open("/lab/digits")
    chart = page.locator(CHART)
    expect(chart).to_be_visible()
    expect(page.get_by_role("complementary", name="Runs")).to_be_hidden()
    page.get_by_role("button", name="Runs", exact=True).click()
    page.get_by_role("button", name="Hide diverged").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary", name="Runs")).to_be_hidden()
    expect(chart).to_have_attribute("aria-label", re.compile("10 lines"))
    for path in ("/lab/digits/table", "/lab/digits/runs/train1", "/lab/digits/settings", "/"):
        page.goto(path)
        expect(page.locator("main")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
