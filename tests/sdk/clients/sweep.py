"""Sweeps: made, read, worked on by an agent that calls a function, of every method, and changed."""

import time

import wandb
from common import ME, VERSION, check, end, refused, same, step

PROJECT = "searches"


def train(rows=1):
    """One run of a sweep."""
    with wandb.init() as run:  # 0.13 forgets the sweep where settings are given
        for i in range(rows):
            run.log({"loss": run.config["x"] ** 2 + run.config.get("y", 0) + 1 / (i + 1)})


def read(sweep_id):
    """A sweep, read anew."""
    return wandb.Api().sweep(f"{ME}/{PROJECT}/{sweep_id}")


def runs_of(sweep_id):
    """The runs of a sweep, read anew."""
    return list(wandb.Api().runs(f"{ME}/{PROJECT}", filters={"sweep": sweep_id}))


def made(method, parameters, **more):
    """A new sweep that looks for the lowest loss."""
    config = {"method": method, "metric": {"name": "loss", "goal": "minimize"}, "parameters": parameters}
    return wandb.sweep({**config, **more}, project=PROJECT)


def finished(sweep_id, count):
    """All runs of a sweep have ended well, and it has ended too."""
    deadline = time.monotonic() + 120
    while read(sweep_id).state not in ("FINISHED", "finished") and time.monotonic() < deadline:
        time.sleep(1)
    same(read(sweep_id).state.upper(), "FINISHED")
    runs = runs_of(sweep_id)
    same([one.state for one in runs], ["finished"] * count)
    if VERSION >= (0, 14):  # where a sweep knows its runs
        same({one.id for one in read(sweep_id).runs}, {one.id for one in runs})
    return runs


step("make a sweep", "UpsertSweep", "GetSweep")
grid = made("grid", {"x": {"values": [1, 2]}, "y": {"values": [0, 10]}}, name="all of them")
sweep = read(grid)
same(sweep.id, grid)
same(sweep.config["parameters"]["x"]["values"], [1, 2])
same(sweep.state.upper(), "PENDING")
same(len(sweep.runs), 0)

step("what can't be a sweep is refused, with every reason at once")
with refused("x", "y"):
    made("grid", {"x": {"distribution": "nowhere"}, "y": {"min": 3, "max": 1}})

step("an agent works a grid off, and ends by itself", "CreateAgent", "Heartbeat")
wandb.agent(grid, function=train, project=PROJECT)
runs = finished(grid, 4)
same(sorted((one.config["x"], one.config["y"]) for one in runs), [(1, 0), (1, 10), (2, 0), (2, 10)])
best = read(grid).best_run()
same((best.config["x"], best.config["y"]), (1, 0))
same(best.sweep.id if best.sweep else grid, grid)

step("the other methods, with nested parameters and a cap", "CreateAgent", "Heartbeat")
drawn = made(
    "random", {"x": {"min": 0.0, "max": 1.0}, "deep": {"parameters": {"z": {"values": [7]}}}}, run_cap=2
)
wandb.agent(drawn, function=train, project=PROJECT)
for one in finished(drawn, 2):
    check(0 <= one.config["x"] <= 1, one.config)
    same(one.config["deep"], {"z": 7})
searched = made("bayes", {"x": {"min": -2.0, "max": 2.0}}, run_cap=3)
wandb.agent(searched, function=train, project=PROJECT, count=3)
same(len({one.config["x"] for one in runs_of(searched)}), 3)

if VERSION >= (0, 21):
    step("all sweeps of a project", "GetSweeps")
    found = {one.id for one in wandb.Api().project(PROJECT, ME).sweeps()}
    same(found, {grid, drawn, searched})
    check(wandb.Api().project(PROJECT, ME).id, "a project has an id")
if VERSION >= (0, 31):
    step("ways that the client takes in special cases", "GetSweepLegacy", "GetSweepState", "GetProject")
    from wandb.apis._generated import GET_SWEEP_LEGACY_GQL
    from wandb.apis.public import sweeps

    api = wandb.Api()
    variables = {"entity": ME, "project": PROJECT, "name": grid}
    old = api._service_api.execute_graphql(GET_SWEEP_LEGACY_GQL, variables=variables)
    same(old["project"]["sweep"]["name"], grid)
    same(sweeps._get_sweep_state(api, grid, entity=ME, project=PROJECT), "FINISHED")
if hasattr(read(grid), "agents"):
    step("agents of a sweep", "GetSweepAgents", "GetSweepAgent")
    agents = read(grid).agents
    agents = list(agents() if callable(agents) else agents)
    same(len(agents), 1)
    check(agents[0].name, agents[0])
step("an absent sweep")
with refused():
    read("nowhere1")
end()
