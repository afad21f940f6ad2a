"""Pictures of every page: loaded, empty, in error, refused, with its dialogs, light and dark.

`make gallery` after a `make demo`, or `make gallery DATA=folder` for other data. The server works on a
copy. Pictures and contact sheets go to `web/tests/gallery/` and are to be looked at by a person; nothing is
asserted here, which is what the browser tests are for.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

import httpx
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright
from playwright.sync_api import Error as BrowserError

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.live import LiveServer, live_server  # noqa: E402
from tests.ui.chromium import flags, found_or_installed  # noqa: E402
from tests.ui.site import GALLERY, PASSWORD, THEMES, Window  # noqa: E402
from tools import gallery_crowd  # noqa: E402

WAIT_MS = 15_000
DOCUMENTS = ROOT / "docs" / "pictures"
# Every picture in sight has come, or will not.
PICTURES_READY = """() => [...document.images].every((one) => {
    const { top, bottom } = one.getBoundingClientRect();
    return one.complete || bottom < 0 || top > innerHeight;
})"""
ACROSS, THUMB = 4, (480, 300)
CROWD = f"/{gallery_crowd.ENTITY}/{gallery_crowd.PROJECT}"
LEARNING = f"/{gallery_crowd.ENTITY}/{gallery_crowd.LEARNING}"
TALKING = f"/{gallery_crowd.ENTITY}/{'/runs/'.join(gallery_crowd.TALKING)}"
CARD = """## What it is for

Tells handwritten digits apart, **one digit** on a plain background.

| trained on | images |
| --- | ---: |
| `split-data:v0` | 1,257 |

- not for letters
- weak on an 8 that is nearly closed
"""
Act = Callable[[Page], None]


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: an address, who looks, what is done there, and what the server answers instead.

    `unanswered` is a glob of addresses that get no answer at all: the page as it is while it loads.
    """

    name: str
    path: str
    act: Act | None = None
    person: str = "admin"
    broken: bool = False
    unanswered: str = ""
    whole: bool = False
    wide: int = 1440


def click(*names: str) -> Act:
    """Press buttons, links or menu items one after the other."""

    def act(page: Page) -> None:
        for name in names:
            role, _, text = name.partition(":")
            page.get_by_role(role, name=text).first.click()  # type: ignore[arg-type]

    return act


def full(page: Page) -> None:
    """A panel over the whole window."""
    page.locator("section.panel").first.hover()
    page.keyboard.press("f")
    page.get_by_role("dialog").wait_for()


def crowded(page: Page) -> None:
    """A panel over the whole window, with every run of a large project."""
    page.get_by_role("button", name="Draw all").click()
    page.get_by_text("all 80,000 points").wait_for()
    full(page)


def edited(page: Page) -> None:
    """A panel in its form."""
    page.locator(".panel .uplot").first.hover()
    page.keyboard.press("e")
    page.get_by_role("dialog").wait_for()


def on_paper(page: Page) -> None:
    """As it is printed."""
    page.emulate_media(media="print")


def wrong_password(page: Page) -> None:
    """Sign in with a password that is not theirs."""
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()


def invitation(api: httpx.Client) -> str:
    """Where somebody who is invited into a team sets a password."""
    api.put("/api/admin/teams/gallery", json={"members": [{"username": "admin", "role": "admin"}]})
    made = api.post("/api/teams/gallery/invitations", json={"username": "grace"}).raise_for_status()
    return "/" + str(made.json()["link"]).split("/", 3)[3]


def _is_table(value: object) -> bool:
    return isinstance(value, dict) and value.get("_type") == "table-file"


def pages(api: httpx.Client, entity: str, project: str) -> list[Shot]:
    """Every page of a project and of the server, in the states it can have."""
    here = f"/{entity}/{project}"
    asked = api.post("/api/runs/query", json={"entity": entity, "project": project, "limit": 50})
    runs = asked.raise_for_status().json()["runs"]
    kinds = {one["job_type"] or one["name"]: one["run_id"] for one in runs}
    sweeps = api.get(f"/api/sweeps{here}").json()
    far_off = api.get(f"/api/sweeps{CROWD}").json()[0]
    learning = api.get(f"/api/sweeps{LEARNING}").json()[0]
    reports = api.get(f"/api/reports{here}").json()["reports"]
    collections = api.get(f"/api/artifacts{here}").json()["collections"]
    registries = api.get("/api/registries").json()["registries"]
    found = [
        Shot("home", "/"),
        Shot("home-loading", "/", unanswered="**/api/runs/query"),
        Shot("login", "/login", person=""),
        Shot("login-wrong", "/login", wrong_password, person=""),
        Shot("link-unknown", "/login?token=cut", person=""),
        Shot("invitation", invitation(api), person=""),
        Shot("authorize", "/authorize"),
        Shot("settings", "/settings", whole=True),
        Shot("settings-teams", "/settings?tab=teams"),
        Shot("settings-team-new", "/settings?tab=teams", click("button:Invite a colleague")),
        Shot("settings-admin", "/settings?tab=admin", whole=True),
        Shot("settings-admin-denied", "/settings?tab=admin", person="stranger"),
        Shot("settings-about", "/settings?tab=about"),
        Shot("home-empty", "/", person="stranger"),
        Shot("project-new", "/", click("button:New project")),
        Shot("workspace", here),
        Shot("workspace-filter", here, click("button:Filter")),
        Shot("workspace-add", here, click("button:Panel")),
        Shot("workspace-panel", here, full),
        Shot("workspace-panel-edit", here, edited),
        Shot("workspace-keys", here, lambda page: page.keyboard.press("?")),
        Shot("workspace-search", here, lambda page: page.keyboard.press("Control+k")),
        Shot("workspace-narrow", here, wide=420),
        Shot("workspace-loading", here, unanswered="**/api/**"),
        Shot("workspace-crowd", CROWD, click("button:Draw all")),
        Shot("workspace-crowd-panel", CROWD, crowded),
        Shot("runs-crowd", f"{CROWD}/table"),
        Shot("runs", f"{here}/table"),
        Shot("overview", f"{here}/overview", whole=True),
        Shot("project-settings", f"{here}/settings", whole=True),
        Shot("tables", f"{here}/tables"),
        Shot("artifacts", f"{here}/artifacts"),
        Shot("sweeps", f"{here}/sweeps"),
        Shot("sweep-far-off", f"{CROWD}/sweeps/{far_off['name']}", whole=True),
        Shot("sweep-without-agents", f"{LEARNING}/sweeps/{learning['name']}", whole=True),
        Shot("sweep-new", f"{here}/sweeps", click("button:New sweep")),
        Shot("reports", f"{here}/reports"),
        Shot("registry", "/registry"),
        Shot("registry-new", "/registry", click("button:New registry")),
    ]
    for kind, run in list(kinds.items())[:3]:
        found.append(Shot(f"run-{kind}", f"{here}/runs/{run}"))
    if runs:
        run = runs[0]["run_id"]
        found += [
            Shot(f"run-tab-{tab}", f"{here}/runs/{run}?tab={tab}")
            for tab in ("overview", "system", "logs", "files", "code", "artifacts")
        ]
        listed = api.get(f"/api/runs{here}/{run}/files").json()["files"]
        opened = next((one["name"] for one in listed if one["name"].endswith("config.yaml")), None)
        if opened is not None:
            found.append(Shot("run-file", f"{here}/runs/{run}?tab=files&file={opened}"))
    for sweep in sweeps[:1]:
        found.append(Shot("sweep", f"{here}/sweeps/{sweep['name']}", whole=True))
    for one in reports:
        at = f"{here}/reports/{one['slug']}"
        found.append(Shot(f"report-{one['title'][:20]}", at, whole=True))
    for one in reports[:1]:
        at = f"{here}/reports/{one['slug']}"
        link = api.post(f"/api/views/{one['id']}/links", json={}).raise_for_status().json()["link"]
        found += [
            Shot("report-edit", at, click("button:Edit"), whole=True),
            Shot("report-share", at, click("button:Share")),
            Shot("report-panel", at, full),
            Shot("report-panel-add", f"{at}?edit=true", click("button:Add a panel")),
            Shot("report-print", at, on_paper, whole=True),
            Shot("report-shared", "/links/" + link.rpartition("/")[2], person="", whole=True),
        ]
    for one in {one["type"]: one for one in reversed(collections)}.values():
        at = f"{here}/artifacts/{one['type']}/{one['name']}"
        found += [Shot(f"collection-{one['type']}", at), Shot(f"version-{one['type']}", f"{at}/v0")]
        found += [
            Shot(f"version-{one['type']}-{tab}", f"{at}/v0?tab={tab}")
            for tab in ("metadata", "usage", "files", "lineage")
        ]
        if one["versions"] > 1:
            found.append(Shot(f"version-{one['type']}-compare", f"{at}/v1?tab=compare&with=v0"))
    tables = [run for run in runs if any(_is_table(value) for value in run["summary"].values())]
    for run in tables[:1]:
        key = next(key for key, value in run["summary"].items() if _is_table(value))
        source = quote(json.dumps([f"run/{run['run_id']}/{key}"]))
        at = f"{here}/tables?t={source}"
        found += [
            Shot("table", at),
            Shot("table-images", f"{at}&view=images"),
            Shot("table-plot", f"{at}&view=plot"),
        ]
    for registry in registries[:1]:
        for one in registry["collections"][:1]:
            at = f"/registry/{registry['entity']}/{registry['project']}/{one['name']}"
            told = api.patch(f"/api/collections{at.removeprefix('/registry')}", json={"description": CARD})
            told.raise_for_status()
            found += [
                Shot("registered", at, whole=True),
                Shot("registered-move", at, click("button:Move")),
            ]
    empty = f"/{entity}/nothing-here"
    for name in ("", "/table", "/overview", "/settings", "/tables", "/artifacts", "/sweeps", "/reports"):
        part = name.strip("/") or "workspace"
        found += [
            Shot(f"{part}-empty", empty + name),
            Shot(f"{part}-error", here + name, broken=True),
            Shot(f"{part}-denied", here + name, person="stranger"),
        ]
    return found


def shoot(browser: Browser, server: LiveServer, shots: list[Shot], states: dict[str, object]) -> None:
    """Take each picture in both themes; what can't be taken is told and left out."""
    for theme in THEMES:
        known: dict[tuple[str, int], BrowserContext] = {}
        for number, shot in enumerate(shots, 1):
            who = (shot.person, shot.wide)
            # One for all pictures of a person: what the pages are made of is loaded once.
            if who not in known:
                known[who] = _context(browser, server, states.get(shot.person), shot.wide, theme)
            page = known[who].new_page()
            try:
                _take(page, Window(page, server.base_url), shot, GALLERY / f"all-{shot.name}-{theme}.png")
            except BrowserError as error:
                print(f"  not taken: {shot.name} {theme}: {str(error).splitlines()[0]}", flush=True)
            finally:
                page.close()
            print(f"\r  {theme} {number}/{len(shots)}", end="", flush=True)
        for context in known.values():
            context.close()
        print()


def _context(browser: Browser, server: LiveServer, state: object, width: int, theme: str) -> BrowserContext:
    made = browser.new_context(
        base_url=server.base_url,
        storage_state=state,  # type: ignore[arg-type]
        viewport={"width": width, "height": 900},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    made.set_default_timeout(WAIT_MS)
    return made


def documents(api: httpx.Client, entity: str, project: str) -> list[Shot]:
    """The pictures in the documents, each as high as a window, by the names of their files."""
    here = f"/{entity}/{project}"
    asked = api.post("/api/runs/query", json={"entity": entity, "project": project, "limit": 50})
    runs = asked.raise_for_status().json()["runs"]
    sweep = api.get(f"/api/sweeps{here}").json()[0]
    listed = api.get(f"/api/reports{here}").json()["reports"]
    report = next((one for one in listed if "valuation" in one["title"]), listed[0])
    registry = next(one for one in api.get("/api/registries").json()["registries"] if one["collections"])
    model = f"{registry['entity']}/{registry['project']}/{registry['collections'][0]['name']}"
    evaluated = next(one for one in runs if _is_table(one["summary"].get("val_table")))
    source = quote(json.dumps([f"run/{evaluated['run_id']}/val_table"]))
    wrong = quote('row["val_true"] != row["val_pred"]')
    first = ".tbl img"
    return [
        Shot("workspace", here),
        Shot("sweep", f"{here}/sweeps/{sweep['name']}"),
        Shot("report", f"{here}/reports/{report['slug']}"),
        Shot("registry", f"/registry/{model}"),
        Shot("tables", f"{here}/tables?t={source}&view=images&q={wrong}", lambda page: page.click(first)),
        Shot(
            "logs", f"{TALKING}?tab=logs", lambda page: page.get_by_label("Find in the log").fill("val_loss")
        ),
    ]


def illustrate(browser: Browser, server: LiveServer, shots: list[Shot], state: object) -> None:
    """Take the documents' pictures anew: the logs dark, the others light, none heavier than it was."""
    for shot in shots:
        theme = "dark" if shot.name == "logs" else "light"
        context = _context(browser, server, state, shot.wide, theme)
        page = context.new_page()
        path = DOCUMENTS / f"{shot.name}.png"
        before = path.stat().st_size
        _take(page, Window(page, server.base_url), shot, path)
        context.close()
        with Image.open(path) as picture:
            plain = picture.convert("RGB")
        plain.save(path, optimize=True)
        if path.stat().st_size > before:
            plain.quantize(256).save(path, optimize=True)


def _take(page: Page, window: Window, shot: Shot, path: Path) -> None:
    if shot.broken:
        page.route("**/api/**", _broken)
    held: list[Route] = []
    if shot.unanswered:
        page.route(shot.unanswered, partial(_unanswered, held))
    window.open(shot.path)
    page.wait_for_selector("main", timeout=WAIT_MS)
    if shot.unanswered:
        page.wait_for_timeout(1500)
    else:
        _calm(page, window)
    if shot.act is not None:
        shot.act(page)
        _calm(page, window)
    page.wait_for_function(PICTURES_READY, timeout=WAIT_MS)
    path.parent.mkdir(parents=True, exist_ok=True)
    if shot.whole:
        _grow(page, shot.wide)
    page.screenshot(path=path, animations="disabled")
    for route in list(held):
        route.abort()
    page.unroute_all(behavior="ignoreErrors")


def _calm(page: Page, window: Window) -> None:
    """Wait for what is loaded late: a dialog's own script, what a drawing asks for once it is in sight."""
    for _ in range(3):
        page.wait_for_timeout(250)
        window.settle()


def _grow(page: Page, width: int) -> None:
    """As high a window as the page's content."""
    height = page.evaluate(
        # Not what a table scrolls by itself.
        "() => Math.max(...[...document.querySelectorAll('main, main *:not(.tbl *)')]"
        ".map((one) => one.scrollHeight))"
    )
    page.set_viewport_size({"width": width, "height": min(5000, max(900, height + 60))})
    page.wait_for_timeout(700)


def _broken(route: Route) -> None:
    if "/api/session" in route.request.url or "/api/stream" in route.request.url:
        route.continue_()
        return
    body = '{"error": {"message": "The database did not answer in time. Try again in a moment."}}'
    route.fulfill(status=500, content_type="application/json", body=body)


def _unanswered(held: list[Route], route: Route) -> None:
    if "/api/session" in route.request.url:
        route.continue_()
    else:
        held.append(route)


def sheets(theme: str) -> None:
    """Contact sheets of twenty pictures."""
    taken = sorted(GALLERY.glob(f"all-*-{theme}.png"))
    for start in range(0, len(taken), 20):
        some = taken[start : start + 20]
        lines = -(-len(some) // ACROSS)
        sheet = Image.new("RGB", (ACROSS * THUMB[0], lines * (THUMB[1] + 18)), "#888")
        draw = ImageDraw.Draw(sheet)
        for i, path in enumerate(some):
            x, y = i % ACROSS * THUMB[0], i // ACROSS * (THUMB[1] + 18)
            with Image.open(path) as picture:
                small = picture.convert("RGB")
                small.thumbnail(THUMB)
                sheet.paste(small, (x, y + 18))
            draw.text((x + 4, y + 3), path.stem.removeprefix("all-"), fill="#fff")
        sheet.save(GALLERY / f"sheet-{theme}-{start // 20 + 1}.png")


def state_of(browser: Browser, server: LiveServer, person: str) -> object:
    """Cookies of a person who signs in with the form."""
    context = browser.new_context(base_url=server.base_url)
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("User name").fill(person)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login" not in url)
    state = context.storage_state()
    context.close()
    return state


def main(words: list[str]) -> int:
    """Take them all; words after the data directory are parts of names to take alone, or `documents`: the
    pictures in README and docs are taken anew, and of `documents` and a name that one."""
    data = Path(words[0] if words else ROOT / "demo-data")
    if not (data / "runstone.db").exists():
        print(
            f"{data} holds no runstone.db. Run `make demo` first, or name a data directory.", file=sys.stderr
        )
        return 2
    with tempfile.TemporaryDirectory(prefix="runstone-gallery-") as name:
        shutil.copytree(data, Path(name) / "data", ignore=shutil.ignore_patterns("*.lock", "demo"))
        if words[1:2] == ["documents"]:
            gallery_crowd.talk(Path(name) / "data")
        else:
            gallery_crowd.fill(Path(name) / "data")
            gallery_crowd.learn(Path(name) / "data")
        with live_server(Path(name), heartbeat_timeout_s=86_400) as server, sync_playwright() as playwright:
            api = httpx.Client(
                base_url=server.base_url, auth=("api", server.admin_key), trust_env=False, timeout=60
            )
            for person in ("admin", "stranger"):
                api.put(f"/api/admin/users/{person}", json={"password": PASSWORD}).raise_for_status()
            listed = api.get("/api/projects").raise_for_status().json()["projects"]
            made_up = (gallery_crowd.PROJECT, gallery_crowd.LEARNING, gallery_crowd.TALKING[0])
            told = [one for one in listed if one["name"] not in made_up]
            most = max(told, key=lambda one: one["runs"])
            entity, project = most["entity"], most["name"]
            api.post("/api/projects", json={"entity": entity, "name": "nothing-here"})
            browser = playwright.chromium.launch(executable_path=found_or_installed(), args=flags())
            states = {person: state_of(browser, server, person) for person in ("admin", "stranger")}
            if words[1:2] == ["documents"]:
                wanted = [
                    one for one in documents(api, entity, project) if not words[2:] or one.name in words[2:]
                ]
                illustrate(browser, server, wanted, states["admin"])
            else:
                shots = [
                    one
                    for one in pages(api, entity, project)
                    if len(words) < 2 or any(word in one.name for word in words[1:])
                ]
                shoot(browser, server, shots, states)
            browser.close()
            api.close()
    if words[1:2] == ["documents"]:
        print(f"Look at {DOCUMENTS.relative_to(ROOT)}/*.png")
        return 0
    for theme in THEMES:
        sheets(theme)
    print(f"Look at {GALLERY.relative_to(ROOT)}/sheet-*.png")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
