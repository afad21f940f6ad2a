"""A sweep by HTTP, as its agents and their runs see it."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from runstone.store.opening import Store
from runstone.wire.ids import wire_id
from tests.artifacts import log_version
from tests.conftest import People
from tests.wire.talk import RESUME, ask, begin, lines, stream

pytestmark = pytest.mark.one_database

GRID = """
method: grid
metric: {name: loss, goal: minimize}
parameters: {x: {values: [1, 2]}, deep: {parameters: {y: {value: 3}}}}
"""
SWEEP = """mutation S($i: UpsertSweepInput!) { upsertSweep(input: $i) { configValidationWarnings
  sweep { id name state method runCount runCountExpected config } } }"""
BEAT = """mutation Heartbeat($id: ID!, $metrics: JSONString, $runState: JSONString) {
  agentHeartbeat(input: {id: $id, metrics: $metrics, runState: $runState}) { agent { id } commands } }"""
HOME = {"entityName": "lab", "projectName": "p"}
UNUSED = {"controller": None, "scheduler": None, "launchScheduler": None, "templateVariableValues": "null"}


@pytest.fixture
def ben(ben: TestClient) -> TestClient:
    """A client of Ben, with a project."""
    begin(ben, "other")
    return ben


def joined(ben: TestClient) -> tuple[dict[str, Any], str]:
    """A new sweep and the id of an agent of it."""
    made = ask(ben, SWEEP, i={**HOME, **UNUSED, "config": GRID})["upsertSweep"]
    assert made["configValidationWarnings"] == []
    create = "mutation C($i: CreateAgentInput!) { createAgent(input: $i) { agent { id } } }"
    agent = ask(ben, create, i={**HOME, "sweep": made["sweep"]["name"], "host": "box"})
    return made["sweep"], agent["createAgent"]["agent"]["id"]


def beat(ben: TestClient, agent: str, **alive: bool) -> list[dict[str, Any]]:
    """The commands for an agent with these runs."""
    said = ask(ben, BEAT, id=agent, metrics="{}", runState=json.dumps(alive))["agentHeartbeat"]
    commands: list[dict[str, Any]] = json.loads(said["commands"])
    return commands


def test_a_sweep_as_its_agent_sees_it(ben: TestClient) -> None:
    sweep, agent = joined(ben)
    assert (sweep["method"], sweep["runCount"]) == ("grid", 0)

    def tell(state: str) -> None:
        ask(ben, SWEEP, i={**HOME, "id": sweep["id"], "state": state})

    (command,) = beat(ben, agent)
    assert (command["type"], command["args"]["x"]) == ("run", {"value": 1})
    assert command["args"]["deep"]["value"]["y"] in (3, {"value": 3})
    name = command["run_id"]
    resumed = ask(ben, RESUME, project="p", entity="lab", name=name)["model"]["bucket"]
    assert resumed is None or "t" not in json.loads(resumed["wandbConfig"])
    run = begin(ben, name, sweep=sweep["name"], config='{"x": {"value": 1}}')
    assert (run["sweepName"], json.loads(run["config"])["x"]["value"]) == (sweep["name"], 1)
    tell("PAUSED")
    assert beat(ben, agent, **{name: True}) == []
    tell("RUNNING")
    tell("CANCELED")
    (command,) = beat(ben, agent, **{name: True})
    assert (command["type"], command["run_id"]) == ("stop", name)
    stream(ben, name, complete=True, exitcode=255)
    assert [one["type"] for one in beat(ben, agent)] == ["exit"]
    ask(ben, "mutation D($id: ID!) { deleteSweep(input: {id: $id}) { success } }", id=sweep["id"])
    gone = ben.post("/graphql", json={"query": BEAT, "variables": {"id": agent, "runState": "{}"}})
    assert gone.status_code == 404  # what ends an agent without a fuss


def test_a_run_that_its_program_initialises_twice(ben: TestClient, store: Store, people: People) -> None:
    """A first time to load the data, a second one to train, under the id that the agent gave: the second
    begins anew, and stays in the sweep with what the first one used."""
    version, _ = log_version(store, people.ben, {"a": b"1"}, project_name="p")
    sweep, agent = joined(ben)
    (command,) = beat(ben, agent)
    name, ben.headers["User-Agent"] = command["run_id"], "wandb-core"
    begin(ben, name, sweep=sweep["name"], jobType="load-data", config='{"a": {"value": 1}}', host="box")
    use = "mutation U($i: UseArtifactInput!) { useArtifact(input: $i) { artifact { id } } }"
    ask(ben, use, i={**HOME, "runName": name, "artifactID": wire_id("Artifact", version)})
    rows = lines(0, '{"_step":0,"_timestamp":1,"loss":1}', '{"_step":1,"_timestamp":2,"loss":1}')
    stream(ben, name, files={"wandb-history.jsonl": rows}, complete=True, exitcode=0)
    begin(ben, name, sweep=sweep["name"], jobType="tuning", config='{"b": {"value": 2}}', host="box")
    stream(ben, name, files={"wandb-history.jsonl": lines(0, '{"_step":0,"_timestamp":9,"loss":2}')})
    asked = """query Q($name: String!) { project(name: "p", entityName: "lab") { run(name: $name) {
        state jobType config sweepName history inputArtifacts { totalCount } } } }"""
    found = ask(ben, asked, name=name)["project"]["run"]
    assert [json.loads(one)["loss"] for one in found.pop("history")] == [2]
    assert found == {
        "state": "running",
        "jobType": "tuning",
        "config": '{"b": {"value": 2}}',
        "sweepName": sweep["name"],
        "inputArtifacts": {"totalCount": 1},
    }
