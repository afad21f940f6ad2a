"""`/api/sweeps`: what a person sees of a sweep and does to it."""

from httpx import Response

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


def test_a_sweep_names_what_it_searches(store: Store, people: People) -> None:
    config = """
    method: random
    parameters:
      lr: {distribution: log_uniform_values, min: 0.001, max: 1.0}
      kind: {values: [a, b], parameters: {b: {beta: {mu: 0.0, sigma: 1.0, distribution: log_normal}}}}
      net: {parameters: {a.b: {min: 1, max: 9}, depth: {value: 3}}}
    """
    sweep_id, _ = create_sweep(store, people.ben, "lab", "p", config, NOW)
    with store.reading() as reads:
        row = reads.sweep(people.ben, sweep_id)
    assert row is not None
    shown = client_of(store, people.keys["cy"]).get(f"/api/sweeps/lab/p/{row.name}").json()["parameters"]
    assert sorted((one["name"], tuple(one["path"]), one["scale"]) for one in shown) == [
        ("beta", ("beta",), "log"),
        ("kind", ("kind",), None),
        ("lr", ("lr",), "log"),
        ("net.a\\.b", ("net", "a.b"), "linear"),
    ]


def test_a_sweep_says_what_it_really_optimises(store: Store, people: People) -> None:
    sweep = made(store, people)
    run = run_one(store, people, sweep, 0.5)
    shown = client_of(store, people.keys["cy"]).get(f"/api/sweeps/lab/p/{sweep}").json()
    assert shown["metric"] == {"name": "loss", "used": "epoch/loss", "goal": "minimize", "target": None}
    assert any("epoch/loss" in warning for warning in shown["warnings"])
    assert (shown["best"], shown["expected_runs"], shown["runs"]) == (0.5, 9, {"finished": 1})
    (trial,) = client_of(store, people.keys["cy"]).get(f"/api/sweeps/lab/p/{sweep}/trials").json()["trials"]
    assert (shown["best_run"], shown["best_run_name"]) == (run, trial["run_name"])
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


def test_a_sweep_tells_its_course_and_why_each_point(store: Store, people: People) -> None:
    sweep = made(store, people)
    losses = (0.5, 0.25, 0.75, 0.125, 0.1, 0.6, 0.3, 0.2, 0.15)
    names = [run_one(store, people, sweep, loss) for loss in losses]
    client = client_of(store, people.keys["cy"])
    course = client.get(f"/api/sweeps/lab/p/{sweep}/history").json()
    assert (course["metric"], course["goal"], course["prior_best"]) == ("epoch/loss", "minimize", None)
    assert [one["best"] for one in course["points"]] == [0.5, 0.25, 0.25, 0.125, *[0.1] * 5]
    assert [one["improved"] for one in course["points"][:4]] == [True, True, False, True]

    first = client.get(f"/api/sweeps/lab/p/{sweep}/explain/{names[0]}").json()
    assert first["info"]["engine"] == "initial design"
    last = client.get(f"/api/sweeps/lab/p/{sweep}/explain/{names[-1]}").json()
    assert last["info"]["engine"] == "model"
    assert last["info"]["predicted"]["low"] <= last["info"]["predicted"]["high"]
    assert {one["run"] for one in last["nearest"]} <= set(names)
    assert all(one["params"] and one["value"] is not None for one in last["nearest"])
    assert "expected" in " ".join(last["sentences"])
    missing = client.get(f"/api/sweeps/lab/p/{sweep}/explain/{names[0]}x")
    assert missing.status_code == 404
    assert names[0] in missing.text

    found = client.get(f"/api/sweeps/lab/p/{sweep}/importance").json()
    assert found["runs"] == 9
    assert {one["name"] for one in found["parameters"]} == {"lr", "kind"}
    for one in found["parameters"]:
        assert 0 <= one["low"] <= one["importance"] <= one["high"] <= 1
        assert (one["correlation"] is None) == (one["name"] == "kind") == bool(one["choices"])
    trusted = client.get(f"/api/sweeps/lab/p/{sweep}/recommendation").json()
    assert trusted["run"] in names
    assert trusted["low"] <= trusted["expected"] <= trusted["high"]
    assert f"Run {trusted['run_name']} is the one" in trusted["sentence"]
    change = RunChange(entity="lab", project="p", name=trusted["run"], display_name="fine-ledge-32")
    upsert_run(store, people.ben, change, NOW)
    trusted = client.get(f"/api/sweeps/lab/p/{sweep}/recommendation").json()
    assert trusted["run_name"] == "fine-ledge-32"
    assert "Run fine-ledge-32 is the one" in trusted["sentence"]


def test_a_shared_report_says_what_mattered_when_it_shows_all_runs(store: Store, people: People) -> None:
    """Of a part of the runs, or in a report that does not say it, the others would be told of."""
    sweep = made(store, people)
    names = [run_one(store, people, sweep, loss) for loss in (0.5, 0.25)]
    ben = client_of(store, people.keys["ben"])
    importance = {"viewType": "Parameter Importance", "config": {}}

    def asked(hidden: list[str], panels: list[object]) -> Response:
        run_sets = [{"selections": {"root": 1, "tree": hidden}}]
        metadata = {"runSets": run_sets, "panelBankSectionConfig": {"panels": panels}}
        spec = {"blocks": [{"type": "panel-grid", "metadata": metadata}]}
        report = ben.post("/api/reports/lab/p", json={"title": "Tuning", "spec": spec}).json()["id"]
        link = ben.post(f"/api/views/{report}/links", json={}).json()["link"]
        headers = {"X-Runstone-Share": link.rpartition("/")[2]}
        return client_of(store).get(f"/api/sweeps/lab/p/{sweep}/importance", headers=headers)

    whole = asked([], [importance])
    assert (whole.status_code, whole.json()["runs"]) == (200, 2)
    assert asked(names[:1], [importance]).status_code == 404
    assert asked([], []).status_code == 404


def test_a_sweep_without_runs_or_metric_says_so(store: Store, people: People) -> None:
    sweep = made(store, people)
    sweep_id, _ = create_sweep(
        store, people.ben, "lab", "p", "{method: random, parameters: {x: {min: 0, max: 9}}}", NOW
    )
    with store.reading() as reads:
        bare = reads.sweep(people.ben, sweep_id)
    assert bare is not None
    client = client_of(store, people.keys["cy"])
    for name, word in ((sweep, "needed"), (bare.name, "metric")):
        for what in ("importance", "recommendation"):
            assert word in client.get(f"/api/sweeps/lab/p/{name}/{what}").json()["sentence"]
        assert client.get(f"/api/sweeps/lab/p/{name}/history").json()["points"] == []


def test_failed_trials_are_queued_again(store: Store, people: People) -> None:
    sweep = made(store, people)
    agent = register_agent(store, people.ben, "lab", "p", sweep, "host", NOW)
    (command,) = beat_agent(store, people.ben, agent, (), NOW)
    name = command["run_id"]
    upsert_run(store, people.ben, RunChange(entity="lab", project="p", name=name, sweep=sweep), NOW)
    receive(store, people.ben, "lab", "p", name, Post((), exit_code=1), NOW).result()
    writer, stranger = client_of(store, people.keys["ben"]), client_of(store, people.keys["eve"])
    address = f"/api/sweeps/lab/p/{sweep}"
    assert stranger.post(f"{address}/requeue", json={}).status_code == 404
    assert writer.post(f"{address}/requeue", json={"runs": ["nobody"]}).status_code == 404
    assert writer.post(f"{address}/requeue", json={}).json() == {"runs": [name]}
    assert writer.get(address).json()["runs"] == {"queued": 1}
    (again,) = beat_agent(store, people.ben, agent, (), NOW)
    assert (again["args"], again["run_id"] != name) == (command["args"], True)
    shown = writer.get(f"{address}/explain/{again['run_id']}").json()
    assert any(name in sentence for sentence in shown["sentences"])
    assert writer.post(f"{address}/requeue", json={"runs": [again["run_id"]]}).status_code == 409


def test_hyperband_says_what_it_spared(store: Store, people: People) -> None:
    config = CONFIG + "early_terminate: {type: hyperband, min_iter: 1, eta: 2}\n"
    sweep_id, _ = create_sweep(store, people.ben, "lab", "p", config, NOW)
    with store.reading() as reads:
        row = reads.sweep(people.ben, sweep_id)
    assert row is not None
    agents = [register_agent(store, people.ben, "lab", "p", row.name, "host", NOW) for _ in range(3)]
    names = [str(beat_agent(store, people.ben, agent, (), NOW)[0]["run_id"]) for agent in agents]
    for place, name in enumerate(names):
        change = RunChange(entity="lab", project="p", name=name, sweep=row.name)
        upsert_run(store, people.ben, change, NOW)
        lines = tuple(f'{{"loss": {place + 1}}}' for _ in range(7 if place < 2 else 1))
        chunk = Chunk(Stream.HISTORY, 0, lines)
        receive(store, people.ben, "lab", "p", name, Post((chunk,)), NOW).result()
    for name in names:
        receive(store, people.ben, "lab", "p", name, Post((), exit_code=0), NOW).result()
    client = client_of(store, people.keys["cy"])
    spared = client.get(f"/api/sweeps/lab/p/{row.name}").json()["early_stopping"]
    assert (spared["runs_stopped"], spared["iterations_saved"]) == (1, 6)
    assert "6 iterations" in spared["sentence"]
    assert client.get(f"/api/sweeps/lab/p/{made(store, people)}").json()["early_stopping"] is None


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
    parts = ("", "/trials", "/history", "/importance", "/recommendation", "/explain/x")
    for path in ("lab/p", *(f"lab/p/{sweep}{part}" for part in parts)):
        assert client.get(f"/api/sweeps/{path}").status_code == 404
    assert client.post(f"/api/sweeps/lab/p/{sweep}", json={"state": "PAUSED"}).status_code == 404
