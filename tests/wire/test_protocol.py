"""What every client relies on, by HTTP alone: shapes and rules that no single client version shows whole."""

import base64
import gzip
import json
import math
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from runstone.domain.errors import Busy
from runstone.store.opening import Store
from runstone.wire import filestream, routes
from runstone.wire.graphql import session
from tests.artifacts import manifest_of, md5_base64, md5_hex
from tests.conftest import People
from tests.web import client_of
from tests.wire.talk import RESUME, UPSERT, ask, begin, lines, stream

pytestmark = pytest.mark.one_database

RUN = "{ project(name: %s, entityName: %s) { run(name: %s) { %s } } }"
# What clients before 0.23 look for with `__type` before they send anything.
TYPES = {
    "Query": {"viewer", "model", "project", "artifact", "clientIDMapping", "serverInfo", "view"},
    "Mutation": {"upsertBucket", "createArtifact", "createArtifactFiles", "linkArtifact", "createRunFiles"},
    "ServerInfo": {"cliVersionInfo", "latestLocalVersionInfo", "features", "serverSettings"},
    "Project": {"artifactCollectionMembership", "artifactType", "sweeps", "runs", "internalId"},
    "Run": {"historyKeys", "sampledHistory", "wandbConfig", "stopped", "projectId"},
    "Artifact": {"aliases", "ttlDurationSeconds", "tags", "artifactMemberships", "historyStep"},
    "CreateArtifactInput": {
        *("clientID", "sequenceClientID", "enableDigestDeduplication", "historyStep", "ttlDurationSeconds"),
        *("tags", "artifactCollectionName", "artifactCollectionNames", "distributedID", "storageRegion"),
    },
    "CreateArtifactFileSpecInput": {"uploadPartsInput", "artifactManifestID", "mimetype", "md5"},
    "UseArtifactInput": {"usedAs", "artifactEntityName", "artifactProjectName"},
    "LinkArtifactInput": {"artifactID", "clientID", "artifactPortfolioName", "aliases"},
}
# Each changes what clients do: all that this server can, and none that it can't.
FEATURES_ON = {
    *("STRUCTURED_CONSOLE_LOGS", "FILESTREAM_GZIP", "CLIENT_IDS", "ARTIFACT_TAGS", "LARGE_FILENAMES"),
    *("ARTIFACT_REGISTRY_SEARCH", "ARTIFACT_COLLECTION_MEMBERSHIP_FILES", "MARK_RUN_FILES_UPLOADED"),
    "ARTIFACT_COLLECTION_MEMBERSHIP_FILE_DOWNLOAD_HANDLER",
    "ARTIFACT_V2_DOWNLOAD_HANDLER_SUPPORTS_ARTIFACT_ID",
    "USE_ARTIFACT_WITH_ENTITY_AND_PROJECT_INFORMATION",
    "PROJECT_ARTIFACT_COLLECTION_MEMBERSHIP",
    "ARTIFACT_MEMBERSHIP_IN_LINK_ARTIFACT_RESPONSE",
    "INCLUDE_ARTIFACT_TYPES_IN_REGISTRY_CREATION",
    *("TOTAL_COUNT_IN_FILE_CONNECTION", "ARTIFACT_COLLECTIONS_FILTERING_SORTING", "SWEEPS_QUERY_FILTERING"),
}


def test_who_asks_and_what_the_server_is(ben: TestClient, store: Store, people: People) -> None:
    asked = "{ viewer { id entity username email flags teams { edges { node { name } } } } }"
    viewer = ask(ben, asked)["viewer"]
    assert (viewer["entity"], viewer["username"]) == ("ben", "ben")
    assert json.loads(viewer["flags"]) == {}  # with a code_saving_enabled clients would send code unasked
    assert {one["node"]["name"] for one in viewer["teams"]["edges"]} == {"ben", "lab"}
    info = ask(
        ben,
        "{ serverInfo { cliVersionInfo features { name isEnabled } latestLocalVersionInfo { outOfDate "
        "latestVersionString versionOnThisInstanceString } } }",
    )["serverInfo"]
    assert info["cliVersionInfo"] == {"min_cli_version": "0.13.0", "max_cli_version": "99.0.0"}
    assert info["latestLocalVersionInfo"]["outOfDate"] is False
    assert {one["name"] for one in info["features"] if one["isEnabled"]} == FEATURES_ON
    bearer = client_of(store)
    bearer.headers["Authorization"] = f"Bearer {people.keys['ben']}"
    assert ask(bearer, asked)["viewer"]["username"] == "ben"
    own = ask(
        ben,
        '{ entity(name: "ben") { xxhashDigestsEnabled user { organizations { name orgEntity { name } } } '
        "organization { coreWeaveOrganizationId } } }",
    )["entity"]
    assert own["xxhashDigestsEnabled"] is False
    assert (own["organization"] or {}).get("coreWeaveOrganizationId") is None


def test_what_old_clients_look_for_before_they_send(ben: TestClient) -> None:
    words = "query T($n: String!) { __type(name: $n) { fields { name } inputFields { name } } }"
    for name, wanted in TYPES.items():
        found = ask(ben, words, n=name)["__type"]
        assert wanted <= {one["name"] for one in found["fields"] or found["inputFields"]}, name


def test_variables_are_taken_as_clients_send_them(ben: TestClient) -> None:
    """Undeclared ones, one value for a list, none at all, an operation without a name."""
    begin(ben)
    stream(ben, files={"wandb-history.jsonl": lines(0, '{"_step":0,"a":1}')})
    sampled = """query Q($specs: [JSONString!]!) { project(name: "p", entityName: "lab") {
        run(name: "r1") { sampledHistory(specs: $specs) } } }"""
    found = ask(ben, sampled, specs='{"keys": ["a"]}', locked=True)
    assert found["project"]["run"]["sampledHistory"] == [[{"a": 1}]]
    body = {"query": "{ viewer { username } }", "operationName": ""}
    assert ben.post("/graphql", json=body).json() == {"data": {"viewer": {"username": "ben"}}}


def test_what_initialising_a_run_keeps_and_changes(ben: TestClient) -> None:
    config = '{"lr": {"value": 0.1}, "_wandb": {"value": {"t": {"5": "0.31.0"}}}}'
    first = begin(ben, config=config, tags=["a", "b"], notes="n", summaryMetrics='{"x": 1}')
    assert (first["inserted"], first["historyLineCount"], first["sweepName"]) == (True, 0, None)
    assert (first["project"]["name"], first["project"]["entity"]["name"]) == ("p", "lab")
    assert (first["project"]["access"], bool(first["displayName"])) == ("PRIVATE", True)
    again = begin(ben, displayName="named")
    kept = ("id", "config", "tags", "notes", "summaryMetrics")
    assert [again[key] for key in kept] == [first[key] for key in kept]
    assert (again["inserted"], again["displayName"]) == (False, "named")
    given = {"id": first["id"], "tags": [], "summaryMetrics": '{"y": 2}', "config": "{}"}
    changed = ask(ben, UPSERT, i=given)["upsertBucket"]["bucket"]
    assert [changed[key] for key in ("name", "tags", "summaryMetrics", "config")] == [
        "r1",
        [],
        '{"y": 2}',
        "{}",
    ]
    for entity in (None, ""):
        home = ask(ben, UPSERT, i={"name": "r2", "entityName": entity})["upsertBucket"]["bucket"]["project"]
        assert (home["name"], home["entity"]["name"]) == ("uncategorized", "ben")


def test_what_resuming_asks_for(ben: TestClient) -> None:
    """A run that an agent or a person made from outside does not count as begun."""
    asked = {"project": "p", "entity": "lab", "name": "r1"}
    assert ask(ben, RESUME, **asked)["model"] is None
    begin(ben, "other")
    assert ask(ben, RESUME, **asked)["model"]["bucket"] is None
    begin(ben)
    assert "t" not in json.loads(ask(ben, RESUME, **asked)["model"]["bucket"]["wandbConfig"])
    begin(ben, config='{"lr": {"value": 1}, "_wandb": {"value": {"t": {"5": "0.31.0"}, "m": []}}}')
    stream(
        ben,
        files={
            "wandb-history.jsonl": lines(0, '{"_step":0,"a":1}', '{"_step":4,"_runtime":2.5,"a":2}'),
            "wandb-events.jsonl": lines(0, '{"system.cpu":1,"_runtime":3}'),
            "output.log": lines(0, "x", "y", "z"),
        },
    )
    found = ask(ben, RESUME, **asked)["model"]["bucket"]
    counts = ("historyLineCount", "eventsLineCount", "logLineCount")
    assert [found[key] for key in counts] == [2, 1, 3]
    assert json.loads(found["wandbConfig"]) == {"t": {"5": "0.31.0"}}
    assert json.loads(json.loads(found["historyTail"])[-1])["_step"] == 4
    assert json.loads(json.loads(found["eventsTail"])[-1])["_runtime"] == 3


def test_stop_is_told_on_both_channels(ben: TestClient) -> None:
    run = begin(ben)
    asked = RUN % ('"p"', '"lab"', '"r1"', "stopped state")
    assert (stream(ben)["stopped"], ask(ben, asked)["project"]["run"]["stopped"]) == (False, False)
    done = ask(ben, "mutation S($id: ID!) { stopRun(input: {id: $id}) { success } }", id=run["id"])
    assert done["stopRun"]["success"] is True
    told = stream(ben)
    assert told == {"exitcode": None, "limits": {}, "stopped": True}
    assert ask(ben, asked)["project"]["run"] == {"stopped": True, "state": "running"}


def test_streams_of_a_run_that_nobody_initialised(ben: TestClient) -> None:
    """It is made, not refused: a 404 would lose data. Packed, repeated, with a gap, and lines rewritten."""
    begin(ben, "other")
    message = {"files": {"wandb-history.jsonl": lines(0, '{"_step":0,"nest":{"x":1},"a.b":2}')}}
    packed = gzip.compress(json.dumps(message).encode())
    for _ in "twice":
        answer = ben.post(
            "/files/lab/p/new/file_stream", content=packed, headers={"Content-Encoding": "gzip"}
        )
        assert answer.status_code == 200, answer.text
    stream(ben, "new", files={"wandb-history.jsonl": lines(5, '{"_step":9,"nest":{"x":3}}')})
    stream(ben, "new", files={"output.log": lines(0, "10%", "next")})
    stream(ben, "new", files={"output.log": lines(0, "100%")})
    stream(ben, "new", complete=True, exitcode=3)
    wanted = """state exitcode historyLineCount historyKeys history(minStep: 0, maxStep: 10) projectId
        sampledHistory(specs: ["{\\"keys\\": [\\"_step\\", \\"nest.x\\", \\"_step\\"]}"])
        parquetHistory(liveKeys: ["_step"]) { parquetUrls liveData }
        logLines(last: 9) { edges { node { number line } } }"""
    found = ask(ben, RUN % ('"p"', '"lab"', '"new"', wanted))["project"]["run"]
    assert (found["state"], found["exitcode"], found["historyLineCount"]) == ("failed", 3, 6)
    assert int(found["projectId"]) > 0
    assert [json.loads(one)["_step"] for one in found["history"]] == [0, 9]
    assert found["historyKeys"]["lastStep"] == 9
    assert found["historyKeys"]["keys"]["nest.x"]["previousValue"] == 3
    assert found["sampledHistory"] == [[{"_step": 0, "nest.x": 1}, {"_step": 9, "nest.x": 3}]]
    assert found["parquetHistory"] == {"parquetUrls": [], "liveData": [{"_step": 0}]}
    printed = [(one["node"]["number"], one["node"]["line"]) for one in found["logLines"]["edges"]]
    assert printed == [(0, "100%"), (1, "next")]


RUNS = """query Runs($filters: JSONString, $order: String) { project(name: "p", entityName: "lab") {
  runCount(filters: $filters)
  runs(filters: $filters, order: $order, first: 9) { edges { node { name } } } } }"""
MATCHING: list[dict[str, Any]] = [
    {"config.lr": 0.1},
    {"config.lr.value": {"$gt": 0.05, "$lte": 0.1}},
    {"config.net.width": {"$in": [8, 9]}},
    {"summary_metrics.loss": {"$lt": 1}},
    {"summary_metrics.best.min": {"$gte": 0.5}},
    {"state": "finished"},
    {"name": "r1"},
    {"display_name": {"$regex": "^first"}},
    {"displayName": "first one"},
    {"tags": "blue"},
    {"tags": {"$in": ["red", "blue"]}},
    {"group": "g"},
    {"jobType": "train"},
    {"job_type": {"$ne": "test"}},
    {"createdAt": {"$gte": "2026-02-28T00:00:00"}},
    {"created_at": {"$lt": "2026-03-02"}},
    {"username": "ben"},
    {"host": "box"},
    {"$and": [{"state": "finished"}, {"group": "g"}]},
    {"$not": {"group": "h"}},
    {"$or": [{"group": "h"}, {"host": "box"}]},
    {"$nor": [{"group": "h"}]},
    {"config.lr": {"$exists": True}},
    {"config.absent": {"$exists": False}},
    {"name": {"$nin": ["r2"]}},
    {"state": {"$eq": "finished"}, "group": "g"},
]
COLUMNS = (
    *("created_at", "heartbeat_at", "display_name", "duration", "summary_metrics.loss", "config.lr"),
    "config.lr.value",
)


def test_filters_and_orders_of_runs(ben: TestClient) -> None:
    """Each notation that clients write; what is found is told from its opposite."""
    begin(
        ben,
        config='{"lr": {"value": 0.1}, "net": {"value": {"width": 8}}}',
        summaryMetrics='{"loss": 0.5, "best": {"min": 0.5}}',
        displayName="first one",
        tags=["blue"],
        groupName="g",
        jobType="train",
        host="box",
    )
    stream(ben, complete=True, exitcode=0)
    for wanted in MATCHING:
        for filters, count in ((wanted, 1), ({"$nor": [wanted]}, 0)):
            found = ask(ben, RUNS, filters=json.dumps(filters))["project"]
            assert (found["runCount"], len(found["runs"]["edges"])) == (count, count), filters
    begin(ben, "r2", config='{"lr": {"value": 0.2}}', summaryMetrics='{"loss": 0.7}', displayName="second")
    for column in COLUMNS:
        up, down = (
            [
                one["node"]["name"]
                for one in ask(ben, RUNS, order=f"{sign}{column}")["project"]["runs"]["edges"]
            ]
            for sign in "+-"
        )
        assert sorted(up) == sorted(down) == ["r1", "r2"]
        if column not in ("created_at", "heartbeat_at", "duration"):  # the clock stands still
            assert (up, down) == (["r1", "r2"], ["r2", "r1"]), column


def test_files_of_a_run_by_every_door(ben: TestClient, store: Store, people: People) -> None:
    begin(ben)
    make = """mutation C($files: [String!]!) { createRunFiles(input: {entityName: "lab", projectName: "p",
        runName: "r1", files: $files}) { runID uploadHeaders files { name uploadUrl } } }"""
    names = ["media/a b%#.txt", "plain.txt"]
    made = ask(ben, make, files=names)["createRunFiles"]
    assert (made["uploadHeaders"], [one["name"] for one in made["files"]]) == ([], names)
    signed_out = client_of(store)
    assert all(one["uploadUrl"].startswith("http://runs.test/") for one in made["files"])
    about = {"query": make, "variables": {"files": ["x"]}}
    called = ben.post("/graphql", json=about, headers={"Host": "box.test:81"}).json()["data"][
        "createRunFiles"
    ]
    assert called["files"][0]["uploadUrl"].startswith(
        "http://box.test:81/"
    )  # as this client calls the server
    for client, one in zip((signed_out, ben), made["files"], strict=True):
        assert client.put(one["uploadUrl"], content=b"12345").status_code == 200
    old = """query RunUploadUrls($files: [String!]!) { model(name: "p", entityName: "lab") {
        bucket(name: "r1", desc: "") { id files(names: $files) { uploadHeaders edges { node {
        name url(upload: true) updatedAt } } } } } }"""
    (slot,) = ask(ben, old, files=["old.txt"])["model"]["bucket"]["files"]["edges"]
    assert signed_out.put(slot["node"]["url"], content=b"old").status_code == 200
    listed = """query F($names: [String], $pattern: String) { project(name: "p", entityName: "lab") {
        internalId run(name: "r1") { fileCount files(names: $names, pattern: $pattern) {
        edges { node { id name url directUrl sizeBytes md5 } } } } } }"""

    def found(**asked: Any) -> dict[str, Any]:
        run = ask(ben, listed, **asked)["project"]["run"]
        return {one["node"]["name"]: one["node"] for one in run["files"]["edges"]}

    assert sorted(found()) == [*names[:1], "old.txt", "plain.txt"]
    assert (list(found(pattern="media/%")), found(names=["absent"])) == (names[:1], {})
    file = found()[names[0]]
    assert (file["sizeBytes"], file["md5"]) == (5, md5_base64(b"12345"))
    assert (ben.get(file["url"]).content, signed_out.get(file["directUrl"]).content) == (b"12345", b"12345")
    part = signed_out.get(file["directUrl"], headers={"Range": "bytes=1-3"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"234", "bytes 1-3/5")
    asks = {"Origin": "http://elsewhere.test", "Access-Control-Request-Method": "GET"}
    assert "access-control-allow-origin" in signed_out.options(file["url"], headers=asks).headers
    gone = "mutation D($f: [ID!]!) { deleteFiles(input: {files: $f, projectId: 1}) { success } }"
    assert ask(ben, gone, f=[file["id"]])["deleteFiles"]["success"] is True
    assert sorted(found()) == ["old.txt", "plain.txt"]
    assert signed_out.post("/sdk/otel/v1/metrics", content=b"x").status_code == 204


FILES = {"b.bin": b"bbb", "a/a.bin": b"aa", "same.bin": b"bbb"}
CREATE = """mutation A($i: CreateArtifactInput!) { createArtifact(input: $i) { artifact {
  id state digest artifactSequence { id latestArtifact { id } } } } }"""
MANIFEST = """mutation M($i: CreateArtifactManifestInput!) { createArtifactManifest(input: $i) {
  artifactManifest { id file { id uploadUrl uploadHeaders directUrl } } } }"""
SEND = """mutation F($i: CreateArtifactFilesInput!) { createArtifactFiles(input: $i) { files { edges { node {
  name displayName storagePath uploadUrl uploadHeaders uploadMultipartUrls { uploadID } } } } } }"""
MAPPING = "query M($c: ID!) { clientIDMapping(clientID: $c) { serverID } }"
LINK = """mutation L($i: LinkArtifactInput!) { linkArtifact(input: $i) { versionIndex artifactMembership {
  versionIndex aliases { alias } } } }"""
COMMIT = "mutation C($i: ID!) { commitArtifact(input: {artifactID: $i}) { artifact { id digest } } }"
READ = """query R($name: String!) { project(name: "p", entityName: "lab") {
  artifactCollectionMembership(name: $name) { versionIndex createdAt aliases { alias } artifact {
    id state versionIndex size fileCount ttlDurationSeconds ttlIsInherited
    aliases { id alias artifactCollection { name project { name entityName } } }
    createdBy { __typename ... on Run { name } } currentManifest { file { directUrl } }
    artifactSequence { name } files { totalCount edges { node { name directUrl } } } } } } }"""


def log(client: TestClient, run: str, alias: str, files: dict[str, bytes], **more: Any) -> tuple[str, Any]:
    """A version logged as clients do; its id, and what `createArtifact` said."""
    manifest = manifest_of(files)
    listed = "".join(f"{path}:{md5_base64(data)}\n" for path, data in sorted(files.items()))
    digest = md5_hex(b"wandb-artifact-manifest-v1\n" + listed.encode())
    given: dict[str, Any] = {
        "entityName": "lab",
        "projectName": "p",
        "runName": run,
        "artifactTypeName": "data",
        "artifactCollectionName": "set",
        "digest": digest,
        "enableDigestDeduplication": True,
        "aliases": [{"alias": one, "artifactCollectionName": "set"} for one in (alias, "latest")],
        **more,
    }
    said = ask(client, CREATE, i=given)["createArtifact"]["artifact"]
    if said["state"] == "COMMITTED":
        return said["id"], said
    about = {"artifactID": said["id"], "name": "wandb_manifest.json", "entityName": "lab", "projectName": "p"}
    first = ask(client, MANIFEST, i={**about, "digest": ""})["createArtifactManifest"]["artifactManifest"]
    specs = [
        {"artifactID": said["id"], "artifactManifestID": first["id"], "name": path, "md5": md5_base64(data)}
        for path, data in files.items()
    ]
    sent = ask(client, SEND, i={"artifactFiles": specs, "storageLayout": "V2"})["createArtifactFiles"]
    nodes = [one["node"] for one in sent["files"]["edges"]]
    assert [one["name"] for one in nodes] == [one["displayName"] for one in nodes] == list(files)
    assert all(one["storagePath"] and one["uploadHeaders"] == [] for one in nodes)
    for one in nodes:
        if one["uploadUrl"] is not None:
            assert client.put(one["uploadUrl"], content=files[one["name"]]).headers["etag"]
    said["sent"] = [one["name"] for one in nodes if one["uploadUrl"] is not None]
    now = {**about, "digest": md5_base64(manifest)}
    second = ask(client, MANIFEST, i=now)["createArtifactManifest"]["artifactManifest"]
    assert second["id"] == first["id"]
    assert client.put(second["file"]["uploadUrl"], content=manifest).status_code == 200
    for _ in "twice":
        assert ask(client, COMMIT, i=said["id"])["commitArtifact"]["artifact"]["digest"] == digest
    return said["id"], said


def test_a_version_from_its_digest_to_its_bytes(ben: TestClient, store: Store, people: People) -> None:
    begin(ben)
    absent = 'query T { project(name: "%s", entityName: "lab") { artifact(name: "set:latest") { id } } }'
    assert ask(ben, absent % "p")["project"] == {"artifact": None}
    assert ask(ben, absent % "nowhere") == {"project": None}
    first, said = log(ben, "r1", "good", FILES, clientID="c1", sequenceClientID="s1")
    assert (said["state"], said["sent"]) == ("PENDING", ["b.bin", "a/a.bin"])  # equal bytes travel once
    base64.b64decode(first, validate=True)  # clients turn it into hex and back
    assert ask(ben, MAPPING, c="c1")["clientIDMapping"]["serverID"] == first
    assert ask(ben, MAPPING, c="s1")["clientIDMapping"]["serverID"] == said["artifactSequence"]["id"]
    begin(ben, "r2")
    again, repeated = log(ben, "r2", "same", FILES)
    assert (again, repeated["state"]) == (first, "COMMITTED")
    second, said = log(ben, "r2", "good", {**FILES, "c.bin": b"c"})
    assert (said["sent"], said["artifactSequence"]["latestArtifact"]["id"]) == (["c.bin"], first)
    place = {"artifactID": first, "artifactPortfolioName": "NET", "entityName": "lab"}
    given = {**place, "projectName": "model-registry", "aliases": []}
    assert ask(ben, LINK, i=given)["linkArtifact"]["versionIndex"] == 0
    member = ask(ben, READ, name="set:v0")["project"]["artifactCollectionMembership"]
    assert {one["alias"] for one in member["aliases"]} == {"v0", "same"}  # the others have moved on
    version = member["artifact"]
    numbered = [one for one in version["aliases"] if one["alias"] in ("v0", "v1")]
    homes = [(one["alias"], one["artifactCollection"]["name"]) for one in numbered]
    assert sorted(homes) == [("v0", "NET"), ("v0", "set")]  # one for each collection that holds it
    assert (version["ttlDurationSeconds"], version["ttlIsInherited"]) == (-2, True)
    assert (version["size"], version["fileCount"], version["versionIndex"]) == (8, 3, 0)
    assert version["createdBy"] == {"__typename": "Run", "name": "r1"}
    signed_out = client_of(store)
    for one in version["files"]["edges"]:
        assert signed_out.get(one["node"]["directUrl"]).content == FILES[one["node"]["name"]]
    manifest = signed_out.get(version["currentManifest"]["file"]["directUrl"]).json()
    assert set(manifest["contents"]) == set(FILES)
    digest, quoted = md5_hex(b"bbb"), first.replace("=", "%3D")
    for path in (
        f"/artifacts/lab/{digest}",
        f"/artifactsV2/default/lab/{quoted}/{digest}/b.bin",
        f"/artifactsV2/default/lab/p/set/{quoted}/{digest}/b.bin",
        f"/artifactsV2/default/lab/p/set/{quoted}/{quoted}/{digest}/b.bin",
    ):
        assert ben.get(path).content == b"bbb", path
        assert client_of(store, people.keys["eve"]).get(path).status_code == 404, path
    delete = """mutation D($i: ID!, $a: Boolean) {
        deleteArtifact(input: {artifactID: $i, deleteAliases: $a}) { artifact { id } } }"""
    named = ben.post("/graphql", json={"query": delete, "variables": {"i": second, "a": False}})
    assert "alias" in named.json()["errors"][0]["message"]
    ask(ben, delete, i=second, a=True)
    assert log(ben, "r2", "good", {"d": b"d"})[1]["artifactSequence"]["latestArtifact"]["id"] == first
    assert ask(ben, READ, name="set:latest")["project"]["artifactCollectionMembership"]["versionIndex"] == 2


def test_a_version_that_is_about_to_be_created(ben: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients log versions side by side, refer to one and link one that is not created yet."""
    begin(ben)
    link = {
        "clientID": "c2",
        "artifactPortfolioName": "NET",
        "entityName": "lab",
        "projectName": "model-registry",
        "aliases": [{"artifactCollectionName": "NET", "alias": "x"}],
    }
    with ThreadPoolExecutor(2) as aside:
        early = [aside.submit(ask, ben, MAPPING, c="c2"), aside.submit(ask, ben, LINK, i=link)]
        time.sleep(0.5)
        assert not any(one.done() for one in early)
        made, _ = log(ben, "r1", "good", {"a": b"a"}, clientID="c2")
        mapped, linked = (one.result() for one in early)
    assert mapped["clientIDMapping"]["serverID"] == made
    assert linked["linkArtifact"]["versionIndex"] == 0
    monkeypatch.setattr(routes, "EARLY_S", 0.3)
    began = time.monotonic()
    assert ask(ben, MAPPING, c="nobody's") == {"clientIDMapping": None}
    assert time.monotonic() - began > 0.3
    given = {"i": {**link, "clientID": "nobody's"}}
    answer = ben.post("/graphql", json={"query": LINK, "variables": given})
    assert (answer.status_code, "clientID" in answer.text) == (400, True)
    twice = {"query": 'query M { a: clientIDMapping(clientID: "n") { serverID } viewer { id } }'}
    monkeypatch.setattr(routes, "EARLY_S", 60.0)
    assert ben.post("/graphql", json=twice).json()["data"]["a"] is None  # not alone: answered at once


def test_a_process_that_shares_its_run(ben: TestClient) -> None:
    given = {"name": "r1", "modelName": "p", "entityName": "lab", "host": "box"}
    body = {"query": UPSERT, "variables": {"i": given}}
    known = {"X-WANDB-USE-ASYNC-FILESTREAM": "true", "X-WANDB-CLIENT-ID": "a"}
    assert ben.post("/graphql", json=body, headers=known).status_code == 200
    printed = lines(0, '{"ts": "t", "content": "hello", "label": "rank 0"}')
    message = {"files": {"output.log": printed, "wandb-history.jsonl": lines(7, '{"loss": 1}')}}
    streamed = {"X-WANDB-USE-ASYNC-FILESTREAM": "true", "X-WANDB-ASYNC-CLIENT-ID": "a"}
    for _ in range(2):
        assert ben.post("/files/lab/p/r1/file_stream", json=message, headers=streamed).status_code == 200
    log_lines = "logLines(first: 9) { edges { node { line label } } } historyLineCount"
    run = ask(ben, RUN % ('"p"', '"lab"', '"r1"', log_lines))["project"]["run"]
    assert run["logLines"]["edges"] == [{"node": {"line": "hello", "label": "rank 0"}}]
    assert run["historyLineCount"] == 1


def test_the_summary_of_a_client_that_keeps_none(ben: TestClient) -> None:
    """`x_server_side_derived_summary`: what it says itself, and the last value of each key that it logs."""
    begin(ben)
    says = {"X-WANDB-SERVER-SIDE-DERIVED-SUMMARY": "true"}
    rows = lines(0, '{"_step": 0, "loss": 1, "deep": {"a": 1}}', '{"_step": 1, "loss": NaN, "acc": 0.5}')
    files = {"wandb-history.jsonl": rows, "wandb-summary.json": lines(0, '{"best": 3}')}
    for message in (
        {"files": files},
        {"files": {"wandb-history.jsonl": lines(2, '{"_step": 2, "acc": 0.7}')}},
    ):
        assert ben.post("/files/lab/p/r1/file_stream", json=message, headers=says).status_code == 200
    said = ask(ben, RUN % ('"p"', '"lab"', '"r1"', "summaryMetrics"))["project"]["run"]["summaryMetrics"]
    known = json.loads(said)
    assert math.isnan(known.pop("loss"))
    assert known == {"best": 3, "_step": 2, "acc": 0.7, "deep": {"a": 1}}


def test_alerts_within_the_waiting_time_are_one(ben: TestClient, store: Store, people: People) -> None:
    begin(ben)
    send = """mutation N($title: String!, $severity: AlertSeverity = INFO, $wait: Duration) {
        notifyScriptableRunAlert(input: {entityName: "lab", projectName: "p", runName: "r1", title: $title,
        text: "t", severity: $severity, waitDuration: $wait}) { success } }"""
    for title, wait in (("high", 60000), ("high", 60000), ("low", 60000), ("high", 0)):
        assert ask(ben, send, title=title, wait=wait)["notifyScriptableRunAlert"]["success"] is True
    with store.reading() as reads:
        kept = sorted(one.title for one in reads.alerts(people.ben, 1))
    assert kept == ["high", "high", "low"]


def test_ids_of_reports_and_projects_are_base64(ben: TestClient) -> None:
    begin(ben)
    save = "mutation V($i: UpsertViewInput!) { upsertView(input: $i) { inserted view { id type spec } } }"
    home = {"entityName": "lab", "projectName": "p", "spec": "{}", "createdUsing": "WANDB_SDK"}
    report = ask(ben, save, i={**home, "type": "runs", "displayName": "one"})["upsertView"]
    assert report["inserted"] is True
    assert base64.b64decode(report["view"]["id"], validate=True).startswith(b"View:")
    ask(ben, save, i={**home, "type": "runs/draft", "displayName": "two"})
    ask(ben, save, i={**home, "type": "project-view", "name": "nw-abc-v", "displayName": "three"})
    views = """query P($type: String, $name: String) { project(name: "p", entityName: "lab") { internalId
        allViews(viewType: $type, viewName: $name) { edges { node { displayName } } } } }"""
    for kind, name, expected in (("runs", None, "one"), ("project-view", "nw-abc-v", "three")):
        found = ask(ben, views, type=kind, name=name)["project"]
        assert [one["node"]["displayName"] for one in found["allViews"]["edges"]] == [expected]
    number = base64.b64decode(found["internalId"], validate=True).decode()
    assert number.startswith("ProjectInternalId:")


def test_small_questions_have_answers(ben: TestClient, store: Store, people: People) -> None:
    begin(ben)
    log(ben, "r1", "good", FILES)
    run = ask(ben, RUN % ('"p"', '"lab"', '"r1"', "displayName summaryMetrics readOnly"))["project"]["run"]
    assert (run["summaryMetrics"], run["readOnly"]) == ("{}", False)
    asked = """{ project(name: "p", entityName: "lab") { id readOnly artifactType(name: "data") {
        artifactCollection(name: "set") { id __typename defaultArtifactType { name } } } } }"""
    project = ask(ben, asked)["project"]
    assert project["readOnly"] is False
    found = project["artifactType"]["artifactCollection"]
    assert (found["__typename"], found["defaultArtifactType"]["name"]) == ("ArtifactSequence", "data")
    move = """mutation M($id: ID!) { moveArtifactSequence(input: {artifactSequenceID: $id,
        destinationArtifactTypeName: "model"}) { artifactCollection { id } } }"""
    ask(ben, move, id=found["id"])
    assert ask(ben, asked.replace("data", "model"))["project"]["artifactType"]["artifactCollection"] == {
        **found,
        "defaultArtifactType": {"name": "model"},
    }
    parts = [{"partNumber": i, "hexMD5": md5_hex(b"x")} for i in (1, 2)]
    given = {"artifactCollectionName": "huge", "artifactTypeName": "data", "digest": "d", "projectName": "p"}
    version = ask(ben, CREATE, i={**given, "entityName": "lab"})["createArtifact"]["artifact"]["id"]
    spec = {"artifactID": version, "name": "h", "md5": md5_base64(b"h"), "uploadPartsInput": parts}
    (node,) = ask(ben, SEND, i={"artifactFiles": [spec]})["createArtifactFiles"]["files"]["edges"]
    assert node["node"]["uploadMultipartUrls"] is None  # a folder takes it in one piece
    assert node["node"]["uploadUrl"]
    rename = """mutation R { renameProject(input: {entityName: "lab", oldProjectName: "p",
        newProjectName: "q"}) { project { name } } }"""
    boss = client_of(store, people.keys["ada"])
    assert ask(boss, rename)["renameProject"]["project"]["name"] == "q"
    ask(boss, "mutation D($id: String!) { deleteModel(input: {id: $id}) { success } }", id=project["id"])
    assert ask(ben, '{ project(name: "q", entityName: "lab") { id } }') == {"project": None}


def test_busy_is_said_with_when_to_come_again(ben: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: Any) -> None:
        raise Busy("so much to do", 7)

    monkeypatch.setattr(filestream, "receive", busy)
    monkeypatch.setattr(session, "wire_id", busy)
    for answer in (
        ben.post("/files/lab/p/r1/file_stream", json={}),
        ben.post("/graphql", json={"query": "{ viewer { id } }"}),
    ):
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
        assert "so much to do" in answer.text
