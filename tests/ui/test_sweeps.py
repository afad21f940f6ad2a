"""Sweeps: what mattered, brushing, why a point, controls, and new ones from YAML or from runs."""

import json
import math
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from runstone.actions.agent import beat_agent, register_agent
from runstone.actions.history import Post, receive
from runstone.actions.run import RunChange, upsert_run
from runstone.actions.sign_in import viewer_of_name
from runstone.actions.sweep import create_sweep
from runstone.domain.history import Chunk, Stream
from runstone.domain.ids import AgentId
from runstone.store.opening import opened
from tests.ui.conftest import window_of
from tests.ui.site import THEMES, Site, Window

pytestmark = pytest.mark.slow

HOME = "/lab/search/sweeps"


def test_the_page_says_what_mattered_and_the_brush_filters(window: Window, site: Site) -> None:
    """From the list: the sentence, the best run, all trials; a brush on an axis leaves the runs that pass, in
    every part."""
    told = site.tell("search")
    page = window.open(HOME)
    line = page.get_by_role("row", name=re.compile(told["sweep"]))
    expect(line).to_contain_text("6 of 6")
    line.get_by_role("link").first.click()
    best = min(told["results"], key=told["results"].get)
    headline = page.locator(".headline")
    expect(headline).to_contain_text("Best val_loss is")
    shown = float(headline.inner_text().split(" is ")[1].split()[0])
    assert shown == pytest.approx(told["results"][best], rel=1e-3)
    expect(headline.get_by_role("link")).to_have_attribute("href", re.compile(f"{best}$"))
    with site.api() as api:
        said = api.get(f"/api/sweeps/lab/search/{told['sweep']}/importance").json()["sentence"]
    matters = page.get_by_role("region", name="Which parameter matters")
    expect(matters).to_contain_text(said.replace("`", ""))
    objective = page.get_by_role("region", name="Objective over the runs")
    expect(objective.locator(".trial")).to_have_count(6)
    expect(objective).to_contain_text(re.compile("best so far 0\\.[0-9]+"))
    trials = page.get_by_role("region", name="Trials")
    expect(trials.locator("tbody tr")).to_have_count(6)
    with site.api() as api:
        runs = api.get(f"/api/sweeps/lab/search/{told['sweep']}/trials").json()["trials"]
    widths = [one["params"]["width"] for one in runs]  # drawn at random: the widest is always one of them
    page.get_by_role("button", name="Range of width").click()
    page.get_by_label("Least width").fill(str(max(widths)))
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile("brush="))
    expect(trials.locator("tbody tr")).to_have_count(widths.count(max(widths)))


TRIALS = 12
SPACE = """
method: random
metric: {name: loss, goal: minimize}
parameters:
  lr: {distribution: log_uniform_values, min: 1.0e-4, max: 1.0e-1}
  width: {values: [16, 32]}
  optim: {parameters: {decay: {min: 0.0, max: 0.1}}}
"""


def search_on(site: Site, agent: AgentId | None, count: int) -> tuple[str, AgentId, list[str]]:
    """A sweep of lab/wide and its agent, with `count` trials of ten steps; without any, what it is told."""
    data, now = site.directory / "data", datetime.now(UTC)
    with opened(f"sqlite:///{data / 'runstone.db'}", str(data / "blobs")) as store:
        ada = viewer_of_name(store, "ada")
        name = ""
        if agent is None:
            create_sweep(store, ada, "lab", "wide", SPACE, now)
            with store.reading() as reads:
                project = reads.project(ada, "lab", "wide")
                assert project is not None
                name = reads.sweeps_of_project(ada, project.id)[0].name
            agent = register_agent(store, ada, "lab", "wide", name, "box", now)
        for _ in range(count):
            (asked,) = beat_agent(store, ada, agent, (), now)
            lr = asked["args"]["lr"]["value"]
            loss = abs(math.log10(lr) + 2.5)
            change = RunChange(
                entity="lab",
                project="wide",
                name=asked["run_id"],
                sweep=name,
                config=json.dumps(asked["args"]),
                summary=json.dumps({"loss": loss}),
            )
            upsert_run(store, ada, change, now)
            lines = tuple(json.dumps({"_step": step, "loss": loss + 1 / (1 + step)}) for step in range(10))
            post = Post(chunks=(Chunk(Stream.HISTORY, 0, lines),), exit_code=0)
            receive(store, ada, "lab", "wide", asked["run_id"], post, now).result()
        told = beat_agent(store, ada, agent, (), now) if count == 0 else []
        return name, agent, [one["type"] for one in told]


def test_importance_curves_and_controls_are_the_servers(window: Window, site: Site) -> None:
    """The numbers beside each parameter; the curves of the brush; pause, resume and stop reach the agent."""
    name, agent, _ = search_on(site, None, TRIALS)
    page = window.open(f"/lab/wide/sweeps/{name}")
    with site.api() as api:
        weights = api.get(f"/api/sweeps/lab/wide/{name}/importance").json()["parameters"]
        trials = api.get(f"/api/sweeps/lab/wide/{name}/trials").json()["trials"]

        def state() -> str:
            found: str = api.get(f"/api/sweeps/lab/wide/{name}").json()["state"]
            return found

        rows = page.get_by_role("table", name="Importance and correlation").get_by_role("row")
        expect(rows).to_have_count(1 + len(weights))
        assert {one["name"] for one in weights} == {"lr", "width", "optim.decay"}
        axes = page.get_by_role("group", name=f"Parallel coordinates of {TRIALS} runs")
        expect(axes.locator(".axis-name")).to_have_count(4)
        expect(axes.get_by_role("button", name="Flip optim.decay")).to_be_visible()
        for row, one in zip(rows.all()[1:], weights, strict=True):
            cells = row.get_by_role("cell")
            expect(cells.first).to_have_text(one["name"])
            expect(cells.nth(2)).to_have_text(f"{one['importance']:.2f}")
            if one["correlation"] is not None:
                expect(cells.nth(3)).to_have_text(f"{one['correlation']:+.2f}".replace("-", "−"))
        rows.get_by_role("button", name="lr", exact=True).click()
        expect(page).to_have_url(re.compile("colour=lr"))
        curves = page.locator('[role="img"][aria-label^="loss of 12 runs: 12 lines"]')
        expect(curves).to_be_visible()
        expect(page.get_by_text(f"all {TRIALS * 10} points")).to_be_visible()
        narrow = sum(one["params"]["width"] == 16 for one in trials)
        page.get_by_role("button", name="Range of width").click()
        page.get_by_label("Greatest width").fill("16")
        page.get_by_role("button", name="Apply").click()
        runs = f"{narrow} run{'' if narrow == 1 else 's'} in the brush"
        expect(page.get_by_role("img", name=re.compile(f"^loss of {runs}: {narrow} line"))).to_be_visible()
        expect(page.get_by_text(f"all {narrow * 10} points")).to_be_visible()
        agents = page.get_by_role("region", name="Agents").locator("tbody tr")
        expect(agents.get_by_role("cell").nth(2)).to_have_text(str(TRIALS))
        for button, becomes_state in (("Pause", "PAUSED"), ("Resume", "RUNNING"), ("Stop", "FINISHED")):
            page.get_by_role("button", name=button, exact=True).click()
            expect(page.locator(".sweep-head .state")).to_have_text(becomes_state.lower())
            assert state() == becomes_state
    assert search_on(site, agent, 0)[2] == ["exit"]


def within(value: float, span: dict[str, Any]) -> bool:
    """Whether a brush of the address lets a value through; the values are drawn, so it may be all or none."""
    inside: bool = (
        value in map(float, span["values"]) if "values" in span else span["lo"] <= value <= span["hi"]
    )
    return inside


def test_axes_are_arranged_and_a_drag_brushes(window: Window, site: Site) -> None:
    """Flip, log, colour and order are in the address, by keys too; a drag along an axis chooses runs."""
    page = window.open(f"{HOME}/{site.tell('search')['sweep']}")
    axes = page.get_by_role("group", name="Parallel coordinates of 6 runs")
    names = axes.locator(".axis-name")
    expect(names.last).to_have_text("val_loss")
    before = names.all_inner_texts()
    axes.get_by_role("button", name="Flip lr").click()
    axes.get_by_role("button", name="log axis of lr").click()
    names.get_by_text("lr", exact=True).click()
    axes.get_by_role("button", name=re.compile(f"^Move {before[0]}:")).press("ArrowRight")
    expect(names.nth(1)).to_have_text(before[0])
    for part in ("flip=", "scale=", "colour=lr", "order="):
        expect(page).to_have_url(re.compile(part))
    grip = axes.get_by_role("button", name=re.compile(f"^Move {before[0]}:"))
    grip.drag_to(axes.get_by_role("button", name=re.compile(f"^Move {before[1]}:")))
    expect(names.first).to_have_text(before[0])
    line = axes.locator(".axis-line").first.bounding_box()
    assert line is not None
    x = line["x"] + line["width"] / 2
    page.mouse.move(x, line["y"] + line["height"] * 0.55)
    page.mouse.down()
    page.mouse.move(x, line["y"] - 4, steps=3)
    page.mouse.up()
    expect(page).to_have_url(re.compile("brush="))
    ((name, span),) = json.loads(parse_qs(urlsplit(page.url).query)["brush"][0]).items()
    assert name == before[0]
    with site.api() as api:
        runs = api.get(f"/api/sweeps/lab/search/{site.tell('search')['sweep']}/trials").json()["trials"]
    kept = sum(within(one["params"][name], span) for one in runs)
    expect(page.get_by_text(f"{kept} of 6 runs in the brush", exact=True)).to_be_visible()
    page.get_by_role("button", name="Drop the brush").click()
    expect(page.get_by_role("region", name="Trials").locator("tbody tr")).to_have_count(6)


def test_why_this_point_and_link_the_best(window: Window, site: Site) -> None:
    """A trial's reason opens in place and has an address; the best run's model goes to the registry."""
    told = site.tell("search")
    page = window.open(f"{HOME}/{told['sweep']}")
    why = page.get_by_role("region", name="Trials").locator("button[aria-expanded]").first
    why.click()
    expect(page.locator(".why")).to_be_visible()
    expect(page).to_have_url(re.compile("why="))
    agents = page.get_by_role("region", name="Agents")
    expect(agents.locator("tbody tr")).to_have_count(1)
    assert (
        window.copied(agents.get_by_role("button", name="Copy")) == f"wandb agent lab/search/{told['sweep']}"
    )
    expect(page.get_by_role("region", name="Configuration")).to_contain_text("log_uniform_values")
    assert window.violations() == []
    page.get_by_role("button", name="Link best to registry").click()
    page.get_by_label("Registered name").fill("Searched")
    page.get_by_role("button", name="Link", exact=True).click()
    expect(page.get_by_role("region", name="candidate", exact=True)).to_contain_text("Searched:v0")


def test_a_sweep_from_yaml_checked_as_it_is_typed(window: Window, site: Site) -> None:
    """A mistake is named with its place; made right it is created, and cancelled."""
    site.tell("search")
    page = window.open(HOME)
    page.get_by_role("button", name="New sweep").click()
    text = page.get_by_label("Configuration")
    text.fill("method: random\nparameters:\n  lr: {min: 1e-4, max: oops}\n")
    said = page.get_by_role("status", name="What the server makes of it")
    expect(said).to_contain_text("oops")
    expect(page.get_by_role("button", name="Create")).to_be_disabled()
    text.fill(
        "method: random\nmetric: {name: loss, goal: minimize}\nparameters: {lr: {min: 1e-4, max: 0.1}}\n"
    )
    expect(said).to_contain_text("random over 1 parameter")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the sweep").click()
    expect(page.locator(".sweep-head .state")).to_have_text(re.compile("cancel", re.I))
    with site.api() as api:
        made = page.url.rpartition("/")[2].partition("?")[0]
        assert api.get(f"/api/sweeps/lab/search/{made}").json()["state"] == "CANCELED"


def test_a_sweep_from_runs_that_are_there(window: Window, site: Site) -> None:
    """Chosen runs give ranges and are learnt from."""
    site.tell("search")
    page = window.open("/lab/digits/sweeps?create=true")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="All", exact=True).click()
    dialog.get_by_role("button", name="Fill in their ranges").click()
    expect(dialog.get_by_label("Configuration")).to_have_value(re.compile("learning_rate:"))
    expect(dialog.get_by_role("status", name="What the server makes of it")).to_contain_text("bayes over")
    dialog.get_by_role("button", name="Create").click()
    expect(page.get_by_role("region", name="Trials")).to_contain_text("prior")


@pytest.mark.parametrize("theme", THEMES)
def test_pictures(browser: Browser, site: Site, theme: str) -> None:
    """The page of a sweep in both themes."""
    told = site.tell("search")
    with window_of(browser, site, "ada", theme=theme) as window:
        page = window.open(f"{HOME}/{told['sweep']}")
        expect(page.get_by_role("region", name="Trials")).to_be_visible()
        window.settle()
        window.shoot(f"sweep-{theme}")
        assert window.violations() == []
