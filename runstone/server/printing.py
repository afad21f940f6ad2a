"""What commands print, and how a refused command ends: one sentence and exit status 2."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from runstone.domain.errors import RunstoneError

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


@contextmanager
def errors_shown() -> Iterator[None]:
    """End the command with status 2 and the message, without a stack trace, on an error for people."""
    try:
        yield
    except RunstoneError as error:
        err.print("error: " + error.message, markup=False)
        raise typer.Exit(2) from None
