"""Time passes: versions expire, deleted ones give their bytes back, and what somebody needs stays."""

from dataclasses import replace
from datetime import timedelta

import pytest

from runstone.actions.artifact import (
    Details,
    begin_version,
    delete_version,
    describe_version,
    restore_version,
)
from runstone.actions.blob import collect_blobs
from runstone.actions.manifest import announce_manifest
from runstone.actions.project import delete_project
from runstone.actions.registry import link_version
from runstone.actions.retention import ABANDONED_AFTER, expire_versions, free_versions
from runstone.domain.errors import Conflict
from runstone.store.opening import Store
from tests.artifacts import MODEL, log_version, send
from tests.conftest import NOW, People

GRACE = timedelta(hours=24)
DAY = timedelta(days=1)


def state(store: Store, people: People, version_id: int) -> str | None:
    """State of a version, None when it is deleted."""
    with store.reading() as reads:
        row = reads.version(people.ben, version_id)
    return None if row is None else str(row.state)


def stored(store: Store) -> list[bytes]:
    """Every object that is on the disk."""
    return sorted(
        store.blobs.read(one.addr) for page in store.blobs.objects() for one in page if one.addr[0] == "e"
    )


def begin(store: Store, people: People) -> int:
    """A version that its maker left after one file."""
    new = replace(MODEL, digest="d", client_id="c" * 128)
    version_id = begin_version(store, people.ben, new, NOW)
    announce_manifest(
        store,
        people.ben,
        version_id,
        "wandb_manifest.json",
        NOW,
        kind="FULL",
        digest="d",
        base_version_id=None,
    )
    send(store, people.ben, version_id, b"half of it")
    return version_id


def test_a_version_expires_and_comes_back(store: Store, people: People) -> None:
    short, _ = log_version(store, people.ben, {"a": b"1"}, ttl_seconds=3600)
    lasting, _ = log_version(store, people.ben, {"a": b"2"}, ttl_seconds=-2)
    linked, _ = log_version(store, people.ben, {"a": b"3"})
    describe_version(store, people.ben, linked, Details(ttl_seconds=3600), NOW)
    link_version(store, people.ben, linked, "lab", "model-registry", "best", [], NOW)
    assert expire_versions(store, NOW + timedelta(minutes=59)) == 0
    assert expire_versions(store, NOW + timedelta(minutes=61)) == 1
    assert [state(store, people, one) for one in (short, lasting, linked)] == [None, "committed", "committed"]
    restore_version(store, people.ben, short, NOW + DAY)
    assert state(store, people, short) == "committed"


def test_deleted_versions_give_their_bytes_back(store: Store, people: People) -> None:
    first, _ = log_version(store, people.ben, {"a": b"only here", "b": b"in both"})
    second, _ = log_version(store, people.ben, {"b": b"in both"})
    delete_version(store, people.ben, first, NOW, delete_aliases=True)
    assert free_versions(store, NOW + GRACE / 2, GRACE) == 0
    assert free_versions(store, NOW + GRACE, GRACE) == 1
    assert free_versions(store, NOW + GRACE, GRACE) == 0
    with pytest.raises(Conflict, match="its files are gone"):
        restore_version(store, people.ben, first, NOW + GRACE)
    collect_blobs(store, NOW + 2 * DAY, GRACE)
    assert b"only here" in stored(store)
    collect_blobs(store, NOW + 4 * DAY, GRACE)
    assert b"only here" not in stored(store)
    assert b"in both" in stored(store)
    assert state(store, people, second) == "committed"


def test_a_link_keeps_a_version_of_a_deleted_project(store: Store, people: People) -> None:
    linked, _ = log_version(store, people.ben, {"a": b"linked"})
    plain, _ = log_version(store, people.ben, {"a": b"plain"})
    link_version(store, people.ben, linked, "lab", "model-registry", "best", [], NOW)
    with store.reading() as reads:
        home = reads.project(people.ada, "lab", MODEL.project_name or "")
    assert home is not None
    delete_project(store, people.ada, home.id, NOW)
    assert free_versions(store, NOW + GRACE, GRACE) == 1
    assert state(store, people, linked) == "committed"
    assert state(store, people, plain) is None


def test_a_version_that_nobody_finished_goes(store: Store, people: People) -> None:
    version_id, _ = log_version(store, people.ben, {"a": b"1"})
    draft = begin(store, people)
    assert free_versions(store, NOW + ABANDONED_AFTER - DAY, GRACE) == 0
    assert free_versions(store, NOW + ABANDONED_AFTER, GRACE) == 1
    assert state(store, people, draft) is None
    collect_blobs(store, NOW + ABANDONED_AFTER, GRACE)
    collect_blobs(store, NOW + ABANDONED_AFTER + GRACE + DAY, GRACE)
    assert b"half of it" not in stored(store)
    assert state(store, people, version_id) == "committed"
