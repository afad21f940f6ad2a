"""People, teams, organizations, their keys."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, func, or_, select, update

from runstone.domain.ids import EntityId, OrganizationId, UserId
from runstone.domain.viewer import Role, Viewer
from runstone.store.schema import (
    api_key,
    entity,
    member,
    organization,
    project,
    project_member,
    sign_in_link,
    user_account,
)
from runstone.store.session import Prepared, Session

_PERSON = Prepared(
    lambda _: (
        select(user_account, entity.c.name.label("entity_name"))
        .join(entity, entity.c.id == user_account.c.entity_id)
        .where(user_account.c.id == bindparam("of_user"), user_account.c.deleted_at.is_(None))
    )
)
_ROLES = Prepared(
    lambda _: (
        select(member.c.entity_id, member.c.role)
        .join(entity, entity.c.id == member.c.entity_id)
        .where(member.c.user_id == bindparam("of_user"), entity.c.deleted_at.is_(None))
    )
)
_OWNER = Prepared(
    lambda _: (
        select(api_key.c.user_id)
        .join(user_account, user_account.c.id == api_key.c.user_id)
        .where(
            api_key.c.digest == bindparam("of_digest"),
            api_key.c.revoked_at.is_(None),
            user_account.c.deleted_at.is_(None),
        )
    )
)
_LAST_USE = Prepared(
    lambda _: select(api_key.c.last_used_at).where(api_key.c.digest == bindparam("of_digest"))
)


class UserReads(Session):
    """Reads of people, teams and organizations."""

    def viewer(self, user_id: UserId) -> Viewer | None:
        """A person as a viewer, with all roles; None when there is no such (living) person."""
        row = _PERSON.run(self.conn, of_user=user_id).first()
        if row is None:
            return None
        roles = {EntityId(row.entity_id): Role.ADMIN}
        for one in _ROLES.run(self.conn, of_user=user_id):
            roles[EntityId(one.entity_id)] = Role(one.role)
        return Viewer(
            user_id=user_id,
            username=row.username,
            entity_id=EntityId(row.entity_id),
            entity_name=row.entity_name,
            admin=row.admin,
            roles=roles,
        )

    def user_of_key(self, digest: str) -> UserId | None:
        """Whose key has this digest; None when it is unknown or revoked."""
        found = _OWNER.run(self.conn, of_digest=digest).scalar()
        return None if found is None else UserId(found)

    def sign_in_link(self, digest: str) -> Row[Any] | None:
        """A one-time link with its person (`username`, `name`), spent and expired ones too."""
        return self.one(
            select(
                sign_in_link.c.purpose,
                sign_in_link.c.user_id,
                sign_in_link.c.expires_at,
                sign_in_link.c.used_at,
                entity.c.name.label("username"),
                user_account.c.name,
            )
            .join(user_account, user_account.c.id == sign_in_link.c.user_id)
            .join(entity, entity.c.id == user_account.c.entity_id)
            .where(sign_in_link.c.digest == digest, user_account.c.deleted_at.is_(None))
        )

    def key_used_since(self, digest: str, moment: datetime) -> bool:
        """Whether a use of this key since then is noted."""
        found = _LAST_USE.run(self.conn, of_digest=digest).scalar()
        return found is not None and found >= moment

    def user(self, viewer: Viewer, username: str) -> Row[Any] | None:
        """A person's row by name. Any signed-in viewer may look people up."""
        if not viewer.signed_in:
            return None
        return self.one(
            select(user_account, entity.c.name.label("entity_name"))
            .join(entity, entity.c.id == user_account.c.entity_id)
            .where(user_account.c.username == username, user_account.c.deleted_at.is_(None))
        )

    def users_matching(self, viewer: Viewer, text: str) -> list[Row[Any]]:
        """People whose user name or e-mail address is `text`."""
        if not viewer.signed_in:
            return []
        return self.all(
            select(user_account, entity.c.name.label("entity_name"))
            .join(entity, entity.c.id == user_account.c.entity_id)
            .where(
                or_(user_account.c.username == text, user_account.c.email == text),
                user_account.c.deleted_at.is_(None),
            )
            .order_by(user_account.c.id)
        )

    def user_rows(self, viewer: Viewer, ids: Iterable[int]) -> dict[int, Row[Any]]:
        """People by id, deleted ones included (a run keeps its author's name)."""
        wanted = set(ids)
        if not wanted:
            return {}
        return {row.id: row for row in self.all(select(user_account).where(user_account.c.id.in_(wanted)))}

    def users_exist(self) -> bool:
        """Whether anybody has an account: False only before the first start is done."""
        return self.scalar(select(user_account.c.id).limit(1)) is not None

    def keys_of(self, user_id: UserId) -> list[Row[Any]]:
        """A person's living keys, oldest first. Digests only: a key is shown once, when it is made."""
        return self.all(
            select(api_key)
            .where(api_key.c.user_id == user_id, api_key.c.revoked_at.is_(None))
            .order_by(api_key.c.id)
        )

    def entity_named(self, viewer: Viewer, name: str) -> Row[Any] | None:
        """A living entity by its name: a person's, a team's or an organization's own."""
        return self.one(select(entity).where(entity.c.name == name, entity.c.deleted_at.is_(None)))

    def entity_by_id(self, viewer: Viewer, entity_id: EntityId) -> Row[Any] | None:
        """An entity by id."""
        return self.one(select(entity).where(entity.c.id == entity_id))

    def entities_of(self, viewer: Viewer) -> list[Row[Any]]:
        """The viewer's own entity and teams, own first, then by name."""
        return self.all(
            select(entity)
            .where(
                entity.c.id.in_([int(one) for one in viewer.roles]),
                entity.c.deleted_at.is_(None),
                entity.c.kind != "organization",
            )
            .order_by((entity.c.id != viewer.entity_id), entity.c.name)
        )

    def entity_names(self, viewer: Viewer) -> list[str]:
        """Names that this viewer may log to, for suggestions in errors."""
        return [row.name for row in self.entities_of(viewer)]

    def members_of(self, viewer: Viewer, entity_id: EntityId) -> list[Row[Any]]:
        """Members of a team or organization entity: the person's row with `role`."""
        return self.all(
            select(user_account, member.c.role)
            .join(member, member.c.user_id == user_account.c.id)
            .where(member.c.entity_id == entity_id, user_account.c.deleted_at.is_(None))
            .order_by(user_account.c.username)
        )

    def organization_named(self, viewer: Viewer, name: str) -> Row[Any] | None:
        """An organization by name, display name or the name of its entity."""
        return self.one(
            select(organization, entity.c.name.label("entity_name"))
            .join(entity, entity.c.id == organization.c.entity_id)
            .where(
                or_(organization.c.name == name, organization.c.display_name == name, entity.c.name == name),
                organization.c.deleted_at.is_(None),
            )
        )

    def organization_by_id(self, viewer: Viewer, organization_id: OrganizationId) -> Row[Any] | None:
        """An organization with the name of its entity."""
        return self.one(
            select(organization, entity.c.name.label("entity_name"))
            .join(entity, entity.c.id == organization.c.entity_id)
            .where(organization.c.id == organization_id, organization.c.deleted_at.is_(None))
        )

    def organizations_of(self, viewer: Viewer, user_id: UserId) -> list[Row[Any]]:
        """The organizations a person belongs to, oldest first."""
        return self.all(
            select(organization, entity.c.name.label("entity_name"), member.c.role)
            .join(entity, entity.c.id == organization.c.entity_id)
            .join(member, and_(member.c.entity_id == entity.c.id, member.c.user_id == user_id))
            .where(organization.c.deleted_at.is_(None))
            .order_by(organization.c.id)
        )

    def teams_of_organization(self, viewer: Viewer, organization_id: OrganizationId) -> list[Row[Any]]:
        """Living teams of an organization, by name."""
        return self.all(
            select(entity)
            .where(
                entity.c.organization_id == organization_id,
                entity.c.kind == "team",
                entity.c.deleted_at.is_(None),
            )
            .order_by(entity.c.name)
        )

    def all_users(self, viewer: Viewer) -> list[Row[Any]]:
        """Everybody, by name; empty unless the viewer administers the server."""
        if not viewer.admin:
            return []
        return self.all(
            select(user_account).where(user_account.c.deleted_at.is_(None)).order_by(user_account.c.username)
        )

    def all_organizations(self, viewer: Viewer) -> list[Row[Any]]:
        """Every organization with the name of its entity, oldest first. Any signed-in viewer may see them."""
        if not viewer.signed_in:
            return []
        return self.all(
            select(organization, entity.c.name.label("entity_name"))
            .join(entity, entity.c.id == organization.c.entity_id)
            .where(organization.c.deleted_at.is_(None))
            .order_by(organization.c.id)
        )

    def admins_left(self, without: UserId) -> int:
        """How many administrators remain when one is left out."""
        return int(
            self.scalar(
                select(func.count())
                .select_from(user_account)
                .where(
                    user_account.c.admin.is_(True),
                    user_account.c.deleted_at.is_(None),
                    user_account.c.id != without,
                )
            )
            or 0
        )


class UserWrites(UserReads):
    """Changes of people, teams, organizations and keys."""

    def insert_entity(
        self, name: str, kind: str, organization_id: OrganizationId | None, now: datetime
    ) -> EntityId:
        """Add an entity of kind user, team or organization."""
        return EntityId(
            self.insert_id(entity, name=name, kind=kind, organization_id=organization_id, created_at=now)
        )

    def insert_organization(self, name: str, display_name: str, now: datetime) -> OrganizationId:
        """Add an organization together with the entity that owns its registries."""
        found = OrganizationId(
            self.insert_id(organization, name=name, display_name=display_name, created_at=now)
        )
        own = self.insert_entity(name, "organization", found, now)
        self.conn.execute(update(organization).where(organization.c.id == found).values(entity_id=own))
        return found

    def insert_user(self, username: str, now: datetime, **values: Any) -> UserId:
        """Add a person with an entity of the same name."""
        own = self.insert_entity(username, "user", None, now)
        values.setdefault("name", username)
        return UserId(
            self.insert_id(user_account, username=username, entity_id=own, created_at=now, **values)
        )

    def update_user(self, user_id: UserId, **values: Any) -> None:
        """Change columns of a person."""
        if values:
            self.conn.execute(update(user_account).where(user_account.c.id == user_id).values(**values))

    def insert_key(
        self, user_id: UserId, digest: str, prefix: str, description: str, now: datetime
    ) -> int | None:
        """Add a key by its digest; None when that key is known already."""
        if self.scalar(select(api_key.c.id).where(api_key.c.digest == digest)) is not None:
            self.conn.execute(
                update(api_key)
                .where(api_key.c.digest == digest, api_key.c.user_id == user_id)
                .values(revoked_at=None)
            )
            return None
        return self.insert_id(
            api_key, user_id=user_id, digest=digest, prefix=prefix, description=description, created_at=now
        )

    def mark_key_used(self, digest: str, now: datetime) -> None:
        """Note that a key was used."""
        self.conn.execute(update(api_key).where(api_key.c.digest == digest).values(last_used_at=now))

    def revoke_key(self, key_id: int, user_id: UserId, now: datetime) -> bool:
        """End a key of one person; False when it is not theirs or already ended."""
        done = self.conn.execute(
            update(api_key)
            .where(api_key.c.id == key_id, api_key.c.user_id == user_id, api_key.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        return done.rowcount == 1

    def set_member(self, entity_id: EntityId, user_id: UserId, role: Role, now: datetime) -> None:
        """Give a person a role in a team or organization entity."""
        self.conn.execute(
            self.upsert(member)
            .values(entity_id=entity_id, user_id=user_id, role=role.value, created_at=now)
            .on_conflict_do_update(index_elements=["entity_id", "user_id"], set_={"role": role.value})
        )

    def remove_member(self, entity_id: EntityId, user_id: UserId) -> None:
        """Take a person out of a team or organization."""
        self.conn.execute(member.delete().where(member.c.entity_id == entity_id, member.c.user_id == user_id))

    def mark_user_deleted(self, user_id: UserId, now: datetime) -> None:
        """Hide a person, end their keys and memberships; their name becomes free again."""
        self.conn.execute(update(user_account).where(user_account.c.id == user_id).values(deleted_at=now))
        self.conn.execute(
            update(api_key)
            .where(api_key.c.user_id == user_id, api_key.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        self.conn.execute(member.delete().where(member.c.user_id == user_id))

    def mark_entity_deleted(self, entity_id: EntityId, now: datetime) -> None:
        """Hide an entity and its projects; its name becomes free again and its rights elsewhere end."""
        self.conn.execute(project_member.delete().where(project_member.c.entity_id == entity_id))
        self.conn.execute(update(entity).where(entity.c.id == entity_id).values(deleted_at=now))
        self.conn.execute(
            update(project)
            .where(project.c.entity_id == entity_id, project.c.deleted_at.is_(None))
            .values(deleted_at=now)
        )

    def mark_organization_deleted(self, organization_id: OrganizationId, now: datetime) -> None:
        """Hide an organization with all its entities."""
        self.conn.execute(
            update(organization).where(organization.c.id == organization_id).values(deleted_at=now)
        )
        self.conn.execute(
            update(entity)
            .where(entity.c.organization_id == organization_id, entity.c.deleted_at.is_(None))
            .values(deleted_at=now)
        )

    def insert_sign_in_link(self, digest: str, user_id: UserId, purpose: str, expires_at: datetime) -> None:
        """Keep a one-time link by its digest."""
        self.conn.execute(
            sign_in_link.insert().values(
                digest=digest, user_id=user_id, purpose=purpose, expires_at=expires_at
            )
        )

    def use_sign_in_link(self, digest: str, now: datetime) -> Row[Any] | None:
        """Spend a one-time link; None when unknown, spent or expired."""
        row = self.one(
            select(sign_in_link).where(
                sign_in_link.c.digest == digest,
                sign_in_link.c.used_at.is_(None),
                sign_in_link.c.expires_at > now,
            )
        )
        if row is not None:
            self.conn.execute(update(sign_in_link).where(sign_in_link.c.digest == digest).values(used_at=now))
        return row
