"""Registries: projects that hold links to versions of other projects."""

import json
from enum import StrEnum
from typing import Any

MODEL_REGISTRY = "model-registry"  # one per entity, made at its first link
REGISTRY_PREFIX = "wandb-registry-"  # registries of an organization
BUILT_IN_REGISTRIES = ("model", "dataset")  # there from the start in every organization


class ProjectKind(StrEnum):
    """What a project is for."""

    PROJECT = "project"
    MODEL_REGISTRY = "model-registry"
    REGISTRY = "registry"


def kind_of_project(name: str) -> ProjectKind:
    """The kind that a project's name says."""
    if name == MODEL_REGISTRY:
        return ProjectKind.MODEL_REGISTRY
    if name.startswith(REGISTRY_PREFIX):
        return ProjectKind.REGISTRY
    return ProjectKind.PROJECT


def read_settings(text: str) -> dict[str, Any]:
    """A project's settings (JSON text) as a mapping; broken ones count as empty."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def protected_aliases(settings: str) -> list[str]:
    """Aliases of a registry that only those who manage it put on and take off."""
    found = read_settings(settings).get("protected_aliases", [])
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def allows_all_types(settings: str) -> bool:
    """Whether a registry with these settings takes artifacts of every type."""
    return bool(read_settings(settings).get("all_artifact_types", True))
