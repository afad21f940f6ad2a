"""All resolvers, by noun. A new noun adds its file here and its SDL in `schema/`."""

from ariadne import SchemaBindable

from runstone.wire.graphql import (
    artifact,
    collection,
    history,
    lineage,
    manifest,
    project,
    registry,
    run,
    run_file,
    scalars,
    session,
    sweep,
    user,
    view,
)

BINDABLES: list[SchemaBindable] = [
    *scalars.BINDABLES,
    *session.BINDABLES,
    *project.BINDABLES,
    *run.BINDABLES,
    *run_file.BINDABLES,
    *history.BINDABLES,
    *artifact.BINDABLES,
    *manifest.BINDABLES,
    *collection.BINDABLES,
    *registry.BINDABLES,
    *sweep.BINDABLES,
    *user.BINDABLES,
    *view.BINDABLES,
    *lineage.BINDABLES,
]
