"""Time passes: versions expire, deleted ones give their bytes back, and what somebody needs stays."""

import json
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
from runstone.actions.blob import collect_blobs, receive_run_file
from runstone.actions.manifest import announce_manifest
from runstone.actions.project import delete_project
from runstone.actions.registry import link_version
from runstone.actions.retention import ABANDONED_AFTER, expire_versions, free_runs, free_versions
from runstone.actions.retention_rule import apply_rules, plan, set_rule
from runstone.actions.undo import restore_run
from runstone.domain.artifact import EdgeKind
from runstone.domain.errors import Conflict
from runstone.domain.retention import Rule
from runstone.store.opening import Store
from tests.artifacts import MODEL, log_version, send
from tests.conftest import NOW, People
from tests.writer import Writer

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


def with_files(store: Store, people: People, run: str, files: dict[str, bytes], loss: float | None) -> Writer:
    """A run with files; it has ended where a loss is given."""
    writer = Writer(store, people.ben, run)
    writer.begin()
    for name, data in files.items():
        upload = store.blobs.begin()
        upload.write(data)
        receive_run_file(store, people.ben, writer.row().id, name, upload, NOW)
    if loss is not None:
        writer.post(summary=json.dumps({"loss": loss}), exit_code=0)
    return writer


def test_old_media_go_and_free_what_was_said(store: Store, people: People) -> None:
    """Of runs that are tagged, alive or the best they stay, as does what another file is too."""
    both, shared = b"a medium and a file" * 90, b"in two runs" * 70
    plain = {"media/images/a.png": b"png" * 400, "media/table/t.table.json": b"{}" * 800, "w.h5": b"w" * 500}
    plain |= {"media/b.png": both, "b.png": both, "media/c.png": shared}
    writer = with_files(store, people, "plain", plain, loss=2.0)
    tagged = with_files(store, people, "tagged", {"media/t.png": b"t" * 100, "media/c.png": shared}, loss=3.0)
    store.write(lambda tx: tx.update_run(tagged.row().id, NOW, tags='["paper"]'))
    with_files(store, people, "best", {"media/x.png": b"x" * 100}, loss=1.0)
    with_files(store, people, "alive", {"media/y.png": b"y" * 100}, loss=None)
    rule = Rule(keep_last=100, keep_best=1, metric="loss", media_older_than_days=10)
    home, later = writer.row().project_id, NOW + 11 * DAY
    with store.reading() as reads:
        assert plan(reads, people.ada, home, rule, NOW + 9 * DAY).media == []
        never = replace(rule, media_older_than_days=None)
        assert plan(reads, people.ada, home, never, later).media == []
        going = plan(reads, people.ada, home, rule, later)
    assert [(one.name, one.files) for one in going.media] == [("plain", 4)]
    assert (going.versions, going.runs) == ([], [])
    assert (going.frees_bytes, going.stays_bytes) == (1200 + 1600, len(shared))
    set_rule(store, people.ada, home, rule, NOW)
    assert (apply_rules(store, later), apply_rules(store, later)) == (1, 0)
    with store.reading() as reads:
        left = [row.name for row in reads.run_files(people.ben, writer.row().id)]
        (said,) = reads.audit_of_project(people.ada, home, ["retire_media"], 10)
    assert left == ["b.png", "w.h5"]
    assert json.loads(said.detail)["files"] == 4
    before = sum(map(len, stored(store)))
    for days in (2, 4):
        collect_blobs(store, later + days * DAY, GRACE)
    assert before - sum(map(len, stored(store))) == going.frees_bytes


def test_old_runs_go_and_come_back_within_the_grace(store: Store, people: People) -> None:
    """Those stay that are tagged, alive, the best, young, or have made what somebody named."""
    size = 3000
    runs = {
        name: with_files(store, people, name, {"model.bin": name.encode() * size}, loss)
        for name, loss in {"old": 2.0, "best": 1.0, "alive": None, "tagged": 3.0, "maker": 4.0}.items()
    }
    runs["young"] = Writer(store, people.ben, "young")
    runs["young"].now = NOW + 5 * DAY
    runs["young"].begin()
    runs["young"].post(exit_code=0)
    store.write(lambda tx: tx.update_run(runs["tagged"].row().id, NOW, tags='["paper"]'))
    version, _ = log_version(store, people.ben, {"a": b"1"}, aliases=("best",))
    maker, old = runs["maker"].row(), runs["old"].row()
    store.write(lambda tx: tx.insert_edge(maker.id, version, EdgeKind.MADE, NOW))
    rule = Rule(keep_last=100, keep_best=1, metric="loss", runs_older_than_days=10)
    home, later = old.project_id, NOW + 11 * DAY
    with store.reading() as reads:
        assert plan(reads, people.ada, home, rule, NOW + 9 * DAY).runs == []
        assert plan(reads, people.ada, home, replace(rule, runs_older_than_days=None), later).runs == []
        going = plan(reads, people.ada, home, rule, later)
    assert ([one.name for one in going.runs], going.frees_bytes, going.stays_bytes) == (["old"], 3 * size, 0)
    set_rule(store, people.ada, home, rule, NOW)
    assert (apply_rules(store, later), apply_rules(store, later)) == (1, 0)
    with store.reading() as reads:
        assert reads.run_by_id(people.ben, old.id) is None
        (said,) = reads.audit_of_project(people.ada, home, ["retire_run"], 10)
    assert json.loads(said.detail)["name"] == "old"
    restore_run(store, people.ben, old.id, later)
    assert runs["old"].row().id == old.id
    assert apply_rules(store, later) == 1
    assert free_runs(store, later + GRACE, GRACE) == 1
    with pytest.raises(Conflict, match="gone for good"):
        restore_run(store, people.ben, old.id, later + GRACE)
    for days in (2, 4):
        collect_blobs(store, later + days * DAY, GRACE)
    assert b"old" * size not in stored(store)
    assert b"maker" * size in stored(store)
