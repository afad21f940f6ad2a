"""Runs, their scalars for filters, and what each project's table of runs shows."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, case, delete, func, select, update

from runstone.domain.filter import Condition
from runstone.domain.ids import ProjectId, RunId
from runstone.domain.run import ALIVE, Value
from runstone.domain.run_order import Position, parse_order
from runstone.domain.viewer import Viewer
from runstone.store.schema import entity, project, run, run_value, sweep, user_account, value_path
from runstone.store.session import Prepared
from runstone.store.sql.project import shown_run, visible
from runstone.store.sql.run_table import RunTableReads

SOME = 500  # values bound to one statement


@cache
def with_names() -> Select[Any]:
    """Every column of runs, with the names that go with them. Add conditions that prove access."""
    return (
        select(
            run,
            project.c.name.label("project_name"),
            entity.c.name.label("entity_name"),
            user_account.c.username,
            sweep.c.name.label("sweep_name"),
        )
        .join(project, project.c.id == run.c.project_id)
        .join(entity, entity.c.id == project.c.entity_id)
        .outerjoin(user_account, user_account.c.id == run.c.user_id)
        .outerjoin(sweep, sweep.c.id == run.c.sweep_id)
    )


def _living(viewer: Viewer) -> Select[Any]:
    return _shown(viewer, with_names())


def _shown(viewer: Viewer, statement: Select[Any]) -> Select[Any]:
    return statement.where(
        run.c.deleted_at.is_(None),
        project.c.deleted_at.is_(None),
        visible(viewer),
        shown_run(viewer, run.c.id),
    )


_VALUES = Prepared(
    lambda _: (
        select(run_value.c.path_id, value_path.c.path, run_value.c.num, run_value.c.str)
        .join(value_path, value_path.c.id == run_value.c.path_id)
        .where(run_value.c.run_id == bindparam("of_run"))
    )
)


_BEAT = Prepared(
    lambda _: (
        update(run)
        .where(run.c.id == bindparam("of_run"), run.c.heartbeat_at < bindparam("now"))
        .values(heartbeat_at=bindparam("now"))
    )
)


_SUMMARY = Prepared(
    lambda _: (
        update(run)
        .where(run.c.id == bindparam("of_run"))
        .values(
            summary=bindparam("text"),
            updated_at=bindparam("now"),
            heartbeat_at=case(
                (run.c.heartbeat_at < bindparam("now"), bindparam("now")), else_=run.c.heartbeat_at
            ),
        )
    )
)
_LOCK_PROJECT = Prepared(
    lambda _: (
        select(project.c.id).where(project.c.id == bindparam("of_project")).with_for_update(key_share=True)
    )
)
_LAST_ORDINAL = Prepared(
    lambda _: select(func.max(run.c.ordinal)).where(run.c.project_id == bindparam("of_project"))
)
_NAMED = Prepared(
    lambda _: select(run.c.deleted_at).where(
        run.c.project_id == bindparam("of_project"), run.c.name == bindparam("of_name")
    )
)


def _put_value(insert: Any) -> Any:
    statement = insert(run_value).values({column.name: bindparam(column.name) for column in run_value.c})
    return statement.on_conflict_do_update(
        index_elements=["run_id", "path_id"],
        set_={"num": statement.excluded.num, "str": statement.excluded.str},
    )


_PUT_VALUE = Prepared(_put_value)


class RunReads(RunTableReads):
    """Reads of runs. Rows carry `project_name`, `entity_name`, `username` and `sweep_name`."""

    def run(self, viewer: Viewer, project_id: ProjectId, name: str) -> Row[Any] | None:
        """One run by the id its client chose; None when absent, deleted or hidden."""
        return self.one(_living(viewer).where(run.c.project_id == project_id, run.c.name == name))

    def run_by_id(self, viewer: Viewer, run_id: RunId) -> Row[Any] | None:
        """One run by our id, under the same rule."""
        return self.one(_living(viewer).where(run.c.id == run_id))

    def runs_named(self, viewer: Viewer, project_id: ProjectId, names: Iterable[str]) -> dict[str, Row[Any]]:
        """Living runs of a project among these names."""
        wanted = list(set(names))
        found: dict[str, Row[Any]] = {}
        for start in range(0, len(wanted), SOME):
            chunk = wanted[start : start + SOME]
            rows = self.all(_living(viewer).where(run.c.project_id == project_id, run.c.name.in_(chunk)))
            found.update((row.name, row) for row in rows)
        return found

    def runs_by_id(self, viewer: Viewer, ids: Iterable[int]) -> dict[int, Row[Any]]:
        """Visible runs among `ids`, by id."""
        wanted = list(set(ids))
        found: dict[int, Row[Any]] = {}
        for start in range(0, len(wanted), SOME):
            chunk = wanted[start : start + SOME]
            found.update((row.id, row) for row in self.all(_living(viewer).where(run.c.id.in_(chunk))))
        return found

    def streams_to_read(self, viewer: Viewer, ids: Iterable[int]) -> dict[int, Row[Any]]:
        """Of visible runs among `ids`, by id, what reads of their streams go by: `id`, `project_id`, `epoch`.
        A thousand whole runs with their documents take longer to read than their lines."""
        wanted = list(set(ids))
        found: dict[int, Row[Any]] = {}
        for start in range(0, len(wanted), SOME):
            own = _shown(viewer, select(run.c.id, run.c.project_id, run.c.epoch).join(project))
            rows = self.all(own.where(run.c.id.in_(wanted[start : start + SOME])))
            found.update((row.id, row) for row in rows)
        return found

    def runs(
        self,
        viewer: Viewer,
        project_id: ProjectId,
        condition: Condition,
        *,
        order: str = "+created_at",
        offset: int = 0,
        limit: int = 50,
    ) -> list[Row[Any]]:
        """Runs of a project that meet a condition, in order. Raises `Invalid` for an unknown order."""
        keys = parse_order(order)
        found = self.run_positions(viewer, project_id, condition, keys, limit=offset + limit)
        return self.runs_at(viewer, found[offset:])

    def runs_at(self, viewer: Viewer, positions: Sequence[Position]) -> list[Row[Any]]:
        """The runs of some positions, in their order."""
        rows = self.runs_by_id(viewer, [one.run_id for one in positions])
        return [rows[one.run_id] for one in positions if one.run_id in rows]

    def run_count(self, viewer: Viewer, project_id: ProjectId, condition: Condition) -> int:
        """How many runs of a project meet a condition."""
        return self.run_total(viewer, project_id, condition)

    def run_states(self, viewer: Viewer, project_ids: Sequence[int]) -> dict[int, dict[str, int]]:
        """Per project how many living runs are in each state."""
        rows = self.all(
            select(run.c.project_id, run.c.state, func.count().label("n"))
            .join(project, project.c.id == run.c.project_id)
            .where(run.c.project_id.in_(project_ids), run.c.deleted_at.is_(None), visible(viewer))
            .group_by(run.c.project_id, run.c.state)
        )
        found: dict[int, dict[str, int]] = {}
        for row in rows:
            found.setdefault(row.project_id, {})[row.state] = row.n
        return found

    def latest_heartbeats(self, viewer: Viewer, project_ids: Sequence[int]) -> dict[int, datetime]:
        """Per project when any of its living runs last gave a sign of life."""
        rows = self.all(
            select(run.c.project_id, func.max(run.c.heartbeat_at).label("at"))
            .join(project, project.c.id == run.c.project_id)
            .where(run.c.project_id.in_(project_ids), run.c.deleted_at.is_(None), visible(viewer))
            .group_by(run.c.project_id)
        )
        return {row.project_id: row.at for row in rows}

    def run_lives(self, project_id: ProjectId, name: str) -> bool | None:
        """Whether a run of that name lives, seen or not; None when there has never been one."""
        rows = _NAMED.run(self.conn, of_project=project_id, of_name=name).all()
        return any(row.deleted_at is None for row in rows) if rows else None

    def runs_silent_since(self, before: datetime) -> list[Row[Any]]:
        """Live runs whose last heartbeat is older than `before`: candidates for `crashed`."""
        return self.all(
            select(
                *(run.c.id, run.c.project_id, run.c.sweep_id, run.c.heartbeat_at),
                *(run.c.stop_requested_at, run.c.writer_id, run.c.exit_code),
            ).where(
                run.c.state.in_([state.value for state in ALIVE]),
                run.c.heartbeat_at < before,
                run.c.deleted_at.is_(None),
            )
        )


class RunWrites(RunReads):
    """Changes of runs."""

    def insert_run(self, project_id: ProjectId, name: str, now: datetime, **values: Any) -> RunId:
        """Add a run with the next ordinal of its project."""
        ordinal = self.next_run_ordinal(project_id)
        return RunId(
            self.insert_id(
                run,
                project_id=project_id,
                name=name,
                ordinal=ordinal,
                created_at=now,
                updated_at=now,
                heartbeat_at=now,
                state_at=now,
                **values,
            )
        )

    def next_run_ordinal(self, project_id: ProjectId) -> int:
        """The ordinal that the next run of a project gets. Others wait with theirs until this transaction
        ends."""
        _LOCK_PROJECT.run(self.conn, of_project=project_id)
        return 1 + int(_LAST_ORDINAL.run(self.conn, of_project=project_id).scalar() or 0)

    def update_run(self, run_id: RunId, now: datetime, **values: Any) -> None:
        """Change columns of a run."""
        self.conn.execute(update(run).where(run.c.id == run_id).values(updated_at=now, **values))

    def locked_run(self, run_id: RunId) -> Row[Any]:
        """Epoch, config, summary and tags of a run that others don't change until this transaction ends."""
        columns = (run.c.epoch, run.c.config, run.c.summary, run.c.tags)
        found = self.one(select(*columns).where(run.c.id == run_id).with_for_update())
        assert found is not None
        return found

    def beat_run(self, run_id: RunId, now: datetime) -> None:
        """Note a sign of life. Never moves back."""
        _BEAT.run(self.conn, of_run=run_id, now=now)

    def set_run_summary(self, run_id: RunId, summary: str, now: datetime) -> None:
        """Replace a run's summary (JSON text), which is a sign of life, too."""
        _SUMMARY.run(self.conn, of_run=run_id, text=summary, now=now)

    def mark_run_silent(self, run_id: RunId, before: datetime, **values: Any) -> bool:
        """Change a live run unless it gave a sign of life since `before`; False when it did."""
        done = self.conn.execute(
            update(run)
            .where(
                run.c.id == run_id,
                run.c.heartbeat_at < before,
                run.c.state.in_([state.value for state in ALIVE]),
            )
            .values(**values)
        )
        return done.rowcount == 1

    def set_run_values(self, project_id: ProjectId, run_id: RunId, values: Sequence[Value]) -> None:
        """Make the scalars of a run exactly these; rows that don't change are left alone."""
        present = {row.path: row for row in _VALUES.run(self.conn, of_run=run_id)}
        # The run's own rows name most paths: only new ones are asked for.
        paths = self._path_ids(project_id, [one.path for one in values if one.path not in present])
        paths.update((path, row.path_id) for path, row in present.items())
        wanted = {value.path: (value.num, value.text) for value in values}
        gone = [row.path_id for path, row in present.items() if path not in wanted]
        for start in range(0, len(gone), SOME):
            self.conn.execute(
                delete(run_value).where(
                    run_value.c.run_id == run_id, run_value.c.path_id.in_(gone[start : start + SOME])
                )
            )
        new = [
            {"run_id": run_id, "path_id": paths[path], "project_id": project_id, "num": num, "str": text}
            for path, (num, text) in wanted.items()
            if path not in present or (present[path].num, present[path].str) != (num, text)
        ]
        if new:
            _PUT_VALUE.run_many(self.conn, new)

    def _path_ids(self, project_id: ProjectId, paths: Sequence[str]) -> dict[str, int]:
        wanted = list(dict.fromkeys(paths))
        found = self.path_ids(project_id, wanted)
        missing = [path for path in wanted if path not in found]
        if missing:
            self.conn.execute(
                self.upsert(value_path).on_conflict_do_nothing(),
                [{"project_id": project_id, "path": path} for path in missing],
            )
            found.update(self.path_ids(project_id, missing))
        return found


__all__ = ["RunReads", "RunWrites"]
