"""`/api/sweeps`: what a person sees of a sweep and does to it."""

from runstone.actions.agent import beat_agent, register_agent
from runstone.actions.history import Post, receive
from runstone.actions.run import RunChange, upsert_run
from runstone.actions.sweep import create_sweep
from runstone.domain.history import Chunk, Stream
from runstone.store.opening import Store
from tests.conftest import NOW, People
from tests.web import client_of

CONFIG = """
method: bayes
metric: {name: loss, goal: minimize}
parameters: {lr: {min: 0.0, max: 1.0}, kind: {values: [a, b]}}
run_cap: 9
"""


def made(store: Store, people: People, **more: str) -> str:
    sweep_id, _ = create_sweep(store, people.ben, "lab", "p", CONFIG, NOW, **more)
    with store.reading() as reads:
        row = reads.sweep(people.ben, sweep_id)
    assert row is not None
    return str(row.name)


def run_one(store: Store, people: People, sweep: str, loss: float) -> str:
    agent = register_agent(store, people.ben, "lab", "p", sweep, "host", NOW)
    (command,) = beat_agent(store, people.ben, agent, (), NOW)
    name = str(command["run_id"])
    upsert_run(store, people.ben, RunChange(entity="lab", project="p", name=name, sweep=sweep), NOW)
    chunk = Chunk(Stream.HISTORY, 0, (f'{{"epoch/loss": {loss}}}',))
    receive(store, people.ben, "lab", "p", name, Post((chunk,), exit_code=0), NOW).result()
    return name


def test_trials_say_where_their_point_came_from(store: Store, people: People) -> None:
    sweep = made(store, people)
    names = [run_one(store, people, sweep, loss) for loss in (0.5, 0.25)]
    client = client_of(store, people.keys["cy"])
    page = client.get(f"/api/sweeps/lab/p/{sweep}/trials").json()
    assert [one["run"] for one in page["trials"]] == names
    assert [one["value"] for one in page["trials"]] == [0.5, 0.25]
    for one in page["trials"]:
        assert set(one["params"]) == {"lr", "kind"}
        assert one["info"]["engine"]
        assert one["state"] == "finished"
    first = client.get(f"/api/sweeps/lab/p/{sweep}/trials?limit=1").json()
    assert first["cursor"] == 0
    rest = client.get(f"/api/sweeps/lab/p/{sweep}/trials?after=0").json()
    assert [one["run"] for one in rest["trials"]] == names[1:]


def test_a_sweep_says_what_it_really_optimises(store: Store, people: People) -> None:
    sweep = made(store, people)
    run_one(store, people, sweep, 0.5)
    shown = client_of(store, people.keys["cy"]).get(f"/api/sweeps/lab/p/{sweep}").json()
    assert shown["metric"] == {"name": "loss", "used": "epoch/loss", "goal": "minimize", "target": None}
    assert any("epoch/loss" in warning for warning in shown["warnings"])
    assert (shown["best"], shown["expected_runs"], shown["runs"]) == (0.5, 9, {"finished": 1})
    assert shown["config_text"] == CONFIG
    assert len(shown["agents"]) == 1


def test_prior_runs_are_shown_with_their_points(store: Store, people: People) -> None:
    change = RunChange(
        entity="lab",
        project="p",
        name="old",
        config='{"lr": {"value": 0.5}, "kind": {"value": "a"}, "other": {"value": 1}}',
        summary='{"loss": 2}',
    )
    upsert_run(store, people.ben, change, NOW)
    sweep = made(store, people, prior_runs='{"$or": [{"name": "old"}]}')
    (prior,) = client_of(store, people.keys["cy"]).get(f"/api/sweeps/lab/p/{sweep}/trials").json()["trials"]
    assert prior["prior"]
    assert (prior["params"], prior["value"]) == ({"lr": 0.5, "kind": "a"}, 2.0)


def test_control_and_extension(store: Store, people: People) -> None:
    sweep = made(store, people)
    client = client_of(store, people.keys["ben"])
    register_agent(store, people.ben, "lab", "p", sweep, "host", NOW)
    address = f"/api/sweeps/lab/p/{sweep}"
    assert client.post(address, json={"state": "PAUSED"}).json()["state"] == "PAUSED"
    assert client.post(address, json={"state": "FINISHED"}).json()["state"] == "FINISHED"
    longer = CONFIG.replace("9", "20")
    assert client.post(address, json={"config_text": longer}).json()["state"] == "RUNNING"
    assert client.get(address).json()["expected_runs"] == 20
    assert client.post(address, json={"config_text": "method: best"}).status_code == 400
    assert client.post(address, json={"state": "CANCELED"}).json()["state"] == "CANCELED"
    assert client.post(address, json={"state": "RUNNING"}).status_code == 409


def test_strangers_see_nothing(store: Store, people: People) -> None:
    sweep = made(store, people)
    client = client_of(store, people.keys["eve"])
    for path in (f"lab/p/{sweep}", f"lab/p/{sweep}/trials", "lab/p"):
        assert client.get(f"/api/sweeps/{path}").status_code == 404
    assert client.post(f"/api/sweeps/lab/p/{sweep}", json={"state": "PAUSED"}).status_code == 404
