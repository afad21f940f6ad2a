"""A Runstone server that also notes every call: `python recording.py serve`.

It is the real server with one more ASGI middleware around it. Each request becomes one line
of JSON in the file named by `RECORDING`: who called, which GraphQL operation with which root
fields (or which route), the answer's status, and what went wrong. What the server itself calls
beyond this machine is noted too. Only tests start it.
"""

import json
import os
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import FieldNode, GraphQLError, OperationDefinitionNode, parse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True)
class Call:
    """One recorded request. `operation` is a GraphQL operation's name, or method and route."""

    user: str
    operation: str
    roots: tuple[str, ...]
    status: int
    errors: tuple[str, ...]
    agent: str
    path: str
    variables: str

    @property
    def good(self) -> bool:
        """Whether the server did what was asked."""
        return self.status < 400 and not self.errors


def recorded(path: Path) -> list[Call]:
    """The calls of a recording so far."""
    if not path.exists():
        return []
    calls = []
    for line in path.read_text().splitlines():
        value = json.loads(line)
        calls.append(Call(**{**value, "roots": tuple(value["roots"]), "errors": tuple(value["errors"])}))
    return calls


class Recording:
    """The middleware."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        self.app = app
        self._file = open(path, "a", encoding="utf-8")  # noqa: SIM115 - open as long as the server runs
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and note."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked, answered = bytearray(), bytearray()
        status = 0
        keep = scope["path"] == "/graphql"

        async def hear() -> Message:
            message = await receive()
            if keep and message["type"] == "http.request":
                asked.extend(message.get("body", b""))
            return message

        async def say(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif keep or status >= 400:
                answered.extend(message.get("body", b"")[:100_000])
            await send(message)

        method, path = scope["method"], scope["path"]
        await self.app(scope, hear, say)
        self._note(scope, method, path, status, bytes(asked), bytes(answered))

    def _note(self, scope: Scope, method: str, path: str, status: int, asked: bytes, answered: bytes) -> None:
        if path == "/graphql":
            operation, roots = operation_of(asked)
        else:
            operation, roots = f"{method} {getattr(scope.get('route'), 'path', None) or path}", ()
        headers = dict(scope["headers"])
        line = {
            "user": getattr(scope["state"].get("viewer"), "username", "") or "",
            "operation": operation,
            "roots": roots,
            "status": status,
            "errors": errors_of(status, answered),
            "agent": headers.get(b"user-agent", b"").decode("latin-1"),
            "path": path,
            "variables": variables_of(asked),
        }
        with self._lock:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()


def operation_of(body: bytes) -> tuple[str, list[str]]:
    """Name and root fields of the operation in a GraphQL request, like `("Viewer", ["viewer"])`."""
    try:
        asked = json.loads(body)
        document = parse(asked["query"], no_location=True)
    except (ValueError, KeyError, TypeError, GraphQLError):
        return "?", []
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            name = definition.name.value if definition.name else "(no name)"
            fields = [one for one in definition.selection_set.selections if isinstance(one, FieldNode)]
            return name, [f"{definition.operation.value} {one.name.value}" for one in fields]
    return "?", []


def variables_of(body: bytes) -> str:
    """The beginning of a GraphQL request's variables, for whoever looks for a reason."""
    try:
        return json.dumps(json.loads(body).get("variables"))[:1000]
    except (ValueError, AttributeError):
        return ""


def errors_of(status: int, body: bytes) -> list[str]:
    """Messages of an answer that is an error."""
    try:
        value: Any = json.loads(body) if body else {}
    except ValueError:
        return [body[:500].decode(errors="replace")] if status >= 400 else []
    if not isinstance(value, dict):
        return []
    found = [str(one.get("message", one)) for one in value.get("errors") or ()]
    if "error" in value:
        found.append(str(value["error"]))
    return found


def note_calls_outside(path: str) -> None:
    """Have this process write each address beyond this machine that it looks up or calls into a file."""

    def heard(event: str, given: tuple[Any, ...]) -> None:
        if event == "socket.getaddrinfo":
            host = given[0]
        elif event in ("socket.connect", "socket.sendto") and isinstance(given[1], tuple):
            host = given[1][0]
        else:
            return
        name = host.decode() if isinstance(host, bytes) else host
        if name and name not in ("127.0.0.1", "::1", "localhost"):
            with open(path, "a", encoding="utf-8") as file:
                file.write(f"{event} {name}\n")

    sys.addaudithook(heard)


def main() -> None:
    """The `runstone` command, with the recorder around the application that it serves."""
    from runstone.server import cli, serving

    note_calls_outside(f"{os.environ['RECORDING']}.outside")
    create = serving.create_app
    serving.create_app = lambda *given: Recording(create(*given), os.environ["RECORDING"])  # type: ignore[assignment,return-value]
    cli.main()


if __name__ == "__main__":
    main()
