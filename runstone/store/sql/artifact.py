"""Versions: their place in collections (memberships, aliases), tags, and the lineage edges."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    update,
)

from runstone.domain.artifact import LATEST, EdgeKind, VersionState, number_of, parse_version_name
from runstone.domain.ids import VersionId
from runstone.domain.viewer import Viewer
from runstone.store.schema import (
    alias,
    artifact_type,
    client_name,
    collection,
    edge,
    entity,
    manifest,
    membership,
    project,
    run,
    version,
    version_tag,
)
from runstone.store.session import Session
from runstone.store.sql.blob import chunks
from runstone.store.sql.project import visible

COMMITTED = VersionState.COMMITTED.value


def version_visible(viewer: Viewer) -> ColumnElement[bool]:
    """Condition on `version`: its project, or a collection that holds a link to it, may be read."""
    if viewer.admin:
        return true()
    if viewer.scope is not None:
        return version.c.id.in_([int(one) for one in viewer.scope.versions])
    own = version.c.project_id.in_(
        select(project.c.id).where(visible(viewer), project.c.deleted_at.is_(None)).correlate(None)
    )
    linked = version.c.id.in_(
        select(membership.c.version_id)
        .join(collection, collection.c.id == membership.c.collection_id)
        .join(project, project.c.id == collection.c.project_id)
        .where(
            membership.c.deleted_at.is_(None),
            collection.c.deleted_at.is_(None),
            project.c.deleted_at.is_(None),
            visible(viewer),
        )
        .correlate(None)
    )
    return or_(own, linked)


def _versions(viewer: Viewer) -> Select[Any]:
    return (
        select(
            version,
            collection.c.name.label("collection_name"),
            collection.c.ttl_seconds.label("collection_ttl_seconds"),
            artifact_type.c.name.label("type_name"),
            project.c.name.label("project_name"),
            project.c.entity_id.label("entity_id"),
            entity.c.name.label("entity_name"),
        )
        .join(collection, collection.c.id == version.c.collection_id)
        .join(artifact_type, artifact_type.c.id == collection.c.type_id)
        .join(project, project.c.id == version.c.project_id)
        .join(entity, entity.c.id == project.c.entity_id)
        .where(version_visible(viewer))
    )


def _living() -> ColumnElement[bool]:
    return version.c.state != VersionState.DELETED.value


class ArtifactReads(Session):
    """Reads of versions. Rows carry `collection_name`, `type_name`, `project_name`, `entity_name`."""

    def version(self, viewer: Viewer, version_id: int) -> Row[Any] | None:
        """A version by id, pending ones included; None when absent, deleted or hidden."""
        return self.one(_versions(viewer).where(version.c.id == version_id, _living()))

    def versions_by_id(self, viewer: Viewer, ids: Iterable[int]) -> dict[int, Row[Any]]:
        """Visible living versions among `ids`, by id."""
        found: dict[int, Row[Any]] = {}
        for part in chunks(sorted(set(ids))):
            for row in self.all(_versions(viewer).where(version.c.id.in_(part), _living())):
                found[row.id] = row
        return found

    def owning_versions(self, viewer: Viewer, ids: Iterable[int]) -> list[Row[Any]]:
        """The same with deleted ones: they hold bytes until their grace is over."""
        return [
            row
            for part in chunks(sorted(set(ids)))
            for row in self.all(_versions(viewer).where(version.c.id.in_(part)))
        ]

    def collection_of_version(self, viewer: Viewer, version_id: int) -> Row[Any] | None:
        """The source collection of a visible version, though the collection itself may be hidden."""
        return self.one(
            select(collection, artifact_type.c.name.label("type_name"))
            .join(version, version.c.collection_id == collection.c.id)
            .join(artifact_type, artifact_type.c.id == collection.c.type_id)
            .where(version.c.id == version_id, version_visible(viewer))
        )

    def version_with_digest(self, viewer: Viewer, collection_id: int, digest: str) -> Row[Any] | None:
        """The newest committed version of a collection with that content."""
        return self.one(
            _versions(viewer)
            .where(
                version.c.collection_id == collection_id,
                version.c.digest == digest,
                version.c.state == COMMITTED,
            )
            .order_by(version.c.number.desc())
            .limit(1)
        )

    def version_made_by_many(
        self, viewer: Viewer, collection_id: int, distributed_id: str
    ) -> Row[Any] | None:
        """The version of a collection that several runs are making together under that id."""
        return self.one(
            _versions(viewer).where(
                version.c.collection_id == collection_id,
                version.c.distributed_id == distributed_id,
                version.c.state == VersionState.PENDING.value,
            )
        )

    def membership_by_alias(self, viewer: Viewer, collection_id: int, name: str) -> Row[Any] | None:
        """What `NAME:ALIAS` means in one collection: an alias, `v3`, or a digest; None when absent.

        `latest` without such an alias is the newest version.
        """
        base = (
            select(membership)
            .join(version, version.c.id == membership.c.version_id)
            .join(collection, collection.c.id == membership.c.collection_id)
            .join(project, project.c.id == collection.c.project_id)
            .where(
                membership.c.collection_id == collection_id,
                membership.c.deleted_at.is_(None),
                version.c.state == COMMITTED,
                collection.c.deleted_at.is_(None),
                visible(viewer),
            )
        )
        number = number_of(name)
        if number is not None:
            return self.one(base.where(membership.c.number == number))
        found = self.one(
            base.join(alias, alias.c.membership_id == membership.c.id).where(alias.c.name == name)
        )
        newest = base.order_by(membership.c.number.desc()).limit(1)
        if found is None:
            found = self.one(newest if name == LATEST else newest.where(version.c.digest == name))
        return found

    def membership_named(self, viewer: Viewer, project_id: int, name: str) -> Row[Any] | None:
        """What `NAME:ALIAS` means in a project; None when absent or hidden."""
        wanted = parse_version_name(name)
        found = self.scalar(
            select(collection.c.id)
            .join(project, project.c.id == collection.c.project_id)
            .where(
                collection.c.project_id == project_id,
                collection.c.name == wanted.collection,
                collection.c.deleted_at.is_(None),
                project.c.deleted_at.is_(None),
                visible(viewer),
            )
        )
        return None if found is None else self.membership_by_alias(viewer, found, wanted.alias)

    def membership_of(self, viewer: Viewer, collection_id: int, version_id: int) -> Row[Any] | None:
        """The place of a version in a visible collection."""
        return self.one(
            select(membership)
            .join(collection, collection.c.id == membership.c.collection_id)
            .join(project, project.c.id == collection.c.project_id)
            .where(
                membership.c.collection_id == collection_id,
                membership.c.version_id == version_id,
                membership.c.deleted_at.is_(None),
                visible(viewer),
            )
        )

    def place_by_id(self, viewer: Viewer, membership_id: int) -> Row[Any] | None:
        """A place in a visible living collection by id."""
        return self.one(
            select(membership)
            .join(collection, collection.c.id == membership.c.collection_id)
            .join(project, project.c.id == collection.c.project_id)
            .where(
                membership.c.id == membership_id,
                membership.c.deleted_at.is_(None),
                collection.c.deleted_at.is_(None),
                visible(viewer),
            )
        )

    def memberships(self, viewer: Viewer, collection_id: int, *, limit: int | None = None) -> list[Row[Any]]:
        """All places in a collection that hold a committed version, newest first."""
        return self.all(
            select(membership)
            .join(version, version.c.id == membership.c.version_id)
            .join(collection, collection.c.id == membership.c.collection_id)
            .join(project, project.c.id == collection.c.project_id)
            .where(
                membership.c.collection_id == collection_id,
                membership.c.deleted_at.is_(None),
                version.c.state == COMMITTED,
                visible(viewer),
            )
            .order_by(membership.c.number.desc())
            .limit(limit)
        )

    def memberships_of_versions(self, viewer: Viewer, ids: Iterable[int]) -> dict[int, list[Row[Any]]]:
        """Every visible place of each version, the source first; living collections only."""
        found: dict[int, list[Row[Any]]] = {}
        for part in chunks(sorted(set(ids))):
            for row in self.all(
                select(membership, collection.c.kind.label("kind"))
                .join(collection, collection.c.id == membership.c.collection_id)
                .join(project, project.c.id == collection.c.project_id)
                .where(
                    membership.c.version_id.in_(part),
                    membership.c.deleted_at.is_(None),
                    collection.c.deleted_at.is_(None),
                    project.c.deleted_at.is_(None),
                    visible(viewer),
                )
                .order_by(collection.c.kind.desc(), membership.c.id)  # sequence before portfolio
            ):
                found.setdefault(row.version_id, []).append(row)
        return found

    def aliases_of_memberships(self, viewer: Viewer, ids: Iterable[int]) -> dict[int, list[Row[Any]]]:
        """Given aliases (`id`, `name`) by membership, of visible collections.

        By name: a client sends the aliases of one version in any order.
        """
        found: dict[int, list[Row[Any]]] = {}
        for part in chunks(sorted(set(ids))):
            for row in self.all(
                select(alias)
                .join(collection, collection.c.id == alias.c.collection_id)
                .join(project, project.c.id == collection.c.project_id)
                .where(alias.c.membership_id.in_(part), visible(viewer))
                .order_by(alias.c.name)
            ):
                found.setdefault(row.membership_id, []).append(row)
        return found

    def version_tags(self, viewer: Viewer, ids: Iterable[int]) -> dict[int, list[str]]:
        """Tags of visible versions, by version id."""
        found: dict[int, list[str]] = {}
        for part in chunks(sorted(set(ids))):
            for row in self.all(
                select(version_tag)
                .join(version, version.c.id == version_tag.c.version_id)
                .where(version_tag.c.version_id.in_(part), version_visible(viewer))
                .order_by(version_tag.c.name)
            ):
                found.setdefault(row.version_id, []).append(row.name)
        return found

    def client_named(self, viewer: Viewer, client_id: str) -> Row[Any] | None:
        """What an id that a client invented stands for: `noun` (version or collection), `noun_id`."""
        return self.one(
            select(client_name)
            .join(project, project.c.id == client_name.c.project_id)
            .where(client_name.c.client_id == client_id, visible(viewer))
        )

    def run_for_edge(self, viewer: Viewer, project_id: int, name: str) -> int | None:
        """Id of a living run of a visible project by the name its client gave it."""
        found = self.scalar(
            select(run.c.id)
            .join(project, project.c.id == run.c.project_id)
            .where(
                run.c.project_id == project_id,
                run.c.name == name,
                run.c.deleted_at.is_(None),
                visible(viewer),
            )
        )
        return None if found is None else int(found)

    def runs_of_version(self, viewer: Viewer, version_id: int, kind: EdgeKind) -> list[int]:
        """Ids of visible living runs that made or used a version, first one first."""
        return [
            row.run_id
            for row in self.all(
                select(edge.c.run_id)
                .join(run, run.c.id == edge.c.run_id)
                .join(project, project.c.id == run.c.project_id)
                .where(
                    edge.c.version_id == version_id,
                    edge.c.kind == kind.value,
                    run.c.deleted_at.is_(None),
                    visible(viewer),
                )
                .order_by(edge.c.created_at, edge.c.run_id)
            )
        ]

    def versions_of_run(self, viewer: Viewer, run_id: int, kind: EdgeKind) -> list[Row[Any]]:
        """Committed versions that a run made or used, in that order."""
        return self.all(
            _versions(viewer)
            .join(edge, edge.c.version_id == version.c.id)
            .where(edge.c.run_id == run_id, edge.c.kind == kind.value, version.c.state == COMMITTED)
            .order_by(edge.c.created_at, version.c.id)
        )

    def makers(self, viewer: Viewer, versions: Sequence[int]) -> dict[int, int]:
        """The run that made each of these (visible) versions: the first, where others made it with it or
        logged the same content later."""
        edges = self.edges_of(viewer, versions=versions)
        return {one.version_id: one.run_id for one in reversed(edges) if one.kind == EdgeKind.MADE.value}

    def edges_of(
        self, viewer: Viewer, *, runs: Sequence[int] = (), versions: Sequence[int] = ()
    ) -> list[Row[Any]]:
        """Lineage edges that touch any of these (visible) runs or versions."""
        touched: list[ColumnElement[bool]] = []
        if runs:
            touched.append(edge.c.run_id.in_(runs))
        if versions:
            touched.append(edge.c.version_id.in_(versions))
        if not touched:
            return []
        return self.all(
            select(edge)
            .join(run, run.c.id == edge.c.run_id)
            .join(project, project.c.id == run.c.project_id)
            .join(version, version.c.id == edge.c.version_id)
            .where(
                or_(*touched),
                run.c.deleted_at.is_(None),
                version.c.state == COMMITTED,
                visible(viewer),
                version_visible(viewer),
            )
            .order_by(edge.c.created_at, edge.c.run_id, edge.c.version_id)
        )

    def versions_with_ttl(self) -> list[Row[Any]]:
        """Committed versions that end some time: `id`, `created_at`, `ttl_seconds`. For the clock's door."""
        ttl = func.coalesce(version.c.ttl_seconds, collection.c.ttl_seconds)
        return self.all(
            select(version.c.id, version.c.created_at, ttl.label("ttl_seconds"))
            .join(collection, collection.c.id == version.c.collection_id)
            .where(version.c.state == COMMITTED, ttl > 0)
        )

    def versions_to_free(self, before: datetime, begun_before: datetime, limit: int) -> list[int]:
        """Versions that still hold files and that nobody will ask for again. For the clock's door.

        Deleted before an instant, alone or with their project; or begun before another one and
        never committed. A link from a living place keeps a version of a deleted project.
        """
        holds = exists(select(manifest.c.id).where(manifest.c.version_id == version.c.id))
        home_gone = version.c.project_id.in_(select(project.c.id).where(project.c.deleted_at <= before))
        linked = version.c.id.in_(
            select(membership.c.version_id)
            .join(collection, collection.c.id == membership.c.collection_id)
            .join(project, project.c.id == collection.c.project_id)
            .where(
                membership.c.deleted_at.is_(None),
                collection.c.deleted_at.is_(None),
                project.c.deleted_at.is_(None),
            )
        )
        deleted = and_(version.c.state == VersionState.DELETED.value, version.c.deleted_at <= before)
        abandoned = and_(version.c.state == VersionState.PENDING.value, version.c.updated_at <= begun_before)
        rows = self.all(
            select(version.c.id)
            .where(holds, or_(deleted, abandoned, and_(home_gone, ~linked)))
            .order_by(version.c.id)
            .limit(limit)
        )
        return [row.id for row in rows]


class ArtifactWrites(ArtifactReads):
    """Changes of versions."""

    def insert_version(self, collection_id: int, project_id: int, now: datetime, **values: Any) -> VersionId:
        """Add a version that is being made."""
        return VersionId(
            self.insert_id(
                version,
                collection_id=collection_id,
                project_id=project_id,
                state=VersionState.PENDING.value,
                created_at=now,
                updated_at=now,
                **values,
            )
        )

    def update_version(self, version_id: int, now: datetime, **values: Any) -> None:
        """Change columns of a version."""
        self.conn.execute(update(version).where(version.c.id == version_id).values(updated_at=now, **values))

    def name_by_client(self, client_id: str, noun: str, noun_id: int, project_id: int) -> None:
        """Remember an id that a client invented; one of another project keeps its meaning."""
        self.conn.execute(
            self.upsert(client_name)
            .values(client_id=client_id, noun=noun, noun_id=noun_id, project_id=project_id)
            .on_conflict_do_update(
                index_elements=["client_id"],
                set_={"noun": noun, "noun_id": noun_id},
                where=client_name.c.project_id == project_id,
            )
        )

    def insert_membership(
        self, collection_id: int, version_id: int, number: int, now: datetime, created_by: int | None
    ) -> int:
        """Give a version its place in a collection."""
        return self.insert_id(
            membership,
            collection_id=collection_id,
            version_id=version_id,
            number=number,
            created_by=created_by,
            created_at=now,
        )

    def set_alias(self, collection_id: int, membership_id: int, name: str, now: datetime) -> None:
        """Bind an alias to a place; it leaves the place it had in that collection."""
        self.conn.execute(
            self.upsert(alias)
            .values(collection_id=collection_id, membership_id=membership_id, name=name, created_at=now)
            .on_conflict_do_update(
                index_elements=["collection_id", "name"],
                set_={"membership_id": membership_id, "created_at": now},
            )
        )

    def unset_aliases(self, membership_id: int, names: Iterable[str] | None = None) -> list[str]:
        """Remove aliases of a place (None: all); returns those that were there."""
        condition = alias.c.membership_id == membership_id
        if names is not None:
            condition = condition & alias.c.name.in_(list(names))
        found = [row.name for row in self.all(select(alias.c.name).where(condition).order_by(alias.c.name))]
        self.conn.execute(delete(alias).where(condition))
        return found

    def alias_taken(self, collection_id: int, name: str) -> bool:
        """Whether a collection has that alias."""
        return (
            self.scalar(
                select(alias.c.id).where(alias.c.collection_id == collection_id, alias.c.name == name)
            )
            is not None
        )

    def remove_membership(self, membership_id: int, now: datetime) -> None:
        """Take a version out of a collection; its number there stays taken."""
        self.conn.execute(update(membership).where(membership.c.id == membership_id).values(deleted_at=now))

    def places_removed_at(self, version_id: int, instant: datetime) -> list[Row[Any]]:
        """Places of a version that were removed at one instant, for undo."""
        return self.all(
            select(membership).where(
                membership.c.version_id == version_id, membership.c.deleted_at == instant
            )
        )

    def restore_membership(self, membership_id: int) -> None:
        """Put a removed place back."""
        self.conn.execute(update(membership).where(membership.c.id == membership_id).values(deleted_at=None))

    def newest_place(self, collection_id: int) -> Row[Any] | None:
        """The place with the highest number that still holds a committed version."""
        return self.one(
            select(membership)
            .join(version, version.c.id == membership.c.version_id)
            .where(
                membership.c.collection_id == collection_id,
                membership.c.deleted_at.is_(None),
                version.c.state == COMMITTED,
            )
            .order_by(membership.c.number.desc())
            .limit(1)
        )

    def mark_version_freed(self, version_id: int, now: datetime) -> None:
        """A version whose files are gone for good counts as deleted, since now unless before."""
        self.conn.execute(
            update(version)
            .where(version.c.id == version_id)
            .values(
                state=VersionState.DELETED.value,
                deleted_at=func.coalesce(version.c.deleted_at, literal(now, version.c.deleted_at.type)),
            )
        )

    def tag_version(self, version_id: int, names: Iterable[str], now: datetime) -> None:
        """Add tags; those there already stay."""
        for name in names:
            self.conn.execute(
                self.upsert(version_tag)
                .values(version_id=version_id, name=name, created_at=now)
                .on_conflict_do_nothing()
            )

    def untag_version(self, version_id: int, names: Iterable[str]) -> None:
        """Remove tags; absent ones are fine."""
        self.conn.execute(
            delete(version_tag).where(
                version_tag.c.version_id == version_id, version_tag.c.name.in_(list(names))
            )
        )

    def insert_edge(
        self, run_id: int, version_id: int, kind: EdgeKind, now: datetime, used_as: str | None = None
    ) -> None:
        """Record that a run made or used a version; twice is once."""
        self.conn.execute(
            self.upsert(edge)
            .values(run_id=run_id, version_id=version_id, kind=kind.value, used_as=used_as, created_at=now)
            .on_conflict_do_nothing()
        )

    def deleted_version(self, viewer: Viewer, version_id: int) -> Row[Any] | None:
        """A deleted version of a visible project, for undo."""
        return self.one(
            _versions(viewer).where(version.c.id == version_id, version.c.state == VersionState.DELETED.value)
        )
