"""One GraphQL request to one response: parse, validate, execute, and errors with the right status.

The schema is the set of SDL files in `schema/`, one per noun, extended by `extend type
Query` and `extend type Mutation`; resolvers are bound by Ariadne, and the contract's
camelCase names reach Python as snake_case (fields, arguments and inputs alike). Execution is plain
synchronous code in a worker thread, over one database snapshot.
"""

import logging
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ariadne import load_schema_from_path, make_executable_schema
from graphql import (
    DocumentNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    execute_sync,
    parse,
    validate,
)

from runstone.domain.errors import Busy, NotSupported, RunstoneError
from runstone.wire.graphql.bindings import BINDABLES
from runstone.wire.graphql.context import Ask
from runstone.wire.graphql.refused import why_refused

logger = logging.getLogger(__name__)

SCHEMA_DIRECTORY = Path(__file__).parent / "schema"
DOCUMENTS_KEPT = 512
_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True, slots=True)
class Answer:
    """Body (native JSON) and HTTP status of one response."""

    status: int
    body: dict[str, Any]
    retry_after_s: int | None = None


def _python_name(name: str, _schema: GraphQLSchema, _path: tuple[str, ...]) -> str:
    """A contract's name as Python's: `clientID` is client_id, `md5` stays md5."""
    return _WORD_STARTS.sub("_", name).lower()


@lru_cache(maxsize=1)
def schema() -> GraphQLSchema:
    """The executable schema, built once per process."""
    made = make_executable_schema(
        load_schema_from_path(str(SCHEMA_DIRECTORY)), *BINDABLES, convert_names_case=_python_name
    )
    for kind in made.type_map.values():
        if isinstance(kind, GraphQLEnumType):
            # Ariadne puts a parser of one argument over the type's own, graphql-core passes two.
            # Our enums have no Python values, so the type's own parser is right.
            vars(kind).pop("parse_value", None)
    return made


@lru_cache(maxsize=DOCUMENTS_KEPT)
def _prepared(text: str) -> tuple[DocumentNode | None, tuple[GraphQLError, ...]]:
    """A document parsed and validated once per distinct text: clients send a fixed set."""
    try:
        document = parse(text)
    except GraphQLError as error:
        return None, (error,)
    problems = validate(schema(), document)
    return (None, tuple(problems)) if problems else (document, ())


def execute(ask: Ask, body: Any, request_id: str) -> Answer:
    """Execute one request body `{"query", "variables"?, "operationName"?}`. Blocking."""
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        return refusal(400, 'GraphQL body: expected a JSON object with the text "query".')
    document, problems = _prepared(body["query"])
    if document is None:
        why = why_refused(problems)
        if why is not None:
            return refusal(NotSupported.status, why)
        return Answer(400, {"errors": [error.formatted for error in problems]})
    variables = body.get("variables")
    if variables is not None and not isinstance(variables, dict):
        return refusal(400, "GraphQL body: expected an object in variables.")
    try:
        result = execute_sync(
            schema(),
            document,
            context_value=ask,
            variable_values=_declared(document, body.get("operationName") or None, variables or {}),
            operation_name=body.get("operationName") or None,  # some clients send an empty one
        )
    finally:
        ask.close()
    answer: dict[str, Any] = {"data": result.data}
    if not result.errors:
        return Answer(200, answer)
    status, retry = 200, None
    messages: list[dict[str, Any]] = []
    for error in result.errors:
        cause = error.original_error
        if isinstance(cause, RunstoneError):
            status = max(status, cause.status)
            retry = cause.retry_after_s if isinstance(cause, Busy) else retry
            messages.append({"message": cause.message, "path": error.path})
        elif cause is None or isinstance(cause, GraphQLError):
            status = max(status, 400)
            messages.append({"message": error.message, "path": error.path})
        else:
            # A defect of ours. Not a 500: clients would retry it for minutes.
            logger.error("resolver failed", exc_info=cause, extra={"request_id": request_id})
            messages.append(
                {
                    "message": f"Internal error of this server, recorded under request {request_id}. "
                    "Nothing was changed by this call. Please report it with the server's log.",
                    "path": error.path,
                }
            )
    answer["errors"] = messages
    return Answer(status, answer, retry)


def refusal(status: int, message: str) -> Answer:
    """An answer that is one error."""
    return Answer(status, {"errors": [{"message": message}], "data": None})


def _declared(document: DocumentNode, name: str | None, variables: dict[str, Any]) -> dict[str, Any]:
    """Only the variables that the operation declares: some clients send others too."""
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode) and (
            name is None or (definition.name is not None and definition.name.value == name)
        ):
            declared = {one.variable.name.value for one in definition.variable_definitions}
            return {key: value for key, value in variables.items() if key in declared}
    return variables
