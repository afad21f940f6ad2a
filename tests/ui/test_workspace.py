"""The workspace: its first sight, what people arrange in it, and that its numbers are the logged ones."""

import csv
import io
import math
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import mean, median, stdev
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect

from tests.ui.conftest import Opener
from tests.ui.site import Site, Window, becomes

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


def saved(page: Page, item: str, title: str = LOSS) -> Path:
    """A file that a panel's menu gives."""
    with page.expect_download() as download:
        menu(page, title, item)
    return download.value.path()


def saved_lines(page: Page, title: str = LOSS) -> dict[str, list[dict[str, float]]]:
    """The rows of a panel's CSV by line: what is drawn, with x first."""
    rows = csv.DictReader(io.StringIO(saved(page, "Save as CSV", title).read_text()))
    found: dict[str, list[dict[str, float]]] = {}
    for row in rows:
        found.setdefault(row.pop("line"), []).append({name: float(text) for name, text in row.items()})
    return found


def scale(page: Page, axis: str, title: str = LOSS) -> tuple[float, float]:
    """From where to where an axis of the drawing on the screen goes."""
    low, high = str(chart(page, title).locator(".u-over").get_attribute(f"data-{axis}")).split()
    return float(low), float(high)


def marks(svg: str, anchor: str) -> list[float]:
    """The numbers along an axis of a drawing: `middle` is the horizontal one, `end` the vertical one."""
    return [float(text) for text in re.findall(rf'text-anchor="{anchor}"[^>]*>([-\d.e]+)<', svg)]


def logged(site: Site, key: str) -> dict[str, list[float]]:
    """What each run that went well has logged under a key, by its name."""
    return {run["name"]: [row[key] for row in run["rows"]] for run in site.tell("digits")["runs"]}


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
    asks = "performance.getEntriesByType('resource').filter((one) => one.name.endsWith('/api/keys'))"
    page.wait_for_function(f"() => {asks}.length > 1")  # the page before has nothing left to ask
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
    page.wait_for_function(f"() => {asks}.length > 1")
    assert asked.count("POST /api/keys") == 2, "of curves, and, once those are drawn, of the machine"
    files = page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")
    sheets = [one for one in files if one.endswith(".css")]
    assert len(sheets) > 2
    assert sorted(set(sheets)) == sorted(sheets), (
        "what the document names is not fetched again by the scripts"
    )


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
    """SVG with its lines, PNG with their colours, and the lines of Python."""
    text = saved(page, "Save as SVG").read_text()
    assert text.startswith("<svg")
    assert text.count('stroke-width="1.6"') == 11
    colours = set(re.findall(r'stroke="(#\w{6})" stroke-width="1.6"', text))
    assert len(colours) == 6
    with Image.open(saved(page, "Save as PNG")) as picture:
        assert (picture.format, picture.size) == ("PNG", (1800, 960))
        drawn = {
            f"#{r:02X}{g:02X}{b:02X}" for _, (r, g, b) in picture.convert("RGB").getcolors(1 << 20) or ()
        }
    assert {colour.upper() for colour in colours} <= drawn
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


def test_groups_draw_their_mean_with_a_band(page: Page, site: Site) -> None:
    """Three optimizers and the failed run's make three groups of two keys each; what is drawn is the middle
    of what was logged, and how far it spreads, as it was chosen."""
    page.get_by_role("button", name="Group").click()
    page.get_by_role("menuitemcheckbox", name="optimizer").click()
    page.keyboard.press("Escape")
    expect(chart(page)).to_have_attribute("aria-label", re.compile(" 6 lines"))
    expect(page).to_have_url(re.compile("group=config.optimizer"))
    of = logged(site, "epoch/loss")
    adam = list(zip(*(of[name] for name in of if name.startswith("adam")), strict=True))
    assert len(adam[0]) == 3

    def drawn(
        middle: Callable[[Sequence[float]], float], half: Callable[[Sequence[float]], float] | None
    ) -> None:
        for row, values in zip(saved_lines(page)["adam (3) epoch/loss"], adam, strict=True):
            centre = mean(values)
            low, high = (
                (min(values), max(values)) if half is None else (centre - half(values), centre + half(values))
            )
            wanted = (middle(values), low, high)
            assert (row["value"], row["lowest"], row["highest"]) == pytest.approx(wanted, rel=1e-5)

    drawn(mean, None)
    tools = page.get_by_role("button", name="How lines are drawn")
    for middle, band, call, half in (
        (median, "std", "median", stdev),
        (median, "err", "median", lambda values: stdev(values) / math.sqrt(len(values))),
        (mean, "none", "mean", lambda values: 0),
    ):
        tools.click()
        page.get_by_label("Middle of a group").select_option(call)
        page.get_by_label("Band of a group").select_option(band)
        page.keyboard.press("Escape")
        if band == "none":
            assert all(one["value"] == one["lowest"] for one in saved_lines(page)["adam (3) epoch/loss"])
        else:
            drawn(middle, half)


def averaged(xs: Sequence[float], ys: Sequence[float], weight: float, kind: str) -> list[float]:
    """Each value with those around it, as the four kinds weigh them: by how far back it is, in points or
    along x (in usual steps), by a window of points, by a bell of points."""
    width = round(1 / (1 - weight))
    usual = (xs[-1] - xs[0]) / (len(xs) - 1)
    weigh: dict[str, Callable[[int, int], float]] = {
        "ema": lambda i, j: weight ** (i - j) if j <= i else 0,
        "twema": lambda i, j: weight ** ((xs[i] - xs[j]) / usual) if j <= i else 0,
        "average": lambda i, j: abs(i - j) <= width // 2,
        "gaussian": lambda i, j: math.exp(-0.5 * ((i - j) / width) ** 2) if abs(i - j) <= 3 * width else 0,
    }
    out = []
    for i in range(len(ys)):
        weights = [weigh[kind](i, j) for j in range(len(ys))]
        out.append(sum(w * y for w, y in zip(weights, ys, strict=True)) / sum(weights))
    return out


def test_lines_over_any_metric_smoothed_in_four_ways(page: Page, site: Site) -> None:
    """The values of each line at those of another metric; smoothed as the textbook says, raw ones behind."""
    page.get_by_label("Another metric as horizontal axis").select_option("epoch/learning_rate")
    expect(chart(page)).to_have_attribute("aria-label", f"{LOSS}: 10 lines over epoch/learning_rate")
    losses, rates = logged(site, "epoch/loss"), logged(site, "epoch/learning_rate")
    of = "rmsprop-0.001"
    pairs = sorted(zip(rates[of], losses[of], strict=True))
    # The rates fall by a tenth each epoch, so that steps along the axis differ.
    assert len({round(b - a, 9) for (a, _), (b, _) in pairwise(pairs)}) > 10
    shown = [(row["epoch/learning_rate"], row["value"]) for row in saved_lines(page)[f"{of} loss"]]
    assert shown == pairs
    xs, ys = [x for x, _ in pairs], [y for _, y in pairs]
    page.get_by_label("Smoothing", exact=True).fill("0.8")
    for kind in ("ema", "twema", "average", "gaussian"):
        page.get_by_role("button", name="How lines are drawn").click()
        page.get_by_label("Kind of smoothing").select_option(kind)
        page.keyboard.press("Escape")
        smooth = [row["value"] for row in saved_lines(page)[f"{of} loss"]]
        assert smooth == pytest.approx(averaged(xs, ys, 0.8, kind), rel=1e-5), kind
    assert saved(page, "Save as SVG").read_text().count('stroke-opacity="0.18"') == 10


def test_ranges_outliers_and_logarithms_are_those_of_the_axes(page: Page, site: Site) -> None:
    """The scale on the screen, and the same in the file."""
    losses = [y for key in ("epoch/loss", "epoch/val_loss") for ys in logged(site, key).values() for y in ys]
    everything = sorted([*losses, 2.9])  # the failed run's only point
    becomes(lambda: scale(page, "y")[1] > 2.9, True)
    page.get_by_role("button", name="How lines are drawn").click()
    page.get_by_label("Ignore outliers in the scale").check()
    page.keyboard.press("Escape")
    low, high = (everything[round(share * (len(everything) - 1))] for share in (0.01, 0.99))
    edge = (high - low) * 0.05
    assert high + edge < 2.9
    becomes(lambda: scale(page, "y"), pytest.approx((low - edge, high + edge), rel=1e-5))
    assert max(marks(saved(page, "Save as SVG").read_text(), "end")) < 2.9
    page.get_by_role("button", name="Log", exact=True).click()
    inner = [math.log10(everything[round(share * (len(everything) - 1))]) for share in (0.01, 0.99)]
    edge = (inner[1] - inner[0]) * 0.05
    tens = [10.0 ** math.floor(inner[0] - edge), 10.0 ** math.floor(inner[1] + edge)]
    low = math.floor(10 ** (inner[0] - edge) / tens[0]) * tens[0]
    high = math.ceil(10 ** (inner[1] + edge) / tens[1]) * tens[1]
    assert high < 10  # without the outlier's: the scale of all ends there
    becomes(lambda: scale(page, "y"), pytest.approx((low, high), rel=1e-5))
    page.get_by_role("button", name="How lines are drawn").click()
    page.get_by_label("Ignore outliers in the scale").uncheck()
    page.keyboard.press("Escape")
    expect(chart(page).locator(".u-over")).to_have_attribute("data-y", re.compile(r"^0\.0\d 10$"))
    decades = marks(saved(page, "Save as SVG").read_text(), "end")
    assert decades == [10.0**power for power in range(-2, 2) if min(everything) <= 10.0**power <= 2.9]
    menu(page, LOSS, "Edit")
    dialog = page.get_by_role("dialog")
    for name, text in (("first", "5"), ("last", "10"), ("lowest", "0.25"), ("highest", "1.25")):
        dialog.get_by_label(name, exact=True).fill(text)
    dialog.get_by_label("Logarithmic vertical axis").uncheck()
    dialog.get_by_role("textbox", name="Legend").fill("${run:name} ${config:dropout} ${key}")
    names = dialog.get_by_role("list", name="Legend").get_by_role("listitem")
    expect(names.filter(has_text=re.compile(r"^rmsprop-0.001 0.5 epoch/val_loss$"))).to_be_visible()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(chart(page).locator(".u-over")).to_have_attribute("data-x", "5 10")
    assert scale(page, "y") == (0.25, 1.25)
    svg = saved(page, "Save as SVG").read_text()
    assert marks(svg, "middle") == [5, 6, 7, 8, 9, 10]
    assert (min(marks(svg, "end")), max(marks(svg, "end"))) == (0.4, 1.2)
    rows = saved_lines(page)["rmsprop-0.001 0.5 epoch/val_loss"]
    # With the points on both sides that lines lead to.
    assert [row["epoch/epoch"] for row in rows] == list(range(4, 12))


def test_lines_are_a_table_and_have_a_link(page: Page, site: Site) -> None:
    """First, last, lowest and highest of what was logged; the copied link opens this panel."""
    page.get_by_role("button", name=f"View {LOSS} as a table").press("Enter")
    table = page.get_by_role("region", name=LOSS, exact=True).get_by_role("table")
    expect(table.get_by_role("row")).to_have_count(12)
    for key in ("epoch/loss", "epoch/val_loss"):
        for name, ys in logged(site, key).items():
            row = table.get_by_role("row", name=f"{name} · {key}")
            points, *values = row.get_by_role("cell").all_inner_texts()[1:]
            assert points == "20"
            wanted = [ys[0], ys[-1], min(ys), max(ys)]
            assert [float(text) for text in values] == pytest.approx(wanted, rel=1e-4)
    menu(page, LOSS, "View as chart")
    expect(chart(page)).to_be_visible()
    menu(page, LOSS, "Copy link")
    expect(page.get_by_text("Link copied.")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    page.goto(link)
    expect(
        page.get_by_role("dialog").locator(f'[aria-label="{LOSS}: 11 lines over epoch/epoch"]')
    ).to_be_visible()


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
    expect(plot).to_be_visible()
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


def test_baseline_pin_and_colour(page: Page, site: Site) -> None:
    """The distance to the baseline stands beside each run; a pinned run is on top; a chosen colour is kept,
    and is that of its lines; each is taken back."""
    row = page.locator(".run-row")

    def of(name: str, item: str, role: str = "menuitem") -> None:
        page.get_by_role("button", name=f"More for {name}", exact=True).click()
        page.get_by_role(role, name=item).click()  # type: ignore[arg-type]

    own = row.filter(has_text="adam-0.01").locator(".dot").evaluate("(dot) => dot.style.background")
    of("adam-0.001", "Make it the baseline")
    last = {name: ys[-1] for name, ys in logged(site, "epoch/val_loss").items()}
    expect(page.locator(".delta")).to_have_count(4)
    for name in last.keys() - {"adam-0.001"}:
        by = last[name] - last["adam-0.001"]
        delta = row.filter(has=page.get_by_role("link", name=name, exact=True)).locator(".delta")
        expect(delta).to_have_attribute("data-better", str(by < 0).lower())
        text = delta.inner_text()
        assert text[0] == ("+" if by >= 0 else "−")
        assert float(text[1:]) == pytest.approx(abs(by), rel=1e-4)
    of("adam-0.001", "No baseline")
    expect(page.locator(".delta")).to_have_count(0)
    of("adam-0.01", "Pin on top")
    expect(row.first).to_contain_text("adam-0.01")
    of("adam-0.01", "Colour #F74DA0", "menuitemcheckbox")
    expect(row.first.locator(".dot")).to_have_css("background-color", "rgb(247, 77, 160)")
    assert saved(page, "Save as SVG").read_text().count('stroke="#F74DA0" stroke-width="1.6"') == 2
    of("adam-0.01", "Back to its own colour")
    assert row.first.locator(".dot").evaluate("(dot) => dot.style.background") == own
    of("adam-0.01", "Unpin")
    expect(row.first).to_contain_text("diverged")


def test_list_of_runs_is_sorted_and_shows_what_was_asked_for(page: Page, site: Site) -> None:
    """By a metric, by name; all are hidden and shown at once, or all but one; other values beside them."""
    names = page.locator(".run-row .run-name")
    last = {name: ys[-1] for name, ys in logged(site, "epoch/val_loss").items()}
    best = sorted(last, key=lambda name: last[name])

    def sort(by: str) -> None:
        page.get_by_role("button", name="Sort").click()
        page.get_by_role("menuitemcheckbox", name=by).click()

    sort("epoch/val_loss, lowest first")
    expect(names).to_have_text([*best, "diverged"])
    expect(page).to_have_url(re.compile("order="))
    for name, text in zip(best, page.locator(".run-row .run-value").all_inner_texts(), strict=True):
        assert float(text) == pytest.approx(last[name], rel=1e-4)
    sort("name, lowest first")
    expect(names).to_have_text(sorted([*best, "diverged"]))
    page.get_by_role("button", name="Columns beside the runs").click()
    page.get_by_role("menuitemcheckbox", name="optimizer").click()
    page.get_by_role("button", name="Columns beside the runs").click()
    page.get_by_role("menuitemcheckbox", name="epoch/accuracy").click()
    expect(page.locator(".sidebar-legend")).to_contain_text("optimizer")
    expect(page.locator(".sidebar-legend")).to_contain_text("epoch/accuracy")
    row = page.locator(".run-row", has_text="rmsprop-0.001")
    expect(row.locator(".run-sub")).to_contain_text("· rmsprop")
    accuracy = logged(site, "epoch/accuracy")["rmsprop-0.001"][-1]
    assert float(row.locator(".run-value").inner_text()) == pytest.approx(accuracy, rel=1e-4)
    page.get_by_role("button", name="Columns beside the runs").click()
    page.get_by_role("menuitemcheckbox", name="What differs, and the main metric").click()
    expect(page.locator(".sidebar-legend")).to_contain_text("epoch/val_loss")
    page.get_by_role("button", name="Hide all runs").click()
    expect(page.get_by_text("0 of 6 shown")).to_be_visible()
    page.get_by_role("button", name="Show all runs").click()
    expect(chart(page)).to_have_attribute("aria-label", re.compile("11 lines"))
    page.get_by_role("button", name="More for sgd-0.03").click()
    page.get_by_role("menuitem", name="Show only this run").click()
    expect(chart(page)).to_have_attribute("aria-label", re.compile(" 2 lines"))
    drawn = saved_lines(page)
    assert {name: len(rows) for name, rows in drawn.items()} == {"sgd-0.03 loss": 20, "sgd-0.03 val_loss": 20}


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
