"""Bytes through signed addresses: small files arrive together, and each is judged alone."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import replace

import httpx
import pytest
from starlette.applications import Starlette

from runstone.actions.artifact import begin_version
from runstone.actions.manifest import announce_manifest, commit_version
from runstone.domain.errors import Conflict, StorageFull
from runstone.domain.viewer import Viewer
from runstone.store.opening import Store
from runstone.wire.files import SMALL_BYTES, Files
from runstone.wire.signing import Links
from tests.artifacts import MODEL, manifest_of, md5_base64, md5_hex, send_manifest
from tests.conftest import NOW, People


def links(store: Store, viewer: Viewer) -> Links:
    """Addresses for a person."""
    return Links("http://box", store.secret, viewer.user_id, NOW)


async def put_all(store: Store, puts: list[tuple[str, bytes, dict[str, str]]]) -> list[httpx.Response]:
    """All of these uploads (address, bytes, headers) at once."""
    app = Starlette(routes=Files(store, lambda: NOW).routes())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://box") as http:
        return list(
            await asyncio.gather(*(http.put(url, content=data, headers=more) for url, data, more in puts))
        )


def test_small_files_that_arrive_together_are_judged_each_alone(store: Store, people: People) -> None:
    version_id = begin_version(store, people.ben, replace(MODEL, digest="d"), NOW)
    mine, strange = links(store, people.ben), links(store, people.eve)
    files = [f"file {at}".encode() for at in range(40)]
    puts = [(mine.blob_upload(version_id, md5_hex(one), "f.bin"), one, {}) for one in files]
    puts.append((mine.blob_upload(version_id, md5_hex(b"long"), "cut"), b"lon", {}))
    puts.append((strange.blob_upload(version_id, md5_hex(b"x"), "x"), b"x", {}))
    puts.append((mine.blob_upload(version_id, md5_hex(b"y"), "y"), b"y", {"Content-MD5": md5_base64(b"z")}))
    puts.append((mine.blob_upload(10**6, md5_hex(b"w"), "w"), b"w", {}))
    puts.append(puts[0])  # a client that heard no answer sends again
    answers = asyncio.run(put_all(store, puts))
    statuses = [answer.status_code for answer in answers]
    assert statuses == [200] * 40 + [400, 404, 400, 404, 200]
    assert answers[0].headers["ETag"] == f'"{md5_hex(files[0])}"'
    assert "Nothing was stored" in answers[40].json()["error"]
    assert "Content-MD5 says" in answers[42].json()["error"]
    with store.reading() as reads:
        entity = reads.version(people.ben, version_id)
        assert entity is not None
        known = reads.blobs_at([f"e/{entity.entity_id}/m/{md5_hex(one)}" for one in [*files, b"lon", b"x"]])
    assert sorted(row.md5 for row in known.values()) == sorted(md5_hex(one) for one in files)
    assert all(store.blobs.read(addr) in files for addr in known)


def test_files_kept_together_make_a_version(store: Store, people: People) -> None:
    version_id = begin_version(store, people.ben, replace(MODEL, digest="d"), NOW)
    files = {
        "a": b"1",
        "b": b"2",
        "empty": b"",
        "edge": b"e" * SMALL_BYTES,
        "large": b"l" * (SMALL_BYTES + 1),
    }
    mine = links(store, people.ben)
    puts = [(mine.blob_upload(version_id, md5_hex(one), "f"), one, {}) for one in files.values()]
    assert [one.status_code for one in asyncio.run(put_all(store, puts))] == [200] * 5
    manifest = manifest_of(files)
    manifest_id = announce_manifest(
        store, people.ben, version_id, "wandb_manifest.json", NOW,
        kind="FULL", digest=md5_hex(manifest), base_version_id=None,
    )  # fmt: skip
    send_manifest(store, people.ben, manifest_id, manifest)
    commit_version(store, people.ben, version_id, NOW)
    late = [(mine.blob_upload(version_id, md5_hex(b"late"), "late"), b"late", {})]
    (answer,) = asyncio.run(put_all(store, late))
    assert answer.status_code == Conflict("").status
    assert "is committed" in answer.json()["error"]


def test_what_fails_for_all_is_told_to_all(
    store: Store, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(objects: Mapping[str, bytes], side_by_side: object) -> None:
        raise StorageFull("The disk of this server is full.")

    version_id = begin_version(store, people.ben, replace(MODEL, digest="d"), NOW)
    mine = links(store, people.ben)
    puts = [(mine.blob_upload(version_id, md5_hex(one), "f"), one, {}) for one in (b"1", b"2", b"3")]
    with monkeypatch.context() as patch:
        patch.setattr(store.blobs, "put_all", full)
        answers = asyncio.run(put_all(store, puts))
    assert {answer.status_code for answer in answers} == {507}
    assert [one.status_code for one in asyncio.run(put_all(store, puts))] == [200] * 3


def test_a_large_file_comes_in_pieces_while_others_are_written(store: Store, people: People) -> None:
    data = random.Random(1).randbytes(5 << 20)
    version_id = begin_version(store, people.ben, replace(MODEL, digest="d"), NOW)
    mine = links(store, people.ben)
    cut = (mine.blob_upload(version_id, md5_hex(data + b"more"), "cut"), data, {})
    whole = (mine.blob_upload(version_id, md5_hex(data), "whole"), data, {})
    answers = asyncio.run(put_all(store, [whole, cut]))
    assert [answer.status_code for answer in answers] == [200, 400]
    with store.reading() as reads:
        row = reads.version(people.ben, version_id)
    assert row is not None
    assert store.blobs.read(f"e/{row.entity_id}/m/{md5_hex(data)}") == data
    assert sum(len(page) for page in store.blobs.objects()) == 1
