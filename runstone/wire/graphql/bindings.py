"""All resolvers, by noun. A new noun adds its file here and its SDL in `schema/`."""

from ariadne import SchemaBindable

from runstone.wire.graphql import project, scalars, session

BINDABLES: list[SchemaBindable] = [*scalars.BINDABLES, *session.BINDABLES, *project.BINDABLES]
