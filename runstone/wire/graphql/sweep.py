"""Sweeps and agents on the wire."""

import json
from typing import Any

from ariadne import MutationType, ObjectType, SchemaBindable
from graphql import GraphQLResolveInfo
from sqlalchemy import Row

from runstone.actions.agent import beat_agent, register_agent
from runstone.actions.sweep import create_sweep, definition, delete_sweep, expected_runs, update_sweep
from runstone.domain.errors import Invalid, NotFound, NotSupported
from runstone.domain.filter import All, Condition, parse_filter
from runstone.domain.ids import ProjectId
from runstone.domain.run import ENDED
from runstone.domain.trial import SlotState
from runstone.wire.graphql.connections import LARGEST_PAGE, offset_of, page, page_of_all, page_size
from runstone.wire.graphql.context import Ask, ask
from runstone.wire.graphql.project import DEFAULT_PROJECT
from runstone.wire.graphql.run import condition_of
from runstone.wire.ids import number_of, try_number_of, wire_id

mutation = MutationType()
project = ObjectType("Project")
sweep = ObjectType("Sweep")
agent = ObjectType("Agent")
run = ObjectType("Run")

BINDABLES: list[SchemaBindable] = [mutation, project, sweep, agent, run]


@mutation.field("upsertSweep")
def resolve_upsert_sweep(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Make a sweep, or with an id change its state, configuration or texts."""
    request = ask(info)
    for name in ("controller", "scheduler", "launch_scheduler"):
        if input.get(name) not in (None, "", "null", "{}"):
            raise NotSupported(
                f"{name} of a sweep: this server chooses the points itself and has no local controller and "
                "no launch. Leave it out; `wandb agent` starts the runs."
            )
    if input.get("id"):
        sweep_id = _sweep_id(request, input)
        warnings = update_sweep(
            request.store,
            request.viewer,
            sweep_id,
            request.now,
            state=input.get("state"),
            config_text=input.get("config"),
            display_name=input.get("display_name"),
            description=input.get("description"),
        )
    else:
        if not input.get("config"):
            raise Invalid("upsertSweep: expected `config`, the sweep's YAML or JSON text, or `id`.")
        sweep_id, warnings = create_sweep(
            request.store,
            request.viewer,
            input.get("entity_name"),
            input.get("project_name") or DEFAULT_PROJECT,
            input["config"],
            request.now,
            display_name=input.get("display_name"),
            description=input.get("description"),
            prior_runs=input.get("prior_runs_filters"),
        )
    return {
        "sweep": request.fresh().sweep(request.viewer, sweep_id),
        "inserted": not input.get("id"),
        "config_validation_warnings": warnings,
    }


@mutation.field("deleteSweep")
def resolve_delete_sweep(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Delete a sweep; its runs stay."""
    request = ask(info)
    delete_sweep(request.store, request.viewer, number_of("Sweep", input["id"]), request.now)
    return {"success": True}


@mutation.field("createAgent")
def resolve_create_agent(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Let an agent join a sweep."""
    request = ask(info)
    made = register_agent(
        request.store,
        request.viewer,
        input.get("entity_name"),
        input.get("project_name") or DEFAULT_PROJECT,
        input["sweep"],
        input["host"],
        request.now,
    )
    return {"agent": request.fresh().agent(request.viewer, made)}


@mutation.field("agentHeartbeat")
def resolve_heartbeat(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Take an agent's sign of life; answers at most one command: some agents read the first only."""
    request = ask(info)
    agent_id = try_number_of("Agent", input["id"])
    if agent_id is None:
        raise NotFound(f"agent {input['id']!r} was not found on this server.")
    commands = beat_agent(
        request.store, request.viewer, agent_id, _alive(input.get("run_state")), request.now
    )
    return {
        "agent": request.fresh().agent(request.viewer, agent_id),
        "commands": json.dumps(commands),
    }


@project.field("sweep")
def resolve_sweep(
    row: Row[Any], info: GraphQLResolveInfo, sweep_name: str | None = None, id: str | None = None
) -> Row[Any] | None:
    """A sweep by its short id, or by the opaque one; null when absent."""
    request = ask(info)
    wanted = sweep_name or id or ""
    found = request.reads.sweep_named(request.viewer, row.id, wanted)
    number = try_number_of("Sweep", wanted)
    if found is None and number is not None:
        found = request.reads.sweep(request.viewer, number)
    return found if found is not None and found.project_id == row.id else None


@project.field("sweeps")
def resolve_sweeps(
    row: Row[Any],
    info: GraphQLResolveInfo,
    first: int | None = None,
    after: str | None = None,
    filters: str | None = None,
    order: str | None = None,
) -> dict[str, Any]:
    """Sweeps of a project, newest first; `filters` may ask for a state, a name or a method."""
    request = ask(info)
    wanted = _filters(filters)
    if not wanted:
        offset, size = offset_of(after), page_size(first)
        found = request.reads.sweeps_of_project(request.viewer, row.id, offset=offset, limit=size + 1)
        total = request.reads.count_sweeps(request.viewer, row.id)
        return page(found[:size], offset, len(found) > size, total_count=total)
    everything = request.reads.sweeps_of_project(request.viewer, row.id, limit=10_000)
    return page_of_all([one for one in everything if _matches(one, wanted)], first, after)


@project.field("totalSweeps")
def resolve_total_sweeps(row: Row[Any], info: GraphQLResolveInfo) -> int:
    """How many sweeps the project has."""
    request = ask(info)
    return request.reads.count_sweeps(request.viewer, row.id)


@sweep.field("id")
def resolve_id(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """Opaque id."""
    return wire_id("Sweep", row.id)


@sweep.field("config")
def resolve_config(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """The configuration exactly as it came."""
    return str(row.config_text)


@sweep.field("warnings")
@sweep.field("configValidationWarnings")
def resolve_warnings(row: Row[Any], info: GraphQLResolveInfo) -> list[str]:
    """What a person should know: odd settings, a metric that is never logged."""
    found: list[str] = json.loads(row.warnings)
    return found


@sweep.field("earlyStopJobRunning")
def resolve_early_stop(row: Row[Any], info: GraphQLResolveInfo) -> bool:
    """Early stopping is judged as values arrive, by no job."""
    return False


@sweep.field("bestLoss")
def resolve_best_loss(row: Row[Any], info: GraphQLResolveInfo) -> float | None:
    """The best value of the metric so far."""
    request = ask(info)
    metric = definition(row).metric
    if metric is None:
        return None
    slots = request.reads.slots(request.viewer, row.id)
    return metric.goal.best(slot.value for slot in slots if slot.value is not None)


@sweep.field("runCount")
def resolve_run_count(row: Row[Any], info: GraphQLResolveInfo) -> int:
    """Runs handed out so far."""
    request = ask(info)
    counts = request.reads.count_slots(request.viewer, row.id)
    hidden = (SlotState.RELEASED.value, SlotState.RESERVED.value)
    return sum(n for word, n in counts.items() if word not in hidden)


@sweep.field("runCountExpected")
def resolve_run_count_expected(row: Row[Any], info: GraphQLResolveInfo) -> int | None:
    """Runs there will be in the end, null when nothing limits them."""
    return expected_runs(row)


@sweep.field("project")
def resolve_project(row: Row[Any], info: GraphQLResolveInfo) -> Row[Any] | None:
    """Its project."""
    request = ask(info)
    return request.reads.project_by_id(request.viewer, ProjectId(row.project_id))


@sweep.field("user")
@agent.field("user")
def resolve_user(row: Row[Any], info: GraphQLResolveInfo) -> Row[Any] | None:
    """Who made it."""
    request = ask(info)
    return (
        None
        if row.user_id is None
        else request.reads.user_rows(request.viewer, [row.user_id]).get(row.user_id)
    )


@sweep.field("runs")
def resolve_runs(
    row: Row[Any],
    info: GraphQLResolveInfo,
    first: int | None = None,
    last: int | None = None,
    after: str | None = None,
    before: str | None = None,
    order: str | None = None,
    filters: str | None = None,
) -> dict[str, Any]:
    """Runs of the sweep, prior ones excluded; all of them unless a page size is given."""
    condition = All((condition_of(filters), parse_filter({"sweep": row.name})))
    return _runs(ask(info), row.project_id, condition, first, after, order)


@agent.field("runs")
def resolve_agent_runs(
    row: Row[Any],
    info: GraphQLResolveInfo,
    first: int | None = None,
    last: int | None = None,
    after: str | None = None,
    before: str | None = None,
    order: str | None = None,
) -> dict[str, Any]:
    """Runs that this agent started."""
    request = ask(info)
    slots = request.reads.slots(request.viewer, row.sweep_id)
    names = [slot.run_name for slot in slots if slot.agent_id == row.id]
    return _runs(request, row.project_id, parse_filter({"name": {"$in": names}}), first, after, order)


@run.field("running")
def resolve_running(row: Row[Any], info: GraphQLResolveInfo) -> bool:
    """Whether the run is alive."""
    return row.state not in ENDED


@run.field("sweep")
def resolve_run_sweep(row: Row[Any], info: GraphQLResolveInfo) -> Row[Any] | None:
    """The run's sweep."""
    request = ask(info)
    return None if row.sweep_id is None else request.reads.sweep(request.viewer, row.sweep_id)


@sweep.field("agent")
def resolve_agent(row: Row[Any], info: GraphQLResolveInfo, agent_name: str) -> Row[Any] | None:
    """An agent by name or opaque id."""
    number = try_number_of("Agent", agent_name)
    for one in _agents(ask(info), row):
        if number == one.id or agent_name == one.name:
            return one
    return None


@sweep.field("agents")
def resolve_agents(
    row: Row[Any], info: GraphQLResolveInfo, first: int | None = None, after: str | None = None
) -> dict[str, Any]:
    """Agents in the order in which they joined."""
    return page_of_all(_agents(ask(info), row), first, after)


@agent.field("id")
def resolve_agent_id(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """Opaque id."""
    return wire_id("Agent", row.id)


@agent.field("totalRuns")
def resolve_total_runs(row: Row[Any], info: GraphQLResolveInfo) -> int:
    """Runs that this agent was given."""
    if "total_runs" in row._fields:
        return int(row.total_runs)
    request = ask(info)
    return next(
        (one.total_runs for one in request.reads.agents_of(request.viewer, row.sweep_id) if one.id == row.id),
        0,
    )


def _runs(
    request: Ask,
    project_id: int,
    condition: Condition,
    first: int | None,
    after: str | None,
    order: str | None,
) -> dict[str, Any]:
    offset, size = offset_of(after), LARGEST_PAGE if first is None else page_size(first)
    home = ProjectId(project_id)
    found = request.reads.runs(
        request.viewer, home, condition, order=order or "+created_at", offset=offset, limit=size + 1
    )
    return page(found[:size], offset, len(found) > size)


def _agents(request: Ask, row: Row[Any]) -> list[Row[Any]]:
    return request.reads.agents_of(request.viewer, row.id)


def _sweep_id(request: Ask, input: dict[str, Any]) -> int:
    """The sweep an update means: by opaque id, or by short id within the named project."""
    number = try_number_of("Sweep", input["id"])
    if number is not None:
        return number
    owner = input.get("entity_name") or request.viewer.entity_name
    home = request.reads.project(request.viewer, owner, input.get("project_name") or DEFAULT_PROJECT)
    row = None if home is None else request.reads.sweep_named(request.viewer, home.id, input["id"])
    if row is None:
        raise NotFound(
            f"sweep {input['id']!r} was not found. It may have been deleted, or you have no access."
        )
    return int(row.id)


def _alive(text: str | None) -> list[str]:
    """Names of live runs in `{"name": true}`."""
    try:
        found = json.loads(text or "{}")
    except ValueError as error:
        raise Invalid(f"runState: expected a JSON object of run names ({error}).") from None
    if found is None:
        return []
    if not isinstance(found, dict):
        raise Invalid(f"runState: expected a JSON object of run names, got {text!r}.")
    return [name for name, alive in found.items() if alive]


def _filters(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError as error:
        raise Invalid(f"filters of sweeps: expected a JSON object ({error}).") from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Invalid(f"filters of sweeps: expected a JSON object, got {text!r}.")
    return found


_COLUMNS = {
    "state": "state",
    "name": "name",
    "display_name": "display_name",
    "displayName": "display_name",
    "method": "method",
}


def _matches(row: Row[Any], wanted: dict[str, Any]) -> bool:
    for key, value in wanted.items():
        if key in ("$and", "$or") and isinstance(value, list):
            joined = all if key == "$and" else any
            if not joined(_matches(row, one) for one in value):
                return False
            continue
        if key not in _COLUMNS:
            raise Invalid(f"filters of sweeps: unknown key {key!r}; expected one of {', '.join(_COLUMNS)}.")
        found = getattr(row, _COLUMNS[key])
        options = value.get("$in", [value.get("$eq")]) if isinstance(value, dict) else [value]
        if str(found).lower() not in [str(option).lower() for option in options]:
            return False
    return True
