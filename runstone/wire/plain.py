"""Hot routes as plain ASGI applications: without what a framework puts around a function, which takes as long
as a short message or a small file."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class Plain:
    """A function from request to response as an ASGI application. What it raises is for the middleware in
    front."""

    def __init__(self, handle: Callable[[Request], Awaitable[Response]]) -> None:
        self._handle = handle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self._handle(Request(scope, receive, send))
        await response(scope, receive, send)
