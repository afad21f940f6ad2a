"""The registry by clicks: promote with the difference, drag, protect, roll back; and the whole story."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.ui.conftest import Opener, window_of
from tests.ui.site import THEMES, Site, Window

pytestmark = pytest.mark.slow

MODEL = "/registry/lab/model-registry/Digits"


def linked(site: Site, collection: str, *versions: str) -> None:
    """Versions of digits-model in the team's model registry, the first the candidate."""
    with site.api() as api:
        for i, version in enumerate(versions):
            body = {"collection": collection, "aliases": ["candidate"] if i == 0 else []}
            api.post(f"/api/artifacts/lab/digits/digits-model/{version}/link", json=body).raise_for_status()


def holds(page: Page, alias: str, name: str) -> None:
    """Expect a version on a stage of the board."""
    expect(page.get_by_role("region", name=alias, exact=True)).to_contain_text(name)


def test_promote_by_click_with_the_difference_and_roll_back(window: Window, site: Site) -> None:
    """candidate, to_evaluate, production; another version; back by the list of moves; what scripts need."""
    window.expected.append("inline event handler")  # newer Chromium says so of the document that is cleaned
    linked(site, "Digits", "v0", "v1")
    page = window.open(MODEL)
    holds(page, "candidate", "Digits:v0")
    for alias in ("to_evaluate", "production"):
        page.get_by_role("button", name=alias, exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name=f"Make it {alias}").click()
        holds(page, alias, "Digits:v0")
    row = page.get_by_role("region", name="Versions").get_by_role("row", name=re.compile("^v1"))
    row.get_by_role("button", name="Add: alias").click()
    page.get_by_label("New: alias").fill("production")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("v1 against v0")
    runs = {one["id"]: one["rows"][-1]["epoch/val_loss"] for one in site.tell("digits")["runs"]}
    assert runs["train0"] != runs["train1"]
    expect(dialog.locator("dl")).to_contain_text("epoch/val_loss")
    expect(dialog.locator(".delta").first).to_be_visible()
    dialog.get_by_role("button", name="Make it production").click()
    holds(page, "production", "Digits:v1")
    moves = page.get_by_role("region", name="Who moved what")
    expect(moves.get_by_role("listitem").first).to_contain_text(
        re.compile("ada made Digits:v1.*production.*instead of v0")
    )
    expect(moves.get_by_role("listitem").first.get_by_role("link")).to_have_attribute(
        "href", re.compile("train1$")
    )
    moves.get_by_role("button", name="Back to v0").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Make it production").click()
    holds(page, "production", "Digits:v0")
    evaluated = page.get_by_role("region", name="to_evaluate", exact=True)
    assert window.copied(evaluated.get_by_role("button", name=".env line")) == "WANDB_MODEL_EVAL=Digits:v0"
    assert window.copied(evaluated.get_by_role("button", name="Digits:v0", exact=True)) == "Digits:v0"
    columns = page.get_by_role("region", name="Versions").get_by_role("columnheader").all_inner_texts()
    expect(row.get_by_role("cell").nth(columns.index("epoch/val_loss"))).to_contain_text(
        f"{runs['train1']:.3f}"[:4]
    )
    card = page.get_by_role("region", name="Model card")
    card.get_by_role("button", name="Edit model card").click()
    card.get_by_label("model card", exact=True).fill("# For digits\n\nFails on <b onclick=boom()>sevens</b>.")
    card.get_by_role("button", name="Save").click()
    expect(card.get_by_role("heading", name="For digits")).to_be_visible()
    assert card.locator("[onclick]").count() == 0
    assert window.violations() == []


def test_a_card_is_dragged_and_moved_by_keys(window: Window, site: Site) -> None:
    """The card of one stage onto another asks with the difference; the menu does the same by keys."""
    linked(site, "Dragged", "v0")
    page = window.open("/registry/lab/model-registry/Dragged")
    stage = {
        alias: page.get_by_role("region", name=alias, exact=True) for alias in ("candidate", "production")
    }
    stage["candidate"].drag_to(stage["production"])
    page.get_by_role("dialog").get_by_role("button", name="Make it production").click()
    holds(page, "production", "Dragged:v0")
    page.get_by_role("button", name="Move v0, the production").focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Take production off").press("Enter")
    expect(stage["production"]).to_contain_text("No version.")
    off = page.get_by_role("status").filter(has_text="is no longer production")
    off.get_by_role("button", name="Undo").click()
    holds(page, "production", "Dragged:v0")


def test_make_a_registry_and_protect_an_alias(open_window: Opener, site: Site) -> None:
    """Ada manages it; ben links but does not move what is protected."""
    page = open_window("ada").open("/registry")
    page.get_by_role("button", name="New registry").click()
    page.get_by_label("Owner").select_option("lab")
    page.get_by_label("Name", exact=True).fill("vision")
    page.get_by_role("button", name="Make it").click()
    home = page.get_by_role("region", name="Vision")
    expect(home).to_contain_text("Nothing is linked to it yet")
    home.get_by_role("button", name="Add: protected alias of Vision").click()
    home.get_by_label("New: protected alias of Vision").fill("production")
    page.keyboard.press("Enter")
    expect(home).to_contain_text("production")
    with site.api() as api:
        body = {"project": "wandb-registry-vision", "collection": "Eyes", "aliases": ["production"]}
        api.post("/api/artifacts/lab/digits/digits-model/v0/link", json=body).raise_for_status()
    ben = open_window("ben")
    there = ben.open("/registry/lab/wandb-registry-vision/Eyes")
    holds(there, "production", "Eyes:v0")
    expect(there.get_by_label("protected", exact=True)).to_be_visible()
    there.get_by_role("button", name="Move v0, the production").click()
    expect(there.get_by_role("menuitem", name="Make it candidate too")).to_be_visible()
    expect(there.get_by_role("menuitem", name="Take production off")).to_have_count(0)


def test_the_whole_story_by_clicks(open_window: Opener, site: Site) -> None:
    """From the first chart to production, a roll-back, and a shared report that opens without cookies."""
    page = open_window("ada").open("/")
    page.get_by_role("main").locator("a[href='/lab/digits']").first.click()
    expect(page.get_by_role("region", name="epoch/loss, val_loss")).to_contain_text("points")
    page.get_by_role("link", name="adam-0.003").first.click()
    page.get_by_role("tab", name="Artifacts").click()
    page.get_by_role("link", name=re.compile("digits-model:v1")).first.click()
    page.get_by_role("button", name="Link to registry").click()
    page.get_by_label("Registered name").fill("Story")
    page.get_by_role("button", name="Link", exact=True).click()
    holds(page, "candidate", "Story:v0")
    for alias in ("to_evaluate", "production"):
        page.get_by_role("button", name=alias, exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name=f"Make it {alias}").click()
        holds(page, alias, "Story:v0")
    page.get_by_role("button", name="Move v0, the production").click()
    page.get_by_role("menuitem", name="Take production off").click()
    expect(page.get_by_role("region", name="production", exact=True)).to_contain_text("No version.")
    page.get_by_role("region", name="candidate", exact=True).get_by_role("link").click()
    page.get_by_role("link", name="Charts").click()
    expect(page.get_by_role("region", name="epoch/loss, val_loss")).to_contain_text("points")
    page.get_by_role("button", name="Report from this workspace").click()
    page.get_by_label("Title").fill("The story")
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_role("dialog").locator("pre").inner_text().strip().splitlines()[-1]
    reader = open_window(None)
    reader.page.goto(link)
    expect(reader.page.get_by_role("heading", name="The story")).to_be_visible()
    expect(reader.page.get_by_role("region", name="epoch/loss, val_loss")).to_contain_text("points")
    assert reader.page.context.cookies() == []


@pytest.mark.parametrize("theme", THEMES)
def test_pictures(browser: Browser, site: Site, theme: str) -> None:
    """Board, versions and moves in both themes."""
    linked(site, "Digits", "v0", "v1")
    with window_of(browser, site, "ada", theme=theme) as window:
        window.expected.append("inline event handler")  # of the card that a story above has written
        page = window.open(MODEL)
        holds(page, "candidate", "Digits:v0")
        window.settle()
        window.shoot(f"registered-{theme}")
        assert window.violations() == []
