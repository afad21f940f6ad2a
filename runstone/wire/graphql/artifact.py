"""Versions on the wire: `artifact`, its aliases, its places (`membership`), and changes to them."""

from collections.abc import Sequence
from typing import Any

from ariadne import MutationType, ObjectType, QueryType, SchemaBindable
from graphql import GraphQLResolveInfo
from sqlalchemy import Row

from runstone.actions.artifact import (
    AliasAt,
    Details,
    NewVersion,
    add_aliases,
    begin_version,
    delete_version,
    describe_version,
    remove_aliases,
    use_version,
)
from runstone.actions.collection import find_place_named
from runstone.domain.artifact import TTL_NEVER
from runstone.domain.errors import Invalid, NotSupported
from runstone.wire.graphql.collection import tag_of
from runstone.wire.graphql.connections import page_of_all
from runstone.wire.graphql.context import Ask, ask
from runstone.wire.graphql.nodes import (
    AliasNode,
    CollectionNode,
    PlaceNode,
    VersionNode,
    place_node,
    version_by_id,
)
from runstone.wire.ids import number_of, try_number_of, wire_id

query = QueryType()
mutation = MutationType()
project = ObjectType("Project")
artifact = ObjectType("Artifact")
alias = ObjectType("ArtifactAlias")
membership = ObjectType("ArtifactCollectionMembership")

BINDABLES: list[SchemaBindable] = [query, mutation, project, artifact, alias, membership]


def version_number(text: str) -> int:
    """The number in an opaque artifact id. Raises `Invalid`."""
    return number_of("Artifact", text)


@query.field("artifact")
def resolve_artifact(_: Any, info: GraphQLResolveInfo, id: str) -> VersionNode | None:
    """A version by its opaque id, null when absent."""
    number = try_number_of("Artifact", id)
    return None if number is None else version_by_id(ask(info), number)


@query.field("clientIDMapping")
def resolve_client_id(_: Any, info: GraphQLResolveInfo, client_id: str) -> dict[str, Any] | None:
    """The opaque id of what a client named before it had one.

    Clients log artifacts side by side: one may ask about another whose creation is still under way,
    and gives its artifact up when told that there is none.
    """
    request = ask(info)
    found = request.reads.client_named(request.viewer, client_id)
    if found is None:
        request.came_too_early(info)
        return None
    kind = "Artifact" if found.noun == "version" else "ArtifactCollection"
    return {"server_id": wire_id(kind, found.noun_id)}


@project.field("artifact")
def resolve_project_artifact(
    row: Row[Any], info: GraphQLResolveInfo, name: str, enable_tracking: bool | None = None
) -> VersionNode | None:
    """The version that `NAME:ALIAS` means in this project, null when absent."""
    request = ask(info)
    place = request.reads.membership_named(request.viewer, row.id, name)
    return None if place is None else version_by_id(request, place.version_id)


@project.field("artifactCollectionMembership")
def resolve_project_membership(row: Row[Any], info: GraphQLResolveInfo, name: str) -> PlaceNode | None:
    """The place that `NAME:ALIAS` means in this project. Absent: an error that says what is there."""
    request = ask(info)
    return place_node(request, find_place_named(request.reads, request.viewer, row, name))


# --- fields of a version -------------------------------------------------------------------


@artifact.field("id")
def resolve_id(node: VersionNode, info: GraphQLResolveInfo) -> str:
    """Opaque id; clients turn it into hex and back."""
    return wire_id("Artifact", node.row.id)


@artifact.field("name")
def resolve_name(node: VersionNode, info: GraphQLResolveInfo) -> str:
    """`NAME:v3`."""
    return f"{node.row.collection_name}:v{node.row.number}"


@artifact.field("artifactSequence")
def resolve_sequence(node: VersionNode, info: GraphQLResolveInfo) -> CollectionNode | None:
    """The collection that it was born in."""
    for place in node.places:
        if place.row.collection_id == node.row.collection_id:
            return place.collection
    request = ask(info)
    found = request.reads.collection_of_version(request.viewer, node.row.id)
    return None if found is None else CollectionNode(found, ())


@artifact.field("artifactType")
def resolve_type(node: VersionNode, info: GraphQLResolveInfo) -> Row[Any] | dict[str, Any]:
    """Its type."""
    request = ask(info)
    row = node.row
    found = request.once(
        ("type", row.project_id, row.type_name),
        lambda: request.reads.artifact_type(request.viewer, row.project_id, row.type_name),
    )
    return found if found is not None else {"name": row.type_name}


@artifact.field("versionIndex")
def resolve_index(node: VersionNode, info: GraphQLResolveInfo) -> int | None:
    """Its number in its source; null until it is committed."""
    return None if node.row.number is None else int(node.row.number)


@artifact.field("state")
def resolve_state(node: VersionNode, info: GraphQLResolveInfo) -> str:
    """PENDING, COMMITTED or DELETED."""
    return str(node.row.state).upper()


@artifact.field("labels")
def resolve_labels(node: VersionNode, info: GraphQLResolveInfo) -> str:
    """Labels of old clients; there are none."""
    return "{}"


@artifact.field("size")
def resolve_size(node: VersionNode, info: GraphQLResolveInfo) -> int:
    """Bytes of all files."""
    return int(node.row.size_bytes)


@artifact.field("ttlDurationSeconds")
def resolve_ttl(node: VersionNode, info: GraphQLResolveInfo) -> int:
    """Life time; `-2` for none."""
    own = node.row.ttl_seconds if node.row.ttl_seconds is not None else node.row.collection_ttl_seconds
    return TTL_NEVER if own is None else int(own)


@artifact.field("ttlIsInherited")
def resolve_ttl_inherited(node: VersionNode, info: GraphQLResolveInfo) -> bool:
    """Whether the life time is the collection's."""
    return node.row.ttl_seconds is None


@artifact.field("tags")
def resolve_tags(node: VersionNode, info: GraphQLResolveInfo) -> list[dict[str, Any]]:
    """Tags."""
    return [tag_of("ArtifactTag", node.row.id, name) for name in node.tags]


@artifact.field("aliases")
def resolve_aliases(node: VersionNode, info: GraphQLResolveInfo) -> list[AliasNode]:
    """Aliases in every collection that holds it, one `vN` for each among them."""
    return [one for place in node.places for one in place.aliases]


@artifact.field("artifactMemberships")
def resolve_memberships(
    node: VersionNode, info: GraphQLResolveInfo, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """Its places, the source first."""
    return page_of_all(node.places, first, after)


@artifact.field("artifactCollections")
def resolve_collections(
    node: VersionNode, info: GraphQLResolveInfo, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """The collections that hold it, the source first."""
    return page_of_all([place.collection for place in node.places if place.collection], first, after)


for plain in (
    "description",
    "metadata",
    "digest",
    "digestAlgorithm",
    "commitHash",
    "fileCount",
    "historyStep",
    "createdAt",
    "updatedAt",
):
    column = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in plain)
    artifact.set_field(plain, lambda node, info, column=column: getattr(node.row, column))


# --- aliases and places ---------------------------------------------------------------------


@alias.field("artifactCollection")
def resolve_alias_collection(node: AliasNode, info: GraphQLResolveInfo) -> CollectionNode | None:
    """Where the alias is given."""
    return node.collection


@alias.field("artifactCollectionName")
def resolve_alias_collection_name(node: AliasNode, info: GraphQLResolveInfo) -> str:
    """Name of that collection."""
    return "" if node.collection is None else str(node.collection.row.name)


@membership.field("id")
def resolve_place_id(node: PlaceNode, info: GraphQLResolveInfo) -> str:
    """Opaque id."""
    return wire_id("ArtifactCollectionMembership", node.row.id)


@membership.field("versionIndex")
def resolve_place_index(node: PlaceNode, info: GraphQLResolveInfo) -> int:
    """The version's number in this collection."""
    return int(node.row.number)


@membership.field("createdAt")
@membership.field("updatedAt")
def resolve_place_created(node: PlaceNode, info: GraphQLResolveInfo) -> Any:
    """When the version came here."""
    return node.row.created_at


@membership.field("aliases")
def resolve_place_aliases(node: PlaceNode, info: GraphQLResolveInfo) -> Sequence[AliasNode]:
    """Aliases given here, and `vN`."""
    return node.aliases


@membership.field("artifactCollection")
def resolve_place_collection(node: PlaceNode, info: GraphQLResolveInfo) -> CollectionNode | None:
    """The collection."""
    return node.collection


@membership.field("artifact")
def resolve_place_artifact(node: PlaceNode, info: GraphQLResolveInfo) -> VersionNode | None:
    """The version."""
    request = ask(info)
    version_id = node.row.version_id
    return request.once(("version", version_id), lambda: version_by_id(request, version_id))


# --- changes ----------------------------------------------------------------------------------


@mutation.field("createArtifact")
def resolve_create(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Begin a version, or find the one with this content."""
    request = ask(info)
    if input.get("digest_algorithm") not in (None, "MANIFEST_MD5"):
        raise NotSupported(
            f"digests of kind {input['digest_algorithm']} are not supported; use MANIFEST_MD5."
        )
    names = [input.get("artifact_collection_name"), *(input.get("artifact_collection_names") or [])]
    name = next((one for one in names if one), None)
    if name is None:
        raise Invalid("createArtifact: expected artifactCollectionName. Give the artifact a name.")
    aliases = [one["alias"] for one in input.get("aliases") or [] if one["artifact_collection_name"] == name]
    version_id = begin_version(
        request.store,
        request.viewer,
        NewVersion(
            entity_name=input["entity_name"],
            project_name=input["project_name"],
            type_name=input["artifact_type_name"],
            collection_name=name,
            digest=input["digest"],
            run_name=input.get("run_name"),
            description=input.get("description"),
            metadata=input.get("metadata"),
            aliases=aliases,
            tags=[one["tag_name"] for one in input.get("tags") or []],
            client_id=input.get("client_id"),
            sequence_client_id=input.get("sequence_client_id"),
            ttl_seconds=input.get("ttl_duration_seconds"),
            history_step=input.get("history_step"),
            deduplicate=input.get("enable_digest_deduplication") is not False,
            distributed_id=input.get("distributed_id") or None,
        ),
        request.now,
    )
    return _answer(request, version_id)


def _answer(request: Ask, version_id: int) -> dict[str, Any]:
    request.fresh()
    return {"artifact": version_by_id(request, version_id)}


@mutation.field("updateArtifact")
def resolve_update(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Change words, tags, life time, aliases."""
    request = ask(info)
    aliases = input.get("aliases")
    version_id = describe_version(
        request.store,
        request.viewer,
        version_number(input["artifact_id"]),
        Details(
            description=input.get("description"),
            metadata=input.get("metadata"),
            tags_to_add=[one["tag_name"] for one in input.get("tags_to_add") or []],
            tags_to_remove=[one["tag_name"] for one in input.get("tags_to_delete") or []],
            ttl_seconds=input.get("ttl_duration_seconds"),
            aliases=None if aliases is None else [one["alias"] for one in aliases],
        ),
        request.now,
    )
    return _answer(request, version_id)


def _aliases_of(input: dict[str, Any]) -> list[AliasAt]:
    return [
        AliasAt(
            one.get("entity_name"),
            one.get("project_name") or "",
            one["artifact_collection_name"],
            one["alias"],
        )
        for one in input["aliases"]
    ]


@mutation.field("addAliases")
def resolve_add_aliases(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Bind aliases."""
    request = ask(info)
    add_aliases(
        request.store, request.viewer, version_number(input["artifact_id"]), _aliases_of(input), request.now
    )
    return {"success": True}


@mutation.field("deleteAliases")
def resolve_delete_aliases(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Take aliases away."""
    request = ask(info)
    remove_aliases(
        request.store, request.viewer, version_number(input["artifact_id"]), _aliases_of(input), request.now
    )
    return {"success": True}


@mutation.field("useArtifact")
def resolve_use(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Record that a run used a version."""
    request = ask(info)
    version_id = use_version(
        request.store,
        request.viewer,
        input["entity_name"],
        input["project_name"],
        input["run_name"],
        version_number(input["artifact_id"]),
        request.now,
        used_as=input.get("used_as"),
    )
    return _answer(request, version_id)


@mutation.field("deleteArtifact")
def resolve_delete(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Delete a version."""
    request = ask(info)
    version_id = version_number(input["artifact_id"])
    before = version_by_id(request, version_id)
    delete_version(
        request.store,
        request.viewer,
        version_id,
        request.now,
        delete_aliases=bool(input.get("delete_aliases")),
    )
    return {"artifact": before}


def version_given(info: GraphQLResolveInfo, artifact_id: str | None, client_id: str | None) -> int:
    """The version that a client names by our id or by its own. Raises `Invalid`."""
    request = ask(info)
    if artifact_id:
        return version_number(artifact_id)
    found = None if not client_id else request.reads.client_named(request.viewer, client_id)
    if found is None or found.noun != "version":
        if client_id and found is None:
            request.came_too_early(info)  # old clients (0.13, 0.16) link at once, and only once
        raise Invalid("expected artifactID, or the clientID of an artifact that was sent to this server.")
    return int(found.noun_id)
