"""Bad input gets a clear error at the door: the right status, what was expected, and the next step."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from runstone.actions.artifact import begin_version
from runstone.actions.manifest import announce_manifest
from runstone.domain.viewer import Viewer
from runstone.store.opening import Store
from runstone.wire.ids import wire_id
from tests.artifacts import MODEL, manifest_of, md5_base64, md5_hex, send_manifest
from tests.conftest import NOW, People
from tests.web import client_of

pytestmark = pytest.mark.one_database

UPSERT = """
mutation UpsertBucket($name: String, $project: String, $entity: String, $config: JSONString, $sweep: String,
                      $summary: JSONString, $id: String, $state: String) {
  upsertBucket(input: {id: $id, name: $name, modelName: $project, entityName: $entity, config: $config,
                       sweep: $sweep, summaryMetrics: $summary, state: $state}) {
    bucket { id name config } inserted
  }
}
"""
SWEEP = """
mutation S($config: String) { upsertSweep(input: {config: $config, projectName: "p"}) { sweep { name } } }
"""


def ask(
    client: TestClient, query: str, headers: dict[str, str] | None = None, **variables: Any
) -> tuple[int, str]:
    """Status and first message of an answer."""
    answer = client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
    errors = answer.json().get("errors") or [{"message": ""}]
    return answer.status_code, errors[0]["message"]


def upsert(**given: Any) -> Callable[[TestClient], tuple[int, str]]:
    """A run initialised so."""
    return lambda client: ask(client, UPSERT, **{"name": "r1", "project": "p", "entity": "lab", **given})


def query(text: str, **variables: Any) -> Callable[[TestClient], tuple[int, str]]:
    """A query asked so."""
    return lambda client: ask(client, text, **variables)


REWIND = "mutation R($i: RewindRunInput!) { rewindRun(input: $i) { rewoundRun { id } } }"


def branch(point: Any) -> str:
    """A config of a run that goes on from there."""
    return json.dumps({"_wandb": {"value": {"branch_point": point}}})


def rewound(**given: Any) -> Callable[[TestClient], tuple[int, str]]:
    """A run rewound so."""
    known = {"runName": "a", "entityName": "lab", "projectName": "p", "metricName": "_step", "metricValue": 3}
    return query(REWIND, i={**known, **given})


CASES: dict[str, tuple[Callable[[TestClient], tuple[int, str]], int, tuple[str, ...]]] = {
    "unknown entity": (upsert(entity="lap"), 404, ("'lap'", "'lab'")),
    "reserved project": (upsert(project="registry"), 400, ("'registry'", "reserved", "another name")),
    "project with a slash": (upsert(project="a/b"), 400, ("'a/b'", "128 characters", "Rename")),
    "run id with a slash": (upsert(name="a/b"), 400, ("'a/b'", "wandb.init(id=")),
    "run id too long": (upsert(name="x" * 129), 400, ("128 characters",)),
    "id of another server": (upsert(id="abc", name=None), 400, ("'abc'", "this server")),
    "config that is no JSON": (upsert(config="{"), 400, ("config", "JSON object")),
    "config that is a list": (upsert(config="[]"), 400, ("config", "got list")),
    "summary that is no JSON": (upsert(summary="nope"), 400, ("summaryMetrics", "JSON object")),
    "strange state": (upsert(state="sleeping"), 400, ("'sleeping'", "running")),
    "absent sweep": (upsert(sweep="abcd1234"), 404, ("'abcd1234'", "deleted")),
    "fork of nobody": (upsert(config=branch({"run_id": "a", "step": 3})), 404, ("'a'", "fork_from")),
    "fork without a step": (upsert(config=branch({"run_id": "a"})), 400, ("whole `_step`", "None")),
    "fork within a step": (upsert(config=branch({"run_id": "a", "step": 1.5})), 400, ("whole", "1.5")),
    "fork without a run": (upsert(config=branch(["a", 3])), 400, ("branch_point", "run_id")),
    "rewound nobody": (rewound(), 404, ("'a'", "resume_from")),
    "rewound by a loss": (rewound(metricName="loss"), 400, ("_step", "'loss'")),
    "rewound within a step": (rewound(metricValue=0.5), 400, ("whole", "0.5")),
    "automation": (
        query("mutation { createFilterTrigger(input: {}) { trigger { id } } }"),
        501,
        ("Automations",),
    ),
    "webhook": (query("{ entity { integrations { edges { node { id } } } } }"), 501, ("Automations",)),
    "launch": (
        query("mutation { pushToRunQueue(input: {}) { runQueueItemId } }"),
        501,
        ("Launch", "wandb agent"),
    ),
    "launch agent": (query("{ launchAgent(id: 1) { id } }"), 501, ("Launch",)),
    "enqueued run": (query("mutation { enqueueSweepRun(input: {}) { id } }"), 501, ("sweep",)),
    "local controller": (
        query(
            'mutation S($c: String) { upsertSweep(input: {config: $c, controller: "{\\"type\\": 1}"}) '
            "{ sweep { name } } }",
            c="method: grid",
        ),
        501,
        ("controller", "wandb agent"),
    ),
    "unknown field": (query("{ viewer { shoeSize } }"), 400, ("shoeSize", "User")),
    "unknown argument": (query("{ viewer(size: 1) { id } }"), 400, ("size", "viewer")),
    "missing variable": (query("query Q($n: String!) { project(name: $n) { id } }"), 400, ("$n", "String!")),
    "no GraphQL": (query("{ viewer"), 400, ("Syntax Error",)),
    "sweep with every error at once": (
        query(
            SWEEP, config="method: sorcery\nparameters:\n  a: {min: 3, max: 1}\n  b: {distribution: odd}\n"
        ),
        400,
        ("sorcery", "parameters.a", "parameters.b"),
    ),
    "sweep that is no YAML": (query(SWEEP, config="a: [1"), 400, ("YAML", "line")),
    "filters that are no JSON": (
        query('{ project(name: "p", entityName: "lab") { runs(filters: "{") { edges { node { id } } } } }'),
        400,
        ("filters", "JSON"),
    ),
    "filter with an unknown operator": (
        query(
            '{ project(name: "p", entityName: "lab") { runs(filters: "{\\"state\\": {\\"$near\\": 1}}") '
            "{ edges { node { id } } } } }"
        ),
        400,
        ("$near", "$gt"),
    ),
    "strange order": (
        query('{ project(name: "p", entityName: "lab") { runs(order: "+shoe size") { totalCount } } }'),
        400,
        ("shoe size", "summary_metrics."),
    ),
    "cursor of another server": (
        query('{ project(name: "p", entityName: "lab") { runs(after: "%%") { edges { node { id } } } } }'),
        400,
        ("cursor", "'%%'"),
    ),
    "report that is not there": (query('{ view(id: "nope") { id } }'), 404, ("'nope'", "not found")),
    "artifact that is not there": (
        query(
            '{ project(name: "p", entityName: "lab") '
            '{ artifactCollectionMembership(name: "nope:v3") { id } } }'
        ),
        404,
        ("lab/p/nope:v3", "no artifact 'nope'"),
    ),
    "artifacts of an absent project": (
        query('query ProjectArtifactTypes { project(name: "q", entityName: "lab") { id } }'),
        200,  # at another status old clients do not show what is said
        ("project lab/q was not found", "ask for access"),
    ),
    "artifacts of an absent entity": (
        query('query ProjectArtifacts { project(name: "p", entityName: "lap") { id } }'),
        200,
        ("'lap'", "'lab'"),
    ),
    "agent of an absent sweep": (
        query(
            'mutation { createAgent(input: {host: "h", sweep: "nope", entityName: "lab", projectName: "p"}) '
            "{ agent { id } } }"
        ),
        404,
        ("lab/p/nope", "create it"),
    ),
    "stop of an absent run": (
        query('mutation { stopRun(input: {id: "UnVuOjk5"}) { success } }'),
        404,
        ("not found",),
    ),
}


@pytest.mark.parametrize(("call", "status", "words"), CASES.values(), ids=CASES.keys())
def test_refusal(
    ben: TestClient, call: Callable[[TestClient], tuple[int, str]], status: int, words: tuple[str, ...]
) -> None:
    upsert(name="there")(ben)  # so that lab/p is a project
    found, message = call(ben)
    assert (found, [word for word in words if word not in message]) == (status, []), message


def test_a_wrong_or_missing_key(store: Store, people: People) -> None:
    for client in (client_of(store), client_of(store, "x" * 40)):
        status, message = ask(client, "{ viewer { id } }")
        assert status == 401
        assert "http://runs.test" in message
        assert client.post("/files/lab/p/r/file_stream", json={}).status_code == 401
        assert ask(client, UPSERT, name="r1", project="p", entity="lab")[0] == 401


def test_a_stranger_neither_reads_nor_writes(store: Store, people: People, ben: TestClient) -> None:
    upsert()(ben)
    eve = client_of(store, people.keys["eve"])
    assert upsert()(eve)[0] in (403, 404)
    assert eve.post("/files/lab/p/r1/file_stream", json={}).status_code in (403, 404)
    read = eve.post("/graphql", json={"query": '{ project(name: "p", entityName: "lab") { id } }'})
    assert read.json() == {"data": {"project": None}}
    members = {"query": '{ entity(name: "lab") { members { username email } } }'}
    told = [len(one.post("/graphql", json=members).json()["data"]["entity"]["members"]) for one in (ben, eve)]
    assert told == [2, 0]


@pytest.mark.parametrize("name", ["", "x" * 129])
def test_who_shares_a_run_says_who_it_is_on_both_channels(ben: TestClient, name: str) -> None:
    sharing = {"X-WANDB-USE-ASYNC-FILESTREAM": "true", "X-WANDB-CLIENT-ID": name}
    status, message = ask(ben, UPSERT, sharing, name="r1", project="p", entity="lab")
    assert (status, "mode='shared': expected the header" in message) == (400, True)
    answer = ben.post("/files/lab/p/r1/file_stream", json={}, headers=sharing)
    assert (answer.status_code, "x-wandb-async-client-id" in answer.json()["error"]) == (400, True)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"query": 1}', b'{"query": "{viewer{id}}", "variables": 3}']
)
def test_malformed_requests(ben: TestClient, body: bytes) -> None:
    answer = ben.post("/graphql", content=body)
    assert answer.status_code == 400
    assert "expected" in answer.json()["errors"][0]["message"]


def test_a_deleted_run_is_gone(ben: TestClient) -> None:
    made = ben.post(
        "/graphql", json={"query": UPSERT, "variables": {"name": "r1", "project": "p", "entity": "lab"}}
    )
    run_id = made.json()["data"]["upsertBucket"]["bucket"]["id"]
    assert (
        ask(ben, "mutation D($i: ID!) { deleteRun(input: {id: $i}) { clientMutationId } }", i=run_id)[0]
        == 200
    )
    answer = ben.post("/files/lab/p/r1/file_stream", json={})
    assert (answer.status_code, "deleted" in answer.json()["error"]) == (410, True)


def test_a_config_of_ten_megabytes(ben: TestClient) -> None:
    config = json.dumps({"big": {"value": "x" * (10 << 20)}})
    assert upsert(config=config)(ben) == (200, "")
    query = '{ project(name: "p", entityName: "lab") { run(name: "r1") { config } } }'
    assert ben.post("/graphql", json={"query": query}).json()["data"]["project"]["run"]["config"] == config


def test_numbers_that_json_does_not_know(ben: TestClient) -> None:
    upsert()(ben)
    line = '{"_step":0,"a":NaN,"b":Infinity,"c":-Infinity,"d":1}'
    posted = {"files": {"wandb-history.jsonl": {"offset": 0, "content": [line, "{broken"]}}}
    assert ben.post("/files/lab/p/r1/file_stream", json=posted).status_code == 200
    query = """{ project(name: "p", entityName: "lab") { run(name: "r1") {
        history sampledHistory(specs: ["{\\"keys\\":[\\"a\\",\\"b\\",\\"c\\"]}"]) historyKeys } } }"""
    found = ben.post("/graphql", json={"query": query}).json()["data"]["project"]["run"]
    assert "NaN" in found["history"][0]
    assert "{broken" in found["history"][1]
    assert found["sampledHistory"] == [[{"a": "NaN", "b": "Infinity", "c": "-Infinity"}]]
    assert found["historyKeys"]["lastStep"] == 0


def test_an_alias_like_a_version(store: Store, people: People, ben: TestClient) -> None:
    status, message = ask(
        ben,
        "mutation A($i: CreateArtifactInput!) { createArtifact(input: $i) { artifact { id } } }",
        i={
            "entityName": "lab",
            "projectName": "p",
            "artifactTypeName": "t",
            "artifactCollectionName": "n",
            "digest": "d",
            "aliases": [{"alias": "v3", "artifactCollectionName": "n"}],
        },
    )
    assert (status, "'v3'" in message) == (400, True)


def test_bytes_that_are_not_what_was_announced(store: Store, people: People, ben: TestClient) -> None:
    """Nothing is kept, and the version can't be committed; the names of what is missing are said."""
    version = begin_version(store, people.ben, replace(MODEL, digest="d"), NOW)
    _announce(store, people.ben, version, {"a.bin": b"right", "b.bin": b"also"})
    files = """mutation F($i: CreateArtifactFilesInput!) { createArtifactFiles(input: $i) {
        files { edges { node { uploadUrl } } } } }"""
    spec = {"artifactID": wire_id("Artifact", version), "name": "a.bin", "md5": md5_base64(b"right")}
    made = ben.post("/graphql", json={"query": files, "variables": {"i": {"artifactFiles": [spec]}}}).json()
    url = made["data"]["createArtifactFiles"]["files"]["edges"][0]["node"]["uploadUrl"]
    refused = ben.put(url, content=b"wrong")
    assert refused.status_code == 400
    assert md5_hex(b"wrong") in refused.json()["error"]
    commit = "mutation C($i: ID!) { commitArtifact(input: {artifactID: $i}) { artifact { id } } }"
    status, message = ask(ben, commit, i=wire_id("Artifact", version))
    assert status in (400, 409)
    assert "a.bin" in message
    assert "b.bin" in message
    assert ben.put(url, content=b"right").status_code == 200


def _announce(store: Store, viewer: Viewer, version: int, files: dict[str, bytes]) -> None:
    data = manifest_of(files)
    name = "wandb_manifest.json"
    manifest = announce_manifest(
        store, viewer, version, name, NOW, digest=md5_hex(data), kind="FULL", base_version_id=None
    )
    send_manifest(store, viewer, manifest, data)


@pytest.mark.parametrize("token", ["", "abc", "a.b.c"])
def test_changed_links(ben: TestClient, token: str) -> None:
    answer = ben.put(f"/files/@/{token}/a.txt", content=b"x")
    assert answer.status_code in (403, 404)


def test_artifact_addresses_of_absent_bytes(ben: TestClient) -> None:
    for path in (
        "/artifacts/lab/" + "0" * 32,
        "/artifactsV2/default/lab/x/" + "0" * 32 + "/a.bin",
        "/artifactsV2/x",
    ):
        answer = ben.get(path)
        assert (answer.status_code, "error" in answer.json()) == (404, True)
