"""What clients say, by HTTP: `ask` a question, `begin` a run in lab/p, `stream` its messages."""

from typing import Any

from starlette.testclient import TestClient

UPSERT = """mutation UpsertBucket($i: UpsertBucketInput!) { upsertBucket(input: $i) { inserted
  bucket { id name displayName description config sweepName tags notes summaryMetrics historyLineCount
           project { id name access entity { id name } } } } }"""
RESUME = """query RunResumeStatus($project: String, $entity: String, $name: String!) {
  model(name: $project, entityName: $entity) { id name entity { id name }
    bucket(name: $name, missingOk: true) { id name summaryMetrics displayName logLineCount historyLineCount
      eventsLineCount historyTail eventsTail config tags notes wandbConfig(keys: ["t"]) } } }"""


def ask(client: TestClient, query: str, **variables: Any) -> Any:
    """The data of an answer without errors."""
    answer = client.post("/graphql", json={"query": query, "variables": variables})
    body = answer.json()
    assert (answer.status_code, body.get("errors")) == (200, None), body
    return body["data"]


def begin(client: TestClient, name: str = "r1", **more: Any) -> Any:
    """The bucket of a run that a client initialises in lab/p, and whether it is new."""
    given = {"name": name, "modelName": "p", "entityName": "lab", **more}
    made = ask(client, UPSERT, i=given)["upsertBucket"]
    return {**made["bucket"], "inserted": made["inserted"]}


def stream(client: TestClient, name: str = "r1", **message: Any) -> Any:
    """The answer to one message of a run's client."""
    answer = client.post(f"/files/lab/p/{name}/file_stream", json=message)
    assert answer.status_code == 200, answer.text
    return answer.json()


def lines(offset: int, *content: str) -> dict[str, Any]:
    """A part of a stream."""
    return {"offset": offset, "content": list(content)}
