"""Making versions in tests, as a client would, without a client."""

import base64
import hashlib
import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from runstone.actions.artifact import NewVersion, begin_version
from runstone.actions.blob import receive_blob, receive_manifest
from runstone.actions.manifest import announce_manifest, commit_version, offer_uploads
from runstone.domain.ids import ProjectId
from runstone.domain.manifest import parse_manifest
from runstone.domain.viewer import Viewer
from runstone.store.opening import Store
from runstone.store.writes import Transaction
from tests.conftest import NOW

MODEL = NewVersion(
    entity_name="lab",
    project_name="mnist",
    type_name="model",
    collection_name="cnn",
    digest="",
    aliases=["latest"],
)


def md5_hex(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def md5_base64(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def manifest_of(files: dict[str, bytes], references: dict[str, str] | None = None) -> bytes:
    """A manifest as clients write it."""
    contents: dict[str, Any] = {
        path: {"digest": md5_base64(data), "size": len(data), "birthArtifactID": "QXJ0aWZhY3Q6MQ=="}
        for path, data in files.items()
    }
    for path, uri in (references or {}).items():
        contents[path] = {"digest": "etag-1", "ref": uri, "size": 12, "extra": {"etag": "etag-1"}}
    return json.dumps(
        {
            "version": 1,
            "storagePolicy": "wandb-storage-policy-v1",
            "storagePolicyConfig": {"storageLayout": "V2"},
            "contents": contents,
        }
    ).encode()


def send(store: Store, viewer: Viewer, version_id: int, data: bytes, now: datetime = NOW) -> None:
    """Upload one file of a version."""
    upload = store.blobs.begin()
    upload.write(data)
    receive_blob(store, viewer, version_id, md5_hex(data), upload, now)


def send_manifest(store: Store, viewer: Viewer, manifest_id: int, data: bytes, now: datetime = NOW) -> None:
    """Upload a manifest."""
    upload = store.blobs.begin()
    upload.write(data)
    receive_manifest(store, viewer, manifest_id, md5_hex(data), upload, now)


def add_run(store: Store, viewer: Viewer, name: str, project: str = "mnist", entity: str = "lab") -> int:
    """A bare run row."""

    def change(tx: Transaction) -> int:
        home = tx.project(viewer, entity, project)
        assert home is not None
        return tx.insert_run(ProjectId(home.id), name, NOW, display_name=name, state="running")

    return store.write(change)


def log_version(
    store: Store,
    viewer: Viewer,
    files: dict[str, bytes],
    *,
    now: datetime = NOW,
    references: dict[str, str] | None = None,
    **given: Any,
) -> tuple[int, int]:
    """Log a version the way clients do. Returns its id and how many bytes were sent for its files."""
    manifest = manifest_of(files, references)
    new = replace(MODEL, digest=parse_manifest(manifest).digest, **given)
    version_id = begin_version(store, viewer, new, now)
    with store.reading() as reads:
        row = reads.version(viewer, version_id)
    assert row is not None
    if row.state == "committed":
        return version_id, 0
    manifest_id = announce_manifest(
        store,
        viewer,
        version_id,
        "wandb_manifest.json",
        now,
        kind="FULL",
        digest=md5_hex(manifest),
        base_version_id=None,
    )
    wanted = offer_uploads(store, viewer, version_id, [md5_hex(data) for data in files.values()], now)
    sent = 0
    for data in files.values():
        if md5_hex(data) in wanted:
            send(store, viewer, version_id, data, now)
            sent += len(data)
    send_manifest(store, viewer, manifest_id, manifest, now)
    commit_version(store, viewer, version_id, now)
    return version_id, sent
