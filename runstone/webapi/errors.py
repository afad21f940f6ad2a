"""Refusals as people and programs read them: a page for a browser, JSON for the rest."""

from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from runstone.domain.errors import Busy, RunstoneError, Unauthenticated
from runstone.webapi.html import is_framed, render
from runstone.webapi.sign_in import to_login

HEADINGS = {
    400: "That request can't be understood",
    401: "You are not signed in",
    403: "You may not do that",
    404: "Not found",
    405: "That can't be done here",
    409: "That collides with something else",
    410: "Deleted",
    413: "Too large",
    429: "Too busy",
    500: "An error of this server",
    503: "Not available just now",
    507: "The disk of the server is full",
}


def wants_page(request: Request) -> bool:
    """Whether a person with a browser asks for a page."""
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def refuse(request: Request, status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    """A refusal in the form that the caller reads."""
    request_id: str = request.state.request_id
    if not wants_page(request):
        body: dict[str, Any] = {"error": {"message": message, "request_id": request_id}}
        return JSONResponse(body, status, headers)
    answer = render(
        request,
        "message.html",
        status,
        heading=HEADINGS.get(status, "That did not work"),
        message=message,
        request_id=request_id,
    )
    answer.headers.update(headers or {})
    return answer


def _sign_in_elsewhere(request: Request) -> Response:
    """Within a notebook: why nothing is shown and the way to the page itself. The form may not be framed."""
    kept = [one for one in request.query_params.multi_items() if one[0] != "jupyter"]
    here = f"{request.state.base_url}{request.url.path}{'?' if kept else ''}{urlencode(kept)}"
    # Browsers say so to servers that are reached with https or on this machine; elsewhere it stays open.
    site = request.headers.get("sec-fetch-site", "")
    return render(request, "framed.html", 401, here=here, site=site)


def add_error_handlers(app: FastAPI) -> None:
    """Turn every error of this door into a refusal."""

    @app.exception_handler(RunstoneError)
    def ours(request: Request, error: RunstoneError) -> Response:
        if isinstance(error, Unauthenticated):
            if wants_page(request) and request.method == "GET":
                return _sign_in_elsewhere(request) if is_framed(request) else to_login(request)
            return refuse(request, 401, request.state.refusal)
        headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, Busy) else None
        return refuse(request, error.status, error.message, headers)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        problems = "; ".join(
            f"{'.'.join(str(one) for one in problem['loc'])}: {problem['msg']}" for problem in error.errors()
        )
        return refuse(request, 400, f"{problems}. The fields are described in /api/openapi.json")

    @app.exception_handler(OverflowError)
    @app.exception_handler(DataError)
    def too_great(request: Request, error: Exception) -> Response:
        """SQLite says the one of a number it can't take, PostgreSQL the other."""
        return refuse(request, 400, "A number in this request is greater than any that this server has.")

    @app.exception_handler(HTTPException)
    def known(request: Request, error: HTTPException) -> Response:
        message = str(error.detail)
        if error.status_code == 404:
            message = f"There is nothing at {request.url.path} on this server. Check the address."
        if error.status_code == 405:
            message = f"{request.method} is not possible at {request.url.path}."
        return refuse(request, error.status_code, message, dict(error.headers or {}))
