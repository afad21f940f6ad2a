"""Undo: what a person deleted comes back, until its grace is over."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from runstone.actions.artifact import restore_version
from runstone.actions.collection import restore_collection
from runstone.actions.project import restore_project
from runstone.actions.undo import restore_run, restore_sweep, restore_view
from runstone.webapi.requests import Asked

router = APIRouter(prefix="/api/undo", tags=["undo"])


class Deletable(StrEnum):
    """What can be brought back."""

    VERSION = "version"
    COLLECTION = "collection"
    PROJECT = "project"
    RUN = "run"
    SWEEP = "sweep"
    VIEW = "view"


class Restored(BaseModel):
    """What came back."""

    noun: Deletable
    id: int


RESTORE: dict[Deletable, Callable[..., Any]] = {
    Deletable.VERSION: restore_version,
    Deletable.COLLECTION: restore_collection,
    Deletable.PROJECT: restore_project,
    Deletable.RUN: restore_run,
    Deletable.SWEEP: restore_sweep,
    Deletable.VIEW: restore_view,
}


@router.post("/{noun}/{number}")
def undo(ask: Asked, noun: Deletable, number: int) -> Restored:
    """Bring back a deleted version, collection, project, run, sweep, report or workspace, by its number."""
    RESTORE[noun](ask.store, ask.viewer, number, ask.now)
    return Restored(noun=noun, id=number)
