"""Run files on the wire: announced, listed with addresses, deleted."""

import base64
import posixpath
from typing import Any

from ariadne import MutationType, ObjectType, SchemaBindable
from graphql import BooleanValueNode, FieldNode, GraphQLResolveInfo, SelectionSetNode, VariableNode
from sqlalchemy import Row

from runstone.actions.access import find_project
from runstone.actions.file import delete_files
from runstone.domain.errors import NotFound
from runstone.domain.ids import ProjectId
from runstone.domain.viewer import Access
from runstone.wire.graphql.connections import offset_of, page, page_size
from runstone.wire.graphql.context import Ask, ask
from runstone.wire.graphql.project import DEFAULT_PROJECT
from runstone.wire.ids import number_of, wire_id

mutation = MutationType()
run = ObjectType("Run")

BINDABLES: list[SchemaBindable] = [mutation, run]


def _run_for_writing(request: Ask, input: dict[str, Any]) -> Row[Any]:
    project = find_project(
        request.reads,
        request.viewer,
        input.get("entity_name"),
        input.get("project_name") or DEFAULT_PROJECT,
        Access.WRITE,
    )
    row = request.reads.run(request.viewer, ProjectId(project.id), input["run_name"])
    if row is None:
        raise NotFound(
            f"run {input['run_name']!r} was not found in {project.entity_name}/{project.name}. "
            "It may have been deleted."
        )
    return row


@mutation.field("createRunFiles")
def resolve_create(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Addresses to upload files of a run to."""
    request = ask(info)
    row = _run_for_writing(request, input)
    return {
        "run_id": wire_id("Run", row.id),
        "upload_headers": [],
        "files": [
            {"name": name, "upload_url": request.links.run_file_upload(row.id, name)}
            for name in input["files"]
        ],
        "client_mutation_id": input.get("client_mutation_id"),
    }


@mutation.field("markRunFilesUploaded")
def resolve_mark(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Nothing to do: this server sees each upload itself."""
    _run_for_writing(ask(info), input)
    return {"success": True, "client_mutation_id": input.get("client_mutation_id")}


@mutation.field("deleteFiles")
def resolve_delete(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Delete files by id."""
    request = ask(info)
    ids = [number_of("File", one) for one in input["files"]]
    delete_files(request.store, request.viewer, ids, request.now)
    return {"success": True, "client_mutation_id": input.get("client_mutation_id")}


@run.field("fileCount")
def resolve_count(row: Row[Any], info: GraphQLResolveInfo) -> int:
    """How many files the run has."""
    request = ask(info)
    return request.reads.run_file_count(request.viewer, row.id)


@run.field("files")
def resolve_files(
    row: Row[Any],
    info: GraphQLResolveInfo,
    names: list[str] | None = None,
    first: int | None = None,
    after: str | None = None,
    pattern: str | None = None,
) -> dict[str, Any]:
    """A page of files. Clients that ask for upload addresses get one for each name, stored or not."""
    request = ask(info)
    offset, size = offset_of(after), page_size(first)
    names = [posixpath.normpath(name) for name in names or () if name]  # some say ./name
    found = request.reads.run_files(
        request.viewer, row.id, names=names, pattern=pattern, offset=offset, limit=size + 1
    )
    nodes = [_stored(request, row, one) for one in found[:size]]
    if names and _asks_for_upload(info):
        stored = {node["name"] for node in nodes}
        nodes += [_offered(request, row, name) for name in names if name not in stored]
    total = request.reads.run_file_count(request.viewer, row.id)
    return page(nodes, offset, len(found) > size, total_count=total, upload_headers=[])


def _stored(request: Ask, run_row: Row[Any], file: Row[Any]) -> dict[str, Any]:
    return {
        **_offered(request, run_row, file.name),
        "id": wire_id("File", file.id),
        "direct_url": request.links.run_file(run_row.id, file.name),
        "size_bytes": file.size_bytes,
        "mimetype": file.mimetype,
        "updated_at": file.updated_at,
        "md5": base64.b64encode(bytes.fromhex(file.md5)).decode() if file.md5 else None,
    }


def _offered(request: Ask, run_row: Row[Any], name: str) -> dict[str, Any]:
    def url(_info: GraphQLResolveInfo, upload: bool | None = None) -> str:
        if upload:
            return request.links.run_file_upload(run_row.id, name)
        return request.links.run_file(run_row.id, name)

    return {
        "id": wire_id("FileName", run_row.id) + base64.b64encode(name.encode()).decode(),
        "name": name,
        "display_name": name,
        "url": url,
        "direct_url": "",
        "size_bytes": 0,
        "updated_at": None,
        "md5": "0",
        "upload_headers": [],
    }


def _asks_for_upload(info: GraphQLResolveInfo) -> bool:
    """Whether `url(upload: true)` is asked for below this field."""

    def within(selections: SelectionSetNode | None) -> bool:
        for node in [] if selections is None else selections.selections:
            if isinstance(node, FieldNode) and node.name.value == "url":
                for argument in node.arguments:
                    value = argument.value
                    if isinstance(value, BooleanValueNode):
                        return value.value
                    if isinstance(value, VariableNode):
                        return bool(info.variable_values.get(value.name.value))
            if isinstance(node, FieldNode) and within(node.selection_set):
                return True
        return False

    return any(within(node.selection_set) for node in info.field_nodes)
