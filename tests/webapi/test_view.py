"""Stored views over `/api`: whose they are, who may change them, and that nobody overwrites unseen."""

import pytest

from runstone.store.opening import Store
from tests.conftest import People
from tests.web import client_of

SPEC = {"section": {"name": "x", "unheardOf": [1, {"kept": None}]}, "libraryExpanded": True}


@pytest.fixture
def made(store: Store, people: People) -> int:
    """A view that ben has saved in lab/mnist."""
    ben = client_of(store, people.keys["ben"])
    answer = ben.put("/api/views/lab/mnist", json={"display_name": "Losses", "spec": SPEC})
    assert answer.status_code == 201, answer.text
    number: int = answer.json()["id"]
    return number


def test_view_comes_back_as_it_was_stored(store: Store, people: People, made: int) -> None:
    """Unknown parts too; a colleague sees it as not theirs."""
    cy = client_of(store, people.keys["cy"])
    found = cy.get(f"/api/views/{made}").json()
    assert found["spec"] == SPEC
    assert (found["mine"], found["may_write"], found["username"]) == (False, True, "ben")
    assert [one["display_name"] for one in cy.get("/api/views/lab/mnist").json()["views"]] == ["Losses"]


def test_second_writer_is_told(store: Store, people: People, made: int) -> None:
    """Whoever saves on an old revision gets 409, and nothing is lost."""
    ben, cy = client_of(store, people.keys["ben"]), client_of(store, people.keys["cy"])
    seen = ben.get(f"/api/views/{made}").json()["revision"]
    theirs = cy.patch(f"/api/views/{made}", json={"spec": {"by": "cy"}, "revision": seen})
    assert theirs.status_code == 200
    late = ben.patch(f"/api/views/{made}", json={"spec": {"by": "ben"}, "revision": seen})
    assert late.status_code == 409
    assert "changed by somebody else" in late.json()["error"]["message"]
    assert ben.get(f"/api/views/{made}").json()["spec"] == {"by": "cy"}


def test_stranger_sees_and_changes_nothing(store: Store, people: People, made: int) -> None:
    """For eve the view is not there."""
    eve = client_of(store, people.keys["eve"])
    assert eve.get(f"/api/views/{made}").status_code == 404
    assert eve.get("/api/views/lab/mnist").status_code == 404
    assert eve.patch(f"/api/views/{made}", json={"spec": {}}).status_code == 404
    assert eve.delete(f"/api/views/{made}").status_code == 404


def test_deleted_view_is_gone(store: Store, people: People, made: int) -> None:
    """Its author deletes it."""
    ben = client_of(store, people.keys["ben"])
    assert ben.delete(f"/api/views/{made}").status_code == 204
    assert ben.get(f"/api/views/{made}").status_code == 404
