"""Artifacts: browser, a version changed in place, lineage, comparison, and deletion with what it frees."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.ui.conftest import Opener, window_of
from tests.ui.site import THEMES, Site, Window

pytestmark = pytest.mark.slow

AT = "/lab/digits/artifacts"
MODEL = f"{AT}/model/digits-model"


def test_from_the_browser_to_a_version_changed_in_place(window: Window, site: Site) -> None:
    """Type, collection, version; an alias, a tag and a life time are put on where they stand."""
    page = window.open(AT)
    page.get_by_role("region", name="dataset").get_by_role("link", name="digits-data").click()
    page.get_by_role("region", name="Versions").get_by_role("link", name="v0").click()
    expect(page.get_by_role("region", name="Facts")).to_contain_text("lab/digits/digits-data:v0")
    page.get_by_role("button", name="Add: alias").click()
    page.get_by_label("New: alias").fill("checked")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Add: tag", exact=True).click()
    page.get_by_label("New: tag").fill("small")
    page.keyboard.press("Enter")
    page.get_by_label("Life time").select_option("30 days")
    expect(page.get_by_role("region", name="Facts")).to_contain_text("deleted after")
    with site.api() as api:
        shown = api.get("/api/artifacts/lab/digits/digits-data/v0").json()
    assert ("checked" in shown["aliases"], shown["tags"], shown["ttl_seconds"]) == (
        True,
        ["small"],
        2_592_000,
    )
    page.get_by_label("Life time").select_option("never")
    page.get_by_role("button", name="Take checked off").click()
    page.get_by_role("tab", name="Files").click()
    expect(page.get_by_role("region", name="Content")).to_contain_text("id,label")
    page.get_by_role("tab", name="Usage").click()
    expect(page.locator("pre").first).to_contain_text('use_artifact("lab/digits/digits-data:v0"')
    assert window.violations() == []


def test_lineage_goes_both_ways(window: Window) -> None:
    """The data lead to the runs that used them, and back; a node shows what it is and leads there."""
    page = window.open(f"{AT}/dataset/digits-data/v0?tab=lineage")
    graph = page.locator(".lineage-box")
    expect(graph.locator("[data-focus=true]")).to_contain_text("digits-data")
    expect(graph.locator("[data-kind=run]").first).to_be_visible()
    page.get_by_role("button", name="What came of it").click()
    expect(page).to_have_url(re.compile("way=down"))
    expect(graph.locator("[data-kind=run]").first).to_be_visible()
    page.get_by_role("button", name="What it came from").click()
    expect(graph.locator("[data-kind=run]")).to_have_count(1)
    expect(page).to_have_url(re.compile("way=up"))
    graph.locator("[data-kind=run]").click()
    expect(page.locator(".lineage-side")).to_contain_text("adam-0.01")
    page.get_by_role("button", name="Fit").click()
    page.locator(".lineage-side").get_by_role("link", name="Open").click()
    expect(page.get_by_role("heading", name="adam-0.01")).to_be_visible()
    assert window.violations() == []


def test_two_versions_side_by_side(window: Window) -> None:
    """What differs in metadata, in the config of the runs, and in the files."""
    page = window.open(MODEL)
    page.get_by_label("Choose v0").check()
    page.get_by_label("Choose v1").check()
    page.get_by_role("button", name="Compare v0 and v1").click()
    metadata = page.get_by_role("region", name="Metadata")
    expect(metadata.get_by_role("row", name=re.compile("val_loss"))).to_have_attribute("data-kind", "changed")
    config = page.get_by_role("region", name="Config of the run that made it")
    expect(config.get_by_role("row", name=re.compile("^learning_rate"))).to_contain_text("0.003")
    files = page.get_by_role("region", name="Files")
    expect(files).to_contain_text("model.txt")


def test_deletion_says_what_it_frees(open_window: Opener, site: Site) -> None:
    """It names the bytes before, and is undone after."""
    page = open_window("ada").open(f"{MODEL}/v3")
    page.get_by_role("button", name="Delete this version").click()
    dialog = page.get_by_role("dialog")
    with site.api() as api:
        freed = api.get("/api/artifacts/lab/digits/digits-model/v3/deletion").json()["freed_bytes"]
    assert freed > 0
    expect(dialog).to_contain_text(f"{freed} B" if freed < 1000 else f"{freed / 1000:.2f} KB")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("region", name="Versions").get_by_role("link", name="v3")).to_have_count(0)
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_role("region", name="Versions").get_by_role("link", name="v3")).to_be_visible()


@pytest.mark.parametrize("theme", THEMES)
def test_pictures(browser: Browser, site: Site, theme: str) -> None:
    """Lineage and comparison in both themes."""
    with window_of(browser, site, "ada", theme=theme) as window:
        for name, path, text in (
            ("lineage", f"{AT}/dataset/digits-data/v0?tab=lineage", "digits-data"),
            ("compare", f"{MODEL}/v1?tab=compare&with=v0", "Metadata"),
        ):
            page = window.open(path)
            expect(page.locator("#main").get_by_text(text).first).to_be_visible()
            window.settle()
            window.shoot(f"artifact-{name}-{theme}")
            assert window.violations() == []
