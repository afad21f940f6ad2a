"""What a report shows: runs by its run sets, keys and values by its panels, artifacts by its blocks.

The stored form is that of W&B's clients. What is not understood shows nothing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from runstone.domain.errors import Invalid
from runstone.domain.filter import (
    All,
    Condition,
    Either,
    Test,
    exact_field,
    fields_of,
    pattern_of,
    scalar,
    searched,
)
from runstone.domain.run_order import SortKey, parse_order

OPERATIONS = {
    "=": "eq",
    "==": "eq",
    "!=": "ne",
    "<": "lt",
    "<=": "lte",
    ">": "gt",
    ">=": "gte",
    "IN": "in",
    "NIN": "nin",
    "MATCHES": "regex",
    "CONTAINS": "regex",
}
COMPARER = "Run Comparer"
IMPORTANCE = "Parameter Importance"
_LEGEND = re.compile(r"\$\{(config|summary):([^}]+)\}")


@dataclass(frozen=True, slots=True)
class RunSet:
    """Runs of one project. `entity` and `project` are empty for the report's own."""

    entity: str
    project: str
    search: str | None
    condition: Condition
    order: tuple[SortKey, ...]
    hidden: frozenset[str]
    only: frozenset[str] | None

    def includes(self, run: str) -> bool:
        """Whether the set shows a run that it finds, by the run's short id."""
        return run not in self.hidden if self.only is None else run in self.only


@dataclass(slots=True)
class Shown:
    """All that a report shows. `everything`: a panel compares whole configs and summaries; `importance`: one
    says what mattered in the sweep of the runs.

    `tables` are keys of tables that blocks show, with the project they are searched in; `versions`
    are artifacts by name.
    """

    run_sets: list[RunSet] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)
    everything: bool = False
    importance: bool = False
    tables: set[tuple[str, str, str]] = field(default_factory=set)
    versions: set[tuple[str, str, str]] = field(default_factory=set)


def shown_by(spec: Any) -> Shown:
    """What the document of a report shows, wherever in it the blocks stand."""
    shown = Shown()
    for block in _blocks(spec):
        if block["type"] == "panel-grid":
            _grid(_object(block.get("metadata")), shown)
        else:
            _embed(_object(_object(block.get("config")).get("panelConfig")), shown)
    return shown


def _blocks(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if part.get("type") in ("panel-grid", "weave-panel"):
            yield part
        else:
            for inner in part.values():
                yield from _blocks(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _blocks(inner)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    return [one for one in _list(value) if isinstance(one, str)]


def _grid(metadata: Mapping[str, Any], shown: Shown) -> None:
    for one in _list(metadata.get("runSets")) or [{}]:
        stored = _object(one)
        if stored.get("enabled") is False:
            continue
        try:
            run_set = _run_set(stored)
        except Invalid:
            continue  # what can't be asked is not drawn either
        shown.run_sets.append(run_set)
        shown.fields |= {key.field for key in run_set.order} | fields_of(run_set.condition)
        shown.fields |= {name for key in _list(stored.get("grouping")) if (name := _name_of(key))}
        columns = _texts(_object(stored.get("runFeed")).get("columnOrder"))
        shown.fields |= {_field(name) for name in columns if name.startswith(("summary:", "config:"))}
    for panel in _list(_object(metadata.get("panelBankSectionConfig")).get("panels")):
        _panel(_object(panel), shown)


def _run_set(stored: Mapping[str, Any]) -> RunSet:
    home, selections = _object(stored.get("project")), _object(stored.get("selections"))
    query = _object(stored.get("search")).get("query")
    search = query if isinstance(query, str) and query else None
    key = _object(next(iter(_list(_object(stored.get("sort")).get("keys"))), None))
    name = _name_of(key.get("key"))
    order = "-created_at" if name is None else f"{'+' if key.get('ascending') is True else '-'}{name}"
    parts = [one for one in (_condition(stored.get("filters")),) if one is not None]
    chosen = frozenset(_texts(selections.get("tree")))
    unchosen = selections.get("root") == 0
    return RunSet(
        entity=str(home.get("entityName") or ""),
        project=str(home.get("name") or ""),
        search=search,
        condition=All((*parts, *([] if search is None else [searched(search)]))),
        order=parse_order(order, exact_field),
        hidden=frozenset() if unchosen else chosen,
        only=chosen if unchosen else None,
    )


def _name_of(key: Any) -> str | None:
    """A run's value by its stored name: section and name."""
    section, name = _object(key).get("section"), _object(key).get("name")
    if not isinstance(name, str) or not name:
        return None
    if section in ("config", "summary"):
        plain = name.removesuffix(".value") if section == "config" else name
        return f"{section}.{plain}"
    try:
        return exact_field(name)
    except Invalid:
        return None


def _condition(filters: Any) -> Condition | None:
    part = _object(filters)
    if isinstance(part.get("filters"), list):
        inner = tuple(one for each in part["filters"] if (one := _condition(each)) is not None)
        if not inner:
            return None
        return Either(inner) if str(part.get("op")).upper() == "OR" else All(inner)
    name, operation = _name_of(part.get("key")), OPERATIONS.get(str(part.get("op")).upper())
    if name is None or operation is None or part.get("disabled") is True:
        return None
    value = part.get("value")
    if operation in ("in", "nin"):
        return Test(name, operation, tuple(scalar(one, name) for one in _list(value)))
    if operation == "regex":
        return Test(name, operation, pattern_of(str(value), name))
    return Test(name, operation, scalar(value, name))


def _field(name: str) -> str:
    """`config:lr.value` and `summary:loss` as fields."""
    section, _, rest = name.partition(":")
    return f"{section}.{rest.removesuffix('.value') if section == 'config' else rest}"


def _panel(panel: Mapping[str, Any], shown: Shown) -> None:
    config, own, kind = _object(panel.get("config")), _object(panel.get("runstone")), panel.get("viewType")
    if kind == COMPARER:
        shown.everything = True
    if kind == IMPORTANCE:
        shown.importance = True
    for name in (*_texts(config.get("metrics")), *_texts(own.get("keys")), *_texts(config.get("mediaKeys"))):
        _value(name, shown)
    for axis in (config.get(name) for name in ("xAxis", "yAxis", "zAxis")):
        if isinstance(axis, str):
            _value(_field(axis) if axis.startswith(("config:", "summary:")) else axis, shown)
    if isinstance(own.get("x"), str):
        shown.keys.add(own["x"])
    for section, name in _LEGEND.findall(str(config.get("legendTemplate") or "")):
        shown.fields.add(f"{section}.{name}")
    for column in _list(config.get("columns")):
        accessor = str(_object(column).get("accessor") or "")
        plain = re.sub(r"^(c::|summary:c::|config:|summary:)", "", accessor).removesuffix(".value")
        configured = accessor.startswith(("c::", "config:", "summary:c::"))
        shown.fields.add(f"{'config' if configured else 'summary'}.{plain}")
    if kind == "Weave":
        key = _picked(_object(config.get("panel2Config")).get("exp"))
        if key is not None:
            _value(key, shown)


def _value(name: str, shown: Shown) -> None:
    """A key of the history, whose last value stands in the summary too; or a value of config or summary."""
    if name.startswith(("config.", "summary.")):
        shown.fields.add(name)
    else:
        shown.keys.add(name)
        shown.fields.add(f"summary.{name}")


def _picked(expression: Any) -> str | None:
    """The key that the outermost `pick` of an expression takes."""
    made = _object(_object(expression).get("fromOp"))
    inputs = _object(made.get("inputs"))
    key = _object(inputs.get("key")).get("val")
    if made.get("name") == "pick" and isinstance(key, str):
        return key
    return next((found for inner in inputs.values() if (found := _picked(inner)) is not None), None)


def _home(expression: Any) -> tuple[str, str] | None:
    made = _object(_object(expression).get("fromOp"))
    inputs = _object(made.get("inputs"))
    if made.get("name") == "root-project":
        entity = _object(inputs.get("entityName")).get("val")
        project = _object(inputs.get("projectName")).get("val")
        return (entity, project) if isinstance(entity, str) and isinstance(project, str) else None
    return next((found for inner in inputs.values() if (found := _home(inner)) is not None), None)


def _embed(panel: Mapping[str, Any], shown: Shown) -> None:
    made = _object(_object(panel.get("exp")).get("fromOp"))
    inputs, home = _object(made.get("inputs")), _home(panel.get("exp"))
    if home is None:
        return
    if made.get("name") == "pick":
        key = _object(inputs.get("key")).get("val")
        if isinstance(key, str) and key:
            shown.tables.add((*home, key))
            _value(key, shown)
        return
    version = inputs
    if made.get("name") == "artifactVersion-file":
        version = _object(_object(_object(inputs.get("artifactVersion")).get("fromOp")).get("inputs"))
    name = _object(version.get("artifactName")).get("val")
    alias = _object(version.get("artifactVersionAlias")).get("val") or "latest"
    if isinstance(name, str) and name and isinstance(alias, str):
        shown.versions.add((*home, name if ":" in name else f"{name}:{alias}"))
