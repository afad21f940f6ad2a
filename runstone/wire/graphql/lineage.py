"""Lineage on the wire: which run made a version, which runs used it, and the same from the run."""

from typing import Any

from ariadne import ObjectType, SchemaBindable, UnionType
from graphql import GraphQLResolveInfo
from sqlalchemy import Row

from runstone.domain.artifact import EdgeKind
from runstone.wire.graphql.connections import offset_of, page, page_of_all, page_size
from runstone.wire.graphql.context import Ask, ask
from runstone.wire.graphql.nodes import VersionNode, version_nodes

artifact = ObjectType("Artifact")
run = ObjectType("Run")
creator = UnionType("ArtifactCreator")

BINDABLES: list[SchemaBindable] = [artifact, run, creator]


@creator.type_resolver
def resolve_creator_type(row: Row[Any], *_: Any) -> str:
    """Only runs make versions here."""
    return "Run"


def _runs(request: Ask, version_id: int, kind: EdgeKind) -> list[Row[Any]]:
    ids = request.reads.runs_of_version(request.viewer, version_id, kind)
    rows = request.reads.runs_by_id(request.viewer, ids)
    return [rows[one] for one in ids if one in rows]


@artifact.field("createdBy")
def resolve_created_by(node: VersionNode, info: GraphQLResolveInfo) -> Row[Any] | None:
    """The run that made it: for a linked version too, the one that made the source."""
    found = _runs(ask(info), node.row.id, EdgeKind.MADE)
    return found[0] if found else None


@artifact.field("usedBy")
def resolve_used_by(
    node: VersionNode,
    info: GraphQLResolveInfo,
    before: str | None = None,
    after: str | None = None,
    first: int | None = None,
    last: int | None = None,
) -> dict[str, Any]:
    """The runs that used it, first one first."""
    found = _runs(ask(info), node.row.id, EdgeKind.USED)
    if last is not None and first is None:
        found = found[-last:] if last else []
    return page_of_all(found, len(found) if first is None else first, after)


def _versions(
    row: Row[Any], info: GraphQLResolveInfo, kind: EdgeKind, after: str | None, first: int | None
) -> dict[str, Any]:
    request = ask(info)
    rows = request.reads.versions_of_run(request.viewer, row.id, kind)
    offset, size = offset_of(after), page_size(first)
    cut = version_nodes(request, rows[offset : offset + size])
    return page(cut, offset, offset + size < len(rows), total_count=len(rows))


@run.field("outputArtifacts")
def resolve_outputs(
    row: Row[Any], info: GraphQLResolveInfo, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """Versions that the run made."""
    return _versions(row, info, EdgeKind.MADE, after, first)


@run.field("inputArtifacts")
def resolve_inputs(
    row: Row[Any], info: GraphQLResolveInfo, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """Versions that the run used."""
    return _versions(row, info, EdgeKind.USED, after, first)
