"""`/api/reports`: documents come back as they came, and nobody overwrites somebody by accident."""

import json

from runstone.actions.project import create_project
from runstone.actions.view import save_view
from runstone.store.opening import Store
from tests.conftest import NOW, People
from tests.web import client_of

AT = "/api/reports/lab/mnist"
SPEC = {"version": 5, "blocks": [{"type": "from-the-future", "deep": [1, {"a": None}]}], "odd": True}


def test_unknown_blocks_come_back_as_they_came(store: Store, people: People) -> None:
    create_project(store, people.ben, "lab", "mnist", NOW)
    client = client_of(store, people.keys["cy"])
    made = client.post(AT, json={"title": "A b/c", "spec": SPEC}).json()
    assert made["slug"].startswith("A-b-c--")
    found = client.get(f"{AT}/{made['id']}").json()
    assert (found["spec"], found["title"], found["may_write"]) == (SPEC, "A b/c", True)
    assert [one["id"] for one in client.get(AT).json()["reports"]] == [made["id"]]


# As the public client writes a grid: floats that are whole, a number that no browser holds, nulls.
GRID = {
    "type": "panel-grid",
    "children": [{"text": "", "inlineCode": None}],
    "metadata": {"deep": [{"smoothing": 1.0, "id": 12345678901234567890, "none": None, "flag": True}]},
}


def test_untouched_blocks_keep_every_digit(store: Store, people: People) -> None:
    """A browser sends numbers in its own way; what it did not change stays as it was stored."""
    create_project(store, people.ben, "lab", "mnist", NOW)
    client = client_of(store, people.keys["cy"])
    future = {"type": "from-the-future", "z": 2.0, "a": [0.1, 1e300, -3]}
    spec = {"version": 5, "panelSettings": {"x": 3.0}, "blocks": [GRID, future]}
    made = client.post(AT, json={"title": "one", "spec": spec}).json()
    text = json.dumps(spec)
    said_as = {"1.0": "1", "2.0": "2", "3.0": "3", "45678901234567890": "45678901234567000"}
    for stored, said in said_as.items():
        text = text.replace(stored, said)
    as_browser = json.loads(text)
    grid, other = as_browser["blocks"]
    sent = {**as_browser, "blocks": [other, {"type": "paragraph", "children": [{"text": "new"}]}, grid]}
    client.put(f"{AT}/{made['id']}", json={"spec": sent, "revision": made["revision"]})
    with store.reading() as reads:
        row = reads.view(people.ben, made["id"])
    assert row is not None
    new = {"type": "paragraph", "children": [{"text": "new"}]}
    assert row.spec == json.dumps({**spec, "blocks": [future, new, GRID]})


def test_the_second_of_two_editors_is_told(store: Store, people: People) -> None:
    create_project(store, people.ben, "lab", "mnist", NOW)
    client = client_of(store, people.keys["cy"])
    made = client.post(AT, json={"title": "one", "spec": SPEC}).json()
    body = {"title": "two", "revision": made["revision"]}
    assert client.put(f"{AT}/{made['id']}", json=body).status_code == 200
    refused = client.put(f"{AT}/{made['id']}", json={**body, "title": "three"})
    assert refused.status_code == 409
    assert "somebody else" in refused.text
    assert client.put(f"{AT}/{made['id']}", json={"title": "three"}).json()["title"] == "three"


def test_drafts_are_for_those_who_write(store: Store, people: People) -> None:
    create_project(store, people.ben, "lab", "mnist", NOW, visibility="public")
    writer, reader = client_of(store, people.keys["cy"]), client_of(store, people.keys["eve"])
    made = writer.post(AT, json={"title": "one", "spec": SPEC}).json()
    writer.post(AT, json={"title": "one", "spec": SPEC, "draft_of": made["id"]})
    assert len(writer.get(AT).json()["reports"]) == 2
    assert [one["id"] for one in reader.get(AT).json()["reports"]] == [made["id"]]
    assert reader.put(f"{AT}/{made['id']}", json={"title": "mine"}).status_code == 403
    assert reader.delete(f"{AT}/{made['id']}").status_code == 403
    assert writer.delete(f"{AT}/{made['id']}").status_code == 200
    assert writer.get(f"{AT}/{made['id']}").status_code == 404


def test_only_reports_are_reports(store: Store, people: People) -> None:
    create_project(store, people.ben, "lab", "mnist", NOW)
    view, _ = save_view(
        store, people.ben, NOW, entity_name="lab", project_name="mnist", type="project-view", spec="{}"
    )
    client = client_of(store, people.keys["cy"])
    assert client.get(f"{AT}/{view}").status_code == 404
    assert client_of(store, people.keys["eve"]).get(AT).status_code == 404


def test_publishing_ends_the_writers_own_drafts(store: Store, people: People) -> None:
    create_project(store, people.ben, "lab", "mnist", NOW)
    cy, ben = client_of(store, people.keys["cy"]), client_of(store, people.keys["ben"])
    made = cy.post(AT, json={"title": "one", "spec": SPEC}).json()
    for writer in (cy, ben):
        writer.post(AT, json={"title": "draft", "spec": SPEC, "draft_of": made["id"]})
    stale = {"title": "two", "revision": made["revision"] + 7, "ends_drafts": True}
    assert cy.put(f"{AT}/{made['id']}", json=stale).status_code == 409
    assert len(cy.get(AT).json()["reports"]) == 3, "a refused publication keeps the drafts"
    cy.put(f"{AT}/{made['id']}", json={**stale, "revision": made["revision"]})
    assert {(one["title"], one["user"]) for one in cy.get(AT).json()["reports"]} == {
        ("two", "cy"),
        ("draft", "ben"),
    }
