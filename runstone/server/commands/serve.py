"""`runstone serve`: one flag for each setting, made from the settings themselves."""

import inspect
from collections.abc import Callable
from typing import Any, get_args

import typer

from runstone.server.printing import errors_shown
from runstone.server.serving import serve_until_stopped
from runstone.server.settings import ENVIRONMENT_ONLY, Settings, settings_from


def _serve(**flags: Any) -> None:
    """Start the server. Every flag has an environment name, RUNSTONE_ and the flag in capitals."""
    with errors_shown():
        serve_until_stopped(settings_from(flags))


def _parameter(name: str) -> inspect.Parameter:
    field = Settings.model_fields[name]
    kind: Any = str if get_args(field.annotation) else field.annotation
    shown = field.default if field.default != "" else None
    about = (field.description or "") + (f" (default: {shown})" if shown is not None else "")
    option = typer.Option(None, "--" + name.replace("_", "-"), help=about, show_default=False)
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=option, annotation=kind | None)


def serve_command() -> Callable[..., None]:
    """The command's function, with a parameter for each setting that may stand on a command line."""
    parameters = [_parameter(name) for name in Settings.model_fields if name not in ENVIRONMENT_ONLY]
    _serve.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    _serve.__annotations__ = {one.name: one.annotation for one in parameters}
    return _serve
