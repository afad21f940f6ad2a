"""The table of runs: pages in any order, counts, values of columns, and which columns there are.

Two ways lead to a page. Where one condition of the filter leaves few runs, these are found by
its index and sorted. Otherwise the index of the sort key is walked from where the last page
ended, until the page is full.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    String,
    and_,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    tuple_,
)

from runstone.domain.filter import Condition, conjuncts, fields_of
from runstone.domain.ids import ProjectId
from runstone.domain.run_order import NOTHING, NUMBER, TEXT, Place, Position, SortKey
from runstone.domain.viewer import Viewer
from runstone.store.schema import project, run, run_value, user_account, value_path
from runstone.store.session import Session
from runstone.store.sql.project import shown_run, visible
from runstone.store.sql.run_filter import RunConditions

SOME = 500  # values bound to one statement
FEW = 2000  # runs that are sorted sooner than an index is walked
FEW_TO_COUNT = 10_000
MOST_PROBES = 8
VALUE_FIELDS = ("config.", "summary.")

Cell = float | str | bool | None


@dataclass(frozen=True, slots=True)
class ValueColumn:
    """A path of values that runs of a project have: its kinds (number, boolean, text), and the range of its
    numbers."""

    path: str
    kinds: tuple[str, ...]
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question about the runs of a project."""

    project_id: ProjectId
    condition: Condition
    terms: RunConditions
    paths: Mapping[str, int]
    meets: ColumnElement[bool]

    def living(self, *columns: Any) -> Select[Any]:
        """Living runs that meet the condition."""
        return select(*columns).where(
            run.c.project_id == self.project_id,
            run.c.deleted_at.is_(None),
            self.meets,
        )


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A condition that an index answers: how many runs it leaves, and the query of their ids."""

    n: int
    runs: Select[Any]


class RunTableReads(Session):
    """Reads of many runs of one project at once. A viewer without access gets what an empty project has."""

    def run_positions(
        self,
        viewer: Viewer,
        project_id: ProjectId,
        condition: Condition,
        keys: Sequence[SortKey],
        *,
        after: Position | None = None,
        limit: int = 50,
    ) -> list[Position]:
        """At most `limit` runs that meet a condition, in the order of the keys, from behind a position on."""
        asked = self._ask(viewer, project_id, condition, [key.field for key in keys])
        if asked is None:
            return []
        leaf = self._leaf(asked, FEW)
        return self._positions(asked, keys, None if leaf is None else leaf.runs, after, limit)

    def run_page(
        self,
        viewer: Viewer,
        project_id: ProjectId,
        condition: Condition,
        keys: Sequence[SortKey],
        *,
        after: Position | None,
        limit: int,
        most: int,
    ) -> tuple[list[Position], int]:
        """The same and `run_total`, with no question asked twice."""
        asked = self._ask(viewer, project_id, condition, [key.field for key in keys])
        if asked is None:
            return [], 0
        leaf = self._leaf(asked, FEW_TO_COUNT)
        few = leaf.runs if leaf is not None and leaf.n < FEW else None
        return self._positions(asked, keys, few, after, limit), self._total(asked, leaf, most)

    def _positions(
        self,
        asked: _Asked,
        keys: Sequence[SortKey],
        few: Select[Any] | None,
        after: Position | None,
        limit: int,
    ) -> list[Position]:
        if few is None and len(keys) == 1:
            key = keys[0]
            if key.field.startswith(VALUE_FIELDS):
                return self._walked(asked, key, after, limit)
            if key.field == "username":
                return self._walked_by_user(asked, key.down, after, limit)
            column = asked.terms.walked(key.field)
            if column is not None:
                return self._walked_by_column(asked, column, key.down, after, limit)
        return self._sorted(asked, keys, few, after, limit)

    def run_total(
        self, viewer: Viewer, project_id: ProjectId, condition: Condition, most: int | None = None
    ) -> int:
        """How many runs meet a condition; with `most`, counting ends there."""
        asked = self._ask(viewer, project_id, condition)
        return 0 if asked is None else self._total(asked, self._leaf(asked, FEW_TO_COUNT), most)

    def _total(self, asked: _Asked, leaf: _Leaf | None, most: int | None) -> int:
        """`leaf` leaves fewer than FEW_TO_COUNT: beyond that the runs in the order of their ids, whose values
        lie together, are counted sooner."""
        found = asked.living(literal(1).label("one"))
        if leaf is not None:
            # Not joined: that would look them up in the order of the leaf's values, all over the table.
            found = found.where(run.c.id.in_(leaf.runs))
        if most is not None:
            found = found.limit(most)
        return int(self.scalar(select(func.count()).select_from(found.subquery())) or 0)

    def run_cells(
        self, viewer: Viewer, project_id: ProjectId, condition: Condition, fields: Sequence[str]
    ) -> tuple[list[int], dict[str, list[Cell]]]:
        """Ids of all runs that meet a condition, in the order of age, and their values of some fields.

        Instants are seconds since 1970, tags their JSON text. Texts of values are cut, as
        they are in conditions.
        """
        asked = self._ask(viewer, project_id, condition, fields)
        if asked is None:
            return [], {field: [] for field in fields}
        own = [field for field in fields if not field.startswith(VALUE_FIELDS)]
        columns = [asked.terms.shown(field) for field in own]
        rows = self.all(asked.living(run.c.id, *columns).order_by(run.c.id))
        ids = [int(row[0]) for row in rows]
        found: dict[str, list[Cell]] = {field: [row[i + 1] for row in rows] for i, field in enumerate(own)}
        for field in fields:
            if field not in found:
                values = self._values(asked, field, ids)
                found[field] = [values.get(run_id) for run_id in ids]
        return ids, found

    def value_columns(self, viewer: Viewer, project_id: ProjectId, most: int) -> list[ValueColumn]:
        """The paths of values that living runs of a project have, by name."""
        if not self._may_read(viewer, project_id):
            return []
        value = run_value.alias()

        def first(column: Any, *conditions: Any) -> Any:
            return (
                select(column)
                .select_from(value)
                .join(run, run.c.id == value.c.run_id)
                .where(
                    value.c.project_id == project_id,
                    value.c.path_id == value_path.c.id,
                    run.c.deleted_at.is_(None),
                    *conditions,
                )
                .correlate(value_path)
                .limit(1)
            )

        number = value.c.num.is_not(None)
        rows = self.all(
            select(
                value_path.c.path,
                first(value.c.num, number).order_by(value.c.num).scalar_subquery().label("low"),
                first(value.c.num, number).order_by(value.c.num.desc()).scalar_subquery().label("high"),
                first(literal(1), value.c.num.is_(None)).scalar_subquery().label("text"),
                # Its number tells a boolean from a text of that word.
                first(value.c.num, value.c.str.in_(("true", "false"))).scalar_subquery().label("boolean"),
            )
            .where(value_path.c.project_id == project_id)
            .order_by(value_path.c.path)
            .limit(most)
        )
        return [
            ValueColumn(row.path, kinds, row.low, row.high)
            for row in rows
            if (kinds := tuple(_kinds(row.low, row.high, row.text, row.boolean)))
        ]

    def path_ids(self, project_id: int, paths: Iterable[str]) -> dict[str, int]:
        """Ids of those paths of values that any run of a project has had."""
        wanted = list(dict.fromkeys(paths))
        found: dict[str, int] = {}
        for start in range(0, len(wanted), SOME):
            rows = self.all(
                select(value_path.c.id, value_path.c.path).where(
                    value_path.c.project_id == project_id, value_path.c.path.in_(wanted[start : start + SOME])
                )
            )
            found.update((row.path, row.id) for row in rows)
        return found

    # -- how a question is answered -------------------------------------------------------------

    def _may_read(self, viewer: Viewer, project_id: ProjectId) -> bool:
        wanted = select(project.c.id).where(
            project.c.id == project_id, project.c.deleted_at.is_(None), visible(viewer)
        )
        return self.scalar(wanted) is not None

    def _ask(
        self, viewer: Viewer, project_id: ProjectId, condition: Condition, fields: Sequence[str] = ()
    ) -> _Asked | None:
        if not self._may_read(viewer, project_id):
            return None
        wanted = {*fields_of(condition), *fields}
        paths = self.path_ids(project_id, [field for field in wanted if field.startswith(VALUE_FIELDS)])
        terms = RunConditions(self.conn.dialect.name, project_id, paths)
        meets = and_(shown_run(viewer, run.c.id), terms.where(condition))
        return _Asked(project_id, condition, terms, paths, meets)

    def _leaf(self, asked: _Asked, few: int) -> _Leaf | None:
        """The condition that leaves fewest runs, by its index; None when all leave many, or have no index."""
        best: _Leaf | None = None
        leaves = (asked.terms.leaf(part) for part in conjuncts(asked.condition))
        for leaf in [one for one in leaves if one is not None][:MOST_PROBES]:
            n = int(self.scalar(select(func.count()).select_from(leaf.limit(few).subquery())))
            if n < few and (best is None or n < best.n):
                best = _Leaf(n, leaf)
        return best

    def _sorted(
        self,
        asked: _Asked,
        keys: Sequence[SortKey],
        few: Select[Any] | None,
        after: Position | None,
        limit: int,
    ) -> list[Position]:
        statement = asked.living(run.c.id)
        if few is not None:
            statement = statement.where(run.c.id.in_(few))
        order: list[tuple[ColumnElement[Any], bool, Any]] = []
        shapes: list[tuple[bool, bool]] = []
        for i, key in enumerate(keys):
            sorting = asked.terms.sorting(key)
            if sorting.joined is not None:
                statement = statement.outerjoin(*sorting.joined)
            place = (0, 0.0, "") if after is None else after.places[i]
            order.append((sorting.rank, False, place[0]))
            if sorting.number is not None:
                order.append((sorting.number, key.down, place[1]))
            if sorting.text is not None:
                order.append((sorting.text, key.down, place[2]))
            shapes.append((sorting.number is not None, sorting.text is not None))
        order.append((run.c.id, keys[0].down, 0 if after is None else after.run_id))
        columns = [column.label(f"at_{i}") for i, (column, _, _) in enumerate(order[:-1])]
        statement = statement.add_columns(*columns)
        if after is not None:
            statement = statement.where(_beyond(order))
        rows = self.all(
            statement.order_by(*[_directed(column, down) for column, down, _ in order]).limit(limit)
        )
        return [Position(tuple(_places(tuple(row)[1:], shapes)), int(row[0])) for row in rows]

    def _walked(self, asked: _Asked, key: SortKey, after: Position | None, limit: int) -> list[Position]:
        found: list[Position] = []
        begin = NUMBER if after is None else after.places[0][0]
        for rank in (NUMBER, TEXT, NOTHING):
            if rank >= begin and len(found) < limit:
                found += self._walked_rank(
                    asked, key, rank, after if rank == begin else None, limit - len(found)
                )
        return found

    def _walked_by_column(
        self, asked: _Asked, column: ColumnElement[Any], down: bool, after: Position | None, limit: int
    ) -> list[Position]:
        """Runs in the order of a column, last those that have nothing in it."""
        rank = TEXT if isinstance(column.type, String) else NUMBER
        begin = rank if after is None else after.places[0][0]
        found: list[Position] = []
        if begin != NOTHING:
            statement = asked.living(run.c.id, column).where(column.is_not(None))
            if after is not None:
                place = tuple_(literal(after.places[0][rank + 1], column.type), literal(after.run_id))
                here = tuple_(column, run.c.id)
                statement = statement.where(here < place if down else here > place)
            ordered = statement.order_by(_directed(column, down), _directed(run.c.id, down))
            found += [
                Position((_place(rank, row[1]),), int(row[0]))
                for row in map(tuple, self.all(ordered.limit(limit)))
            ]
        if len(found) < limit:
            statement = asked.living(run.c.id).where(column.is_(None))
            if after is not None and begin == NOTHING:
                statement = statement.where(run.c.id < after.run_id if down else run.c.id > after.run_id)
            rows = self.all(statement.order_by(_directed(run.c.id, down)).limit(limit - len(found)))
            found += [Position(((NOTHING, 0, ""),), int(row[0])) for row in rows]
        return found

    def _walked_by_user(
        self, asked: _Asked, down: bool, after: Position | None, limit: int
    ) -> list[Position]:
        """Runs in the order of the names of their people, who are few."""
        ids = [row.id for row in self.all(select(_people(asked.project_id).c.id))]
        named = select(user_account.c.id, user_account.c.username).where(user_account.c.id.in_(ids))
        names = {row.id: row.username for row in self.all(named)}
        people: dict[str | None, list[ColumnElement[bool]]] = {None: [run.c.user_id.is_(None)]}
        for user_id in ids:
            people.setdefault(names.get(user_id), []).append(run.c.user_id == user_id)
        order = [*sorted((one for one in people if one is not None), reverse=down), None]
        found: list[Position] = []
        for name in order:
            here: Place = (NOTHING, 0, "") if name is None else (TEXT, 0, name)
            statement = asked.living(run.c.id).where(or_(*people[name]))
            if after is not None:
                last = after.places[0]
                if (here[0], here[2]) == (last[0], last[2]):
                    statement = statement.where(run.c.id < after.run_id if down else run.c.id > after.run_id)
                elif here[0] < last[0] or (
                    here[0] == last[0] and (here[2] > last[2] if down else here[2] < last[2])
                ):
                    continue
            rows = self.all(statement.order_by(_directed(run.c.id, down)).limit(limit - len(found)))
            found += [Position((here,), int(row[0])) for row in rows]
            if len(found) == limit:
                break
        return found

    def _walked_rank(
        self, asked: _Asked, key: SortKey, rank: int, after: Position | None, limit: int
    ) -> list[Position]:
        """Runs that have a number, a text or nothing under the key, in its order."""
        path_id = asked.paths.get(key.field)
        value = run_value.alias()
        if rank == NOTHING:
            statement = asked.living(run.c.id)
            if path_id is not None:
                own = select(1).where(value.c.run_id == run.c.id, value.c.path_id == path_id)
                statement = statement.where(not_(exists(own)))
            if after is not None:
                statement = statement.where(run.c.id < after.run_id if key.down else run.c.id > after.run_id)
            rows = self.all(statement.order_by(_directed(run.c.id, key.down)).limit(limit))
            return [Position(((NOTHING, 0, ""),), int(row[0])) for row in rows]
        if path_id is None:
            return []
        column = value.c.num if rank == NUMBER else value.c.str
        statement = (
            asked.living(value.c.run_id, column)
            .select_from(value)
            .join(run, run.c.id == value.c.run_id)
            .where(value.c.project_id == asked.project_id, value.c.path_id == path_id, column.is_not(None))
        )
        if rank == TEXT:
            statement = statement.where(value.c.num.is_(None))
        if after is not None:
            place = tuple_(literal(after.places[0][rank + 1], column.type), literal(after.run_id))
            here = tuple_(column, value.c.run_id)
            statement = statement.where(here < place if key.down else here > place)
        rows = self.all(
            statement.order_by(_directed(column, key.down), _directed(value.c.run_id, key.down)).limit(limit)
        )
        return [Position((_place(rank, row[1]),), int(row[0])) for row in map(tuple, rows)]

    def _values(self, asked: _Asked, field: str, ids: Sequence[int]) -> dict[int, Cell]:
        path_id = asked.paths.get(field)
        if path_id is None:
            return {}
        own = run_value.c.path_id == path_id
        if len(ids) <= FEW:
            statement = select(run_value.c.run_id, run_value.c.num, run_value.c.str).where(own)
            rows = [
                row
                for piece in _pieces(ids)
                for row in self.all(statement.where(run_value.c.run_id.in_(piece)))
            ]
            return {row.run_id: _cell(row.num, row.str) for row in rows}
        # Both from their indexes alone: reading the rows themselves would take many times as long.
        whole = and_(run_value.c.project_id == asked.project_id, own)
        numbers = select(run_value.c.run_id, run_value.c.num).where(whole, run_value.c.num.is_not(None))
        texts = select(run_value.c.run_id, run_value.c.str).where(whole, run_value.c.str.is_not(None))
        found: dict[int, Cell] = {row.run_id: row.num for row in self.conn.execute(numbers)}
        for row in self.conn.execute(texts):
            found[row.run_id] = _cell(cast("float | None", found.get(row.run_id)), row.str)
        return found


def _pieces(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), SOME):
        yield ids[start : start + SOME]


def _people(project_id: ProjectId) -> CTE:
    """Ids of those who have living runs in a project: one step in the index for each, however many runs."""

    def next_after(last: Any) -> Any:
        return (
            select(func.min(run.c.user_id))
            .where(run.c.project_id == project_id, run.c.deleted_at.is_(None), run.c.user_id > last)
            .scalar_subquery()
        )

    known = select(next_after(0).label("id")).cte("people", recursive=True)
    known = known.union_all(select(next_after(known.c.id)).where(known.c.id.is_not(None)))
    return select(known.c.id).where(known.c.id.is_not(None)).cte("living_people")


def _directed(column: ColumnElement[Any], down: bool) -> ColumnElement[Any]:
    return column.desc() if down else column.asc()


def _beyond(order: Sequence[tuple[ColumnElement[Any], bool, Any]]) -> ColumnElement[bool]:
    """Whether a row comes behind the given one: greater in the first column that differs."""
    ways: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for column, down, value in order:
        ways.append(and_(*equal, column < value if down else column > value))
        equal.append(column == value)
    return or_(*ways)


def _places(cells: Sequence[Any], shapes: Sequence[tuple[bool, bool]]) -> Iterator[Place]:
    at = 0
    for number, text in shapes:
        rank = int(cells[at])
        size = cells[at + 1] if number else 0
        words = cells[at + 1 + number] if text else ""
        at += 1 + number + text
        yield rank, size, words


def _place(rank: int, value: Any) -> Place:
    return (rank, value, "") if rank == NUMBER else (rank, 0, value)


def _cell(num: float | None, text: str | None) -> Cell:
    if num is not None and text is not None:
        return text == "true"
    return text if num is None else num


def _kinds(low: float | None, high: float | None, text: int | None, boolean: int | None) -> Iterator[str]:
    if boolean is not None:
        yield "boolean"
    if low is not None and high is not None and (boolean is None or low < 0 or high > 1):
        yield "number"
    if text is not None:
        yield "text"
