"""A project as its managers keep it: made, described, shown to others, its members, retention, deletion."""

import re

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import Opener
from tests.ui.site import Site

pytestmark = pytest.mark.slow


def test_project_from_its_making_to_its_end_and_back(open_window: Opener, site: Site) -> None:
    """Ada makes it, describes it, opens it to Eve, gives Ben a role, and deletes it; undo brings it back."""
    window = open_window("ada")
    # Newer Chromium says so of the inert document in which Markdown is cleaned.
    window.expected += ["404", "Executing inline event handler .*/markdown-"]
    page = window.open("/")
    page.get_by_role("button", name="New project").click()
    dialog = page.get_by_role("dialog", name="New project")
    dialog.get_by_role("combobox").select_option("lab")
    dialog.get_by_role("textbox").fill("kept")
    dialog.get_by_role("radio", name="Restricted").check()
    dialog.get_by_role("button", name="Create project").click()
    expect(page).to_have_url(re.compile("/lab/kept/overview"))
    page.get_by_role("button", name="Edit description").click()
    page.get_by_label("description", exact=True).fill(
        "# Goal\n\nTell **digits** apart. <img src=x onerror=boom()>"
    )
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Goal")).to_be_visible()
    assert page.locator(".markdown [onerror]").count() == 0
    with site.api("eve") as eve, site.api("ada") as ada:
        assert ada.get("/api/projects/lab/kept").json()["visibility"] == "restricted"
        assert eve.get("/api/projects/lab/kept").status_code == 404

        page.get_by_role("link", name="Settings").last.click()
        page.get_by_role("radio", name="Open").click()
        expect(page.get_by_text("kept is open now.")).to_be_visible()
        expect(page.get_by_role("radio", name="Open")).to_be_checked()
        assert eve.get("/api/projects/lab/kept").json()["may_write"] is True

        def role() -> str | None:
            members = ada.get("/api/projects/lab/kept/members").json()["members"]
            return next((one["role"] for one in members if one["name"] == "eve"), None)

        page.get_by_label("User or team to add").fill("eve")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.get_by_label("Role of eve")).to_have_value("viewer")
        assert role() == "viewer"
        page.get_by_label("Role of eve").select_option("admin")
        expect(page.get_by_text("eve is admin here now.")).to_be_visible()
        assert role() == "admin"
        page.get_by_role("button", name="Remove eve").click()
        expect(page.get_by_label("Role of eve")).to_have_count(0)
        assert role() is None
    page.get_by_label("User or team to add").fill("nobody")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="nobody")).to_be_visible()

    page.get_by_role("button", name="Delete kept").click()
    question = page.get_by_role("dialog")
    expect(question.get_by_role("status").filter(has_text="will be freed")).to_be_visible()
    expect(question.get_by_role("button", name="Delete")).to_be_disabled()
    question.get_by_label("Type kept to confirm").fill("kept")
    question.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("kept was deleted.")).to_be_visible()
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_role("link", name=re.compile("^kept"))).to_be_visible()


def test_retention_is_seen_before_it_acts(open_window: Opener) -> None:
    """The plan names versions that nothing holds; members who don't manage look only."""
    page = open_window("ada").open("/lab/digits/settings")
    page.get_by_role("button", name="Make a rule").click()
    page.get_by_label("Keep the newest").fill("1")
    page.get_by_label("Keep what is younger than").fill("0")
    plan = page.get_by_role("status", name="What the rule lets go")
    expect(plan).to_contain_text("digits-model:v2")
    expect(plan).not_to_contain_text("digits-model:v4")
    expect(plan).not_to_contain_text("media file")
    page.get_by_label("Let media of runs go after").fill("0")
    expect(plan).to_contain_text("media file")
    expect(plan).not_to_contain_text("whole run")
    page.get_by_label("Let whole runs go after").fill("0")
    expect(plan).to_contain_text("whole run")
    page.get_by_role("button", name="Drop the change").click()
    expect(page.get_by_text("Nothing goes by itself.")).to_be_visible()

    bens = open_window("ben").open("/lab/digits/settings")
    expect(bens.get_by_text("You may look at these settings.")).to_be_visible()
    expect(bens.get_by_role("radio", name="Public")).to_be_disabled()
    expect(bens.get_by_role("button", name="Delete digits")).to_be_hidden()
