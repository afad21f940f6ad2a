"""Retention of a project: the rule, and what it would let go."""

from dataclasses import asdict
from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from runstone.actions import retention_rule
from runstone.actions.access import find_project
from runstone.actions.retention_rule import rule_of, set_rule
from runstone.domain.retention import Rule, parse_rule
from runstone.domain.viewer import Access
from runstone.webapi.administration import Strict
from runstone.webapi.requests import Ask, Asked

router = APIRouter(prefix="/api/retention", tags=["retention"])


class RuleBody(Strict):
    """What is kept of each collection; aliased and linked versions always are. And from what age on media of
    runs go, and ended runs as a whole (null: never); those of tagged runs, living ones and the best always
    stay, and runs that made an aliased or linked version."""

    keep_last: int = Field(1, ge=0, le=100_000)
    keep_best: int = Field(0, ge=0, le=100_000)
    metric: str = ""
    maximize: bool = False
    older_than_days: float = Field(0, ge=0, le=36_500)
    types: list[str] = Field(default_factory=list, max_length=1000)
    media_older_than_days: float | None = Field(None, ge=0, le=36_500)
    runs_older_than_days: float | None = Field(None, ge=0, le=36_500)

    def rule(self) -> Rule:
        """The rule. Raises `Invalid` where parts don't fit."""
        return parse_rule(self.model_dump())


class Retention(BaseModel):
    """The rule of a project; null: nothing goes by itself."""

    rule: RuleBody | None
    may_manage: bool


class GoingVersion(BaseModel):
    """A version that would go."""

    id: int
    name: str
    type: str
    size_bytes: int
    created_at: datetime


class GoingMedia(BaseModel):
    """A run whose old media would go."""

    run: str
    files: int
    size_bytes: int


class GoingRun(BaseModel):
    """A run that would go as a whole."""

    run: str
    display_name: str
    ended_at: datetime


class Plan(BaseModel):
    """What a rule would let go, and what that frees in the end. Of runs at most a thousand go at a time."""

    versions: list[GoingVersion]
    media: list[GoingMedia]
    runs: list[GoingRun]
    frees_bytes: int
    stays_bytes: int


@router.get("/{entity}/{project}")
def retention(ask: Asked, entity: str, project: str) -> Retention:
    """The rule of a project."""
    return _retention(ask, entity, project)


@router.put("/{entity}/{project}")
def change(ask: Asked, entity: str, project: str, body: RuleBody | None = None) -> Retention:
    """Give a project a rule, or with null take it away. It acts within an hour; versions and runs
    can be brought back within the grace, media can't. For its managers."""
    with ask.store.reading() as reads:
        row = find_project(reads, ask.viewer, entity, project, Access.MANAGE)
    set_rule(ask.store, ask.viewer, row.id, None if body is None else body.rule(), ask.now)
    return _retention(ask, entity, project)


@router.post("/{entity}/{project}/plan")
def plan(ask: Asked, entity: str, project: str, body: RuleBody) -> Plan:
    """What a rule would let go now. Changes nothing."""
    rule = body.rule()
    with ask.store.reading() as reads:
        row = find_project(reads, ask.viewer, entity, project, Access.READ)
        going = retention_rule.plan(reads, ask.viewer, row.id, rule, ask.now)
    return Plan(
        versions=[
            GoingVersion(
                id=one.id,
                name=one.name,
                type=one.type_name,
                size_bytes=one.size_bytes,
                created_at=one.created_at,
            )
            for one in going.versions
        ],
        media=[GoingMedia(run=one.name, files=one.files, size_bytes=one.size_bytes) for one in going.media],
        runs=[
            GoingRun(run=one.name, display_name=one.display_name, ended_at=one.ended_at) for one in going.runs
        ],
        frees_bytes=going.frees_bytes,
        stays_bytes=going.stays_bytes,
    )


def _retention(ask: Ask, entity: str, project: str) -> Retention:
    with ask.store.reading() as reads:
        row = find_project(reads, ask.viewer, entity, project, Access.READ)
        may = Access.MANAGE in reads.project_access(ask.viewer, row)
    rule = rule_of(row)
    return Retention(rule=None if rule is None else RuleBody(**_plain(rule)), may_manage=may)


def _plain(rule: Rule) -> dict[str, object]:
    return {**asdict(rule), "types": list(rule.types)}
