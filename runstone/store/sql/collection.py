"""Artifact types and collections: the named lines of versions, and the portfolios of links."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select, update

from runstone.domain.artifact import CollectionKind
from runstone.domain.ids import CollectionId
from runstone.domain.viewer import Viewer
from runstone.store.schema import (
    alias,
    artifact_type,
    collection,
    collection_tag,
    entity,
    membership,
    project,
    version,
)
from runstone.store.session import Session
from runstone.store.sql.blob import chunks
from runstone.store.sql.project import visible


def with_project(viewer: Viewer) -> Select[Any]:
    """Living, visible collections; rows carry `type_name`, `project_name`, `entity_name`, `entity_id`."""
    return (
        select(
            collection,
            artifact_type.c.name.label("type_name"),
            project.c.name.label("project_name"),
            project.c.kind.label("project_kind"),
            project.c.entity_id.label("entity_id"),
            entity.c.name.label("entity_name"),
        )
        .join(artifact_type, artifact_type.c.id == collection.c.type_id)
        .join(project, project.c.id == collection.c.project_id)
        .join(entity, entity.c.id == project.c.entity_id)
        .where(collection.c.deleted_at.is_(None), project.c.deleted_at.is_(None), visible(viewer))
    )


def shown() -> ColumnElement[bool]:
    """Condition on `collection`: something is in it, or somebody made it by hand (a portfolio)."""
    return or_(
        collection.c.kind == CollectionKind.PORTFOLIO.value,
        exists(
            select(membership.c.id).where(
                membership.c.collection_id == collection.c.id, membership.c.deleted_at.is_(None)
            )
        ),
    )


class CollectionReads(Session):
    """Reads of types and collections."""

    def artifact_types(self, viewer: Viewer, project_id: int) -> list[Row[Any]]:
        """Types of a visible project, by name."""
        return self.all(
            select(artifact_type)
            .join(project, project.c.id == artifact_type.c.project_id)
            .where(artifact_type.c.project_id == project_id, visible(viewer))
            .order_by(artifact_type.c.name)
        )

    def artifact_type(self, viewer: Viewer, project_id: int, name: str) -> Row[Any] | None:
        """One type of a visible project by name."""
        return self.one(
            select(artifact_type)
            .join(project, project.c.id == artifact_type.c.project_id)
            .where(artifact_type.c.project_id == project_id, artifact_type.c.name == name, visible(viewer))
        )

    def collection(self, viewer: Viewer, project_id: int, name: str) -> Row[Any] | None:
        """A collection by project and name; None when absent, deleted or hidden."""
        return self.one(
            with_project(viewer).where(collection.c.project_id == project_id, collection.c.name == name)
        )

    def collection_by_id(self, viewer: Viewer, collection_id: int) -> Row[Any] | None:
        """A collection by id, under the same rule."""
        return self.one(with_project(viewer).where(collection.c.id == collection_id))

    def collections_by_id(self, viewer: Viewer, ids: Iterable[int]) -> dict[int, Row[Any]]:
        """Visible collections among `ids`, by id."""
        found: dict[int, Row[Any]] = {}
        for part in chunks(sorted(set(ids))):
            for row in self.all(with_project(viewer).where(collection.c.id.in_(part))):
                found[row.id] = row
        return found

    def collections(
        self,
        viewer: Viewer,
        *conditions: ColumnElement[bool],
        order: Sequence[ColumnElement[Any]] = (),
        offset: int = 0,
        limit: int | None = None,
    ) -> list[Row[Any]]:
        """Collections that hold something, newest first unless ordered otherwise."""
        statement = (
            with_project(viewer)
            .where(shown(), *conditions)
            .order_by(*(order or (collection.c.created_at.desc(),)), collection.c.id.desc())
            .offset(offset)
        )
        return self.all(statement if limit is None else statement.limit(limit))

    def collections_of(
        self,
        viewer: Viewer,
        project_id: int,
        *,
        type_id: int | None = None,
        kind: str | None = None,
        name_part: str | None = None,
    ) -> list[Row[Any]]:
        """Collections of a project: of one type, of one kind, with a text in their name."""
        conditions: list[ColumnElement[bool]] = [collection.c.project_id == project_id]
        if type_id is not None:
            conditions.append(collection.c.type_id == type_id)
        if kind is not None:
            conditions.append(collection.c.kind == kind)
        if name_part:
            conditions.append(collection.c.name.contains(name_part, autoescape=True))
        return self.collections(viewer, *conditions)

    def collection_aliases(self, viewer: Viewer, collection_id: int) -> list[Row[Any]]:
        """Aliases given in a visible collection: `id`, `name`, `membership_id`, `number`."""
        return self.all(
            select(alias.c.id, alias.c.name, alias.c.membership_id, membership.c.number)
            .join(membership, membership.c.id == alias.c.membership_id)
            .join(collection, collection.c.id == alias.c.collection_id)
            .join(project, project.c.id == collection.c.project_id)
            .where(alias.c.collection_id == collection_id, visible(viewer))
            .order_by(alias.c.name)
        )

    def collection_tags(self, viewer: Viewer, ids: Iterable[int]) -> dict[int, list[str]]:
        """Tags of visible collections, by collection id, in the order of their names."""
        found: dict[int, list[str]] = {}
        for part in chunks(sorted(set(ids))):
            for row in self.all(
                select(collection_tag.c.collection_id, collection_tag.c.name)
                .join(collection, collection.c.id == collection_tag.c.collection_id)
                .join(project, project.c.id == collection.c.project_id)
                .where(collection_tag.c.collection_id.in_(part), visible(viewer))
                .order_by(collection_tag.c.name)
            ):
                found.setdefault(row.collection_id, []).append(row.name)
        return found

    def version_counts(self, viewer: Viewer, ids: Iterable[int]) -> dict[int, int]:
        """How many living versions each visible collection holds."""
        found: dict[int, int] = {}
        for part in chunks(sorted(set(ids))):
            for row in self.all(
                select(membership.c.collection_id, func.count().label("n"))
                .join(collection, collection.c.id == membership.c.collection_id)
                .join(project, project.c.id == collection.c.project_id)
                .where(
                    membership.c.collection_id.in_(part), membership.c.deleted_at.is_(None), visible(viewer)
                )
                .group_by(membership.c.collection_id)
            ):
                found[row.collection_id] = row.n
        return found

    def deleted_collection(self, viewer: Viewer, collection_id: int) -> Row[Any] | None:
        """A deleted collection of a visible project, for undo."""
        return self.one(
            select(collection, project.c.name.label("project_name"))
            .join(project, project.c.id == collection.c.project_id)
            .where(
                and_(collection.c.id == collection_id, collection.c.deleted_at.is_not(None)), visible(viewer)
            )
        )


class CollectionWrites(CollectionReads):
    """Changes of types and collections."""

    def ensure_artifact_type(
        self, project_id: int, name: str, now: datetime, description: str | None = None
    ) -> int:
        """The id of a type, made when it is absent."""
        self.conn.execute(
            self.upsert(artifact_type)
            .values(project_id=project_id, name=name, description=description, created_at=now)
            .on_conflict_do_nothing()
        )
        return int(
            self.scalar(
                select(artifact_type.c.id).where(
                    artifact_type.c.project_id == project_id, artifact_type.c.name == name
                )
            )
        )

    def insert_collection(
        self,
        project_id: int,
        type_id: int,
        name: str,
        kind: CollectionKind,
        now: datetime,
        *,
        created_by: int | None,
        description: str | None = None,
    ) -> CollectionId:
        """Add a collection."""
        return CollectionId(
            self.insert_id(
                collection,
                project_id=project_id,
                type_id=type_id,
                name=name,
                kind=kind.value,
                description=description,
                created_by=created_by,
                created_at=now,
                updated_at=now,
            )
        )

    def update_collection(self, collection_id: int, now: datetime, **values: Any) -> None:
        """Change columns of a collection."""
        self.conn.execute(
            update(collection).where(collection.c.id == collection_id).values(updated_at=now, **values)
        )

    def next_collection_number(self, collection_id: int) -> int:
        """Take the next version number of a collection: each is given once."""
        taken = self.scalar(
            update(collection)
            .where(collection.c.id == collection_id)
            .values(next_number=collection.c.next_number + 1)
            .returning(collection.c.next_number)
        )
        return int(taken) - 1

    def tag_collection(self, collection_id: int, names: Iterable[str], now: datetime) -> None:
        """Add tags; those there already stay."""
        for name in names:
            self.conn.execute(
                self.upsert(collection_tag)
                .values(collection_id=collection_id, name=name, created_at=now)
                .on_conflict_do_nothing()
            )

    def untag_collection(self, collection_id: int, names: Iterable[str]) -> None:
        """Remove tags; absent ones are fine."""
        self.conn.execute(
            collection_tag.delete().where(
                collection_tag.c.collection_id == collection_id, collection_tag.c.name.in_(list(names))
            )
        )

    def living_collection_named(self, project_id: int, name: str) -> int | None:
        """Id of the living collection of that name, for checks of free names."""
        found = self.scalar(
            select(collection.c.id).where(
                collection.c.project_id == project_id,
                collection.c.name == name,
                collection.c.deleted_at.is_(None),
            )
        )
        return None if found is None else int(found)

    def version_ids_of_collection(self, collection_id: int) -> list[int]:
        """Ids of the versions born in a collection."""
        return [
            row.id for row in self.all(select(version.c.id).where(version.c.collection_id == collection_id))
        ]
