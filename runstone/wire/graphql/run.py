"""Runs on the wire: `bucket` and `run` are one thing, as are `model` and `project`."""

import json
from collections.abc import Sequence
from typing import Any

from ariadne import MutationType, ObjectType, SchemaBindable
from graphql import GraphQLResolveInfo
from sqlalchemy import Row

from runstone.actions.alert import send_alert
from runstone.actions.rewind import rewind_run
from runstone.actions.run import (
    RunChange,
    delete_run,
    stop_run,
    update_run_state,
    upsert_run,
)
from runstone.domain.errors import Invalid
from runstone.domain.filter import All, Condition, parse_filter
from runstone.domain.history import json_object
from runstone.domain.ids import ProjectId, RunId
from runstone.domain.run import SHARED, Branch, RunState, own_part
from runstone.domain.sharing import COPY
from runstone.domain.viewer import Access
from runstone.wire.graphql.connections import offset_of, page, page_size
from runstone.wire.graphql.context import Ask, ask
from runstone.wire.graphql.nodes import UnknownPerson, project_of
from runstone.wire.graphql.project import DEFAULT_PROJECT
from runstone.wire.ids import number_of, try_number_of, wire_id

mutation = MutationType()
project = ObjectType("Project")
run = ObjectType("Run")

BINDABLES: list[SchemaBindable] = [mutation, project, run]

GO_CORE = "wandb-core"  # how clients with a Go core name themselves
FEATURE_RESUMED, FEATURE_SHARED = 5, 67  # in the list of used features that clients send


def run_number(text: str) -> RunId:
    """The number of a run's opaque id. Raises `Invalid`."""
    return RunId(number_of("Run", text))


def condition_of(filters: str | None) -> Condition:
    """The condition of a filter's JSON text; none: every run. Raises `Invalid`."""
    if not filters:
        return All(())
    try:
        document = json.loads(filters)
    except ValueError as error:
        raise Invalid(f"filters: expected JSON ({error}).") from None
    return All(()) if document is None else parse_filter(document)


@project.field("run")
@project.field("bucket")
def resolve_run(
    row: Row[Any],
    info: GraphQLResolveInfo,
    name: str | None = None,
    desc: str | None = None,
    missing_ok: bool | None = None,
) -> Row[Any] | None:
    """One run by the id its client chose, null when absent."""
    request = ask(info)
    return request.reads.run(request.viewer, ProjectId(row.id), name) if name else None


@project.field("runs")
@project.field("buckets")
def resolve_runs(
    row: Row[Any],
    info: GraphQLResolveInfo,
    first: int | None = None,
    after: str | None = None,
    order: str | None = None,
    filters: str | None = None,
    names: list[str] | None = None,
) -> dict[str, Any]:
    """A page of runs."""
    request = ask(info)
    condition = condition_of(filters)
    if names:
        condition = All((condition, parse_filter({"name": {"$in": names}})))
    offset, size = offset_of(after), page_size(first)
    found = request.reads.runs(
        request.viewer,
        ProjectId(row.id),
        condition,
        order=order or "+created_at",
        offset=offset,
        limit=size + 1,
    )
    return page(found[:size], offset, len(found) > size)


@project.field("runCount")
@project.field("bucketCount")
def resolve_run_count(row: Row[Any], info: GraphQLResolveInfo, filters: str | None = None) -> int:
    """How many runs meet the filter."""
    request = ask(info)
    return request.reads.run_count(request.viewer, ProjectId(row.id), condition_of(filters))


@run.field("id")
def resolve_id(row: Row[Any], info: GraphQLResolveInfo) -> str:
    """Opaque id."""
    return wire_id("Run", row.id)


@run.field("projectId")
def resolve_project_id(row: Row[Any], info: GraphQLResolveInfo) -> int:
    """The project's number: clients read it with int()."""
    return int(row.project_id)


@run.field("project")
def resolve_project(row: Row[Any], info: GraphQLResolveInfo) -> Row[Any] | None:
    """The project."""
    return project_of(ask(info), row.project_id)


@run.field("tags")
def resolve_tags(row: Row[Any], info: GraphQLResolveInfo) -> list[str]:
    """Tags in the order in which they were given."""
    return [str(tag) for tag in json.loads(row.tags)]


@run.field("group")
@run.field("groupName")
def resolve_group(row: Row[Any], info: GraphQLResolveInfo) -> str | None:
    """The group."""
    return None if row.group_name is None else str(row.group_name)


@run.field("commit")
def resolve_commit(row: Row[Any], info: GraphQLResolveInfo) -> str | None:
    """The git commit."""
    return None if row.commit_hash is None else str(row.commit_hash)


@run.field("jobProgram")
def resolve_program(row: Row[Any], info: GraphQLResolveInfo) -> str | None:
    """The script, by its older name."""
    return None if row.program is None else str(row.program)


@run.field("jobRepo")
def resolve_repo(row: Row[Any], info: GraphQLResolveInfo) -> str | None:
    """The repository, by its older name."""
    return None if row.repo is None else str(row.repo)


@run.field("stopped")
@run.field("shouldStop")
def resolve_stopped(row: Row[Any], info: GraphQLResolveInfo) -> bool:
    """Whether somebody asked it to stop."""
    return row.stop_requested_at is not None


@run.field("exitcode")
def resolve_exit_code(row: Row[Any], info: GraphQLResolveInfo) -> int | None:
    """The exit code, null while it runs."""
    return None if row.exit_code is None else int(row.exit_code)


@run.field("failed")
def resolve_failed(row: Row[Any], info: GraphQLResolveInfo) -> bool:
    """Whether it ended with an error."""
    return bool(row.state == RunState.FAILED.value)


@run.field("readOnly")
def resolve_read_only(row: Row[Any], info: GraphQLResolveInfo) -> bool:
    """Whether this viewer may not write."""
    request = ask(info)
    found = project_of(request, row.project_id)
    return found is None or Access.WRITE not in request.reads.project_access(request.viewer, found)


@run.field("wandbConfig")
def resolve_client_config(
    row: Row[Any], info: GraphQLResolveInfo, keys: list[str] | None = None
) -> str | None:
    """The client's own part of the config, cut to some keys. Without `t` the run counts as not started."""
    inner = _own_part(str(row.config))
    return json.dumps({key: value for key, value in inner.items() if keys is None or key in keys})


@run.field("summaryMetrics")
def resolve_summary(row: Row[Any], info: GraphQLResolveInfo, keys: list[str] | None = None) -> str:
    """The summary as text, cut to some keys when asked."""
    if keys is None:
        return str(row.summary)
    found = json_object(row.summary, "summary")
    return json.dumps({key: value for key, value in found.items() if key in keys})


@run.field("user")
def resolve_user(row: Row[Any], info: GraphQLResolveInfo) -> Row[Any] | UnknownPerson:
    """Whose run it is. Never null: clients can't read a run of nobody."""
    request = ask(info)
    if row.user_id is None:
        return UnknownPerson()
    found: Row[Any] | None = request.once(
        ("user", row.user_id),
        lambda: request.reads.user_rows(request.viewer, [row.user_id]).get(row.user_id),
    )
    return UnknownPerson() if found is None else found


@mutation.field("upsertBucket")
def resolve_upsert(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Make or change a run."""
    request = ask(info)
    run_id = None
    if input.get("id"):
        run_id = try_number_of("Run", input["id"])
        if run_id is None:
            raise Invalid(f"run id {input['id']!r} is not one of this server's ids.")
    config = input.get("config")
    own = {} if config is None else _own_part(config)
    branch = _branch_of(own)
    rewound = branch is not None and branch.run_name == input.get("name")
    shared_by = request.writer or (COPY if input.get("name") and FEATURE_SHARED in _features(own) else None)
    change = RunChange(
        run_id=None if run_id is None else RunId(run_id),
        entity=input.get("entity_name") or None,
        project=input.get("model_name") or DEFAULT_PROJECT,
        name=input.get("name"),
        display_name=input.get("display_name") or None,
        notes=input.get("notes"),
        description=input.get("description"),
        group_name=input.get("group_name"),
        job_type=input.get("job_type"),
        config=config,
        summary=input.get("summary_metrics"),
        tags=None if input.get("tags") is None else tuple(input["tags"]),
        commit_hash=input.get("commit"),
        host=input.get("host"),
        program=input.get("job_program"),
        repo=input.get("job_repo"),
        debug=input.get("debug"),
        state=input.get("state"),
        sweep=input.get("sweep"),
        writer_id=SHARED if shared_by else _writer_of(own),
        shared_by=shared_by,
        resumed=True if rewound else _resumed(request, input, own),
        branch=None if rewound or run_id is not None else branch,  # an edit brings the config along
    )
    made, inserted = upsert_run(request.store, request.viewer, change, request.now)
    row = request.fresh().run_by_id(request.viewer, made)
    return {
        "bucket": row,
        "inserted": inserted,
        "update_project_digest": False,
        "server_settings": {"server_messages": []},
    }


def _own_part(config: str) -> dict[str, Any]:
    return own_part(json_object(config, "config"))


def _branch_of(own: dict[str, Any]) -> Branch | None:
    """Where a client says that its run goes on from. It says so with every change of its config. Raises
    `Invalid`."""
    point = own.get("branch_point")
    if point is None:
        return None
    if not isinstance(point, dict) or not isinstance(point.get("run_id"), str):
        raise Invalid(f"branch_point: expected a run_id and a step, got {json.dumps(point)[:200]}.")
    return Branch(point["run_id"], _step_of(point.get("step")))


def _step_of(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not float(value).is_integer():
        raise Invalid(f"a run branches after a whole `_step`, got {value!r}.")
    return int(value)


def _resumed(request: Ask, input: dict[str, Any], own: dict[str, Any]) -> bool | None:
    """Whether the process that speaks goes on with what there is, None when that can't be known yet.

    Clients with a Go core name our id exactly then; those before note it later, as a used feature.
    """
    if input.get("id"):
        return True
    if FEATURE_RESUMED in _features(own):
        return True
    return False if request.user_agent.startswith(GO_CORE) else None


def _features(own: dict[str, Any]) -> Sequence[Any]:
    told = own.get("t")
    used = told.get("3") if isinstance(told, dict) else None
    return used if isinstance(used, list) else ()


def _writer_of(own: dict[str, Any]) -> str | None:
    """What the running process calls itself: the newest entry of the config's environment map."""
    environments = own.get("e")
    if isinstance(environments, dict) and environments:
        return str(list(environments)[-1])
    start = own.get("start_time")
    return None if start is None else f"start {start}"


@mutation.field("rewindRun")
def resolve_rewind(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """End a run's history at an earlier step, for a process that goes on from there."""
    request = ask(info)
    if input["metric_name"] != "_step":
        raise Invalid(f"a run is rewound to a `_step`, got {input['metric_name']!r}.")
    to = Branch(input["run_name"], _step_of(input["metric_value"]))
    project_name = input.get("project_name") or DEFAULT_PROJECT
    done = rewind_run(request.store, request.viewer, input.get("entity_name"), project_name, to, request.now)
    return {"rewound_run": request.fresh().run_by_id(request.viewer, done)}


@mutation.field("deleteRun")
def resolve_delete(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Hide a run."""
    request = ask(info)
    delete_run(request.store, request.viewer, run_number(input["id"]), request.now)
    return {"client_mutation_id": input.get("client_mutation_id")}


@mutation.field("stopRun")
def resolve_stop(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Ask a run to stop."""
    request = ask(info)
    stop_run(request.store, request.viewer, run_number(input["id"]), request.now)
    return {"success": True, "client_mutation_id": input.get("client_mutation_id")}


@mutation.field("updateRunState")
def resolve_update_state(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Set a run's state by hand."""
    request = ask(info)
    update_run_state(
        request.store, request.viewer, run_number(input["id"]), input["state"].lower(), request.now
    )
    return {"success": True, "client_mutation_id": input.get("client_mutation_id")}


@mutation.field("notifyScriptableRunAlert")
def resolve_alert(_: Any, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:
    """Keep an alert of a run."""
    request = ask(info)
    send_alert(
        request.store,
        request.viewer,
        input.get("entity_name"),
        input.get("project_name") or DEFAULT_PROJECT,
        input.get("run_name") or "",
        input["title"],
        input["text"],
        request.now,
        severity=input.get("severity") or "INFO",
        wait_ms=input.get("wait_duration") or 0,
    )
    return {"success": True, "client_mutation_id": input.get("client_mutation_id")}
