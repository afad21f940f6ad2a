"""Bytes that come into the bucket without passing here, and objects that nobody knows."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from runstone.actions.arrival import (
    abort_parts,
    adopt_objects,
    begin_parts,
    finish_parts,
    note_arrived,
    upload_address,
)
from runstone.actions.artifact import begin_version
from runstone.actions.blob import collect_blobs
from runstone.actions.manifest import announce_manifest, commit_version, offer_uploads
from runstone.actions.project import create_project
from runstone.domain.errors import Invalid, NotFound, NotSupported
from runstone.domain.manifest import parse_manifest
from runstone.store.opening import Store
from tests.artifacts import MODEL, log_version, manifest_of, md5_hex, send_manifest
from tests.conftest import People
from tests.store.test_blobs import ask

DAY = timedelta(days=1)


@pytest.fixture
def project(store: Store, people: People) -> None:
    create_project(store, people.ben, "lab", "mnist", datetime.now(UTC))


def rows(store: Store, addresses: list[str]) -> dict[str, str]:
    with store.reading() as reads:
        return {addr: row.state for addr, row in reads.blobs_at(addresses).items()}


@pytest.mark.usefixtures("project")
def test_unknown_objects_are_adopted_and_then_freed(store: Store, people: People) -> None:
    now = datetime.now(UTC)
    log_version(store, people.ben, {"w.bin": b"weights"}, now=now)
    left = f"e/{people.lab}/m/{md5_hex(b'left')}"
    store.blobs.put(left, b"left")
    assert adopt_objects(store, now + DAY) == 0
    assert adopt_objects(store, now + 3 * DAY) == 1
    assert adopt_objects(store, now + 3 * DAY) == 0
    assert rows(store, [left]) == {left: "doomed"}
    assert collect_blobs(store, now + 3 * DAY + timedelta(hours=1), DAY).removed == 0
    freed = collect_blobs(store, now + 5 * DAY, DAY)
    assert (freed.removed, freed.removed_bytes) == (1, 4)
    assert store.blobs.size(left) is None
    assert len([one for page in store.blobs.objects() for one in page]) == 2


@pytest.mark.usefixtures("project")
def test_an_adopted_object_is_kept_when_it_is_needed_again(store: Store, people: People) -> None:
    now = datetime.now(UTC)
    store.blobs.put(f"e/{people.lab}/m/{md5_hex(b'left')}", b"left")
    assert adopt_objects(store, now + 3 * DAY) == 1
    _, sent = log_version(store, people.ben, {"w.bin": b"left"}, now=now + 3 * DAY)
    assert sent == 0
    assert collect_blobs(store, now + 9 * DAY, DAY).removed == 0


@pytest.mark.usefixtures("project")
def test_a_version_whose_files_went_to_the_bucket(store: Store, people: People) -> None:
    if not store.blobs.direct:
        pytest.skip("bytes come through the server here; `--scaled` takes the other way")
    now = datetime.now(UTC)
    files = {"a.bin": os.urandom(1000), "b.bin": b"", "c.bin": os.urandom(20)}
    manifest = manifest_of(files)
    version_id = begin_version(store, people.ben, replace(MODEL, digest=parse_manifest(manifest).digest), now)
    manifest_id = announce_manifest(
        store,
        people.ben,
        version_id,
        "wandb_manifest.json",
        now,
        kind="FULL",
        digest="",
        base_version_id=None,
    )
    wanted = offer_uploads(store, people.ben, version_id, [md5_hex(one) for one in files.values()], now)
    assert wanted == {md5_hex(one) for one in files.values()}
    send_manifest(store, people.ben, manifest_id, manifest, now)
    for data in (files["a.bin"], files["b.bin"]):
        put(store, people, data, now)
    with pytest.raises(Invalid, match=r"1 of 3 files never arrived: c\.bin"):
        commit_version(store, people.ben, version_id, now)
    put(store, people, files["c.bin"], now)
    commit_version(store, people.ben, version_id, now)
    with store.reading() as reads:
        row = reads.version(people.ben, version_id)
        assert row is not None
        assert (row.state, row.size_bytes, row.file_count) == ("committed", 1020, 3)
        for name, data in files.items():
            entry = reads.entry(people.ben, version_id, name)
            assert entry is not None
            assert store.blobs.read(entry.addr) == data
    assert offer_uploads_again(store, people, files, now) == set()


def put(store: Store, people: People, data: bytes, now: datetime) -> None:
    place = upload_address(store, people.lab, md5_hex(data), now)
    assert place is not None
    assert ask("PUT", place.url, data, **place.headers)[0] == 200


def offer_uploads_again(store: Store, people: People, files: dict[str, bytes], now: datetime) -> set[str]:
    version_id = begin_version(store, people.ben, replace(MODEL, digest="other"), now)
    return offer_uploads(store, people.ben, version_id, [md5_hex(one) for one in files.values()], now)


@pytest.mark.usefixtures("project")
def test_what_is_not_there_leaves_no_trace(store: Store, people: People) -> None:
    now = datetime.now(UTC)
    version_id = begin_version(store, people.ben, MODEL, now)
    with store.reading() as reads:
        row = reads.version(people.ben, version_id)
        assert row is not None
    md5s = [md5_hex(b"never sent")]
    note_arrived(store, version_id, row.project_id, people.lab, md5s, now)
    with store.reading() as reads:
        assert reads.known_addresses([f"e/{people.lab}/m/{md5s[0]}"]) == set()


@pytest.mark.usefixtures("project")
def test_only_huge_files_travel_in_parts(store: Store, people: People) -> None:
    now, md5 = datetime.now(UTC), md5_hex(b"huge")
    assert begin_parts(store, people.lab, md5, dict.fromkeys(range(1, 50), md5), now) is None
    many = begin_parts(store, people.lab, md5, dict.fromkeys(range(1, 61), md5), now)
    version_id = begin_version(store, people.ben, MODEL, now)
    with pytest.raises(NotFound):
        abort_parts(store, people.eve, version_id, md5, "")
    if not store.blobs.direct:
        assert many is None
        with pytest.raises(NotSupported, match="in one piece"):
            abort_parts(store, people.ben, version_id, md5, "")
        return
    assert many is not None
    abort_parts(store, people.ben, version_id, md5, many.upload_id)
    with pytest.raises(Invalid, match="refused the upload in parts"):
        finish_parts(store, people.ben, version_id, md5, many.upload_id, [(1, md5)])
    assert [number for number, _ in many.parts] == list(range(1, 61))
    with pytest.raises(Invalid, match="without a gap"):
        begin_parts(store, people.lab, md5, dict.fromkeys(range(2, 62), md5), now)
