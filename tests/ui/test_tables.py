"""Tables in a browser: what they show equals what the client logged; each question takes few clicks."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.ui.conftest import Opener
from tests.ui.site import THEMES, Site, Window

pytestmark = pytest.mark.slow

PARTS = {"train": 70, "val": 20, "test": 10}


@pytest.fixture(scope="module")
def told(site: Site) -> dict[str, Any]:
    """The story of the tables: a split and two evaluations of the same rows, as they were sent."""
    return site.tell("tables")


def bench(page: Page) -> Any:
    return page.locator(".tbl").first


def left(page: Page, count: int) -> None:
    """The bench says that so many rows are left."""
    expect(bench(page).locator(f".tbl-count[data-count='{count}']")).to_be_visible()


def at(key: str, *runs: str) -> str:
    names = json.dumps([f"run/{run}/{key}" for run in runs])
    return f"/lab/tables/tables?t={quote(names)}"


def wrong(rows: list[list[Any]]) -> list[list[Any]]:
    return [row for row in rows if row[1] != row[2]]


def test_stratification_is_one_click_from_the_run(window: Window, told: dict[str, Any]) -> None:
    """Rows by part, and how far their labels' shares stray."""
    page = window.open("/lab/tables/runs/split")
    panel = page.locator("section.panel[aria-label='split_table']")
    panel.get_by_role("button", name="By stage").click()
    for part, count in PARTS.items():
        expect(panel.locator(f"tr[data-group='{part}'] .group-count b")).to_have_text(str(count))


@pytest.mark.parametrize("part", ["val", "test"])
def test_errors_by_class_are_one_click_from_the_run(window: Window, told: dict[str, Any], part: str) -> None:
    """One line for each true class that has errors, with as many rows as were sent."""
    page = window.open("/lab/tables/runs/retrained")
    panel = page.locator(f"section.panel[aria-label='{part}_table']")
    panel.get_by_role("button", name="Errors by class").click()
    errors = wrong(told["tables"]["retrained"][f"{part}_table"])
    assert errors
    expect(panel.locator(f".tbl-count[data-count='{len(errors)}']")).to_be_visible()
    for label in {row[1] for row in errors}:
        count = sum(row[1] == label for row in errors)
        expect(panel.locator(f"tr[data-group='{label}'] .group-count b")).to_have_text(str(count))
    expect(panel.locator(".strip img").first).to_be_visible()


def test_retrained_against_candidate_in_three_clicks(window: Window, told: dict[str, Any]) -> None:
    """Rows are paired by their pictures, though the second run logged them in another order."""
    page = window.open("/lab/tables/runs/retrained")
    panel = page.locator("section.panel[aria-label='val_table']")
    panel.get_by_role("button", name="Compare").click()
    page.get_by_role("dialog").get_by_role("link", name="evaluate candidate").click()
    page.get_by_role("button", name="Fixed").click()
    old = {row[0]: row for row in told["tables"]["candidate"]["val_table"]}
    new = told["tables"]["retrained"]["val_table"]
    fixed = [row for row in new if row[1] == row[2] and old[row[0]][1] != old[row[0]][2]]
    assert fixed
    left(page, len(fixed))
    expect(page.get_by_role("columnheader", name="val_pred.0")).to_be_visible()
    page.get_by_role("button", name="Answers differ").click()
    left(page, sum(row[2] != old[row[0]][2] for row in new))


def test_two_versions_of_a_table_are_compared(window: Window, told: dict[str, Any]) -> None:
    """From the versions' files to their rows: joined on the id, side by side, and below each other."""
    page = window.open("/lab/tables/artifacts/dataset/labels/v1?tab=compare&with=v0")
    files = page.get_by_role("region", name="Files")
    expect(files.get_by_role("row", name="all.table.json")).to_have_attribute("data-kind", "changed")
    files.get_by_role("link", name="compare rows").click()
    old, new = ({row[0]: row[1] for row in told["labels"][version]} for version in ("v0", "v1"))
    expect(page.get_by_label("Key of the join")).to_have_value("id")
    left(page, len(new))
    page.get_by_label("Filter expression").fill('row["label.0"] != row["label.1"]')
    differ = [key for key in new if old.get(key) != new[key]]
    left(page, len(differ))
    shown = [row.locator(".tbl-td").all_inner_texts() for row in page.locator(".tbl-row:visible").all()]
    assert sorted(shown) == sorted([str(key), old.get(key, "–"), new[key]] for key in differ)
    page.get_by_role("button", name="Side by side").click()
    for version, rows in (("v0", old), ("v1", new)):
        half = page.get_by_role("region", name=f"labels:{version}")
        expect(half.locator(f".tbl-count[data-count='{len(rows)}']")).to_be_visible()
    page.get_by_role("button", name="Stacked").click()
    left(page, len(old) + len(new))
    page.get_by_label("Group by").select_option("source")
    for version, rows in (("v0", old), ("v1", new)):
        expect(page.locator(f"tr[data-group='labels:{version}'] .group-count b")).to_have_text(str(len(rows)))
    page.get_by_role("button", name="Swap the two").click()
    expect(page).to_have_url(re.compile("labels.*v1.*labels.*v0"))


def test_columns_are_hidden_added_and_rows_made_higher(window: Window, told: dict[str, Any]) -> None:
    """From the menu of columns; a computed one filters like any other."""
    rows = told["tables"]["candidate"]["val_table"]
    page = window.open(at("val_table", "candidate"))
    page.get_by_role("button", name="Columns", exact=True).click()
    page.get_by_label("Name of the new column").fill("right")
    page.get_by_label("Expression of the new column").fill('row["val_true"] == row["val_pred"]')
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("group", name="Row height").get_by_role("button", name="160").click()
    page.get_by_role("checkbox", name=re.compile("^val_true")).uncheck()
    page.keyboard.press("Escape")
    expect(page.get_by_role("columnheader", name="right")).to_be_visible()
    expect(page.get_by_role("columnheader", name="val_true")).to_have_count(0)
    expect(page.locator(".tbl-row").first).to_have_css("height", "160px")
    page.get_by_label("Filter expression").fill('row["right"]')
    left(page, len(rows) - len(wrong(rows)))
    page.reload()
    left(page, len(rows) - len(wrong(rows)))
    expect(page.get_by_role("columnheader", name="val_true")).to_have_count(0)


def test_matrix_filters_and_the_row_opens(window: Window, told: dict[str, Any]) -> None:
    """A cell of the matrix leaves its rows; a row shows its picture large; the address brings it back."""
    errors = wrong(told["tables"]["candidate"]["val_table"])
    true, predicted = errors[0][1], errors[0][2]
    same = [row for row in errors if row[1:] == [true, predicted]]
    page = window.open(at("val_table", "candidate"))
    page.get_by_role("button", name="Confusion matrix").last.click()
    right = len(told["tables"]["candidate"]["val_table"]) - len(errors)
    expect(page.locator(".matrix-said")).to_contain_text(f"{right} of 60 right")
    counts = [[0] * 10 for _ in range(10)]
    for row in told["tables"]["candidate"]["val_table"]:
        counts[row[1]][row[2]] += 1

    def cells() -> list[list[str]]:
        rows = page.locator(".matrix tbody tr").all()
        return [row.locator("td:not(.matrix-rate)").all_inner_texts() for row in rows]

    assert cells() == [[str(n or "") for n in row] for row in counts]
    page.get_by_label("shares", exact=True).check()
    assert cells() == [[f"{n / sum(row) * 100:.0f}" if n else "" for n in row] for row in counts]
    recalls = page.locator(".matrix tbody .matrix-rate").all_inner_texts()
    assert [float(text.split()[0]) for text in recalls] == pytest.approx(
        [100 * row[i] / sum(row) for i, row in enumerate(counts)], abs=0.051
    )
    page.get_by_role("button", name=f"val_true {true}, val_pred {predicted}: {len(same)} rows").click()
    left(page, len(same))
    page.locator(".tbl-row").first.click()
    expect(page.get_by_role("complementary").locator("img")).to_be_visible()
    page.reload()
    left(page, len(same))
    expect(page.get_by_role("complementary").locator("img")).to_be_visible()


def test_expression_histogram_and_sort(window: Window, told: dict[str, Any]) -> None:
    """Typing filters, a bar filters, a wrong expression says why, a head sorts."""
    rows = told["tables"]["candidate"]["val_table"]
    page = window.open(at("val_table", "candidate"))
    field = page.get_by_label("Filter expression")
    field.fill('row["val_true"] != row["val_pred"]')
    left(page, len(wrong(rows)))
    field.fill('row["val_wrong"] != 1')
    expect(page.get_by_role("alert")).to_contain_text("val_wrong")
    field.fill("")
    left(page, len(rows))
    page.get_by_role("group", name="Distribution of val_true").get_by_role("button", name="3: ").click()
    left(page, sum(row[1] == 3 for row in rows))
    page.get_by_label("Drop the filter on val_true").click()
    page.get_by_title("val_pred (number): sort").click()
    first = min(row[2] for row in rows)
    expect(page.locator(".tbl-row[aria-rowindex='2'] .tbl-td").nth(2)).to_have_text(str(first))


def test_export_is_what_is_left(window: Window, told: dict[str, Any]) -> None:
    """The file has the rows of the filter and no other."""
    errors = wrong(told["tables"]["candidate"]["test_table"])
    page = window.open(at("test_table", "candidate") + "&q=" + quote("test_true != test_pred"))
    left(page, len(errors))
    with page.expect_download() as saved:
        page.get_by_label("Save as CSV").click()
    lines = saved.value.path().read_text().strip().splitlines()
    assert lines[0] == "image,test_true,test_pred"
    assert [line.split(",")[1:] for line in lines[1:]] == [[str(row[1]), str(row[2])] for row in errors]


def test_rows_that_are_left_are_plotted(window: Window, told: dict[str, Any]) -> None:
    """Bars of the true class first; points of two numbers; the choice is in the address."""
    page = window.open(at("val_table", "candidate") + "&q=" + quote("val_true != val_pred"))
    errors = wrong(told["tables"]["candidate"]["val_table"])
    page.get_by_role("button", name="Plot", exact=True).click()
    plot = page.locator('[role="img"][aria-label$="count over val_true"]')
    expect(plot.locator("canvas")).to_be_visible()
    page.get_by_role("button", name="Points").click()
    page.get_by_label("Vertical").select_option("val_pred")
    points = page.locator(f'[role="img"][aria-label="{len(errors)} rows: val_pred over val_true"]')
    expect(points.locator("canvas")).to_be_visible()
    page.reload()
    expect(points.locator("canvas")).to_be_visible()


def test_many_rows_scroll_in_a_few_elements(window: Window, told: dict[str, Any]) -> None:
    """200,000 rows: the last one is reached, and the page holds a screen of rows."""
    page = window.open(at("many", "many"))
    left(page, 200_000)
    grid = page.get_by_role("grid")
    grid.evaluate("(one) => { one.scrollTop = one.scrollHeight; }")
    expect(page.locator(".tbl-row", has_text="199,999")).to_be_visible()
    assert page.locator(".tbl-row").count() < 60
    grid.focus()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary", name="Row 0")).to_be_visible()


def test_tables_of_tables_are_one_table(window: Window, site: Site, told: dict[str, Any]) -> None:
    """Joined and partitioned tables: all rows with what belongs to them, also from another version."""
    at = "/lab/tables/artifacts/dataset/bundle/v0?tab=files&file="
    page = window.open(f"{at}answers.joined-table.json")
    left(page, 9)
    for name in ("id", "name", "said"):
        expect(page.locator(".tbl-th").get_by_text(name, exact=True)).to_be_visible()
    page.get_by_label("Filter expression").fill('row["name"] == "digit 0"')
    left(page, 3)
    joined = window.copied(page.get_by_role("button", name="Copy as Python"))
    page = window.open(f"{at}pictures.joined-table.json")
    left(page, 6)
    expect(page.locator(".tbl-row img").first).to_be_visible()
    page.wait_for_function("() => document.querySelector('.tbl-row img').naturalWidth === 28")
    page = window.open(f"{at}whole.partitioned-table.json")
    left(page, 9)
    parts = window.copied(page.get_by_role("button", name="Copy as Python"))
    said = site.run_python(f"{joined}\n{parts}\nprint(len(rows), rows[-1])")
    assert said.splitlines() == ["['id', 'example'] ['id', 'name'] ['example', 'said']", "9 [2, 3]"]
    page = window.open("/lab/tables/runs/bundle")
    expect(page.get_by_role("region", name="answers").locator(".tbl-count[data-count='9']")).to_be_visible()


def test_a_shared_report_shows_tables_of_tables(
    open_window: Opener, site: Site, told: dict[str, Any]
) -> None:
    """Without an account: a joined table that a run has logged, one in parts, and one joined with another
    version's table, whose pictures come along; the way out of the report is closed."""
    blocks = json.loads((Path(__file__).parents[1] / "sdk/clients/embedded_blocks.json").read_text())
    (logged, file) = (json.dumps(blocks[at]["block"]).replace('"digits"', '"tables"') for at in (0, 1))
    file = file.replace('"answers"', '"bundle"')
    shown = [
        json.loads(logged.replace("val_table", "answers")),
        json.loads(file.replace("all.table.json", "whole.partitioned-table.json")),
        json.loads(file.replace("all.table.json", "pictures.joined-table.json")),
    ]
    with site.api() as api:
        spec = {"version": 5, "blocks": shown}
        made = api.post("/api/reports/lab/tables", json={"title": "Joined", "spec": spec}).json()
        link = api.post(f"/api/views/{made['id']}/links", json={}).json()["link"]
    window = open_window(None)
    page = window.page
    page.goto(link)
    benches = page.locator(".embed .tbl")
    for place, rows in enumerate((9, 9, 6)):
        expect(benches.nth(place).locator(f".tbl-count[data-count='{rows}']")).to_be_visible()
    picture = benches.nth(2).locator("img").first
    picture.scroll_into_view_if_needed()
    page.wait_for_function("() => document.querySelector('.embed img').naturalWidth === 28")
    expect(page.get_by_role("link", name="Open as a page")).to_have_count(0)


def test_absent_tables_say_so(window: Window, told: dict[str, Any]) -> None:
    """A table that is not there, and one of a run that is not there."""
    page = window.open(at("nothing", "candidate"))
    expect(page.get_by_text("has no table nothing")).to_be_visible()
    page = window.open(at("val_table", "nobody"))
    expect(page.get_by_text("There is no run nobody")).to_be_visible()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("tables", "/lab/tables/tables"),
        ("tables-rows", at("val_table", "candidate") + "&side=matrix"),
        ("tables-images", at("val_table", "candidate") + "&view=images&row=3"),
        ("tables-groups", at("val_table", "candidate") + "&group=val_true"),
        ("tables-plot", at("val_table", "candidate") + "&view=plot"),
        ("tables-joined", at("val_table", "candidate", "retrained")),
        ("tables-side", at("val_table", "candidate", "retrained") + "&mode=side"),
        ("tables-empty", "/lab/digits-none/tables"),
    ],
)
def test_gallery(
    open_window: Opener, site: Site, told: dict[str, Any], name: str, path: str, theme: str
) -> None:
    """Every form of the page in both themes, without serious findings."""
    window = open_window(theme=theme)
    if name == "tables-empty":
        site.tell("empty_project", "digits-none")
    page = window.open(path)
    expect(page.locator("#main").get_by_text("table", exact=False).first).to_be_visible()
    window.settle()
    window.shoot(f"{name}-{theme}")
    assert window.violations() == []
