"""Law 5 beneath the doors: what the database is asked depends on who asks, in every read with a viewer."""

import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event

from runstone.domain.artifact import EdgeKind
from runstone.domain.filter import All
from runstone.domain.viewer import Viewer
from runstone.store.opening import Store
from runstone.store.reads import Reads
from tests.conftest import NOW, People

pytestmark = pytest.mark.one_database

# What a read is asked with, by the names of its arguments, everything else with 1. Nothing of it is there.
GIVEN: dict[str, Any] = {
    **dict.fromkeys(("project_ids", "run_ids", "ids", "runs", "versions", "media_of", "people"), (1,)),
    "actions": None,
    "media_before": NOW,
    **dict.fromkeys(
        ("text", "name", "path", "client_id", "digest", "md5", "project_name", "run_name", "entity_name"), "x"
    ),
    "before": NOW,
    "condition": All(()),
    "fields": ["notes"],
    "keys": [],
    "kind": EdgeKind.MADE,
    "names": ["x"],
    "positions": [SimpleNamespace(run_id=1)],
}
ASKED_TOO = {
    "runs",
    "versions",
    "media_of",
    "media_before",
}  # arguments that may be left out, and would then find nothing
# People, teams and organizations are known to whoever is signed in; the doors ask for that.
OF_PEOPLE = {
    *("entity_by_id", "entity_named", "members_of", "organization_by_id", "organization_named"),
    *("organizations_of", "teams_of_organization", "user_rows"),
}
# Whoever is signed in, but nobody else.
OF_THE_SIGNED_IN = {"all_organizations", "user", "users_matching"}
OF_ADMINISTRATORS = {"all_users", "database_bytes", "waiting_jobs"}
# The row that was found is judged: none was.
JUDGED_AFTERWARDS = {"project_access", "run_to_write"}


READS = {
    name: read
    for name, read in inspect.getmembers(Reads, inspect.isfunction)
    if not name.startswith("_") and list(inspect.signature(read).parameters)[1:2] == ["viewer"]
}


def questions(store: Store, viewer: Viewer, name: str, read: Callable[..., Any]) -> list[tuple[str, str]]:
    """The statements of a read with their values."""
    words = list(inspect.signature(read).parameters.values())[2:]
    given = {
        one.name: GIVEN.get(one.name, 1)
        for one in words
        if one.kind is not one.VAR_POSITIONAL and (one.default is one.empty or one.name in ASKED_TOO)
    }
    said: list[tuple[str, str]] = []

    def note(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
        said.append((statement, repr(values)))

    with store.reading() as reads:
        event.listen(reads.conn, "before_cursor_execute", note)
        getattr(reads, name)(viewer, **given)
    return said


def test_every_read_asks_for_its_viewer(store: Store, people: People) -> None:
    """A read that forgets its viewer asks the same for everybody."""
    alike: dict[str, set[str]] = {"a stranger": set(), "nobody": set()}
    for name, read in READS.items():
        if name in JUDGED_AFTERWARDS:
            continue
        for who, other in (("a stranger", people.eve), ("nobody", people.nobody)):
            if questions(store, people.ben, name, read) == questions(store, other, name, read):
                alike[who].add(name)
    assert alike["a stranger"] == OF_PEOPLE | OF_THE_SIGNED_IN | OF_ADMINISTRATORS
    assert alike["nobody"] == OF_PEOPLE | OF_ADMINISTRATORS
    for name in OF_ADMINISTRATORS:
        assert questions(store, people.ben, name, READS[name]) == []
        assert questions(store, people.ada, name, READS[name]) != []
