"""Versions: what committing, deduplicating, naming, linking and deleting promise."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from runstone.actions.artifact import (
    AliasAt,
    Details,
    add_aliases,
    begin_version,
    delete_version,
    describe_version,
    remove_aliases,
    restore_version,
    use_version,
)
from runstone.actions.blob import receive_blob
from runstone.actions.manifest import announce_manifest, commit_version
from runstone.domain.artifact import EdgeKind
from runstone.domain.errors import Conflict, Denied, Invalid, NotFound
from runstone.domain.manifest import parse_manifest
from runstone.domain.viewer import COMMAND_LINE, Viewer
from runstone.store.opening import Store
from tests.artifacts import MODEL, add_run, log_version, manifest_of, md5_hex, send, send_manifest
from tests.conftest import NOW, People

LATER = NOW + timedelta(minutes=5)


def resolve(
    store: Store, viewer: Viewer, name: str, project: str = "mnist", entity: str = "lab"
) -> int | None:
    """The version that `NAME:ALIAS` means."""
    with store.reading() as reads:
        home = reads.project(viewer, entity, project)
        if home is None:
            return None
        place = reads.membership_named(viewer, home.id, name)
        return None if place is None else place.version_id


def test_versions_are_numbered_and_latest_moves(store: Store, people: People) -> None:
    first, _ = log_version(store, people.ben, {"a": b"1"})
    second, _ = log_version(store, people.ben, {"a": b"2"}, aliases=["latest", "good"])
    assert resolve(store, people.ben, "cnn:v0") == first
    assert resolve(store, people.ben, "cnn:v1") == second
    assert resolve(store, people.ben, "cnn") == second
    assert resolve(store, people.ben, "cnn:good") == second
    assert resolve(store, people.ben, "cnn:v2") is None
    with store.reading() as reads:
        row = reads.version(people.ben, second)
    assert row is not None
    assert (row.size_bytes, row.file_count, row.state) == (1, 1, "committed")


def test_the_same_content_makes_no_version_and_sends_nothing(store: Store, people: People) -> None:
    first, sent = log_version(store, people.ben, {"a": b"one", "b": b"two"})
    assert sent == 6
    again, sent = log_version(store, people.cy, {"a": b"one", "b": b"two"}, aliases=["latest", "again"])
    assert (again, sent) == (first, 0)
    assert resolve(store, people.cy, "cnn:again") == first
    third, sent = log_version(store, people.cy, {"a": b"one", "b": b"new"})
    assert third != first
    assert sent == 3


def test_without_deduplication_only_the_newest_version_is_compared(store: Store, people: People) -> None:
    first, _ = log_version(store, people.ben, {"a": b"1"}, deduplicate=False)
    assert log_version(store, people.ben, {"a": b"1"}, deduplicate=False) == (first, 0)
    log_version(store, people.ben, {"a": b"2"}, deduplicate=False)
    third, sent = log_version(store, people.ben, {"a": b"1"}, deduplicate=False)
    assert third != first
    assert sent == 0
    assert resolve(store, people.ben, "cnn:latest") == third


def test_the_same_client_id_is_the_same_version(store: Store, people: People) -> None:
    new = replace(MODEL, digest="d", client_id="c" * 128, sequence_client_id="s" * 128)
    first = begin_version(store, people.ben, new, NOW)
    assert begin_version(store, people.ben, new, LATER) == first
    with store.reading() as reads:
        named = reads.client_named(people.ben, "c" * 128)
        collection = reads.client_named(people.ben, "s" * 128)
        assert reads.client_named(people.eve, "c" * 128) is None
    assert named is not None
    assert named.noun_id == first
    assert collection is not None
    assert collection.noun == "collection"


def test_commit_twice_is_once(store: Store, people: People) -> None:
    version_id, _ = log_version(store, people.ben, {"a": b"1"})
    assert commit_version(store, people.ben, version_id, LATER) == version_id
    with store.reading() as reads:
        home = reads.project(people.ben, "lab", "mnist")
        assert home is not None
        row = reads.collection(people.ben, home.id, "cnn")
        assert row is not None
        assert row.next_number == 1


def test_a_missing_file_is_named_and_the_version_stays_open(store: Store, people: People) -> None:
    manifest = manifest_of({"here": b"here", "folder/gone": b"gone"})
    version_id = begin_version(store, people.ben, replace(MODEL, digest="d"), NOW)
    manifest_id = announce_manifest(
        store,
        people.ben,
        version_id,
        "wandb_manifest.json",
        NOW,
        kind="FULL",
        digest="",
        base_version_id=None,
    )
    with pytest.raises(Invalid, match="manifest of cnn never arrived"):
        commit_version(store, people.ben, version_id, NOW)
    send(store, people.ben, version_id, b"here")
    send_manifest(store, people.ben, manifest_id, manifest)
    with pytest.raises(Invalid, match=r"1 of 2 files never arrived: folder/gone"):
        commit_version(store, people.ben, version_id, NOW)
    assert resolve(store, people.ben, "cnn:latest") is None
    send(store, people.ben, version_id, b"gone")
    commit_version(store, people.ben, version_id, NOW)
    assert resolve(store, people.ben, "cnn:latest") == version_id


def test_an_increment_builds_on_its_base(store: Store, people: People) -> None:
    base, _ = log_version(store, people.ben, {"a": b"1", "b": b"2"}, references={"r": "s3://x/y"})
    version_id = begin_version(store, people.ben, replace(MODEL, digest="increment"), NOW)
    manifest_id = announce_manifest(
        store,
        people.ben,
        version_id,
        "wandb_manifest.incremental.json",
        NOW,
        kind="INCREMENTAL",
        digest="",
        base_version_id=base,
    )
    send(store, people.ben, version_id, b"new")
    send_manifest(store, people.ben, manifest_id, manifest_of({"b": b"new", "c": b"new"}))
    commit_version(store, people.ben, version_id, NOW)
    with store.reading() as reads:
        paths = {row.path: row.md5 for row in reads.entries(people.ben, version_id)}
        row = reads.version(people.ben, version_id)
        current = reads.current_manifest(people.ben, version_id)
    assert paths == {"a": md5_hex(b"1"), "b": md5_hex(b"new"), "c": md5_hex(b"new"), "r": None}
    assert row is not None
    assert (row.file_count, row.size_bytes, row.number) == (4, 1 + 3 + 3 + 12, 1)
    assert current is not None
    assert b"s3://x/y" in store.blobs.read(current.addr)


MANY = replace(MODEL, distributed_id="group")


def part(store: Store, viewer: Viewer, files: dict[str, bytes], **given: Any) -> int:
    """What one of several runs adds to a version; its id."""
    new = replace(MANY, digest=md5_hex(repr(files).encode()), **given)
    version_id = begin_version(store, viewer, new, NOW)
    name, kind = "wandb_manifest.patch.json", "PATCH"
    manifest_id = announce_manifest(
        store, viewer, version_id, name, NOW, kind=kind, digest="", base_version_id=None
    )
    for data in files.values():
        send(store, viewer, version_id, data)
    send_manifest(store, viewer, manifest_id, manifest_of(files))
    return version_id


def test_several_runs_make_one_version(store: Store, people: People) -> None:
    base, _ = log_version(store, people.ben, {"old": b"old"})  # no part of it
    first = part(store, people.ben, {"a": b"1", "same": b"s"}, aliases=["x"], metadata='{"k": {"a": 1}}')
    add_run(store, people.cy, "second")
    again = part(store, people.cy, {"b": b"2", "same": b"s"}, run_name="second", metadata='{"k": {"b": 2}}')
    assert first == again != base
    assert resolve(store, people.ben, "cnn:latest") == base
    commit_version(store, people.ben, first, NOW)
    assert commit_version(store, people.cy, first, LATER) == first
    for alias in ("x", "latest", "v1"):
        assert resolve(store, people.ben, f"cnn:{alias}") == first
    with store.reading() as reads:
        row = reads.version(people.ben, first)
        assert row is not None
        assert {one.path for one in reads.entries(people.ben, first)} == {"a", "b", "same"}
        assert (row.file_count, row.digest) == (3, parse_manifest(reads_manifest(store, first)).digest)
        assert json.loads(row.metadata) == {"k": {"a": 1, "b": 2}}
        assert len(reads.runs_of_version(people.ben, first, EdgeKind.MADE)) == 1
    with pytest.raises(Conflict, match="is committed"):  # too late, and it is said
        send(store, people.cy, first, b"late")
    assert part(store, people.ben, {"a": b"1"}) not in (first, base)


def reads_manifest(store: Store, version_id: int) -> bytes:
    with store.reading() as reads:
        current = reads.current_manifest(COMMAND_LINE, version_id)
    assert current is not None
    return store.blobs.read(current.addr)


def test_who_begins_it_at_the_same_time_makes_the_same(store: Store, people: People) -> None:
    with ThreadPoolExecutor(8) as aside:
        made = list(aside.map(lambda i: part(store, people.ben, {f"f{i}": b"x%d" % i}), range(16)))
    assert len(set(made)) == 1
    commit_version(store, people.ben, made[0], NOW)
    with store.reading() as reads:
        assert len(list(reads.entries(people.ben, made[0]))) == 16


def test_other_groups_and_other_people_make_their_own(store: Store, people: People) -> None:
    first = part(store, people.ben, {"a": b"1"})
    assert part(store, people.ben, {"a": b"1"}, distributed_id="other") != first
    assert part(store, people.ben, {"a": b"1"}, collection_name="net") != first
    with pytest.raises((Denied, NotFound)):
        part(store, people.eve, {"a": b"1"})


def test_a_committed_version_takes_no_more_files(store: Store, people: People) -> None:
    version_id, _ = log_version(store, people.ben, {"a": b"1"})
    with pytest.raises(Conflict, match="is committed"):
        send(store, people.ben, version_id, b"more")


def test_other_bytes_than_announced_are_refused(store: Store, people: People) -> None:
    version_id = begin_version(store, people.ben, replace(MODEL, digest="d"), NOW)
    upload = store.blobs.begin()
    upload.write(b"truncat")
    with pytest.raises(Invalid, match="Nothing was stored"):
        receive_blob(store, people.ben, version_id, md5_hex(b"truncated"), upload, NOW)
    tmp = store.blobs.local_path("tmp")
    assert tmp is None or list(tmp.iterdir()) == []
    assert list(store.blobs.objects()) == []


def test_one_artifact_has_one_type(store: Store, people: People) -> None:
    log_version(store, people.ben, {"a": b"1"})
    with pytest.raises(Invalid, match="has the type 'model', this artifact 'dataset'"):
        log_version(store, people.ben, {"a": b"2"}, type_name="dataset")


@pytest.mark.parametrize("alias", ["v3", "v03", "a/b", "a:b", " ", "x" * 129])
def test_forbidden_aliases(store: Store, people: People, alias: str) -> None:
    with pytest.raises(Invalid, match="alias"):
        log_version(store, people.ben, {"a": b"1"}, aliases=[alias])
    version_id, _ = log_version(store, people.ben, {"a": b"1"})
    with pytest.raises(Invalid, match="alias"):
        add_aliases(store, people.ben, version_id, [AliasAt("lab", "mnist", "cnn", alias)], NOW)


@pytest.mark.parametrize("name", ["", "a/b", "a:b", "x" * 129, " a", "é"])
def test_forbidden_names(store: Store, people: People, name: str) -> None:
    with pytest.raises(Invalid, match="artifact name"):
        log_version(store, people.ben, {"a": b"1"}, collection_name=name)


@pytest.mark.parametrize("sent", [["raw", "latest", "Best"], ["latest", "Best", "raw"]])
def test_aliases_are_shown_by_name(store: Store, people: People, sent: list[str]) -> None:
    version_id, _ = log_version(store, people.ben, {"a": b"1"}, aliases=sent)
    with store.reading() as reads:
        home = reads.project(people.ben, "lab", "mnist")
        place = None if home is None else reads.membership_named(people.ben, home.id, "cnn")
        assert place is not None
        shown = reads.aliases_of_memberships(people.ben, [place.id])
    assert (place.version_id, [one.name for one in shown[place.id]]) == (
        version_id,
        ["Best", "latest", "raw"],
    )


def test_aliases_move_and_go(store: Store, people: People) -> None:
    first, _ = log_version(store, people.ben, {"a": b"1"}, aliases=["best"])
    second, _ = log_version(store, people.ben, {"a": b"2"})
    at = AliasAt("lab", "mnist", "cnn", "best")
    add_aliases(store, people.ben, second, [at], NOW)
    assert resolve(store, people.ben, "cnn:best") == second
    remove_aliases(store, people.ben, first, [at], NOW)
    assert resolve(store, people.ben, "cnn:best") == second
    remove_aliases(store, people.ben, second, [at], NOW)
    assert resolve(store, people.ben, "cnn:best") is None
    with pytest.raises(NotFound, match="Did you mean 'cnn'"):
        add_aliases(store, people.ben, first, [AliasAt("lab", "mnist", "cnm", "x")], NOW)


def test_words_about_a_version(store: Store, people: People) -> None:
    version_id, _ = log_version(store, people.ben, {"a": b"1"}, tags=["old"])
    given = Details("words", '{"x":1}', ["new one"], ["old"], 3600, ["good", "latest", "v0"])
    describe_version(store, people.ben, version_id, given, LATER)
    with store.reading() as reads:
        row = reads.version(people.ben, version_id)
        tags = reads.version_tags(people.ben, [version_id])
    assert row is not None
    assert (row.description, row.metadata, row.ttl_seconds) == ("words", '{"x":1}', 3600)
    assert tags == {version_id: ["new one"]}
    assert resolve(store, people.ben, "cnn:good") == version_id
    with pytest.raises(Invalid, match="ttlDurationSeconds 0"):
        describe_version(store, people.ben, version_id, Details(ttl_seconds=0), LATER)


def test_lineage_knows_who_made_and_who_used(store: Store, people: People) -> None:
    log_version(store, people.ben, {"x": b"0"})
    maker, user = add_run(store, people.ben, "maker"), add_run(store, people.ben, "user")
    version_id, _ = log_version(store, people.ben, {"a": b"1"}, run_name="maker")
    for _ in range(2):
        use_version(store, people.ben, "lab", "mnist", "user", version_id, LATER)
    again, _ = log_version(store, people.ben, {"a": b"1"}, run_name="user", now=LATER)
    assert again == version_id
    with store.reading() as reads:
        assert reads.runs_of_version(people.ben, version_id, EdgeKind.MADE) == [maker, user]
        assert reads.runs_of_version(people.ben, version_id, EdgeKind.USED) == [user]
        assert [row.id for row in reads.versions_of_run(people.ben, maker, EdgeKind.MADE)] == [version_id]
        assert reads.runs_of_version(people.eve, version_id, EdgeKind.MADE) == []
    with pytest.raises(NotFound, match="run 'ghost' was not found"):
        use_version(store, people.ben, "lab", "mnist", "ghost", version_id, LATER)


def test_a_teammate_reads_and_a_stranger_does_not(store: Store, people: People) -> None:
    version_id, _ = log_version(store, people.ben, {"a": b"1"})
    assert resolve(store, people.cy, "cnn:v0") == version_id
    assert resolve(store, people.eve, "cnn:v0") is None
    with store.reading() as reads:
        assert reads.version(people.cy, version_id) is not None
        assert reads.version(people.eve, version_id) is None
        assert reads.entries(people.eve, version_id) == []
    with pytest.raises((Denied, NotFound)):
        describe_version(store, people.eve, version_id, Details("mine"), NOW)
    with pytest.raises((Denied, NotFound)):
        log_version(store, people.eve, {"a": b"1"})


def test_deleting_asks_for_the_aliases_and_can_be_undone(store: Store, people: People) -> None:
    first, _ = log_version(store, people.ben, {"a": b"1"})
    second, _ = log_version(store, people.ben, {"a": b"2"}, aliases=["latest", "good"])
    with pytest.raises(Conflict, match="has the aliases good"):
        delete_version(store, people.ben, second, LATER, delete_aliases=False)
    delete_version(store, people.ben, second, LATER, delete_aliases=True)
    assert resolve(store, people.ben, "cnn:good") is None
    assert resolve(store, people.ben, "cnn:v1") is None
    assert resolve(store, people.ben, "cnn:latest") == first
    restore_version(store, people.ben, second, LATER + timedelta(minutes=1))
    assert resolve(store, people.ben, "cnn:good") == second
    assert resolve(store, people.ben, "cnn:latest") == second
    third, _ = log_version(store, people.ben, {"a": b"3"})
    assert resolve(store, people.ben, "cnn:v2") == third


def test_a_number_is_never_given_twice(store: Store, people: People) -> None:
    first, _ = log_version(store, people.ben, {"a": b"1"})
    delete_version(store, people.ben, first, LATER, delete_aliases=True)
    second, _ = log_version(store, people.ben, {"a": b"1"})
    assert second != first
    assert resolve(store, people.ben, "cnn:v0") is None
    assert resolve(store, people.ben, "cnn:v1") == second
