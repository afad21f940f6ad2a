"""Manifests, upload offers and file lists of versions on the wire."""

import base64
import re
from typing import Any

from ariadne import MutationType, ObjectType, SchemaBindable
from graphql import GraphQLResolveInfo
from sqlalchemy import Row

from runstone.actions.arrival import abort_parts, begin_parts, finish_parts, upload_address
from runstone.actions.manifest import announce_manifest, change_manifest, commit_version, offer_uploads
from runstone.domain.errors import Invalid
from runstone.domain.ids import EntityId
from runstone.domain.manifest import md5_hex
from runstone.wire.files import mimetype_of
from runstone.wire.graphql.artifact import version_number
from runstone.wire.graphql.connections import cursor_at, offset_of, page, page_size
from runstone.wire.graphql.context import Ask, ask
from runstone.wire.graphql.nodes import PlaceNode, VersionNode, version_by_id
from runstone.wire.ids import number_of, wire_id

mutation = MutationType()
artifact = ObjectType("Artifact")
membership = ObjectType("ArtifactCollectionMembership")
manifest = ObjectType("ArtifactManifest")

STORED: dict[str, Any] = {"upload_url": None, "upload_headers": [], "upload_multipart_urls": None}
STORAGE_PATH = re.compile(r"m/([0-9a-f]{32})")
DIRECT_S = 6 * 3600

BINDABLES: list[SchemaBindable] = [mutation, artifact, membership, manifest]

# --- reading ---------------------------------------------------------------------------------


@artifact.field("currentManifest")
def resolve_current(node: VersionNode, info: GraphQLResolveInfo) -> Row[Any] | None:
    """The manifest that counts; null before the commit."""
    request = ask(info)
    return request.reads.current_manifest(request.viewer, node.row.id)


@manifest.field("id")
def resolve_manifest_id(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """Opaque id."""
    return wire_id("ArtifactManifest", row.id)


@manifest.field("type")
def resolve_manifest_type(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """FULL or INCREMENTAL."""
    return str(row.kind)


@manifest.field("file")
def resolve_manifest_file(row: Row[Any], info: GraphQLResolveInfo) -> dict[str, Any]:
    """The manifest as a file: where to put it, or where to get it."""
    request = ask(info)
    there = row.blob_id is not None
    return {
        "id": wire_id("ArtifactManifestFile", row.id),
        "name": row.name,
        "display_name": row.name,
        "direct_url": request.links.blob(row.version_id, row.blob_id, row.name) if there else "",
        "upload_url": request.links.manifest_upload(row.id, row.digest, row.name),
        "upload_headers": [],
        "size_bytes": getattr(row, "size_bytes", None) or 0,
        "mimetype": "application/json",
    }


@artifact.field("files")
def resolve_files(
    node: VersionNode,
    info: GraphQLResolveInfo,
    names: list[str] | None = None,
    after: str | None = None,
    first: int | None = None,
) -> dict[str, Any]:
    """Files of a version by path, references too: clients fetch only what is in this list."""
    return files_page(ask(info), node.row.id, names or None, first, after)


@membership.field("files")
def resolve_place_files(
    node: PlaceNode,
    info: GraphQLResolveInfo,
    names: list[str] | None = None,
    after: str | None = None,
    first: int | None = None,
) -> dict[str, Any]:
    """The same at a place."""
    return files_page(ask(info), node.row.version_id, names or None, first, after)


@artifact.field("filesByManifestEntries")
def resolve_files_by_entries(
    node: VersionNode,
    info: GraphQLResolveInfo,
    storage_layout: str | None = None,
    manifest_version: str | None = None,
    entries: list[dict[str, Any]] | None = None,
    storage_region: str | None = None,
    after: str | None = None,
    first: int | None = None,
) -> dict[str, Any]:
    """The files that a client names by its manifest's entries, in that order."""
    request = ask(info)
    wanted = [one["name"] for one in entries or []]
    rows = request.reads.entries(request.viewer, node.row.id, names=wanted)
    by_path = {row.path: row for row in rows}
    found = [_file(request, node.row.id, by_path[name]) for name in wanted if name in by_path]
    return page(found, 0, False, total_count=len(found), upload_headers=[])


def files_page(
    request: Ask, version_id: int, names: list[str] | None, first: int | None, after: str | None
) -> dict[str, Any]:
    """A connection of the files of a version."""
    offset, size = offset_of(after), page_size(first)
    rows = request.reads.entries(request.viewer, version_id, names=names, offset=offset, limit=size + 1)
    total = request.reads.count_entries(request.viewer, version_id, names=names)
    cut = [_file(request, version_id, row) for row in rows[:size]]
    return page(cut, offset, len(rows) > size, total_count=total, upload_headers=[])


def _file(request: Ask, version_id: int, row: Row[Any]) -> dict[str, Any]:
    url = row.ref if row.blob_id is None else request.links.blob(version_id, row.blob_id, row.path)
    direct = None
    if row.blob_id is not None:
        direct = request.store.blobs.download_address(row.addr, row.path, request.now, DIRECT_S)
    return {
        "id": base64.b64encode(f"ArtifactFile:{version_id}:{row.path}".encode()).decode(),
        "name": row.path,
        "display_name": row.path,
        "url": url,
        "direct_url": direct or url,
        "size_bytes": row.size_bytes,
        "storage_path": row.addr,
        "mimetype": mimetype_of(row.path),
        "updated_at": None,
        "digest": row.digest,
        "md5": row.digest,
        "upload_headers": [],
    }


# --- sending ---------------------------------------------------------------------------------


@mutation.field("createArtifactManifest")
def resolve_create_manifest(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Announce a manifest; called twice, it is the same one."""
    request = ask(info)
    base = input.get("base_artifact_id")
    digest = input["digest"]
    manifest_id = announce_manifest(
        request.store,
        request.viewer,
        version_number(input["artifact_id"]),
        input["name"],
        request.now,
        kind=input.get("type") or "FULL",
        digest=md5_hex(digest, "manifest digest") if digest else "",
        base_version_id=version_number(base) if base else None,
    )
    return {"artifact_manifest": request.fresh().manifest(request.viewer, manifest_id)}


@mutation.field("updateArtifactManifest")
def resolve_update_manifest(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Say what the manifest's bytes will be."""
    request = ask(info)
    base, digest = input.get("base_artifact_id"), input.get("digest")
    manifest_id = change_manifest(
        request.store,
        request.viewer,
        number_of("ArtifactManifest", input["artifact_manifest_id"]),
        digest=md5_hex(digest, "manifest digest") if digest else None,
        base_version_id=version_number(base) if base else None,
    )
    return {"artifact_manifest": request.fresh().manifest(request.viewer, manifest_id)}


@mutation.field("createArtifactFiles")
def resolve_create_files(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Where to send each file; no address for one that is stored already. In the order of the request."""
    request = ask(info)
    specs = [
        (version_number(one["artifact_id"]), one["name"], md5_hex(one["md5"], f"md5 of {one['name']!r}"), one)
        for one in input["artifact_files"]
    ]
    wanted = {
        version_id: offer_uploads(
            request.store,
            request.viewer,
            version_id,
            list({md5 for of, _, md5, _ in specs if of == version_id}),
            request.now,
        )
        for version_id in {of for of, _, _, _ in specs}
    }
    versions = {version_id: version_by_id(request, version_id) for version_id in wanted}
    nodes = []
    for version_id, name, md5, given in specs:
        version = versions[version_id]
        assert version is not None  # its files were just offered
        send = md5 in wanted[version_id]
        wanted[version_id].discard(md5)  # the same bytes twice in one request travel once
        nodes.append(
            {
                "id": base64.b64encode(f"ArtifactFile:{version_id}:{name}".encode()).decode(),
                "name": name,
                "display_name": name,
                **(_upload(request, version_id, version.row.entity_id, md5, given) if send else STORED),
                "storage_path": f"m/{md5}",
                "artifact": version,
                "direct_url": "",
                "size_bytes": 0,
                "md5": given["md5"],
                "digest": given["md5"],
            }
        )
    edges = [{"node": node, "cursor": cursor_at(i)} for i, node in enumerate(nodes)]
    return {
        "files": {
            "edges": edges,
            "page_info": {"has_next_page": False, "has_previous_page": False},
            "total_count": len(edges),
            "upload_headers": [],
        }
    }


def _upload(request: Ask, version_id: int, entity_id: int, md5: str, given: dict[str, Any]) -> dict[str, Any]:
    """Where one file goes: to this server, to the bucket, or to the bucket in parts."""
    owner = EntityId(entity_id)
    asked = {int(one["part_number"]): one["hex_md5"] for one in given.get("upload_parts_input") or []}
    parts = begin_parts(request.store, owner, md5, asked, request.now)
    if parts is not None:
        urls = [{"part_number": number, "upload_url": one.url} for number, one in parts.parts]
        in_parts = {"upload_id": parts.upload_id, "upload_url_parts": urls}
        return {"upload_url": urls[0]["upload_url"], "upload_headers": [], "upload_multipart_urls": in_parts}
    direct = upload_address(request.store, owner, md5, request.now)
    if direct is None:
        url, headers = request.links.blob_upload(version_id, md5, given["name"]), []
    else:
        url, headers = direct.url, [f"{name}:{value}" for name, value in direct.headers.items()]
    return {"upload_url": url, "upload_headers": headers, "upload_multipart_urls": None}


@mutation.field("completeMultipartUploadArtifact")
def resolve_complete(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Make one file of the parts that a client has sent, or drop them."""
    request = ask(info)
    form = STORAGE_PATH.fullmatch(input["storage_path"])
    if form is None:
        raise Invalid("Upload in parts: expected the storagePath of createArtifactFiles.")
    version_id, md5, upload_id = version_number(input["artifact_id"]), form[1], input["upload_id"]
    if input["complete_multipart_action"] == "Abort":
        abort_parts(request.store, request.viewer, version_id, md5, upload_id)
        return {"digest": None}
    parts = [(int(one["part_number"]), one["hex_md5"]) for one in input["completed_parts"]]
    finish_parts(request.store, request.viewer, version_id, md5, upload_id, parts)
    return {"digest": base64.b64encode(bytes.fromhex(md5)).decode()}


@mutation.field("commitArtifact")
def resolve_commit(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Make a version immutable."""
    request = ask(info)
    version_id = commit_version(
        request.store, request.viewer, version_number(input["artifact_id"]), request.now
    )
    request.fresh()
    return {"artifact": version_by_id(request, version_id)}
