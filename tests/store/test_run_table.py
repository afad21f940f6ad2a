"""The table of runs answers as a plain list would: any filter, any order, page by page, on both databases."""

import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runstone.actions.run import RunChange, upsert_run
from runstone.domain.filter import Scalar, fields_of, holds, parse_filter
from runstone.domain.ids import ProjectId
from runstone.domain.run import Value, values_of
from runstone.domain.run_order import Position, cursor_of, parse_order, position_of
from runstone.store.opening import Store
from runstone.store.sql import run_table
from tests.conftest import NOW, People

_projects = itertools.count()
PATHS = ["a", "b", "n.x"]
NUMBERS = [0, 1, -1, 0.5, 2, 1e300, 12345678901234567]
TEXTS = ["", "a", "A", "ab", "a b", "1", "ä", "true", "x.y", "long" * 80]
VALUE: st.SearchStrategy[Any] = st.sampled_from([*NUMBERS, *TEXTS, True, False, None, math.nan, [1]])
TAGS = ["t", "u", "long tag", 'q"', "ä"]


@dataclass
class Model:
    """A run as a plain Python object."""

    name: str
    columns: dict[str, Any]
    values: dict[str, Value] = field(default_factory=dict)
    id: int = 0

    def get(self, name: str) -> Sequence[Scalar]:
        if name in self.columns:
            found = self.columns[name]
            return found if isinstance(found, list) else [found]
        value = self.values.get(name)
        if value is None:
            return []
        if value.num is not None:
            return [value.num]
        return [value.text]

    def place(self, name: str) -> tuple[int, float, str]:
        (found,) = self.get(name) or [None]
        if found is None:
            return 2, 0, ""
        return (1, 0, found) if isinstance(found, str) else (0, float(found), "")


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Config and summary of a run."""

    def one() -> dict[str, Any]:
        found = {name: draw(VALUE) for name in PATHS if "." not in name and draw(st.booleans())}
        if draw(st.booleans()):
            found["n"] = {"x": draw(VALUE)}
        return found

    return {
        "config": one(),
        "summary": one(),
        "group": draw(st.sampled_from([None, "g", "h"])),
        "tags": draw(st.lists(st.sampled_from(TAGS), max_size=2, unique=True)),
        "state": draw(st.sampled_from(["running", "finished", "failed"])),
    }


SCALAR = st.sampled_from([*NUMBERS, *TEXTS, True, False, None])
VALUE_FIELD = st.sampled_from([f"{kind}.{path}" for kind in ("config", "summary_metrics") for path in PATHS])
FIELD = st.one_of(
    VALUE_FIELD, st.sampled_from(["group", "tags", "state", "name", "config.never", "display_name"])
)
PATTERN = st.sampled_from(
    ["a", "^a", "b$", "(?i)A", "x.y", r"x\.y", r"\ba", r"\d", "[a-c]", "(?P<n>a)b?", "ä", ""]
)
OPERATION = st.one_of(
    st.tuples(st.sampled_from(["$eq", "$ne", "$gt", "$gte", "$lt", "$lte"]), SCALAR),
    st.tuples(st.sampled_from(["$in", "$nin"]), st.lists(SCALAR, max_size=3)),
    st.tuples(st.just("$exists"), st.booleans()),
    st.tuples(st.just("$regex"), PATTERN),
)
STATE_OR_TAG = st.sampled_from([*TAGS, "running", "finished", "g", "r1", None])
LEAF = st.one_of(
    st.builds(lambda name, op: {name: {op[0]: op[1]}}, FIELD, OPERATION),
    st.builds(
        lambda name, value: {name: value}, st.sampled_from(["tags", "state", "group", "name"]), STATE_OR_TAG
    ),
)
FILTER = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"$and": parts}, st.lists(inner, max_size=3)),
        st.builds(lambda parts: {"$or": parts}, st.lists(inner, max_size=3)),
        st.builds(lambda part: {"$not": part}, inner),
        st.builds(lambda parts: {"$nor": parts}, st.lists(inner, max_size=2)),
    ),
    max_leaves=5,
)
COLUMNS = ["created_at", "heartbeat_at", "name", "display_name", "state", "duration", "username"]
COLUMNS += ["group", "tags"]
ORDER = st.lists(
    st.tuples(
        st.sampled_from("+-"),
        st.one_of(VALUE_FIELD, st.sampled_from(COLUMNS)),
    ),
    min_size=1,
    max_size=2,
).map(lambda keys: ",".join(f"{sign}{name}" for sign, name in keys))


def fill(store: Store, people: People, runs: Sequence[dict[str, Any]]) -> tuple[ProjectId, list[Model]]:
    """Runs in a project of their own, and what a list of them would hold."""
    name = f"p{next(_projects)}"
    found = []
    for i, one in enumerate(runs):
        now = NOW + timedelta(seconds=(i * 7) % 5)
        change = RunChange(
            entity="lab",
            project=name,
            name=f"r{i}",
            display_name=f"run {i % 3}",
            config=json.dumps({key: {"value": value} for key, value in one["config"].items()}),
            summary=json.dumps(one["summary"]),
            group_name=one["group"],
            tags=tuple(one["tags"]),
            state=one["state"],
        )
        who = people.cy if i % 3 == 1 else people.ben
        run_id, _ = upsert_run(store, who, change, now)
        columns = {
            "name": f"r{i}",
            "display_name": f"run {i % 3}",
            "group": one["group"],
            "tags": list(one["tags"]),
            "state": one["state"],
            "created_at": now.timestamp(),
            "heartbeat_at": now.timestamp(),
            "username": who.username,
            "duration": 0.0,
        }
        values = {value.path: value for value in values_of(one["config"], one["summary"])}
        found.append(Model(f"r{i}", columns, values, run_id))
    with store.reading() as reads:
        project = reads.project(people.ben, "lab", name)
    assert project is not None
    return ProjectId(project.id), found


def ordered(runs: Sequence[Model], order: str) -> list[Model]:
    keys = parse_order(order)
    found = sorted(runs, key=lambda one: one.id, reverse=keys[0].down)
    for key in reversed(keys):
        name = key.field

        def place(one: Model, name: str = name) -> Any:
            if name == "tags":
                return 1, 0, json.dumps(one.columns["tags"], ensure_ascii=False)
            return one.place(name)

        found.sort(key=lambda one: place(one)[1:], reverse=key.down)
        found.sort(key=lambda one: place(one)[0])
    return found


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(documents(), min_size=1, max_size=8),
    st.lists(
        st.tuples(FILTER, ORDER, st.sampled_from([0, 3, 2000]), st.integers(1, 4)), min_size=8, max_size=8
    ),
)
def test_every_question_is_answered_as_by_a_list(
    store: Store, people: People, runs: list[dict[str, Any]], questions: list[Any]
) -> None:
    project_id, models = fill(store, people, runs)
    for document, order, few, size in questions:
        condition = parse_filter(document)
        wanted = [one.id for one in ordered([one for one in models if holds(condition, one.get)], order)]
        keys = parse_order(order)
        before, run_table.FEW = run_table.FEW, few
        try:
            with store.reading() as reads:
                assert reads.run_total(people.ben, project_id, condition) == len(wanted), document
                assert reads.run_total(people.ben, project_id, condition, 2) == min(2, len(wanted))
                found: list[int] = []
                after: Position | None = None
                while True:
                    page = reads.run_positions(
                        people.ben, project_id, condition, keys, after=after, limit=size
                    )
                    both = reads.run_page(
                        people.ben, project_id, condition, keys, after=after, limit=size, most=2
                    )
                    assert both == (page, min(2, len(wanted)))
                    found += [one.run_id for one in page]
                    if len(page) < size:
                        break
                    after = position_of(keys, cursor_of(keys, page[-1]))
                assert found == wanted, (document, order)
                whole = reads.runs(people.ben, project_id, condition, order=order, offset=1, limit=3)
                assert [one.id for one in whole] == wanted[1:4]
                fields = sorted(fields_of(condition))
                ids, cells = reads.run_cells(people.ben, project_id, condition, fields)
                assert ids == sorted(wanted)
                assert set(cells) == set(fields)
        finally:
            run_table.FEW = before


def test_runs_that_have_nothing_in_a_column_come_last(store: Store, people: People) -> None:
    groups = [None, "b", None, "a", "b", None]
    runs = [{"config": {}, "summary": {}, "group": one, "tags": [], "state": "failed"} for one in groups]
    project_id, models = fill(store, people, runs)
    ids = [one.id for one in models]
    orders = {order: [one.id for one in ordered(models, order)] for order in ("+group", "-group", "+tags")}
    nobody_has_one = {"+job_type": sorted(ids), "-job_type": sorted(ids, reverse=True)}
    for order, wanted in {**orders, **nobody_has_one}.items():
        keys = parse_order(order)
        for size in (1, 2, 4):
            found: list[int] = []
            after: Position | None = None
            with store.reading() as reads:
                while page := reads.run_positions(
                    people.ben, project_id, parse_filter({}), keys, after=after, limit=size
                ):
                    found += [one.run_id for one in page]
                    after = position_of(keys, cursor_of(keys, page[-1]))
            assert found == wanted, (order, size)
