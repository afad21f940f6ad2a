"""The frame around every page: sign-in and -out, search, keys, themes, first steps, a server that is gone."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.live import live_server
from tests.ui.conftest import Opener, window_of
from tests.ui.site import PASSWORD, Site, Window, becomes

pytestmark = pytest.mark.slow


def test_sign_in_leads_back_to_the_page_that_was_asked_for(open_window: Opener) -> None:
    """A wrong password is told; the right one opens the page of the link."""
    window = open_window(None)
    window.expected.append("401")
    page = window.open("/lab/digits/runs/train1?tab=overview")
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"/lab/digits/runs/train1\?tab=overview$"))
    expect(page.get_by_role("heading", name="adam-0.003")).to_be_visible()


def test_sign_out(open_window: Opener) -> None:
    """After it, the cookie counts no more."""
    window = open_window("ben")
    window.expected.append("401")
    page = window.open("/")
    page.get_by_role("button", name="account and theme").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page).to_have_url(re.compile("/login"))
    assert page.request.get("/api/session").json()["signed_in"] is False


def test_stranger_sees_nothing_of_a_private_project(open_window: Opener) -> None:
    """To eve the project looks like one that is not there, in the page and by name in the search."""
    window = open_window("eve")
    window.expected.append("404")
    page = window.open("/lab/digits")
    expect(page.get_by_text("was not found")).to_be_visible()
    window.open("/")
    page.get_by_role("button", name="Search").click()
    page.get_by_label("Search projects, runs and actions").fill("digits")
    expect(page.get_by_text("Nothing is called that.")).to_be_visible()


def test_search_finds_a_run_by_keyboard_alone(window: Window) -> None:
    """Ctrl K, a part of its name, Enter."""
    page = window.open("/lab/digits")
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_label("Search projects, runs and actions").fill("rmsprop")
    expect(page.get_by_role("option", name=re.compile("rmsprop-0.001"))).to_have_attribute(
        "aria-selected", "true"
    )
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/lab/digits/runs/train4"))


def test_keys_lead_to_pages_and_are_listed(window: Window) -> None:
    """`?` lists them; `g t` goes to the table; letters in a text field stay letters."""
    page = window.open("/lab/digits")
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Model registry")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("t")
    expect(page.get_by_role("grid", name="Runs")).to_be_visible()
    page.get_by_label("Find runs").press_sequentially("g w?")
    expect(page.get_by_label("Find runs")).to_have_value("g w?")
    expect(page).to_have_url(re.compile("/lab/digits/table"))


def test_theme_is_kept(window: Window) -> None:
    """`.` changes it, the menu offers high contrast, and a reload keeps what was chosen."""
    page = window.open("/")
    expect(page.get_by_role("heading", name="Projects")).to_be_visible()
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "light")
    page.keyboard.press(".")
    expect(root).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="account and theme").click()
    page.get_by_role("menuitemcheckbox", name="High contrast").click()
    page.reload()
    expect(root).to_have_attribute("data-contrast", "more")
    expect(page.get_by_role("heading", name="Projects")).to_be_visible()
    assert window.violations() == []


def test_address_of_a_team_shows_its_projects(window: Window) -> None:
    """As clients print it; from there one comes to all."""
    page = window.open("/lab")
    expect(page.get_by_role("heading", name="Projects of lab")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("^digits "))).to_be_visible()
    page.get_by_role("link", name="All projects").click()
    expect(page.get_by_role("heading", name="Projects", exact=True)).to_be_visible()
    assert window.violations() == []


def test_start_page_becomes_the_chart_of_the_first_run(open_window: Opener, site: Site) -> None:
    """Somebody without a run sees lines with the real address; the first point turns it into a chart."""
    window = open_window("eve")
    page = window.open("/")
    expect(page.get_by_role("heading", name="Log your first run")).to_be_visible()
    expect(page.locator("pre").first).to_contain_text(f"wandb login --host {site.server.base_url}")
    for name in ("Notebook", "Slurm", "Sweep"):
        page.get_by_role("tab", name=name).click()
    expect(page.get_by_text("wandb agent eve/first-steps/SWEEP")).to_be_visible()
    window.shoot("start-light")
    assert window.violations() == []
    script = site.start_story("first", "8", "0.3", person="eve")
    try:
        expect(page).to_have_url(re.compile("/eve/first-steps"), timeout=60_000)
        expect(page.get_by_role("img", name=re.compile("^loss"))).to_be_visible(timeout=60_000)
    finally:
        _, err = script.communicate(timeout=60)
    assert script.returncode == 0, err
    expect(page.get_by_text("all 8 points")).to_be_visible()  # the rest came without a reload


def test_a_key_is_made_works_and_is_revoked(window: Window, site: Site) -> None:
    """The name of the profile is kept; the key that is shown once opens the server until it is revoked."""
    with site.api("ada") as ada:
        page = window.open("/settings")
        page.get_by_label("Name", exact=True).fill("Ada Lovelace")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Your profile is saved.")).to_be_visible()
        assert ada.get("/api/account").json()["name"] == "Ada Lovelace"
        page.get_by_label("What the new key is for").fill("the laptop")
        page.get_by_role("button", name="Make a key").click()
        shown = page.get_by_role("status").filter(has_text="Copy the key now")
        key = window.copied(shown.get_by_role("button", name="Copy key"))
        (kept,) = [
            one for one in ada.get("/api/account").json()["keys"] if one["description"] == "the laptop"
        ]
        assert key.startswith(kept["prefix"])
        with httpx.Client(
            base_url=site.server.base_url, auth=("api", key), trust_env=False, timeout=60
        ) as laptop:
            assert laptop.get("/api/account").json()["username"] == "ada"
            page.get_by_role("row", name=re.compile("the laptop")).get_by_role("button").click()
            page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
            expect(page.get_by_text(f"The key {kept['prefix']}… is revoked.")).to_be_visible()
            becomes(lambda: laptop.get("/api/account").status_code, 401)
        expect(page.get_by_role("row", name=re.compile("the laptop"))).to_have_count(0)
        ada.patch("/api/account", json={"name": "ada"}).raise_for_status()


@pytest.fixture
def painters(site: Site) -> Iterator[None]:
    """A team of ada's, gone afterwards with whoever was invited to it."""
    with httpx.Client(
        base_url=f"{site.server.base_url}/api/admin", auth=("api", site.server.admin_key), trust_env=False
    ) as admin:
        members = [{"username": "ada", "role": "admin"}]
        admin.put("/teams/painters", json={"members": members}).raise_for_status()
        yield
        for path in ("/teams/painters", "/users/gabriele"):
            admin.delete(path).raise_for_status()


@pytest.mark.usefixtures("painters")
def test_members_of_a_team_are_chosen_by_click(open_window: Opener, site: Site) -> None:
    """A role is changed, a member removed and brought back, a colleague invited, each at the server too."""
    page = open_window("ada").open("/settings?tab=teams")
    team = page.get_by_role("region", name="Team painters")
    expect(team).to_contain_text("You: admin")
    expect(page.get_by_role("button", name="Create team")).to_have_count(0)  # for administrators
    team.get_by_label("User name to add to painters").fill("ben")
    team.get_by_role("button", name="Add", exact=True).click()
    with site.api("ada") as ada:

        def roles() -> dict[str, str]:
            members = ada.get("/api/teams/painters").json()["members"]
            return {one["username"]: one["role"] for one in members}

        ben = team.get_by_label("Role of ben in painters")
        expect(ben).to_have_value("member")
        ben.select_option("admin")
        expect(page.get_by_text("ben is admin of painters now.")).to_be_visible()
        assert roles() == {"ada": "admin", "ben": "admin"}
        ben.select_option("viewer")
        becomes(roles, {"ada": "admin", "ben": "viewer"})
        team.get_by_role("button", name="Remove ben from painters").click()
        page.get_by_role("dialog").get_by_role("button", name="Remove").click()
        becomes(roles, {"ada": "admin"})
        expect(ben).to_have_count(0)
        page.get_by_role("status").filter(has_text="no longer").get_by_role("button", name="Undo").click()
        expect(ben).to_have_value("viewer")
        team.get_by_role("button", name="Invite a colleague").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("User name").fill("gabriele")
        dialog.get_by_label("Role", exact=True).last.select_option("viewer")
        dialog.get_by_role("button", name="Make the link").click()
        expect(page.get_by_role("dialog")).to_contain_text(f"{site.server.base_url}/login?token=")
        page.get_by_role("button", name="Done").click()
        becomes(roles, {"ada": "admin", "ben": "viewer", "gabriele": "viewer"})


@pytest.fixture(scope="module")
def own_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server of its own, for a test that stops it."""
    directory = tmp_path_factory.mktemp("away")
    with live_server(directory) as server:
        made = Site(server, directory)
        made.invite()
        yield made


def test_server_away_keeps_the_view_and_catches_up(browser: Browser, own_site: Site) -> None:
    """A banner says that the server is gone, what was read stays, and what was logged meanwhile appears."""
    own_site.tell("first", "3", "0")
    with window_of(browser, own_site) as window:
        window.expected.extend(
            [r"ERR_CONNECTION_REFUSED", r"ERR_INCOMPLETE", r"Failed to fetch", r"ERR_EMPTY"]
        )
        page = window.open("/ada/first-steps")
        expect(page.get_by_text("all 3 points")).to_be_visible()
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        own_site.server.stop()
        expect(page.get_by_text("The server does not answer.")).to_be_visible()
        expect(page.get_by_text("all 3 points")).to_be_visible()
        window.shoot("server-away-light")
        own_site.server.start()
        expect(page.get_by_text("The server does not answer.")).to_be_hidden()
        own_site.tell("first", "4", "0")
        expect(page.get_by_text("all 7 points")).to_be_visible()
        # Its script comes after the first charts, so it was asked for while the server was away.
        expect(page.get_by_role("button", name="Report from this workspace")).to_be_enabled()


SMALL_DISK = """
import shutil
asked = shutil.disk_usage
shutil.disk_usage = lambda path: asked(path)._replace(free=asked(path).total // 25)
"""


def test_administrators_are_told_of_a_disk_that_is_almost_full(
    browser: Browser, own_site: Site, tmp_path: Path
) -> None:
    """4 % are free, as the operating system tells the server: a banner on every page, with the way to what
    takes the room, and to administrators only."""
    (tmp_path / "sitecustomize.py").write_text(SMALL_DISK)
    own_site.server.environment["PYTHONPATH"] = str(tmp_path)
    own_site.server.restart()
    with own_site.api() as api:
        api.auth = httpx.BasicAuth("api", own_site.server.admin_key)
        api.put("/api/admin/users/ruth", json={"password": PASSWORD, "admin": True}).raise_for_status()
        health = api.get("/api/admin/health").json()
    free, total = (
        f"{health[f'disk_{part}_bytes'] / 1e9:#.3g}".rstrip(".") + " GB" for part in ("free", "total")
    )
    with window_of(browser, own_site, "ruth") as window:
        page = window.open("/")
        banner = page.get_by_role("alert").filter(has_text="The disk is almost full.")
        expect(banner).to_contain_text(f"{free} of {total} are free")
        assert window.violations() == []
        banner.get_by_role("link", name="What takes the room").click()
        used = page.get_by_role("img", name="96 % of the disk is in use")
        expect(used).to_have_attribute("data-low", "true")
        expect(page.get_by_role("region", name="Storage")).to_contain_text("project")
        window.shoot("disk-full-light")
    with window_of(browser, own_site, "ben") as window:
        page = window.open("/")
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
        window.settle()
        expect(page.get_by_text("The disk is almost full.")).to_have_count(0)


def test_an_invited_colleague_sets_name_and_password(open_window: Opener, site: Site) -> None:
    """The link opens a page of its own, works once, and says so the second time."""
    with site.api("ada") as ada:
        made = ada.post("/api/teams/lab/invitations", json={"username": "gwen"}).raise_for_status().json()
    path = made["link"].removeprefix(site.server.base_url)
    window = open_window(None)
    page = window.open(path)
    expect(page.get_by_role("heading", name="Welcome to Runstone")).to_be_visible()
    assert window.violations() == []
    window.shoot("invitation-light")
    page.get_by_label("Your name").fill("Gwen John")
    page.get_by_label("Password").fill("paint in winter")
    page.get_by_role("button", name="Set password and sign in").click()
    expect(page.get_by_role("link", name="lab/digits").first).to_be_visible()
    other = open_window(None, theme="dark")
    other.expected.append("401")
    expect(other.open(path).get_by_role("heading", name="was used already")).to_be_visible()
    assert other.violations() == []
    other.shoot("invitation-used-dark")
    with site.api("ada") as ada:
        ada.delete("/api/teams/lab/members/gwen").raise_for_status()


def test_an_administrator_sees_people_bytes_and_work(open_window: Opener, site: Site) -> None:
    """And makes an account with a link that signs in, and takes it away."""
    with site.api() as api:
        api.auth = httpx.BasicAuth("api", site.server.admin_key)
        api.put("/api/admin/users/ruth", json={"password": PASSWORD, "admin": True}).raise_for_status()
        window = open_window("ruth")
        window.expected.append("500")
        slow = {"error": {"message": "The disk is slow today."}}
        window.page.route("**/api/storage", lambda route: route.fulfill(status=500, json=slow), times=1)
        page = window.open("/settings?tab=admin")
        expect(page.get_by_role("alert")).to_contain_text("The disk is slow today.")
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_role("region", name="Health")).to_contain_text("SQLite")
        stored = (
            page.get_by_role("region", name="Storage")
            .get_by_role("listitem")
            .filter(has_text=re.compile(r"lab/digits(?!-)"))
        )
        expect(stored).to_contain_text("frees")
        expect(page.get_by_role("region", name="Background work")).to_contain_text(
            "Free what nothing refers to"
        )
        page.get_by_label("User name of a new person").fill("hal")
        page.get_by_role("button", name="Make an account").click()
        page.get_by_role("button", name="Make the link").click()
        expect(page.get_by_role("dialog")).to_contain_text("/login?token=")
        page.get_by_role("button", name="Done").click()
        expect(page.get_by_role("checkbox", name="hal is an administrator")).not_to_be_checked()
        expect(page.get_by_role("button", name="Remove ruth")).to_be_disabled()
        assert window.violations() == []
        page.get_by_role("button", name="Remove hal").press("Enter")
        page.get_by_role("dialog").get_by_role("button", name="Remove").press("Enter")
        expect(page.get_by_role("dialog")).to_be_hidden()  # it hides what lies below it from roles
        expect(page.get_by_role("checkbox", name="hal is an administrator")).to_have_count(0)
        assert api.delete("/api/admin/users/hal").json() == {"deleted": False}
        page.get_by_role("button", name="Teams").click()
        page.get_by_label("Name of the new team").fill("potters")
        page.get_by_role("button", name="Create team").click()
        expect(page.get_by_role("region", name="Team potters")).to_contain_text("1 member")
        assert api.delete("/api/admin/teams/potters").json() == {"deleted": True}
        api.delete("/api/admin/users/ruth").raise_for_status()
