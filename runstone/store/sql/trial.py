"""Slots of sweeps, and runs that a sweep builds on."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select, update

from runstone.domain.trial import OPEN, SlotState
from runstone.domain.viewer import Viewer
from runstone.store.schema import metric_key, project, run, run_key, sweep, sweep_prior, sweep_run
from runstone.store.session import Session
from runstone.store.sql.project import visible

_OPEN = [state.value for state in OPEN]
_RELEASED = SlotState.RELEASED.value


def _slots(viewer: Viewer, sweep_id: int) -> Select[Any]:
    return (
        select(
            sweep_run,
            run.c.state.label("run_state"),
            run.c.display_name.label("display_name"),
            run.c.stop_requested_at.label("run_stop_requested_at"),
            run.c.deleted_at.label("run_deleted_at"),
        )
        .join(sweep, sweep.c.id == sweep_run.c.sweep_id)
        .join(project, project.c.id == sweep.c.project_id)
        .outerjoin(run, run.c.id == sweep_run.c.run_id)
        .where(sweep_run.c.sweep_id == sweep_id, sweep.c.deleted_at.is_(None), visible(viewer))
        .order_by(sweep_run.c.seq)
    )


class TrialReads(Session):
    """Reads of slots. Rows carry `run_state` and `display_name` of the run, None before it is born."""

    def slots(self, viewer: Viewer, sweep_id: int) -> list[Row[Any]]:
        """Slots of a sweep in order, without released ones."""
        return self.all(_slots(viewer, sweep_id).where(sweep_run.c.state != _RELEASED))

    def open_slots(self, viewer: Viewer, sweep_id: int) -> list[Row[Any]]:
        """Slots that something may still come of."""
        return self.all(_slots(viewer, sweep_id).where(sweep_run.c.state.in_(_OPEN)))

    def slot_of_run(self, viewer: Viewer, sweep_id: int, run_name: str) -> Row[Any] | None:
        """The slot of a run name."""
        return self.one(_slots(viewer, sweep_id).where(sweep_run.c.run_name == run_name))

    def sweep_waiting_for(self, viewer: Viewer, project_id: int, run_name: str) -> str | None:
        """Name of the sweep of a project that gave an agent a run of this name."""
        found = self.scalar(
            select(sweep.c.name)
            .join(sweep_run, sweep_run.c.sweep_id == sweep.c.id)
            .join(project, project.c.id == sweep.c.project_id)
            .where(
                visible(viewer),
                sweep.c.project_id == project_id,
                sweep.c.deleted_at.is_(None),
                sweep_run.c.run_name == run_name,
            )
        )
        return None if found is None else str(found)

    def count_slots(self, viewer: Viewer, sweep_id: int) -> dict[str, int]:
        """How many slots are in each state."""
        return {
            row.state: int(row.n)
            for row in self.all(
                select(sweep_run.c.state, func.count().label("n"))
                .join(sweep, sweep.c.id == sweep_run.c.sweep_id)
                .join(project, project.c.id == sweep.c.project_id)
                .where(sweep_run.c.sweep_id == sweep_id, visible(viewer))
                .group_by(sweep_run.c.state)
            )
        }

    def slot_values(self, viewer: Viewer, sweep_id: int) -> list[float]:
        """Values of slots that have ended with one."""
        return [
            float(row.value)
            for row in self.all(
                _slots(viewer, sweep_id).where(
                    sweep_run.c.state.in_([SlotState.FINISHED.value, SlotState.STOPPED.value]),
                    sweep_run.c.value.is_not(None),
                )
            )
        ]

    def prior_runs(self, viewer: Viewer, sweep_id: int) -> list[Row[Any]]:
        """Runs that a sweep builds on, oldest first."""
        return self.all(
            select(run)
            .join(sweep_prior, sweep_prior.c.run_id == run.c.id)
            .join(project, project.c.id == run.c.project_id)
            .where(sweep_prior.c.sweep_id == sweep_id, run.c.deleted_at.is_(None), visible(viewer))
            .order_by(run.c.id)
        )

    def logged_ranges(
        self, viewer: Viewer, run_ids: Iterable[int], names: Iterable[str]
    ) -> dict[int, dict[str, tuple[float, float]]]:
        """Smallest and largest logged number of each named history key, by run."""
        found: dict[int, dict[str, tuple[float, float]]] = {}
        for row in self.all(
            select(
                run_key.c.run_id,
                metric_key.c.name,
                func.min(run_key.c.min).label("low"),
                func.max(run_key.c.max).label("high"),
            )
            .join(metric_key, metric_key.c.id == run_key.c.key_id)
            .join(project, project.c.id == metric_key.c.project_id)
            .where(
                run_key.c.run_id.in_(set(run_ids)),
                run_key.c.stream == 0,
                metric_key.c.name.in_(set(names)),
                visible(viewer),
            )
            .group_by(run_key.c.run_id, metric_key.c.name)
        ):
            if row.low is not None and row.high is not None:
                found.setdefault(row.run_id, {})[row.name] = (row.low, row.high)
        return found

    def progress_of(self, viewer: Viewer, run_ids: Iterable[int]) -> dict[int, str]:
        """What the trials of some runs have logged of their sweep's metric (JSON), by run."""
        return {
            row.run_id: row.progress
            for row in self.all(
                select(sweep_run.c.run_id, sweep_run.c.progress)
                .join(sweep, sweep.c.id == sweep_run.c.sweep_id)
                .join(project, project.c.id == sweep.c.project_id)
                .where(
                    sweep_run.c.run_id.in_(set(run_ids)), sweep_run.c.progress.is_not(None), visible(viewer)
                )
            )
        }


class TrialWrites(TrialReads):
    """Changes of slots."""

    def insert_slot(
        self, sweep_id: int, seq: int, run_name: str, agent_id: int | None, now: datetime
    ) -> None:
        """Reserve a slot."""
        self.conn.execute(
            sweep_run.insert().values(
                sweep_id=sweep_id,
                seq=seq,
                run_name=run_name,
                agent_id=agent_id,
                state=SlotState.RESERVED.value,
                created_at=now,
                updated_at=now,
            )
        )

    def released_slot(self, sweep_id: int) -> int | None:
        """The lowest slot that was given back, None if there is none."""
        found = self.scalar(
            select(func.min(sweep_run.c.seq)).where(
                sweep_run.c.sweep_id == sweep_id, sweep_run.c.state == _RELEASED
            )
        )
        return None if found is None else int(found)

    def update_slot(self, sweep_id: int, seq: int, now: datetime, **values: Any) -> None:
        """Change columns of a slot."""
        self.conn.execute(update(sweep_run).where(*_is(sweep_id, seq)).values(updated_at=now, **values))

    def fill_slot(self, sweep_id: int, seq: int, run_name: str, now: datetime, **values: Any) -> bool:
        """Give a reserved slot its point. False when somebody else has it by now."""
        done = self.conn.execute(
            update(sweep_run)
            .where(
                *_is(sweep_id, seq),
                sweep_run.c.state == SlotState.RESERVED.value,
                sweep_run.c.run_name == run_name,
            )
            .values(state=SlotState.ASSIGNED.value, updated_at=now, **values)
        )
        return done.rowcount == 1

    def has_point(self, sweep_id: int, seq: int, digest: str, repeat: int) -> bool:
        """Whether another slot already has this point with this count of repetitions."""
        return (
            self.scalar(
                select(sweep_run.c.seq).where(
                    sweep_run.c.sweep_id == sweep_id,
                    sweep_run.c.params_digest == digest,
                    sweep_run.c.repeat == repeat,
                    sweep_run.c.seq != seq,
                )
            )
            is not None
        )

    def next_repeat(self, sweep_id: int, digest: str) -> int:
        """One more than the highest count of repetitions of a point."""
        highest = self.scalar(
            select(func.max(sweep_run.c.repeat)).where(
                sweep_run.c.sweep_id == sweep_id, sweep_run.c.params_digest == digest
            )
        )
        return 0 if highest is None else int(highest) + 1

    def delete_slot(self, sweep_id: int, seq: int) -> None:
        """Undo a reservation."""
        self.conn.execute(sweep_run.delete().where(*_is(sweep_id, seq)))

    def request_stop(self, sweep_id: int, seq: int, cause: str, now: datetime) -> None:
        """Ask the run of a slot to stop: its agent and the run itself are told."""
        self.update_slot(sweep_id, seq, now, stop_requested=True, cause=cause)
        wanted = select(sweep_run.c.run_id).where(*_is(sweep_id, seq)).scalar_subquery()
        self.conn.execute(
            update(run)
            .where(run.c.id == wanted, run.c.stop_requested_at.is_(None))
            .values(stop_requested_at=now)
        )

    def add_prior_run(self, sweep_id: int, run_id: int) -> None:
        """Let a sweep build on a run."""
        self.conn.execute(
            self.upsert(sweep_prior).values(sweep_id=sweep_id, run_id=run_id).on_conflict_do_nothing()
        )


def _is(sweep_id: int, seq: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return sweep_run.c.sweep_id == sweep_id, sweep_run.c.seq == seq
