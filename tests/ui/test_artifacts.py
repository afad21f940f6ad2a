"""Artifacts: browser, a version changed in place, lineage, comparison, and deletion with what it frees."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, expect

from runstone.actions.artifact import use_version
from runstone.actions.run import RunChange, upsert_run
from runstone.actions.sign_in import viewer_of_name
from runstone.store.opening import opened
from tests.ui.conftest import Opener, window_of
from tests.ui.site import THEMES, Site, Window, becomes

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
    page.get_by_role("button", name="Take small off").click()
    page.get_by_role("button", name="Edit description of the version").click()
    page.get_by_label("description of the version", exact=True).fill("Sixty **digits**.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("region", name="Description").locator("strong")).to_have_text("digits")
    with site.api() as api:

        def facts() -> list[object]:
            one = api.get("/api/artifacts/lab/digits/digits-data/v0").json()
            return [one[part] for part in ("aliases", "tags", "ttl_seconds", "description")]

        becomes(facts, [["latest", "raw"], [], None, "Sixty **digits**."])
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


USERS = 7


def test_lineage_folds_what_is_many(window: Window, site: Site) -> None:
    """Runs that only read stand in one node, which unfolds and folds; the graph grows, and fits its frame."""
    data, now = site.directory / "data", datetime.now(UTC)
    with site.api() as api, opened(f"sqlite:///{data / 'runstone.db'}", str(data / "blobs")) as store:
        ada = viewer_of_name(store, "ada")
        at = "/api/artifacts/lab/digits/digits-model/v2"
        found = api.get(at).json()
        for number in range(USERS):
            name = f"reader{number}"
            change = RunChange(
                entity="lab",
                project="readers",
                name=name,
                display_name=name,
                job_type="read",
                state="finished",
            )
            upsert_run(store, ada, change, now)
            use_version(store, ada, "lab", "readers", name, found["id"], now)
        nodes = api.get(f"{at}/lineage").json()["nodes"]
    runs = sum(one["kind"] == "run" for one in nodes)
    page = window.open(f"{MODEL}/v2?tab=lineage")
    graph = page.locator(".lineage-box")
    stack = graph.locator(".node.stacked")
    expect(stack).to_contain_text(f"{USERS} runs")
    expect(page.locator(".lineage-tools")).to_contain_text(f"{runs} runs, {len(nodes) - runs} versions")
    before = graph.locator("[data-kind=run]").count()
    stack.click()
    expect(stack).to_have_count(0)
    expect(graph.locator("[data-kind=run]")).to_have_count(before - 1 + USERS)
    for number in range(USERS):
        expect(graph.locator("[data-kind=run]").filter(has_text=f"reader{number}")).to_have_count(1)
    svg = graph.locator("svg")
    for name, grows in (("Larger", True), ("Larger", True), ("Larger", True), ("Smaller", False)):
        wide = (svg.bounding_box() or {})["width"]
        page.get_by_role("button", name=name).click()
        assert ((svg.bounding_box() or {})["width"] > wide) is grows
    page.get_by_role("button", name="Fit").click()
    frame, drawn = graph.bounding_box(), svg.bounding_box()
    assert frame is not None
    assert drawn is not None
    assert drawn["width"] <= frame["width"] + 1
    assert drawn["height"] <= frame["height"] + 1
    graph.locator("[data-focus=true]").click()
    side = page.get_by_role("complementary", name=re.compile("digits-model:v2"))
    expect(side).to_contain_text("1 file")
    side.get_by_role("button", name="Close").click()
    expect(side).to_have_count(0)
    page.get_by_role("button", name="Fold again").click()
    expect(stack).to_contain_text(f"{USERS} runs")


def test_two_versions_side_by_side(window: Window, site: Site) -> None:
    """What differs in metadata, in the config of the runs, and in the files; the same too when asked."""
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
    expect(config.get_by_role("row", name=re.compile("^seed"))).to_have_count(0)
    page.get_by_label("also what is the same").check()
    expect(config.get_by_role("row", name=re.compile("^seed"))).to_contain_text("7")
    page.get_by_label("Against", exact=True).select_option("v4")
    runs = {one["id"]: one for one in site.tell("digits")["runs"]}
    for one in ("train4", "train1"):
        loss = runs[one]["rows"][-1]["epoch/val_loss"]
        expect(metadata.get_by_role("row", name=re.compile("^val_loss"))).to_contain_text(f"{loss:.5g}")
    page.get_by_role("tab", name="Metadata").click()
    page.get_by_label("Find in metadata").fill("optim")
    config = page.get_by_role("region", name="Config of the run that made it")
    expect(config.locator("dt")).to_have_text(["optimizer"])
    expect(config.locator("dd")).to_have_text(["adam"])


def test_a_collection_is_described_tagged_and_deleted(window: Window, site: Site) -> None:
    """What all its versions free is said before; undo brings them back with the words about it."""
    window.expected.append("404")  # the page that is left asks once more
    page = window.open(f"{AT}/dataset/digits-data")
    page.get_by_role("button", name="Edit description").click()
    page.get_by_label("description", exact=True).fill("All *digits* of the team.")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Add: tag of the collection").click()
    page.get_by_label("New: tag of the collection").fill("public")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Description").locator("em")).to_have_text("digits")
    expect(page.get_by_role("button", name="Take public off")).to_be_visible()
    page.get_by_role("button", name="Delete", exact=True).click()
    with site.api() as api:

        def told() -> list[object]:
            answer = api.get("/api/artifacts/lab/digits/digits-data/v0")
            one = answer.json()
            return [one.get("collection_description"), one.get("collection_tags"), answer.status_code]

        assert told() == ["All *digits* of the team.", ["public"], 200]
        freed = api.get("/api/collections/lab/digits/digits-data/deletion").json()["freed_bytes"]
        dialog = page.get_by_role("dialog")
        expect(dialog.locator("dt:text-is('Frees') + dd")).to_have_text(f"{freed} B")
        dialog.get_by_role("button", name="Delete", exact=True).click()
        expect(page.get_by_text("digits-data with all its versions is deleted.")).to_be_visible()
        expect(page.get_by_role("region", name="dataset")).to_have_count(0)
        assert told()[2] == 404
        page.get_by_role("button", name="Undo").last.click()
        expect(page.get_by_role("region", name="dataset")).to_contain_text("digits-data")
        becomes(told, ["All *digits* of the team.", ["public"], 200])


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
