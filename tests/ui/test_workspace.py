"""The workspace: its first sight, what people arrange in it, and that its numbers are the logged ones."""

import csv
import io
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.ui.conftest import Opener
from tests.ui.site import Site, Window

pytestmark = pytest.mark.slow

LOSS = "epoch/loss, val_loss"

#: The page keeps its own arrangement only once a named view was sent, and hears of that one only afterwards.
OWN_MEANWHILE = """() => {
  const [plain, later] = [window.fetch, window.setTimeout];
  let sent = false, answered;
  const own = new Promise((done) => (answered = done));
  window.setTimeout = (work, ms, ...rest) => {
    if (ms !== 1500) return later(work, ms, ...rest);
    const look = setInterval(() => sent && (clearInterval(look), work()), 20);
    return look;
  };
  window.fetch = async (address, options) => {
    const named = options?.method === "PUT" && !String(options.body).includes('"nw-');
    sent ||= named;
    const answer = await plain(address, options);
    if (named) await own;
    else if (options?.method === "PUT") answered();
    return answer;
  };
}"""


def chart(page: Page, title: str = LOSS) -> Locator:
    """The drawing of a panel."""
    return page.locator(f'[role="img"][aria-label^="{title}:"]')


def menu(page: Page, title: str, item: str) -> None:
    """Choose something from a panel's menu."""
    page.get_by_role("region", name=title, exact=True).hover()
    page.get_by_role("button", name=f"More for {title}", exact=True).click()
    page.get_by_role("menuitem", name=item).click()


@pytest.fixture
def page(window: Window, site: Site) -> Page:
    """Ada's workspace of the story, as nobody has arranged it."""
    with site.api() as api:
        for view in api.get("/api/views/lab/digits").json()["views"]:
            api.delete(f"/api/views/{view['id']}").raise_for_status()
    opened = window.open("/lab/digits")
    expect(chart(opened)).to_be_visible()
    return opened


def test_first_sight_is_useful(page: Page) -> None:
    """Loss with validation loss over the epoch, one sentence with its numbers, only config that differs."""
    expect(chart(page)).to_have_attribute("aria-label", f"{LOSS}: 11 lines over epoch/epoch")
    headline = page.locator(".headline")
    expect(headline).to_contain_text("Best epoch/val_loss is")
    expect(headline).to_contain_text("diverged failed: ValueError: loss is not finite")
    media = page.locator('section[aria-label="Media and tables"] .panel[data-panel]')
    expect(page.locator('[data-panel="media:predictions"][data-wide]')).to_be_attached()
    tables = media.evaluate_all("(all) => all.map((one) => one.hasAttribute('data-wide'))")
    assert tables == sorted(tables), "pictures first, then tables"
    expect(page.locator(".run-row", has_text="adam-0.01").locator("svg.sparkline")).to_be_visible()
    legend = page.locator(".sidebar-legend")
    expect(legend).to_contain_text("learning_rate")
    expect(legend).not_to_contain_text("seed")
    expect(page.get_by_role("button", name=re.compile("^Counters and rates"))).to_have_attribute(
        "aria-expanded", "false"
    )
    expect(page.get_by_role("button", name=re.compile("^System"))).to_have_attribute("aria-expanded", "false")
    headline.get_by_title("Show only these two").click()
    expect(chart(page)).to_have_attribute("aria-label", re.compile(" 4 lines"))
    headline.get_by_title("Show only this run").click()
    expect(chart(page)).to_have_attribute("aria-label", re.compile(" 2 lines"))


def test_first_questions_are_asked_before_the_scripts_are_there_and_only_once(page: Page) -> None:
    """`head.js` asks what the page's own scripts will need, and each of its answers is taken."""
    asked: list[str] = []
    held: list[Route] = []
    page.on("request", lambda request: asked.append(f"{request.method} {urlsplit(request.url).path}"))
    page.route("**/static/index-*.js", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks it
    with page.expect_request("**/api/keys"):
        page.reload(wait_until="commit")
    assert len(held) == 1, "the scripts are still on their way"
    held[0].continue_()
    expect(chart(page)).to_be_visible()
    for question in ("GET /api/session", "GET /api/projects/lab/digits", "POST /api/runs/query"):
        assert asked.count(question) == 1, question
    assert asked.count("POST /api/keys") == 2, "of curves, and of the machine"


def test_numbers_are_those_that_were_logged(page: Page, site: Site) -> None:
    """A panel's CSV has every value, to the last digit."""
    with page.expect_download() as download:
        menu(page, LOSS, "Save as CSV")
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    shown = {(row["line"], float(row["epoch/epoch"])): float(row["value"]) for row in rows}
    for run in site.tell("digits")["runs"]:
        for row in run["rows"]:
            assert shown[f"{run['name']} loss", row["epoch/epoch"]] == row["epoch/loss"]
            assert shown[f"{run['name']} val_loss", row["epoch/epoch"]] == row["epoch/val_loss"]
    expect(page.get_by_role("region", name=LOSS)).to_contain_text("all 201 points")


def test_drawings_leave_as_files(page: Page) -> None:
    """SVG with its lines, PNG as a picture, and the lines of Python."""
    with page.expect_download() as svg:
        menu(page, LOSS, "Save as SVG")
    text = svg.value.path().read_text()
    assert text.startswith("<svg")
    assert text.count('stroke-width="1.6"') == 11
    with page.expect_download() as png:
        menu(page, LOSS, "Save as PNG")
    assert png.value.path().read_bytes().startswith(b"\x89PNG")
    menu(page, LOSS, "Copy as Python")
    expect(page.get_by_text("Python lines copied.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert 'for key in ["epoch/loss", "epoch/val_loss"]:' in copied
    assert 'run.scan_history(keys=["epoch/epoch", key])' in copied


def test_eye_filter_and_search_decide_which_runs_are_drawn(page: Page) -> None:
    """Each is in the address, so that a link shows the same."""
    page.get_by_role("button", name="Hide diverged").click()
    expect(chart(page)).to_have_attribute("aria-label", re.compile("10 lines"))
    expect(page).to_have_url(re.compile("hide=broken"))
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("Field").fill("config.optimizer")
    page.get_by_label("Field").blur()
    page.get_by_label("Value").fill("adam")
    page.keyboard.press("Escape")
    expect(chart(page)).to_have_attribute("aria-label", re.compile(" 6 lines"))
    page.reload()
    expect(chart(page)).to_have_attribute("aria-label", re.compile(" 6 lines"))
    page.get_by_label("Find runs").fill("0.0(1|03)$")
    expect(chart(page)).to_have_attribute("aria-label", re.compile(" 4 lines"))


def test_groups_draw_their_mean_with_a_band(page: Page) -> None:
    """Three optimizers and the failed run's make three groups of two keys each."""
    page.get_by_role("button", name="Group").click()
    page.get_by_role("menuitemcheckbox", name="optimizer").click()
    page.keyboard.press("Escape")
    expect(chart(page)).to_have_attribute("aria-label", re.compile(" 6 lines"))
    expect(page).to_have_url(re.compile("group=config.optimizer"))


def test_smoothing_axis_and_undo(page: Page) -> None:
    """What the line above the panels changes is undone and redone by keys."""
    page.get_by_label("Smoothing", exact=True).fill("0.9")
    expect(page).to_have_url(re.compile("smooth=0.9"))
    page.get_by_role("button", name="Time", exact=True).click()
    expect(chart(page)).to_have_attribute("aria-label", re.compile("over time"))
    page.locator("main").click(position={"x": 5, "y": 300})
    page.keyboard.press("Control+z")
    expect(chart(page)).to_have_attribute("aria-label", re.compile("over epoch/epoch"))
    expect(page).to_have_url(re.compile("smooth=0.9"))
    page.keyboard.press("Control+y")
    expect(chart(page)).to_have_attribute("aria-label", re.compile("over time"))
    page.keyboard.press("l")
    expect(page.get_by_role("button", name="Log", exact=True)).to_have_attribute("aria-pressed", "true")


def test_hover_lights_a_run_everywhere_and_a_click_opens_its_step(page: Page) -> None:
    """The row at the left lights with the line; the click leads to the step with its values."""
    plot = chart(page).locator(".u-over")
    box = plot.bounding_box()
    assert box is not None
    # The failed run's only point is by far the highest one, at the left edge.
    for part in range(2, 30):
        plot.hover(position={"x": 2, "y": box["height"] * part / 40})
        if page.locator('.run-row[data-lit="true"]').count():
            break
    expect(page.locator('.run-row[data-lit="true"]')).to_contain_text("diverged")
    expect(page.locator(".readout")).to_contain_text("epoch/epoch 0")
    page.mouse.down()
    page.mouse.up()
    expect(page).to_have_url(re.compile("/runs/broken"))
    expect(page.get_by_role("region", name="Chosen step")).to_contain_text("2.9")


def test_baseline_pin_and_colour(page: Page) -> None:
    """The baseline's distance stands beside each run; a pinned run is on top; a chosen colour is kept."""
    page.get_by_role("button", name="More for adam-0.001").click()
    page.get_by_role("menuitem", name="Make it the baseline").click()
    expect(page.locator(".delta").first).to_be_visible()
    page.get_by_role("button", name="More for adam-0.01").click()
    page.get_by_role("menuitem", name="Pin on top").click()
    expect(page.locator(".run-row").first).to_contain_text("adam-0.01")
    page.get_by_role("button", name="More for adam-0.01").click()
    page.get_by_role("menuitemcheckbox", name="Colour #F74DA0").click()
    dot = page.locator(".run-row").first.locator(".dot")
    expect(dot).to_have_css("background-color", "rgb(247, 77, 160)")


def test_panel_is_edited_in_place(page: Page) -> None:
    """The draft is seen at once and nothing changes before it is saved."""
    menu(page, LOSS, "Edit")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill("Both losses")
    expect(dialog.get_by_role("img", name=re.compile("^Both losses"))).to_be_visible()
    dialog.get_by_role("button", name="Another metric").click()
    expect(dialog.get_by_role("img", name=re.compile("^Both losses: 1[0-9] lines"))).to_be_visible()
    dialog.get_by_role("button", name="Save").click()
    expect(chart(page, "Both losses")).to_be_visible()
    expect(page.get_by_role("region", name=LOSS, exact=True)).to_be_hidden()


@pytest.mark.parametrize("kind", ["Bars", "Number", "Scatter", "Box", "Histogram", "Run comparer", "Text"])
def test_panel_of_each_kind_is_added(window: Window, page: Page, kind: str) -> None:
    """Chosen from the menu, filled with the first values that fit, drawn, saved."""
    page.get_by_role("button", name="Panel", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^" + kind)).click()
    dialog = page.get_by_role("dialog")
    if kind == "Text":
        dialog.get_by_label("Markdown").fill("# Why\n\n<script>boom()</script>\n\n**Because.**")
        expect(dialog.locator(".markdown strong")).to_have_text("Because.")
    for role in {"Scatter": ("Horizontal 1", "Vertical 2"), "Bars": ("Value 1",), "Number": ("Value 1",)}.get(
        kind, ()
    ):
        dialog.get_by_label(role).select_option(
            "config.learning_rate" if "1" in role else "summary.epoch/loss"
        )
    if kind in ("Box", "Histogram"):
        dialog.get_by_label("Value 1").select_option("summary.epoch/val_loss")
    dialog.get_by_label("Title").fill(f"My {kind}")
    dialog.get_by_role("button", name="Save").click()
    panel = page.get_by_role("region", name=f"My {kind}", exact=True)
    expect(panel).to_be_visible()
    expected = {
        "Bars": panel.locator(".bar-row").nth(5),
        "Number": panel.locator(".scalar b"),
        "Run comparer": panel.get_by_role("rowheader", name="learning_rate", exact=True),
        "Text": panel.get_by_role("heading", name="Why"),
    }
    expect(expected.get(kind, panel.locator("canvas").first)).to_be_visible()
    assert window.violations() == []


def test_view_is_saved_opened_by_a_colleague_and_not_overwritten_unseen(
    page: Page, open_window: Opener
) -> None:
    """Ben opens Ada's view by its link; when both save, the second one is asked."""
    page.evaluate(OWN_MEANWHILE)
    page.get_by_role("button", name="Log", exact=True).click()
    page.get_by_role("button", name=re.compile("view$", re.IGNORECASE)).click()
    page.get_by_role("menuitem", name="Save as a new view").click()
    page.get_by_label("Name of the view").fill("Losses on a log axis")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page).to_have_url(re.compile(r"view=\d+"))
    others = open_window("ben")
    others.expected.append("409")
    ben = others.open(page.url.replace(others.base_url, "").replace("log=true", "").replace("?&", "?"))
    expect(ben.get_by_role("button", name="Log", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(ben.get_by_role("button", name="Losses on a log axis")).to_be_visible()

    page.get_by_role("button", name="Time", exact=True).click()
    page.get_by_role("button", name="Losses on a log axis").click()
    page.get_by_role("menuitem", name="Save changes to this view").click()
    expect(page.get_by_text("Losses on a log axis was saved.")).to_be_visible()

    ben.get_by_role("button", name="Clock", exact=True).click()
    ben.get_by_role("button", name="Losses on a log axis").click()
    ben.get_by_role("menuitem", name="Save changes to this view").click()
    expect(ben.get_by_role("dialog")).to_contain_text("was changed meanwhile")
    ben.get_by_role("button", name="Look at theirs").click()
    expect(ben.get_by_role("button", name="Time", exact=True)).to_have_attribute("aria-pressed", "true")


def test_own_arrangement_is_there_again(page: Page, open_window: Opener) -> None:
    """Removed panels stay away in the next window of the same person, and only there."""
    menu(page, "epoch/accuracy, val_accuracy", "Remove from this view")
    expect(chart(page, "epoch/accuracy, val_accuracy")).to_be_hidden()
    with page.expect_response(lambda answer: "/api/views/" in answer.url and answer.request.method == "PUT"):
        pass
    again = open_window().open("/lab/digits")
    expect(again.get_by_role("button", name="My view")).to_be_visible()
    expect(chart(again)).to_be_visible()
    expect(chart(again, "epoch/accuracy, val_accuracy")).to_be_hidden()
    bens = open_window("ben").open("/lab/digits")
    expect(chart(bens, "epoch/accuracy, val_accuracy")).to_be_visible()


def test_full_screen_has_an_address(page: Page, open_window: Opener) -> None:
    """The link of a panel opens it large; arrows lead to those beside it, Escape back."""
    menu(page, LOSS, "Full screen")
    expect(page.get_by_role("dialog").get_by_role("img")).to_be_visible()
    window = open_window("ben")
    other = window.open(page.url.replace(window.base_url, ""))
    expect(other.get_by_role("dialog").locator(f'[aria-label^="{LOSS}:"]')).to_be_visible()
    window.shoot("panel-full-light")
    title = other.get_by_role("dialog").get_by_role("heading").first
    other.keyboard.press("ArrowRight")
    expect(title).not_to_have_text(LOSS)
    other.get_by_role("button", name="Panel before").click()
    expect(title).to_have_text(LOSS)
    receipt = other.get_by_role("dialog").locator(".panel-foot")
    expect(receipt).to_contain_text("all 201 points")
    other.get_by_role("button", name=f"View {LOSS} as a table").press("+")
    # As after a drag: ten epochs of ten lines, with the points on both sides that lines lead to.
    expect(receipt).to_contain_text("all 121 points")
    other.keyboard.press("-")
    expect(receipt).to_contain_text("all 201 points")
    other.keyboard.press("Escape")
    expect(other.get_by_role("dialog")).to_be_hidden()
