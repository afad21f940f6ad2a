"""Registries: projects that hold links to versions of other projects."""

from enum import StrEnum

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
