"""Sweeps and the agents that work for them."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select, update

from runstone.domain.ids import AgentId, ProjectId, SweepId
from runstone.domain.viewer import Viewer
from runstone.store.schema import agent, entity, project, sweep, sweep_run
from runstone.store.session import Session
from runstone.store.sql.project import visible


def sweeps_of(viewer: Viewer) -> Select[Any]:
    """Living sweeps that this viewer may see, with `project_name` and `entity_name`."""
    return (
        select(sweep, project.c.name.label("project_name"), entity.c.name.label("entity_name"))
        .join(project, project.c.id == sweep.c.project_id)
        .join(entity, entity.c.id == project.c.entity_id)
        .where(sweep.c.deleted_at.is_(None), project.c.deleted_at.is_(None), visible(viewer))
    )


def _agents(viewer: Viewer) -> Select[Any]:
    return (
        select(agent, sweep.c.project_id)
        .join(sweep, sweep.c.id == agent.c.sweep_id)
        .join(project, project.c.id == sweep.c.project_id)
        .where(sweep.c.deleted_at.is_(None), project.c.deleted_at.is_(None), visible(viewer))
    )


class SweepReads(Session):
    """Reads of sweeps and agents. Rows of sweeps carry `project_name` and `entity_name`."""

    def sweep(self, viewer: Viewer, sweep_id: int) -> Row[Any] | None:
        """A sweep by id; None when absent, deleted or hidden."""
        return self.one(sweeps_of(viewer).where(sweep.c.id == sweep_id))

    def sweep_named(self, viewer: Viewer, project_id: int, name: str) -> Row[Any] | None:
        """A sweep by its short name within a project."""
        return self.one(sweeps_of(viewer).where(sweep.c.project_id == project_id, sweep.c.name == name))

    def sweeps_of_project(
        self, viewer: Viewer, project_id: int, *, offset: int = 0, limit: int = 50
    ) -> list[Row[Any]]:
        """Sweeps of a project, newest first."""
        return self.all(
            sweeps_of(viewer)
            .where(sweep.c.project_id == project_id)
            .order_by(sweep.c.created_at.desc(), sweep.c.id.desc())
            .offset(offset)
            .limit(limit)
        )

    def sweep_names(self, viewer: Viewer, project_id: int) -> list[str]:
        """Short names of a project's sweeps, for suggestions in errors."""
        return [row.name for row in self.all(sweeps_of(viewer).where(sweep.c.project_id == project_id))]

    def count_sweeps(self, viewer: Viewer, project_id: int) -> int:
        """How many sweeps a project has."""
        counted = sweeps_of(viewer).where(sweep.c.project_id == project_id).subquery()
        return int(self.scalar(select(func.count()).select_from(counted)) or 0)

    def agent(self, viewer: Viewer, agent_id: int) -> Row[Any] | None:
        """An agent by id, with its sweep's `project_id`; None when the sweep is gone or hidden."""
        return self.one(_agents(viewer).where(agent.c.id == agent_id))

    def agents_of(self, viewer: Viewer, sweep_id: int) -> list[Row[Any]]:
        """Agents of a sweep in the order in which they joined, with `total_runs`."""
        counted = (
            select(func.count())
            .select_from(sweep_run)
            .where(sweep_run.c.agent_id == agent.c.id, sweep_run.c.state != "released")
            .scalar_subquery()
        )
        return self.all(
            _agents(viewer)
            .add_columns(counted.label("total_runs"))
            .where(agent.c.sweep_id == sweep_id)
            .order_by(agent.c.id)
        )


class SweepWrites(SweepReads):
    """Changes of sweeps and agents."""

    def insert_sweep(self, project_id: ProjectId, name: str, now: datetime, **values: Any) -> SweepId:
        """Add a sweep."""
        return SweepId(
            self.insert_id(sweep, project_id=project_id, name=name, created_at=now, updated_at=now, **values)
        )

    def lock_sweep(self, sweep_id: int) -> Row[Any] | None:
        """The sweep's row, held until this transaction ends; None when it was deleted."""
        return self.one(
            select(sweep).where(sweep.c.id == sweep_id, sweep.c.deleted_at.is_(None)).with_for_update()
        )

    def update_sweep(self, sweep_id: int, now: datetime, **values: Any) -> None:
        """Change columns of a sweep."""
        self.conn.execute(update(sweep).where(sweep.c.id == sweep_id).values(updated_at=now, **values))

    def insert_agent(self, sweep_id: SweepId, name: str, host: str, user_id: Any, now: datetime) -> AgentId:
        """Add an agent."""
        return AgentId(
            self.insert_id(
                agent,
                sweep_id=sweep_id,
                name=name,
                host=host,
                state="RUNNING",
                user_id=user_id,
                created_at=now,
                heartbeat_at=now,
            )
        )

    def hear_agent(self, agent_id: int, sweep_id: int, alive: Sequence[str], now: datetime) -> None:
        """Note an agent's sign of life and which of its runs it says are alive."""
        report = json.dumps(dict.fromkeys(alive, True))
        self.conn.execute(
            update(agent)
            .where(agent.c.id == agent_id)
            .values(run_state=report, heartbeat_at=now, state="RUNNING")
        )
        self.conn.execute(update(sweep).where(sweep.c.id == sweep_id).values(heartbeat_at=now))

    def set_agent_state(self, agent_id: int, state: str) -> None:
        """Change an agent's state."""
        self.conn.execute(update(agent).where(agent.c.id == agent_id).values(state=state))
