"""A new sweep from the page: its text checked as it is typed, then made."""

import json
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from runstone.actions.sweep import create_sweep
from runstone.domain.errors import NotFound
from runstone.domain.sweep_config import read_config
from runstone.webapi.requests import Asked

router = APIRouter(prefix="/api", tags=["sweeps"])


class ConfigText(BaseModel):
    """A configuration as YAML or JSON."""

    config_text: str


class Fault(BaseModel):
    """One error: where, what was expected, what stood there, the nearest valid spelling if any."""

    path: str
    expected: str
    got: str
    nearest: str | None


class Checked(BaseModel):
    """What a configuration is worth. `config` is what was read from it, unknown keys included."""

    errors: list[Fault]
    warnings: list[str]
    method: str | None
    metric: str | None
    parameters: int
    config: dict[str, Any]


class NewSweep(ConfigText):
    """A sweep to make; `prior_runs` are short ids of runs of the project to learn from."""

    display_name: str | None = None
    prior_runs: list[str] = Field(default_factory=list)


class MadeSweep(BaseModel):
    """The sweep's short id, and warnings about its configuration."""

    name: str
    warnings: list[str]


@router.post("/sweep-check")
def check(wanted: ConfigText) -> Checked:
    """Every error and warning of a configuration at once; nothing is made."""
    parsed = read_config(wanted.config_text)
    sweep = parsed.sweep
    return Checked(
        errors=[
            Fault(path=one.path, expected=one.expected, got=one.got, nearest=one.nearest)
            for one in parsed.errors
        ],
        warnings=list(parsed.warnings),
        method=None if sweep is None else sweep.method.value,
        metric=None if sweep is None or sweep.metric is None else sweep.metric.name,
        parameters=0 if sweep is None else len(sweep.space.parameters),
        config=parsed.config,
    )


@router.post("/sweeps/{entity}/{project}")
def make(ask: Asked, entity: str, project: str, wanted: NewSweep) -> MadeSweep:
    """Make a sweep."""
    known = {"$or": [{"name": run} for run in wanted.prior_runs]}
    made, warnings = create_sweep(
        ask.store,
        ask.viewer,
        entity,
        project,
        wanted.config_text,
        ask.now,
        display_name=wanted.display_name,
        prior_runs=json.dumps(known) if wanted.prior_runs else None,
    )
    with ask.store.reading() as reads:
        row = reads.sweep(ask.viewer, made)
    if row is None:
        raise NotFound("The sweep was deleted at once.")
    return MadeSweep(name=row.name, warnings=warnings)
