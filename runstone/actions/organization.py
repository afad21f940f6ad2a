"""Changes of organizations: owners of teams and registries."""

from datetime import datetime

from runstone.actions.access import require_admin
from runstone.actions.user import Membership, set_members
from runstone.domain.errors import Conflict
from runstone.domain.ids import EntityId, OrganizationId
from runstone.domain.naming import check_entity_name
from runstone.domain.viewer import Viewer
from runstone.store.opening import Store
from runstone.store.writes import Transaction


def put_organization(
    store: Store, viewer: Viewer, name: str, members: list[Membership], now: datetime
) -> tuple[OrganizationId, bool]:
    """Make an organization, or add members to the one there. Returns its id and whether it is new.

    Nobody is removed: the same call twice equals once. Raises `Conflict` when a user or team has the
    name and `NotFound` for unknown members.
    """
    require_admin(viewer)
    check_entity_name(name, "organization")

    def change(tx: Transaction) -> tuple[OrganizationId, bool]:
        row = tx.organization_named(viewer, name)
        if row is None:
            taken = tx.entity_named(viewer, name)
            if taken is not None:
                raise Conflict(
                    f"organization {name!r}: there is a {taken.kind} of that name. Choose another name."
                )
            made = tx.insert_organization(name, name, now)
            row_now = tx.organization_by_id(viewer, made)
            assert row_now is not None
        else:
            row_now = row
        organization_id = OrganizationId(row_now.id)
        set_members(tx, viewer, EntityId(row_now.entity_id), members, now)
        tx.record(
            viewer,
            "put_organization",
            "organization",
            organization_id,
            now,
            name=name,
            members={one.username: one.role.value for one in members},
        )
        tx.changed("organization", noun_id=organization_id)
        return organization_id, row is None

    return store.write(change)


def delete_organization(store: Store, viewer: Viewer, name: str, now: datetime) -> bool:
    """Remove an organization with its teams and all their projects. False when there is none.

    Raises `Conflict` for the only organization: registries need one.
    """
    require_admin(viewer)

    def change(tx: Transaction) -> bool:
        row = tx.organization_named(viewer, name)
        if row is None:
            return False
        if len(tx.all_organizations(viewer)) == 1:
            raise Conflict(
                f"{name} is the only organization of this server, and registries need one. Make another "
                "first: runstone org put NAME"
            )
        for team in tx.teams_of_organization(viewer, OrganizationId(row.id)):
            tx.mark_entity_deleted(EntityId(team.id), now)
        tx.mark_entity_deleted(EntityId(row.entity_id), now)
        tx.mark_organization_deleted(OrganizationId(row.id), now)
        tx.record(viewer, "delete_organization", "organization", row.id, now, name=name)
        tx.changed("organization", noun_id=row.id)
        return True

    return store.write(change)
